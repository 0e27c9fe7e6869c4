"""`diagnose`: the causes are the failed checks whose needs hold.

All else follows from them, or is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onshi_net.checks.model import PUT_BACK, SEGMENTS, CheckResult, Party, State
from onshi_net.i18n import catalogue, devices, joined, language, text

BY_CONFIGURATION = (
    "policy.",
    "clinic-lan.router",
    "ip-vpn.name",
    "ip-vpn.large-answer",
    "lan.ra-source",
    "line.default-route",
    "line.prefix",
    "router.clock",
    "router.factory-password",
    "router.lookup",
    "router.saved",
    "router.services",
)
"""Kinds of checks whose failure a router that is not configured as intended explains."""

BY_OTHERS = frozenset({"lan.ra-source.rogue"})
"""Sentences of such checks that tell of somebody else's doing, whatever the configuration."""

CONFIGURATION = ("router.config", "router.config", Party.TECHNICIAN)

EXPLAINED_BY = {
    "policy.receipt-to-terminal": ("terminal.firewall.differs", "terminal.services.differs")
}
"""Kinds whose failure a sentence about the same subject explains: the packet that the terminal's
own firewall stops was let through by the router."""
NAMED = 3
"""So many checks that could not be judged are named in a sentence; `verify --json` has all."""


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

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "segment": self.segment,
            "cause": self.cause,
            "evidence": list(self.evidence),
            "party": self.party.value,
            "action": self.action,
            "checks": list(self.checks),
            "follows": list(self.follows),
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All causes, the nearest to the line first, and what could not be determined from here."""

    causes: tuple[Cause, ...]
    undetermined: tuple[str, ...]
    """Sentences: what could not be measured, and why."""
    not_asked: str = ""
    """The sentence about PCs whose WinRM is off, as a good visit leaves it; '' for none."""

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "causes": [one.to_json() for one in self.causes],
            "undetermined": list(self.undetermined),
            "not_asked": self.not_asked,
        }

    def lines(self) -> list[str]:
        """Gives the diagnosis as lines for people."""
        lines: list[str] = []
        for one in self.causes:
            who = text(f"diagnose.party-{one.party.value}")
            where = text(f"checks.segment-{one.segment}")
            lines.append(text("diagnose.cause", segment=where, cause=one.cause))
            lines.extend(f"    {sentence}" for sentence in one.evidence)
            lines.append("    " + text("diagnose.action", party=who, action=one.action))
            if one.follows:
                lines.append("    " + text("diagnose.follows", count=len(one.follows)))
        lines.extend(text("diagnose.undetermined", what=one) for one in self.undetermined)
        return [*lines, self.not_asked] if self.not_asked else lines


def diagnose(results: Sequence[CheckResult]) -> Diagnosis:
    """Answers causes and unknowns; where nothing failed and nothing is unknown, both are empty."""
    groups: dict[tuple[str, str, Party], list[CheckResult]] = {}
    drifted = any(one.id == "router.config" and one.state is State.FAILED for one in results)
    failing = {one.id: one for one in results if one.state is State.FAILED}
    for one in failing.values():
        own = one.id.startswith(BY_CONFIGURATION) and one.message not in BY_OTHERS
        explained = drifted and own
        root = _root(one, failing)
        key = CONFIGURATION if explained else (kind_of(root), _sentence(root), root.party)
        groups.setdefault(key, []).append(one)
    causes = [_cause(*key, some, results) for key, some in groups.items()]
    causes.sort(key=lambda one: SEGMENTS.index(one.segment))
    return Diagnosis(tuple(causes), tuple(_undetermined(results)), _not_asked(results))


def kind_of(result: CheckResult) -> str:
    """Answers the id without the subject: `<segment>.<check>`."""
    return ".".join(result.id.split(".")[:2])


def _root(one: CheckResult, failing: Mapping[str, CheckResult]) -> CheckResult:
    """Answers the failed check that explains this one, or itself."""
    kind = kind_of(one)
    subject = one.id.removeprefix(kind)
    for sentence in EXPLAINED_BY.get(kind, ()):
        other = failing.get(sentence.rpartition(".")[0] + subject)
        if other is not None and other.message == sentence:
            return other
    return one


def _sentence(root: CheckResult) -> str:
    """Answers the id of the cause's sentence: the verdict's own, where there is one."""
    return root.message if root.message in catalogue("diagnose") else kind_of(root)


def _cause(
    kind: str,
    sentence: str,
    party: Party,
    some: list[CheckResult],
    results: Iterable[CheckResult],
) -> Cause:
    roots = {one.id for one in some}
    some.sort(key=lambda one: kind_of(one) != kind)
    return Cause(
        segment=some[0].segment,
        cause=text(f"diagnose.{sentence}"),
        evidence=tuple(one.detail for one in some),
        party=party,
        action=joined(dict.fromkeys(o.remedy for o in some if kind_of(o) == kind), " / "),
        checks=tuple(one.id for one in some),
        follows=tuple(one.id for one in results if one.cause in roots),
    )


def _undetermined(results: Iterable[CheckResult]) -> list[str]:
    """Answers a sentence a reason, naming the checks that it keeps from being judged.

    Of many only the first is named, and the others counted.
    """
    reasons: dict[str, list[str]] = {}
    for one in results:
        if one.state is State.ERROR and one.message != PUT_BACK:
            reasons.setdefault(one.detail, []).append(one.title)
    return [
        text("diagnose.because", reason=reason, what=_named(titles))
        for reason, titles in reasons.items()
    ]


def _not_asked(results: Iterable[CheckResult]) -> str:
    """Answers one sentence about all PCs whose WinRM is off."""
    some = [one for one in results if one.message == PUT_BACK]
    if not some:
        return ""
    names = dict.fromkeys(one.id.split(".", 2)[2].partition("@")[0] for one in some)
    return text(
        "diagnose.not-asked",
        names=text("diagnose.and-name").join(devices.shown(o, language()) for o in names),
        advice=some[0].remedy,
    )


def _named(titles: Sequence[str]) -> str:
    if len(titles) <= NAMED:
        return text("diagnose.and").join(titles)
    return text("diagnose.and-others", first=titles[0], count=len(titles) - 1)
