"""Checks of the line and the ONU, from the router, the laptop's line leg and behind the router."""

from __future__ import annotations

from onshi_net.checks.catalogue import CONFIGURATION, check
from onshi_net.checks.facts import (
    GATEWAYS,
    beyond,
    came_back,
    code,
    found,
    heard,
    is_poor,
    measured,
    needs_line_leg,
    needs_terminal_leg,
    quality,
    session,
    terminal_address,
)
from onshi_net.checks.model import (
    NotApplicable,
    Party,
    Severity,
    Unmeasured,
    Verdict,
    failed,
    passed,
)
from onshi_net.checks.vantage import also_from_terminals
from onshi_net.facts.types import DnsReply, Evidence, Outcome, Path, Reading, RouterAddresses
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.model import Ipv6Mode


@check("line.advertised", party=Party.LINE, needs=("router.wan-link",))
def test_advertised(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The line sends router advertisements."""
    if intent.branch in GATEWAYS:
        raise NotApplicable("not-applicable.gateway-advertises")
    return heard(evidence, "line.advertised")


@check("line.ra-source", party=Party.TECHNICIAN, needs=("line.advertised", "branch.advertised"))
def test_ra_source(evidence: Evidence) -> Verdict:
    """Exactly one router advertises on the line."""
    needs_line_leg(evidence)
    reading = evidence.laptop.line_adverts
    sources = [f"{one.source} ({one.mac})" for one in found(reading).advertisements]
    if not sources:
        raise Unmeasured("unmeasured.not-heard")
    if len(sources) > 1:
        return failed("line.ra-source.many", reading, count=len(sources), names=", ".join(sources))
    return passed("line.ra-source.one", reading, name=sources[0])


@check(
    "line.prefix",
    party=Party.LINE,
    needs=("router.wan-link", "line.advertised", "branch.carries"),
    explained_by=CONFIGURATION,
)
def test_prefix(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router has an IPv6 prefix, by the mechanism that this line has."""
    router = session(evidence)
    inside = terminal_address(found(router.addresses).addresses, intent)
    states = found(router.dhcp).states
    delegated = [state.prefix for state in states if state.prefix is not None]
    if inside is None:
        return _without_prefix(evidence, intent, router.addresses)
    if intent.router.wan.mode is Ipv6Mode.RA and delegated:
        return failed("line.prefix.unexpected-pd", router.dhcp, prefix=delegated[0])
    if intent.router.wan.mode is Ipv6Mode.PD:
        if not any(inside.address.ip in prefix for prefix in delegated):
            return failed("line.prefix.not-delegated", router.dhcp, address=inside.address)
        return passed("line.prefix.pd", router.dhcp, prefix=delegated[0], address=inside.address)
    return passed("line.prefix.ra", router.addresses, address=inside.address)


def _without_prefix(
    evidence: Evidence, intent: SiteIntent, addresses: Reading[RouterAddresses] | None
) -> Verdict:
    """Says what the line offers in place of what the router waits for, where the laptop heard it.

    Behind a gateway that the site knows, `branch.prefix` says it.
    """
    delegating = intent.router.wan.mode is Ipv6Mode.PD
    reading = evidence.laptop.line_adverts
    heard_there = reading.found.advertisements if reading and reading.found else ()
    prefixes = [one.prefix for advert in heard_there for one in advert.prefixes]
    instead = ""
    if delegating and prefixes:
        instead = "line.prefix.advertised-instead"
    elif heard_there and not delegating and not prefixes and intent.branch not in GATEWAYS:
        offered = any(one.managed for one in heard_there)
        instead = "line.prefix.delegated-instead" if offered else ""
    if not instead:
        return failed(f"line.prefix.none-{'pd' if delegating else 'ra'}", addresses)
    return failed(
        instead,
        addresses,
        reading,
        party=Party.TECHNICIAN,
        remedy=text(f"checks.{instead}-remedy", site=intent.site),
        prefix=next(iter(prefixes), ""),
    )


@check("line.default-route", party=Party.LINE, needs=("line.prefix",), explained_by=CONFIGURATION)
def test_default_route(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router's IPv6 default route leads to the line."""
    reading = session(evidence).routes
    routes = [one for one in found(reading).routes if one.destination in {"default", "::/0"}]
    if not routes:
        return failed("line.default-route.none", reading)
    wan = intent.router.wan.interface
    wrong = [one for one in routes if one.interface != wan]
    if wrong:
        return failed(
            "line.default-route.elsewhere", reading, interface=wrong[0].interface, wan=wan
        )
    return passed("line.default-route.good", reading, gateway=routes[0].gateway, wan=wan)


@check(
    "line.carries",
    party=Party.LINE,
    needs=("line.default-route", "line.ra-source", "router.reachable", "lan.ra-flood"),
)
def test_carries(evidence: Evidence) -> Verdict:
    """The line carries packets: something behind it answers the router or the terminal network."""
    readings = beyond(evidence)
    answering = [name for name, reading in readings if came_back(reading)]
    rests_on = [reading for _, reading in readings]
    names = ", ".join(dict.fromkeys(answering or [name for name, _ in readings]))
    if answering:
        return passed("line.carries.answer", *rests_on, names=names)
    if all(one.unmeasured for one in rests_on):
        raise Unmeasured("unmeasured.question", reason=_reasons(evidence.laptop.resolvers))
    return failed("line.carries.silent", *rests_on, names=names)


@check("line.ngn-resolvers", party=Party.LINE, needs=("line.carries", "lan.reaches-line"))
@also_from_terminals
def test_ngn_resolvers(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The line's resolvers answer."""
    needs_terminal_leg(evidence)
    asked = {str(s): measured(evidence.laptop.resolvers.get(str(s))) for s in intent.ngn_resolvers}
    answering = [server for server, reading in asked.items() if reading.ok]
    if answering:
        return passed("line.ngn-resolvers.answer", *asked.values(), names=", ".join(answering))
    return failed(
        "line.ngn-resolvers.silent", *asked.values(), names=", ".join(asked), reason=_reasons(asked)
    )


def _reasons(asked: dict[str, Reading[DnsReply]]) -> str:
    some = {code(one.detail or one.outcome) for one in asked.values()}
    return ", ".join(sorted(some)) or code("not-asked")


@check(
    "line.second-resolver",
    party=Party.LINE,
    needs=("line.ngn-resolvers", "line.quality"),
    severity=Severity.WARNING,
)
def test_second_resolver(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Every resolver of the line answers, not only one."""
    asked = {str(s): measured(evidence.laptop.resolvers.get(str(s))) for s in intent.ngn_resolvers}
    silent = [server for server, reading in asked.items() if not reading.ok]
    if silent:
        return failed("line.second-resolver.silent", *asked.values(), names=", ".join(silent))
    return passed("line.second-resolver.all", *asked.values(), count=len(asked))


@check("line.path-mtu", party=Party.LINE, needs=("lan.reaches-line", "line.quality"))
def test_path_mtu(evidence: Evidence) -> Verdict:
    """Packets of 1500 bytes pass there and back.

    Where small ones are lost too, that large ones are says nothing of their size.
    """
    needs_terminal_leg(evidence)
    paths = evidence.laptop.paths
    spoken = {t: p for t, p in paths.items() if p.mtu.detail != "silent" and not p.mtu.unmeasured}
    spoken = {t: p for t, p in spoken.items() if not (_is_swallowed(p) and _loses_all_sizes(p))}
    if not spoken:
        raise Unmeasured("unmeasured.silent-targets", names=", ".join(paths))
    for target, path in spoken.items():
        if not path.mtu.ok:
            return _narrow(target, path)
    readings = [path.mtu for path in spoken.values()]
    return passed("line.path-mtu.full", *readings, names=", ".join(spoken))


def _is_swallowed(path: Path) -> bool:
    return path.mtu.outcome is Outcome.NO_ANSWER


def _loses_all_sizes(path: Path) -> bool:
    echo = path.echo.found
    return echo is not None and is_poor(echo)


def _narrow(target: str, path: Path) -> Verdict:
    seen = path.mtu.found
    mtu = seen.mtu if seen is not None and seen.mtu is not None else "?"
    if path.mtu.outcome is Outcome.REFUSED:
        told_by = seen.told_by if seen is not None else ""
        return failed("line.path-mtu.too-big", path.mtu, mtu=mtu, told_by=told_by, target=target)
    return failed("line.path-mtu.black-hole", path.mtu, mtu=mtu, target=target)


@check("line.quality", party=Party.LINE, needs=("lan.reaches-line",))
def test_quality(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Few packets are lost on the line, and none is late."""
    needs_terminal_leg(evidence)
    return quality(evidence, "line.quality", [str(one) for one in intent.ngn_resolvers])
