"""`apply_windows`: makes a PC what the intent says, or leaves it as it was.

The PC is held meanwhile (`devicelock`): nobody else changes it. The steps, each journalled before
it is taken:
1. read and plan; a conflict refuses the PC before anything is changed;
2. receipt PC: wait until router and terminals are ready;
3. one script with all differences (`change`), by the core that changes the router too, as a device
   that takes its change whole. On a receipt PC it also writes the entries that are missing, for
   another user, or that the terminal refuses, through a batch logon, and a *new* batch logon reads
   them back and proves them: open, write, read, delete a file in the terminal's share;
4. read back: what was asked for must be there;
5. done; or undo: what the PC then has is compared with what it had, and the rest is put back.

Idempotence of passwords is by proof, never by a stored fingerprint: the link user's is tried
with a logon on the terminal, a credential entry by access. A run that finds both good writes
neither.

What can't be put back, because Windows never tells a password: the old password of a link user
or entry that was there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onshi_net.errors import DeviceError
from onshi_net.intent.windows import ReceiptIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs.decision import Conflict
from onshi_net.provision import core
from onshi_net.provision.devicelock import changing, names_of_pc
from onshi_net.provision.journal import Journal, new_folder, site_lock, unfinished_runs
from onshi_net.provision.outcome import Progress, State
from onshi_net.provision.reach import now
from onshi_net.provision.shell import drive
from onshi_net.provision.windows.change import Connect, PcChange, Script
from onshi_net.provision.windows.plan import WindowsPlan, decide, plan_of
from onshi_net.provision.windows.prepare import renew
from onshi_net.transport.windows import ScriptFailed, WindowsLost

FRESH_S = 30.0
"""Below the 120 s after which HTTP.sys closes a connection that nobody uses (Microsoft,
HTTP_TIMEOUT_LIMIT_INFO, IdleConnection)."""


class Refused(DeviceError):
    """Raised when a PC can't be used as it is; nothing was changed. `conflicts` say why."""

    def __init__(self, host: str, conflicts: tuple[Conflict, ...]) -> None:
        """Takes at least one conflict."""
        self.conflicts = conflicts
        super().__init__("windows.refused", host=host, count=len(conflicts))

    def __str__(self) -> str:
        """Gives the sentence and one line a conflict."""
        return "\n".join([super().__str__(), *(str(one) for one in self.conflicts)])

    @property
    def remedy(self) -> str:
        """Gives one line a conflict."""
        return "\n".join(one.remedy for one in self.conflicts)


@dataclass(frozen=True, slots=True)
class WindowsOutcome:
    """How a change of one PC ended."""

    host: str
    state: State
    plan: WindowsPlan
    steps: int
    folder: Path | None
    """The run's folder with its journal; None where nothing was to do."""

    @property
    def changed(self) -> bool:
        """Whether anything on the PC was changed."""
        return self.state is State.CHANGED

    def to_json(self) -> dict[str, Any]:
        """Answers plain data for a report."""
        return {
            "host": self.host,
            "state": self.state.value,
            "changed": self.changed,
            "steps": self.steps,
            "plan": self.plan.to_json(),
        }


def _silent(host: str, message_id: str, **values: object) -> None:
    """Ignores progress."""


def apply_windows(
    intent: WindowsIntent,
    secrets: Secrets,
    connect: Connect,
    *,
    runs: Path,
    site: str,
    progress: Progress = _silent,
    dry_run: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    reading: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    before_change: Callable[[], bool] = lambda: False,
) -> WindowsOutcome:
    """Makes the PC what the intent says and answers how that ended.

    `before_change` waits until router and terminals are ready for a receipt PC's access proof,
    raises when they won't be, and answers whether one of them was changed: a PC with nothing to
    change is then looked at again, since a new password on a terminal makes a stored one stale.
    `reading` stands around what only reads and may be left at any moment. `connect` opens a
    session, and another when the first one breaks. Raises its errors, Refused and WrongDevice
    (nothing was changed), ChangeUndone (the PC is as before, or what isn't is told) or ChangeStuck
    (somebody must look).
    """
    host = intent.access.host
    with contextlib.ExitStack() as stack:
        stack.enter_context(changing(host, site, runs, names_of_pc(intent)))
        stack.enter_context(site_lock(runs, f"{site}/{host}", host))
        progress(host, "windows.connecting")
        with reading():
            change = PcChange(intent, secrets, connect, progress)
            stack.callback(change.close)
            plan, whole = _planned(change)
        if not dry_run:
            renew(change.session)
        past = unfinished_runs(runs, f"{site}/{host}")
        folder = None
        if isinstance(intent, ReceiptIntent) and not dry_run:
            others_changed = _wait(change, before_change)
            if others_changed and not plan.differences:
                plan, whole = _planned(change)
        if plan.differences and not dry_run:
            journal = Journal(new_folder(runs, f"{site}/{host}"), secrets.masked)
            stack.callback(journal.close)
            folder = journal.folder
            journal.write("start", host=host, plan=plan.to_json())
            _change(change, whole, journal, cancelled)
        if not dry_run:
            for run in past:
                run.take_over()
        state = State.PLANNED if dry_run else State.CHANGED
        state = state if plan.differences else State.UNCHANGED
        progress(host, f"windows.{state.value}")
        return WindowsOutcome(host, state, plan, change.steps, folder)


def _planned(change: PcChange) -> tuple[WindowsPlan, Script]:
    """Reads the PC and answers the plan. Raises Refused."""
    change.progress(change.host, "windows.reading")
    try:
        decided = decide(change.intent, change.secrets, change.session, datetime.now(UTC))
    except (ScriptFailed, WindowsLost):
        change.tidy()
        raise
    plan = plan_of(change.intent, decided)
    if plan.conflicts:
        raise Refused(change.host, plan.conflicts)
    return plan, change.take(decided.state, decided.decision)


def _wait(change: PcChange, for_others: Callable[[], bool]) -> bool:
    """Waits for router and terminals, and answers whether one was changed.

    After a long wait the PC has dropped the connection, and a new one is made.
    """
    change.progress(change.host, "windows.waiting")
    began = time.monotonic()
    changed = for_others()
    if time.monotonic() - began > FRESH_S:
        change.reopen()
    return changed


def _change(change: PcChange, whole: Script, journal: Journal, stop: Callable[[], bool]) -> None:
    """Runs the change to its end. Raises what tells any other end than the good one."""
    change.journal = journal
    run = journal.folder.name
    first = core.begin(run, None, (whole,), save_first=False, boot_s=0.0, now=now())
    _, end = drive(first, change, stop)
    cause = change.cause(end.cause)
    match end.how:
        case core.Ending.CHANGED:
            journal.finish("done")
        case core.Ending.UNTOUCHED:
            journal.finish("undone")
            raise cause
        case core.Ending.UNDONE:
            told = change.undone(end.cause)
            journal.finish("undone", stays=list(change.stays))
            raise told
        case _:
            stuck = change.stuck(end.cause)
            journal.finish("stuck", reason=str(stuck.values["second"]))
            raise stuck from change.second
