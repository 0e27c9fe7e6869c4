"""Everything that may befall a change, once at each of its steps, and what the next run then does.

The model stands in `world`; two fates in one change, in every order, are test_core_explored.py's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from onshi_net.provision import core
from tests.provision.world import (
    BAD,
    NEW,
    OLD,
    OTHER,
    RESTARTED,
    SECONDS,
    STEPS,
    WHOLE,
    Bit,
    Config,
    Fate,
    Kind,
    World,
    arrived,
    begun,
    carried_on,
    fates,
    perform,
    reachable,
    untrue,
)

WORLDS = {
    "schedule": World(),
    "schedule, something else was saved": World(kept=Config(OTHER)),
    "schedule, new ports hold after a restart": World(steps=RESTARTED),
    "timer, a dropped session stops it": World(Kind.TIMER),
    "timer, a dropped session does not": World(Kind.TIMER, drop_is_logout=False),
    "whole, without a guard": World(Kind.WHOLE, steps=(WHOLE,)),
    "only to be saved": World(Kind.NONE, running=Config(NEW)),
    "packets show it to be worse": World(new_seen=BAD),
    "packets fail as they did before": World(old_seen=BAD, new_seen=BAD),
}


@dataclass(frozen=True, slots=True)
class Case:
    """What befell a change, and where that left it."""

    phase: core.Phase
    done: int
    fate: Fate
    world: World
    end: core.End | None
    """None where the computer was killed."""


@cache
def cases(name: str) -> tuple[Case, ...]:
    """Answers each fate at each action of a change that goes well otherwise."""
    return tuple(_cases(WORLDS[name]))


def _cases(start: World) -> Iterator[Case]:
    world, (state, action) = start, begun(start)
    while not isinstance(action, core.End):
        for done, fate in fates(world, state, action):
            struck, event = perform(world, state, action, done, fate)
            end = None
            if event is not None:
                struck, _, end = carried_on(struck, core.step(state, event))
            yield Case(state.phase, done, fate, struck, end)
        world, event = perform(world, state, action)
        assert event is not None
        state, action = core.step(state, event)
    assert action.how is (core.Ending.UNDONE if start.is_worse else core.Ending.CHANGED)


@pytest.mark.parametrize("name", WORLDS)
def test_whatever_befalls_a_step_the_ending_is_true_and_nothing_is_left_between(name: str) -> None:
    for case in cases(name):
        if case.end is not None:
            assert not untrue(case.world, case.end), case
        assert not case.world.leaked, case
        rested = case.world.settled
        if rested.kind is not Kind.TIMER:
            assert rested.running.steps in {OLD, NEW, OTHER}, case


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("journal", ["own", "lost, or another laptop"])
@pytest.mark.parametrize("later_s", [0, 30, SECONDS + 10, 1000])
def test_the_next_run_refuses_while_a_guard_stands_that_is_not_its_own_and_ends_well_else(
    name: str, journal: str, later_s: int
) -> None:
    seen: Counter[core.Ending] = Counter()
    for case in cases(name):
        after = reachable(case.world.at(case.world.now + later_s))
        marked = after.running.mark
        world, _, end = carried_on(after, arrived(after, ours=journal == "own"))
        seen[end.how] += 1
        if end.how is core.Ending.GUARDED:
            assert journal != "own", case
            assert marked, case
            assert after.now - after.booted < marked[1], case
            assert world == after, case  # nothing was done to it
            continue
        assert end.how is core.Ending.CLEAR, case
        assert world.due is None, case
        assert world.timer is None or world.kind is Kind.TIMER, case
        assert world.running.steps in {OLD, NEW, OTHER}, case
        if world.running.steps == OTHER or (not world.facts().left and world.facts().keeps_running):
            continue  # it was never touched, or nothing is left to do
        world, _, end = carried_on(world, begun(world, "next"))
        changed = (core.Ending.CHANGED, Config(NEW), Config(NEW))
        undone = (core.Ending.UNDONE, Config(OLD), world.kept)
        wanted = undone if world.is_worse else changed
        assert (end.how, world.running, world.kept) == wanted, case
    assert seen[core.Ending.CLEAR]


def test_without_a_guard_only_a_killed_or_stuck_change_leaves_a_device_between() -> None:
    between = 0
    for case in _cases(World(Kind.UNGUARDED, kept=Config(OTHER))):
        assert not case.world.leaked, case
        assert case.world.running.mark is None, case
        assert case.end is None or not untrue(case.world, case.end), case
        if case.world.running.steps in {OLD, NEW, OTHER}:
            continue
        between += 1
        assert case.end is None or case.end.how is core.Ending.STUCK, case
        after = reachable(case.world)
        world, _, end = carried_on(after, begun(after, "next"))
        assert (end.how, world.running) == (core.Ending.CHANGED, Config(NEW)), case
    assert between


def test_the_cases_are_thousands() -> None:
    counted = Counter(case.fate for name in WORLDS for case in cases(name))
    every = 2 * 4 + 1  # the next run has its journal or not, at four times
    print(f"{counted.total()} fates at steps, {counted.total() * every} cases: {dict(counted)}")
    assert counted.total() * every > 5000
    assert set(counted) == set(Fate) - {Fate.FINE}


def answered(action: core.Action, now: float, facts: core.Facts) -> core.Event:
    if isinstance(action, core.Ask):
        return core.Told(now, facts=facts)
    return core.Measured(now) if isinstance(action, core.Measure) else core.Done(now)


def test_a_shape_that_the_device_shows_otherwise_is_not_sent_for_ever() -> None:
    shape = Bit(1, reshapes=True)
    facts = replace(World().facts(), left=(shape,), mark=core.Mark("run", "", 60.0, True))
    state, action = begun(World(steps=(shape,)))
    sent = 0
    for now in range(40):
        sent += isinstance(action, core.Send)
        if isinstance(action, core.Prove):
            break
        state, action = core.step(state, answered(action, now, facts))
    assert sent == 2


def test_a_change_that_takes_too_long_is_undone_before_its_guard_does() -> None:
    state, action = begun(World())
    for event in (core.Done(0), core.Measured(0), core.Done(0)):
        state, action = core.step(state, event)
    assert isinstance(action, core.Send)
    state, action = core.step(state, core.Done(SECONDS - 2))
    assert action == core.Undo(STEPS[0])
    assert state.cause is core.Why.OUT_OF_TIME


def test_a_wait_that_the_users_own_stop_began_is_not_ended_by_the_same_stop() -> None:
    for cause, stoppable in ((core.Why.CANCELLED, False), (core.Why.GUARD_GONE, True)):
        state = replace(begun(World())[0], phase=core.Phase.SENDING, cause=cause, armed=True)
        state = replace(state, over=100.0, reconnects=0)
        _, action = core.step(state, core.Lost(10.0))
        assert action == core.Wait(90.0, stoppable)


def test_a_guard_that_the_device_tells_no_time_of_is_respected() -> None:
    mark = core.Mark("other", "somebody", None, stands=True)
    told = core.Told(5.0, facts=replace(World().facts(), mark=mark))
    _, action = core.step(core.arriving(frozenset(), 60.0, 0.0)[0], told)
    assert action == core.End(core.Ending.GUARDED, mark=mark)


GOOD, UNKNOWN = core.Seen.GOOD, core.Seen.UNKNOWN


@pytest.mark.parametrize(
    ("before", "own", "after", "undone"),
    [
        (GOOD, True, BAD, True),
        (GOOD, False, BAD, True),
        (UNKNOWN, True, BAD, True),
        (UNKNOWN, False, BAD, False),  # it waits for the line, which nobody saw alive
        (BAD, True, BAD, False),
        (BAD, False, BAD, False),
        (GOOD, True, UNKNOWN, False),  # this computer may not send packets, or is too slow
        (GOOD, False, UNKNOWN, False),  # the line died meanwhile
        (UNKNOWN, True, UNKNOWN, False),
        (BAD, True, GOOD, False),
    ],
)
def test_packets_undo_a_change_that_makes_something_worse_and_no_other(
    before: core.Seen, own: bool, after: core.Seen, undone: bool
) -> None:
    start = World(old_seen=before, new_seen=after, own=own)
    world, state, end = carried_on(start, begun(start))
    assert not untrue(world, end)
    assert end.how is (core.Ending.UNDONE if undone else core.Ending.CHANGED)
    if undone:
        assert end.cause == core.Worse((core.Answer("check", BAD, own),))
        assert state.proofs == 0
    else:
        assert [one.seen for one in state.after] == [after]


def test_what_holds_after_a_restart_only_is_not_measured_before_it() -> None:
    start = World(steps=RESTARTED, new_seen=BAD)
    _, state, end = carried_on(start, begun(start))
    assert end.how is core.Ending.CHANGED
    assert [one.seen for one in state.after] == [UNKNOWN]


def test_a_check_that_was_not_asked_before_counts_as_not_measured_then() -> None:
    new = core.Answer("inbound", BAD), core.Answer("name", BAD, own=False)
    assert core.worse((), new) == new[:1]


def test_packets_that_are_lost_twice_undo_nothing() -> None:
    world, following = World(), begun(World())
    measured = 0
    while not isinstance(following[1], core.End):
        state, action = following
        measured += isinstance(action, core.Measure)
        lost = isinstance(action, core.Measure) and measured in {2, 3}
        world, event = perform(world, state, action, 0, Fate.LOST_PACKETS if lost else Fate.FINE)
        assert event is not None
        following = core.step(state, event)
    assert measured == 1 + core.PROOFS
    assert following[1].how is core.Ending.CHANGED


def test_what_fails_now_this_and_then_that_is_no_proof_of_anything() -> None:
    one, other = (core.Answer(name, BAD) for name in ("smb", "inbound"))
    state = replace(begun(World())[0], phase=core.Phase.MEASURING_AFTER)
    state, action = core.step(state, core.Measured(1.0, answers=(one,)))
    assert isinstance(action, core.Measure)
    state, action = core.step(state, core.Measured(2.0, answers=(other,)))
    assert (state.doubted, action) == ((), core.Ask(kept=False))


def test_a_device_whose_power_was_cut_while_packets_were_sent_is_not_called_worse() -> None:
    start = World()
    for case in cases_of_measuring(start):
        assert not isinstance(case.cause, core.Worse), case


def cases_of_measuring(start: World) -> Iterator[core.End]:
    for case in _cases(start):
        if case.phase is core.Phase.MEASURING_AFTER and case.end is not None:
            yield case.end


def test_a_change_that_holds_whole_is_stuck_only_where_nobody_reaches_the_device() -> None:
    ends = [case for case in cases("whole, without a guard") if case.end is not None]
    stuck = {case.fate for case in ends if case.end.how is core.Ending.STUCK}
    assert stuck == {Fate.CUT_FOR_LONG, Fate.EXCHANGED}
    for case in ends:
        if case.phase is core.Phase.PROVING and case.fate is Fate.REFUSED:
            assert (case.end.how, case.world.running.steps) == (core.Ending.UNDONE, OLD), case
        if case.fate in {Fate.CUT, Fate.POWER} and case.phase is not core.Phase.BACKING_UP:
            assert case.end.how is core.Ending.CHANGED, case


@pytest.mark.parametrize(
    ("stop", "how"), [(True, core.Ending.UNTOUCHED), (False, core.Ending.STUCK)]
)
def test_an_earlier_runs_change_that_packets_find_bad_is_stuck_unless_the_user_stops(
    stop: bool, how: core.Ending
) -> None:
    bad = (core.Answer("policy.inbound", core.Seen.BAD),)
    state, action = core.begin("r", None, (), save_first=False, boot_s=1, now=0, proves=True)
    while not isinstance(action, core.End):
        event: core.Event = core.Done(0)
        if isinstance(action, core.Measure):
            event = core.Measured(0, stop=stop, answers=bad)
        elif isinstance(action, core.Ask):
            facts = core.Facts(False, True, False, True, mark=None, left=())
            event = core.Told(0, facts=facts)
        state, action = core.step(state, event)
    assert action.how is how
