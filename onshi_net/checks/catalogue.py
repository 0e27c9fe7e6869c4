"""The catalogue of checks: `@check` declares one, `cases` answers what a site has.

A declaration is all that there is of a check besides its sentences, which stand under its id in the
message catalogue: judging, the page, the diagnosis and every output take it from here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from onshi_net.checks.model import (
    BLOCKING,
    PAIR,
    SEGMENTS,
    Case,
    Check,
    CheckResult,
    Each,
    Finding,
    Judge,
    Lack,
    Needs,
    Party,
    Proves,
    Severity,
    State,
    Verdict,
    about,
)
from onshi_net.checks.once import judging
from onshi_net.facts.types import Evidence
from onshi_net.i18n import devices, language, text
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
ID = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*")
"""`<segment>.<check>`: what follows in the id of a result is the subject."""
CONFIGURATION = ("router.config",)
"""What explains a check that a router configured as intended would pass."""
ALIVE = (*CONFIGURATION, Finding("router.login", ("silent",)))
"""What explains a check that a router which works, configured as intended, would pass: one whose
console is silent may do nothing else of its own either."""
_checks: dict[str, Check] = {}
F = TypeVar("F", bound=Judge)


def check(
    id: str,  # noqa: A002 the word that users and reports have for it
    *,
    party: Party,
    needs: Sequence[str] = (),
    severity: Severity = Severity.PROBLEM,
    explained_by: Sequence[str | Finding] = (),
    each: Each | None = None,
    more_needs: Needs | None = None,
    host_subjects: bool = False,
    proves: Proves | None = None,
) -> Callable[[F], F]:
    """Declares a test function as a check.

    `needs`: checks without which it is not judged. `explained_by`: failed checks that are the cause
    of its failure, where one of them failed; a `Finding` where only some ways of failing are.

    Raises ValueError for one without a docstring or known segment, and for an id that is taken.
    """

    def register(judge: F) -> F:
        if not judge.__doc__ or id.partition(".")[0] not in SEGMENTS or not ID.fullmatch(id):
            raise ValueError(f"check {id}: a docstring and a known segment are needed")
        there = _checks.get(id)
        if there is not None and there.judge.__module__ != judge.__module__:
            raise ValueError(f"check {id}: {there.judge.__module__} declares it")
        made = Check(
            id=id,
            needs=tuple(needs),
            party=party,
            judge=judge,
            severity=severity,
            explained_by=tuple(Finding(o) if isinstance(o, str) else o for o in explained_by),
            each=each,
            more_needs=more_needs,
            hosts=_itself if host_subjects else None,
            proves=proves,
        )
        _checks[id] = made
        setattr(judge, ATTRIBUTE, made)
        return judge

    return register


def _itself(subject: str) -> str:
    return subject.partition(PAIR)[0]


def checks() -> tuple[Check, ...]:
    """Lists every check, in the order of the segments and of their files; others' after ours.

    Raises InputError for checks of another distribution that can't be used.
    """
    from onshi_net.checks.others import load

    for name in MODULES:
        import_module(f"onshi_net.checks.{name}")
    load()
    return tuple(sorted(_checks.values(), key=lambda one: SEGMENTS.index(one.segment)))


def declared() -> dict[str, Check]:
    """Answers what is declared so far, by id."""
    return dict(_checks)


def forget(some: Iterable[str]) -> None:
    """Takes checks out again: those of a distribution that can't be used."""
    for name in some:
        _checks.pop(name, None)


def case_of(made: Check, subject: str | None) -> Case:
    """Answers the check of one subject; its needs may name checks that the site does not have."""
    return Case(made, subject, tuple(about(need, subject) for need in made.needs))


def _at_site(made: Check, intent: SiteIntent) -> list[Case]:
    """Answers a check's cases at a site; one that can't say its own subjects is one case."""
    try:
        return [_with_more(intent, case_of(made, one)) for one in made.subjects(intent)]
    except Exception as broken:  # others declare checks; one that breaks costs its own answer only
        log.exception("check %s", made.id)
        return [Case(replace(made, each=None, judge=_breaks(broken)), None, ())]


def _breaks(error: Exception) -> Judge:
    def judge(**_: Any) -> Verdict:
        raise error

    return judge


def _with_more(intent: SiteIntent, case: Case) -> Case:
    """Answers the check with what it needs at this site besides."""
    if case.check.more_needs is None or case.subject is None:
        return case
    more = case.check.more_needs(intent, case.subject)
    return replace(case, needs=(*case.needs, *more))


def cases(intent: SiteIntent, only: str | None = None) -> tuple[Case, ...]:
    """Lists a site's checks so that each stands after what it needs; `only` as in `chosen`."""
    listed = [case for made in checks() for case in _at_site(made, intent)]
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
    about = {case.check.segment, _host(case)}
    return case.id == only or case.id.startswith(f"{only}.") or only in about


def _host(case: Case) -> str:
    """Answers the host that a check is about."""
    return case.check.hosts(case.subject) if case.check.hosts and case.subject else "router"


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
    return result_of(case, skipped(root) if root is not None else verdict, intent.site, root)


def judge(
    evidence: Evidence, intent: SiteIntent, only: str | None = None
) -> tuple[CheckResult, ...]:
    """Judges evidence, each check after those that it needs; needs no device."""
    found: dict[str, CheckResult] = {}
    with judging():
        for case in cases(intent, only):
            found[case.id] = judged(case, evidence, intent, found)
    return in_order(found.values())


def _verdict(case: Case, evidence: Evidence, intent: SiteIntent) -> Verdict:
    try:
        found = case.verdict(evidence, intent)
        _ = found.detail  # which may want a sentence or a value that is not there
        return found
    except Exception as broken:  # others add checks; one that breaks costs its own answer only
        log.exception("check %s", case.id)
        reason = f"{type(broken).__name__}: {broken}"
        return Verdict(State.ERROR, "unmeasured.broken", {"reason": reason}, lack=Lack.CHECK)


def skipped(root: CheckResult) -> Verdict:
    """Answers the verdict of a check whose need failed."""
    return Verdict(State.SKIPPED, "skipped", {"cause": root.title, "id": root.id})


def result_of(
    case: Case, verdict: Verdict, site: str, root: CheckResult | None = None
) -> CheckResult:
    """Answers the result with its texts; a remedy's commands as they are typed for this site."""
    made = case.check
    title = made.title
    if case.subject is not None:
        title = f"{title} ({devices.subject(case.subject, language())})"
    state, severity = verdict.state, verdict.severity or made.severity
    if severity is Severity.NOTICE and state is State.FAILED:
        state = State.PASSED
    elif state is State.PASSED and verdict.severity is None:
        severity = Severity.PROBLEM if made.severity is Severity.NOTICE else made.severity
    explained = made.explained_by if verdict.explained_by is None else verdict.explained_by
    return CheckResult(
        id=case.id,
        segment=made.segment,
        state=state,
        severity=severity,
        explained_by=tuple(one.about(case.subject) for one in explained),
        lack=verdict.lack,
        values={name: _plain(value) for name, value in verdict.values.items()},
        duration_s=verdict.duration_s,
        needs=case.needs,
        title=title,
        detail=verdict.detail,
        clause=text(f"checks.{made.id}.clause"),
        remedy=verdict.remedy or text(f"checks.{made.id}.remedy", site=site, host=_host(case)),
        party=verdict.party or made.party,
        message=verdict.message,
        cause=root.id if root is not None else None,
    )


def _plain(value: object) -> str | int | float | bool:
    """Answers a sentence's value as JSON has it."""
    return value if isinstance(value, str | int | float | bool) else str(value)


def in_order(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Answers the results in the order in which traffic meets the segments."""
    return tuple(sorted(results, key=lambda one: SEGMENTS.index(one.segment)))
