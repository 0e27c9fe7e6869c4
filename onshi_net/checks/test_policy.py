"""Checks of what the router lets through and what it refuses.

Each refused direction was tried with packets.

A silence proves something only beside a packet of the same way that did arrive: every check that
wants silence names such a control, and is an error, not passed, where the control failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from onshi_net.checks.catalogue import CONFIGURATION, check
from onshi_net.checks.facts import (
    code,
    measured,
    needs_both_legs,
    needs_clinic_leg,
    needs_line_leg,
    needs_terminal_leg,
    terminals,
)
from onshi_net.checks.model import Finding, Party, Proves, Unmeasured, Verdict, failed, passed
from onshi_net.checks.vantage import from_receipts
from onshi_net.evidence.laptop import SMB
from onshi_net.facts.types import Evidence, Policy, Port, Ports, Reading
from onshi_net.intent import SiteIntent

CLINIC = ("clinic-lan.router", "clinic-lan.duplicate-router")


def _policy(evidence: Evidence) -> Policy:
    """Answers what was tried from the legs that there are."""
    if evidence.laptop.policy is None:
        raise Unmeasured("unmeasured.not-asked")
    return evidence.laptop.policy


def _reached(name: str, ports: Ports, *, resets: bool) -> list[str]:
    """Names what let a packet through; a reset by the far end is a packet that arrived."""
    return [
        f"{name}:{port}"
        for port, reading in ports.tried.items()
        if reading.ok or (resets and reading.detail == "reset")
    ]


def _all_measured(some: Iterable[Ports]) -> list[Reading[Port]]:
    return [measured(one) for ports in some for one in ports.tried.values()]


@check(
    "policy.receipt-to-terminal",
    party=Party.TECHNICIAN,
    needs=(
        "lan.present.{subject}",
        "lan.duplicate-router",
        "lan.duplicate-address.{subject}",
        *CLINIC,
    ),
    each=terminals,
    host_subjects=True,
    proves=Proves.ALONE,
    explained_by=(
        *CONFIGURATION,
        "terminal.set-up.{subject}",
        Finding("terminal.firewall.{subject}", ("differs",)),
        Finding("terminal.services.{subject}", ("differs",)),
    ),
)
def test_receipt_to_terminal(evidence: Evidence, subject: str) -> Verdict:
    """A receipt PC reaches the terminal's shares (SMB) through the router."""
    try:
        needs_clinic_leg(evidence)
    except Unmeasured:
        host, seen = from_receipts(evidence, subject)
        if seen is None:
            raise
        verdict = passed("policy.receipt-to-terminal.open", seen, host=subject, port=SMB)
        return replace(verdict, seen_from=host)
    reading = measured(_policy(evidence).smb_to_terminals.get(subject))
    if reading.ok:
        return passed("policy.receipt-to-terminal.open", reading, host=subject, port=SMB)
    if reading.detail == "reset":
        return failed("policy.receipt-to-terminal.closed", reading, host=subject, port=SMB)
    reason = code(reading.detail or reading.outcome)
    return failed(
        "policy.receipt-to-terminal.blocked", reading, host=subject, port=SMB, reason=reason
    )


@check(
    "policy.receipt-smb-only",
    party=Party.TECHNICIAN,
    needs=CLINIC,
    proves=Proves.ALONE,
    explained_by=CONFIGURATION,
)
def test_receipt_smb_only(evidence: Evidence) -> Verdict:
    """A receipt PC reaches nothing but SMB in the terminal network."""
    needs_clinic_leg(evidence)
    policy = _policy(evidence)
    here = Ports(tried={p: r for p, r in policy.clinic_to_laptop.tried.items() if p != SMB})
    tried = {"laptop": here, **policy.other_to_terminals}
    readings = _all_measured(tried.values())
    let_in = [one for name, ports in tried.items() for one in _reached(name, ports, resets=True)]
    if let_in:
        return failed("policy.receipt-smb-only.open", *readings, names=", ".join(let_in))
    needs_both_legs(evidence)  # a terminal's own firewall is silent too: arrival is seen here alone
    _forwards(policy)
    ports = ", ".join(str(port) for port in here.tried)
    return passed("policy.receipt-smb-only.refused", *readings, ports=ports, control=SMB)


def _forwards(policy: Policy) -> None:
    """Raises Unmeasured unless an allowed packet was seen to arrive.

    The control of every silence.
    """
    control = policy.clinic_to_laptop.tried.get(SMB)
    if control is None or not control.ok:
        raise Unmeasured("unmeasured.no-control", port=SMB)


@check(
    "policy.terminal-to-receipt",
    party=Party.TECHNICIAN,
    needs=CLINIC,
    proves=Proves.ALONE,
    explained_by=CONFIGURATION,
)
def test_terminal_to_receipt(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Nothing from the terminal network reaches a receipt PC."""
    needs_terminal_leg(evidence)
    policy = _policy(evidence)
    tried = {"laptop": policy.terminal_to_laptop, **policy.terminals_to_receipts}
    readings = _all_measured(tried.values())
    let_in = [one for name, ports in tried.items() for one in _reached(name, ports, resets=True)]
    if let_in:
        return failed("policy.terminal-to-receipt.open", *readings, names=", ".join(let_in))
    needs_both_legs(evidence)
    _forwards(policy)
    names = [host.name for host in intent.receipt_pcs]
    alive = [name for name in names if (one := evidence.laptop.owners.get(name)) and one.ok]
    if names and not alive:
        raise Unmeasured("unmeasured.no-receipt-pc", names=", ".join(names))
    return passed("policy.terminal-to-receipt.refused", *readings, names=", ".join(alive))


@check(
    "policy.router-from-clinic",
    party=Party.TECHNICIAN,
    needs=CLINIC,
    proves=Proves.ALONE,
    explained_by=CONFIGURATION,
)
def test_router_from_clinic(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The router can't be administered from the clinic LAN."""
    needs_clinic_leg(evidence)
    policy = _policy(evidence)
    address = intent.router.clinic.address.ip
    readings = _all_measured([policy.router_from_clinic])
    answering = _reached(str(address), policy.router_from_clinic, resets=False)
    if answering:
        return failed("policy.router-from-clinic.open", *readings, names=", ".join(answering))
    return passed("policy.router-from-clinic.refused", *readings, address=address)


@check(
    "policy.inbound",
    party=Party.TECHNICIAN,
    needs=("line.carries", "lan.ra-source"),
    proves=Proves.ALONE,
    explained_by=CONFIGURATION,
)
def test_inbound(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """Nothing from the line reaches the terminal network or the router."""
    needs_line_leg(evidence)
    inbound = evidence.laptop.inbound
    if inbound is None:
        raise Unmeasured("unmeasured.no-ipv6")
    if inbound.router_mac is None:
        raise Unmeasured("unmeasured.router-hidden")
    readings = _all_measured([inbound.to_terminal_network, inbound.to_router])
    let_in = _reached("laptop", inbound.to_terminal_network, resets=True)
    let_in += _reached(intent.router.host, inbound.to_router, resets=False)
    if let_in:
        return failed("policy.inbound.open", *readings, names=", ".join(let_in))
    if not measured(inbound.control).ok:
        raise Unmeasured("unmeasured.no-inbound-control")
    return passed("policy.inbound.refused", *readings, count=len(readings))
