"""The plan of a site as shapes: boxes, sockets, cables. Pure; the template only puts them down.

Top to bottom as traffic meets it: closed network, outlet, ONU, branch device, router; below it the
terminal network on the left and the clinic's on the right. Lengths are units of the SVG, four of
which are a millimetre on A4 (8 pt are 11.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from onshi_net import foreign
from onshi_net.i18n import text
from onshi_net.papers.wiring import Cable, Device, Plan, Socket

WIDTH, MIDDLE = 1076, 538
BOX_WIDTH, BOX_HEIGHT, STEP = 420, 25, 20
ROUTER_X, ROUTER_WIDTH, ROUTER_HEIGHT = 20, 1036, 80
BELOW_ROUTER = 34
SOCKET_HEIGHT, SOCKET_MOST = 32, 104
ZONE_WIDTH, ZONE_GAP, INSET = 528, 20, 14
PC_HEIGHT, PC_MOST, IN_ROW, PC_GAP = 62, 176, 4, 12
HUB_HEIGHT, HUB_ROW = 66, 12
TURN, TURNS = 5, 8
"""How far apart cables turn, and how many do so at levels of their own."""
LINE = 14
"""Height of a line of text."""
NARROW = 22
"""Columns of text that a PC's box holds."""

LineKind = Literal["new", "old", "fibre", "logical", "border"]
TextKind = Literal["name", "small", "zone", "warn", "number"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle: a device, a socket, a zone, or the closed network's rounded one."""

    x: float
    y: float
    width: float
    height: float
    kind: Literal["device", "new", "socket", "zone", "network"] = "device"


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text at a point; `middle` says that it is centred there."""

    x: float
    y: float
    words: str
    kind: TextKind = "small"
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, `1,2 3,4`."""

    points: str
    kind: LineKind


@dataclass(frozen=True, slots=True)
class Figure:
    """The whole picture, and the kinds of lines in it, for the legend."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    paths: tuple[Path, ...]
    words: tuple[Words, ...]
    numbers: tuple[Words, ...]

    @property
    def line_kinds(self) -> tuple[LineKind, ...]:
        """Answers each kind of line that is there, once."""
        kinds = (one.kind for one in self.paths)
        return tuple(dict.fromkeys(kind for kind in kinds if kind != "border"))


class _Sheet:
    """What is put down while a picture is made."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.paths: list[Path] = []
        self.words: list[Words] = []
        self.numbers: list[Words] = []

    def line(self, kind: LineKind, *points: tuple[float, float]) -> None:
        """Puts down a line through points."""
        self.paths.append(Path(" ".join(f"{x:g},{y:g}" for x, y in points), kind))

    def cable(self, cable: Cable, *points: tuple[float, float]) -> None:
        """Puts down a cable with its number near its end."""
        kind: LineKind = "fibre" if cable.is_fibre else "new" if cable.is_new else "old"
        self.line(kind, *points)
        (x1, y1), (x2, y2) = points[-2:]
        back = 13 if abs(x2 - x1) + abs(y2 - y1) > 26 else 0
        x = x2 - back * (x2 > x1) + back * (x2 < x1) if y1 == y2 else x2
        y = y2 if y1 == y2 else (y1 + y2) / 2
        self.numbers.append(Words(x, y, f"{cable.number}", "number", "middle"))

    def device(self, one: Device, x: float, y: float, width: float, height: float) -> Shape:
        """Puts down a device's box with its lines of text."""
        network = one.kind == "network"
        shape = Shape(
            x, y, width, height, "network" if network else "new" if one.is_new else "device"
        )
        self.shapes.append(shape)
        name = _name(one)
        lines = [Words(0, 0, name, "name"), *(Words(0, 0, line) for line in _about(one))]
        top = y + (height - LINE * len(lines)) / 2 + LINE - 3
        for n, line in enumerate(lines):
            place = (x + width / 2, top + n * LINE)
            self.words.append(Words(*place, line.words, line.kind, "middle"))
        return shape


def _name(one: Device) -> str:
    """A device's name; of one on the way also its model and who looks after it."""
    if one.kind in ("network", "outlet", "clinic") or one.address:
        return one.name
    party, model = text(f"papers.party.{one.party}"), foreign.line(one.model, 30)
    return text("papers.figure.router", name=one.name, model=model, party=party)


def _place(one: Device) -> str:
    return foreign.line(one.place, NARROW) or text("papers.unknown")


def _about(one: Device) -> Iterator[str]:
    """The lines below a device's name: a PC's address, the sockets of a hub on the way."""
    if one.kind == "extra-hub":
        yield "　".join(f"{socket.name} {_use(socket)}" for socket in one.sockets)
    if one.address:
        yield foreign.line(one.model, NARROW)
        yield one.address
        yield text("papers.figure.place", place=_place(one))


def figure_of(plan: Plan) -> Figure:
    """Answers the picture of a plan."""
    sheet = _Sheet()
    bottom, last = _way(sheet, plan)
    sockets = _router(sheet, plan, bottom, last)
    top = bottom + ROUTER_HEIGHT + BELOW_ROUTER
    height = max(_left(sheet, plan, sockets, top), _right(sheet, plan, sockets, top))
    for x, network, name, party in (
        (0, plan.terminal, "terminal", "ours"),
        (ZONE_WIDTH + ZONE_GAP, plan.clinic, "clinic", "customer"),
    ):
        sheet.shapes.insert(0, Shape(x, top, ZONE_WIDTH, height - top, "zone"))
        title = text(
            f"papers.figure.zone-{name}",
            prefix=network.prefix or text("papers.unknown"),
            party=text(f"papers.party.{party}"),
        )
        if x == 0:  # beside the cables that come down there
            sheet.words.append(Words(ZONE_WIDTH - 10, top + 17, title, "zone", "end"))
        else:
            sheet.words.append(Words(x + 10, top + 17, title, "zone"))
    _borders(sheet, plan)
    return Figure(
        WIDTH, int(height) + 4, tuple(sheet.shapes), tuple(sheet.paths), tuple(sheet.words),
        tuple(sheet.numbers),
    )  # fmt: skip


def _way(sheet: _Sheet, plan: Plan) -> tuple[float, float]:
    """Puts down what leads to the router; answers where it begins and where the last box ends."""
    y, ends, x = 2.0, {}, MIDDLE - BOX_WIDTH / 2
    for one in plan.of("network", "outlet", "onu", "branch", "extra-hub"):
        height = BOX_HEIGHT + LINE * bool(one.sockets)
        sheet.device(one, x, y, BOX_WIDTH, height)
        ends[one.id] = (y, y + height)
        y += height + STEP
    sheet.line("logical", (MIDDLE, ends["network"][1]), (MIDDLE, ends["outlet"][0]))
    for start, end in pairwise(ends):
        cable = _between(plan, start, end)
        if cable is not None:
            sheet.cable(cable, (MIDDLE, ends[start][1]), (MIDDLE, ends[end][0]))
            _beside(sheet, cable, ends[end][0] - STEP / 2)
    return y + 8, y - STEP


def _beside(sheet: _Sheet, cable: Cable, y: float) -> None:
    words = [one for one in (cable.start_socket, cable.end_socket) if one]
    if words:
        sheet.words.append(Words(MIDDLE + 16, y + 4, " → ".join(words)))


def _between(plan: Plan, start: str, end: str) -> Cable | None:
    return next((one for one in plan.cables if (one.start, one.end) == (start, end)), None)


Places = dict[str, float]
"""Where a socket's cable leaves: x by the socket's name."""


def _router(sheet: _Sheet, plan: Plan, y: float, above: float) -> Places:
    router = plan.device("router")
    sheet.shapes.append(Shape(ROUTER_X, y, ROUTER_WIDTH, ROUTER_HEIGHT, "new"))
    about = text(
        "papers.figure.router",
        name=router.name,
        model=foreign.line(router.model, 30),
        party=text("papers.party.ours"),
    )
    place = text("papers.figure.place", place=_place(router))
    sheet.words += [
        Words(ROUTER_X + 12, y + 18, about, "name"),
        Words(ROUTER_X + 12, y + 34, _addresses(plan)),
        Words(ROUTER_X + ROUTER_WIDTH - 12, y + 34, place, "small", "end"),
        Words(ROUTER_X + ROUTER_WIDTH - 12, y + 18, text("papers.figure.warning"), "warn", "end"),
    ]
    wan, *rest = router.sockets
    sheet.shapes.append(Shape(MIDDLE - 74, y - 4, 148, 20, "socket"))
    sheet.words.append(Words(MIDDLE, y + 10, wan.name, "small", "middle"))
    cable = next(one for one in plan.cables if one.end == "router")
    sheet.cable(cable, (MIDDLE, above), (MIDDLE, y - 4))
    _beside(sheet, Cable(0, cable.start_socket, "", "", "", is_new=True), (above + y) / 2)
    return _sockets(sheet, rest, ROUTER_X + 10, y + ROUTER_HEIGHT - SOCKET_HEIGHT, ROUTER_WIDTH)


def _addresses(plan: Plan) -> str:
    return text(
        "papers.figure.router-addresses",
        terminal=plan.terminal.router or text("papers.unknown"),
        clinic=plan.clinic.router or text("papers.unknown"),
    )


def _use(one: Socket) -> str:
    return text("papers.figure.used", number=one.use) if one.use else text("papers.figure.free")


def _sockets(sheet: _Sheet, some: Sequence[Socket], x: float, y: float, width: float) -> Places:
    """Puts down a row of sockets; answers where their cables leave."""
    places: Places = {}
    each = min(SOCKET_MOST, (width - 20) / max(1, len(some)))
    for n, one in enumerate(some):
        left = x + n * each
        sheet.shapes.append(Shape(left, y, each, SOCKET_HEIGHT, "socket"))
        middle = left + each / 2
        sheet.words += [
            Words(middle, y + 14, one.name, "small", "middle"),
            Words(middle, y + 27, _use(one), "small", "middle"),
        ]
        places[one.name] = middle
    return places


def _left(sheet: _Sheet, plan: Plan, sockets: Places, top: float) -> float:
    """Puts down the terminal network; answers its lower edge."""
    y, above = top + 40, {"router": top - BELOW_ROUTER}
    sides = {"router": sockets}
    cables = [one for one in plan.cables if one.end.startswith("terminal-")]
    hubs = plan.of("hub")
    for n, hub in enumerate(hubs):
        row = _hub(sheet, hub, y)
        _uplink(sheet, plan, hub, n, (sides, above), (row, y))
        sides[hub.id], above[hub.id] = row, y + HUB_HEIGHT
        is_last = hub is hubs[-1]
        some = [one for one in cables if one.start == hub.id or (is_last and one.start == "router")]
        y = above[hub.id] + HUB_ROW + TURN * min(len(some), TURNS)
        pcs = [one for one in plan.of("terminal") if any(one.id == c.end for c in some)]
        y = _pcs(sheet, pcs, some, sides, (0, y), above) + (0 if is_last else HUB_ROW)
    return y if hubs else _pcs(sheet, plan.of("terminal"), cables, sides, (0, y), above)


def _uplink(
    sheet: _Sheet,
    plan: Plan,
    hub: Device,
    number: int,
    upper: tuple[dict[str, Places], dict[str, float]],
    own: tuple[Places, float],
) -> None:
    """Puts down the cable that leads up from a hub; that of a further one runs along the edge."""
    cable = next((one for one in plan.cables if one.end == hub.id), None)
    if cable is None:
        return
    sides, above = upper
    row, y = own
    start, end = sides[cable.start][cable.start_socket], row[cable.end_socket]
    edge = above[cable.start]
    turn = edge + (24 - 6 * number if cable.start == "router" else HUB_ROW - 8)
    way = [(start, edge), (start, turn)]
    if number:
        side = ZONE_WIDTH - 3 - 3 * (number % 2)
        way += [(side, turn), (side, y - 8), (end, y - 8)]
    else:
        way.append((end, turn))
    sheet.cable(cable, *way, (end, y))


def _hub(sheet: _Sheet, hub: Device, y: float) -> Places:
    width = ZONE_WIDTH - 2 * INSET
    sheet.shapes.append(Shape(INSET, y, width, HUB_HEIGHT, "new"))
    about = text(
        "papers.figure.router", name=hub.name, model=hub.model, party=text("papers.party.ours")
    )
    sheet.words.append(Words(INSET + 10, y + HUB_HEIGHT - SOCKET_HEIGHT - 10, about, "name"))
    return _sockets(sheet, hub.sockets, INSET + 8, y + HUB_HEIGHT - SOCKET_HEIGHT, width + 4)


def _right(sheet: _Sheet, plan: Plan, sockets: Places, top: float) -> float:
    """Puts down the clinic's network; answers its lower edge."""
    x, router, y = ZONE_WIDTH + ZONE_GAP, top - BELOW_ROUTER, top + 30
    clinic = plan.device("clinic")
    width = ZONE_WIDTH - 2 * INSET
    sheet.device(clinic, x + INSET, y, width, 30)
    cable = _between(plan, "router", "clinic")
    if cable is not None:
        start, end = sockets[cable.start_socket], x + ZONE_WIDTH * 0.86
        turn = router + 12
        sheet.cable(cable, (start, router), (start, turn), (end, turn), (end, y))
    pcs = plan.of("gateway", "receipt")
    cables = [one for one in plan.cables if one.start == "clinic"]
    return _pcs(sheet, pcs, cables, {}, (x, y + 30 + 24), {"clinic": y + 30})


def _pcs(
    sheet: _Sheet,
    pcs: Sequence[Device],
    cables: Sequence[Cable],
    places: dict[str, Places],
    at: tuple[float, float],
    above: dict[str, float],
) -> float:
    """Puts down rows of PCs below a network's left upper corner; answers the lower edge.

    `places` are the sockets of the devices above, `above` are their lower edges; a cable of a
    device without sockets comes straight down, one of an unknown socket is a number alone.
    """
    x, y = at
    in_row = min(IN_ROW, max(1, len(pcs)))
    width = min(PC_MOST, (ZONE_WIDTH - 2 * INSET - PC_GAP * (in_row - 1)) / in_row)
    for n, one in enumerate(pcs):
        left = x + INSET + (n % in_row) * (width + PC_GAP)
        line = n // in_row
        shape = sheet.device(one, left, y + line * (PC_HEIGHT + 14), width, PC_HEIGHT)
        cable = next((cable for cable in cables if cable.end == one.id), None)
        if cable is not None:
            _to_pc(sheet, cable, shape, places, (above[cable.start], y, n))
    lines = -(-len(pcs) // in_row)
    return y + max(1, lines) * (PC_HEIGHT + 14)


def _to_pc(
    sheet: _Sheet,
    cable: Cable,
    shape: Shape,
    places: dict[str, Places],
    where: tuple[float, float, int],
) -> None:
    """Puts down a PC's cable; `where`: the edge that it comes from, the first row, which PC."""
    above, first, n = where
    end = (shape.x + shape.width / 2, shape.y)
    sockets = places.get(cable.start, {})
    if sockets and cable.start_socket not in sockets:  # nobody knows where it leads
        sheet.numbers.append(Words(*end, f"{cable.number}", "number", "middle"))
        return
    x = sockets.get(cable.start_socket, end[0])
    turn = above + HUB_ROW - 4 + TURN * (n % TURNS)
    way = [(x, above), (x, turn)]
    if cable.start == "router" and len(places) > 1:  # past the hub, along the zone's edge
        side = ZONE_WIDTH - 6
        turn = first - TURN
        way += [(side, way[-1][1]), (side, turn)]
    if shape.y > first:  # a row further down: through the gap on the left
        gap, middle = shape.x - PC_GAP / 2, shape.y + shape.height / 2
        sheet.cable(cable, *way, (gap, turn), (gap, middle), (shape.x, middle))
    elif x == end[0]:
        sheet.cable(cable, (x, above), end)
    else:
        sheet.cable(cable, *way, (end[0], turn), end)


def _borders(sheet: _Sheet, plan: Plan) -> None:
    """Puts down the dashed lines where one party's part ends and another's begins."""
    boxes = {one.id: n for n, one in enumerate(plan.of("network", "outlet", "onu", "branch",
                                                        "extra-hub"))}  # fmt: skip
    shapes = [one for one in sheet.shapes if one.width == BOX_WIDTH]
    order = [*boxes, "router"]
    tops = [*(one.y for one in shapes), shapes[-1].y + shapes[-1].height + STEP + 8]
    for n, (upper, lower) in enumerate(pairwise(order)):
        parties = (plan.device(upper).party, plan.device(lower).party)
        if parties[0] != parties[1]:
            y = tops[n + 1] - STEP / 2 - (3 if lower == "router" else 0)
            sheet.line("border", (MIDDLE + 230, y), (WIDTH, y))
            names = [text(f"papers.party.{one}") for one in parties]
            words = text("papers.figure.border", upper=names[0], lower=names[1])
            sheet.words.append(Words(WIDTH, y - 4, words, "small", "end"))
