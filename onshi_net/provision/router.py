"""What the core's actions are on a router: the driver of a change, whatever family it is of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from math import inf
from typing import cast

from onshi_net.errors import DeviceError
from onshi_net.inventory.recipients import Recipients
from onshi_net.platforms.base import RouterSession
from onshi_net.platforms.change import Command, Config, Guard, NoGuard, Password, Step
from onshi_net.provision import core
from onshi_net.provision.journal import BACKUPS, Journal, JournalLost
from onshi_net.provision.packets import Packets
from onshi_net.provision.plan import OPEN_S, RouterPlan, shown
from onshi_net.provision.reach import Cancelled, Reach, now
from onshi_net.provision.said import Said
from onshi_net.provision.shell import Found
from onshi_net.provision.watch import PORTS_S


class RouterDriver:
    """One router under one change."""

    def __init__(self, reach: Reach, wanted: Config, session: RouterSession) -> None:
        """Takes an open session, which it replaces when that breaks."""
        self.reach = reach
        self.wanted = wanted
        self.device = reach.family.device(reach.intent, reach.secrets, session)
        self.before: Config = ()
        self.lacking: tuple[str, ...] = ()
        """What the router lacked when it was asked last."""

    @property
    def session(self) -> RouterSession:
        """The session that is open, or was last."""
        return self.device.session

    def connect(self, within_s: float, stopped: Callable[[], bool]) -> None:
        """Opens a new session in place of the old one. Raises the errors of `Reach.reopen`."""
        self.session.close()
        self.device.take(self.reach.reopen(within_s, stopped))

    def ask(self, *, kept: bool) -> core.Facts:
        """Asks the router what it is; without `kept` not for what it has saved."""
        seen, same = self.device.read(kept=kept), self.device.same
        old = self.before or seen.saved or ()
        left = self.device.plan(seen.running, self.wanted)
        self.lacking = shown(left)
        return core.Facts(
            is_old=same(seen.running, old) and seen.has_first_passwords,
            is_new=not left,
            keeps_old=seen.saved is not None and same(seen.saved, old),
            keeps_running=seen.is_saved,
            mark=seen.mark,
            left=left,
        )

    def close(self) -> None:
        """Closes the session."""
        self.session.close()

    def talk(self, action: core.Action, cancelled: Callable[[], bool]) -> core.Facts | None:
        """Does what every change has in common."""

        def stopped() -> bool:
            return bool(getattr(action, "stoppable", False)) and cancelled()

        match action:
            case core.Ask(kept):
                return self.ask(kept=kept)
            case core.Connect(within_s):
                self.connect(within_s, stopped)
            case core.Wait(seconds):
                self.session.close()
                self.reach.wait(seconds, stopped)
            case core.Disarm():
                self.device.disarm()
            case core.Keep():
                self.device.keep()
            case core.Restart():
                self.session.restart()
        return None


class RouterArrival(RouterDriver):
    """The driver of what earlier runs left."""

    def __init__(
        self,
        reach: Reach,
        wanted: Config,
        session: RouterSession,
        cancelled: Callable[[], bool],
    ) -> None:
        """Takes an open session."""
        super().__init__(reach, wanted, session)
        self.cancelled = cancelled

    def perform(self, state: core.State, action: core.Action) -> core.Facts | None:
        """Does an action."""
        del state
        if isinstance(action, core.Restart):
            self.reach.progress(self.reach.intent.host, "provision.restarting")
        return self.talk(action, self.cancelled)

    def turned(self, state: core.State) -> None:
        """Has nothing to tell."""


class RouterChange(RouterDriver):
    """The driver with what only a change needs: the plan, the guard, the journal and the proof."""

    def __init__(
        self,
        reach: Reach,
        wanted: Config,
        session: RouterSession,
        plan: RouterPlan,
        journal: Journal,
        *,
        packets: Packets,
        cancelled: Callable[[], bool],
        links_stand: Callable[[bool], None],
        recipients: Recipients,
        proves: bool = False,
    ) -> None:
        """Takes an open session and what was planned over it; `proves` as in `core.begin`."""
        super().__init__(reach, wanted, session)
        self.plan = plan
        self.journal = journal
        self.packets = packets
        self.cancelled = cancelled
        self.links_stand = links_stand
        self.recipients = recipients
        self.proves = proves
        self.guard: Guard | None = None
        self.lines_sent = 0
        self._running = ""
        self._links: bool | None = None
        self._asks_for_restart = False
        self._over: float | None = None
        self._links_back = -inf

    def left_s(self) -> float | None:
        """Answers the seconds until the guard has undone it for sure; None while none is armed."""
        return None if self._over is None else self._over - now()

    def takes_links_down(self) -> bool:
        """Answers whether links of the router's ports may be down just now by the change itself."""
        return now() < self._links_back

    @property
    def host(self) -> str:
        """The router's name."""
        return self.reach.intent.host

    def tell(self, message: str, **values: object) -> None:
        """Tells progress."""
        self.reach.progress(self.host, f"provision.{message}", **values)

    def turned(self, state: core.State) -> None:
        """Tells that it is being undone, and why."""
        cause = self.told(state.cause)
        with suppress(JournalLost):
            self.journal.write("undoing", cause=cause)
        self.tell("undoing", cause=cause)

    def told(self, cause: core.Cause | None) -> str:
        """Answers a cause in the user's language, masked."""
        error = self.error(cause)
        return self.reach.secrets.masked(str(error) or type(error).__name__)

    def error(self, cause: core.Cause | None) -> BaseException:
        """Answers a cause as what is raised for it."""
        match cause:
            case core.Why.OUT_OF_TIME:
                seconds = self.guard.seconds if self.guard else 0
                return DeviceError("provision.out-of-time", host=self.host, seconds=seconds)
            case core.Why.CANCELLED:
                return Cancelled("provision.interrupted", host=self.host)
            case core.Worse(answers):
                said = " ".join(one.said or one.check for one in answers)
                return DeviceError("provision.worse", host=self.host, said=said)
            case core.Why.NOT_SAVED:
                return DeviceError("provision.not-saved", host=self.host)
            case core.Why.NOT_AS_INTENDED:
                return DeviceError(
                    "provision.not-as-intended",
                    host=self.host,
                    lines="; ".join(self.lacking),
                )
            case BaseException():
                return cause
            case _:
                return DeviceError("provision.guard-gone", host=self.host)

    def prepare(self, guard_s: int, said: Said) -> Guard | None:
        """Reads what runs and chooses the guard for it; None where none is needed or there.

        Raises NoGuard where the router needs a guard and has none, unless the user said why it is
        changed all the same.
        """
        seen = self.device.read(kept=False)
        self._running, self.before = seen.text, seen.running
        if not self.plan.todo:
            return None
        if self.device.whole:
            self.tell("whole")
            self.journal.write("whole", said=self.plan.notes)
            return None
        try:
            self.guard = self.device.choose_guard(guard_s, self.before, self.wanted, self._note)
        except NoGuard:
            if said.without_guard is None:
                raise
            self.journal.write("without-guard", text=said.without_guard)
            self.tell("without-guard")
        return self.guard

    def _note(self, message: str, **values: object) -> None:
        """Tells and keeps what a device does unasked."""
        self.tell(message, **values)
        self.journal.write(message, **values)

    def perform(self, state: core.State, action: core.Action) -> Found:
        """Does an action, journalled before it is taken."""
        self._keep_times(state, action)
        match action, state.phase:
            case core.Measure(within_s), core.Phase.MEASURING_BEFORE:
                return self._measured("before", self.packets.before(within_s))
            case core.Measure(within_s), _:
                self.tell("measuring")
                return self._measured("after", self.packets.now(within_s))
            case core.Backup(), _:
                self._backup()
            case core.Arm(), _:
                self._arm(state.run)
            case core.Send(step, after), _:
                self._send(step, after)
            case core.Undo(step), _:
                self.device.undo(cast("Step", step))
            case core.Mend(), _:
                self._mend()
            case core.Prove(within_s), _:
                self._prove(state, within_s)
            case core.Connect(within_s), core.Phase.RECONNECTING:
                self.journal.write("lost")
                self.tell("lost")
                self.talk(action, self.cancelled)
                self.journal.write("reconnected")
                self.tell("reconnected")
            case _:
                self._announce(state, action)
                return self.talk(action, self.cancelled)
        return None

    def _keep_times(self, state: core.State, action: core.Action) -> None:
        """Keeps until when the guard stands, and links may be down by this action."""
        self._over = state.over if state.over > now() and not state.disarmed else None
        if isinstance(action, core.Restart):
            self._links_back = now() + state.boot_s
        elif isinstance(action, core.Send | core.Undo) and action.step.reshapes:
            self._links_back = now() + PORTS_S

    def _announce(self, state: core.State, action: core.Action) -> None:
        match action, state.phase:
            case core.Keep(), core.Phase.KEEPING_FIRST:
                self.journal.write("saving-first")
            case core.Keep(), _:
                self.tell("saving")
                self.journal.write("saving")
            case core.Disarm(), _:
                self.journal.write("disarming")
            case core.Connect(within_s), _:
                self.tell("waiting-for-router", seconds=round(within_s))
            case core.Restart(), _:
                self.journal.write("restarting")
                self.tell("restarting")

    def _backup(self) -> None:
        self.tell("backup")
        if not self.recipients:
            self.journal.write("backup-not-kept")
            self.tell("backup-not-kept")
            return
        for name, text in zip(BACKUPS, (self._running, self.session.saved_config()), strict=True):
            self.journal.keep(name, text.encode("utf-8", "surrogateescape"), self.recipients)

    def _arm(self, run: str) -> None:
        guard = cast("Guard", self.guard)
        self.tell("arming", seconds=guard.seconds)
        self.journal.write("arming", kind=guard.kind, seconds=guard.seconds)
        self.device.arm(run)
        self.journal.write("armed")

    def _measured(self, when: str, answers: tuple[core.Answer, ...]) -> tuple[core.Answer, ...]:
        bad = [one.check for one in answers if one.seen is core.Seen.BAD]
        unknown = [one.check for one in answers if one.seen is core.Seen.UNKNOWN]
        good = len(answers) - len(bad) - len(unknown)
        self.journal.write("measured", when=when, good=good, bad=bad, unknown=unknown)
        return answers

    # what is sent

    def _send(self, step: core.Step, after: tuple[core.Step, ...]) -> None:
        self._tell_links((step, *after))
        if isinstance(step, Password):
            self.journal.write("password", which=step.which)
            self.tell(f"setting-{step.which}-password")
        elif isinstance(step, Command):
            self._asks_for_restart |= step.needs_restart
            self.journal.write("line", lines=step.lines)
            middle = len(step.shown) // 2  # a section's line stands between those around it
            for line in step.shown if self.device.whole else step.shown[middle : middle + 1]:
                self.tell("line", line=line)
            self.lines_sent += len(step.shown)
        self.device.send(cast("Step", step))

    def _tell_links(self, left: tuple[core.Step, ...]) -> None:
        """Tells whether the links stay up: what is sent, or a restart, may take them down."""
        stand = not (self._asks_for_restart or any(one.reshapes for one in left))
        if stand is not self._links:
            self._links = stand
            self.links_stand(stand)

    def _mend(self) -> None:
        """Sends what undoing line by line left over, by the router's own configuration."""
        running = self.device.read(kept=False).running
        for step in self.device.plan(running, self.before):
            if isinstance(step, Command):
                self.device.send(step)

    def _prove(self, state: core.State, within_s: float) -> None:
        """Proves the change, while packets are asked where no link is down by it."""
        if core.is_measured(state) and not any(one.reshapes for one in state.sent):
            self.packets.begin_after()
        self._check(within_s)

    def _check(self, within_s: float) -> None:
        """Proves over a fresh TCP, SSH and login with the new password."""
        self._tell_links(())
        self.journal.write("proving")
        self.tell("proving")
        site_only = replace(self.reach.intent.management, initial_secret=None, initial_admin=None)
        fresh = self.reach.family.open(
            site_only,
            self.reach.secrets,
            self.reach.known_hosts,
            deadline_s=min(OPEN_S, within_s),
        )
        with closing(fresh):
            self._check_as_intended(fresh)
        self.journal.write("proved")

    def _check_as_intended(self, session: RouterSession) -> None:
        seen = self.reach.family.device(self.reach.intent, self.reach.secrets, session)
        left = seen.plan(seen.read(kept=False).running, self.wanted)
        if left:
            lines = "; ".join(shown(left))
            raise DeviceError("provision.not-as-intended", host=self.host, lines=lines)
