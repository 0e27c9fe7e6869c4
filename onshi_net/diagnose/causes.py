"""`diagnose`: the causes are the failed checks whose needs hold and that nothing else explains.

What explains a failure stands at the check's declaration (`explained_by`). All else follows from
the causes, or is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onshi_net.checks.model import SEGMENTS, WEIGHT, CheckResult, Lack, Party, Severity, State
from onshi_net.i18n import devices, is_known, joined, language, text

NAMED = 3
"""So many checks that could not be judged are named in a sentence; `verify --json` has all."""
HEADS = {Severity.PROBLEM: "cause", Severity.WARNING: "warning", Severity.NOTICE: "warning"}
"""The sentence that begins a cause. A notice is none."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: where, what is wrong, what shows it, who acts, and what to do."""

    segment: str
    cause: str
    evidence: tuple[str, ...]
    party: Party
    action: str
    checks: tuple[str, ...]
    """The failed checks that it explains, its own first; several of one kind are one cause."""
    follows: tuple[str, ...]
    """The checks that were skipped because of it."""
    severity: Severity = Severity.PROBLEM

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "segment": self.segment,
            "severity": self.severity.value,
            "cause": self.cause,
            "evidence": list(self.evidence),
            "party": self.party.value,
            "action": self.action,
            "checks": list(self.checks),
            "follows": list(self.follows),
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All causes, and what could not be determined from here.

    What is broken comes before what is only a warning, and of each the nearest to the line first.
    """

    causes: tuple[Cause, ...]
    undetermined: tuple[str, ...]
    """Sentences: what could not be measured, and why."""
    not_asked: str = ""
    """The sentence about PCs whose WinRM is off, as a good visit leaves it; '' for none."""
    notices: tuple[str, ...] = ()
    """Sentences about what is good and worth knowing."""

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "causes": [one.to_json() for one in self.causes],
            "undetermined": list(self.undetermined),
            "not_asked": self.not_asked,
            "notices": list(self.notices),
        }

    def lines(self, *, partly: bool = False) -> list[str]:
        """Gives the diagnosis as lines for people; `partly`: what is wrong alone."""
        lines: list[str] = []
        for one in self.causes:
            who = text(f"diagnose.party-{one.party.value}")
            where = text(f"checks.segment-{one.segment}")
            lines.append(text(f"diagnose.{HEADS[one.severity]}", segment=where, cause=one.cause))
            lines.extend(f"    {sentence}" for sentence in one.evidence)
            lines.append("    " + text("diagnose.action", party=who, action=one.action))
            if one.follows:
                lines.append("    " + text("diagnose.follows", count=len(one.follows)))
        if partly:
            return lines
        lines.extend(text("diagnose.undetermined", what=one) for one in self.undetermined)
        lines.extend([self.not_asked] if self.not_asked else [])
        return [*lines, *(text("diagnose.notice", what=one) for one in self.notices)]


def diagnose(results: Sequence[CheckResult]) -> Diagnosis:
    """Answers causes and unknowns; where nothing failed and nothing is unknown, both are empty."""
    groups: dict[tuple[str, str, Party], list[CheckResult]] = {}
    failing = {one.id: one for one in results if one.state is State.FAILED}
    for one in failing.values():
        root = _root(one, failing)
        groups.setdefault((root.kind, _sentence(root), root.party), []).append(one)
    causes = [_cause(*key, some, results) for key, some in groups.items()]
    causes.sort(key=lambda one: (WEIGHT.index(one.severity), SEGMENTS.index(one.segment)))
    return Diagnosis(
        tuple(causes), tuple(_undetermined(results)), _not_asked(results), tuple(_notices(results))
    )


def _root(one: CheckResult, failing: Mapping[str, CheckResult]) -> CheckResult:
    """Answers the failed check at the bottom that explains this one, or itself."""
    root, seen = one, {one.id}
    while (other := _explains(root, failing)) is not None:
        if other.id in seen:  # they explain one another, and nothing does
            return one
        seen.add(other.id)
        root = other
    return root


def _explains(one: CheckResult, failing: Mapping[str, CheckResult]) -> CheckResult | None:
    """Answers the first failed check by which this one declares itself explained."""
    for finding in one.explained_by:
        other = failing.get(finding.check)
        if other is not None and finding.is_met(other.id, other.way):
            return other
    return None


def _sentence(root: CheckResult) -> str:
    """Answers the id of the cause's sentence: that of the way it failed, where there is one."""
    way = f"checks.{root.message}.cause"
    return way if root.message and is_known(way) else f"checks.{root.kind}.cause"


def _cause(
    kind: str,
    sentence: str,
    party: Party,
    some: list[CheckResult],
    results: Iterable[CheckResult],
) -> Cause:
    roots = {one.id for one in some}
    some.sort(key=lambda one: one.kind != kind)
    return Cause(
        segment=some[0].segment,
        severity=min((one.severity for one in some if one.kind == kind), key=WEIGHT.index),
        cause=text(sentence),
        evidence=tuple(one.detail for one in some),
        party=party,
        action=joined(dict.fromkeys(o.remedy for o in some if o.kind == kind), " / "),
        checks=tuple(one.id for one in some),
        follows=tuple(one.id for one in results if one.cause in roots),
    )


def _undetermined(results: Iterable[CheckResult]) -> list[str]:
    """Answers a sentence a reason, naming the checks that it keeps from being judged.

    Of many only the first is named, and the others counted.
    """
    reasons: dict[str, list[str]] = {}
    for one in results:
        if one.state is State.ERROR and one.lack is not Lack.WINRM:
            reasons.setdefault(one.detail, []).append(one.title)
    return [
        text("diagnose.because", reason=reason, what=_named(titles))
        for reason, titles in reasons.items()
    ]


def _not_asked(results: Iterable[CheckResult]) -> str:
    """Answers one sentence about all PCs whose WinRM is off."""
    some = [one for one in results if one.lack is Lack.WINRM]
    if not some:
        return ""
    names = dict.fromkeys(one.id.split(".", 2)[2].partition("@")[0] for one in some)
    return text(
        "diagnose.not-asked",
        names=text("diagnose.and-name").join(devices.shown(o, language()) for o in names),
        advice=some[0].remedy,
    )


def _notices(results: Iterable[CheckResult]) -> list[str]:
    """Answers the sentences of what is good and told all the same, each once."""
    notices = (
        text("diagnose.noticed", title=one.title, detail=one.detail)
        for one in results
        if one.state is State.PASSED and one.severity is Severity.NOTICE
    )
    return list(dict.fromkeys(notices))


def _named(titles: Sequence[str]) -> str:
    if len(titles) <= NAMED:
        return text("diagnose.and").join(titles)
    return text("diagnose.and-others", first=titles[0], count=len(titles) - 1)
