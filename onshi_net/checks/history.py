"""What earlier verifications of a site prove: the last good prefix, and whose which MAC was."""

from __future__ import annotations

from ipaddress import IPv6Network
from pathlib import Path

from onshi_net.checks.baseline import Traits
from onshi_net.checks.facts import terminal_prefix
from onshi_net.checks.test_ip_vpn import SUCCESS
from onshi_net.errors import InputError
from onshi_net.evidence import Evidence, load
from onshi_net.evidence.runs import verifications
from onshi_net.facts.types import Access
from onshi_net.facts.windows import Access as PcAccess
from onshi_net.facts.windows import PcEvidence
from onshi_net.intent import SiteIntent
from onshi_net.model.catalogue import ServiceKind

LOOKED_AT = 10
"""So many of the last verifications are looked at: a prefix that is older says little."""


def with_history(
    evidence: Evidence, runs: Path, intent: SiteIntent, accepted: Traits | None = None
) -> Evidence:
    """Answers the evidence with what the accepted state and the runs below `runs` knew."""
    prefix, macs = registered_prefix(runs, intent), known_macs(runs, intent, accepted or {})
    known = {"registered_prefix": prefix, "known_macs": macs}
    known = {name: value for name, value in known.items() if value}
    return evidence.model_copy(update=known) if known else evidence


def known_macs(runs: Path, intent: SiteIntent, accepted: Traits) -> dict[str, str]:
    """Answers whose which MAC was: by the accepted state, then by the newest run and those before.

    A run's evidence holds what was known when it was taken. An address that two claimed tells
    nothing.
    """
    names = {intent.router.host, *(host.name for host in intent.hosts)}
    known: dict[str, str] = {}
    for file in reversed(verifications(runs).files[-LOOKED_AT:]):
        try:
            earlier = load(file)
        except (OSError, ValueError, InputError):
            continue
        known = {**earlier.known_macs, **seen_macs(earlier, intent.router.host)}
        break
    for host, traits in accepted.items():
        mac = traits.get("mac", "")
        if mac and ", " not in mac:
            known[mac] = host
    return {mac: host for mac, host in known.items() if host in names}


def seen_macs(evidence: Evidence, router: str) -> dict[str, str]:
    """Answers whose which MAC is by a measurement.

    Of devices that a session was held with, which holds them to their key or certificate: another
    one that has the address is not known for having been seen there.
    """
    met = {one.session.host for one in _pcs(evidence) if one.session.access is PcAccess.OK}
    if evidence.router.access is Access.OPEN:
        met.add(router)
    return {
        reading.found.macs[0]: host
        for host, reading in evidence.laptop.owners.items()
        if host in met and reading.found is not None and len(reading.found.macs) == 1
    }


def _pcs(evidence: Evidence) -> tuple[PcEvidence, ...]:
    windows = evidence.windows
    return (*windows.terminals, *windows.receipts) if windows is not None else ()


def registered_prefix(runs: Path, intent: SiteIntent) -> IPv6Network | None:
    """Answers the prefix with which 回線認証 last succeeded; None where no run shows one.

    A run whose evidence can't be read, and one of another version, says nothing.
    """
    for file in reversed(verifications(runs).files[-LOOKED_AT:]):
        try:
            earlier = load(file)
        except (OSError, ValueError, InputError):
            continue
        known = terminal_prefix(earlier, intent) if _succeeded(earlier, intent) else None
        if known or earlier.registered_prefix:
            return known or earlier.registered_prefix
    return None


def _succeeded(evidence: Evidence, intent: SiteIntent) -> bool:
    ids = [one.id for one in intent.services if one.kind is ServiceKind.LINE_AUTH]
    asked = [
        evidence.laptop.services[name].page for name in ids if name in evidence.laptop.services
    ]
    return any(one is not None and one.found and SUCCESS in one.found.body for one in asked)
