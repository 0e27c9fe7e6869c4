"""What a terminal needs, from its intent and its state. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import IPv6Address, ip_network

from onshi_net.facts.pc import (
    Certificate,
    IpAddress,
    Rule,
    SharedFolder,
    TerminalState,
)
from onshi_net.intent.windows import TerminalIntent
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import (
    Conflict,
    Decision,
    Found,
    Note,
    Wanted,
    by_key,
    clock_notes,
    leftovers,
)
from onshi_net.pcs.routes import (
    covered,
    found_routes,
    route_conflicts,
    wanted_route,
)

SMB_RULE = "onshi-smb-in"
SMB_PORT = "445"
OPEN_RULES = ("FPS-SMB-In-TCP", "FPS-SMB-In-TCP-NoScope")
"""Windows' own rules that open TCP 445 to more than the clinic LAN (names as Get-NetFirewallRule
lists them; inference that there are no others in a delivered Windows 10)."""
CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
"""RFC 5280, 4.2.1.12."""
TIME_FLAGS = "0x8"
"""Client mode (Microsoft, Windows Time service tools and settings, NtpServer)."""
SHARE_RIGHT = "Change"


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
    wanted: Wanted = dict.fromkeys(leftovers(state))
    for route in intent.routes:
        if not covered(state, route):
            wanted |= wanted_route(state, route, intent.interface.network)
    wanted |= _wanted_network(intent, home)
    wanted |= by_key(_wanted_sharing(intent))
    for name in intent.services:
        service = r.ServiceState(name, "Automatic", running=True)
        if service.key in found:
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
    return by_key(some)


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
    time = state.time
    some.append(r.TimeSource(time.server, time.type, time.domain_only))
    return {
        **leftovers(state),
        **found_routes(state),
        **by_key(some),
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
    return by_key(some)


def _share(share: SharedFolder, computer: str) -> r.Share:
    prefix = f"{computer}\\".lower()
    grants = []
    for entry in share.access:
        local = entry.account.lower().startswith(prefix)
        account = entry.account[len(prefix) :] if local else entry.account
        right = entry.right if entry.kind == "Allow" else f"{entry.kind} {entry.right}"
        grants.append(r.Grant(account, right))
    ordered = tuple(sorted(grants, key=lambda one: (one.account.lower(), one.right)))
    return r.Share(share.name, share.path, ordered)


def _rule(rule: Rule) -> r.FirewallRule:
    return r.FirewallRule(rule.name, rule.enabled, _sources(rule.sources), rule.ports)


def terminal_notes(intent: TerminalIntent, state: TerminalState, now: datetime) -> Iterator[Note]:
    """Finds what is not right and is left to a person."""
    yield from clock_notes(state, now, intent.clock_tolerance_s)
    present = {one.name.lower() for one in state.services}
    for name in intent.services:
        if name.lower() not in present:
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
    some = [(one.until - now).days for one in client_certificates(intent, state)]
    return max(some, default=None)


def client_certificates(intent: TerminalIntent, state: TerminalState) -> tuple[Certificate, ...]:
    """Answers the certificates with which the terminal may show itself to the service."""
    return tuple(
        one
        for one in state.certificates
        if one.has_key
        and (not one.uses or CLIENT_AUTHENTICATION in one.uses)
        and (intent.certificate_issuer or "") in one.issuer
    )
