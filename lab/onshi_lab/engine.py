"""The lab's verbs: up, down, reset, faults. Each leaves the lab as its record says.

`up`    secrets and certificates, then nodes and cables, then all daemons side by side
`down`  kills what runs in the lab's nodes, takes them away, removes the lab's files
`reset` clears all faults, makes the router start cold and exchanges every PC
faults  compare the lab that shall be with the lab that was, and change what differs
"""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from onshi_lab import credentials, engines, inventory, keyfile, pki, state
from onshi_lab.effects import (
    Address,
    Certificate,
    Effect,
    Filter,
    Flap,
    LinkDown,
    LinkUp,
    Spoilt,
    Unplugged,
)
from onshi_lab.errors import LabError
from onshi_lab.faults import delegated_to_router, effects_of, find_fault
from onshi_lab.kernel import events, network, supervisor
from onshi_lab.label import dns_label
from onshi_lab.measured import Measured
from onshi_lab.rules import rules_of
from onshi_lab.services import Service, services_of, windows
from onshi_lab.site import Pc
from onshi_lab.state import Record
from onshi_lab.topology import Kind
from onshi_lab.windows.ask import ask
from onshi_lab.windows.certificate import install_client
from onshi_lab.world import MOCK_ROUTER, World, terminal_file

ROUTER = "router"
PCS = (Kind.TERMINAL, Kind.RECEIPT)


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be raised: a site of an inventory.

    `router` overrides facts of the router that is really there; `secrets` are the user's own
    passwords by environment variable.
    """

    inventory: Path
    site: str
    router: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    router_command: tuple[str, ...] = MOCK_ROUTER
    engine: str = "namespaces"
    laptops: int | None = None
    measured: Measured | None = None
    """What a run of `onshi verify` found there: it is raised as it was."""
    powershell: str = ""
    """A real engine for the PCs' PowerShell; '' for the mock's own language."""


def up(lab: str, order: Order) -> None:
    """Bring a lab up; what is left of a killed `up` is taken away first.

    Raises SiteFileError for a faulty site, LabError when the lab is up already, when the engine
    cannot be used here, and when a daemon does not start (nothing is left).
    """
    if order.powershell and order.engine != "namespaces":
        raise LabError("a real PowerShell engine runs in namespaces only: leave out --engine")
    engines.by_name(order.engine).check()
    inventory.load_site(order.inventory, order.site)
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
            _bring_up(lab, order)
            undo.pop_all()


def _bring_up(lab: str, order: Order) -> None:
    state.directory(lab).mkdir(mode=0o700)
    state.keep_site(lab, order.inventory, order.site)
    folder = state.site_folder(lab)
    router = {**(order.measured.router if order.measured else {}), **order.router}
    record = Record(
        order.site,
        folder,
        router,
        router_command=order.router_command,
        engine=order.engine,
        laptops=order.laptops,
        powershell=order.powershell,
    )
    state.save(lab, record)
    world = state.world(lab, record)
    state.keep_nodes(lab, world.topology.node_names)
    _write_secrets(world, order.secrets)
    network.make(world)
    for node in world.topology.nodes:
        if rules := rules_of(world, node.name):
            network.load_rules(world, node.name, rules)
    supervisor.start(world, services_of(world))
    for pc in world.site.pcs:
        _prepare(world, pc)
    if order.measured is not None:
        _as_measured(world, order.measured)
        record = replace(record, faults=order.measured.faults(world.site))
        change(replace(world, effects=frozenset()), state.world(lab, record))
    state.save(lab, replace(record, ready=True))


def _as_measured(world: World, measured: Measured) -> None:
    """Make each PC what it was when it was measured."""
    secrets = state.load_secrets(world.name)
    for pc in world.site.pcs:
        for request in measured.requests(world.site, pc, secrets):
            _request(world, pc.node, request)


def _prepare(world: World, pc: Pc) -> None:
    """Do to a PC what its site says was done to it before the visit."""
    for request in pc.requests:
        _request(world, pc.node, json.dumps(dict(request)))


def _request(world: World, node: str, request: str) -> None:
    """Do one thing to a PC. Raises LabError where it can't be done."""
    answer = ask(world.service_directory(node, windows.NAME) / "state", json.loads(request))
    if "error" in answer or answer.get("code"):
        reason = answer.get("error") or str(answer.get("output", "")).strip()
        raise LabError(f"{node} refuses {request}: {reason}")


def _write_secrets(world: World, given: Mapping[str, str]) -> None:
    site = world.site
    secrets = credentials.passwords(site, given)
    terminals = [pc.node for pc in site.terminals]
    certificate = pki.write(
        world.pki, f"{dns_label(site.name)}.clinic.lab", site.region.services, terminals
    )
    if site.references.client_certificate is not None:
        secrets[site.references.client_certificate] = certificate
    state.save_secrets(world.name, secrets)
    environment = credentials.environment_file(secrets)
    keyfile.write_private(world.directory / "secrets.env", environment)
    own = site.router.own_passwords
    initial = secrets[site.references.router if own else site.references.router_initial]
    keyfile.write_private(world.directory / "initial-password", initial + "\n")
    if own:
        admin = secrets[site.references.router_admin]
        keyfile.write_private(world.directory / "admin-password", admin + "\n")
    if site.references.router_unnamed is not None:
        unnamed = secrets[site.references.router_unnamed]
        keyfile.write_private(world.directory / "unnamed-password", unnamed + "\n")
    for pc in site.pcs:
        file = world.users_file(pc.node)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        keyfile.write_private(file, credentials.windows_users(pc, secrets))


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
    """The engine that holds a lab; a folder whose record can't be read may be anybody's."""
    record = state.load(lab)
    if record is not None:
        return (engines.by_name(record.engine),)
    if not state.directory(lab).exists():
        return (engines.by_name(engines.default()),)
    return tuple(engines.usable())


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
        change(replace(old, effects=old.effects - again), state.world(lab, new))


def clear_faults(lab: str, name: str | None = None) -> tuple[str, ...]:
    """Clear one fault, or all; answers those that were set. Clearing twice does no harm."""
    with state.lock(lab):
        record = state.load_ready(lab)
        return _clear(lab, record, name)


def _clear(lab: str, record: Record, name: str | None) -> tuple[str, ...]:
    gone = record.faults if name is None else (find_fault(name, record.load_site()).name,)
    left = tuple(each for each in record.faults if each not in gone)
    return _clear_to(lab, record, replace(record, faults=left), gone)


def _clear_to(lab: str, record: Record, new: Record, gone: tuple[str, ...]) -> tuple[str, ...]:
    site = record.load_site()
    change(state.world(lab, record, effects_of(gone, site)), state.world(lab, new))
    state.save(lab, new)
    return tuple(each for each in record.faults if each in gone)


def reset(lab: str) -> tuple[str, ...]:
    """Clear all faults, power on, cables in, addresses and routes as at `up`.

    Router and PCs are as delivered; a device that was exchanged stays the one that it is.

    Answers the faults that were set.
    """
    with state.lock(lab):
        record = state.load_ready(lab)
        cleared = _clear_to(lab, record, record.calm, record.faults)
        world = state.world(lab, record.calm)
        network.repair(world)
        engines.of(world).restore(world)
        _deliver(world, services_of(world))
        return cleared


def _deliver(world: World, services: Sequence[Service]) -> None:
    """Put devices as delivered in the places of those, side by side.

    The router starts cold; the NGN forgets the prefix that it delegated to the router.
    """
    router = next(service for service in services if service.node == "router")
    again = [service for service in services if _starts_anew(world, service)]
    with supervisor.signalled(world, router, signal.SIGUSR1):
        start_anew(world, *again)


def _starts_anew(world: World, service: Service) -> bool:
    if (service.node, service.name) == ("ngn", "dhcp"):
        return delegated_to_router(world.site)
    return world.topology.node(service.node).kind in PCS


def start_anew(world: World, *services: Service, node: str = "") -> None:
    """Start services anew, side by side; `node`, and each PC that one is on, is another machine."""
    pcs = [pc for pc in world.site.pcs if pc.node in {service.node for service in services}]
    machines = {*(pc.node for pc in pcs), node} - {""}
    supervisor.stop(world, *services)
    for machine in machines:
        network.refit(world, machine)
    _close(world, machines)
    supervisor.start(world, services)
    for pc in pcs:
        _prepare(world, pc)
    for effect in world.effects:
        if isinstance(effect, Certificate) and effect.node in {pc.node for pc in pcs}:
            _apply(world, effect, True)


def change(old: World, new: World) -> None:
    """Change a running lab from one state to another.

    What a node without power has saved is there when it has power again.
    """
    darkened, lit = new.dark - old.dark, old.dark - new.dark
    had = services_of(old)
    events.cut_power(new, darkened, [each for each in had if each.node in darkened])
    wanted = {(service.node, service.name): service for service in services_of(new)}
    changed = [each for each in had if _has_changed(each, wanted)]
    supervisor.stop(new, *(each for each in changed if each.node not in darkened))
    _change_rules(old, new)
    _change_routes(old, new)
    _change_kinds(old, new)
    _light(new, lit)
    for effect in old.effects - new.effects:
        _apply(new, effect, False)
    for effect in new.effects - old.effects:
        _apply(new, effect, True)
    missing = [each for each in wanted.values() if not supervisor.runs_unchanged(new, each)]
    supervisor.stop(new, *(each for each in missing if each.node not in lit))
    supervisor.start(new, missing)
    for effect in old.effects ^ new.effects:
        if isinstance(effect, Flap):
            _flap(new, effect)


def _change_kinds(old: World, new: World) -> None:
    changed = [
        node.name
        for node in new.topology.nodes
        if node.kind is not old.topology.node(node.name).kind
    ]
    for name in changed:
        events.become(new, name)
    _close(new, changed)


def _light(world: World, nodes: Collection[str]) -> None:
    """Open the links of nodes that have power again; the router does that itself."""
    for name in nodes:
        if name != ROUTER:
            network.configure(world, world.topology.node(name))
    _close(world, nodes)


def _close(world: World, nodes: Collection[str]) -> None:
    """Shut what faults shut of nodes whose links were opened."""
    for effect in world.effects:
        if isinstance(effect, LinkDown) and effect.node in nodes:
            _apply(world, effect, True)


def _has_changed(service: Service, wanted: Mapping[tuple[str, str], Service]) -> bool:
    successor = wanted.get((service.node, service.name))
    return successor is None or successor.digest != service.digest


def _change_rules(old: World, new: World) -> None:
    for node in new.topology.node_names:
        rules = rules_of(new, node)
        if rules != rules_of(old, node):
            network.load_rules(new, node, rules)
            events.hold(new, node)


def _apply(world: World, effect: Effect, present: bool) -> None:
    match effect:
        case LinkDown(node, interface):
            network.set_link(world, node, interface, not present and not world.is_dark(node))
        case LinkUp(node, interface):
            network.set_link(world, node, interface, present)
        case Address(node, interface, address):
            network.set_address(world, node, interface, address, present)
            if not present:
                network.forget(world, address.partition("/")[0])
        case Unplugged():
            events.set_cable(world, effect)
        case Certificate(node, kind):
            _certify(world, node, kind if present else None)
        case Spoilt(node, breaks, mends):
            if not world.is_dark(node):
                _request(world, node, breaks if present else mends)
        case Filter(name, text):
            network.set_filter(world, ROUTER, name, text if present else "")
        case _:
            return


def _change_routes(old: World, new: World) -> None:
    with network.netlink(engines.namespace(new, "ngn")) as kernel:
        for route in set(old.line_routes) - set(new.line_routes):
            network.remove_route(kernel, route)
        for route in new.line_routes:
            network.set_route(kernel, route)


def _certify(world: World, node: str, kind: str | None) -> None:
    """Put a terminal's client certificate in its store; None: the one it was delivered with.

    The PC goes on running: a restart would lose everything that was set up on it.
    """
    own = terminal_file(world.pki, node, soon=kind == "soon")
    pc_state = world.service_directory(node, windows.NAME) / "state"
    install_client(pc_state, None if kind == "none" else own)


def _flap(world: World, flap: Flap) -> None:
    if LinkDown(flap.node, flap.interface) in world.effects or world.is_dark(flap.node):
        return
    network.set_link(world, flap.node, flap.interface, False)
    network.await_no_carrier(world, world.topology.far_end(flap.node, flap.interface))
    network.set_link(world, flap.node, flap.interface, True)
