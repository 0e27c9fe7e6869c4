"""Faults that nobody named: something odd on a link or in a device, known by its place alone.

A link is broken where its frames go in and out of a node's socket (nftables, ingress and egress of
that socket): some of them are lost, late, doubled or altered. A device is half dead: what it says
itself is lost, while it still hands frames on.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from onshi_lab.site import BranchKind, Site
from onshi_lab.topology import sockets
from onshi_lab.wiring import port
from tests.lab.clinic import Clinic
from tests.lab.faults.judged import Said


@dataclass(frozen=True)
class Place:
    """A socket of a node, and the segments in which its trouble may be said to lie."""

    node: str
    socket: str
    segments: frozenset[str]


@dataclass(frozen=True)
class Unnamed:
    """One odd thing at a place: what `tc` does to what leaves there."""

    place: Place
    how: str

    def __str__(self) -> str:
        return f"{self.how} at {self.place.node}:{self.place.socket}"


SEVERE = ("loss 30%", "loss 60%", "loss 100%", "delay 400ms 100ms", "duplicate 60%", "corrupt 40%",
          "reorder 60% 50% delay 60ms", "rate 40kbit")  # fmt: skip
"""Each is far beyond what a good link does: what `verify` says of a site may not be 'good'."""


def places(site: Site) -> list[Place]:
    """The links of a site, from outside to inside, each by a socket from which frames leave."""
    plug = sockets(site)
    line = frozenset({"line", "branch", "router"})
    some = [
        Place("onu", "line", line),
        Place("ngn", "line", line),
        Place("router", plug.wan, line),
        Place("center", "ngn", frozenset({"ip-vpn", "service", "line"})),
        Place("ngn", "center", frozenset({"ip-vpn", "service", "line"})),
        Place("router", port(plug.clinic), frozenset({"clinic-lan", "router", "policy"})),
    ]
    if site.branch is not BranchKind.NONE:
        some.append(Place("branch", "lan", line))
    for pc in site.terminals[:1]:
        some.append(Place(pc.node, "eth0", frozenset({"lan", "terminal", "policy", "receipt-pc"})))
    for pc in site.receipts[:1]:
        some.append(Place(pc.node, "eth0", frozenset({"lan", "clinic-lan", "receipt-pc"})))
    return some


def drawn(site: Site, seed: int, number: int) -> Unnamed:
    """The odd thing of that number."""
    chance = random.Random(f"{seed} {site.name} {number}")
    return Unnamed(chance.choice(places(site)), chance.choice(SEVERE))


@contextmanager
def broken(clinic: Clinic, one: Unnamed) -> Iterator[None]:
    """Breaks it while the block runs."""
    device = ("dev", one.place.socket)
    clinic.lab("exec", one.place.node, "--", "tc", "qdisc", "add", *device, "root", "netem",
               *one.how.split())  # fmt: skip
    try:
        yield
    finally:
        clinic.lab("exec", one.place.node, "--", "tc", "qdisc", "del", *device, "root")


def judged(one: Unnamed, said: Said) -> str:
    """Right: all that is blamed is there; cannot tell: nothing is blamed; wrong: something else."""
    segments = {segment for segment, _party in said.blamed}
    if not segments:
        return "cannot tell" if said.exit_code else "not noticed"
    return "right" if segments <= one.place.segments else "wrong"
