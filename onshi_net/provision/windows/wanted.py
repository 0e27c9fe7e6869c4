"""What must be on a PC, from its intent and its state, and what a person must settle first.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, ip_network
from typing import Any

from onshi_net.i18n import text
from onshi_net.intent.windows import ReceiptIntent, RouteIntent, TerminalIntent
from onshi_net.provision.windows import resources as r
from onshi_net.provision.windows.state import (
    IpAddress,
    IpNetwork,
    PcState,
    ReceiptState,
    RegistryRoute,
    Rule,
    SharedFolder,
    StoreState,
    TerminalState,
)

WORKSTATION = 1
FIRST_WINDOWS_10 = 10240
"""Build of the first Windows 10; Windows 11 begins at 22000 (Microsoft, release information)."""
SMB_RULE = "onshi-smb-in"
SMB_PORT = "445"
OPEN_RULES = ("FPS-SMB-In-TCP", "FPS-SMB-In-TCP-NoScope")
"""Windows' own rules that open TCP 445 to more than the clinic LAN (names as Get-NetFirewallRule
lists them; inference that
there are no others in a delivered Windows 10)."""
CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
"""RFC 5280, 4.2.1.12."""
TIME_FLAGS = "0x8"
"""Client mode (Microsoft, Windows Time service tools and settings, NtpServer)."""
SHARE_RIGHT = "Change"
BOTH_STORES = (r.ACTIVE, r.PERSISTENT)
KEPT_PERSIST = frozenset({2, 3})
"""CRED_PERSIST_LOCAL_MACHINE and CRED_PERSIST_ENTERPRISE outlast the logon (CREDENTIALW,
Persist)."""

Found = dict[r.Key, r.Resource]
Wanted = dict[r.Key, r.Resource | None]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a PC is refused; `name` is the catalogue's, below `windows.conflict.`."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"windows.conflict.{self.name}", **self.values)

    @property
    def remedy(self) -> str:
        """What a person must do first."""
        return text(f"windows.conflict.{self.name}.remedy", **self.values)


@dataclass(frozen=True, slots=True)
class Note:
    """What is not right and is left to a person; below `windows.note.` in the catalogue."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"windows.note.{self.name}", **self.values)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a PC needs: things there, things wanted (None: must go), conflicts and notes."""

    found: Found
    wanted: Wanted
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def differences(self) -> tuple[r.Difference, ...]:
        """What must change, in order."""
        return r.differences(self.found, self.wanted)


# Routes


def grouped_routes(state: PcState) -> dict[r.Key, r.Route]:
    """Answers the routes of both stores as one thing each; the active store's metric counts."""
    found: dict[r.Key, r.Route] = {}
    for one in state.routes:
        route = r.Route(one.destination, one.next_hop, one.interface, one.metric, (one.store,))
        twin = found.get(route.key)
        if twin is not None:
            stores = tuple(sorted({*twin.stores, one.store}))
            route = r.Route(one.destination, one.next_hop, one.interface, twin.metric, stores)
        found[route.key] = route
    return found


def interface_towards(state: PcState, hop: IpAddress, near: IpNetwork | None) -> int | None:
    """Answers the interface on whose link `hop` lies; a link-local hop lies where `near` is."""
    home = {one.interface for one in state.addresses if near is not None and one.address in near}
    for one in state.addresses:
        inside = one.address.version == hop.version and hop in one.network
        if inside and (not hop.is_link_local or one.interface in home):
            return one.interface
    return None


def _within(inner: IpNetwork, outer: IpNetwork) -> bool:
    if inner.version != outer.version:
        return False
    return inner.subnet_of(outer)  # type: ignore[arg-type]  # same version


def direct_conflicts(state: PcState, network: IpNetwork) -> Iterator[Conflict]:
    """Finds what makes the PC believe that `network` is directly attached."""
    near = [
        one
        for one in state.addresses
        if one.network.version == network.version and one.network.overlaps(network)
    ]
    for one in near:
        yield Conflict("on-link", {"address": one.address, "network": network, "alias": one.alias})
    direct = [one for one in state.routes if one.on_link and _within(one.destination, network)]
    if direct and not near:
        yield Conflict("on-link-route", {"network": network, "interface": direct[0].interface})


def route_conflicts(
    state: PcState, route: RouteIntent, near: IpNetwork | None
) -> Iterator[Conflict]:
    """Finds why the route can't work on this PC."""
    yield from direct_conflicts(state, route.destination)
    if any(one.address == route.next_hop for one in state.addresses):
        yield Conflict("own-next-hop", {"hop": route.next_hop})
    elif interface_towards(state, route.next_hop, near) is None:
        yield Conflict("next-hop-off-link", {"hop": route.next_hop})


def _registry(state: PcState) -> Iterator[tuple[str, IPv4Network, IpAddress]]:
    for name in state.registry_routes:
        parts = RegistryRoute(name=name).parts
        if parts is not None:
            yield name, *parts


def _rivals(state: PcState, network: IpNetwork, keep: r.Route | None) -> Wanted:
    """Answers what leads into `network` and must go; routes on link stay, they are conflicts."""
    gone: Wanted = {}
    for key, one in grouped_routes(state).items():
        if int(one.next_hop) != 0 and _within(one.destination, network):
            gone[key] = None
    for name, destination, hop in _registry(state):
        right = keep is not None and (destination, hop) == (keep.destination, keep.next_hop)
        if _within(destination, network) and not right:
            gone[r.OldRoute(name).key] = None
    return gone


def _persistent_in_registry(state: PcState, route: r.Route) -> bool:
    return any((route.destination, route.next_hop) == (to, hop) for _, to, hop in _registry(state))


def wanted_route(state: PcState, intent: RouteIntent, near: IpNetwork | None) -> Wanted:
    """Answers the route that must stand and everything that must go for it.

    A right route of `route -p add` counts as persistent.
    """
    interface = interface_towards(state, intent.next_hop, near)
    if interface is None:
        return {}
    route = r.Route(intent.destination, intent.next_hop, interface, intent.metric, BOTH_STORES)
    now = grouped_routes(state).get(route.key)
    if now is not None and now.stores == (r.ACTIVE,) and _persistent_in_registry(state, route):
        route = now
    return {**_rivals(state, intent.destination, route), route.key: route}


def covered(state: PcState, intent: RouteIntent) -> bool:
    """Answers whether a wider route over the same hop does already, as a default gateway's does."""
    routes = grouped_routes(state).values()
    closer = [one for one in routes if _within(one.destination, intent.destination)]
    wider = [one for one in routes if _within(intent.destination, one.destination)]
    longest = max((one.destination.prefixlen for one in wider), default=-1)
    return not closer and any(
        one.next_hop == intent.next_hop and one.stores == BOTH_STORES
        for one in wider
        if one.destination.prefixlen == longest
    )


def _found_routes(state: PcState) -> Found:
    found: Found = dict(grouped_routes(state))
    for name in state.registry_routes:
        found[r.OldRoute(name).key] = r.OldRoute(name)
    return found


# Both kinds of PC


def _leftovers(state: PcState) -> Found:
    some = (line.partition(" ") for line in state.leftovers)
    things = [r.Leftover(name, is_task=kind == "task") for kind, _, name in some]
    return {thing.key: thing for thing in things}


def _clock(state: PcState, now: datetime, tolerance_s: int) -> tuple[Note, ...]:
    off = (state.system.utc - now).total_seconds()
    return (Note("clock", {"seconds": round(off)}),) if abs(off) > tolerance_s else ()


def _all(pairs: Iterable[r.Resource]) -> Found:
    return {one.key: one for one in pairs}


# Receipt PC


def receipt_conflicts(intent: ReceiptIntent, state: ReceiptState) -> Iterator[Conflict]:
    """Finds why the receipt PC is refused."""
    system = state.system
    if system.product_type != WORKSTATION or system.build < FIRST_WINDOWS_10:
        yield Conflict("receipt-os", {"caption": system.caption, "build": system.build})
    if not intent.routes:
        yield from direct_conflicts(state, intent.terminal_network)
    for route in intent.routes:
        yield from route_conflicts(state, route, intent.clinic)


def decide_receipt(
    intent: ReceiptIntent, state: ReceiptState, store: StoreState, now: datetime
) -> Decision:
    """Answers what the receipt PC needs."""
    left = _leftovers(state)
    wanted: Wanted = dict.fromkeys(left)
    if not intent.routes:
        wanted |= _rivals(state, intent.terminal_network, None)
    for route in intent.routes:
        wanted |= wanted_route(state, route, intent.clinic)
    wanted |= {
        one.key: one
        for one in (r.StoredCredential(c.target, c.user, True) for c in intent.credentials)
    }
    found = {**left, **_found_routes(state), **stored_credentials(intent, store)}
    return Decision(
        found=found,
        wanted=wanted,
        conflicts=tuple(receipt_conflicts(intent, state)),
        notes=_clock(state, now, intent.clock_tolerance_s),
    )


def stored_credentials(intent: ReceiptIntent, store: StoreState) -> Found:
    """Answers the entries of the user's store, each proved or not."""
    good = {proof.share.lower() for proof in store.proofs if proof.good}
    proved = {str(p.address).lower() for p in intent.proofs if p.unc.lower() in good}
    some = [
        r.StoredCredential(
            entry.target,
            entry.user,
            entry.persist in KEPT_PERSIST and entry.target.lower() in proved,
        )
        for entry in store.entries
        if entry.found
    ]
    return {one.key: one for one in some}


# Terminal


def terminal_conflicts(intent: TerminalIntent, state: TerminalState) -> Iterator[Conflict]:
    """Finds why the terminal is refused."""
    system = state.system
    if system.edition not in intent.editions or system.build != intent.build:
        yield Conflict("terminal-os", {"caption": system.caption, "build": system.build})
    if _home(intent, state) is None:
        yield Conflict("no-address", {"address": intent.interface.ip})
    for route in intent.routes:
        if not covered(state, route):
            yield from route_conflicts(state, route, intent.interface.network)


def _home(intent: TerminalIntent, state: TerminalState) -> int | None:
    address = intent.interface.ip
    return next((one.interface for one in state.addresses if one.address == address), None)


def decide_terminal(intent: TerminalIntent, state: TerminalState, now: datetime) -> Decision:
    """Answers what the terminal needs."""
    home = _home(intent, state)
    found = found_on_terminal(state, home)
    wanted: Wanted = dict.fromkeys(_leftovers(state))
    for route in intent.routes:
        if not covered(state, route):
            wanted |= wanted_route(state, route, intent.interface.network)
    wanted |= _wanted_network(intent, home)
    wanted |= _all(_wanted_sharing(intent))
    services = {one.name for one in state.services}
    for name in intent.services:
        if name in services:
            service = r.ServiceState(name, "Automatic", running=True)
            wanted[service.key] = service
    time = r.TimeSource(f"{intent.time_server},{TIME_FLAGS}", "NTP")
    wanted[time.key] = time
    for key, one in found.items():
        if isinstance(one, r.FirewallRule) and one.name in OPEN_RULES:
            wanted[key] = r.FirewallRule(one.name, False, one.sources, one.ports)
    return Decision(
        found=found,
        wanted=wanted,
        conflicts=tuple(terminal_conflicts(intent, state)),
        notes=tuple(terminal_notes(intent, state, now)),
    )


def _wanted_network(intent: TerminalIntent, home: int | None) -> Found:
    if home is None:
        return {}
    some: list[r.Resource] = [
        r.InterfaceAddress(home, intent.interface.ip, intent.interface.network.prefixlen)
    ]
    for family, metric in (("IPv4", intent.metric_ipv4), ("IPv6", intent.metric_ipv6)):
        if metric is not None:
            some.append(r.InterfaceMetric(home, family, metric))
    for family in ("IPv4", "IPv6"):
        servers = tuple(one for one in intent.resolvers if _family(one) == family)
        if servers:
            some.append(r.Resolvers(home, family, servers))
    return _all(some)


def _family(address: IpAddress) -> str:
    return "IPv6" if isinstance(address, IPv6Address) else "IPv4"


def _wanted_sharing(intent: TerminalIntent) -> Iterator[r.Resource]:
    yield r.User(intent.link_user, good=True)
    for share in intent.shares:
        yield r.GrantedFolder(share.path, granted=True)
        yield r.Share(share.name, share.path, (r.Grant(intent.link_user, SHARE_RIGHT),))
    sources = _sources(str(network) for network in intent.smb_sources)
    yield r.FirewallRule(SMB_RULE, True, sources, (SMB_PORT,))


def _sources(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(_source(word) for word in words))


def _source(word: str) -> str:
    """Answers a rule's source in one form: Windows gives networks back with a mask."""
    try:
        return str(ip_network(word))
    except ValueError:
        return word


def found_on_terminal(state: TerminalState, home: int | None) -> Found:
    """Answers the things on the terminal that the intent may name."""
    some: list[r.Resource] = [
        r.GrantedFolder(one.path, one.granted) for one in state.folders if one.there
    ]
    if state.user is not None:
        user = state.user
        good = user.enabled and user.password_good and not user.expires
        some.append(r.User(user.name, good))
    some += [_share(one, state.system.computer_name) for one in state.shares]
    some += [_rule(one) for one in state.rules]
    some += [r.ServiceState(one.name, one.start, one.running) for one in state.services]
    some.append(r.TimeSource(state.time.server, state.time.type))
    return {
        **_leftovers(state),
        **_found_routes(state),
        **_all(some),
        **_found_network(state, home),
    }


def _found_network(state: TerminalState, home: int | None) -> Found:
    some: list[r.Resource] = [
        r.InterfaceAddress(one.interface, one.address, one.prefix_length)
        for one in state.addresses
        if one.interface == home
    ]
    some += [
        r.InterfaceMetric(one.interface, one.family, None if one.automatic else one.metric)
        for one in state.metrics
        if one.interface == home
    ]
    for family in ("IPv4", "IPv6"):
        servers = tuple(
            one.server
            for one in state.resolvers
            if one.interface == home and _family(one.server) == family
        )
        if servers and home is not None:
            some.append(r.Resolvers(home, family, servers))
    return _all(some)


def _share(share: SharedFolder, computer: str) -> r.Share:
    prefix = f"{computer}\\".lower()
    grants = []
    for entry in share.access:
        local = entry.account.lower().startswith(prefix)
        account = entry.account[len(prefix) :] if local else entry.account
        right = entry.right if entry.kind == "Allow" else f"{entry.kind} {entry.right}"
        grants.append(r.Grant(account, right))
    ordered = tuple(sorted(grants, key=lambda one: (one.account, one.right)))
    return r.Share(share.name, share.path, ordered)


def _rule(rule: Rule) -> r.FirewallRule:
    return r.FirewallRule(rule.name, rule.enabled, _sources(rule.sources), rule.ports)


def terminal_notes(intent: TerminalIntent, state: TerminalState, now: datetime) -> Iterator[Note]:
    """Finds what is not right and is left to a person."""
    yield from _clock(state, now, intent.clock_tolerance_s)
    present = {one.name for one in state.services}
    for name in intent.services:
        if name not in present:
            yield Note("no-service", {"service": name})
    dhcp = any(
        one.address == intent.interface.ip and one.origin == "Dhcp" for one in state.addresses
    )
    if dhcp:
        yield Note("dhcp", {"address": intent.interface.ip})
    days = certificate_days(intent, state, now)
    if days is None:
        yield Note("no-certificate", {"store": intent.certificate_store})
    elif days < intent.days_left:
        yield Note("certificate-days", {"days": days})


def certificate_days(intent: TerminalIntent, state: TerminalState, now: datetime) -> int | None:
    """Answers the whole days that the best client certificate has left; None for no certificate."""
    some = [
        (one.until - now).days
        for one in state.certificates
        if one.has_key
        and (not one.uses or CLIENT_AUTHENTICATION in one.uses)
        and (intent.certificate_issuer or "") in one.issuer
    ]
    return max(some, default=None)
