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
from onshi_net.checks.model import WORST_FIRST, CheckResult, worst
from onshi_net.i18n import devices, language, text
from onshi_net.intent import HostIntent, Lan, SiteIntent
from onshi_net.model import BranchKind
from onshi_net.papers.sockets import router_sockets

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
class Label:
    """Words beside a wire: the socket that it is in, an address of the router."""

    x: int
    y: int
    words: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes, the wires between them, and what stands beside these."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    labels: tuple[Label, ...] = ()

    @property
    def signs(self) -> tuple[str | None, ...]:
        """Answers the states that are in the drawing, each once, for its legend."""
        seen = {box.state for box in self.boxes}
        return tuple(state for state in (*WORST_FIRST[::-1], None) if state in seen)


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
    labels = []
    for x, segment, kind, lan, hosts in sides:
        network = _network(x, half, segment, lan, results)
        has_hub = segment == "lan" and intent.has_switch
        top = [_hub(network, results)] if has_hub else []
        below = []
        for number, host in enumerate(hosts, len(top)):
            about = {case.id for case in cases(intent, host.name) if case.check.segment == kind}
            state = worst(one for one in results if one.id in about)
            below.append(_host(network, number, host, state))
        boxes += [network, *top, *below]
        down = _down(router, network)
        wires += [*down, *_hanging(network, [*top, *below])]
        labels.append(_ports(network, down[-1], lan))
    bottom = max(box.y + box.height for box in boxes)
    return Drawing(WIDTH, bottom + MARGIN, tuple(boxes), tuple(wires), tuple(labels))


def _line_side(intent: SiteIntent) -> str:
    """The router's model, and the name that is printed at its socket towards the line."""
    model = intent.router.model.name
    found = router_sockets().get(model)
    name = found.wan if found is not None else text("papers.socket.wan")
    return text("report.line-side", model=model, name=name)


def _ports(network: Box, down: Wire, lan: Lan) -> Label:
    """The router's sockets of a network, and its address there, where the wire comes down."""
    ports = "・".join(str(port) for port in lan.ports)
    words = text("report.ports", ports=ports, address=lan.address.ip)
    return Label(down.x2 + 8, network.y - 8, words)


def _hub(network: Box, results: Sequence[CheckResult]) -> Box:
    state = worst(one for one in results if one.kind == "lan.switch")
    return Box(
        network.x + INDENT,
        network.y + network.height + 14,
        network.width - INDENT,
        HOST_HEIGHT,
        text("report.switch"),
        "",
        state,
    )


def _way(intent: SiteIntent, results: Sequence[CheckResult]) -> tuple[Box, ...]:
    """Answers the upper row: service, closed network, line, branch device, router."""
    parts = [
        ("service", ("service",), ""),
        ("ip-vpn", ("ip-vpn",), ""),
        ("line", ("line",), ""),
        ("branch", ("branch",), intent.branch.value.upper()),
        ("router", ("router", "policy"), _line_side(intent)),
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
    note = str(lan.address.network)
    state = worst(one for one in results if one.segment == segment)
    return Box(x, LEVEL, width, HEIGHT, text(f"checks.segment-{segment}"), note, state)


def _host(network: Box, number: int, host: HostIntent, state: str | None) -> Box:
    return Box(
        network.x + INDENT,
        network.y + network.height + 14 + number * STEP,
        network.width - INDENT,
        HOST_HEIGHT,
        devices.shown(host.name, language()),
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
