"""The catalogue of checks: `@check` puts a test function in, `cases` answers what a site has."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from onshi_net.checks.model import (
    BLOCKING,
    BROKEN,
    SEGMENTS,
    Case,
    Check,
    CheckResult,
    Each,
    Judge,
    Needs,
    Party,
    Proves,
    State,
    Verdict,
)
from onshi_net.facts.types import Evidence
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent

log = logging.getLogger(__name__)

MODULES = (
    "test_line",
    "test_branch",
    "test_router",
    "test_ip_vpn",
    "test_policy",
    "test_lan",
    "test_terminal",
    "test_terminal_view",
    "test_clinic_lan",
    "test_receipt_pc",
    "test_service",
)
FILES = tuple(Path(__file__).with_name(f"{name}.py") for name in MODULES)
ATTRIBUTE = "onshi_check"
_checks: dict[str, Check] = {}
F = TypeVar("F", bound=Judge)


def check(
    id: str,  # noqa: A002 the word that users and reports have for it
    *,
    party: Party,
    needs: Sequence[str] = (),
    each: Each | None = None,
    more_needs: Needs | None = None,
    host_subjects: bool = False,
    proves: Proves | None = None,
) -> Callable[[F], F]:
    """Marks a test function as a check.

    Raises ValueError for one without a docstring or known segment.
    """

    def register(judge: F) -> F:
        if not judge.__doc__ or id.partition(".")[0] not in SEGMENTS:
            raise ValueError(f"check {id}: a docstring and a known segment are needed")
        hosts = _itself if host_subjects else None
        made = Check(id, tuple(needs), party, judge, each, more_needs, hosts, proves)
        _checks[id] = made
        setattr(judge, ATTRIBUTE, made)
        return judge

    return register


PAIR = "@"
"""Between a host and the peer that it uses, in a subject that is a pair."""


def _itself(subject: str) -> str:
    return subject.partition(PAIR)[0]


def checks() -> tuple[Check, ...]:
    """Lists every check, in the order of the segments and of their files."""
    for name in MODULES:
        import_module(f"onshi_net.checks.{name}")
    return tuple(sorted(_checks.values(), key=lambda one: SEGMENTS.index(one.segment)))


def case_of(made: Check, subject: str | None) -> Case:
    """Answers the check of one subject; its needs may name checks that the site does not have."""
    host, _, peer = (subject or "").partition(PAIR)
    needs = tuple(need.format(subject=subject, host=host, peer=peer) for need in made.needs)
    return Case(made, subject, needs)


def _at(intent: SiteIntent, case: Case) -> Case:
    """Answers the check with what it needs at this site besides."""
    if case.check.more_needs is None or case.subject is None:
        return case
    more = case.check.more_needs(intent, case.subject)
    return replace(case, needs=(*case.needs, *more))


def cases(intent: SiteIntent, only: str | None = None) -> tuple[Case, ...]:
    """Lists a site's checks so that each stands after what it needs; `only` as in `chosen`."""
    listed = [
        _at(intent, case_of(made, subject))
        for made in checks()
        for subject in made.subjects(intent)
    ]
    known = {case.id: case for case in listed}
    real = {
        name: Case(case.check, case.subject, tuple(n for n in case.needs if n in known))
        for name, case in known.items()
    }
    wanted = _with_needs(real, [name for name in real if only is None or chosen(real[name], only)])
    order = TopologicalSorter({name: real[name].needs for name in real if name in wanted})
    return tuple(real[name] for name in order.static_order())


def chosen(case: Case, only: str) -> bool:
    """Answers whether `only` means this check.

    Its id, a beginning of it, its segment or its host.
    """
    host = case.check.hosts(case.subject) if case.check.hosts and case.subject else "router"
    return case.id == only or case.id.startswith(f"{only}.") or only in {case.check.segment, host}


def _with_needs(known: dict[str, Case], names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(known[name].needs)
    return found


def blocked(case: Case, results: dict[str, CheckResult]) -> CheckResult | None:
    """Answers the failed check at the bottom that makes this one skipped, or None."""
    for need in case.needs:
        found = results.get(need)
        if found is not None and found.state in BLOCKING:
            return results[found.cause] if found.cause is not None else found
    return None


def judged(
    case: Case, evidence: Evidence, intent: SiteIntent, before: dict[str, CheckResult]
) -> CheckResult:
    """Answers what comes of a check, after those that it needs (`before`, by their ids)."""
    verdict, root = _verdict(case, evidence, intent), blocked(case, before)
    if verdict.state is State.NOT_APPLICABLE:
        root = None
    return result_of(case, skipped(root) if root is not None else verdict, root)


def judge(
    evidence: Evidence, intent: SiteIntent, only: str | None = None
) -> tuple[CheckResult, ...]:
    """Judges evidence, each check after those that it needs; needs no device."""
    found: dict[str, CheckResult] = {}
    for case in cases(intent, only):
        found[case.id] = judged(case, evidence, intent, found)
    return in_order(found.values())


def _verdict(case: Case, evidence: Evidence, intent: SiteIntent) -> Verdict:
    try:
        return case.verdict(evidence, intent)
    except Exception as broken:  # others add checks; one that breaks costs its own answer only
        log.exception("check %s", case.id)
        reason = f"{type(broken).__name__}: {broken}"
        return Verdict(State.ERROR, BROKEN, {"reason": reason})


def skipped(root: CheckResult) -> Verdict:
    """Answers the verdict of a check whose need failed."""
    return Verdict(State.SKIPPED, "skipped", {"cause": root.title, "id": root.id})


def result_of(case: Case, verdict: Verdict, root: CheckResult | None = None) -> CheckResult:
    """Answers the result with its texts."""
    made = case.check
    title = made.title if case.subject is None else f"{made.title} ({case.subject})"
    return CheckResult(
        id=case.id,
        segment=made.segment,
        state=verdict.state,
        duration_s=verdict.duration_s,
        needs=case.needs,
        title=title,
        detail=verdict.detail,
        clause=text(f"checks.{made.id}.clause"),
        remedy=verdict.remedy or text(f"checks.{made.id}.remedy"),
        party=verdict.party or made.party,
        message=verdict.message,
        cause=root.id if root is not None else None,
    )


def in_order(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Answers the results in the order in which traffic meets the segments."""
    return tuple(sorted(results, key=lambda one: SEGMENTS.index(one.segment)))
