"""Checks of the closed network.

Names, ports, certificates, 回線認証, time, path, and that it is closed.
"""

from __future__ import annotations

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import code, found, measured, needs_terminal_leg, quality, service_of
from onshi_net.checks.model import Each, Party, Unmeasured, Verdict, failed, passed
from onshi_net.evidence.types import (
    DnsReply,
    Evidence,
    Outcome,
    Page,
    Reading,
    RouterAddress,
    Service,
)
from onshi_net.intent import SiteIntent
from onshi_net.model.catalogue import ServiceKind

CLASSIC_SIZE = 512
"""Longest DNS answer over UDP without EDNS, in bytes (RFC 1035, 4.2.1)."""
SUCCESS = "回線認証に成功しました"
"""The line authentication page says so (docs/sources.md)."""
TLS_KINDS = (ServiceKind.HTTPS, ServiceKind.LINE_AUTH)


def named(intent: SiteIntent) -> tuple[str, ...]:
    """Lists all services: every one has a name."""
    return tuple(one.id for one in intent.services)


def large(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the services whose DNS answer exceeds 512 bytes."""
    return tuple(one.id for one in intent.services if one.large_answer)


def connected(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the services that are reached over TCP."""
    without = {ServiceKind.DNS, ServiceKind.NTP}
    return tuple(one.id for one in intent.services if one.kind not in without)


def of_kind(*kinds: ServiceKind) -> Each:
    """Gives the lister of services of these kinds."""
    return lambda intent: tuple(one.id for one in intent.services if one.kind in kinds)


def _service(evidence: Evidence, subject: str) -> Service:
    needs_terminal_leg(evidence)
    service = evidence.laptop.services.get(subject)
    if service is None:
        raise Unmeasured("unmeasured.not-asked")
    return service


@check("ip-vpn.resolvers", party=Party.FUND, needs=("lan.reaches-line",))
def test_resolvers(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The closed network's resolvers answer."""
    needs_terminal_leg(evidence)
    asked = _asked(evidence, intent)
    answering = [server for server, reading in asked.items() if reading.ok]
    if answering:
        return passed("ip-vpn.resolvers.answer", *asked.values(), names=", ".join(answering))
    reasons = ", ".join(sorted({code(one.detail or one.outcome) for one in asked.values()}))
    return failed(
        "ip-vpn.resolvers.silent", *asked.values(), names=", ".join(asked), reason=reasons
    )


def _asked(evidence: Evidence, intent: SiteIntent) -> dict[str, Reading[DnsReply]]:
    servers = [str(server) for server in intent.closed_network_resolvers]
    return {server: measured(evidence.laptop.resolvers.get(server)) for server in servers}


@check("ip-vpn.second-resolver", party=Party.FUND, needs=("ip-vpn.resolvers",))
def test_second_resolver(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Every resolver of the closed network answers, not only one."""
    asked = _asked(evidence, intent)
    silent = [server for server, reading in asked.items() if not reading.ok]
    if silent:
        return failed("ip-vpn.second-resolver.silent", *asked.values(), names=", ".join(silent))
    return passed("ip-vpn.second-resolver.all", *asked.values(), count=len(asked))


@check("ip-vpn.name", party=Party.TECHNICIAN, needs=("ip-vpn.resolvers",), each=named)
def test_name(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service's name resolves through the router."""
    name, reading = service_of(intent, subject).name, measured(_service(evidence, subject).name)
    reply = reading.found
    if reading.ok and reply is not None and (reply.addresses or reply.truncated):
        address = reply.addresses[0] if reply.addresses else code("truncated")
        return passed("ip-vpn.name.resolves", reading, name=name, address=address)
    reason = code(reading.detail or ("no-address" if reading.ok else reading.outcome))
    return failed("ip-vpn.name.fails", reading, name=name, reason=reason)


@check("ip-vpn.large-answer", party=Party.TECHNICIAN, needs=("ip-vpn.name.{subject}",), each=large)
def test_large_answer(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """A DNS answer of more than 512 bytes survives the router's forwarder."""
    service, name = _service(evidence, subject), service_of(intent, subject).name
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
    "ip-vpn.tcp",
    party=Party.FUND,
    needs=("ip-vpn.name.{subject}", "ip-vpn.large-answer.{subject}", "line.quality"),
    each=connected,
)
def test_tcp(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service's TCP port opens."""
    service = service_of(intent, subject)
    reading = measured(_service(evidence, subject).connect)
    if reading.ok:
        return passed("ip-vpn.tcp.open", reading, name=service.name, port=service.port)
    reason = code(reading.detail or reading.outcome)
    return failed("ip-vpn.tcp.closed", reading, name=service.name, port=service.port, reason=reason)


@check("ip-vpn.tls", party=Party.FUND, needs=("ip-vpn.tcp.{subject}",), each=of_kind(*TLS_KINDS))
def test_tls(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service takes the TLS connection, with the client certificate where it demands one."""
    service = service_of(intent, subject)
    reading = measured(_service(evidence, subject).page)
    page = reading.found or Page()
    if service.client_certificate and not evidence.laptop.has_bundle:
        raise Unmeasured("unmeasured.no-certificate")
    if reading.outcome is Outcome.NO_ANSWER:
        return failed("ip-vpn.tls.silent", reading, name=service.name, step=page.step)
    if reading.detail == "untrusted":
        return failed(
            "ip-vpn.tls.untrusted",
            reading,
            party=Party.TECHNICIAN,
            name=service.name,
            reason=page.reason,
        )
    if not reading.ok:
        reason = page.reason or code(reading.detail)
        return failed("ip-vpn.tls.refused", reading, name=service.name, reason=reason)
    return _page_verdict(
        "ip-vpn.tls", service.name, reading, page, demanded=service.client_certificate
    )


def _page_verdict(
    check_id: str, name: str, reading: Reading[Page], page: Page, *, demanded: bool
) -> Verdict:
    status = page.status or 0
    # Below 500 a server is alive; it may refuse its start page (403, 404). With a client
    # certificate it may not.
    if demanded and 400 <= status < 500:
        party = Party.INSTITUTION
        return failed(f"{check_id}.status", reading, party=party, name=name, status=status)
    if status >= 500:
        return failed(f"{check_id}.status", reading, name=name, status=status)
    return passed(f"{check_id}.good", reading, name=name, status=status)


@check(
    "ip-vpn.http", party=Party.FUND, needs=("ip-vpn.tcp.{subject}",), each=of_kind(ServiceKind.HTTP)
)
def test_http(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service answers over HTTP."""
    service = service_of(intent, subject)
    reading = measured(_service(evidence, subject).page)
    if not reading.ok or reading.found is None:
        reason = code(reading.detail or reading.outcome)
        return failed("ip-vpn.http.silent", reading, name=service.name, reason=reason)
    return _page_verdict("ip-vpn.http", service.name, reading, reading.found, demanded=False)


@check(
    "ip-vpn.line-auth",
    party=Party.FUND,
    needs=("ip-vpn.tls.{subject}",),
    each=of_kind(ServiceKind.LINE_AUTH),
)
def test_line_auth(evidence: Evidence, subject: str) -> Verdict:
    """The line authentication page says that this line is registered."""
    reading = _service(evidence, subject).page
    if SUCCESS in found(reading).body:
        return passed("ip-vpn.line-auth.success", reading)
    source = evidence.laptop.legs.terminal
    prefix = source.global_ipv6 if source is not None else None
    return failed("ip-vpn.line-auth.failure", reading, address=prefix or "?")


@check(
    "ip-vpn.time",
    party=Party.FUND,
    needs=("ip-vpn.name.{subject}", "ip-vpn.large-answer.{subject}", "line.quality"),
    each=of_kind(ServiceKind.NTP),
)
def test_time(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The closed network's time server answers."""
    name, reading = service_of(intent, subject).name, measured(_service(evidence, subject).time)
    if reading.ok and reading.found is not None:
        offset = f"{reading.found.offset_s:+.2f}"
        return passed(
            "ip-vpn.time.answers", reading, name=name, stratum=reading.found.stratum, offset=offset
        )
    reason = code(reading.detail or reading.outcome)
    return failed("ip-vpn.time.silent", reading, name=name, reason=reason)


@check("ip-vpn.path-inside", party=Party.TECHNICIAN, needs=("ip-vpn.resolvers",))
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
    answering = [
        f"{address} ({port})"
        for address, ports in tried.items()
        for port, reading in ports.tried.items()
        if reading.ok or reading.detail == "reset"
    ]
    if answering:
        # Over IPv6 it went through the router, which has no other way out than the line; over IPv4
        # it did not.
        by_line = all(":" in name.partition(" ")[0] for name in answering)
        return failed(
            "ip-vpn.internet-closed.answers",
            *readings,
            party=Party.LINE if by_line else None,
            names=", ".join(answering),
        )
    return passed("ip-vpn.internet-closed.silent", *readings, names=", ".join(tried))
