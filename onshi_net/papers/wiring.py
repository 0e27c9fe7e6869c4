"""What stands at a site and which cable leads from which socket to which: the design of the work.

One plan for drawing, manual and completion report, so that they can't differ. Sockets are named as
printed on the case. What nobody has surveyed (places, lengths, colours, the clinic's own devices)
is not known here and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

from onshi_net.brochure.work import ROUTER_PORTS, customer_lays
from onshi_net.i18n import text
from onshi_net.model import router_model
from onshi_net.model.as_built import CableNote
from onshi_net.model.catalogue import router_model_names
from onshi_net.model.survey import Found, LineUse, Owner, ReceiptWork
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.sockets import Sockets, router_sockets

Kind = Literal[
    "network", "outlet", "onu", "branch", "extra-hub", "router", "hub", "terminal", "clinic",
    "gateway", "receipt",
]  # fmt: skip
Party = Literal["line", "ours", "customer", "vendor", "open"]
BRANCHES = frozenset({Found.HUB, Found.HGW, Found.OGW})
HUB_PORTS = 5
"""Sockets of the start pack's switching hub (brochure line 288)."""


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket by its printed name; `use` is '' for one that stays free."""

    name: str
    use: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A thing at the site, with the name that people use; '' stands for what it has not."""

    id: str
    kind: Kind
    name: str
    model: str
    address: str
    party: Party
    is_new: bool
    host: str = ""
    """Its name in the inventory, which no paper shows."""
    sockets: tuple[Socket, ...] = ()
    place: str = ""
    """Where it stands; '' where nobody noted it."""
    lamps: str = ""
    """Its lamps while all is good; '' where nobody noted them."""


@dataclass(frozen=True, slots=True)
class Cable:
    """One cable between two sockets; '' for a socket that nobody knows."""

    number: int
    start: str
    """Id of the device nearer the line."""
    start_socket: str
    end: str
    end_socket: str
    is_new: bool
    is_fibre: bool = False
    metres: float | None = None
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """One of the two networks: '' where its addresses are not known yet."""

    prefix: str
    router: str
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole site."""

    devices: tuple[Device, ...]
    cables: tuple[Cable, ...]
    terminal: Network
    clinic: Network

    def device(self, name: str) -> Device:
        """Answers a device by its id. Raises KeyError."""
        for one in self.devices:
            if one.id == name:
                return one
        raise KeyError(name)

    def of(self, *kinds: Kind) -> tuple[Device, ...]:
        """Answers the devices of some kinds, in order."""
        return tuple(one for one in self.devices if one.kind in kinds)


def plan_of(dossier: Dossier) -> Plan:
    """Answers what stands at the site when the work is done. Pure."""
    cables = tuple(_cables(dossier))
    devices = tuple(
        _noted(dossier, _with_sockets(dossier, one, cables)) for one in _devices(dossier)
    )
    notes = {one.id: dossier.draft.as_built.cables.get(one.host or one.id) for one in devices}
    cables = tuple(_measured(dossier, one, notes[one.end]) for one in cables)
    segments = dossier.draft.segments
    if segments is None:
        return Plan(devices, cables, Network("", ""), Network("", ""))
    terminal, clinic = segments.terminal, segments.clinic
    return Plan(
        devices,
        cables,
        Network(f"{terminal.ipv4}", f"{terminal.router}", f"{terminal.gateway or ''}"),
        Network(f"{clinic.ipv4}", f"{clinic.router}", f"{clinic.gateway or ''}"),
    )


def _noted(dossier: Dossier, one: Device) -> Device:
    """Answers a device with what was noted of it when the work was done."""
    notes, name = dossier.draft.as_built, one.host or one.id
    return replace(one, place=notes.places.get(name, ""), lamps=notes.lamps.get(name, ""))


def _measured(dossier: Dossier, one: Cable, note: CableNote | None) -> Cable:
    """Answers a cable with its length and colour.

    The survey's length is the farthest terminal's: of one terminal alone it is the cable's.
    """
    metres, colour = (note.metres, note.colour or "") if note is not None else (None, "")
    is_farthest = (one.start, one.end) == ("router", "terminal-1") and len(dossier.terminals) == 1
    if metres is None and is_farthest:
        metres = dossier.case.survey.wiring.cable_m
    return replace(one, metres=metres, colour=colour)


def has_branch(dossier: Dossier) -> bool:
    """Answers whether something stands between ONU and router (never on a new line)."""
    return dossier.case.line_use is not LineUse.NEW and dossier.case.found in BRANCHES


def has_extra_hub(dossier: Dossier) -> bool:
    """Answers whether a hub is added below a branch device that has no free socket (line 277)."""
    return has_branch(dossier) and dossier.case.survey.access.free_port is False


def _devices(dossier: Dossier) -> Iterator[Device]:
    case, is_new = dossier.case, dossier.case.line_use is LineUse.NEW
    name = text("papers.device.network")
    yield Device("network", "network", name, "", "", "line", is_new=False)
    yield Device("outlet", "outlet", text("papers.device.outlet"), "", "", "line", is_new=is_new)
    model = _known("" if is_new else dossier.onu_model)
    yield Device("onu", "onu", text("papers.device.onu"), model, "", "line", is_new=is_new)
    if has_branch(dossier):
        kind = case.found.value if case.found is not None else ""
        # A rented one is the line's to exchange; any other is the customer's, who restarts it
        # (brochure lines 253 and 261).
        rented = case.survey.access.branch_owner is Owner.RENTAL
        branch = text(f"papers.device.branch-{kind}")
        party: Party = "line" if rented else "customer"
        yield Device("branch", "branch", branch, _known(case.branch_model), "", party, is_new=False)
    if has_extra_hub(dossier):
        hub, model = text("papers.device.extra-hub"), text("papers.device.hub-model")
        yield Device("extra-hub", "extra-hub", hub, model, "", "ours", is_new=True)
    yield _router(dossier)
    yield from _terminal_side(dossier)
    yield from _clinic_side(dossier)


def _known(value: str | None) -> str:
    return value or text("papers.unknown")


def _router(dossier: Dossier) -> Device:
    router, name = dossier.router, text("papers.device.router")
    model = router.model if router is not None else dossier.case.survey.network.router_model
    address = f"{router.hostname}" if router is not None else ""
    host = router.name if router is not None else ""
    return Device("router", "router", name, _known(model), address, "ours", is_new=True, host=host)


def _terminal_side(dossier: Dossier) -> Iterator[Device]:
    for number, switch in enumerate(dossier.switches, 1):
        name, model = hub_name(number, len(dossier.switches)), _known(switch.model)
        hub = hub_id(number)
        yield Device(hub, "hub", name, model, "", "ours", is_new=True, host=switch.name)
    for number, host in enumerate(dossier.terminals, 1):
        yield Device(
            f"terminal-{number}",
            "terminal",
            text("papers.device.terminal", number=number),
            text("papers.device.terminal-model"),
            f"{host.hostname}",
            "ours",
            is_new=True,
            host=host.name,
        )


def _clinic_side(dossier: Dossier) -> Iterator[Device]:
    name, model = text("papers.device.clinic"), text("papers.unknown")
    yield Device("clinic", "clinic", name, model, "", "customer", is_new=False)
    segments = dossier.draft.segments
    gateway = segments.clinic.gateway if segments is not None else None
    if gateway is not None:
        device = text("papers.device.gateway")
        yield Device("gateway", "gateway", device, model, f"{gateway}", "customer", is_new=False)
    os = _known(dossier.case.survey.receipt.os)
    for number, host in enumerate(dossier.receipt_pcs, 1):
        device = text("papers.device.receipt", number=number)
        yield Device(
            f"receipt-{number}", "receipt", device, os, f"{host.hostname}", "vendor",
            is_new=False, host=host.name,
        )  # fmt: skip


Ends = tuple[str, str, str, str]
"""Device and socket at both ends."""


def _cables(dossier: Dossier) -> Iterator[Cable]:
    numbers = count(1)
    is_new = dossier.case.line_use is LineUse.NEW
    yield Cable(next(numbers), "outlet", "", "onu", "", is_new=is_new, is_fibre=True)
    for start, socket, end, end_socket, new in _way(dossier):
        yield Cable(next(numbers), start, socket, end, end_socket, is_new=new)
    for ends in _below(dossier):
        yield Cable(next(numbers), *ends, is_new=True)
    lan = text("papers.socket.lan", number=_clinic_ports(dossier)[0])
    free, pc = text("papers.socket.free-lan"), text("papers.socket.pc")
    yield Cable(next(numbers), "router", lan, "clinic", free, is_new=True)
    for device in ("gateway", *(f"receipt-{n + 1}" for n in range(len(dossier.receipt_pcs)))):
        if device != "gateway" or _has_gateway(dossier):
            yield Cable(next(numbers), "clinic", "", device, pc, is_new=False)


def _has_gateway(dossier: Dossier) -> bool:
    segments = dossier.draft.segments
    return segments is not None and segments.clinic.gateway is not None


def _way(dossier: Dossier) -> Iterator[tuple[str, str, str, str, bool]]:
    """The cables from the ONU to the router's line side."""
    wan = _wan(dossier)
    free = text("papers.socket.free-lan")
    if not has_branch(dossier):
        yield "onu", text("papers.socket.onu-lan"), "router", wan, True
        return
    yield "onu", text("papers.socket.onu-lan"), "branch", "", False
    if has_extra_hub(dossier):
        yield "branch", text("papers.socket.used-lan"), "extra-hub", _hub(1), True
        yield "extra-hub", _hub(2), "router", wan, True
    else:
        yield "branch", free, "router", wan, True


def hub_id(number: int) -> str:
    """Answers the id of the switching hub that is the n-th below the router."""
    return "hub" if number == 1 else f"hub-{number}"


def hub_name(number: int, count: int) -> str:
    """Answers what people call a switching hub: numbered where there are several."""
    name = text("papers.device.hub")
    return f"{name}{number}" if count > 1 else name


def _hub(number: int) -> str:
    return text("papers.socket.hub", number=number)


def _model(dossier: Dossier) -> str:
    return dossier.router.model if dossier.router is not None else ""


def sockets_of(dossier: Dossier) -> Sockets | None:
    """Answers the router's sockets; None for a model that is not known."""
    return router_sockets().get(_model(dossier))


def _wan(dossier: Dossier) -> str:
    found = sockets_of(dossier)
    name = found.wan if found is not None else text("papers.socket.wan")
    return text("papers.socket.line-side", name=name)


def _terminal_ports(dossier: Dossier) -> tuple[int, ...]:
    if _model(dossier) in router_model_names():
        return router_model(_model(dossier)).terminal.ports
    return tuple(range(1, ROUTER_PORTS + 1))


def _clinic_ports(dossier: Dossier) -> tuple[int, ...]:
    if _model(dossier) in router_model_names():
        return router_model(_model(dossier)).clinic.ports
    return (ROUTER_PORTS + 1, ROUTER_PORTS + 2)


def _below(dossier: Dossier) -> Iterator[Ends]:
    """The cables of the terminal network: as many terminals on the hubs as they have sockets for.

    A hub for which the router has no socket left hangs below the one before it.
    """
    names = [f"terminal-{n + 1}" for n in range(len(dossier.terminals))]
    ports, pc = list(_terminal_ports(dossier)), text("papers.socket.pc")
    free: list[tuple[str, int]] = []
    for number, switch in enumerate(dossier.switches, 1):
        up = ("router", text("papers.socket.lan", number=ports.pop(0))) if ports else None
        if up is None:
            above, socket = free.pop()
            up = (above, _hub(socket))
        yield (*up, hub_id(number), _hub(1))
        free += [(hub_id(number), socket) for socket in range(2, switch.ports + 1)]
    yield from ((hub, _hub(n), name, pc) for (hub, n), name in zip(free, names, strict=False))
    names = names[len(free) :]
    for name, port in zip(names, ports, strict=False):
        yield "router", text("papers.socket.lan", number=port), name, pc
    for name in names[len(ports) :]:
        yield "router", text("papers.unknown"), name, pc


def _with_sockets(dossier: Dossier, device: Device, cables: tuple[Cable, ...]) -> Device:
    """Answers the device with every socket of it that there is, used or free."""
    names: tuple[str, ...] = ()
    if device.kind == "router":
        names = _router_names(dossier)
    elif device.kind == "hub":
        ports = next(one.ports for one in dossier.switches if one.name == device.host)
        names = tuple(_hub(n) for n in range(1, ports + 1))
    elif device.kind == "extra-hub":
        names = tuple(_hub(n) for n in range(1, HUB_PORTS + 1))
    used = {cable.start_socket: f"{cable.number}" for cable in cables if cable.start == device.id}
    used |= {cable.end_socket: f"{cable.number}" for cable in cables if cable.end == device.id}
    sockets = tuple(Socket(name, used.get(name, "")) for name in names)
    return replace(device, sockets=sockets)


def _router_names(dossier: Dossier) -> tuple[str, ...]:
    found = sockets_of(dossier)
    if found is None:
        numbers = (*_terminal_ports(dossier), *_clinic_ports(dossier))
        lan = tuple(text("papers.socket.lan", number=n) for n in numbers)
        return (_wan(dossier), *lan)
    lan = tuple(text("papers.socket.lan", number=number) for number in found.lan)
    return (_wan(dossier), *lan, *found.other)


def receipt_party(dossier: Dossier) -> Party:
    """Answers who sets up the receipt PC's side."""
    found = dossier.case.survey.receipt.work_by
    parties: dict[ReceiptWork | None, Party] = {
        ReceiptWork.NTT: "ours",
        ReceiptWork.VENDOR: "vendor",
        ReceiptWork.CUSTOMER: "customer",
        None: "open",
    }
    return parties[found]


def is_laid_by_customer(dossier: Dossier) -> bool:
    """Answers whether the customer has the LAN cables laid."""
    return customer_lays(dossier.case)
