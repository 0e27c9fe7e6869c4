"""Checks of the closed network: names, 回線認証, path, and that it is closed."""

from __future__ import annotations

from onshi_net.checks.catalogue import ALIVE, check
from onshi_net.checks.facts import (
    answering,
    asked_service,
    came_back,
    code,
    found,
    measured,
    needs_terminal_leg,
    of_kind,
    quality,
    resolvers_of,
    service_of,
    terminal_prefix,
)
from onshi_net.checks.model import Party, Proves, Severity, Unmeasured, Verdict, failed, passed
from onshi_net.checks.vantage import also_from_terminals
from onshi_net.facts.types import DnsReply, Evidence, Reading, RouterAddress
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.model.catalogue import ServiceKind

CLASSIC_SIZE = 512
"""Longest DNS answer over UDP without EDNS, in bytes (RFC 1035, 4.2.1)."""
SUCCESS = "回線認証に成功しました"
"""The line authentication page says so (docs/sources.md)."""


def named(intent: SiteIntent) -> tuple[str, ...]:
    """Lists all services: every one has a name."""
    return tuple(one.id for one in intent.services)


def large(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the services whose DNS answer exceeds 512 bytes."""
    return tuple(one.id for one in intent.services if one.large_answer)


@check("ip-vpn.resolvers", party=Party.FUND, needs=("lan.reaches-line",))
@also_from_terminals
def test_resolvers(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The closed network's resolvers answer."""
    needs_terminal_leg(evidence)
    asked = _asked(evidence, intent)
    answered = [server for server, reading in asked.items() if reading.ok]
    if answered:
        return passed("ip-vpn.resolvers.answer", *asked.values(), names=", ".join(answered))
    reasons = ", ".join(sorted({code(one.detail or one.outcome) for one in asked.values()}))
    paths = [evidence.laptop.paths.get(server) for server in asked]
    echoed = any(came_back(path.echo) for path in paths if path is not None)
    return failed(
        "ip-vpn.resolvers.no-dns" if echoed else "ip-vpn.resolvers.silent",
        *asked.values(),
        names=", ".join(asked),
        reason=reasons,
    )


def _asked(evidence: Evidence, intent: SiteIntent) -> dict[str, Reading[DnsReply]]:
    servers = [str(server) for server in intent.closed_network_resolvers]
    return {server: measured(evidence.laptop.resolvers.get(server)) for server in servers}


@check(
    "ip-vpn.second-resolver",
    party=Party.FUND,
    needs=("ip-vpn.resolvers", "line.quality"),
    severity=Severity.WARNING,
)
@also_from_terminals
def test_second_resolver(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Every resolver of the closed network answers, not only one."""
    asked = _asked(evidence, intent)
    silent = [server for server, reading in asked.items() if not reading.ok]
    if silent:
        return failed("ip-vpn.second-resolver.silent", *asked.values(), names=", ".join(silent))
    return passed("ip-vpn.second-resolver.all", *asked.values(), count=len(asked))


def _its_resolvers(intent: SiteIntent, subject: str) -> tuple[str, ...]:
    return (answering(intent, resolvers_of(intent, service_of(intent, subject).name)),)


@check(
    "ip-vpn.name",
    party=Party.TECHNICIAN,
    needs=("line.quality",),
    each=named,
    more_needs=_its_resolvers,
    proves=Proves.WITH_LINE,
    explained_by=ALIVE,
)
@also_from_terminals
def test_name(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service's name resolves through the router."""
    name, reading = (
        service_of(intent, subject).name,
        measured(asked_service(evidence, subject).name),
    )
    reply = reading.found
    if reading.ok and reply is not None and (reply.addresses or reply.truncated):
        address = reply.addresses[0] if reply.addresses else code("truncated")
        return passed("ip-vpn.name.resolves", reading, name=name, address=address)
    reason = code(reading.detail or ("no-address" if reading.ok else reading.outcome))
    return failed("ip-vpn.name.fails", reading, name=name, reason=reason)


@check(
    "ip-vpn.large-answer",
    party=Party.TECHNICIAN,
    needs=("ip-vpn.name.{subject}",),
    each=large,
    explained_by=ALIVE,
)
def test_large_answer(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """A DNS answer of more than 512 bytes survives the router's forwarder."""
    service, name = asked_service(evidence, subject), service_of(intent, subject).name
    ways = {"EDNS": service.name, "TCP": service.by_tcp, "UDP": service.plain}
    whole = {way: _whole(reading) for way, reading in ways.items()}
    for way, size in whole.items():
        if size > CLASSIC_SIZE:
            return passed("ip-vpn.large-answer.whole", service.name, name=name, size=size, way=way)
    best = max(whole.values())
    return failed("ip-vpn.large-answer.cut", service.name, service.by_tcp, name=name, size=best)


def _whole(reading: Reading[DnsReply] | None) -> int:
    """Answers the bytes of an answer that came whole, else 0."""
    reply = reading.found if reading is not None and reading.ok else None
    return reply.size if reply is not None and reply.addresses and not reply.truncated else 0


@check(
    "ip-vpn.line-auth",
    party=Party.INSTITUTION,
    needs=("service.tls.{subject}",),
    each=of_kind(ServiceKind.LINE_AUTH),
)
@also_from_terminals
def test_line_auth(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The line authentication page says that this line is registered."""
    reading = asked_service(evidence, subject).page
    if SUCCESS in found(reading).body:
        return passed("ip-vpn.line-auth.success", reading)
    now, before = terminal_prefix(evidence, intent), evidence.registered_prefix
    name = service_of(intent, subject).name
    if now is not None and before is not None and now != before:
        remedy = text("checks.ip-vpn.line-auth.open-again", name=name, site=intent.site)
        return failed(
            "ip-vpn.line-auth.changed",
            reading,
            party=Party.TECHNICIAN,
            remedy=remedy,
            before=before,
            now=now,
        )
    return failed("ip-vpn.line-auth.failure", reading, prefix=now or "?")


@check("ip-vpn.path-inside", party=Party.TECHNICIAN, needs=("ip-vpn.resolvers", "line.quality"))
def test_path_inside(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The way into the closed network leads through this router and arrives."""
    needs_terminal_leg(evidence)
    target = str(intent.closed_network_resolvers[0])
    path = evidence.laptop.paths.get(target)
    reading = measured(path.trace if path is not None else None)
    hops = reading.found.hops if reading.found is not None else ()
    if not hops or hops[0] is None:
        raise Unmeasured("unmeasured.silent-targets", names=target)
    own = {str(one.address.ip) for one in _router_addresses(evidence)}
    shown = " > ".join(hop or "*" for hop in hops)
    if own and hops[0] not in own:
        return failed("ip-vpn.path-inside.other", reading, hop=hops[0], path=shown)
    if not reading.ok:
        return failed("ip-vpn.path-inside.lost", reading, path=shown)
    return passed("ip-vpn.path-inside.good", reading, path=shown)


def _router_addresses(evidence: Evidence) -> tuple[RouterAddress, ...]:
    reading = evidence.router.addresses
    return reading.found.addresses if reading is not None and reading.found is not None else ()


@check("ip-vpn.quality", party=Party.LINE, needs=("ip-vpn.resolvers", "line.quality"))
def test_quality(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Few packets are lost on the way into the closed network, and none is late."""
    needs_terminal_leg(evidence)
    return quality(
        evidence, "ip-vpn.quality", [str(one) for one in intent.closed_network_resolvers]
    )


@check(
    "ip-vpn.internet-closed",
    party=Party.TECHNICIAN,
    needs=("ip-vpn.resolvers", "ip-vpn.path-inside"),
)
def test_internet_closed(evidence: Evidence) -> Verdict:
    """The Internet does not answer from the terminal network."""
    needs_terminal_leg(evidence)
    tried = evidence.laptop.internet
    readings = [measured(one) for ports in tried.values() for one in ports.tried.values()]
    if not readings:
        raise Unmeasured("unmeasured.not-asked")
    answered = [
        f"{address} ({port})"
        for address, ports in tried.items()
        for port, reading in ports.tried.items()
        if reading.ok or reading.detail == "reset"
    ]
    if answered:
        # Over IPv6 it went through the router, which has no other way out than the line; over IPv4
        # it did not.
        names = ", ".join(answered)
        if all(":" in name.partition(" ")[0] for name in answered):
            remedy = text("checks.ip-vpn.internet-closed.report", names=names)
            return failed(
                "ip-vpn.internet-closed.by-line",
                *readings,
                party=Party.LINE,
                remedy=remedy,
                names=names,
            )
        return failed("ip-vpn.internet-closed.answers", *readings, names=names)
    return passed("ip-vpn.internet-closed.silent", *readings, names=", ".join(tried))
