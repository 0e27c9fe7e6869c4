"""One verification of several runs: a laptop with one port measures one network after another.

What a run could not ask for want of a cable, an earlier run that had it may have asked. Its result
counts, with its time, for a day, and until something is changed at the site. Nothing else is taken
over: what a run asked itself and could not measure stays not measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onshi_net.checks.baseline import Traits, traits
from onshi_net.checks.catalogue import judge
from onshi_net.checks.model import CheckResult, Lack, State
from onshi_net.errors import InputError
from onshi_net.evidence import Evidence, load
from onshi_net.evidence.runs import verifications
from onshi_net.intent import SiteIntent
from onshi_net.provision.journal import past_runs

WITHIN = timedelta(days=1)
LOOKED_AT = 10
LEGS = ("terminal", "clinic", "line")
FOR_WANT_OF = {
    Lack.TERMINAL_LEG: "terminal",
    Lack.CLINIC_LEG: "clinic",
    Lack.PC_LEG: "",
    Lack.LINE_LEG: "line",
}
"""What needs a cable elsewhere, and where ('': in the PC's own network)."""
ASKED_FROM_CLINIC = ("clinic-lan", "receipt-pc")
"""Segments that a laptop asks from the clinic LAN; all others from the terminal network."""
ASKED_FROM_BOTH = ("policy",)
"""With checks of both: only a lack of `FOR_WANT_OF` tells which cable they want."""
COUNT = frozenset({State.PASSED, State.FAILED})


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier run: when, with which legs, and what came of its checks."""

    taken_at: datetime
    legs: frozenset[str]
    results: tuple[CheckResult, ...]
    traits: Traits

    def of(self, name: str) -> CheckResult | None:
        """Answers what came of a check."""
        return next((one for one in self.results if one.id == name), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a verification says, with what earlier runs measured for it."""

    results: tuple[CheckResult, ...]
    traits: Traits


def judge_joined(
    evidence: Evidence, intent: SiteIntent, runs: Path, only: str | None = None
) -> Judged:
    """Judges evidence together with the site's earlier runs below `runs`, where it wants any.

    A laptop that measured nothing at all wants no cable; where it can't be told what changed at the
    site since, nothing earlier counts.
    """
    alone = Judged(judge(evidence, intent, only), traits(evidence, intent))
    here = legs_of(evidence)
    if evidence.laptop.probe.unmeasured or not here:
        return alone
    if not any(_wanted(one, here) for one in alone.results):
        return alone
    try:
        earlier = earlier_runs(evidence, intent, runs)
    except (OSError, ValueError, OverflowError, InputError):
        return alone
    return Judged(
        joined(evidence, alone.results, earlier),
        with_earlier_traits(alone.traits, evidence, intent, earlier),
    )


def joined(
    evidence: Evidence, results: tuple[CheckResult, ...], earlier: Sequence[Earlier]
) -> tuple[CheckResult, ...]:
    """Answers the results with those of earlier runs (newest first) for want of a cable now.

    The newest run with that cable decides: what it could not measure, no older one tells. That the
    line was dead once says nothing: its cable here is optional, and it may be mended.
    """
    here = legs_of(evidence)
    found = list(results)
    for number, one in enumerate(results):
        run = _newest_with(_wanted(one, here), earlier)
        old = run.of(one.id) if run is not None else None
        counts = {State.PASSED} if one.state is State.NOT_APPLICABLE else COUNT
        if run is not None and old is not None and old.state in counts:
            found[number] = replace(old, measured_at=run.taken_at)
    return tuple(found)


def _newest_with(leg: str | None, earlier: Sequence[Earlier]) -> Earlier | None:
    """Answers the newest run that had a leg."""
    return next((run for run in earlier if leg in run.legs), None)


def legs_of(evidence: Evidence) -> frozenset[str]:
    """Answers where the laptop stood: terminal, clinic, line."""
    legs = evidence.laptop.legs
    return frozenset(name for name in LEGS if getattr(legs, name) is not None)


def _wanted(one: CheckResult, here: frozenset[str]) -> str | None:
    """Answers the leg for want of which a check was not measured; None: for another reason."""
    if one.state not in {State.ERROR, State.NOT_APPLICABLE}:
        return None
    own = "clinic" if one.segment in ASKED_FROM_CLINIC else "terminal"
    if one.lack in FOR_WANT_OF:
        leg = FOR_WANT_OF[one.lack] or own
    elif one.state is State.ERROR and one.segment not in (*ASKED_FROM_CLINIC, *ASKED_FROM_BOTH):
        leg = own
    else:
        leg = ""
    return leg if leg and leg not in here else None


def earlier_runs(evidence: Evidence, intent: SiteIntent, runs: Path) -> tuple[Earlier, ...]:
    """Reads the runs of the day before a measurement, the newest first, since the last change.

    `runs` is the folder of all sites' runs. Runs that can't be read are left out.
    """
    since = max(evidence.taken_at - WITHIN, _last_change(intent, runs, evidence.taken_at))
    found: list[Earlier] = []
    for file in reversed(verifications(runs / intent.site, evidence.taken_at).files[-LOOKED_AT:]):
        try:
            old = load(file)
        except (OSError, ValueError, InputError):
            continue
        if old.site == intent.site and since < old.taken_at < evidence.taken_at:
            found.append(
                Earlier(old.taken_at, legs_of(old), judge(old, intent), traits(old, intent))
            )
    return tuple(found)


def with_earlier_traits(
    now: Traits, evidence: Evidence, intent: SiteIntent, earlier: Sequence[Earlier]
) -> Traits:
    """Answers the traits with those of devices in networks that this run is not in."""
    here = legs_of(evidence)
    found = {subject: dict(names) for subject, names in now.items()}
    in_clinic = {one.name for one in intent.receipt_pcs}
    for subject in {name for run in earlier for name in run.traits}:
        leg = "clinic" if subject in in_clinic else "terminal"
        run = None if leg in here else _newest_with(leg, earlier)
        if run is not None and subject in run.traits:
            found[subject] = {**run.traits[subject], **found.get(subject, {})}
    return found


def _last_change(intent: SiteIntent, runs: Path, until: datetime) -> datetime:
    """Answers when something was last changed at the site, of changes that began before `until`.

    A device whose identity was recorded may be another one: that is a change too.
    """
    ends = (last for first, last in _changes(intent, runs) if first <= until)
    return max(ends, default=datetime.min.replace(tzinfo=UTC))


def _changes(intent: SiteIntent, runs: Path) -> Iterator[tuple[datetime, datetime]]:
    """Answers when each change began and ended."""
    hosts = [one.access.host for one in intent.windows]
    places = [(runs, intent.site), *((runs / intent.site, host) for host in hosts)]
    for folder, name in places:
        for run in past_runs(folder, name):
            times = [
                event["at"] for event in run.events if isinstance(event.get("at"), int | float)
            ]
            if times:
                first, last = times[0], times[-1]
                yield datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)
