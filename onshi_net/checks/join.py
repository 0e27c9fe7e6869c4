"""One verification of several runs: a laptop with one port measures one network after another.

What a run could not ask for want of a cable, an earlier run that had it may have asked. Its result
counts, with its time, for a day, and until something is changed at the site. Nothing else is taken
over: what a run asked itself and could not measure stays not measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onshi_net.checks.baseline import Traits, traits
from onshi_net.checks.catalogue import judge
from onshi_net.checks.model import CheckResult, State
from onshi_net.errors import InputError
from onshi_net.evidence import Evidence, load
from onshi_net.evidence.runs import verifications
from onshi_net.intent import SiteIntent
from onshi_net.provision.journal import past_runs

WITHIN = timedelta(days=1)
LOOKED_AT = 10
LEGS = ("terminal", "clinic", "line")
FOR_WANT_OF = {
    "unmeasured.no-terminal-leg": "terminal",
    "unmeasured.no-clinic-leg": "clinic",
    "unmeasured.no-pc-leg": "",
    "not-applicable.no-line-leg": "line",
}
"""Sentences of what needs a cable elsewhere, and where ('': in the PC's own network)."""
ASKED_FROM_CLINIC = ("clinic-lan", "receipt-pc")
"""Segments that a laptop asks from the clinic LAN; all others from the terminal network."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier run: when, with which legs, and what came of its checks."""

    taken_at: datetime
    legs: frozenset[str]
    results: tuple[CheckResult, ...]
    traits: Traits


@dataclass(frozen=True, slots=True)
class Judged:
    """What a verification says, with what earlier runs measured for it."""

    results: tuple[CheckResult, ...]
    traits: Traits


def judge_joined(
    evidence: Evidence, intent: SiteIntent, runs: Path, only: str | None = None
) -> Judged:
    """Judges evidence together with the site's earlier runs below `runs`, where it wants any."""
    results, own = judge(evidence, intent, only), traits(evidence, intent)
    here = legs_of(evidence)
    if not any(_wanted(one, here) for one in results):
        return Judged(results, own)
    earlier = earlier_runs(evidence, intent, runs)
    return Judged(joined(evidence, results, earlier), with_earlier_traits(own, evidence, earlier))


def joined(
    evidence: Evidence, results: tuple[CheckResult, ...], earlier: Iterable[Earlier]
) -> tuple[CheckResult, ...]:
    """Answers the results with those of earlier runs (newest first) for want of a cable now."""
    here = legs_of(evidence)
    found = list(results)
    for number, one in enumerate(results):
        leg = _wanted(one, here)
        if leg is None:
            continue
        taken = (
            replace(old, measured_at=run.taken_at)
            for run in earlier
            if leg in run.legs
            for old in run.results
            if old.id == one.id and old.state in {State.PASSED, State.FAILED}
        )
        found[number] = next(taken, one)
    return tuple(found)


def legs_of(evidence: Evidence) -> frozenset[str]:
    """Answers where the laptop stood: terminal, clinic, line."""
    legs = evidence.laptop.legs
    return frozenset(name for name in LEGS if getattr(legs, name) is not None)


def _wanted(one: CheckResult, here: frozenset[str]) -> str | None:
    """Answers the leg for want of which a check was not measured; None: for another reason."""
    if one.state not in {State.ERROR, State.NOT_APPLICABLE}:
        return None
    own = "clinic" if one.segment in ASKED_FROM_CLINIC else "terminal"
    if one.message in FOR_WANT_OF:
        leg = FOR_WANT_OF[one.message] or own
    else:
        leg = own if one.state is State.ERROR and own == "terminal" else ""
    return leg if leg and leg not in here else None


def earlier_runs(evidence: Evidence, intent: SiteIntent, runs: Path) -> tuple[Earlier, ...]:
    """Reads the runs of the day before a measurement, the newest first, since the last change.

    `runs` is the folder of all sites' runs. Runs that can't be read are left out.
    """
    since = max(evidence.taken_at - WITHIN, _last_change(intent, runs))
    found: list[Earlier] = []
    for file in reversed(verifications(runs / intent.site, evidence.taken_at).files[-LOOKED_AT:]):
        try:
            old = load(file)
        except (OSError, ValueError, InputError):
            continue
        if since < old.taken_at < evidence.taken_at:
            found.append(
                Earlier(old.taken_at, legs_of(old), judge(old, intent), traits(old, intent))
            )
    return tuple(found)


def with_earlier_traits(now: Traits, evidence: Evidence, earlier: Iterable[Earlier]) -> Traits:
    """Answers the traits with those that earlier runs found in networks that this one is not in."""
    found = {subject: dict(names) for subject, names in now.items()}
    for run in earlier:
        if run.legs - legs_of(evidence):
            for subject, names in run.traits.items():
                found[subject] = {**names, **found.get(subject, {})}
    return found


def _last_change(intent: SiteIntent, runs: Path) -> datetime:
    """Answers when something was last changed at the site; a recorded identity changes nothing."""
    return max(_changes(intent, runs), default=datetime.min.replace(tzinfo=UTC))


def _changes(intent: SiteIntent, runs: Path) -> Iterator[datetime]:
    hosts = [one.access.host for one in intent.windows]
    places = [(runs, intent.site), *((runs / intent.site, host) for host in hosts)]
    for folder, name in places:
        for run in past_runs(folder, name):
            at = run.events[-1].get("at") if run.events else None
            if isinstance(at, int | float) and not run.folder.name.endswith("-trust"):
                yield datetime.fromtimestamp(at, UTC)
