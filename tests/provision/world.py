"""A pure model of a device, its guard, its cable and the computer that changes it, for the core.

Times are whole seconds. A configuration is the set of steps that it holds, as bits: 0 the old one,
`NEW` the new one, anything else between. What an action does to the device is a row of operations,
and a fate may fall between any two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from onshi_net.provision import core

OLD, NEW = 0, 0b111
OTHER = 0b1000
"""What nobody planned: kept where what runs was not saved."""
BAD = core.Seen.BAD
BOOT_S = 20
SECONDS = 60
SLEEP_S = 500
"""A sleep longer than any guard."""
RUN, NEXT, STRANGER = "run", "next", "stranger"


@dataclass(frozen=True, slots=True)
class Bit:
    """A step of a change."""

    bit: int
    reshapes: bool = False
    needs_restart: bool = False


WHOLE = Bit(NEW.bit_length())
"""The one step of a device that takes a change whole."""
STEPS = (Bit(0), Bit(1, reshapes=True), Bit(2))
RESTARTED = (Bit(0), Bit(1, reshapes=True, needs_restart=True), Bit(2))


class Kind(Enum):
    """The guards that a device may have."""

    SCHEDULE = auto()
    TIMER = auto()
    """Of one console; ended by a broken session or not (`World.drop_is_logout`)."""
    WHOLE = auto()
    """None: it takes all steps at once, and keeps them."""
    NONE = auto()
    """Nothing is to be sent, only saved."""
    UNGUARDED = auto()
    """It has none, and the user said that it is changed all the same."""


class Config(NamedTuple):
    """What runs or is kept: steps, a guard's mark, and its schedule in seconds from then on."""

    steps: int = OLD
    mark: tuple[str, int] | None = None
    """The run, and the uptime at which it is over."""
    schedule: int | None = None


class World(NamedTuple):
    """A moment of it all; a tuple, for hundreds of thousands are made and compared."""

    kind: Kind = Kind.SCHEDULE
    steps: tuple[Bit, ...] = STEPS
    drop_is_logout: bool = True
    now: int = 0
    booted: int = 0
    """When it answers, or began to."""
    running: Config = Config()
    kept: Config = Config()
    due: int | None = None
    """When the schedule fires."""
    timer: tuple[int, Config] | None = None
    orphan: bool = False
    """The timer's console is gone, and nobody can confirm it."""
    session: bool = True
    down_until: int = 0
    old_seen: core.Seen = core.Seen.GOOD
    """What packets show while the old configuration runs."""
    new_seen: core.Seen = core.Seen.GOOD
    own: bool = True
    """Whether the change alone decides what they show."""
    unseen: bool = False
    """Packets could once not be sent, or were lost when they were to show what was before."""
    stranger: bool = False
    """Another device stands at the address."""
    leaked: bool = False
    """Something was sent to it."""

    def at(self, time: int) -> World:
        """Answers the world then, with what was due."""
        world = self
        while True:
            dues = [d for d in (world.due, world.timer and world.timer[0]) if d is not None]
            if not dues or min(dues) > time:
                return world._replace(now=max(world.now, time))
            world = world._replace(now=max(world.now, min(dues)))
            if world.due == min(dues):
                world = world.rebooted()
            elif world.timer is not None:
                world = world._replace(running=world.timer[1], timer=None)

    def rebooted(self) -> World:
        """Answers it after a restart into what it keeps."""
        up = self.now + BOOT_S
        due = None if self.kept.schedule is None else up + self.kept.schedule
        return self._replace(running=self.kept, due=due, timer=None, session=False, booted=up)

    def dropped(self) -> World:
        """Answers it without the session."""
        timer = None if self.drop_is_logout else self.timer
        return self._replace(session=False, timer=timer, orphan=timer is not None)

    @property
    def settled(self) -> World:
        """Answers it when nothing can fire any more."""
        world = self
        while dues := [d for d in (world.due, world.timer and world.timer[0]) if d is not None]:
            world = world.at(max(dues))
        return world

    @property
    def is_worse(self) -> bool:
        """Answers whether packets show that the change makes it worse."""
        known = self.old_seen is core.Seen.GOOD or (self.own and self.old_seen is core.Seen.UNKNOWN)
        in_force = not any(one.needs_restart for one in self.steps)
        return known and in_force and self.new_seen is core.Seen.BAD

    def answers(self) -> tuple[core.Answer, ...]:
        """Answers what packets show; of a device that is away silence, as of one that refuses."""
        seen = self.new_seen if self.running.steps == NEW else self.old_seen
        if self.stranger or max(self.booted, self.down_until) > self.now:
            seen = core.Seen.BAD
        return (core.Answer("check", seen, self.own),)

    def facts(self) -> core.Facts:
        """Answers what the device tells of itself."""
        running, kept = self.running, self.kept
        mark = None
        if running.mark is not None:
            run, until = running.mark
            left = 0.0 if kept.mark else float(until - (self.now - self.booted))
            is_timer = self.kind is Kind.TIMER
            stands = left > 0 if is_timer else running.schedule is not None
            mark = core.Mark(run, "somebody", left, stands, removable=not is_timer)
        return core.Facts(
            is_old=running.steps == OLD,
            is_new=running.steps == NEW,
            keeps_old=kept.steps == OLD,
            keeps_running=kept.steps == running.steps,
            mark=mark,
            left=_left(self.steps, running.steps),
        )


def _left(steps: tuple[Bit, ...], running: int) -> tuple[Bit, ...]:
    if steps == (WHOLE,):
        return () if running == NEW else steps
    return tuple(one for one in steps if not running >> one.bit & 1)


# what an action does


def operations(world: World, state: core.State, action: core.Action) -> tuple[tuple, ...]:  # type: ignore[type-arg]
    """Answers what is sent for an action, in order."""
    match action:
        case core.Send() if world.kind is Kind.WHOLE:
            return (("load",), ("commit", NEW))
        case core.Undo() | core.Mend() if world.kind is Kind.WHOLE:
            return (("load",), ("commit", OLD))
        case core.Keep() if world.kind is Kind.WHOLE:
            return ()
        case core.Arm():
            until = world.now - world.booted + SECONDS + 5
            guard = "timer" if world.kind is Kind.TIMER else "schedule"
            return (("mark", state.run, until), (guard,))
        case core.Send(step):
            return (("set", step.bit),)  # type: ignore[attr-defined]
        case core.Undo(step):
            return (("unset", step.bit),)  # type: ignore[attr-defined]
        case core.Mend():
            return (("old",),)
        case core.Disarm():
            return (("confirm",), ("unschedule",), ("unmark",))
        case core.Keep():
            return (("save",),)
        case core.Restart():
            return (("restart",),)
        case _:
            return ()


def sent(world: World, operation: tuple) -> World:  # type: ignore[type-arg]
    """Answers the world after one line has reached the device."""
    if world.stranger:
        return world._replace(leaked=True)
    running = world.running
    match operation:
        case "mark", run, until:
            return world._replace(running=running._replace(mark=(run, until)))
        case ("schedule",):
            due = world.now + SECONDS
            return world._replace(running=running._replace(schedule=SECONDS), due=due)
        case ("timer",):
            return world._replace(timer=(world.now + SECONDS, running), orphan=False)
        case "set", bit:
            return world._replace(running=running._replace(steps=running.steps | 1 << bit))
        case "unset", bit:
            return world._replace(running=running._replace(steps=running.steps & ~(1 << bit)))
        case ("old",):
            return world._replace(running=running._replace(steps=OLD))
        case ("confirm",):
            return world if world.orphan else world._replace(timer=None)
        case ("unschedule",):
            return world._replace(running=running._replace(schedule=None), due=None)
        case ("unmark",):
            return world._replace(running=running._replace(mark=None))
        case ("load",):
            return world
        case "commit", steps:
            return world._replace(running=Config(steps), kept=Config(steps))
        case ("save",):
            return world._replace(kept=running)
        case _:
            return world.rebooted()


# what may befall it


class Fate(Enum):
    """What befalls an action, between two of its operations."""

    FINE = auto()
    REFUSED = auto()
    """Also a full disk: this computer would not."""
    SLOW = auto()
    """Everything is answered, late; the guard is still there."""
    CUT = auto()
    """The session breaks, and can be opened again at once."""
    CUT_A_WHILE = auto()
    CUT_FOR_LONG = auto()
    ASLEEP = auto()
    """This computer sleeps past the guard; what was on its way arrives afterwards."""
    ASLEEP_AND_CUT = auto()
    POWER = auto()
    """The device is switched off and on."""
    POWER_AND_ASLEEP = auto()
    NO_PACKETS = auto()
    """They can't be sent."""
    LOST_PACKETS = auto()
    """None comes back, though all is well."""
    STOP = auto()
    """The user wants no more; the action ends."""
    BROKEN_OFF = auto()
    """The user breaks the action off."""
    EXCHANGED = auto()
    """Another device comes to stand at the address."""
    KILLED = auto()
    KILLED_ASLEEP = auto()
    """The computer falls asleep, and is killed when it wakes up."""


OF_PACKETS = frozenset({Fate.NO_PACKETS, Fate.LOST_PACKETS})
ENDS = frozenset({Fate.KILLED, Fate.KILLED_ASLEEP})
Result = tuple[World, core.Event | None]
"""What is after an action, and the event; None where the computer is no more."""


def fates(world: World, state: core.State, action: core.Action) -> tuple[tuple[int, Fate], ...]:
    """Answers every fate that an action may have, with the operations that go well before it."""
    return _fates(len(operations(world, state, action)), isinstance(action, core.Measure))


@cache
def _fates(many: int, measures: bool) -> tuple[tuple[int, Fate], ...]:
    return tuple(
        (done, fate)
        for done in range(many + 1)
        for fate in Fate
        if fate is not Fate.FINE
        and not (fate is Fate.STOP and done)
        and not (fate is Fate.REFUSED and done == many and many)
        and (measures or fate not in OF_PACKETS)
    )


def perform(
    world: World, state: core.State, action: core.Action, done: int = 0, fate: Fate = Fate.FINE
) -> Result:
    """Answers the world after an action with a fate, and what the core hears."""
    if isinstance(action, core.Connect | core.Wait):
        return _elapsed(world, action, fate)
    if isinstance(action, core.Measure):
        return _measured(world, fate)
    if not world.session:
        return _heard(world, core.Lost, fate)
    if fate is Fate.FINE and not done:
        return _performed(world, state, action, operations(world, state, action))
    todo = operations(world, state, action)
    for one in todo[:done]:
        world = sent(world, one)
        if not world.session:
            return _heard(world, core.Done, fate)
    return _befallen(world, state, action, todo[done:], fate)


def _measured(world: World, fate: Fate) -> Result:
    """Sends packets: whether the session still stands shows at its next use."""
    lost = (core.Answer("check", core.Seen.BAD, world.own),)
    match fate:
        case Fate.REFUSED:
            return world, core.Refused(world.now)
        case Fate.NO_PACKETS:
            return world._replace(unseen=True), core.Measured(world.now)
        case Fate.LOST_PACKETS:
            unseen = world.unseen or world.running.steps != NEW
            return world._replace(unseen=unseen), core.Measured(world.now, answers=lost)
        case Fate.BROKEN_OFF:
            return world, core.Stopped(world.now)
        case Fate.SLOW | Fate.ASLEEP:
            world = world.at(world.now + (20 if fate is Fate.SLOW else SLEEP_S))
        case Fate.FINE | Fate.STOP:
            pass
        case _:
            world = _struck(world, fate)
    if fate in ENDS:
        return world, None
    return world, core.Measured(world.now, fate is Fate.STOP, world.answers())


def _performed(
    world: World,
    state: core.State,
    action: core.Action,
    todo: tuple[tuple, ...],
    stop: bool = False,  # type: ignore[type-arg]
) -> Result:
    """Does the rest of an action."""
    for one in todo:
        if not world.session:
            return world, core.Lost(world.now)
        world = sent(world, one)
    if isinstance(action, core.Ask):
        if not world.session:
            return world, core.Lost(world.now)
        return world, core.Told(world.now, stop, world.facts())
    if isinstance(action, core.Prove):
        if not world.session:
            return world, core.Lost(world.now)
        if world.running.steps != NEW:
            return world, core.Refused(world.now)
    return world, core.Done(world.now, stop)


def _befallen(
    world: World,
    state: core.State,
    action: core.Action,
    todo: tuple[tuple, ...],
    fate: Fate,  # type: ignore[type-arg]
) -> Result:
    match fate:
        case Fate.REFUSED:
            return world, core.Refused(world.now)
        case Fate.SLOW:
            return _performed(world.at(world.now + 20), state, action, todo)
        case Fate.ASLEEP:
            return _performed(world.at(world.now + SLEEP_S), state, action, todo)
        case Fate.STOP:
            return _performed(world, state, action, todo, stop=True)
        case _:
            return _heard(_struck(world, fate), core.Lost, fate)


def _struck(world: World, fate: Fate) -> World:
    match fate:
        case Fate.CUT_A_WHILE:
            return world.dropped()._replace(down_until=world.now + 15)
        case Fate.CUT_FOR_LONG:
            return world.dropped()._replace(down_until=world.now + 10_000)
        case Fate.ASLEEP_AND_CUT | Fate.KILLED_ASLEEP:
            return world.at(world.now + SLEEP_S).dropped()
        case Fate.POWER:
            return world.rebooted()
        case Fate.POWER_AND_ASLEEP:
            return world.rebooted().at(world.now + SLEEP_S)
        case Fate.EXCHANGED:
            return world.dropped()._replace(stranger=True)
        case _:
            return world.dropped()


def _heard(world: World, kind: type[core.Event], fate: Fate) -> Result:
    if fate in ENDS:
        return world, None
    return world, core.Stopped(world.now) if fate is Fate.BROKEN_OFF else kind(world.now)


def _elapsed(world: World, action: core.Connect | core.Wait, fate: Fate) -> Result:
    """Waits or connects; what befalls the computer or the device does so at the beginning."""
    if fate in {Fate.STOP, Fate.BROKEN_OFF}:
        if action.stoppable:
            return world, core.Stopped(world.now)
        return _elapsed(world, action, Fate.FINE)
    if fate not in {Fate.FINE, Fate.REFUSED, Fate.SLOW}:
        world = world.at(world.now + SLEEP_S) if fate is Fate.ASLEEP else _struck(world, fate)
    if fate in ENDS:
        return world, None
    if isinstance(action, core.Wait):
        world = world.at(-int(-(world.now + action.seconds) // 1))
        return world, core.Done(world.now)
    if world.stranger or fate is Fate.REFUSED:
        return world, core.Refused(world.now)
    ready = max(world.now, world.booted, world.down_until)
    if ready > world.now + action.within_s:
        world = world.at(int(world.now + action.within_s) + 1)
        return world, core.Lost(world.now)
    world = world.at(ready)
    if world.booted > world.now:  # its guard fired meanwhile
        return _elapsed(world, action, Fate.FINE)
    return world._replace(session=True), core.Done(world.now)


# whole runs


def begun(world: World, run: str = RUN) -> core.Next:
    """Begins a change of what the device runs now."""
    facts = world.facts()
    guard = core.Guard(SECONDS, SECONDS + 1, world.kind is not Kind.TIMER)
    return core.begin(
        run,
        guard if facts.left and world.kind not in {Kind.WHOLE, Kind.UNGUARDED} else None,
        facts.left,
        save_first=not facts.keeps_running,
        boot_s=3 * BOOT_S,
        now=world.now,
    )


def arrived(world: World, ours: bool) -> core.Next:
    """Begins to look at what the run before left; without its journal it is not `ours`."""
    return _arrived(world.now, ours)


@cache
def _arrived(now: int, ours: bool) -> core.Next:
    return core.arriving(frozenset({RUN} if ours else ()), 3 * BOOT_S, now)


def carried_on(world: World, following: core.Next) -> tuple[World, core.State, core.End]:
    """Answers how it ends when nothing more befalls it."""
    state, action = following
    for _ in range(200):
        if isinstance(action, core.End):
            return world, state, action
        world, event = perform(world, state, action)
        assert event is not None
        state, action = core.step(state, event)
    raise AssertionError("no end", world, state)


def reachable(world: World) -> World:
    """Answers the world for a later run: the cable is in, the right device is there."""
    ready = world.at(max(world.now, world.booted))
    return ready._replace(down_until=0, stranger=False, session=True)


def untrue(world: World, end: core.End) -> str:
    """Says what is untrue about an ending; nothing for one that is true."""
    running = world.running
    pending = world.due is not None or world.timer is not None
    match end.how:
        case core.Ending.CHANGED:
            good = running == world.kept == Config(NEW)
            good = good and (not world.is_worse or world.unseen)
        case core.Ending.UNDONE:
            good = running == Config(OLD) and world.settled.running.steps == OLD
            good = good and not (isinstance(end.cause, core.Worse) and world.new_seen is not BAD)
        case core.Ending.UNTOUCHED:
            untouched = {OLD} if world.kind is Kind.WHOLE else {OLD, NEW, OTHER}
            good = running.mark is None and running.steps in untouched
        case core.Ending.CLEAR:
            good = running.mark is None and running.steps in {OLD, NEW, OTHER}
        case _:
            return ""
    if not good or (pending and end.how is not core.Ending.STUCK):
        return f"{end.how} of {world}"
    return ""
