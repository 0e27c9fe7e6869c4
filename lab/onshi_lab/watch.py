"""A live view of a lab: cables and the packets on them, power, services, consoles, faults."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from onshi_lab import cables, engines, events, state, status
from onshi_lab.engine import ROUTER
from onshi_lab.kernel import glance
from onshi_lab.state import Record
from onshi_lab.status import WIDTH, LabStatus, NodeStatus
from onshi_lab.topology import End, Link
from onshi_lab.world import World

REFRESH_S = 0.5
STYLES = {"up": "green", "out": "bold red", "loose": "dim"}


@dataclass(frozen=True, slots=True)
class Moment:
    """How a lab is at one moment."""

    at: float
    world: World
    report: LabStatus
    arrived: Mapping[End, int]
    """Packets, by the end at which they arrived."""
    consoles: int
    """Open consoles of the router."""


@dataclass(frozen=True, slots=True)
class CableRow:
    """One cable: both its ends, how it is, packets a second both ways together."""

    name: str
    state: str
    rate: float


def moments(lab: str) -> Iterator[Moment]:
    """The lab again and again, each time it is asked; raises LabError once it is not up."""
    record: Record | None = None
    while True:
        now = state.load_ready(lab)
        if now != record:
            record, world = now, state.world(lab, now)
        yield _moment(world, now)


def _moment(world: World, record: Record) -> Moment:
    arrived = {
        End(node, interface): count
        for node in world.topology.node_names
        for interface, count in glance.arrived(engines.namespace(world, node)).items()
    }
    consoles = glance.consoles(engines.namespace(world, ROUTER))
    return Moment(time.monotonic(), world, status.look(world, record), arrived, consoles)


def rows(before: Moment, now: Moment) -> tuple[CableRow, ...]:
    """The cables as they are now, and what went over them since the moment before."""
    links = {each.node.name: each.interfaces for each in now.report.nodes}
    return tuple(
        CableRow(status.cable_name(link), _cable(now.world, link, links), _rate(before, now, link))
        for link in now.world.topology.links
    )


def _cable(world: World, link: Link, links: Mapping[str, Mapping[str, str]]) -> str:
    held = events.cable_state(world, link)
    if held != "in":
        return held
    ends = {links[end.node].get(end.interface, "off") for end in (link.a, link.b)}
    return next(word for word in ("off", "no cable", "up") if word in ends)


def _rate(before: Moment, now: Moment, link: Link) -> float:
    if cables.out(link) in now.world.effects:
        return 0.0
    ends = (link.a, link.b)
    since = [now.arrived.get(each, 0) - before.arrived.get(each, 0) for each in ends]
    return max(sum(since), 0) / max(now.at - before.at, 0.001)


def node_line(each: NodeStatus) -> str:
    """What there is to say of a node: nothing where all is as it should be."""
    stopped = [one.name for one in each.services if not one.running]
    silent = f"not running: {', '.join(stopped)}" if stopped and each.power == events.ON else ""
    running = len(each.services) - len(stopped)
    counted = f"{running} service{'s' if running != 1 else ''}" if running else ""
    return silent or counted


def plain(before: Moment, now: Moment) -> str:
    """One look as plain lines, for programs and files."""
    lines = [f"{row.state:<9}{row.rate:>7.0f}/s  {row.name}" for row in rows(before, now)]
    nodes = [
        f"{each.power:<9}{each.node.name}  {node_line(each)}".rstrip() for each in now.report.nodes
    ]
    return "\n".join((*lines, "", *nodes, "", *_footer(now)))


def _footer(now: Moment) -> tuple[str, str]:
    faults = ", ".join(now.report.faults) or "none"
    return f"router consoles: {now.consoles}", f"faults: {faults}"


def drawn(before: Moment, now: Moment) -> Group:
    """One look for a terminal."""
    site = now.world.site
    nodes = Table(box=None, padding=(0, 1), width=WIDTH, show_header=False)
    for each in now.report.nodes:
        style = "green" if each.power == events.ON else "bold red"
        nodes.add_row(each.node.name, Text(each.power, style), node_line(each))
    footer = "\n".join(_footer(now))
    return Group(f"lab {now.world.name}: {site.name}", _cables(rows(before, now)), nodes, footer)


def _cables(found: tuple[CableRow, ...]) -> Table:
    table = Table(box=None, padding=(0, 1), width=WIDTH)
    table.add_column("cable", ratio=1)
    table.add_column("state")
    table.add_column("packets/s", justify="right")
    for row in found:
        rate = f"{row.rate:.0f}" if row.rate else ""
        table.add_row(row.name, Text(row.state, STYLES.get(row.state, "yellow")), rate)
    return table


def watch(lab: str, seconds: float | None) -> None:
    """Show a lab until Ctrl-C, or for some seconds; without a terminal, one look as plain lines.

    Raises LabError when the lab is not up, or no more.
    """
    looks = moments(lab)
    before = next(looks)
    if not sys.stdout.isatty():
        time.sleep(REFRESH_S)
        sys.stdout.write(f"{plain(before, next(looks))}\n")
        return
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    with Live(console=Console(), auto_refresh=False, screen=seconds is None) as live:
        while time.monotonic() < end:
            time.sleep(REFRESH_S)
            now = next(looks)
            live.update(drawn(before, now), refresh=True)
            before = now
