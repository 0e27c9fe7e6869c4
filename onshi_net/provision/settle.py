"""Reaching a router again and again, and settling what an earlier run left."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from onshi_net.errors import LoginRefused, Unreachable
from onshi_net.intent import RouterIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.provision.config import config_lines
from onshi_net.provision.guard import BOOT_S
from onshi_net.provision.journal import PastRun, unfinished_runs
from onshi_net.provision.outcome import Progress
from onshi_net.provision.plan import OPEN_S, carriers, plan_lines
from onshi_net.transport import RouterSession, open_router

TELL_EVERY_S = 10.0
_RETRY_S = 0.5
"""Between two attempts to connect; nothing announces that a router has started."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How one router is reached and who is told about it."""

    intent: RouterIntent
    secrets: Secrets
    known_hosts: Path
    progress: Progress

    def open(self, deadline_s: float = OPEN_S) -> RouterSession:
        """Opens a session. Raises the errors of `open_router`."""
        return open_router(
            self.intent.management, self.secrets, self.known_hosts, deadline_s=deadline_s
        )

    def reopen(self, within_s: float = BOOT_S) -> RouterSession:
        """Opens a session, again and again.

        It tries while the router does not answer or is still loading its passwords.
        """
        until = time.monotonic() + within_s
        while True:
            try:
                return self.open(min(OPEN_S, max(1.0, until - time.monotonic())))
            except (Unreachable, LoginRefused):
                if time.monotonic() + _RETRY_S >= until:
                    raise
            Event().wait(_RETRY_S)

    def wait(self, seconds: float, message: str) -> None:
        """Waits, telling the remaining seconds at once and then now and then."""
        until, left = time.monotonic() + seconds, max(0.0, seconds)
        while True:
            self.progress(self.intent.host, message, seconds=round(left + 0.5))
            Event().wait(min(left, TELL_EVERY_S))
            if (left := until - time.monotonic()) <= 0:
                return


def settle(reach: Reach, runs: Path, site: str, wanted: Iterable[str]) -> None:
    """Waits until no guard of an unfinished run can fire, and leaves the router old or new.

    A router that is neither is restarted into what it has saved.
    """
    unfinished = unfinished_runs(runs, site)
    if not unfinished:
        return
    reach.progress(reach.intent.host, "provision.unfinished", folder=unfinished[-1].folder)
    ends = [run.guard_until for run in unfinished if run.guard_until is not None]
    if ends:
        reach.wait(_still(max(ends)), "provision.waiting-for-guard")
        _settle_router(reach, unfinished[-1], tuple(wanted))
    for run in unfinished:
        run.take_over()


def _still(until: float) -> float:
    """Answers the seconds to `until`.

    A clock that was set back must not make anybody wait for hours.
    """
    return min(until - time.time(), 3700.0)


def _settle_router(reach: Reach, run: PastRun, wanted: tuple[str, ...]) -> None:
    session = reach.reopen()
    try:
        running = config_lines(session.config())
        key = reach.secrets.resolve(reach.intent.management.admin_secret)
        is_new = not plan_lines(running, wanted, carriers(reach.intent))
        if is_new or run.held(running, key):
            return
        if not run.held(config_lines(session.saved_config()), key):
            return
        reach.progress(reach.intent.host, "provision.restarting")
        session.restart()
    finally:
        session.close()
    reach.reopen().close()
