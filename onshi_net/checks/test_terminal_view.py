"""Checks of what the terminals see: which way their packets go, what they reach, their software."""

from __future__ import annotations

from typing import Any

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import code, service_of, terminals
from onshi_net.checks.model import PAIR, Party, Severity, State, Unmeasured, Verdict, failed, passed
from onshi_net.checks.pcs import sentences, terminal
from onshi_net.checks.vantage import seen_by
from onshi_net.facts.readings import Page, Reading
from onshi_net.facts.readings import Service as Seen
from onshi_net.facts.types import Evidence
from onshi_net.facts.views import View
from onshi_net.facts.windows import Session
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.model import Service
from onshi_net.pcs.proxies import WINHTTP, strangers
from onshi_net.pcs.software import UNKNOWN, WRONG, Standing, Word, standings
from onshi_net.pcs.ways import other_ways, proxy_settings

SESSION = ("terminal.reachable.{subject}",)
OWN = ("address", "resolvers", "ipv6", "way", "proxy")
"""What of a terminal itself explains that it does not reach a service."""
ASKED = ("ip-vpn.name", "service.tcp", "service.tls", "service.http", "service.time")
WHOSE = frozenset({WINHTTP, "machine", "edge"})


def sights(intent: SiteIntent) -> tuple[str, ...]:
    """Lists every terminal with every service."""
    return tuple(f"{host}{PAIR}{one.id}" for host in terminals(intent) for one in intent.services)


def _seen(evidence: Evidence, host: str) -> View:
    """Answers what a terminal saw. Raises Unmeasured with the reason where it saw nothing."""
    found = evidence.windows.terminal(host) if evidence.windows is not None else None
    if found is None or found.view is None:
        reason = sentences(found.view_reason) if found is not None else ""
        raise Unmeasured("unmeasured.question" if reason else "unmeasured.not-asked", reason=reason)
    return found.view


@check("terminal.way", party=Party.TECHNICIAN, needs=SESSION, each=terminals, host_subjects=True)
def test_way(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The router is the terminal's only way out."""
    session, wanted, state = terminal(evidence, intent, subject)
    others = other_ways(wanted, state, seen_by(evidence, subject))
    if others:
        names = ", ".join(dict.fromkeys(one.alias for one in others))
        hops = ", ".join(str(one.next_hop) for one in others)
        remedy = text("checks.terminal.way.close", host=subject, names=names)
        return failed(
            "terminal.way.other", session, remedy=remedy, host=subject, names=names, hops=hops
        )
    return passed("terminal.way.only", session, host=subject)


@check("terminal.proxy", party=Party.TECHNICIAN, needs=SESSION, each=terminals, host_subjects=True)
def test_proxy(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """No proxy setting leads the terminal's programs away from the closed network."""
    session, _wanted, _state = terminal(evidence, intent, subject)
    _seen(evidence, subject)
    settings = proxy_settings(seen_by(evidence, subject))
    if settings is None:
        raise Unmeasured("unmeasured.question", reason=text("checks.terminal.proxy.untold"))
    names = [(one.name, "http" if one.port == 80 else "https") for one in intent.services]
    known = [one.name for one in intent.services]
    wrong = {one.who: strangers(one, names, known) for one in settings}
    parts = [f"{_whose(who)}: {', '.join(some)}" for who, some in wrong.items() if some]
    if parts:
        what = "; ".join(parts)
        return failed("terminal.proxy.other", session, host=subject, what=what)
    scripts = [f"{_whose(one.who)}: {one.script}" for one in settings if one.script]
    if scripts:
        raise Unmeasured("terminal.proxy.script", host=subject, what="; ".join(scripts))
    return passed("terminal.proxy.right", session, host=subject)


def _whose(who: str) -> str:
    """Answers whose setting it is, for people."""
    return text(f"checks.terminal.proxy.whose-{who}") if who in WHOSE else who


def _needs(intent: SiteIntent, subject: str) -> tuple[str, ...]:
    host, _, peer = subject.partition(PAIR)
    shown = ("certificate",) if service_of(intent, peer).client_certificate else ()
    own = tuple(f"terminal.{one}.{host}" for one in (*OWN, *shown))
    return (*own, *(f"{one}.{peer}" for one in ASKED))


@check(
    "terminal.service",
    party=Party.TECHNICIAN,
    needs=("terminal.reachable.{host}",),
    each=sights,
    more_needs=_needs,
    host_subjects=True,
)
def test_service(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal itself reaches the service."""
    host, _, peer = subject.partition(PAIR)
    session, _wanted, _state = terminal(evidence, intent, host)
    view, service = _seen(evidence, host), service_of(intent, peer)
    seen = view.services.get(peer)
    if seen is None:
        raise Unmeasured("unmeasured.not-asked")
    if service.client_certificate and not view.certificate:
        raise Unmeasured("terminal.service.no-certificate", host=host, name=service.name)
    verdict = _reached(session, service, seen, host)
    if verdict.state is State.FAILED and not _good_elsewhere(evidence, host, service):
        raise Unmeasured("terminal.service.alone", host=host, name=service.name)
    return verdict


def _steps(seen: Seen) -> dict[str, Reading[Any] | None]:
    """Answers how far somebody came with a service: name, port, page, time."""
    return {"name": seen.name, "port": seen.connect, "page": seen.page, "time": seen.time}


def _reached(session: Session, service: Service, seen: Seen, host: str) -> Verdict:
    who: dict[str, Any] = {"host": host, "name": service.name}
    for step, reading in _steps(seen).items():
        if reading is not None and not reading.ok:
            reason = _reason(reading)
            return failed(f"terminal.service.{step}", reading, session, reason=reason, **who)
    if _refuses(service, seen):
        status = seen.page.found.status if seen.page and seen.page.found else None
        return failed("terminal.service.refused", seen.page, session, status=status, **who)
    return passed("terminal.service.reached", *_steps(seen).values(), **who)


def _refuses(service: Service, seen: Seen) -> bool:
    """Answers whether the service answered, and refused the client certificate."""
    page = seen.page.found if seen.page is not None else None
    return service.client_certificate and page is not None and 400 <= (page.status or 0) < 500


def _good_elsewhere(evidence: Evidence, host: str, service: Service) -> bool:
    """Answers whether the laptop or another terminal reached it: then it is not the line."""
    others = evidence.windows.terminals if evidence.windows is not None else ()
    views = [one.view for one in others if one.session.host != host and one.view is not None]
    sights = [evidence.laptop.services, *(one.services for one in views)]
    some = [one[service.id] for one in sights if service.id in one]
    return any(
        all(reading is None or reading.ok for reading in _steps(one).values())
        and not _refuses(service, one)
        for one in some
    )


def _reason(reading: Reading[Any]) -> str:
    said = reading.found.reason if isinstance(reading.found, Page) else ""
    return said or code(reading.detail or reading.outcome)


@check(
    "terminal.software", party=Party.TECHNICIAN, needs=SESSION, each=terminals, host_subjects=True
)
def test_software(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal's software, card reader and certificate backup are as the inventory says."""
    session, wanted, _state = terminal(evidence, intent, subject)
    some = standings(wanted, _seen(evidence, subject).software)
    wrong = [one for one in some if one.word in WRONG]
    unknown = [one for one in some if one.word in UNKNOWN]
    right = [one for one in some if one not in wrong and one not in unknown]
    if wrong:
        aged = all(one.word is Word.OTHER_VERSION for one in wrong)
        weight = Severity.WARNING if aged else Severity.PROBLEM
        what = _lines(wrong)
        return failed("terminal.software.other", session, severity=weight, host=subject, what=what)
    if unknown:
        remedy = text("checks.terminal.software.tell", site=intent.site)
        raise Unmeasured(
            "terminal.software.unknown",
            remedy=remedy,
            host=subject,
            what=_lines(unknown),
            right=_lines(right) or "-",
        )
    return passed("terminal.software.right", session, host=subject, what=_lines(right))


def _lines(some: list[Standing]) -> str:
    return "; ".join(_line(one) for one in some)


def _line(one: Standing) -> str:
    values = {"name": one.name, "wanted": one.wanted, "found": one.found}
    item = text(f"checks.terminal.software.item-{one.item}")
    return text(f"checks.terminal.software.is-{one.word}", item=item, **values).strip()
