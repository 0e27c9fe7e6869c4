"""What a check answers: a verdict, how much it weighs, who acts, and what may explain it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from onshi_net.i18n import text


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """It could not be measured; says nothing about the site."""
    SKIPPED = "skipped"
    """Something that it needs has failed."""
    NOT_APPLICABLE = "not applicable"


class Severity(StrEnum):
    """How much a check weighs that does not hold."""

    PROBLEM = "problem"
    """Something does not work, or lets in what must stay outside."""
    WARNING = "warning"
    """All works, and will not for long, or not after the next disturbance."""
    NOTICE = "notice"
    """Nothing is wrong: the check passes, and its sentence is told all the same."""


WEIGHT = (Severity.PROBLEM, Severity.WARNING, Severity.NOTICE)
"""The heaviest first."""


class Lack(StrEnum):
    """For want of what a check was not measured, where more depends on it than a sentence."""

    TERMINAL_LEG = "terminal"
    CLINIC_LEG = "clinic"
    LINE_LEG = "line"
    PC_LEG = "pc"
    """A leg in the network of the PC that the check is about."""
    WINRM = "winrm"
    """The PC's WinRM is off, as a good visit leaves it."""
    CHECK = "check"
    """The check itself broke: nobody knows what it would have found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed check that may explain another's failure."""

    check: str
    """Its id; `{subject}`, `{host}` and `{peer}` are the explained check's own."""
    ways: tuple[str, ...] = ()
    """The last words of the verdicts that do; (): any."""

    def about(self, subject: str | None) -> Finding:
        """Answers it for one subject."""
        return Finding(about(self.check, subject), self.ways)

    def is_met(self, check: str, way: str) -> bool:
        """Answers whether a check that failed in some way is this one."""
        return check == self.check and (not self.ways or way in self.ways)


PAIR = "@"
"""Between a host and the peer that it uses, in a subject that is a pair."""


def about(template: str, subject: str | None) -> str:
    """Answers an id with a subject, or the halves of a pair, filled in."""
    host, _, peer = (subject or "").partition(PAIR)
    return template.format(subject=subject, host=host, peer=peer)


class Party(StrEnum):
    """Who acts when a check fails."""

    TECHNICIAN = "technician"
    LINE = "ntt-line"
    INSTITUTION = "institution"
    FUND = "fund"
    """支払基金, which runs the eligibility service and registers the line's CAF number."""
    VENDOR = "receipt-vendor"


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
    severity: Severity | None = None
    """None: the check's own."""
    explained_by: tuple[Finding, ...] | None = None
    """None: the check's own; (): this way of failing is somebody else's doing in any case."""
    lack: Lack | None = None
    seen_from: str = ""
    """The PC that measured it, where that was not the laptop."""

    @property
    def detail(self) -> str:
        """Gives the sentence in the current language, and from where it was seen."""
        sentence = text(f"checks.{self.message}", **self.values)
        if not self.seen_from:
            return sentence
        return text("checks.seen-from", sentence=sentence, host=self.seen_from)


class Unmeasured(Exception):
    """Raised by a check that has nothing to judge."""

    def __init__(
        self, message: str, /, *, remedy: str = "", lack: Lack | None = None, **values: object
    ) -> None:
        """Takes the sentence's id and values; `remedy` and `lack` as of a verdict."""
        super().__init__(message)
        self.verdict = Verdict(State.ERROR, message, values, remedy=remedy, lack=lack)


class NotApplicable(Exception):
    """Raised by a check that this site, or this laptop's place, gives nothing to do."""

    def __init__(self, message: str, /, *, lack: Lack | None = None, **values: object) -> None:
        """Takes the sentence's id and values; `lack` as of a verdict."""
        super().__init__(message)
        self.verdict = Verdict(State.NOT_APPLICABLE, message, values, lack=lack)


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


def noticed(message: str, /, *readings: Timed | None, **values: object) -> Verdict:
    """Answers a passed verdict whose sentence is told all the same."""
    return Verdict(State.PASSED, message, values, _seconds(readings), severity=Severity.NOTICE)


def failed(
    message: str,
    /,
    *readings: Timed | None,
    party: Party | None = None,
    remedy: str = "",
    severity: Severity | None = None,
    explained_by: tuple[Finding, ...] | None = None,
    **values: object,
) -> Verdict:
    """Answers a failed verdict; what is None or '' is as the check declares it."""
    seconds = _seconds(readings)
    return Verdict(State.FAILED, message, values, seconds, party, remedy, severity, explained_by)
