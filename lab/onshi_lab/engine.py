"""The lab's verbs: up, down, reset, faults. Each leaves the lab as its record says.

`up`    secrets and certificates, then nodes and cables, then all daemons side by side
`down`  kills what runs in the lab's nodes, takes them away, removes the lab's files
`reset` clears all faults, makes the router start cold and exchanges every PC
`exchange` puts a PC as delivered in a PC's place
faults  compare the lab that shall be with the lab that was, and change what differs
"""

from __future__ import annotations

import contextlib
import json
import signal
from dataclasses import replace
from typing import Any

from onshi_lab import credentials, engines, pki, state
from onshi_lab.effects import Address, Certificate, Effect, Flap, LinkDown, LinkUp, Renumbered
from onshi_lab.errors import LabError, UsageError
from onshi_lab.faults import delegated_to_router, effects_of, find_fault
from onshi_lab.kernel import network, supervisor
from onshi_lab.rules import rules_of
from onshi_lab.services import Service, services_of, windows
from onshi_lab.site import Site
from onshi_lab.state import Record
from onshi_lab.topology import Kind, line_routes
from onshi_lab.windows.ask import ask
from onshi_lab.windows.certificate import install_client
from onshi_lab.world import MOCK_ROUTER, World

PCS = (Kind.TERMINAL, Kind.RECEIPT)


def up(
    lab: str,
    site: Site,
    router_command: tuple[str, ...] = MOCK_ROUTER,
    engine: str = "namespaces",
) -> None:
    """Bring a lab up; what is left of a killed `up` is taken away first.

    Raises LabError when it is up already, when the engine cannot be used here, and when a daemon
    does not start (nothing is left).
    """
    engines.by_name(engine).check()
    with state.lock(lab):
        record = state.load(lab)
        if record is not None and record.ready:
            raise LabError(
                f"the lab {lab!r} is up already with site {record.site}; "
                f"take it down with `onshi-lab --name {lab} down`"
            )
        _remove(lab)
        with contextlib.ExitStack() as undo:
            undo.callback(_remove, lab)
            record = Record(site.name, site.router, router_command=router_command, engine=engine)
            _bring_up(lab, record)
            undo.pop_all()


def _bring_up(lab: str, record: Record) -> None:
    state.directory(lab).mkdir(mode=0o700)
    state.save(lab, record)
    world = state.world(lab, record)
    _write_secrets(world)
    network.make(world)
    for node in world.topology.nodes:
        if rules := rules_of(world, node.name):
            network.load_rules(world, node.name, rules)
    supervisor.start(world, services_of(world))
    state.save(lab, replace(record, ready=True))


def _write_secrets(world: World) -> None:
    secrets = credentials.fresh(world.site)
    nodes = world.topology.nodes
    terminals = [node.name for node in nodes if node.kind is Kind.TERMINAL]
    certificate = pki.write(world.pki, f"{world.site.name}.clinic.lab", terminals)
    secrets[credentials.certificate_reference(world.site)] = certificate
    state.save_secrets(world.name, secrets)
    password = world.directory / "initial-password"
    password.touch(mode=0o600)
    password.write_text(secrets[credentials.ROUTER_INITIAL] + "\n", encoding="ascii")
    for node in nodes:
        if node.kind in PCS:
            file = world.users_file(node.name)
            file.parent.mkdir(mode=0o700, exist_ok=True)
            users = credentials.windows_users(world.site, node.name, secrets)
            file.write_text(json.dumps(users), encoding="utf-8")


def down(lab: str) -> bool:
    """Take a lab away, however much of it there is; answers whether there was anything."""
    with state.lock(lab):
        there = any(one.found(lab) for one in _engines_of(lab))
        existed = there or state.directory(lab).exists()
        _remove(lab)
        return existed


def _remove(lab: str) -> None:
    for one in _engines_of(lab):
        one.remove(lab)
    state.remove(lab)


def _engines_of(lab: str) -> tuple[engines.Engine, ...]:
    """The engine that holds a lab; without a record no other has made a node yet."""
    record = state.load(lab)
    return (engines.by_name(record.engine if record else engines.default()),)


def set_fault(lab: str, name: str) -> None:
    """Set a fault; setting it twice is the same as once."""
    with state.lock(lab):
        record = state.load_ready(lab)
        site = record.load_site()
        fault = find_fault(name, site)
        faults = tuple(sorted({*record.faults, fault.name}))
        new = replace(record, faults=faults)
        state.save(lab, new)
        again = effects_of([fault.name], site)
        old = state.world(lab, record)
        _change(replace(old, effects=old.effects - again), state.world(lab, new))


def clear_faults(lab: str, name: str | None = None) -> tuple[str, ...]:
    """Clear one fault, or all; answers those that were set. Clearing twice does no harm."""
    with state.lock(lab):
        record = state.load_ready(lab)
        return _clear(lab, record, name)


def _clear(lab: str, record: Record, name: str | None) -> tuple[str, ...]:
    site = record.load_site()
    gone = record.faults if name is None else (find_fault(name, site).name,)
    new = replace(record, faults=tuple(each for each in record.faults if each not in gone))
    _change(state.world(lab, record, effects_of(gone, site)), state.world(lab, new))
    state.save(lab, new)
    return tuple(each for each in record.faults if each in gone)


def reset(lab: str) -> tuple[str, ...]:
    """Clear all faults, repair addresses, routes and cables; router and PCs are as delivered.

    Answers the faults that were set.
    """
    with state.lock(lab):
        record = state.load_ready(lab)
        cleared = _clear(lab, record, None)
        world = state.world(lab, replace(record, faults=()))
        network.repair(world)
        engines.of(world).restore(world)
        for service in services_of(world):
            _reset_service(world, service)
        return cleared


def _reset_service(world: World, service: Service) -> None:
    """The router starts cold; the NGN forgets the prefix that it delegated to the router."""
    if service.node == "router":
        supervisor.signal_and_wait(world, service, signal.SIGUSR1)
    elif (service.node, service.name) == ("ngn", "dhcp") and delegated_to_router(world.site):
        supervisor.stop(world, service)
        supervisor.start(world, (service,))
    elif world.topology.node(service.node).kind in PCS:
        _exchange(world, service)


def exchange(lab: str, node: str) -> None:
    """Put a PC as delivered, with the same address, in a PC's place.

    Raises UsageError for a node that is no PC, LabError when the lab is not up.
    """
    with state.lock(lab):
        world = state.world(lab, state.load_ready(lab))
        _exchange(world, _pc(world, node))


def _pc(world: World, node: str) -> Service:
    able = [each.name for each in world.topology.nodes if each.kind in PCS]
    if node not in able:
        raise UsageError.unknown("PC", node, able)
    return next(service for service in services_of(world) if service.node == node)


def _exchange(world: World, service: Service) -> None:
    supervisor.stop(world, service)
    network.refit(world, service.node)
    supervisor.start(world, (service,))
    for effect in world.effects:
        if isinstance(effect, Certificate) and effect.node == service.node:
            _apply(world, effect, True)


def ask_pc(lab: str, node: str, request: dict[str, Any]) -> dict[str, Any]:
    """Do to a PC what `onshi_lab.windows.control` lists, and answer what came of it.

    Raises UsageError for a node that is no PC, LabError when the lab is not up.
    """
    world = state.world(lab, state.load_ready(lab))
    service = _pc(world, node)
    return ask(world.service_directory(node, service.name) / "state", request)


def _change(old: World, new: World) -> None:
    """Change a running lab from one state to another."""
    wanted = {(service.node, service.name): service for service in services_of(new)}
    for service in services_of(old):
        successor = wanted.get((service.node, service.name))
        if successor is None or successor.digest != service.digest:
            supervisor.stop(new, service)
    _change_rules(old, new)
    for effect in old.effects - new.effects:
        _apply(new, effect, False)
    for effect in new.effects - old.effects:
        _apply(new, effect, True)
    missing = [each for each in wanted.values() if not supervisor.runs_unchanged(new, each)]
    for service in missing:
        supervisor.stop(new, service)
    supervisor.start(new, missing)
    for effect in old.effects ^ new.effects:
        if isinstance(effect, Flap):
            _flap(new, effect)


def _change_rules(old: World, new: World) -> None:
    for node in new.topology.node_names:
        rules = rules_of(new, node)
        if rules != rules_of(old, node):
            network.load_rules(new, node, rules)


def _apply(world: World, effect: Effect, present: bool) -> None:
    match effect:
        case LinkDown(node, interface):
            network.set_link(world, node, interface, not present)
        case LinkUp(node, interface):
            network.set_link(world, node, interface, present)
        case Address(node, interface, address):
            network.set_address(world, node, interface, address, present)
            if not present:
                network.forget(world, address.partition("/")[0])
        case Renumbered():
            _renumber(world, present)
        case Certificate(node, kind):
            _certify(world, node, kind if present else None)
        case _:
            return


def _renumber(world: World, changed: bool) -> None:
    line = world.site.line
    before, after = line.prefix, line.changed_prefix
    if not changed:
        before, after = after, before
    with network.netlink(engines.namespace(world, "ngn")) as kernel:
        for route in line_routes(world.site, before):
            network.remove_route(kernel, route)
        for route in line_routes(world.site, after):
            network.set_route(kernel, route)


def _certify(world: World, node: str, kind: str | None) -> None:
    """Put a terminal's client certificate in its store; None: the one it was delivered with.

    The PC goes on running: a restart would lose everything that was set up on it.
    """
    own = pki.terminal_file(world.pki, node, soon=kind == "soon")
    pc_state = world.service_directory(node, windows.NAME) / "state"
    install_client(pc_state, None if kind == "none" else own)


def _flap(world: World, flap: Flap) -> None:
    if LinkDown(flap.node, flap.interface) in world.effects:
        return
    network.set_link(world, flap.node, flap.interface, False)
    network.await_no_carrier(world, world.topology.far_end(flap.node, flap.interface))
    network.set_link(world, flap.node, flap.interface, True)


def exec_arguments(
    lab: str, node: str, command: tuple[str, ...], inherited: dict[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """What to execute to run a command inside a node: arguments and environment.

    Raises UsageError for an unknown node, LabError when the lab is not up.
    """
    record = state.load_ready(lab)
    world = state.world(lab, record)
    world.topology.require(node)
    environment = {**inherited, "ONSHI_LAB": lab}
    if node == "laptop":
        environment |= credentials.environment(state.load_secrets(lab))
    return engines.of(world).command(lab, node, command, environment), environment
