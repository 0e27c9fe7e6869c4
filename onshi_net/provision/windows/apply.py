"""`apply_windows`: makes a PC what the intent says, or leaves it as it was.

The steps, each journalled before it is taken:
1. read and plan; a conflict refuses the PC before anything is changed;
2. the differences except the credential entries, in one script;
3. read back: what was asked for must be there;
4. receipt PC: entries that are missing, for another user, or that the terminal refuses are
   written through a batch logon, and a *new* batch logon reads them back and proves them: open,
   write, read, delete a file in the terminal's share;
5. done; or undo: what the PC then has is compared with what it had, and the rest is put back.

Idempotence of passwords is by proof, never by a stored fingerprint: the link user's is tried
with a logon on the terminal, a credential entry by access. A run that finds both good writes
neither.

What can't be put back, because Windows never tells a password: the old password of a link user
or entry that was there. A run killed in the middle leaves some differences done; the next run
plans from what is there and does the rest, and removes what the killed one left behind.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onshi_net.errors import ChangeStuck, ChangeUndone, DeviceError, OnshiError
from onshi_net.i18n import text
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent, TerminalIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.provision.journal import Journal, new_folder, site_lock, unfinished_runs
from onshi_net.provision.outcome import Progress, State
from onshi_net.provision.windows.batch import read_store, remove_from_store, write_store
from onshi_net.provision.windows.plan import (
    EMPTY_STORE,
    WindowsPlan,
    check_name,
    decide,
    plan_of,
    read_receipt,
    read_terminal,
)
from onshi_net.provision.windows.resources import (
    Difference,
    StoredCredential,
    User,
    undoing,
)
from onshi_net.provision.windows.state import Proof, StoreState
from onshi_net.provision.windows.wanted import (
    Conflict,
    Decision,
    decide_receipt,
    decide_terminal,
    stored_credentials,
)
from onshi_net.render.powershell import script
from onshi_net.transport.windows import WindowsSession

APPLY_S = 180.0
Connect = Callable[[], WindowsSession]

PROOF_CAUSES = {
    5: "denied",
    53: "no-path",
    64: "no-path",
    67: "no-share",
    86: "password",
    121: "no-path",
    1168: "no-entry",
    1208: "no-path",
    1219: "second-login",
    1231: "no-path",
    1326: "password",
    1331: "disabled",
    1907: "password",
    1909: "locked",
}
"""Win32 errors of an SMB access (Microsoft, System Error Codes) and the catalogue's name below
`windows.proof.`."""
REFUSED = frozenset({"denied", "password", "locked", "disabled"})
"""Causes for which the terminal was reached and said no: then the entry is written anew."""


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


class ProofFailed(DeviceError):
    """Raised when the user can't use the share; `cause` names it below `windows.proof.`."""

    def __init__(self, host: str, user: str, proof: Proof) -> None:
        """Takes how the access ended."""
        self.cause = cause_of(proof)
        super().__init__(
            f"windows.proof.{self.cause}", host=host, user=user, share=proof.share, step=proof.step,
            code=proof.error,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class WindowsOutcome:
    """How a change of one PC ended."""

    host: str
    state: State
    plan: WindowsPlan
    steps: int
    duration_s: float
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
            "duration_s": round(self.duration_s, 3),
            "plan": self.plan.to_json(),
        }


def _silent(host: str, message_id: str, **values: object) -> None:
    """Ignores progress."""


def cause_of(proof: Proof) -> str:
    """Answers the catalogue's name of a failed access."""
    return PROOF_CAUSES.get(proof.error, "failed")


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
    before_proof: Callable[[], None] = lambda: None,
) -> WindowsOutcome:
    """Makes the PC what the intent says and answers how that ended.

    `before_proof` waits until router and terminals are ready for the access proof, and raises
    when they won't be. `connect` opens a session; it is called again when the first one breaks.
    Raises its errors, Refused and WrongDevice (nothing was changed), ChangeUndone (the PC is as
    before) or ChangeStuck (somebody must look).
    """
    started = time.monotonic()
    host = intent.access.host
    with site_lock(runs, f"{site}/{host}", host), contextlib.ExitStack() as stack:
        progress(host, "windows.connecting")
        change = Change(intent, secrets, connect, progress, cancelled, before_proof)
        stack.callback(change.close)
        plan = change.plan()
        if plan.conflicts:
            raise Refused(host, plan.conflicts)
        past = unfinished_runs(runs, f"{site}/{host}")
        folder = None
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
        return WindowsOutcome(host, state, plan, change.steps, time.monotonic() - started, folder)


class Change:
    """One change of one PC."""

    def __init__(
        self,
        intent: WindowsIntent,
        secrets: Secrets,
        connect: Connect,
        progress: Progress,
        cancelled: Callable[[], bool],
        before_proof: Callable[[], None],
    ) -> None:
        """Opens the first session."""
        self.before_proof = before_proof
        self.intent = intent
        self.secrets = secrets
        self.connect = connect
        self.progress = progress
        self.cancelled = cancelled
        self.steps = 0
        self.session = connect()
        self.wrote: list[str] = []
        """Targets of new entries, which undoing removes."""

    @property
    def host(self) -> str:
        """The PC's name in the inventory."""
        return self.intent.access.host

    def close(self) -> None:
        """Closes the session that is open now."""
        self.session.close()

    def plan(self) -> WindowsPlan:
        """Reads the PC and answers the plan."""
        self.progress(self.host, "windows.reading")
        decision, state = decide(self.intent, self.secrets, self.session, datetime.now(UTC))
        return plan_of(self.intent, decision, state)

    def run(self, plan: WindowsPlan, journal: Journal) -> None:
        """Makes the change. Raises ChangeUndone or ChangeStuck."""
        journal.write("start", host=self.host, plan=plan.to_json())
        planned = tuple(one for one in plan.differences if one.kind != StoredCredential.kind)
        try:
            self._change(planned, journal)
            self._check_cancelled()
            if isinstance(self.intent, ReceiptIntent) and self.intent.credentials:
                self._prove(self.intent, journal)
        except (OnshiError, KeyboardInterrupt) as error:
            self._undo(planned, journal, error)
        journal.write("done")

    def _check_cancelled(self) -> None:
        if self.cancelled():
            raise DeviceError("windows.cancelled", host=self.host)

    # 2, 3

    def _change(self, planned: tuple[Difference, ...], journal: Journal) -> None:
        self._check_cancelled()
        if not planned:
            return
        self.progress(self.host, "windows.changing", count=len(planned))
        journal.write("changing", count=len(planned))
        self._apply(planned)
        self.steps += len(planned)
        left = self._look().differences
        wrong = [one for one in left if one.kind != StoredCredential.kind]
        if wrong:
            shown = "; ".join(str(one).replace("\n", ", ") for one in wrong[:3])
            raise DeviceError("windows.not-as-asked", host=self.host, what=shown)

    def _apply(self, changes: Iterable[Difference]) -> None:
        some = [{"kind": one.kind, "before": one.before, "after": one.after} for one in changes]
        user = self.intent.link_user if isinstance(self.intent, TerminalIntent) else ""
        needs = isinstance(self.intent, TerminalIntent) and any(
            one["kind"] == User.kind and one["after"] is not None for one in some
        )
        given = [self.secrets.resolve(self.intent.link_secret)] if needs and user else []  # type: ignore[union-attr]
        self.session.run(
            script("apply", changes=some, user=user), secrets=given, deadline_s=APPLY_S
        )

    def _look(self) -> Decision:
        """Reads the PC again, without the credential store."""
        now = datetime.now(UTC)
        if isinstance(self.intent, TerminalIntent):
            terminal = read_terminal(self.session, self.intent, self.secrets)
            return decide_terminal(self.intent, terminal, now)
        receipt = read_receipt(self.session)
        check_name(self.intent.access, receipt)
        return decide_receipt(self.intent, receipt, EMPTY_STORE, now)

    # 4

    def _prove(self, intent: ReceiptIntent, journal: Journal) -> None:
        self.before_proof()
        self.progress(self.host, "windows.proving")
        store = read_store(self.session, intent, self.secrets)
        wrong = entries_to_write(intent, store)
        if wrong:
            there = {one.target.lower() for one in store.entries if one.found}
            self.wrote = [one.target for one in wrong if one.target.lower() not in there]
            journal.write("writing-entries", targets=[one.target for one in wrong])
            write_store(self.session, intent, self.secrets, wrong)
            self.steps += len(wrong)
            store = read_store(self.session, intent, self.secrets)
        failed = next((proof for proof in store.proofs if not proof.good), None)
        if failed is not None:
            raise ProofFailed(self.host, intent.user, failed)
        if entries_to_write(intent, store):
            raise DeviceError("windows.not-read-back", host=self.host, user=intent.user)

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
        self.session.close()
        self.session = self.connect()
        back = undoing(self._look().found, planned)
        if back:
            self._apply(back)
            if undoing(self._look().found, planned):
                raise DeviceError("windows.not-as-before", host=self.host)
        if self.wrote and isinstance(self.intent, ReceiptIntent):
            remove_from_store(self.session, self.intent, self.secrets, self.wrote)


def _entries(intent: ReceiptIntent, store: StoreState) -> list[StoredCredential]:
    found = stored_credentials(intent, store)
    wanted = (StoredCredential(one.target, one.user, True) for one in intent.credentials)
    some = (found.get(one.key, StoredCredential(one.target, "", False)) for one in wanted)
    return [one for one in some if isinstance(one, StoredCredential)]


def entries_to_write(intent: ReceiptIntent, store: StoreState) -> tuple[CredentialIntent, ...]:
    """Answers the entries that are missing, for another user, for one logon, or refused. Pure."""
    by_target = {one.target.lower(): one for one in _entries(intent, store)}
    said = {proof.share.lower(): proof for proof in store.proofs}
    proofs = {str(one.address).lower(): said.get(one.unc.lower()) for one in intent.proofs}

    def is_wrong(one: CredentialIntent) -> bool:
        entry, proof = by_target[one.target.lower()], proofs.get(one.target.lower())
        if entry.user.lower() != one.user.lower():
            return True
        if proof is None or proof.good:
            return not entry.proved  # it opens the share, but only for this logon
        return cause_of(proof) in REFUSED

    return tuple(one for one in intent.credentials if is_wrong(one))
