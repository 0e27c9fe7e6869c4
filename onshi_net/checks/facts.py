"""What checks ask of evidence again and again.

Each raises `Unmeasured` where the evidence says nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network
from typing import Any, TypeVar

from onshi_net.brochure.calendar import JST
from onshi_net.checks.model import (
    Each,
    Finding,
    Lack,
    NotApplicable,
    Unmeasured,
    Verdict,
    failed,
    passed,
)
from onshi_net.checks.once import once
from onshi_net.errors import InputError
from onshi_net.facts.told import Told
from onshi_net.facts.types import (
    Access,
    DnsReply,
    Echo,
    Evidence,
    Outcome,
    Reading,
    RouterAddress,
    RouterState,
)
from onshi_net.facts.types import Service as AskedService
from onshi_net.i18n import devices, language, text
from onshi_net.intent import SiteIntent
from onshi_net.model import BranchKind, Service
from onshi_net.model.catalogue import ServiceKind
from onshi_net.platforms.base import Difference, platform
from onshi_net.platforms.change import Mark

T = TypeVar("T")
GATEWAYS = frozenset({BranchKind.HGW, BranchKind.OGW})
"""Branch devices that route: they advertise to the router, the line does not."""
ONE_LOST_OF = 20
"""One packet of so many may be lost (inference: no figure is published for the service)."""
WORST_DELAY_MS = 100.0
"""Inference: an order above what an optical line inside one region needs."""


def code(detail: str) -> str:
    """Gives a probe's code in the current language, or the text itself where it is none."""
    return text(f"probe.{detail}", default=detail) if detail else ""


def measured(reading: Reading[T] | None) -> Reading[T]:
    """Answers a reading that could be taken. Raises Unmeasured for None and for outcome `error`."""
    if reading is None:
        raise Unmeasured("unmeasured.not-asked")
    if reading.unmeasured:
        raise Unmeasured("unmeasured.question", reason=code(reading.detail))
    return reading


def found(reading: Reading[T] | None) -> T:
    """Answers what a reading found. Raises Unmeasured where it found nothing."""
    reading = measured(reading)
    if reading.found is None:
        raise Unmeasured("unmeasured.question", reason=code(reading.detail or reading.outcome))
    return reading.found


def session(evidence: Evidence) -> RouterState:
    """Answers the router's evidence. Raises Unmeasured where there was no session."""
    if evidence.router.access is not Access.OPEN:
        raise Unmeasured("unmeasured.no-session")
    return evidence.router


def told(reason: Told | None) -> str:
    """Answers in the current language a sentence of the evidence, '' for none."""
    if reason is None:
        return ""
    values: dict[str, Any] = {"host": reason.host, **reason.values}
    try:
        sentence = text(reason.message, **values)
    except (FileNotFoundError, KeyError):  # words of an older file, or an id of another version
        sentence = reason.said or reason.message
    return f"{devices.shown(reason.host, language())}: {sentence}" if reason.host else sentence


def router_difference(evidence: Evidence, intent: SiteIntent) -> Difference:
    """Answers how the router's configuration differs from the intent.

    Raises Unmeasured where it was not read, and while a run's guard holds: then it is not final.
    """
    return once(("router",), lambda: _router_difference(evidence, intent))


def _router_difference(evidence: Evidence, intent: SiteIntent) -> Difference:
    router = session(evidence)
    found(router.running)
    try:
        differs = platform(intent.router.model.platform).difference(router, intent.router)
    except InputError as error:
        reason = " ".join(str(error).split("\n"))
        raise Unmeasured("unmeasured.question", reason=reason) from None
    if differs.mark is not None and not differs.mark.over:
        raise _guarded(differs.mark, evidence.taken_at, intent.site)
    return differs


def _guarded(mark: Mark, asked_at: datetime, site: str) -> Unmeasured:
    whose: dict[str, Any] = {"who": mark.who, "run": mark.run, "site": site}
    if mark.left_s is None:
        message = "unmeasured.guarded-untold"
    else:
        message = "unmeasured.guarded"
        # To the next minute, and without a zone: the sentence says that it is Japan's.
        until = asked_at + timedelta(seconds=mark.left_s + 59)
        until = until.astimezone(JST).replace(tzinfo=None)
        whose["until"] = text("checks.at", time=until)
    remedy = text(f"checks.{message}.remedy", **whose)
    return Unmeasured(message, remedy=remedy, **whose)


def needs_terminal_leg(evidence: Evidence) -> None:
    """Raises Unmeasured where the laptop does not stand in the terminal network."""
    if evidence.laptop.probe.unmeasured:
        raise Unmeasured("unmeasured.no-probe", reason=code(evidence.laptop.probe.detail))
    if evidence.laptop.legs.terminal is None:
        raise Unmeasured("unmeasured.no-terminal-leg", lack=Lack.TERMINAL_LEG)


def needs_clinic_leg(evidence: Evidence) -> None:
    """Raises Unmeasured where the laptop does not stand in the clinic LAN."""
    if evidence.laptop.probe.unmeasured:
        raise Unmeasured("unmeasured.no-probe", reason=code(evidence.laptop.probe.detail))
    if evidence.laptop.legs.clinic is None:
        raise Unmeasured("unmeasured.no-clinic-leg", lack=Lack.CLINIC_LEG)


def needs_both_legs(evidence: Evidence) -> None:
    """Raises Unmeasured where the laptop does not stand in both networks."""
    needs_terminal_leg(evidence)
    needs_clinic_leg(evidence)


def needs_line_leg(evidence: Evidence) -> None:
    """Raises NotApplicable where the laptop has no leg on the line: that leg is optional."""
    if evidence.laptop.legs.line is None:
        raise NotApplicable("not-applicable.no-line-leg", lack=Lack.LINE_LEG)


def heard(evidence: Evidence, check_id: str) -> Verdict:
    """Judges whether the laptop's line leg heard any router advertise.

    Raises Unmeasured for silence while the line works: the leg, known by its lack of an IPv4
    address only, is then no proof. It may be a clinic LAN's cable whose address is still to be set.
    """
    needs_line_leg(evidence)
    reading = measured(evidence.laptop.line_adverts)
    adverts = reading.found.advertisements if reading.found is not None else ()
    if not adverts and any(came_back(one) for _, one in beyond(evidence)):
        leg = evidence.laptop.legs.line
        raise Unmeasured("unmeasured.line-leg", interface=leg.name if leg is not None else "-")
    if not adverts:
        return failed(f"{check_id}.silent", reading, seconds=f"{reading.duration_s:.0f}")
    return passed(f"{check_id}.heard", reading, source=adverts[0].source)


def beyond(evidence: Evidence) -> list[tuple[str, Reading[DnsReply] | Reading[Echo]]]:
    """Lists, by target, everything that was asked of something behind the line."""
    laptop = evidence.laptop
    return [
        *evidence.router.pings.items(),
        *laptop.resolvers.items(),
        *((target, path.echo) for target, path in laptop.paths.items()),
    ]


def came_back(reading: Reading[DnsReply] | Reading[Echo]) -> bool:
    """Answers whether the far end spoke.

    A router on the way that says 'unreachable' is not the far end.
    """
    if isinstance(reading.found, Echo):
        return reading.found.received > 0
    spoken = reading.outcome is Outcome.REFUSED and reading.detail not in {
        "unreachable",
        "exceeded",
    }
    return reading.ok or spoken


def terminal_address(
    addresses: tuple[RouterAddress, ...], intent: SiteIntent
) -> RouterAddress | None:
    """Answers the router's global address in the terminal network."""
    wan = intent.router.wan.interface
    some = [a for a in addresses if not a.address.ip.is_link_local and a.interface != wan]
    own = [a for a in some if a.interface == intent.router.terminal.interface]
    return next(iter(own or some), None)


def terminal_prefix(evidence: Evidence, intent: SiteIntent) -> IPv6Network | None:
    """Answers the prefix that the line gives the terminal network; None where it is not known."""
    reading = evidence.router.addresses
    addresses = reading.found.addresses if reading is not None and reading.found is not None else ()
    own = terminal_address(addresses, intent)
    return own.address.network if own is not None else None


def answering(intent: SiteIntent, servers: tuple[IPv6Address, ...]) -> str:
    """Answers the check that holds that one of these resolvers answers."""
    ours = set(servers) & set(intent.ngn_resolvers)
    return "line.ngn-resolvers" if ours else "ip-vpn.resolvers"


def resolvers_of(intent: SiteIntent, name: str) -> tuple[IPv6Address, ...]:
    """Lists the resolvers that the router asks for a name: those of its first matching suffix."""
    for forward in intent.router.dns:
        if name == forward.suffix or name.endswith(f".{forward.suffix}"):
            return forward.servers
    return ()


def service_of(intent: SiteIntent, subject: str) -> Service:
    """Answers the service of a subject."""
    return next(one for one in intent.services if one.id == subject)


def of_kind(*kinds: ServiceKind) -> Each:
    """Gives the lister of services of these kinds."""
    return lambda intent: tuple(one.id for one in intent.services if one.kind in kinds)


def asked_service(evidence: Evidence, subject: str) -> AskedService:
    """Answers what was asked of a service. Raises Unmeasured where nothing was."""
    needs_terminal_leg(evidence)
    service = evidence.laptop.services.get(subject)
    if service is None:
        raise Unmeasured("unmeasured.not-asked")
    return service


def terminals(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the terminals."""
    return tuple(host.name for host in intent.terminals)


def receipt_pcs(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the receipt PCs."""
    return tuple(host.name for host in intent.receipt_pcs)


def named_mac(evidence: Evidence, mac: str) -> str:
    """Answers a MAC with the name of the device whose it is or was, where that is known."""
    host = evidence.known_macs.get(mac)
    return f"{mac} = {host}" if host is not None else mac


def in_terminal_network(evidence: Evidence, host: str) -> tuple[Finding, ...]:
    """Answers what explains that a host is silent at its address: it is elsewhere in that network.

    () where it was not seen there.
    """
    present = evidence.laptop.present
    there = present.found.devices if present is not None and present.found is not None else ()
    astray = any(evidence.known_macs.get(one.mac) == host for one in there)
    return (Finding("lan.foreign", ("own",)),) if astray else ()


def is_exchanged(evidence: Evidence, host: str) -> bool:
    """Answers whether another device has a host's address than all that were known to have it."""
    known = {mac for mac, name in evidence.known_macs.items() if name == host}
    owner = evidence.laptop.owners.get(host)
    now = owner.found.macs if owner is not None and owner.found is not None else ()
    return bool(known) and len(now) == 1 and now[0] not in evidence.known_macs


def one_owner(evidence: Evidence, check_id: str, owner: str) -> Verdict:
    """Judges whether the address of one of `LaptopEvidence.owners` has one owner only."""
    asked = evidence.laptop.owners.get(owner)
    if asked is None or asked.found is None:
        raise Unmeasured("unmeasured.not-asked")
    address, macs = (
        asked.found.address,
        ", ".join(named_mac(evidence, one) for one in asked.found.macs),
    )
    if len(asked.found.macs) > 1:
        return failed(f"{check_id}.twice", asked, address=address, macs=macs)
    return passed(f"{check_id}.once", asked, address=address, macs=macs)


def is_poor(echo: Echo) -> bool:
    """Answers whether a path loses or delays more than a good one."""
    lost = echo.sent - echo.received
    return lost * ONE_LOST_OF > echo.sent or (echo.median_ms or 0.0) > WORST_DELAY_MS


def quality(evidence: Evidence, check_id: str, targets: list[str]) -> Verdict:
    """Judges loss and delay to the first of these targets that answers echo requests."""
    for target in targets:
        path = evidence.laptop.paths.get(target)
        echo = path.echo.found if path is not None and not path.echo.unmeasured else None
        if path is None or echo is None or not echo.received:
            continue
        values: dict[str, Any] = {
            "target": target,
            "loss": f"{1 - echo.received / echo.sent:.0%}",
            "delay": f"{echo.median_ms or 0.0:.1f}",
        }
        if is_poor(echo):
            return failed(f"{check_id}.poor", path.echo, **values)
        return passed(f"{check_id}.good", path.echo, **values)
    raise Unmeasured("unmeasured.silent-targets", names=", ".join(targets))
