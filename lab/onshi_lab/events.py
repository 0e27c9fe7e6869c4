"""What can happen to a site while its lab runs: power, cables, and devices that are exchanged.

All of it is written in the lab's record, so that every other verb respects it and `reset` can take
it back. A PC alone answers for its own power: it can also be put to sleep by who sits at it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from onshi_lab import cables, engine, inventory, state
from onshi_lab.engine import ROUTER
from onshi_lab.errors import LabError, UsageError
from onshi_lab.faults import delegated_to_router
from onshi_lab.kernel import events, network, supervisor
from onshi_lab.services import Service, services_of, windows
from onshi_lab.state import Record
from onshi_lab.topology import Kind, Link
from onshi_lab.windows.ask import ask
from onshi_lab.wiring import SOCKETS
from onshi_lab.world import World

FAR = (Kind.CENTER, Kind.NGN, Kind.INTERNET)
"""What stands behind the line, where nobody of the site pulls a plug."""
NOT_OURS = (*FAR, Kind.LAPTOP)
ON, ASLEEP, OFF, SILENT = "on", "asleep", "off", "silent"
"""How a PC's power is; `silent`: it does not say."""
ANSWERS_WITHIN_S = 3.0

PRESSES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("off", ON): ("power-off",),
    ("off", ASLEEP): ("wake", "power-off"),
    ("off", OFF): (),
    ("on", ON): (),
    ("on", ASLEEP): ("wake",),
    ("on", OFF): ("power-on",),
    ("sleep", ON): ("sleep",),
    ("sleep", ASLEEP): (),
    ("wake", ON): (),
    ("wake", ASLEEP): ("wake",),
}
"""What is done to a PC for an action, by how it is now; what is not here can't be done."""


def able(world: World) -> tuple[str, ...]:
    """The nodes of the site that have a plug and can be exchanged."""
    return tuple(node.name for node in world.topology.nodes if node.kind not in NOT_OURS)


def _require(world: World, node: str) -> None:
    if node not in able(world):
        raise UsageError.unknown("device", node, able(world))


def power(lab: str, node: str, action: str) -> str:
    """Switch a node off or on, or let a PC sleep or wake; answers how it is then.

    Raises UsageError for a node or an action that can't be, LabError when the lab is not up.
    """
    with state.lock(lab):
        record = state.load_ready(lab)
        world = state.world(lab, record)
        _require(world, node)
        if any(pc.node == node for pc in world.site.pcs):
            return _press(world, node, action)
        if action not in ("off", "on"):
            pcs = ", ".join(pc.node for pc in world.site.pcs)
            raise UsageError(f"{node} can't {action}; possible: {pcs}")
        others = tuple(each for each in record.off if each != node)
        new = replace(record, off=(*others, node) if action == "off" else others)
        state.save(lab, new)
        engine.change(world, state.world(lab, new))
        return action


def _press(world: World, node: str, action: str) -> str:
    powered = pc_power(world, node)
    if (action, powered) not in PRESSES:
        raise LabError(f"{node} is {powered}; it can't {action}")
    for request in PRESSES[action, powered]:
        answer = ask(world.service_directory(node, windows.NAME) / "state", {"do": request})
        if "error" in answer:
            raise LabError(f"{node} refuses {request}: {answer['error']}")
        powered = str(answer["power"])
    return powered


def pc_power(world: World, node: str) -> str:
    """Whether a PC is on, asleep or off, as it says itself."""
    state_folder = world.service_directory(node, windows.NAME) / "state"
    try:
        return str(ask(state_folder, {"do": "status"}, ANSWERS_WITHIN_S)["power"])
    except (OSError, ValueError):
        return SILENT


def cable(lab: str, name: str, *, out: bool) -> Link:
    """Pull a cable out, or put it in again; answers the cable.

    Raises UsageError for an unknown name, LabError when the lab is not up.
    """
    with state.lock(lab):
        record = state.load_ready(lab)
        world = state.world(lab, record)
        link = cables.find(world.topology, name)
        end = (link.a.node, link.a.interface)
        others = tuple(each for each in record.out if each != end)
        new = replace(record, out=(*others, end) if out else others)
        state.save(lab, new)
        engine.change(world, state.world(lab, new))
        return link


def cable_list(lab: str) -> tuple[tuple[Link, str], ...]:
    """Every cable of a lab and how it is: in, out (pulled, or by a fault), or loose since `up`."""
    world = state.world(lab, state.load_ready(lab))
    return tuple((link, cable_state(world, link)) for link in world.topology.links)


def cable_state(world: World, link: Link) -> str:
    """How one cable is."""
    if cables.is_loose(world.topology, link):
        return "loose"
    return "out" if cables.out(link) in world.effects else "in"


def exchange(lab: str, node: str, model: str | None = None) -> str:
    """Put another device as delivered in a device's place; answers what is on its label.

    A router has another serial number and another host key, and nothing that somebody typed into
    the old one. Raises UsageError for what can't be exchanged, LabError when the lab is not up.
    """
    with state.lock(lab):
        record = state.load_ready(lab)
        world = state.world(lab, record)
        _require(world, node)
        if model is not None and node != ROUTER:
            raise UsageError(f"{node} has no models to choose from; possible: {ROUTER}")
        if node == ROUTER:
            return _exchange_router(world, record, model)
        _exchange_other(world, record, node)
        return ""


def _exchange_router(world: World, record: Record, model: str | None) -> str:
    """Another router, switched on."""
    facts = world.site.router
    if (model or facts.model) not in SOCKETS:
        raise UsageError.unknown("router model", str(model), SOCKETS)
    known: dict[str, Any] = {"serial": _other_serial(facts.serial), "config": ""}
    if model is not None:
        known |= {"model": model, "firmware": inventory.FIRMWARE[model]}
    new = replace(record, router={**record.router, **known}, off=_without(record.off, ROUTER))
    state.save(world.name, new)
    after = state.world(world.name, new)
    old = _services(world, ROUTER)
    macs = network.hardware_addresses(world, ROUTER)
    events.cut_power(world, [ROUTER], old)
    supervisor.stop(world, *old)
    events.relay(world, after)
    if delegated_to_router(after.site):
        _forget_delegation(after)
    engine.change(world, after)
    network.forget_machine(after, macs)
    return f"{after.site.router.model}, serial number {after.site.router.serial}"


def _other_serial(serial: str) -> str:
    """A serial number that begins as one of the same product does."""
    return serial[:3] + secrets.token_hex(3).upper()


def _exchange_other(world: World, record: Record, node: str) -> None:
    new = replace(record, off=_without(record.off, node))
    state.save(world.name, new)
    after = state.world(world.name, new)
    supervisor.stop(after, *_services(after, node))
    engine.change(world, after)
    if world.topology.node(node).kind is Kind.HGW:
        _forget_delegation(after)
    engine.start_anew(after, *_services(after, node), node=node)


def _without(nodes: tuple[str, ...], node: str) -> tuple[str, ...]:
    return tuple(each for each in nodes if each != node)


def _services(world: World, node: str) -> list[Service]:
    return [service for service in services_of(world) if service.node == node]


def _forget_delegation(world: World) -> None:
    """The NGN delegates the line's prefix to whoever is at the line, not to the one before."""
    again = [each for each in _services(world, "ngn") if each.name == "dhcp"]
    supervisor.stop(world, *again)
    supervisor.start(world, again)
