"""What earlier verifications of a site prove: the prefix with which 回線認証 last succeeded."""

from __future__ import annotations

from ipaddress import IPv6Network
from pathlib import Path

from onshi_net.checks.facts import terminal_prefix
from onshi_net.checks.test_ip_vpn import SUCCESS
from onshi_net.errors import InputError
from onshi_net.evidence import Evidence, load
from onshi_net.evidence.runs import verifications
from onshi_net.intent import SiteIntent
from onshi_net.model.catalogue import ServiceKind

LOOKED_AT = 10
"""So many of the last verifications are looked at: a prefix that is older says little."""


def with_history(evidence: Evidence, runs: Path, intent: SiteIntent) -> Evidence:
    """Answers the evidence with what the verifications stored below `runs` knew."""
    known = registered_prefix(runs, intent)
    return evidence.model_copy(update={"registered_prefix": known}) if known else evidence


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
