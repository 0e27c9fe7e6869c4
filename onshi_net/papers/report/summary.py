"""What stands on top of a report: how the site is handed over, who acts, and how soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from onshi_net.checks import CheckResult
from onshi_net.checks.model import Severity
from onshi_net.diagnose import Cause, Diagnosis
from onshi_net.i18n import text

Urgency = Literal["now", "soon", "planned"]
ELIGIBILITY = frozenset({"line", "branch", "ip-vpn", "router", "service", "lan", "terminal"})
"""Segments through which every question about an insurance card goes."""
ORDER: tuple[Urgency, ...] = ("now", "soon", "planned")
WORDS = ("passed", "notice", "warning", "failed", "error", "skipped")
"""How a check ended, in the order in which the summary counts them."""


@dataclass(frozen=True, slots=True)
class Urgent:
    """A cause with how soon somebody must act."""

    cause: Cause
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of the checks by how they ended, and who has something to do."""

    counts: tuple[tuple[str, int], ...]
    acts: tuple[tuple[str, Urgency, str], ...]
    """For each cause: who acts, how soon, what is wrong."""
    open_count: int
    """Checks that could not be measured or judged."""


def urgency_of(cause: Cause) -> Urgency:
    """Answers how soon a cause is to be mended.

    At once where eligibility can't be asked (or not from every terminal), soon where anything else
    is broken; a warning can be planned.
    """
    if cause.severity is not Severity.PROBLEM:
        return "planned"
    return "now" if cause.segment in ELIGIBILITY else "soon"


def urgent(diagnosis: Diagnosis) -> tuple[Urgent, ...]:
    """Answers the causes, the most urgent first, else in their own order."""
    found = (Urgent(one, urgency_of(one)) for one in diagnosis.causes)
    return tuple(sorted(found, key=lambda one: ORDER.index(one.urgency)))


def summary_of(results: Sequence[CheckResult], diagnosis: Diagnosis) -> Summary:
    """Answers the summary of the checks that apply to the site. Pure."""
    counted = Counter(one.word for one in results)
    acts = tuple(
        (text(f"diagnose.party-{one.cause.party.value}"), one.urgency, one.cause.cause)
        for one in urgent(diagnosis)
    )
    return Summary(
        tuple((word, counted[word]) for word in WORDS if counted[word]),
        acts,
        counted["error"] + counted["skipped"],
    )
