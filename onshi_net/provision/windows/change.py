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

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from onshi_net.errors import ChangeStuck, ChangeUndone, DeviceError, OnshiError
from onshi_net.facts.pc import PcState, ReceiptState, StoreState
from onshi_net.i18n import text
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent, TerminalIntent, WindowsIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.pcs.decision import Decision
from onshi_net.pcs.differ import differ
from onshi_net.pcs.powershell import script
from onshi_net.pcs.proof import ProofFailed, entries_to_write
from onshi_net.pcs.resources import Difference, Leftover, StoredCredential, User
from onshi_net.provision import core
from onshi_net.provision.journal import Journal
from onshi_net.provision.outcome import Progress
from onshi_net.provision.shell import Found
from onshi_net.provision.windows.earlier import Earlier, in_order, shown
from onshi_net.provision.windows.plan import Decided
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
        self.done: set[tuple[str, ...]] = set()
        """The things that were changed, each once however often it was sent."""
        self.earlier: Earlier | None = None
        """What the PC was when it was planned."""
        self.store = StoreState(user="")
        self.first_store = self.store
        """The user's store when it was planned."""
        self.stays: tuple[str, ...] = ()
        """Kinds of things that are not as before and can't be put back, once all else is."""
        self.overwritten = False
        """An entry that was there has another password now, which Windows never tells."""
        self.tried: tuple[CredentialIntent, ...] = ()
        """Entries that may have been written; none once the store was compared after an undo."""
        self.wrote: tuple[str, ...] = ()
        """Targets of new entries, which undoing removes."""
        self.now: Decided | None = None
        """The PC as it was read since it was touched last."""
        self.second: OnshiError | None = None
        """What went wrong while it was put back."""
        self.journal: Journal | None = None

    @property
    def steps(self) -> int:
        """How many things were changed."""
        return len(self.done)

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
        self.earlier = Earlier(state, decision.found)
        if isinstance(state, ReceiptState) and state.store is not None:
            self.store = self.first_store = state.store
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
        now = self._look()
        late = tuple(one for one in self._wrong_entries() if one not in self.tried)
        missing = _visible(now.decision)
        is_old = not (self._back(now) or self.wrote or self.tried)
        if is_old and self.earlier is not None:
            entries = (StoredCredential.kind,) if self.overwritten else ()
            self.stays = (*self.earlier.stays(now), *entries)
        return core.Facts(
            is_old=is_old,
            is_new=not missing,
            keeps_old=is_old,
            keeps_running=True,
            mark=None,
            left=(Script(missing, late),) if missing or late else (),
        )

    def _look(self) -> Decided:
        """Reads the PC again, without the credential store."""
        if self.now is None:
            state = read(self.session, self.intent, self.secrets, refused=self._refused())
            check_name(self.intent.access, state)
            self.now = Decided(differ(state, self.intent, datetime.now(UTC)), state)
            if self.earlier is not None:
                self.earlier = self.earlier.learned(self.now)
        return self.now

    def _refused(self) -> str:
        """Answers since when the link user has a password that is not the site's.

        It is not tried again while that stands: tries lock an account.
        """
        user = getattr(self.earlier.state, "user", None) if self.earlier is not None else None
        wrong = (
            user is not None and user.enabled and user.password_good is False and not user.locked
        )
        return str(user.password_set) if user is not None and wrong else ""

    def _back(self, now: Decided) -> tuple[Difference, ...]:
        """Answers what is missing to the PC before the change."""
        return self.earlier.back(now) if self.earlier is not None else ()

    # one script

    def _send(self, step: Script) -> None:
        self.now = None
        if self.earlier is not None:
            self.earlier = self.earlier.after(step.differences)
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
        self.done |= {one.key for one in step.differences}
        self.done |= {(StoredCredential.kind, one.lower()) for one in entries}

    def _carry_out(self, intent: ReceiptIntent, step: Script) -> None:
        there = {one.target.lower() for one in self.first_store.entries if one.found}
        new = (one.target for one in step.entries if one.target.lower() not in there)
        self.wrote = tuple(dict.fromkeys((*self.wrote, *new)))
        self.tried = (*self.tried, *step.entries)
        tasks = [StoreTask(write=step.entries), READ] if step.entries else [READ]
        found = carry_out(
            self.session, intent, self.secrets, step.differences, tasks, grant=self.store.granted
        )
        self.store = found[-1]

    def _apply(self, changes: tuple[Difference, ...]) -> None:
        """Carries out differences, without any task. Raises the session's errors."""
        self.now = None
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
        """Holds what the step's own proof said, and what the PC refuses now. Raises DeviceError.

        Whether its policies let a user in shows only once the user is there.
        """
        for one in self._look().decision.conflicts:
            raise DeviceError(f"windows.conflict.{one.name}", host=self.host, **one.values)
        if not isinstance(self.intent, ReceiptIntent) or not self.intent.credentials:
            return
        failed = next((proof for proof in self.store.proofs if not proof.good), None)
        if failed is not None:
            raise ProofFailed(self.intent, failed)
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
        first, services = in_order(self._back(self._look()))
        if first:
            self._apply(first)
        if services and not in_order(self._back(self._look()))[0]:
            self._apply(services)
        if self.tried and isinstance(self.intent, ReceiptIntent):
            self._take_entries_back(self.intent)

    def _take_entries_back(self, intent: ReceiptIntent) -> None:
        """Removes new entries, and compares the store with what it was. Raises DeviceError."""
        self.now = None
        gone = StoreTask(remove=self.wrote)
        granted = self.store.granted
        found = carry_out(self.session, intent, self.secrets, (), [gone], grant=granted)[-1]
        left = {one.target.lower() for one in found.entries if one.found}
        if left & {one.lower() for one in self.wrote}:
            raise DeviceError("windows.entry-stays", host=self.host, user=intent.user)
        was, now = (
            {one.target: one for one in store.entries} for store in (self.first_store, found)
        )
        self.overwritten = any(was[key] != now.get(key) for key in was if was[key].found)
        self.wrote, self.tried = (), ()

    def tidy(self) -> None:
        """Removes what a look into the store that failed has left of ours, if it can be reached."""
        with contextlib.suppress(OnshiError):
            self.reopen()
            found = self._look().decision.found.values()
            left = tuple(Difference(one, None) for one in found if isinstance(one, Leftover))
            if left:
                self._apply(left)

    # what is told of it

    def cause(self, cause: core.Cause | None) -> BaseException:
        """Answers why it ended otherwise than well, as an error."""
        if isinstance(cause, BaseException):
            return cause
        if cause is core.Why.NOT_AS_INTENDED and self.now is not None:
            wrong = shown(_visible(self.now.decision))
            return DeviceError("windows.not-as-asked", host=self.host, what=wrong)
        return DeviceError("windows.cancelled", host=self.host)

    def undone(self, cause: core.Cause | None) -> ChangeUndone:
        """Answers that it is undone, and what of the PC is not as before all the same."""
        why = self.cause(cause)
        values = {"reason": self.reason(cause), "next": getattr(why, "remedy", "")}
        if not self.stays:
            return ChangeUndone("windows.undone", host=self.host, **values)
        what = ", ".join(text(f"windows.stays.{kind}") for kind in self.stays)
        kinds = ", ".join(self.stays)
        return ChangeUndone("windows.undone-but", host=self.host, what=what, kinds=kinds, **values)

    def stuck(self, cause: core.Cause | None) -> ChangeStuck:
        """Answers that it could not be undone, and what of the PC is not as before."""
        second = self.second
        if second is None and self.now is not None:
            left = shown(self._back(self.now)) or "-"
            second = DeviceError("windows.not-as-before", host=self.host, what=left)
        second = second or DeviceError("windows.not-as-before", host=self.host, what="-")
        return ChangeStuck(
            "windows.stuck", host=self.host, reason=self.reason(cause), second=str(second)
        )

    def reason(self, cause: core.Cause | None) -> str:
        """Answers the same as a sentence."""
        if cause is core.Why.CANCELLED:
            return text("windows.stopped")
        return str(self.cause(cause))


def _visible(decision: Decision) -> tuple[Difference, ...]:
    """Answers the differences that reading alone shows: not the credential store's."""
    return tuple(one for one in decision.differences if one.kind != StoredCredential.kind)
