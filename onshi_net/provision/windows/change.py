"""`PcChange`: a PC as the core's actions change it, whole and without a guard.

A step is one script, which the PC runs to its end when the laptop is gone in the middle: a shell
whose client is cut off counts as idle ([MS-WSMV] 3.1.6.5) and lives on for its idle time,
`wsman.IDLE_S`. It doesn't begin before all of the script has arrived. So a killed run or a cut
cable leaves the old state or the new one.

After a step the PC is read, and what is still to do is planned again: what a store silently kept,
and an entry that only the new way to the share shows to be wrong. The access proof of a receipt PC
belongs to a *new* logon than the one that wrote, so it comes with the step that wrote. What a step
said of the PC stands until the next one: nothing of ours has touched it in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from onshi_net.errors import DeviceError, OnshiError
from onshi_net.facts.pc import PcState, ReceiptState, StoreState
from onshi_net.i18n import text
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent, TerminalIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs.decision import Decision
from onshi_net.pcs.differ import differ
from onshi_net.pcs.powershell import script
from onshi_net.pcs.proof import ProofFailed, entries_to_write
from onshi_net.pcs.resources import Difference, StoredCredential, User, undoing
from onshi_net.provision import core
from onshi_net.provision.journal import Journal
from onshi_net.provision.outcome import Progress
from onshi_net.provision.shell import Found
from onshi_net.transport.windows import WindowsSession
from onshi_net.transport.windows.batch import CHANGE_S, READ, StoreTask, carry_out, plain
from onshi_net.transport.windows.reading import check_name, read

Connect = Callable[[], WindowsSession]


@dataclass(frozen=True, slots=True)
class Script:
    """What one script does: differences, and entries of the user's credential store."""

    differences: tuple[Difference, ...]
    entries: tuple[CredentialIntent, ...] = ()

    @property
    def reshapes(self) -> bool:
        """Always: what is still to do is read after it."""
        return True

    @property
    def needs_restart(self) -> bool:
        """Never: everything holds at once."""
        return False


class PcChange:
    """One change of one PC, over sessions that it opens and closes."""

    def __init__(
        self, intent: WindowsIntent, secrets: Secrets, connect: Connect, progress: Progress
    ) -> None:
        """Opens the first session."""
        self.intent = intent
        self.secrets = secrets
        self.connect = connect
        self.progress = progress
        self.session = connect()
        self.steps = 0
        self.before = Decision({}, {})
        """What the PC had and needed when it was planned."""
        self.store = StoreState(user="")
        self.tried: tuple[CredentialIntent, ...] = ()
        """Entries that were written."""
        self.wrote: tuple[str, ...] = ()
        """Targets of new entries, which undoing removes."""
        self.now: Decision | None = None
        """The PC as it was read since it was touched last."""
        self.second: OnshiError | None = None
        """What went wrong while it was put back."""
        self.journal: Journal | None = None

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

    def take(self, state: PcState, decision: Decision) -> Script:
        """Takes what was read as the PC before the change, and answers what is to be done."""
        self.before = decision
        if isinstance(state, ReceiptState) and state.store is not None:
            self.store = state.store
        return Script(_visible(decision), self._wrong_entries())

    def _wrong_entries(self) -> tuple[CredentialIntent, ...]:
        if not isinstance(self.intent, ReceiptIntent):
            return ()
        return entries_to_write(self.intent, self.store)

    # as the core asks

    def turned(self, state: core.State) -> None:
        """Tells that the change is given up."""
        self._note("undoing", reason=self.reason(state.cause))
        self.progress(self.host, "windows.undoing")

    def perform(self, _state: core.State, action: core.Action) -> Found:
        """Does an action; one that a PC has no part in is done at once."""
        match action:
            case core.Ask():
                return self._facts()
            case core.Measure():
                return ()
            case core.Send(step=Script() as step):
                self._send(step)
            case core.Prove():
                self._prove()
            case core.Undo() | core.Mend():
                self._failing(self._put_back)
            case core.Connect():
                self._failing(self.reopen)
            case _:
                pass
        return None

    def _note(self, event: str, **values: object) -> None:
        if self.journal is not None:
            self.journal.write(event, **values)

    def _facts(self) -> core.Facts:
        decision = self._look()
        late = tuple(one for one in self._wrong_entries() if one not in self.tried)
        missing = _visible(decision)
        is_old = not self._back(decision) and not self.wrote
        return core.Facts(
            is_old=is_old,
            is_new=not missing,
            keeps_old=is_old,
            keeps_running=True,
            mark=None,
            left=(Script(missing, late),) if missing or late else (),
        )

    def _look(self) -> Decision:
        """Reads the PC again, without the credential store."""
        if self.now is None:
            state = read(self.session, self.intent, self.secrets)
            check_name(self.intent.access, state)
            self.now = differ(state, self.intent, datetime.now(UTC))
        return self.now

    def _back(self, decision: Decision) -> tuple[Difference, ...]:
        """Answers what is missing to the PC before the change."""
        return undoing(decision.found, _visible(self.before), self.before.found)

    # one script

    def _send(self, step: Script) -> None:
        self.now = None
        count = len(step.differences) + len(step.entries)
        proves = isinstance(self.intent, ReceiptIntent) and bool(self.intent.credentials)
        message = "windows.changing-and-proving" if proves else "windows.changing"
        self.progress(self.host, message, count=count)
        entries = [one.target for one in step.entries]
        self._note("changing", count=len(step.differences), entries=entries)
        if isinstance(self.intent, ReceiptIntent) and proves:
            self._carry_out(self.intent, step)
        else:
            self._apply(step.differences)
        self.steps += count

    def _carry_out(self, intent: ReceiptIntent, step: Script) -> None:
        there = {one.target.lower() for one in self.store.entries if one.found}
        new = (one.target for one in step.entries if one.target.lower() not in there)
        self.wrote = (*self.wrote, *new)
        self.tried = (*self.tried, *step.entries)
        tasks = [StoreTask(write=step.entries), READ] if step.entries else [READ]
        found = carry_out(
            self.session, intent, self.secrets, step.differences, tasks, grant=self.store.granted
        )
        self.store = found[-1]

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

    def _prove(self) -> None:
        """Holds what the step's own proof said. Raises ProofFailed, DeviceError."""
        if not isinstance(self.intent, ReceiptIntent) or not self.intent.credentials:
            return
        failed = next((proof for proof in self.store.proofs if not proof.good), None)
        if failed is not None:
            raise ProofFailed(self.host, self.intent.user, failed)
        if self._wrong_entries():
            raise DeviceError("windows.not-read-back", host=self.host, user=self.intent.user)

    # back

    def _failing(self, act: Callable[[], None]) -> None:
        try:
            act()
        except OnshiError as error:
            self.second = error
            raise

    def _put_back(self) -> None:
        self.now = None
        self.reopen()
        back = self._back(self._look())
        self.now = None
        if back:
            self._apply(back)
        if self.wrote and isinstance(self.intent, ReceiptIntent):
            gone = StoreTask(remove=self.wrote)
            carry_out(self.session, self.intent, self.secrets, (), [gone])
            self.wrote = ()

    # what is told of it

    def cause(self, cause: core.Cause | None) -> BaseException:
        """Answers why it ended otherwise than well, as an error."""
        if isinstance(cause, BaseException):
            return cause
        if cause is core.Why.NOT_AS_INTENDED and self.now is not None:
            wrong = _visible(self.now)
            shown = "; ".join(str(one).replace("\n", ", ") for one in wrong[:3])
            return DeviceError("windows.not-as-asked", host=self.host, what=shown)
        return DeviceError("windows.cancelled", host=self.host)

    def reason(self, cause: core.Cause | None) -> str:
        """Answers the same as a sentence."""
        if cause is core.Why.CANCELLED:
            return text("windows.stopped")
        return str(self.cause(cause))


def _visible(decision: Decision) -> tuple[Difference, ...]:
    """Answers the differences that reading alone shows: not the credential store's."""
    return tuple(one for one in decision.differences if one.kind != StoredCredential.kind)
