"""`apply_windows`: makes a PC what the intent says, or leaves it as it was.

The PC is held meanwhile (`devicelock`): nobody else changes it. The steps, each journalled before
it is taken:
1. read and plan; a conflict refuses the PC before anything is changed;
2. receipt PC: wait until router and terminals are ready;
3. one script with all differences. On a receipt PC it also writes the entries that are missing,
   for another user, or that the terminal refuses, through a batch logon, and a *new* batch logon
   reads them back and proves them: open, write, read, delete a file in the terminal's share;
4. read back: what was asked for must be there;
5. done; or undo: what the PC then has is compared with what it had, and the rest is put back.

The PC runs the script to its end when the laptop is gone in the middle: a shell whose client is
cut off counts as idle ([MS-WSMV] 3.1.6.5) and lives on for its idle time, `wsman.IDLE_S`. It
doesn't begin before all of the script has arrived. So a killed run or a cut cable leaves the old
state or the new one.

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

from onshi_net.errors import ChangeStuck, ChangeUndone, DeviceError, OnshiError
from onshi_net.i18n import text
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent, TerminalIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs.decision import Conflict, Decision
from onshi_net.pcs.powershell import script
from onshi_net.pcs.proof import ProofFailed, entries_to_write
from onshi_net.pcs.receipt import decide_receipt
from onshi_net.pcs.resources import (
    Difference,
    StoredCredential,
    User,
    undoing,
)
from onshi_net.pcs.terminal import decide_terminal
from onshi_net.provision.devicelock import changing, names_of_pc
from onshi_net.provision.journal import Journal, new_folder, site_lock, unfinished_runs
from onshi_net.provision.outcome import Progress, State
from onshi_net.provision.windows.batch import CHANGE_S, READ, StoreTask, carry_out, plain
from onshi_net.provision.windows.plan import (
    EMPTY_STORE,
    WindowsPlan,
    check_name,
    decide,
    plan_of,
    read_receipt,
    read_terminal,
)
from onshi_net.provision.windows.prepare import renew
from onshi_net.transport.windows import WindowsSession

Connect = Callable[[], WindowsSession]
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
    (nothing was changed), ChangeUndone (the PC is as before) or ChangeStuck (somebody must look).
    """
    host = intent.access.host
    with contextlib.ExitStack() as stack:
        stack.enter_context(changing(host, site, runs, names_of_pc(intent)))
        stack.enter_context(site_lock(runs, f"{site}/{host}", host))
        progress(host, "windows.connecting")
        with reading():
            change = Change(intent, secrets, connect, progress, cancelled)
            stack.callback(change.close)
            plan = change.plan()
        if not dry_run:
            renew(change.session)
        past = unfinished_runs(runs, f"{site}/{host}")
        folder = None
        if isinstance(intent, ReceiptIntent) and not dry_run:
            others_changed = change.wait(before_change)
            if others_changed and not plan.differences:
                plan = change.plan()
        if plan.differences and not dry_run:
            journal = Journal(new_folder(runs, f"{site}/{host}"), secrets.masked)
            stack.callback(journal.close)
            folder = journal.folder
            change.run(plan, journal)
        if not dry_run:
            for run in past:
                run.take_over()
        state = State.PLANNED if dry_run else State.CHANGED
        state = state if plan.differences else State.UNCHANGED
        progress(host, f"windows.{state.value}")
        return WindowsOutcome(host, state, plan, change.steps, folder)


class Change:
    """One change of one PC."""

    def __init__(
        self,
        intent: WindowsIntent,
        secrets: Secrets,
        connect: Connect,
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> None:
        """Opens the first session."""
        self.intent = intent
        self.secrets = secrets
        self.connect = connect
        self.progress = progress
        self.cancelled = cancelled
        self.steps = 0
        self.session = connect()
        self.store = EMPTY_STORE
        self.wrote: list[str] = []
        """Targets of new entries, which undoing removes."""

    @property
    def host(self) -> str:
        """The PC's name in the inventory."""
        return self.intent.access.host

    def close(self) -> None:
        """Closes the session that is open now."""
        self.session.close()

    def reopen(self) -> None:
        """Goes on with a new session."""
        self.session.close()
        self.session = self.connect()

    def wait(self, for_others: Callable[[], bool]) -> bool:
        """Waits for router and terminals, and answers whether one was changed.

        After a long wait the PC has dropped the connection, and a new one is made.
        """
        self.progress(self.host, "windows.waiting")
        began = time.monotonic()
        changed = for_others()
        if time.monotonic() - began > FRESH_S:
            self.reopen()
        return changed

    def plan(self) -> WindowsPlan:
        """Reads the PC and answers the plan. Raises Refused."""
        self.progress(self.host, "windows.reading")
        decided = decide(self.intent, self.secrets, self.session, datetime.now(UTC))
        self.store = decided.store
        plan = plan_of(self.intent, decided)
        if plan.conflicts:
            raise Refused(self.host, plan.conflicts)
        return plan

    def run(self, plan: WindowsPlan, journal: Journal) -> None:
        """Makes the change. Raises ChangeUndone, ChangeStuck; cancelled before it, DeviceError."""
        self._check_cancelled()
        journal.write("start", host=self.host, plan=plan.to_json())
        planned = tuple(one for one in plan.differences if one.kind != StoredCredential.kind)
        try:
            if isinstance(self.intent, ReceiptIntent) and self.intent.credentials:
                self._change_and_prove(self.intent, planned, journal)
            else:
                self._change(planned, journal)
            self._read_back()
        except (OnshiError, KeyboardInterrupt) as error:
            self._undo(planned, journal, error)
        journal.finish("done")

    def _check_cancelled(self) -> None:
        if self.cancelled():
            raise DeviceError("windows.cancelled", host=self.host)

    # 3

    def _change(self, planned: tuple[Difference, ...], journal: Journal) -> None:
        self.progress(self.host, "windows.changing", count=len(planned))
        journal.write("changing", count=len(planned))
        self._apply(planned)
        self.steps += len(planned)

    def _apply(self, changes: tuple[Difference, ...]) -> None:
        """Carries out differences, without any task. Raises the session's errors."""
        terminal = self.intent if isinstance(self.intent, TerminalIntent) else None
        sets = any(one.kind == User.kind and one.after is not None for one in changes)
        given = [self.secrets.resolve(terminal.link_secret)] if terminal and sets else []
        user = terminal.link_user if terminal else ""
        self.session.run(
            script("carry_out", changes=plain(changes), user=user, tasks=[]),
            secrets=given,
            deadline_s=CHANGE_S,
        )

    def _change_and_prove(
        self, intent: ReceiptIntent, planned: tuple[Difference, ...], journal: Journal
    ) -> None:
        """Changes, writes and proves.

        An entry that only the new way to the share shows to be wrong is written by a second script.
        """
        wrong = entries_to_write(intent, self.store)
        self._carry_out(intent, planned, wrong, journal)
        late = tuple(one for one in entries_to_write(intent, self.store) if one not in wrong)
        if late:
            self._check_cancelled()
            self._carry_out(intent, (), late, journal)
        failed = next((proof for proof in self.store.proofs if not proof.good), None)
        if failed is not None:
            raise ProofFailed(self.host, intent.user, failed)
        if entries_to_write(intent, self.store):
            raise DeviceError("windows.not-read-back", host=self.host, user=intent.user)

    def _carry_out(
        self,
        intent: ReceiptIntent,
        planned: tuple[Difference, ...],
        entries: tuple[CredentialIntent, ...],
        journal: Journal,
    ) -> None:
        there = {one.target.lower() for one in self.store.entries if one.found}
        self.wrote += [one.target for one in entries if one.target.lower() not in there]
        count = len(planned) + len(entries)
        self.progress(self.host, "windows.changing-and-proving", count=count)
        journal.write("changing", count=len(planned), entries=[one.target for one in entries])
        tasks = [StoreTask(write=entries), READ] if entries else [READ]
        given = self.store.granted
        found = carry_out(self.session, intent, self.secrets, planned, tasks, grant=given)
        self.store = found[-1]
        self.steps += count

    # 4

    def _read_back(self) -> None:
        left = self._look().differences
        wrong = [one for one in left if one.kind != StoredCredential.kind]
        if wrong:
            shown = "; ".join(str(one).replace("\n", ", ") for one in wrong[:3])
            raise DeviceError("windows.not-as-asked", host=self.host, what=shown)

    def _look(self) -> Decision:
        """Reads the PC again, without the credential store."""
        now = datetime.now(UTC)
        if isinstance(self.intent, TerminalIntent):
            terminal = read_terminal(self.session, self.intent, self.secrets)
            return decide_terminal(self.intent, terminal, now)
        receipt = read_receipt(self.session)
        check_name(self.intent.access, receipt)
        return decide_receipt(self.intent, receipt, EMPTY_STORE, now)

    # 5

    def _undo(
        self, planned: tuple[Difference, ...], journal: Journal, error: BaseException
    ) -> None:
        reason = text("windows.stopped") if isinstance(error, KeyboardInterrupt) else str(error)
        journal.write("undoing", reason=reason)
        self.progress(self.host, "windows.undoing")
        try:
            self._put_back(planned)
        except OnshiError as second:
            journal.write("stuck", reason=str(second))
            raise ChangeStuck(
                "windows.stuck", host=self.host, reason=reason, second=str(second)
            ) from error
        journal.write("undone")
        remedy = error.remedy if isinstance(error, OnshiError) else ""
        raise ChangeUndone("windows.undone", host=self.host, reason=reason, next=remedy) from error

    def _put_back(self, planned: tuple[Difference, ...]) -> None:
        self.reopen()
        back = undoing(self._look().found, planned)
        if back:
            self._apply(back)
            if undoing(self._look().found, planned):
                raise DeviceError("windows.not-as-before", host=self.host)
        if self.wrote and isinstance(self.intent, ReceiptIntent):
            gone = StoreTask(remove=tuple(self.wrote))
            carry_out(self.session, self.intent, self.secrets, (), [gone])
