"""Reaching a router again and again, and the clock by which a change goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from onshi_net.errors import Interrupted, LoginRefused, Unreachable
from onshi_net.intent import RouterIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.platforms.base import Platform, RouterSession, platform
from onshi_net.provision.outcome import Progress
from onshi_net.provision.plan import OPEN_S
from onshi_net.transport.ownlink import CutOff

TELL_EVERY_S = 3.0
LOOK_EVERY_S = 0.5
"""How long a stop by the user may go unseen; also between two attempts to connect, since nothing
announces that a router has started."""
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""Counts suspend: on Linux CLOCK_BOOTTIME alone does (clock_gettime(2)), on macOS CLOCK_MONOTONIC;
Windows' monotonic clock does."""


class Cancelled(Interrupted):
    """Raised when the user wants to stop."""


def now() -> float:
    """Answers the seconds of a clock that nobody sets and that counts suspend."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


def _never() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Reach:
    """How one router is reached and who is told about it.

    `own` answers whether this computer itself is cut off from it.
    """

    intent: RouterIntent
    secrets: Secrets
    known_hosts: Path
    progress: Progress
    own: Callable[[], CutOff | None] = _never

    @property
    def family(self) -> Platform:
        """The router's family."""
        return platform(self.intent.model.platform)

    def open(self, deadline_s: float = OPEN_S) -> RouterSession:
        """Opens a session. Raises the errors of `Platform.open`.

        Where this computer itself is cut off, the Unreachable says so.
        """
        management, secrets, known = self.intent.management, self.secrets, self.known_hosts
        try:
            return self.family.open(management, secrets, known, deadline_s=deadline_s)
        except Unreachable:
            found = self.own()
            if found is None:
                raise
            message = f"provision.{found.message}"
            where = {"interface": found.interface, "address": found.address}
            raise Unreachable(message, host=self.intent.host, **where) from None

    def reopen(self, within_s: float, stopped: Callable[[], bool]) -> RouterSession:
        """Opens a session, again and again.

        It tries while the router does not answer or is still loading its passwords, and tells the
        seconds that are left for it now and then. Raises Cancelled.
        """
        until, told = now() + within_s, within_s
        while True:
            try:
                return self.open(min(OPEN_S, max(1.0, until - now())))
            except (Unreachable, LoginRefused):
                if now() + LOOK_EVERY_S >= until:
                    raise
            if told - (left := until - now()) >= TELL_EVERY_S:
                told = left
                self._tell("router.left", left)
            self._pause(LOOK_EVERY_S, stopped)

    def wait(self, seconds: float, stopped: Callable[[], bool]) -> None:
        """Waits for a guard, telling the remaining seconds at once and then now and then.

        Raises Cancelled.
        """
        until, told = now() + seconds, seconds
        self._tell("waiting-for-guard", seconds)
        while (left := until - now()) > 0:
            if told - left >= TELL_EVERY_S:
                told = left
                self._tell("guard.left", left)
            self._pause(min(left, LOOK_EVERY_S), stopped)

    def _tell(self, message: str, left_s: float) -> None:
        self.progress(self.intent.host, f"provision.{message}", seconds=round(left_s + 0.5))

    def _pause(self, seconds: float, stopped: Callable[[], bool]) -> None:
        if stopped():
            raise Cancelled("provision.cancelled", host=self.intent.host)
        Event().wait(seconds)
