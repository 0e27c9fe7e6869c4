"""The router's own undo, armed before a change, and the mark by which everybody finds it there.

A guard is one of these, the first that the router has:
- `delay`: `schedule at N +S * restart` restarts it into its saved configuration S seconds later
  (RTX command reference 37.1; the form is the vendor's own advice for work from afar);
- `clock`: the same by the router's clock, each day at that second, so that a clock which is set
  past it meanwhile puts it off by a day at most;
- `timer`: `rollback timer S` restores the running configuration unless `confirm` comes (56.7.31).

The schedule comes first because it stands in the configuration, where it can be seen, and belongs
to no console. The timer shows nowhere, and belongs to the console that armed it: a logout ends it,
and whether a dropped connection counts as logout is not documented. A change whose console broke
can't confirm it any more, so with a timer alone a broken session ends the change.

The mark is a `description` (4.56: a number and 64 letters at most) of the same number as the
schedule: `onshi/KIND/RUN/UNTIL/WHO`. RUN is the name of the run's folder, UNTIL the router's uptime
at which the guard is over for sure, in seconds, or `-` where it tells none. It is set before the
guard and taken away after it, so it stands as long as anything may still fire; it is never saved.
"""

from __future__ import annotations

import getpass
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from onshi_net.model import RouterModel
from onshi_net.model.firmware import Firmware
from onshi_net.platforms.change import Mark
from onshi_net.platforms.yamaha.model import family_of
from onshi_net.platforms.yamaha.rules import key_of

SHORTEST_S, LONGEST_S = 2, 3000
"""`schedule at N +S` takes 3600 s at most (37.1)."""
BOOT_S = 180.0
"""Seconds after which a restarted router must answer again (inference: RTX routers start in about a
minute).
"""
SLACK_S = 5
"""Seconds that the mark lasts longer than the guard: it is set, and its answer awaited, before."""
_FIRST_ID = 90
_WHO = 18
"""Letters of a user and computer that fit into the mark."""
_MARK = re.compile(
    r'description (?P<number>\d+) "?onshi/(?P<kind>[dct])/(?P<run>[0-9TZ.]+)'
    r'/(?P<until>\d+|-)/(?P<who>[^\s"]*)"?'
)


class Kind(StrEnum):
    """What undoes; the value stands in the mark."""

    DELAY = "d"
    CLOCK = "c"
    TIMER = "t"


@dataclass(frozen=True, slots=True)
class Guard:
    """Which guard a change has, for how many seconds, and its number."""

    kind: Kind
    seconds: int
    number: int

    @property
    def lasts_s(self) -> int:
        """Seconds after arming until it has fired for sure."""
        return self.seconds + 1

    @property
    def survives_loss(self) -> bool:
        """Whether it stands on when the console that armed it breaks."""
        return self.kind is not Kind.TIMER

    def arming(
        self, run: str, uptime: int | None, clock: datetime | None, who: str
    ) -> tuple[str, ...]:
        """Answers the lines that mark and arm it; `uptime` (s) and `clock` are the router's own."""
        until = "-" if uptime is None else uptime + self.seconds + SLACK_S
        mark = f"description {self.number} onshi/{self.kind}/{run}/{until}/{who}"
        if self.kind is Kind.DELAY:
            return (mark, f"schedule at {self.number} +{self.seconds} * restart")
        if self.kind is Kind.CLOCK and clock is not None:
            at = clock + timedelta(seconds=self.seconds)
            return (mark, f"schedule at {self.number} {at:%H:%M:%S} * restart")
        return (mark, f"rollback timer {self.seconds}")


def choose_guard(
    model: RouterModel,
    firmware: Firmware,
    clock: datetime | None,
    lines: Iterable[str],
    seconds: int,
) -> Guard | None:
    """Answers the guard that this model and firmware have; None where there is none.

    `lines` are the configuration lines whose schedule and description numbers are taken.
    """
    taken = {key_of(line) for line in lines}
    number = next(
        n for n in range(_FIRST_ID, 1 << 16) if not taken & {f"schedule at {n}", f"description {n}"}
    )
    within = min(max(seconds, SHORTEST_S), LONGEST_S)
    family = family_of(model)
    if _since(family.schedule_delay_since, firmware):
        return Guard(Kind.DELAY, within, number)
    if clock is not None:
        return Guard(Kind.CLOCK, within, number)
    if _since(family.rollback_timer_since, firmware):
        return Guard(Kind.TIMER, within, number)
    return None


def _since(first: Firmware | None, firmware: Firmware) -> bool:
    return first is not None and firmware >= first


@dataclass(frozen=True, slots=True)
class Found:
    """A guard's mark in a configuration, and whether its schedule stands there."""

    number: int
    kind: Kind
    run: str
    until: int | None
    who: str
    scheduled: bool

    @property
    def removable(self) -> bool:
        """Whether another console than the one that armed it can take it away."""
        return self.kind is not Kind.TIMER

    def left_s(self, uptime: int | None) -> float | None:
        """Answers the seconds until it is over for sure, by the router's uptime in seconds.

        None where the router tells no time.
        """
        return None if self.until is None or uptime is None else float(self.until - uptime)

    def stands(self, left_s: float | None) -> bool:
        """Answers whether it will fire, with so much left of it."""
        if self.kind is Kind.TIMER:
            return left_s is None or left_s > 0
        return self.scheduled

    def disarming(self) -> tuple[str, ...]:
        """Answers the lines that take it away; only its own console can also `confirm` a timer."""
        schedule = (f"no schedule at {self.number}",) if self.scheduled else ()
        return (*schedule, f"no description {self.number}")


def find_guard(lines: Iterable[str]) -> Found | None:
    """Answers the guard whose mark stands among configuration lines."""
    lines = tuple(lines)
    keys = {key_of(line) for line in lines}
    for found in filter(None, map(_MARK.fullmatch, lines)):
        until = None if found["until"] == "-" else int(found["until"])
        scheduled = f"schedule at {found['number']}" in keys
        return Found(
            int(found["number"]),
            Kind(found["kind"]),
            found["run"],
            until,
            found["who"],
            scheduled,
        )
    return None


def mark_of(found: Found, uptime: int | None, *, kept: bool) -> Mark:
    """Answers a guard that was found as the rest knows it, by the router's uptime in seconds.

    `kept`: it stands in the saved configuration too, where somebody saved it by mistake; such a one
    is nobody's.
    """
    left_s = 0.0 if kept else found.left_s(uptime)
    return Mark(found.run, found.who, left_s, found.stands(left_s), found.removable)


def without_guard(lines: Iterable[str]) -> tuple[str, ...]:
    """Answers configuration lines without what belongs to a guard."""
    lines = tuple(lines)
    found = find_guard(lines)
    if found is None:
        return lines
    own = {f"schedule at {found.number}", f"description {found.number}"}
    return tuple(line for line in lines if key_of(line) not in own)


def who_i_am() -> str:
    """Answers this user and computer in letters that a description takes."""
    try:
        user = getpass.getuser()
    except OSError:
        user = ""
    name = f"{user}@{platform.node().partition('.')[0]}"
    return re.sub(r"[^A-Za-z0-9@_-]", "", name)[:_WHO]
