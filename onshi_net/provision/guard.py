"""The router's own undo, armed before a change: two guards that cover each other.

`rollback timer N` restores the running configuration N seconds later unless `confirm` comes (RTX
command reference 56.7.31). A logout stops it, and whether a dropped SSH connection counts as logout
is not documented. So a restart into the saved configuration is scheduled as well (37.1), to fire a
little later: where a dropped connection stops the timer, the restart still undoes. The timer is
armed first, so that when it fires it removes the schedule line too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from onshi_net.model import RouterModel
from onshi_net.model.firmware import Firmware
from onshi_net.provision.rules import key_of

SHORTEST_S, LONGEST_S = 2, 3000
"""`schedule at N +S` takes 3600 s at most (37.1), the slack included."""
BOOT_S = 180.0
"""Seconds after which a restarted router must answer again (inference: RTX routers start in about a
minute).
"""
_FIRST_ID = 90


@dataclass(frozen=True, slots=True)
class Guard:
    """Which guards a change has, for how many seconds, and the number of the schedule line."""

    rollback: bool
    schedule: Literal["delay", "dated"] | None
    seconds: int
    schedule_id: int

    def __bool__(self) -> bool:
        return self.rollback or self.schedule is not None

    @property
    def restart_s(self) -> int:
        """Seconds until the scheduled restart: some after the timer."""
        return self.seconds + max(2, self.seconds // 10) if self.rollback else self.seconds

    @property
    def lasts_s(self) -> int:
        """Seconds after arming until no guard can fire any more."""
        return self.restart_s if self.schedule else self.seconds

    @property
    def schedule_key(self) -> str:
        """The key of the schedule line."""
        return f"schedule at {self.schedule_id}"

    def arming(self, clock: datetime | None) -> tuple[str, ...]:
        """Answers the lines that arm it; `clock` is the router's own, needed for the dated form."""
        lines = [f"rollback timer {self.seconds}"] if self.rollback else []
        if self.schedule == "delay":
            lines.append(f"{self.schedule_key} +{self.restart_s} * restart")
        elif self.schedule == "dated" and clock is not None:
            at = clock + timedelta(seconds=self.restart_s)
            lines.append(f"{self.schedule_key} {at:%m/%d %H:%M:%S} * restart")
        return tuple(lines)

    def without(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Answers configuration lines without the guard's own."""
        return tuple(line for line in lines if key_of(line) != self.schedule_key)


NO_GUARD = Guard(rollback=False, schedule=None, seconds=0, schedule_id=_FIRST_ID)


def choose_guard(
    model: RouterModel,
    firmware: Firmware,
    clock: datetime | None,
    lines: Iterable[str],
    seconds: int,
) -> Guard:
    """Answers the guards that this model and firmware have; one without any is false.

    The dated schedule stands in where `+S` is missing; it needs the router's clock and that nothing
    sets the clock in the meantime. `lines` are the configuration lines whose schedule numbers are
    taken.
    """
    taken = {key_of(line) for line in lines}
    number = next(n for n in range(_FIRST_ID, 1 << 16) if f"schedule at {n}" not in taken)
    schedule: Literal["delay", "dated"] | None = "dated" if clock is not None else None
    if _since(model.schedule_delay_since, firmware):
        schedule = "delay"
    within = min(max(seconds, SHORTEST_S), LONGEST_S)
    return Guard(_since(model.rollback_timer_since, firmware), schedule, within, number)


def _since(first: Firmware | None, firmware: Firmware) -> bool:
    return first is not None and firmware >= first
