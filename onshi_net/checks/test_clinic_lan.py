"""Checks of the clinic LAN."""

from __future__ import annotations

from typing import Any

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import measured, needs_both_legs, one_owner, receipt_pcs
from onshi_net.checks.model import Party, Verdict, failed, passed
from onshi_net.facts.types import Evidence
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent


@check("clinic-lan.router", party=Party.TECHNICIAN, needs=("router.reachable",))
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
            remedy = text("checks.clinic-lan.router.correct", **values)
            check_id = "clinic-lan.router.elsewhere"
            return failed(check_id, elsewhere, remedy=remedy, address=address, **values)
    needs_both_legs(evidence)
    reading = measured(evidence.laptop.owners.get(f"{intent.router.host}-clinic"))
    if not reading.ok:
        return failed("clinic-lan.router.silent", reading, address=address)
    return passed("clinic-lan.router.answers", reading, address=address)


@check("clinic-lan.duplicate-router", party=Party.INSTITUTION, needs=("clinic-lan.router",))
def test_duplicate_router(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Nobody else in the clinic LAN has the router's address."""
    needs_both_legs(evidence)
    return one_owner(evidence, "clinic-lan.duplicate-router", f"{intent.router.host}-clinic")


@check(
    "clinic-lan.duplicate-address",
    party=Party.INSTITUTION,
    needs=("clinic-lan.router", "lan.present.{subject}"),
    each=receipt_pcs,
    host_subjects=True,
)
def test_duplicate_address(evidence: Evidence, subject: str) -> Verdict:
    """Nobody else in the clinic LAN has the receipt PC's address."""
    needs_both_legs(evidence)
    return one_owner(evidence, "clinic-lan.duplicate-address", subject)
