"""What a check is, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from inspect import signature
from typing import Any, Protocol

from onshi_net.facts.types import Evidence
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """It could not be measured; says nothing about the site."""
    SKIPPED = "skipped"
    """Something that it needs has failed."""
    NOT_APPLICABLE = "not applicable"


BLOCKING = frozenset({State.FAILED, State.SKIPPED})
"""States of a need that make a check skipped.

An error does not: the check has evidence of its own.
"""
BAD = frozenset({State.FAILED, State.ERROR})


WORST_FIRST = (State.FAILED, State.ERROR, State.SKIPPED, State.PASSED)


class Party(StrEnum):
    """Who acts when a check fails."""

    TECHNICIAN = "technician"
    LINE = "ntt-line"
    INSTITUTION = "institution"
    FUND = "fund"
    """支払基金, which runs the eligibility service and registers the line's CAF number."""
    VENDOR = "receipt-vendor"


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: state, sentence by id and values, seconds that its readings took."""

    state: State
    message: str
    values: dict[str, Any]
    duration_s: float = 0.0
    party: Party | None = None
    """None: the check's own."""
    remedy: str = ""
    """'': the check's own; a sentence in the current language."""

    @property
    def detail(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"checks.{self.message}", **self.values)


class Unmeasured(Exception):
    """Raised by a check that has nothing to judge."""

    def __init__(self, message: str, /, *, remedy: str = "", **values: object) -> None:
        """Takes the sentence's id and values; `remedy` as of a verdict."""
        super().__init__(message)
        self.verdict = Verdict(State.ERROR, message, values, remedy=remedy)


class NotApplicable(Exception):
    """Raised by a check that this site, or this laptop's place, gives nothing to do."""

    def __init__(self, message: str, /, **values: object) -> None:
        """Takes the sentence's id and values."""
        super().__init__(message)
        self.verdict = Verdict(State.NOT_APPLICABLE, message, values)


class Timed(Protocol):
    """Anything that took its time: a reading."""

    @property
    def duration_s(self) -> float:
        """Gives the seconds that it took."""


def _seconds(readings: tuple[Timed | None, ...]) -> float:
    return max((one.duration_s for one in readings if one is not None), default=0.0)


def passed(message: str, /, *readings: Timed | None, **values: object) -> Verdict:
    """Answers a passed verdict; the readings are those that it rests on, for the duration."""
    return Verdict(State.PASSED, message, values, _seconds(readings))


def failed(
    message: str,
    /,
    *readings: Timed | None,
    party: Party | None = None,
    remedy: str = "",
    **values: object,
) -> Verdict:
    """Answers a failed verdict."""
    return Verdict(State.FAILED, message, values, _seconds(readings), party, remedy)


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
        wanted = signature(self.check.judge).parameters
        try:
            return self.check.judge(**{name: given[name] for name in wanted})
        except (Unmeasured, NotApplicable) as stop:
            return stop.verdict


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
    cause: str | None = None
    """Of a skipped check: the id of the failed one at the bottom."""
    measured_at: datetime | None = None
    """When an earlier run measured it, for want of a cable now; None: this run did."""

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
            "duration_s": round(self.duration_s, 3),
            "needs": list(self.needs),
            "detail": self.detail,
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
BROKEN = "unmeasured.broken"
"""The sentence of a check that failed itself: nobody knows what it would have found."""
PUT_BACK = "unmeasured.pc-put-back"
"""The sentence of what can't be asked of a PC whose WinRM is off, as a good visit leaves it."""


def ending(results: Sequence[CheckResult], *, whole: bool = True) -> Ending:
    """Answers how a verification ended; `whole`: of the whole site, not of some checks only.

    What could not be measured is not bad, and never good.
    """
    if any(one.state is State.FAILED for one in results):
        return Ending.FAILED
    good = {one.segment for one in results if one.state is State.PASSED}
    enough = good.issuperset(ENOUGH) if whole else bool(good)
    if any(one.message == BROKEN for one in results):
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


def worst(results: Iterable[CheckResult]) -> State | None:
    """Answers the worst state that counts; None where no check applies."""
    states = {one.state for one in results}
    return next((state for state in WORST_FIRST if state in states), None)
