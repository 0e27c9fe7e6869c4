"""Checks of the desk's own: its names for receipt PCs, and the gigabit link it promises."""

from __future__ import annotations

from onshi_net.checks.catalogue import CONFIGURATION, check
from onshi_net.checks.facts import found, receipt_pcs, session
from onshi_net.checks.model import Party, Severity, Unmeasured, Verdict, failed, noticed, passed
from onshi_net.checks.pcs import receipt
from onshi_net.facts.types import Evidence
from onshi_net.intent import SiteIntent


@check(
    "router.gigabit",
    party=Party.TECHNICIAN,
    needs=("router.wan-link",),
    severity=Severity.WARNING,
    explained_by=CONFIGURATION,
)
def test_gigabit(evidence: Evidence) -> Verdict:
    """The router's WAN port runs at a gigabit or more."""
    reading = session(evidence).wan
    slow = [port.mode for port in found(reading).ports if port.up and "1000" not in port.mode]
    if slow:
        return failed("router.gigabit.slow", reading, mode=slow[0])
    return passed("router.gigabit.fast", reading)


@check("receipt-pc.name", party=Party.VENDOR, each=receipt_pcs, host_subjects=True)
def test_name(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC has the name by which the desk knows it."""
    name = receipt(evidence, intent, subject)[2].system.computer_name
    if not name:
        raise Unmeasured("unmeasured.not-asked")
    return noticed("receipt-pc.name.told", host=subject, name=name)
