"""Checks of the services in the closed network: ports, TLS and client certificate, HTTP, time."""

from __future__ import annotations

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import (
    asked_service,
    code,
    lost_on_the_way,
    measured,
    of_kind,
    service_of,
)
from onshi_net.checks.model import Party, Unmeasured, Verdict, failed, passed
from onshi_net.checks.vantage import also_from_terminals
from onshi_net.facts.types import Evidence, Outcome, Page, Reading
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.model.catalogue import ServiceKind

TLS_KINDS = (ServiceKind.HTTPS, ServiceKind.LINE_AUTH)


def connected(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the services that are reached over TCP."""
    without = {ServiceKind.DNS, ServiceKind.NTP}
    return tuple(one.id for one in intent.services if one.kind not in without)


@check(
    "service.tcp",
    party=Party.FUND,
    needs=("ip-vpn.name.{subject}", "ip-vpn.large-answer.{subject}", "line.quality"),
    each=connected,
)
@also_from_terminals
def test_tcp(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service's TCP port opens."""
    service = service_of(intent, subject)
    reading = measured(asked_service(evidence, subject).connect)
    if reading.ok:
        return passed("service.tcp.open", reading, name=service.name, port=service.port)
    reason = code(reading.detail or reading.outcome)
    return failed(
        "service.tcp.closed",
        reading,
        explained_by=lost_on_the_way(reading),
        name=service.name,
        port=service.port,
        reason=reason,
    )


@check("service.tls", party=Party.FUND, needs=("service.tcp.{subject}",), each=of_kind(*TLS_KINDS))
@also_from_terminals
def test_tls(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service takes the TLS connection, with the client certificate where it demands one."""
    service = service_of(intent, subject)
    reading = measured(asked_service(evidence, subject).page)
    page = reading.found or Page()
    if service.client_certificate and not evidence.laptop.has_bundle:
        raise Unmeasured("unmeasured.no-certificate")
    if reading.outcome is Outcome.NO_ANSWER:
        lost = lost_on_the_way(reading)
        return failed(
            "service.tls.silent", reading, explained_by=lost, name=service.name, step=page.step
        )
    if reading.detail == "untrusted":
        return failed(
            "service.tls.untrusted",
            reading,
            party=Party.TECHNICIAN,
            name=service.name,
            reason=page.reason,
        )
    if not reading.ok:
        reason = page.reason or code(reading.detail)
        return failed("service.tls.refused", reading, name=service.name, reason=reason)
    return _page_verdict(
        "service.tls", service.name, reading, page, demanded=service.client_certificate
    )


def _page_verdict(
    check_id: str, name: str, reading: Reading[Page], page: Page, *, demanded: bool
) -> Verdict:
    status = page.status or 0
    # Below 500 a server is alive; it may refuse its start page (403, 404). With a client
    # certificate it may not.
    if demanded and 400 <= status < 500:
        return failed(
            f"{check_id}.certificate",
            reading,
            party=Party.INSTITUTION,
            remedy=text(f"checks.{check_id}.certificate-remedy"),
            name=name,
            status=status,
        )
    if status >= 500:
        return failed(f"{check_id}.status", reading, name=name, status=status)
    return passed(f"{check_id}.good", reading, name=name, status=status)


@check(
    "service.http",
    party=Party.FUND,
    needs=("service.tcp.{subject}",),
    each=of_kind(ServiceKind.HTTP),
)
@also_from_terminals
def test_http(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The service answers over HTTP."""
    service = service_of(intent, subject)
    reading = measured(asked_service(evidence, subject).page)
    if not reading.ok or reading.found is None:
        reason = code(reading.detail or reading.outcome)
        lost = lost_on_the_way(reading)
        return failed(
            "service.http.silent", reading, explained_by=lost, name=service.name, reason=reason
        )
    return _page_verdict("service.http", service.name, reading, reading.found, demanded=False)


@check(
    "service.time",
    party=Party.FUND,
    needs=("ip-vpn.name.{subject}", "ip-vpn.large-answer.{subject}", "line.quality"),
    each=of_kind(ServiceKind.NTP),
)
@also_from_terminals
def test_time(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The closed network's time server answers."""
    name, reading = (
        service_of(intent, subject).name,
        measured(asked_service(evidence, subject).time),
    )
    if reading.ok and reading.found is not None:
        offset = f"{reading.found.offset_s:+.2f}"
        return passed(
            "service.time.answers", reading, name=name, stratum=reading.found.stratum, offset=offset
        )
    reason = code(reading.detail or reading.outcome)
    lost = lost_on_the_way(reading)
    return failed("service.time.silent", reading, explained_by=lost, name=name, reason=reason)
