"""What a lab looks like now: a picture and a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from onshi_lab import cables, engine, engines, events, state
from onshi_lab.faults import CATALOGUE, Fault
from onshi_lab.kernel import network, supervisor
from onshi_lab.services import services_of
from onshi_lab.site import BranchKind, Site
from onshi_lab.state import Record
from onshi_lab.topology import BRIDGE, Kind, Link, Node, Topology, sockets
from onshi_lab.wiring import port
from onshi_lab.world import World

WIDTH = 80


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One daemon: what it offers and whether it runs."""

    name: str
    label: str
    running: bool


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node: whether its namespace is there, its interfaces' states, its daemons, its power."""

    node: Node
    exists: bool
    interfaces: dict[str, str]
    services: tuple[ServiceStatus, ...]
    power: str = events.ON


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A whole lab; a lab that is not up has no nodes."""

    lab: str
    up: bool
    leftovers: bool
    site: Site | None = None
    topology: Topology | None = None
    nodes: tuple[NodeStatus, ...] = ()
    faults: tuple[str, ...] = ()
    out: tuple[Link, ...] = ()
    """The cables that are out, pulled or by a fault."""


def measure(lab: str) -> LabStatus:
    """Look at a lab; nothing is changed."""
    record = state.load(lab)
    if record is None or not record.ready:
        left = engines.by_name(engines.default()).found(lab)
        return LabStatus(lab, False, bool(left) or record is not None)
    return look(state.world(lab, record), record)


def look(world: World, record: Record) -> LabStatus:
    """Look at a lab that is up."""
    lab = world.name
    found = engines.of(world).found(lab)
    nodes = tuple(_node(world, node, found) for node in world.topology.nodes)
    out = tuple(each for each in world.topology.links if cables.out(each) in world.effects)
    return LabStatus(lab, True, False, world.site, world.topology, nodes, record.faults, out)


def _node(world: World, node: Node, found: tuple[str, ...]) -> NodeStatus:
    exists = node.name in found
    links = network.link_states(engines.namespace(world, node.name)) if exists else {}
    services = tuple(
        ServiceStatus(each.name, each.label, supervisor.pid_of(world, each) is not None)
        for each in services_of(world)
        if each.node == node.name
    )
    return NodeStatus(node, exists, links, services, _power(world, node, services))


def _power(world: World, node: Node, services: tuple[ServiceStatus, ...]) -> str:
    if world.is_dark(node.name):
        return events.OFF
    runs = any(each.running for each in services)
    return events.pc_power(world, node.name) if node.kind in engine.PCS and runs else events.ON


def as_json(report: LabStatus) -> dict[str, object]:
    """The report for programs."""
    return {
        "lab": report.lab,
        "up": report.up,
        "leftovers": report.leftovers,
        "site": report.site.name if report.site else None,
        "faults": list(report.faults),
        "cables_out": [[cables.name_of(each.a), cables.name_of(each.b)] for each in report.out],
        "nodes": [
            {
                "name": each.node.name,
                "kind": each.node.kind.value,
                "namespace": f"{report.lab}-{each.node.name}",
                "exists": each.exists,
                "power": each.power,
                "addresses": _addresses(each.node),
                "interfaces": each.interfaces,
                "services": [
                    {"name": one.name, "offers": one.label, "running": one.running}
                    for one in each.services
                ],
            }
            for each in report.nodes
        ],
    }


def _addresses(node: Node) -> list[str]:
    own = [address for interface in node.interfaces for address in interface.addresses]
    return [*own, *node.loopback]


def as_text(report: LabStatus) -> str:
    """The report for people, at most WIDTH columns wide."""
    if not report.up or report.site is None or report.topology is None:
        rest = "; remains of one are there, take them away with `down`" if report.leftovers else ""
        return f"lab {report.lab!r} is not up{rest}"
    by_name = {each.node.name: each for each in report.nodes}
    faults = ", ".join(report.faults) or "none"
    out = ", ".join(cable_name(each) for each in report.out)
    return "\n".join(
        (
            *_heading(report, report.site),
            "",
            *_picture(report.topology, report.site, by_name),
            "",
            *(line for each in report.nodes for line in _row(each)),
            "",
            *_wrapped("faults: ", faults),
            *(_wrapped("cables out: ", out) if out else ()),
        )
    )


def _cable(topology: Topology, by_name: dict[str, NodeStatus], node: str, interface: str) -> str:
    end = topology.far_end(node, interface)
    states = (
        by_name[node].interfaces.get(interface),
        by_name[end.node].interfaces.get(end.interface),
    )
    return "──" if states == ("up", "up") else "╳╳"


def _heading(report: LabStatus, site: Site) -> tuple[str, ...]:
    line = f"lab {report.lab!r}: {site.name}"
    return (line, site.title)


def _picture(topology: Topology, site: Site, by_name: dict[str, NodeStatus]) -> tuple[str, ...]:
    """The wiring, drawn from left to right as traffic goes; a cable that is out is `╳╳`."""

    def cable(node: str, interface: str) -> str:
        return _cable(topology, by_name, node, interface)

    line = f"center {cable('ngn', 'center')} ngn {cable('ngn', 'line')} onu "
    if site.branch is not BranchKind.NONE:
        line += f"{cable('onu', 'lan')} branch "
    line += f"{cable('router', sockets(site).wan)} router "
    branches = []
    wiring = sockets(site)
    numbers = (wiring.terminal, wiring.second, wiring.clinic)
    for number, mark in zip(numbers, "┬├└", strict=True):
        end = topology.far_end("router", port(number))
        text = f"{mark} port {number} {cable('router', port(number))} {end.node}"
        branches.append(text + _behind(topology, end.node))
    first, *others = branches
    return line + first, *(" " * len(line) + other for other in others)


def _behind(topology: Topology, node: str) -> str:
    """How many hosts a switch carries besides the router; their rows say which."""
    ports = topology.node(node).ports
    names = [topology.far_end(node, port).node for port in ports if port != "router"]
    return f" ({len(names)} hosts)" if names else ""


def _row(each: NodeStatus) -> list[str]:
    node = each.node
    shown = [*(_shown(node)), *(_service(one) for one in each.services)]
    if each.power != events.ON:
        shown.insert(0, each.power.upper())
    if not each.exists:
        shown = ["GONE"]
    return _wrapped(f"  {node.name:<14} ", ", ".join(shown))


def _shown(node: Node) -> list[str]:
    if node.kind is Kind.BRIDGE:
        ports = " ".join(node.ports)
        return [f"bridge of {ports}"]
    return [
        address.split("/")[0]
        if len(node.interfaces) == 1 or interface.name == BRIDGE
        else f"{interface.name} {address.split('/')[0]}"
        for interface in node.interfaces
        for address in interface.addresses
    ]


def _service(one: ServiceStatus) -> str:
    return one.label if one.running else f"{one.label} (NOT RUNNING)"


def _wrapped(head: str, text: str) -> list[str]:
    """Text after a head, wrapped at commas to WIDTH columns."""
    lines, current = [], head
    for index, word in enumerate(text.split(", ")):
        piece = word if index == 0 else f", {word}"
        if len(current) + len(piece) + 1 > WIDTH:
            lines.append(f"{current},")
            current, piece = " " * len(head), word
        current += piece
    return [*lines, current]


def cable_name(link: Link) -> str:
    """Both ends of a cable."""
    return f"{cables.name_of(link.a)} - {cables.name_of(link.b)}"


def cable_list(found: Iterable[tuple[Link, str]]) -> str:
    """A line for each cable: both ends, and how it is."""
    return "\n".join(f"{how:<6} {cable_name(link)}" for link, how in found)


def fault_list(lab: str, for_programs: bool) -> str:
    """The fault catalogue; of a lab that is up, also what applies to it and what is set."""
    record = state.load(lab)
    site = record.load_site() if record is not None else None
    active = record.faults if record is not None else ()
    if for_programs:
        return json.dumps([_fault(each, site, active) for each in CATALOGUE], indent=1)
    lines = [_fault_line(each, site, active) for each in CATALOGUE]
    return "\n".join((*lines, "", "* set   - does not apply to the site of this lab"))


def _fault(fault: Fault, site: Site | None, active: tuple[str, ...]) -> dict[str, object]:
    return {
        "name": fault.name,
        "summary": fault.summary,
        "segment": fault.segment.value,
        "party": fault.party.value,
        "where": fault.where,
        "applies": fault.applies(site) if site else None,
        "set": fault.name in active,
    }


def _fault_line(fault: Fault, site: Site | None, active: tuple[str, ...]) -> str:
    mark = "*" if fault.name in active else "-" if site and not fault.applies(site) else " "
    return f"{mark} {fault.name:<24} {fault.segment}, {fault.party}\n    {fault.summary}"
