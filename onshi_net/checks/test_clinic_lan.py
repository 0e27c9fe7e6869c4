"""Checks of the clinic LAN."""

from __future__ import annotations

from typing import Any

from onshi_net.checks.catalogue import CONFIGURATION, check
from onshi_net.checks.facts import (
    in_terminal_network,
    measured,
    needs_clinic_leg,
    one_owner,
    receipt_pcs,
    terminals,
)
from onshi_net.checks.model import Party, Unmeasured, Verdict, failed, passed
from onshi_net.facts.types import Evidence
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent


@check(
    "clinic-lan.router",
    party=Party.TECHNICIAN,
    needs=("router.reachable",),
    explained_by=CONFIGURATION,
)
def test_router(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router answers at its address in the clinic LAN."""
    address = intent.router.clinic.address.ip
    for leg in evidence.laptop.legs.strays:
        elsewhere = evidence.laptop.strays.get(leg.name)
        if elsewhere is not None and elsewhere.ok:
            values: dict[str, Any] = {
                "interface": leg.name,
                "own": ", ".join(str(one) for one in leg.ipv4),
                "network": intent.router.clinic.address.network,
            }
            remedy = text("checks.clinic-lan.router.correct", site=intent.site, **values)
            check_id = "clinic-lan.router.elsewhere"
            return failed(check_id, elsewhere, remedy=remedy, address=address, **values)
    needs_clinic_leg(evidence)
    reading = measured(evidence.laptop.owners.get(f"{intent.router.host}-clinic"))
    if not reading.ok:
        return failed("clinic-lan.router.silent", reading, address=address)
    return passed("clinic-lan.router.answers", reading, address=address)


@check("clinic-lan.duplicate-router", party=Party.INSTITUTION, needs=("clinic-lan.router",))
def test_duplicate_router(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Nobody else in the clinic LAN has the router's address."""
    needs_clinic_leg(evidence)
    return one_owner(evidence, "clinic-lan.duplicate-router", f"{intent.router.host}-clinic")


def _behind_device(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the terminals where the route to them lies on the clinic's own device."""
    return terminals(intent) if intent.route_on_device else ()


@check(
    "clinic-lan.device-route",
    party=Party.INSTITUTION,
    needs=("policy.receipt-to-terminal.{subject}",),
    each=_behind_device,
    host_subjects=True,
)
def test_device_route(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The clinic's own device passes packets for the terminals on to the router.

    That the router lets them through is known from the check before: the same packet, sent to the
    router itself, was answered.
    """
    needs_clinic_leg(evidence)
    if intent.clinic_gateway is None:
        raise Unmeasured("unmeasured.no-clinic-gateway", host=intent.router.host)
    reading = measured(evidence.laptop.by_device.get(subject))
    values: dict[str, Any] = {"device": intent.clinic_gateway, "host": subject}
    if reading.ok or reading.detail == "reset":
        return passed("clinic-lan.device-route.passes", reading, **values)
    remedy = text(
        "checks.enter-on-device",
        site=intent.site,
        network=intent.router.terminal.address.network,
        hop=intent.router.clinic.address.ip,
    )
    return failed("clinic-lan.device-route.missing", reading, remedy=remedy, **values)


@check("clinic-lan.present", party=Party.INSTITUTION, each=receipt_pcs, host_subjects=True)
def test_present(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC answers at its address."""
    needs_clinic_leg(evidence)
    reading = measured(evidence.laptop.owners.get(subject))
    address = next(one.address for one in intent.receipt_pcs if one.name == subject)
    if reading.ok:
        return passed("clinic-lan.present.answers", reading, host=subject, address=address)
    elsewhere = in_terminal_network(evidence, subject)
    return failed(
        "clinic-lan.present.silent", reading, explained_by=elsewhere, host=subject, address=address
    )


@check(
    "clinic-lan.duplicate-address",
    party=Party.INSTITUTION,
    needs=("clinic-lan.router", "clinic-lan.present.{subject}"),
    each=receipt_pcs,
    host_subjects=True,
)
def test_duplicate_address(evidence: Evidence, subject: str) -> Verdict:
    """Nobody else in the clinic LAN has the receipt PC's address."""
    needs_clinic_leg(evidence)
    return one_owner(evidence, "clinic-lan.duplicate-address", subject)
