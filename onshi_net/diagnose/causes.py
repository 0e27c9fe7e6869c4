"""`diagnose`: the causes are the failed checks whose needs hold.

All else follows from them, or is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onshi_net.checks.model import SEGMENTS, CheckResult, Party, State
from onshi_net.i18n import text

BY_CONFIGURATION = (
    "policy.",
    "clinic-lan.router",
    "ip-vpn.name",
    "ip-vpn.large-answer",
    "lan.ra-source",
    "line.default-route",
    "line.prefix",
    "router.factory-password",
    "router.lookup",
    "router.saved",
)
"""Kinds of checks whose failure a router that is not configured as intended explains."""

EXPLAINED_BY = {"policy.receipt-to-terminal": ("terminal.firewall", "terminal.services")}
"""Kinds whose failure another kind's failure of the same subject explains: the packet that the
terminal's own firewall stops was let through by the router."""


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

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "causes": [one.to_json() for one in self.causes],
            "undetermined": list(self.undetermined),
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
        return lines


def diagnose(results: Sequence[CheckResult]) -> Diagnosis:
    """Answers causes and unknowns; where nothing failed and nothing is unknown, both are empty."""
    groups: dict[tuple[str, Party], list[CheckResult]] = {}
    drifted = any(one.id == "router.config" and one.state is State.FAILED for one in results)
    failing = {one.id: one for one in results if one.state is State.FAILED}
    for one in failing.values():
        explained = drifted and one.id.startswith(BY_CONFIGURATION)
        root = _root(one, failing)
        key = ("router.config", Party.TECHNICIAN) if explained else (kind_of(root), root.party)
        groups.setdefault(key, []).append(one)
    causes = [_cause(kind, party, some, results) for (kind, party), some in groups.items()]
    causes.sort(key=lambda one: SEGMENTS.index(one.segment))
    return Diagnosis(tuple(causes), tuple(_undetermined(results)))


def kind_of(result: CheckResult) -> str:
    """Answers the id without the subject: `<segment>.<check>`."""
    return ".".join(result.id.split(".")[:2])


def _root(one: CheckResult, failing: Mapping[str, CheckResult]) -> CheckResult:
    """Answers the failed check that explains this one, or itself."""
    kind = kind_of(one)
    names = (other + one.id.removeprefix(kind) for other in EXPLAINED_BY.get(kind, ()))
    return next((failing[name] for name in names if name in failing), one)


def _cause(
    kind: str, party: Party, some: list[CheckResult], results: Iterable[CheckResult]
) -> Cause:
    roots = {one.id for one in some}
    some.sort(key=lambda one: kind_of(one) != kind)
    return Cause(
        segment=some[0].segment,
        cause=text(f"diagnose.{kind}"),
        evidence=tuple(one.detail for one in some),
        party=party,
        action=" / ".join(dict.fromkeys(o.remedy for o in some if kind_of(o) == kind)),
        checks=tuple(one.id for one in some),
        follows=tuple(one.id for one in results if one.cause in roots),
    )


def _undetermined(results: Iterable[CheckResult]) -> list[str]:
    """Answers a sentence a reason, naming the checks that it keeps from being judged."""
    reasons: dict[str, list[str]] = {}
    for one in results:
        if one.state is State.ERROR:
            reasons.setdefault(one.detail, []).append(one.title)
    return [f"{reason} ({'; '.join(titles)})" for reason, titles in reasons.items()]
