"""The change of one device as pure decisions: `step(state, event)` answers the next action.

Nothing here talks, waits or looks at a clock. Who drives it (`shell`) performs one action after the
other and hands in how each ended, with the reading of a clock that counts suspend. So every cut,
kill, refusal, sleep and restart at every step can be tried in microseconds (tests/provision/
test_core.py), also against a model of the device (test_core_explored.py).

The way of a change: backup, packets, guard, what differs one by one, proof, packets again, a look
at the device, the guard away, save, a last look. What the device says decides, never what this run
remembers:
- after a broken session it is asked before anything else is sent: a guard that is gone is armed
  anew where the old configuration is back, else the device is restarted into what it keeps;
- before the guard is taken away it is asked whether that stands and the new configuration runs;
- `CHANGED` is said only of a device that was seen to run and keep the new one without any guard.

What packets show decides too (`worse`): a check that fails now, again and again, undoes the change
unless it failed before, or was not seen good before and hangs on more than the change. What could
not be measured undoes nothing, and what hangs on the line can't be while the line is not seen alive
(`checks.proof`).

A device that takes a change whole (one step that holds all at once, and is kept by it) has no guard
and needs none on the way: what is cut before that step leaves it old, and after it new. What comes
then is this computer's: it goes back to the device, proves, and where that fails brings the earlier
configuration back itself. Where it can't reach the device any more, nothing undoes the step, and
the ending is `STUCK`. So it is where a run that was killed after that step left a change that the
next one can't prove: `proves`.

An earlier run is settled by the same steps (`arriving`): the guard's mark on the device says whose
run it is and how long it lasts. From another computer's run the change keeps away while it lasts.
What was left by a run of ours that ended, or whose guard's time is over, is set back at once:
nobody waits for a guard that can be taken away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from math import inf
from typing import Protocol

from onshi_net.platforms.change import Guard, Mark

RECONNECTS = 3
"""Broken sessions that one change survives."""
REARMS = 2
"""Times that a guard which is gone is armed anew."""
RESTARTS = 2
"""Restarts into the kept configuration that are tried; the first may be lost on its way."""
RECONNECT_S = 120.0
"""Longest that a device is waited for in the middle of a change."""
PROOFS = 3
"""Times that packets are sent before a check that fails undoes the change: one may be lost, or a
port may still be coming up."""
MEASURE_S = 15.0
"""Longest that the answers of packets are waited for; a second or two where nothing is held up."""


class Step(Protocol):
    """A part of a change that is sent at once; the driver knows what it says and how to undo it."""

    @property
    def reshapes(self) -> bool:
        """Whether the device moves other parts by it, so that what follows is planned again."""

    @property
    def needs_restart(self) -> bool:
        """Whether it holds only after a restart."""


class Why(Enum):
    """Why a change is undone, where no error of the device says so."""

    OUT_OF_TIME = auto()
    CANCELLED = auto()
    GUARD_GONE = auto()
    NOT_AS_INTENDED = auto()
    NOT_SAVED = auto()


class Seen(Enum):
    """What packets showed of a check."""

    GOOD = auto()
    BAD = auto()
    UNKNOWN = auto()
    """It could not be measured."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One check of `verify`, as packets showed it.

    `own`: the change alone decides it; else it counts only where it was good before. `said` is the
    check's own sentence.
    """

    check: str
    seen: Seen
    own: bool = True
    said: str = ""


@dataclass(frozen=True, slots=True)
class Worse:
    """Why a change is undone after which packets fail that did not fail before."""

    answers: tuple[Answer, ...]


Cause = BaseException | Why | Worse


def worse(before: tuple[Answer, ...], after: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Answers what fails by the change."""
    was = {one.check: one.seen for one in before}

    def counts(one: Answer) -> bool:
        seen = was.get(one.check, Seen.UNKNOWN)
        return seen is Seen.GOOD or (one.own and seen is Seen.UNKNOWN)

    return tuple(one for one in after if one.seen is Seen.BAD and counts(one))


class Ending(Enum):
    """How it ends; each is true of the device as it was seen last."""

    UNTOUCHED = auto()
    """Nothing was changed."""
    CHANGED = auto()
    """The new configuration runs, is kept, and no guard is left."""
    UNDONE = auto()
    """The old configuration runs, and no guard of ours is left."""
    STUCK = auto()
    """It was not seen to be either; what guards it still may bring the old one back."""
    CLEAR = auto()
    """Of an arrival: no run's guard is left, the device may be planned for."""
    GUARDED = auto()
    """Of an arrival: another run's guard stands."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a device says of itself; its configuration is compared without the guard's own parts."""

    is_old: bool
    """It runs what it ran before the change."""
    is_new: bool
    """It runs what it shall."""
    keeps_old: bool
    """A restart would bring what it ran before the change; of an arrival: what it keeps."""
    keeps_running: bool
    """A restart would bring what it runs."""
    mark: Mark | None
    left: tuple[Step, ...]
    """What is missing to the new configuration."""


# actions


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks the device for its `Facts`; without `kept` for those of what runs only."""

    kept: bool = True


@dataclass(frozen=True, slots=True)
class Backup:
    """Keeps the configurations before the change."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Arms the guard and marks it; in place of what is left of one of this run."""


@dataclass(frozen=True, slots=True)
class Send:
    """Sends a step; `after` is what will follow it."""

    step: Step
    after: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """Undoes a step."""

    step: Step


@dataclass(frozen=True, slots=True)
class Mend:
    """Sends what is missing to the old configuration."""


@dataclass(frozen=True, slots=True)
class Prove:
    """Proves the change over a session of its own."""

    within_s: float


@dataclass(frozen=True, slots=True)
class Measure:
    """Asks with packets what the change owns."""

    within_s: float


@dataclass(frozen=True, slots=True)
class Disarm:
    """Takes away what stands of a guard, its mark last."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Saves what runs."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Restarts the device into what it keeps."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Opens a session, again and again within the seconds."""

    within_s: float
    stoppable: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Waits until a guard can't fire any more."""

    seconds: float
    stoppable: bool


@dataclass(frozen=True, slots=True)
class End:
    """There is nothing more to do."""

    how: Ending
    cause: Cause | None = None
    mark: Mark | None = None


Action = (
    Ask
    | Backup
    | Arm
    | Send
    | Undo
    | Mend
    | Prove
    | Measure
    | Disarm
    | Keep
    | Restart
    | Connect
    | Wait
    | End
)


# events


@dataclass(frozen=True, slots=True)
class Event:
    """How an action ended, at a reading of the clock.

    `stop`: the user wants no more to be begun.
    """

    now: float
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Done(Event):
    """As it should."""


@dataclass(frozen=True, slots=True)
class Told(Event):
    """The device told its facts."""

    facts: Facts = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Measured(Event):
    """Packets were answered, or not; a check that is missing was not measured."""

    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """The device, or this computer, would not."""

    cause: Cause = Why.NOT_AS_INTENDED


@dataclass(frozen=True, slots=True)
class Lost(Event):
    """No session; whether the device still did it is not known."""

    cause: Cause = Why.NOT_AS_INTENDED


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """The user broke it off in the middle."""


class Phase(Enum):
    """What a change waits for."""

    ARRIVING = auto()
    COMING_BACK = auto()
    CLEARING = auto()
    SETTING_BACK = auto()

    BACKING_UP = auto()
    KEEPING_FIRST = auto()
    MEASURING_BEFORE = auto()
    ARMING = auto()
    SENDING = auto()
    PLANNING_AGAIN = auto()
    PROVING = auto()
    MEASURING_AFTER = auto()
    LOOKING = auto()
    DISARMING = auto()
    KEEPING = auto()
    CLOSING = auto()
    TAKING_HOLD = auto()

    RECONNECTING = auto()
    RETURNING = auto()

    UNDOING = auto()
    COMPARING = auto()
    MENDING = auto()
    WITHDRAWING = auto()
    WAITING = auto()
    RESTORING = auto()
    REOPENING = auto()
    RESTING = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class State:
    """Where a change stands. Times are readings of the shell's clock."""

    phase: Phase
    run: str
    boot_s: float
    """Seconds within which a restarted device answers again."""
    guard: Guard | None = None
    todo: tuple[Step, ...] = ()
    sent: tuple[Step, ...] = ()
    """What may have reached the device, in order."""
    undo: tuple[Step, ...] = ()
    save_first: bool = False
    proves: bool = False
    """An earlier run's change, which nobody proved, is all that there may be to prove."""
    armed: bool = False
    hurry: float = inf
    """The guard fires then at the earliest."""
    over: float = -inf
    """No guard of this run can fire later."""
    at: float = 0.0
    """When the action was begun that it waits for."""
    reconnects: int = RECONNECTS
    rearms: int = REARMS
    restarts: int = RESTARTS
    before: tuple[Answer, ...] = ()
    """What packets showed before the change."""
    after: tuple[Answer, ...] = ()
    """What they showed after it, the last time."""
    proofs: int = PROOFS
    doubted: tuple[Answer, ...] = ()
    """What has failed every time since the change was proved."""
    cause: Cause | None = None
    """Why it is being undone."""
    released: bool = False
    """It was proved, and the guard's removal may have reached the device."""
    disarmed: bool = False
    """The guard's removal was answered."""
    mended: bool = False
    ours: frozenset[str] = frozenset()
    """Of an arrival: the runs of this computer that nobody finished."""


Next = tuple[State, Action]


def arriving(ours: frozenset[str], boot_s: float, now: float) -> Next:
    """Begins to look at what earlier runs left on a device that a session is open to."""
    return State(Phase.ARRIVING, "", boot_s, ours=ours, at=now), Ask()


def begin(
    run: str,
    guard: Guard | None,
    todo: tuple[Step, ...],
    *,
    save_first: bool,
    boot_s: float,
    now: float,
    proves: bool = False,
) -> Next:
    """Begins a change; `save_first`: what runs is not kept yet, and the guard brings what is.

    `guard` is None where there is nothing to send, so that there is only to prove and save, and of
    a device that takes `todo` whole. `proves`: what runs is an earlier run's, and was not proved.
    """
    state = State(Phase.BACKING_UP, run, boot_s, guard, todo, save_first=save_first, at=now)
    return replace(state, proves=proves), Backup()


Turn = tuple[State, Phase, Action]
"""What an event makes of a change, its next phase, and what to do there."""


def step(state: State, event: Event) -> Next:
    """Answers what to do next, and where the change stands then. Pure."""
    after, phase, action = _HANDLERS[state.phase](state, event)
    return replace(after, phase=phase, at=event.now), action


def _end(state: State, how: Ending, cause: Cause | None = None, mark: Mark | None = None) -> Turn:
    return state, Phase.ENDED, End(how, cause, mark)


def _to(state: State, phase: Phase, action: Action) -> Turn:
    return state, phase, action


def _cause_of(event: Event) -> Cause:
    return event.cause if isinstance(event, Refused | Lost) else Why.CANCELLED


# an arrival


def _arriving(state: State, event: Event) -> Turn:
    if not isinstance(event, Told):
        return _end(state, Ending.UNTOUCHED, _cause_of(event))
    facts, mark = event.facts, event.facts.mark
    if mark is None:
        return _end(state, Ending.CLEAR)
    if mark.run not in state.ours and not mark.over:
        return _end(state, Ending.GUARDED, mark=mark)
    # Without a guard that stands it was proved and let go; with one it is anybody's guess. A guard
    # that shows nowhere ends by a restart alone.
    let_go = facts.is_new and not mark.stands
    if mark.removable and (facts.keeps_running or let_go):
        return _to(state, Phase.CLEARING, Disarm())
    if state.restarts:
        return _to(replace(state, restarts=state.restarts - 1), Phase.SETTING_BACK, Restart())
    return _end(state, Ending.STUCK, Why.GUARD_GONE)


def _setting_back(state: State, event: Event) -> Turn:
    if isinstance(event, Stopped):
        return _end(state, Ending.UNTOUCHED, Why.CANCELLED)
    return _to(state, Phase.COMING_BACK, Connect(state.boot_s, stoppable=True))


def _coming_back(state: State, event: Event) -> Turn:
    if not isinstance(event, Done):
        return _end(state, Ending.UNTOUCHED, _cause_of(event))
    return _to(state, Phase.ARRIVING, Ask())


def _clearing(state: State, event: Event) -> Turn:
    if isinstance(event, Done):
        return _end(state, Ending.CLEAR)
    return _end(state, Ending.UNTOUCHED, _cause_of(event))


# the way of a change


def _backing_up(state: State, event: Event) -> Turn:
    if not isinstance(event, Done) or event.stop:
        return _end(state, Ending.UNTOUCHED, _cause_of(event))
    if state.save_first and state.todo:
        return _to(state, Phase.KEEPING_FIRST, Keep())
    return _measure_or_prove(state, event)


def _keeping_first(state: State, event: Event) -> Turn:
    if not isinstance(event, Done) or event.stop:
        return _end(state, Ending.UNTOUCHED, _cause_of(event))
    return _measure_or_prove(state, event)


def _measure_or_prove(state: State, event: Event) -> Turn:
    if not state.todo:  # nothing is changed, so nothing can be made worse
        return _go_on(state, event)
    return _measure_before(state)


def _measure_before(state: State) -> Turn:
    return _to(state, Phase.MEASURING_BEFORE, Measure(MEASURE_S))


def _measuring_before(state: State, event: Event) -> Turn:
    if not isinstance(event, Measured) or event.stop:
        return _undo(state, _cause_of(event))
    measured = replace(state, before=event.answers)
    return _arm(measured) if state.guard else _go_on(measured, event)


def _arm(state: State) -> Turn:
    return _to(replace(state, armed=True), Phase.ARMING, Arm())


def _arming(state: State, event: Event) -> Turn:
    seconds, lasts_s = (state.guard.seconds, state.guard.lasts_s) if state.guard else (inf, 0.0)
    armed = replace(state, hurry=state.at + seconds, over=max(state.over, event.now + lasts_s))
    if isinstance(event, Done):
        return _go_on(armed, event)
    if isinstance(event, Refused):
        return _undo(armed, event.cause)
    return _lost(armed, event)


def _go_on(state: State, event: Event) -> Turn:
    """Sends what is left, then proves."""
    if event.stop:
        return _undo(state, Why.CANCELLED)
    if _late(state, event.now):
        return _undo(state, Why.OUT_OF_TIME)
    if state.todo:
        return _to(state, Phase.SENDING, Send(state.todo[0], state.todo[1:]))
    fresh = replace(state, proofs=PROOFS, doubted=())
    return _to(fresh, Phase.PROVING, Prove(state.hurry - event.now))


def _late(state: State, now: float) -> bool:
    return state.guard is not None and now > state.hurry - state.guard.margin_s


def _sending(state: State, event: Event) -> Turn:
    one = state.todo[0]
    sent = replace(state, sent=(*state.sent, one), todo=state.todo[1:])
    if isinstance(event, Refused):
        return _undo(sent, event.cause)
    if not isinstance(event, Done):
        return _lost(sent, event)
    if one.reshapes and sent.sent.count(one) == 1:
        return _to(sent, Phase.PLANNING_AGAIN, Ask(kept=False))
    return _go_on(sent, event)


def _planning_again(state: State, event: Event) -> Turn:
    if isinstance(event, Told):
        if not _holds(state, event.facts):
            return _to(state, Phase.RETURNING, Ask())
        return _go_on(replace(state, todo=event.facts.left), event)
    if isinstance(event, Refused):
        return _undo(state, event.cause)
    return _lost(state, event)


def _proving(state: State, event: Event) -> Turn:
    if isinstance(event, Done):
        return _measure_or_look(state, event)
    if isinstance(event, Refused):
        return _undo(state, event.cause)
    return _lost(state, event)


def is_measured(state: State) -> bool:
    """Answers whether packets are asked what holds once the change is proved otherwise."""
    return bool(state.sent or state.proves) and not _awaits_restart(state)


def _awaits_restart(state: State) -> bool:
    return any(one.needs_restart for one in state.sent)


def _measure_or_look(state: State, event: Event) -> Turn:
    if not (state.sent or state.proves):
        return _look(state)
    if _awaits_restart(state):  # until then packets go the old way
        unknown = tuple(replace(one, seen=Seen.UNKNOWN) for one in state.before)
        return _look(replace(state, after=unknown))
    return _measure(state, event)


def _measure(state: State, event: Event) -> Turn:
    within = max(1.0, min(state.hurry - event.now, MEASURE_S))
    return _to(state, Phase.MEASURING_AFTER, Measure(within))


def _measuring_after(state: State, event: Event) -> Turn:
    if isinstance(event, Refused):
        return _undo(state, event.cause)
    if not isinstance(event, Measured):
        return _lost(state, event)
    if event.stop:
        return _undo(state, Why.CANCELLED)
    failing = worse(state.before, event.answers)
    if state.proofs < PROOFS:
        before = {one.check for one in state.doubted}
        failing = tuple(one for one in failing if one.check in before)
    state = replace(state, after=event.answers, doubted=failing, proofs=state.proofs - 1)
    if failing and state.proofs and not _late(state, event.now):
        return _measure(state, event)
    return _look(state)


def _look(state: State) -> Turn:
    return _to(state, Phase.LOOKING, Ask(kept=False))


def _looking(state: State, event: Event) -> Turn:
    """Looks at the device once more before its guard goes."""
    if isinstance(event, Refused):
        return _undo(state, event.cause)
    if not isinstance(event, Told):
        return _lost(state, event)
    if event.stop:
        return _undo(state, Why.CANCELLED)
    if not _holds(state, event.facts):
        return _to(state, Phase.RETURNING, Ask())
    if state.doubted:  # the device is there as it was proved, so what fails is the change's
        return _undo(state, Worse(state.doubted))
    if state.guard is None:
        if not event.facts.is_new:
            return _undo(state, Why.NOT_AS_INTENDED)
        return _to(replace(state, released=True), Phase.KEEPING, Keep())
    if _late(state, event.now):
        return _undo(state, Why.OUT_OF_TIME)
    if not event.facts.is_new:
        return _undo(state, Why.NOT_AS_INTENDED)
    return _to(replace(state, released=True), Phase.DISARMING, Disarm())


def _guarded(state: State, facts: Facts) -> bool:
    return facts.mark is not None and facts.mark.run == state.run and facts.mark.stands


def _holds(state: State, facts: Facts) -> bool:
    """Answers whether the change may go on as far as its guard is concerned."""
    return state.guard is None or _guarded(state, facts)


def _disarming(state: State, event: Event) -> Turn:
    if isinstance(event, Done):
        return _to(replace(state, disarmed=True), Phase.KEEPING, Keep())
    return _again(state, event)


def _keeping(state: State, event: Event) -> Turn:
    if isinstance(event, Done):
        return _to(state, Phase.CLOSING, Ask())
    return _again(state, event)


def _again(state: State, event: Event) -> Turn:
    """What was refused, or got no answer, after the proof: the device says what is still to do."""
    if not isinstance(event, Refused):
        return _lost(state, event)
    if not state.reconnects:
        return _wait_out(state, event.cause, event.now)
    fewer = replace(state, reconnects=state.reconnects - 1, cause=event.cause)
    return _to(fewer, Phase.CLOSING, Ask())


def _closing(state: State, event: Event) -> Turn:
    if isinstance(event, Told):
        return _after_release(state, event)
    return _again(state, event)


def _after_release(state: State, event: Told) -> Turn:
    facts = event.facts
    if not facts.is_new:
        why = Why.NOT_AS_INTENDED if state.guard is None else Why.GUARD_GONE
        return _rest(replace(state, cause=state.cause or why), event)
    if facts.mark is not None:
        if facts.mark.run != state.run:
            return _end(state, Ending.STUCK, Why.GUARD_GONE)
        return _once_more(state, Phase.DISARMING, Disarm())
    if not facts.keeps_running:
        return _once_more(state, Phase.KEEPING, Keep())
    if any(one.needs_restart for one in state.sent) and state.restarts:
        spent = replace(state, restarts=0)
        return _to(spent, Phase.TAKING_HOLD, Restart())
    return _end(state, Ending.CHANGED)


def _once_more(state: State, phase: Phase, action: Action) -> Turn:
    if not state.reconnects:
        return _end(state, Ending.STUCK, state.cause or Why.NOT_SAVED)
    return _to(replace(state, reconnects=state.reconnects - 1), phase, action)


# a broken session


def _lost(state: State, event: Event) -> Turn:
    """Goes back to a device that is cut off, as long as its guard lets that be of use."""
    if isinstance(event, Stopped) and not state.released:
        state = replace(state, cause=state.cause or Why.CANCELLED)
    usable = state.guard is None or state.guard.survives_loss or state.disarmed
    if not state.reconnects or not usable:
        return _wait_out(state, _cause_of(event), event.now)
    if state.guard is None and not (state.sent or state.released):
        return _end(state, Ending.UNTOUCHED, _cause_of(event))
    fewer = replace(state, reconnects=state.reconnects - 1)
    turned = state.guard is not None and (state.released or state.cause is not None)
    left = state.over if turned else state.hurry
    within = max(1.0, min(left - event.now, RECONNECT_S))
    return _to(fewer, Phase.RECONNECTING, Connect(within, stoppable=_stoppable(fewer)))


def _stoppable(state: State) -> bool:
    """A wait that the user's own stop has begun is not ended by the same."""
    return state.cause is not Why.CANCELLED


def _reconnecting(state: State, event: Event) -> Turn:
    if isinstance(event, Done):
        return _to(state, Phase.RETURNING, Ask())
    if isinstance(event, Stopped):
        return _end(state, Ending.STUCK, Why.CANCELLED)
    return _wait_out(state, _cause_of(event), event.now)


def _returning(state: State, event: Event) -> Turn:
    if isinstance(event, Told):
        return _judge(state, event)
    if isinstance(event, Refused) and not state.released:
        return _undo(state, event.cause)
    return _again(state, event)


def _judge(state: State, event: Told) -> Turn:
    """Decides by what the device says how the change goes on."""
    if state.released:
        return _after_release(state, event)
    if state.cause is not None:
        return _rest(state, event)
    facts = event.facts
    if _holds(state, facts):
        return _go_on(replace(state, todo=facts.left), event)
    others = facts.mark is not None and facts.mark.run != state.run
    if not facts.is_old or others or not state.rearms or event.stop:
        why = Why.CANCELLED if event.stop else Why.GUARD_GONE
        return _rest(replace(state, cause=why), event)
    # Its guard has fired, or its power was cut: nothing of the change is left. What packets showed
    # before may have been that it was away.
    return _measure_before(replace(state, rearms=state.rearms - 1, todo=facts.left, sent=()))


# when it fails


def _undo(state: State, cause: Cause) -> Turn:
    """Undoes step by step, the last first."""
    state = replace(state, cause=state.cause or cause, undo=state.sent[::-1])
    if not state.armed and not state.sent:
        stuck = state.proves and cause is not Why.CANCELLED  # nobody has the earlier configuration
        return _end(state, Ending.STUCK if stuck else Ending.UNTOUCHED, cause)
    return _undo_next(state)


def _undo_next(state: State) -> Turn:
    if state.undo:
        return _to(state, Phase.UNDOING, Undo(state.undo[0]))
    return _to(state, Phase.COMPARING, Ask())


def _undoing(state: State, event: Event) -> Turn:
    if isinstance(event, Done | Refused):  # the line that failed needs no undo
        return _undo_next(replace(state, undo=state.undo[1:]))
    return _lost(state, event)


def _comparing(state: State, event: Event) -> Turn:
    if not isinstance(event, Told):
        return _lost(state, event)
    if event.facts.is_old or state.mended or not _guarded(state, event.facts):
        return _rest(state, event)
    return _to(replace(state, mended=True), Phase.MENDING, Mend())


def _mending(state: State, event: Event) -> Turn:
    if isinstance(event, Done | Refused):
        return _to(state, Phase.COMPARING, Ask())
    return _lost(replace(state, mended=state.guard is not None), event)


def _rest(state: State, event: Told) -> Turn:
    """Brings the device to rest with its old configuration."""
    facts, mark = event.facts, event.facts.mark
    if mark is not None and mark.run != state.run:
        how = Ending.UNDONE if facts.is_old else Ending.STUCK
        return _end(state, how, state.cause)
    if facts.is_old:
        if mark is None:
            return _end(state, Ending.UNDONE, state.cause)
        return _to(state, Phase.WITHDRAWING, Disarm())
    if state.guard is None and not (state.mended or state.released):
        return _to(replace(state, mended=True), Phase.MENDING, Mend())
    if facts.keeps_old and state.restarts:
        return _to(replace(state, restarts=state.restarts - 1), Phase.RESTORING, Restart())
    if event.now < state.over:
        return _wait_out(state, state.cause or Why.GUARD_GONE, event.now)
    return _end(state, Ending.STUCK, state.cause)


def _withdrawing(state: State, event: Event) -> Turn:
    if isinstance(event, Done):
        return _end(state, Ending.UNDONE, state.cause)
    if isinstance(event, Refused):
        return _wait_out(state, event.cause, event.now)
    return _lost(state, event)


def _wait_out(state: State, cause: Cause, now: float) -> Turn:
    """Lets the guard's time go by; then the device says what it is."""
    state = replace(state, cause=state.cause or cause)
    if state.over <= now:
        return _reopen(state)
    return _to(state, Phase.WAITING, Wait(state.over - now, stoppable=_stoppable(state)))


def _reopen(state: State) -> Turn:
    connect = Connect(state.boot_s, stoppable=_stoppable(state))
    return _to(state, Phase.REOPENING, connect)


def _waiting(state: State, event: Event) -> Turn:
    if isinstance(event, Stopped):
        return _end(state, Ending.STUCK, Why.CANCELLED)
    return _reopen(state)


def _restoring(state: State, event: Event) -> Turn:
    if isinstance(event, Stopped):
        return _end(state, Ending.STUCK, Why.CANCELLED)
    return _reopen(state)


def _reopening(state: State, event: Event) -> Turn:
    if isinstance(event, Done):
        return _to(state, Phase.RESTING, Ask())
    if isinstance(event, Stopped):
        return _end(state, Ending.STUCK, Why.CANCELLED)
    if event.now < state.over:
        return _wait_out(state, _cause_of(event), event.now)
    return _end(state, Ending.STUCK, state.cause or _cause_of(event))


def _resting(state: State, event: Event) -> Turn:
    if isinstance(event, Told):
        return _after_release(state, event) if state.released else _rest(state, event)
    if isinstance(event, Stopped) or not state.reconnects:
        return _end(state, Ending.STUCK, state.cause or _cause_of(event))
    return _reopen(replace(state, reconnects=state.reconnects - 1))


_HANDLERS: dict[Phase, Callable[[State, Event], Turn]] = {
    Phase.ARRIVING: _arriving,
    Phase.SETTING_BACK: _setting_back,
    Phase.COMING_BACK: _coming_back,
    Phase.CLEARING: _clearing,
    Phase.BACKING_UP: _backing_up,
    Phase.KEEPING_FIRST: _keeping_first,
    Phase.MEASURING_BEFORE: _measuring_before,
    Phase.ARMING: _arming,
    Phase.SENDING: _sending,
    Phase.PLANNING_AGAIN: _planning_again,
    Phase.PROVING: _proving,
    Phase.MEASURING_AFTER: _measuring_after,
    Phase.LOOKING: _looking,
    Phase.DISARMING: _disarming,
    Phase.KEEPING: _keeping,
    Phase.CLOSING: _closing,
    Phase.TAKING_HOLD: _restoring,
    Phase.RECONNECTING: _reconnecting,
    Phase.RETURNING: _returning,
    Phase.UNDOING: _undoing,
    Phase.COMPARING: _comparing,
    Phase.MENDING: _mending,
    Phase.WITHDRAWING: _withdrawing,
    Phase.WAITING: _waiting,
    Phase.RESTORING: _restoring,
    Phase.REOPENING: _reopening,
    Phase.RESTING: _resting,
}
