"""Faults that nobody named: something odd on a link or in a device, known by its place alone.

On a link, `forwarder.py` stands in the way of what leaves by one of its sockets: some of it is
lost, late, doubled, altered or held up. A device is half dead: one of its programs is stopped and
keeps its sockets, while the kernel still answers echo requests, opens connections and hands
packets on.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onshi_lab import state
from onshi_lab.kernel import supervisor
from onshi_lab.services import services_of
from onshi_lab.site import BranchKind, Site
from onshi_lab.topology import build, sockets
from onshi_lab.wiring import port
from tests.lab.clinic import Clinic
from tests.lab.faults import forwarder
from tests.lab.faults.judged import Said

STOPPED = "stopped"


@dataclass(frozen=True)
class Place:
    """A part of a node, and the segments in which its trouble may be said to lie."""

    node: str
    part: str
    """A socket, or a program."""
    segments: frozenset[str]
    runs: bool = False
    """Whether it is a program."""


@dataclass(frozen=True)
class Unnamed:
    """One odd thing at a place: the words that `forwarder.py` takes, or `STOPPED`."""

    place: Place
    how: str

    def __str__(self) -> str:
        return f"{self.how} at {self.place.node}:{self.place.part}"


SEVERE = ("lose 30", "lose 60", "lose 100", "late 400 100", "late 20 300", "double 60", "alter 40",
          "slow 5000")  # fmt: skip
"""Each is far beyond what a good link does."""


def places(site: Site) -> list[Place]:
    """The links of a site, both ways, and its devices, from outside to inside."""
    return [*_links(site), *_programs(site)]


def _links(site: Site) -> Iterator[Place]:
    plug, topology = sockets(site), build(site)
    branched = site.branch is not BranchKind.NONE
    line = frozenset({"line", "branch"}) if branched else frozenset({"line", "router"})
    cables = [
        ("ngn", "center", frozenset({"ip-vpn", "service"})),
        ("ngn", "line", frozenset({"line", "branch"})),
        ("router", plug.wan, line | {"router"}),
        ("router", port(plug.clinic), frozenset({"clinic-lan", "router", "policy"})),
    ]
    if branched:
        cables.append(("branch", "wan", line))
    for pc in site.terminals[:1]:
        cables.append((pc.node, "eth0", frozenset({"lan", "terminal"})))
    for pc in site.receipts[:1]:
        cables.append((pc.node, "eth0", frozenset({"clinic-lan", "receipt-pc"})))
    for node, socket, segments in cables:
        far = topology.far_end(node, socket)
        yield Place(node, socket, segments)
        yield Place(far.node, far.interface, segments)


def _programs(site: Site) -> Iterator[Place]:
    some = [
        ("center", "resolver", {"ip-vpn"}),
        ("center", "web", {"ip-vpn", "service"}),
        ("center", "clock", {"service"}),
        ("center", "proxy", {"service"}),
        ("ngn", "resolver", {"line"}),
        ("router", "console", {"router"}),
        *((pc.node, "windows", {"terminal", "lan"}) for pc in site.terminals[:1]),
        *((pc.node, "windows", {"receipt-pc", "clinic-lan"}) for pc in site.receipts[:1]),
    ]
    return (Place(node, name, frozenset(segments), True) for node, name, segments in some)


def drawn(site: Site, seed: int, number: int) -> Unnamed:
    """The odd thing of that number."""
    chance = random.Random(f"{seed} {site.name} {number}")
    place = chance.choice(places(site))
    return Unnamed(place, STOPPED if place.runs else chance.choice(SEVERE))


@contextmanager
def broken(clinic: Clinic, one: Unnamed) -> Iterator[None]:
    """Breaks it while the block runs."""
    with _stopped(clinic, one.place) if one.place.runs else _in_the_way(clinic, one):
        yield


@contextmanager
def _in_the_way(clinic: Clinic, one: Unnamed) -> Iterator[None]:
    program = (sys.executable, "-u", forwarder.__file__, one.place.part, str(one), *one.how.split())
    command = clinic.inside(one.place.node, *program)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n", str(one)
        try:
            yield
        finally:
            running.stdin.close()
            assert running.wait(60) == 0, str(one)


@contextmanager
def _stopped(clinic: Clinic, place: Place) -> Iterator[None]:
    world = state.world(clinic.name, state.load_ready(clinic.name))
    service = next(
        each for each in services_of(world) if (each.node, each.name) == (place.node, place.part)
    )
    pid = supervisor.pid_of(world, service)
    assert pid is not None, place
    whole = [pid, *_children(pid)]
    for each in whole:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in whole:
            os.kill(each, signal.SIGCONT)


def _children(pid: int) -> Iterator[int]:
    """All processes below one."""
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, told.read_text().split()):
            yield child
            yield from _children(child)


def judged(one: Unnamed, said: Said) -> str:
    """Right: all that is blamed is there; cannot tell: nothing is blamed; wrong: something else."""
    segments = {segment for segment, _party in said.blamed}
    if not segments:
        return "cannot tell" if said.exit_code else "not noticed"
    return "right" if segments <= one.place.segments else "wrong"
