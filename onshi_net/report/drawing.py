"""The site as a drawing: what traffic meets from the service to the PCs, and how each part is.

The upper row is the way in, left to right; below it hang the router's two networks with their
hosts. Pure: the page's template only puts boxes and wires down. All lengths are in pixels of the
SVG's own scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from onshi_net.checks.catalogue import cases
from onshi_net.checks.model import CheckResult, worst
from onshi_net.i18n import text
from onshi_net.intent import HostIntent, Lan, SiteIntent
from onshi_net.model import BranchKind

WIDTH = 900
MARGIN, GAP = 8, 34
HEIGHT = 58
"""Of a box of the upper row and of a network."""
HOST_HEIGHT = 44
LEVEL = 110
"""From the top of the upper row to the top of the networks."""
INDENT, STEP = 30, 54
"""Of the hosts below their network."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the site; `state` is None where no check of it applies."""

    x: int
    y: int
    width: int
    height: int
    title: str
    note: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from one point to another."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and the wires between them."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]


def draw(intent: SiteIntent, results: Sequence[CheckResult]) -> Drawing:
    """Answers the drawing of a site as the checks found it."""
    way = _way(intent, results)
    router = way[-1]
    half = (WIDTH - 2 * MARGIN - GAP) // 2
    sides = (
        (MARGIN, "lan", "terminal", intent.router.terminal, intent.terminals),
        (MARGIN + half + GAP, "clinic-lan", "receipt-pc", intent.router.clinic, intent.receipt_pcs),
    )
    boxes, wires = list(way), _along(way)
    for x, segment, kind, lan, hosts in sides:
        network = _network(x, half, segment, lan, results)
        below = []
        for number, host in enumerate(hosts):
            about = {case.id for case in cases(intent, host.name) if case.check.segment == kind}
            state = worst(one for one in results if one.id in about)
            below.append(_host(network, number, host, state))
        boxes += [network, *below]
        wires += [*_down(router, network), *_hanging(network, below)]
    bottom = max(box.y + box.height for box in boxes)
    return Drawing(WIDTH, bottom + MARGIN, tuple(boxes), tuple(wires))


def _way(intent: SiteIntent, results: Sequence[CheckResult]) -> tuple[Box, ...]:
    """Answers the upper row: service, closed network, line, branch device, router."""
    parts = [
        ("service", ("service",), ""),
        ("ip-vpn", ("ip-vpn",), ""),
        ("line", ("line",), ""),
        ("branch", ("branch",), intent.branch.value.upper()),
        ("router", ("router", "policy"), f"{intent.router.host} {intent.router.model.name}"),
    ]
    if intent.branch is BranchKind.NONE:
        del parts[3]
    width = (WIDTH - 2 * MARGIN - GAP * (len(parts) - 1)) // len(parts)
    return tuple(
        Box(
            MARGIN + n * (width + GAP),
            MARGIN,
            width,
            HEIGHT,
            text(f"checks.segment-{name}"),
            note,
            worst(one for one in results if one.segment in segments),
        )
        for n, (name, segments, note) in enumerate(parts)
    )


def _network(x: int, width: int, segment: str, lan: Lan, results: Sequence[CheckResult]) -> Box:
    ports = ", ".join(str(port) for port in lan.ports)
    note = text("report.network", network=lan.address.network, ports=ports)
    state = worst(one for one in results if one.segment == segment)
    return Box(x, LEVEL, width, HEIGHT, text(f"checks.segment-{segment}"), note, state)


def _host(network: Box, number: int, host: HostIntent, state: str | None) -> Box:
    return Box(
        network.x + INDENT,
        network.y + network.height + 14 + number * STEP,
        network.width - INDENT,
        HOST_HEIGHT,
        host.name,
        str(host.address),
        state,
    )


def _along(boxes: Sequence[Box]) -> list[Wire]:
    middle = MARGIN + HEIGHT // 2
    return [Wire(left.x + left.width, middle, right.x, middle) for left, right in pairwise(boxes)]


def _down(router: Box, network: Box) -> list[Wire]:
    """Answers the wire from the router's lower edge to the middle of a network's upper edge."""
    start, end = router.x + router.width // 2, network.x + network.width // 2
    bottom, turn = router.y + router.height, (router.y + router.height + network.y) // 2
    return [
        Wire(start, bottom, start, turn),
        Wire(start, turn, end, turn),
        Wire(end, turn, end, network.y),
    ]


def _hanging(network: Box, hosts: Sequence[Box]) -> list[Wire]:
    if not hosts:
        return []
    x = network.x + INDENT // 2
    levels = [host.y + host.height // 2 for host in hosts]
    trunk = Wire(x, network.y + network.height, x, levels[-1])
    return [trunk, *(Wire(x, level, network.x + INDENT, level) for level in levels)]
