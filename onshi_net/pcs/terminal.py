"""What a terminal needs, from its intent and its state. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from ipaddress import IPv6Address, ip_network

from onshi_net.facts.pc import (
    Certificate,
    IpAddress,
    Rule,
    ShareAccess,
    SharedFolder,
    System,
    TerminalState,
)
from onshi_net.intent.windows import TerminalIntent
from onshi_net.model.releases import release_of
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import (
    Conflict,
    Decision,
    Kind,
    Left,
    Note,
    Why,
    clock_notes,
    decision,
    leftovers,
    nothing,
    release_notes,
    system_conflicts,
)
from onshi_net.pcs.preconditions import TERMINAL_POLICIES, condition_notes, policy_conflicts
from onshi_net.pcs.routes import covered, other_ways, route_conflicts, ways_there, ways_wanted

SMB_RULE = "onshi-smb-in"
SMB_PORT = "445"
OPEN_RULES = ("FPS-SMB-In-TCP", "FPS-SMB-In-TCP-NoScope")
"""Windows' own rules that open TCP 445 to more than the clinic LAN (names as Get-NetFirewallRule
lists them; inference that there are no others in a delivered Windows 10)."""
CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
"""RFC 5280, 4.2.1.12."""
TIME_FLAGS = "0x8"
"""Client mode (Microsoft, Windows Time service tools and settings, NtpServer)."""
NEVER_SET = frozenset(IPv6Address(f"fec0:0:0:ffff::{number}") for number in (1, 2, 3))
"""What an interface that never had an IPv6 resolver reads as (Microsoft, Default DNS servers)."""
SHARE_RIGHT = "Change"
FAMILIES = ("IPv4", "IPv6")
TRIGGER_WORDS = {
    (3, 1): "start/domainjoin",
    (3, 2): r.STOPS,
    (1, 1): "start/networkon",
    (1, 2): "stop/networkoff",
}
"""Type and action of a trigger as `sc triggerinfo` names it (Microsoft, sc triggerinfo;
SERVICE_TRIGGER)."""


def terminal_conflicts(intent: TerminalIntent, state: TerminalState) -> Iterator[Conflict]:
    """Finds why the terminal is refused."""
    yield from system_conflicts(Why.TERMINAL_OS, state)
    yield from policy_conflicts(state, TERMINAL_POLICIES)
    if state.user is not None and state.user.barred:
        yield Conflict(Why.LINK_BARRED, {"user": state.user.name})
    if _home(intent, state) is None:
        yield Conflict(Why.NO_ADDRESS, {"address": intent.interface.ip})
    for route in intent.routes:
        if not covered(state, route):
            yield from route_conflicts(state, route, intent.interface.network)


def _home(intent: TerminalIntent, state: TerminalState) -> int | None:
    address = intent.interface.ip
    return next((one.interface for one in state.addresses if one.address == address), None)


def decide_terminal(intent: TerminalIntent, state: TerminalState, now: datetime) -> Decision:
    """Answers what the terminal needs."""
    conflicts, notes = terminal_conflicts(intent, state), terminal_notes(intent, state, now)
    return decision(KINDS, intent, state, conflicts, notes)


def _ways(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    yield from ways_there(state, intent.routes)
    yield from other_ways(state, [one.destination for one in intent.routes])


def _right_ways(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    needed = {route.destination for route in intent.routes if not covered(state, route)}
    some = ways_wanted(state, intent.routes, intent.interface.network)
    return (one for one in some if one.network in needed)


def _addresses(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    home = _home(intent, state)
    for one in state.addresses:
        if one.interface == home:
            yield r.InterfaceAddress(one.interface, one.address, one.prefix_length)


def _right_address(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    home = _home(intent, state)
    if home is not None:
        length = intent.interface.network.prefixlen
        yield r.InterfaceAddress(home, intent.interface.ip, length)


def _metrics(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    home = _home(intent, state)
    for one in state.metrics:
        if one.interface == home:
            set_to = None if one.automatic else one.metric
            yield r.InterfaceMetric(one.interface, one.family, set_to)


def _right_metrics(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    home = _home(intent, state)
    for family, metric in zip(FAMILIES, (intent.metric_ipv4, intent.metric_ipv6), strict=True):
        if metric is not None and home is not None:
            yield r.InterfaceMetric(home, family, metric)


def _resolvers(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    home = _home(intent, state)
    return (resolvers_of(state, home, family) for family in FAMILIES if home is not None)


def _right_resolvers(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    """Answers who must be asked; right ones that DHCP gives will do."""
    home = _home(intent, state)
    for family in FAMILIES:
        servers = tuple(one for one in intent.resolvers if _family(one) == family)
        if servers and home is not None:
            there = resolvers_of(state, home, family)
            yield there if there.servers == servers else r.Resolvers(home, family, servers)


def _family(address: IpAddress) -> str:
    return "IPv6" if isinstance(address, IPv6Address) else "IPv4"


def _users(_intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    user = state.user
    if user is not None:
        good = user.enabled and user.password_good is not False and not user.expires
        lasting = user.lasting is not False
        ends, was_set = user.account_expires, user.password_set
        yield r.User(user.name, good, user.enabled, lasting, ends, was_set)


def _link_user(intent: TerminalIntent, _state: TerminalState) -> Iterator[r.Thing]:
    yield r.User(intent.link_user, good=True)


def _folders(_intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    return (r.GrantedFolder(one.path, one.granted, one.sddl) for one in state.folders if one.there)


def _right_folders(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    """Answers those that are shared, and before each one what it lies in and is not there yet."""
    shared = {share.path.lower() for share in intent.shares}
    gone = {one.path.lower() for one in state.folders if not one.there}
    for share in intent.shares:
        for above in folders_above(share.path):
            if above.lower() in gone - shared:
                yield r.GrantedFolder(above, granted=False)
        yield r.GrantedFolder(share.path, granted=True)


def folders_above(path: str) -> tuple[str, ...]:
    """Answers what a folder lies in, without the drive, from the top on."""
    parts = path.rstrip("\\").split("\\")
    return tuple("\\".join(parts[:count]) for count in range(2, len(parts)))


def _shares(_intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    return (_share(one, state) for one in state.shares)


def _right_shares(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    """Answers none while the Server service, which must run first, does not tell what there is."""
    access = (r.Grant(intent.link_user, SHARE_RIGHT),)
    shares = intent.shares if state.serving is not False else ()
    return (r.Share(share.name, share.path, access) for share in shares)


def _sharing(_intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    if state.sharing is not None:
        yield r.SharingRules(tuple(sorted(state.sharing)))


def _rules(_intent: TerminalIntent, state: TerminalState) -> Iterator[r.FirewallRule]:
    return (_rule(one) for one in state.rules)


def _right_rules(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    sources = _sources(str(network) for network in intent.smb_sources)
    yield r.FirewallRule(SMB_RULE, True, sources, (SMB_PORT,), "Inbound", "Allow", "TCP", ("Any",))
    for one in _rules(intent, state):
        if one.name in OPEN_RULES:
            yield replace(one, enabled=False)


def _sources(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(_source(word) for word in words))


def _source(word: str) -> str:
    """Answers a rule's source in one form: Windows gives networks back with a mask."""
    try:
        return str(ip_network(word))
    except ValueError:
        return word


def _services(_intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    return (r.ServiceState(one.name, one.start, one.running) for one in state.services)


def _right_services(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    """Answers those that the PC has; of another the note tells."""
    there = {one.name.lower() for one in state.services}
    some = (name for name in intent.services if name.lower() in there)
    return (r.ServiceState(name, "Automatic", running=True) for name in some)


def _time(_intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    found = state.time
    yield r.TimeSource(found.server, found.type, _triggers(state))


def _triggers(state: TerminalState) -> tuple[str, ...]:
    """Answers what starts and stops the time service; evidence of an older run knows one only."""
    found = state.time
    if found.triggers is None:
        return (r.STOPS,) if found.domain_only else ()
    known = ((one.type, one.action) for one in found.triggers)
    return tuple(TRIGGER_WORDS.get(one, "{}/{}".format(*one)) for one in known)


def _right_time(intent: TerminalIntent, state: TerminalState) -> Iterator[r.Thing]:
    """Answers the source; triggers go where Windows stops the service by one of them.

    They stay where one of them is none that sc.exe could make again: that is told (`Left`).
    """
    there = _triggers(state)
    lost = r.STOPS in there and set(there) <= {*TRIGGER_WORDS.values()}
    yield r.TimeSource(f"{intent.time_server},{TIME_FLAGS}", "NTP", () if lost else there)


KINDS: tuple[Kind[TerminalIntent, TerminalState], ...] = (
    Kind(r.Leftover, leftovers, nothing, gone=leftovers),
    Kind(r.Ways, _ways, _right_ways),
    Kind(r.InterfaceAddress, _addresses, _right_address),
    Kind(r.InterfaceMetric, _metrics, _right_metrics),
    Kind(r.Resolvers, _resolvers, _right_resolvers),
    Kind(r.User, _users, _link_user),
    Kind(r.GrantedFolder, _folders, _right_folders),
    Kind(r.Share, _shares, _right_shares),
    Kind(r.SharingRules, _sharing, nothing),
    Kind(r.FirewallRule, _rules, _right_rules),
    Kind(r.ServiceState, _services, _right_services),
    Kind(r.TimeSource, _time, _right_time),
)


def resolvers_of(state: TerminalState, home: int, family: str) -> r.Resolvers:
    """Answers an interface's resolvers. Evidence that doesn't say who set them has them as set."""
    servers = tuple(
        one.server
        for one in state.resolvers
        if one.interface == home and _family(one.server) == family
    )
    mine = [one for one in state.fixed_resolvers if one.interface == home]
    fixed = next((one.servers for one in mine if one.family == family), None)
    if fixed:
        return r.Resolvers(home, family, fixed)
    if fixed is None and servers and not {*servers} <= NEVER_SET:
        return r.Resolvers(home, family, servers)
    given = tuple(one for one in servers if one not in NEVER_SET)
    return r.Resolvers(home, family, given, fixed=False)


def _share(share: SharedFolder, state: TerminalState) -> r.Share:
    grants = []
    for entry in share.access:
        right = entry.right if entry.kind == "Allow" else f"{entry.kind} {entry.right}"
        grants.append(r.Grant(_account(entry, state), right))
    ordered = tuple(sorted(grants, key=lambda one: (one.account.lower(), one.right)))
    told = share.settings
    settings = r.Settings(**told.model_dump()) if told is not None else None
    return r.Share(share.name, share.path, ordered, share.descriptor, settings)


def _account(entry: ShareAccess, state: TerminalState) -> str:
    """Answers who an entry is about; the link user's is the one with its SID, whatever the name."""
    user = state.user
    if user is not None and user.sid and entry.sid:
        return user.name if entry.sid == user.sid else entry.account
    prefix = f"{state.system.computer_name}\\".lower()
    local = entry.account.lower().startswith(prefix)
    return entry.account[len(prefix) :] if local else entry.account


def _rule(rule: Rule) -> r.FirewallRule:
    profiles = tuple(word.strip() for word in rule.profiles.split(",") if word.strip())
    shape = (rule.direction, rule.action, rule.protocol, profiles)
    return r.FirewallRule(rule.name, rule.enabled, _sources(rule.sources), rule.ports, *shape)


def _is_for_terminals(intent: TerminalIntent, system: System) -> bool:
    """Answers whether a terminal of this contract may run it; what isn't known may."""
    if intent.build is not None and system.build != intent.build:
        return False
    if intent.editions is not None:
        return system.edition.lower() in {one.lower() for one in intent.editions}
    known = release_of(system.edition, system.build)
    return known is None or known.terminal


def terminal_notes(intent: TerminalIntent, state: TerminalState, now: datetime) -> Iterator[Note]:
    """Finds what is not right and is left to a person."""
    yield from clock_notes(state, now, intent.clock_tolerance_s)
    yield from release_notes(state, now)
    yield from condition_notes(state)
    odd = [one for one in _triggers(state) if one not in TRIGGER_WORDS.values()]
    if odd and r.STOPS in _triggers(state):
        yield Note(Left.TRIGGERS, {"triggers": ", ".join(odd)})
    if not _is_for_terminals(intent, state.system):
        yield Note(Left.OS_OTHER, {"caption": state.system.caption, "build": state.system.build})
    present = {one.name.lower() for one in state.services}
    for name in intent.services:
        if name.lower() not in present:
            yield Note(Left.NO_SERVICE, {"service": name})
    dhcp = any(
        one.address == intent.interface.ip and one.origin == "Dhcp" for one in state.addresses
    )
    if dhcp:
        yield Note(Left.DHCP, {"address": intent.interface.ip})
    days = certificate_days(intent, state, now)
    if days is None:
        yield Note(Left.NO_CERTIFICATE, {"store": intent.certificate_store})
    elif days < intent.days_left:
        yield Note(Left.CERTIFICATE_DAYS, {"days": days})


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
