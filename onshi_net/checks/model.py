"""What a check is, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from inspect import signature
from typing import Any

from onshi_net.checks.unread import RESTS_ON
from onshi_net.checks.verdict import (
    PAIR,
    WEIGHT,
    Finding,
    Lack,
    NotApplicable,
    Party,
    Severity,
    State,
    Timed,
    Unmeasured,
    Verdict,
    about,
    failed,
    noticed,
    passed,
)
from onshi_net.facts.types import Evidence
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent

__all__ = [
    "BAD",
    "BLOCKING",
    "ENOUGH",
    "PAIR",
    "SEGMENTS",
    "WEIGHT",
    "WORST_FIRST",
    "Case",
    "Check",
    "CheckResult",
    "Each",
    "Ending",
    "Finding",
    "Judge",
    "Lack",
    "Needs",
    "NotApplicable",
    "Party",
    "Proves",
    "Severity",
    "State",
    "Timed",
    "Unmeasured",
    "Verdict",
    "about",
    "ending",
    "failed",
    "noticed",
    "passed",
    "verdict",
    "worst",
]

BLOCKING = frozenset({State.FAILED, State.SKIPPED})
"""States of a need that make a check skipped.

An error does not: the check has evidence of its own.
"""
BAD = frozenset({State.FAILED, State.ERROR})
WORST_FIRST = ("failed", "warning", "error", "skipped", "passed")
"""Of `CheckResult.word`; a notice is good."""


SEGMENTS = (
    "line",
    "branch",
    "router",
    "ip-vpn",
    "policy",
    "lan",
    "terminal",
    "clinic-lan",
    "receipt-pc",
    "service",
)
"""In the order in which traffic meets them."""


class Proves(StrEnum):
    """How a check, asked again right after a change of the router, speaks of that change."""

    ALONE = "alone"
    """The router's configuration alone decides it."""
    WITH_LINE = "with-line"
    """The line must be alive too: it says nothing while no resolver of its name answers."""


Judge = Callable[..., Verdict]
Each = Callable[[SiteIntent], tuple[str, ...]]
Needs = Callable[[SiteIntent, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the catalogue; with `each` it stands for one check a subject, `<id>.<subject>`."""

    id: str
    needs: tuple[str, ...]
    """Ids of checks; `{subject}` is this check's own subject; of a pair `host@peer`, `{host}` and
    `{peer}` are the halves.

    An id that a site does not have is passed over.
    """
    party: Party
    judge: Judge
    severity: Severity = Severity.PROBLEM
    explained_by: tuple[Finding, ...] = ()
    """What, where it failed too, is the cause of this check's failure; the first that did."""
    each: Each | None = None
    more_needs: Needs | None = None
    """Answers what a subject needs besides, where that depends on the site."""
    hosts: Callable[[str], str] | None = None
    """Answers the host that a subject's check is about, where that is not the router."""
    proves: Proves | None = None
    """None: it says nothing of a change while that can still be undone."""

    @property
    def segment(self) -> str:
        """Answers the segment, the first part of the id."""
        return self.id.partition(".")[0]

    @property
    def title(self) -> str:
        """Gives what it holds, in the current language."""
        return text(f"checks.{self.id}")

    def subjects(self, intent: SiteIntent) -> tuple[str | None, ...]:
        """Lists the subjects at a site; (None,) for a check without."""
        return (None,) if self.each is None else self.each(intent)


@cache
def _parameters(judge: Callable[..., Verdict]) -> tuple[str, ...]:
    return tuple(signature(judge).parameters)


@dataclass(frozen=True, slots=True)
class Case:
    """One check of one site."""

    check: Check
    subject: str | None
    needs: tuple[str, ...]

    @property
    def id(self) -> str:
        """Gives the stable id."""
        return self.check.id if self.subject is None else f"{self.check.id}.{self.subject}"

    def verdict(self, evidence: Evidence, intent: SiteIntent) -> Verdict:
        """Judges the evidence, without regard to needs."""
        given = {"evidence": evidence, "intent": intent, "subject": self.subject}
        wanted = _parameters(self.check.judge)
        try:
            self._require_read(evidence)
            return self.check.judge(**{name: given[name] for name in wanted})
        except (Unmeasured, NotApplicable) as stop:
            return stop.verdict

    def _require_read(self, evidence: Evidence) -> None:
        """Raises Unmeasured where the check rests on an answer that was not understood."""
        fields, windows = RESTS_ON.get(self.check.id, ()), evidence.windows
        if self.subject is None or windows is None:
            return
        host = self.subject.partition("@")[0]
        pc = windows.terminal(host) or windows.receipt(host)
        unread = pc.state.unread if pc is not None and pc.state is not None else {}
        odd = [text(f"checks.unread.{one}") for one in fields if one in unread]
        if odd:
            what = text("checks.unread.and").join(odd)
            raise Unmeasured("unmeasured.pc-unread", host=host, what=what)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's result, with its texts in the language of the run."""

    id: str
    segment: str
    state: State
    duration_s: float
    needs: tuple[str, ...]
    title: str
    detail: str
    clause: str
    remedy: str
    party: Party
    message: str = ""
    """The id of the verdict's sentence."""
    severity: Severity = Severity.PROBLEM
    explained_by: tuple[Finding, ...] = ()
    lack: Lack | None = None
    values: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """What stands in the sentence."""
    cause: str | None = None
    """Of a skipped check: the id of the failed one at the bottom."""
    measured_at: datetime | None = None
    """When an earlier run measured it, for want of a cable now; None: this run did."""

    @property
    def kind(self) -> str:
        """Gives the check's id without the subject: `<segment>.<check>`."""
        return ".".join(self.id.split(".")[:2])

    @property
    def way(self) -> str:
        """Gives the last word of the verdict's id: in which way it ended so."""
        return self.message.rpartition(".")[2]

    @property
    def word(self) -> str:
        """Gives the word for how it ended: its state, or `warning` or `notice`."""
        if self.state is State.FAILED and self.severity is Severity.WARNING:
            return Severity.WARNING.value
        if self.state is State.PASSED and self.severity is Severity.NOTICE:
            return Severity.NOTICE.value
        return self.state.value

    @property
    def when(self) -> str:
        """Gives the time of an earlier run for people, '' for what this run measured."""
        if self.measured_at is None:
            return ""
        return text("checks.measured-at", time=self.measured_at)

    def to_json(self) -> dict[str, object]:
        """Gives the fields of `verify --json`; `measured_at` of what an earlier run measured."""
        when = {"measured_at": self.measured_at.isoformat()} if self.measured_at else {}
        return {
            "id": self.id,
            "segment": self.segment,
            "state": self.state.value,
            "severity": self.severity.value,
            "party": self.party.value,
            "duration_s": round(self.duration_s, 3),
            "needs": list(self.needs),
            "because": self.cause,
            "message": self.message,
            "values": dict(self.values),
            "title": self.title,
            "detail": self.detail,
            "remedy": self.remedy,
            **when,
        }


class Ending(StrEnum):
    """How a verification ended as a whole."""

    GOOD = "good"
    FAILED = "failed"
    OPEN = "open"
    """Nothing failed, and too little was measured to call the site good."""


ENOUGH = ("line", "ip-vpn", "policy", "service")
"""Segments of which something must have been measured and be good, before a site is called that."""


def ending(results: Sequence[CheckResult], *, whole: bool = True) -> Ending:
    """Answers how a verification ended; `whole`: of the whole site, not of some checks only.

    What could not be measured is not bad, and never good.
    """
    if any(one.state is State.FAILED for one in results):
        return Ending.FAILED
    good = {one.segment for one in results if one.state is State.PASSED}
    enough = good.issuperset(ENOUGH) if whole else bool(good)
    if any(one.lack is Lack.CHECK for one in results):
        enough = False
    return Ending.GOOD if enough else Ending.OPEN


def verdict(results: Sequence[CheckResult], found: Ending) -> str:
    """Answers the sentence about all checks that apply."""
    counted = [one for one in results if one.state is not State.NOT_APPLICABLE]
    states = [one.state for one in counted]
    numbers: dict[str, Any] = {
        "count": len(counted),
        "good": states.count(State.PASSED),
        "failed": states.count(State.FAILED),
        "unmeasured": states.count(State.ERROR),
    }
    word = "but" if found is Ending.GOOD and numbers["unmeasured"] else found.value
    return text(f"checks.verdict-{word}", **numbers)


def worst(results: Iterable[CheckResult]) -> str | None:
    """Answers the worst word that counts; None where no check applies."""
    words = {"passed" if one.word == Severity.NOTICE else one.word for one in results}
    return next((word for word in WORST_FIRST if word in words), None)
