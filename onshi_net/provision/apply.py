"""`apply_router`: makes a router what the intent says, under its own undo, or leaves it as it was.

The steps, in this order; each is journalled before it is taken:
 1. an unfinished earlier run is settled (`settle`): its guard's time is waited for;
 2. preflight: the right device, nobody else at work, the site eligible;
 3. backup of running and saved configuration, closed to the inventory's recipients; nothing later
    needs it, undoing works from memory and from the router;
 4. guard (`guard`): rollback timer, then scheduled restart;
 5. the lines that differ, one by one, then the passwords;
 6. proof over a fresh TCP, SSH and login with the new password: the configuration is as intended,
    and `prove`;
 7. the guard is disarmed, the change confirmed and saved, and saved compared with running.

Which password works when. Passwords change last, inside the guard: until step 5 ends the old ones
work; then the new ones do. Guard or undo bring the old ones back with the rest; `save` makes the
new ones last. Between the two password lines the login is new and the administrator's old. Every
session therefore tries the site's secret, then the delivery's, for login and administrator each on
its own.

When the session breaks in step 5 (LAN division resets the link) the run goes on over a new one,
planned again from what the router then says. The broken console's timer may live on or not
(docs/sources.md): both readings end well, since either it restores the old configuration before the
proof, which then fails, or it fires after `save`, and then the router is restarted into what was
saved.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from onshi_net.errors import ChangeStuck, ChangeUndone, DeviceError, OnshiError
from onshi_net.intent import RouterIntent
from onshi_net.inventory.recipients import Recipients
from onshi_net.inventory.secrets import Secrets
from onshi_net.provision.config import config_lines, same_config
from onshi_net.provision.guard import NO_GUARD, choose_guard
from onshi_net.provision.journal import (
    BACKUPS,
    Journal,
    close_readable,
    new_folder,
    site_lock,
)
from onshi_net.provision.outcome import Outcome, Progress, State, silent
from onshi_net.provision.plan import (
    OPEN_S,
    Command,
    PasswordStep,
    Render,
    RouterPlan,
    carriers,
    password_steps,
    plan_lines,
    plan_session,
)
from onshi_net.provision.preflight import JST, check_alone, check_device, clock_of, is_off
from onshi_net.provision.rules import needs_restart, resets_ports
from onshi_net.provision.settle import Reach, settle
from onshi_net.render import router_config
from onshi_net.transport import (
    CommandRejected,
    RouterSession,
    SessionLost,
    hostkeys,
    kept_alive,
    open_router,
)

NOBODY = Recipients()
RECONNECTS = 3
"""Broken sessions that one change survives."""

Prove = Callable[[RouterSession], None]


class Cancelled(OnshiError):
    """Raised between two steps when the user wants to stop."""


def apply_router(
    intent: RouterIntent,
    secrets: Secrets,
    known_hosts: Path,
    *,
    runs: Path,
    site: str,
    guard_s: int = 300,
    prove: Prove | None = None,
    progress: Progress = silent,
    dry_run: bool = False,
    force: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    eligible: Callable[[], None] = lambda: None,
    reason: str | None = None,
    render: Render = router_config,
    links_stand: Callable[[bool], None] = lambda _stand: None,
    recipients: Recipients = NOBODY,
) -> Outcome:
    """Makes the router what the intent says and answers how that ended.

    `prove` gets a fresh session and raises when the change does not do what it must; `eligible`
    raises when the site may not be changed; `cancelled` is asked between steps; `force` allows a
    change without any guard; `reason` goes into the journal; `links_stand` is told, before lines
    are sent, whether the links of the router's ports stay up from now on; backups are closed to
    `recipients`, and not written down without any.

    Raises the errors of `open_router`, WrongDevice, DeviceError (nothing was changed), ChangeUndone
    (the router has its old configuration again) or ChangeStuck (somebody must look).
    """
    reach = Reach(intent, secrets, known_hosts, progress)
    for reference in (intent.management.secret, intent.management.admin_secret):
        secrets.resolve(reference)
    wanted = render(intent)
    eligible()
    with site_lock(runs, site, intent.host):
        settle(reach, runs, site, wanted)
        close_readable(runs, site, recipients)
        progress(intent.host, "provision.connecting")
        session = reach.open()
        with contextlib.ExitStack() as undo:
            undo.callback(session.close)
            check_device(intent, session.identity)
            check_alone(intent.host, session.show("show status user"))
            plan = plan_session(session, intent, secrets, wanted)
            undo.pop_all()
        if plan.is_empty or dry_run:
            session.close()
            state = State.UNCHANGED if plan.is_empty else State.PLANNED
            return Outcome(intent.host, state, plan, 0, None)
        journal = Journal(new_folder(runs, site), secrets.masked)
        _tell_bond(journal, intent, known_hosts)
        if reason is not None:
            journal.write("reason", text=reason)
        change = Change(
            reach, wanted, plan, session, journal, prove, cancelled, links_stand, recipients
        )
        try:
            change.run(guard_s, force)
        finally:
            change.session.close()
            journal.close()
    return Outcome(intent.host, State.CHANGED, plan, change.lines_sent, journal.folder)


def _tell_bond(journal: Journal, intent: RouterIntent, known_hosts: Path) -> None:
    """Keeps which key the run trusts, and who bound it by what; a later run compares it."""
    management = intent.management
    name = hostkeys.host_name(str(management.address), management.port)
    for entry in hostkeys.recorded(known_hosts, name).entries[:1]:
        fingerprint = hostkeys.fingerprint(entry.key)
        journal.write("bound", host=intent.host, fingerprint=fingerprint, **entry.bond.told())


class Change:
    """One change of one router, from the backup to its end."""

    def __init__(
        self,
        reach: Reach,
        wanted: tuple[str, ...],
        plan: RouterPlan,
        session: RouterSession,
        journal: Journal,
        prove: Prove | None,
        cancelled: Callable[[], bool],
        links_stand: Callable[[bool], None],
        recipients: Recipients = NOBODY,
    ) -> None:
        """Takes an open session, which it replaces when that breaks."""
        self.reach = reach
        self.wanted = wanted
        self.plan = plan
        self.session = session
        self.journal = journal
        self.prove = prove
        self.cancelled = cancelled
        self.links_stand = links_stand
        self.recipients = recipients
        self.guard = NO_GUARD
        self.armed_at = self.armed_by = 0.0
        self.lost = False
        self.before: tuple[str, ...] = ()
        self.sent: list[Command] = []
        self.lines_sent = 0
        self.passwords: list[tuple[PasswordStep, str]] = []

    @property
    def host(self) -> str:
        """The router's name."""
        return self.reach.intent.host

    def tell(self, message: str, **values: object) -> None:
        """Tells progress."""
        self.reach.progress(self.host, f"provision.{message}", **values)

    def run(self, guard_s: int, force: bool) -> None:
        """Runs the steps from the backup on."""
        self.journal.write("start", host=self.host, steps=self.plan.steps)
        self._backup()
        if self.plan.commands or self.plan.passwords:
            self._arm(guard_s, force)
        try:
            self._change()
            self._prove()
            self._check_cancelled()
        except (SessionLost, DeviceError) as error:
            self._undo(error)
        except (Cancelled, KeyboardInterrupt) as error:
            self._undo(error)
        except ProofFailed as error:
            self._undo(error.cause)
        self._release()
        self.journal.finish("done")
        self.tell("done")

    # 3. backup

    def _backup(self) -> None:
        self.tell("backup")
        running = self.session.config()
        self.before = config_lines(running)
        management = self.reach.intent.management
        self.journal.mark(self.before, self.reach.secrets.resolve(management.admin_secret))
        self._keep(running, self.session.saved_config())
        if self.plan.unsaved and self.plan.commands:
            # Both guards must come back to the same configuration: the one that runs now.
            self.journal.write("saving-first")
            self.session.show("save")

    def _keep(self, running: str, saved: str) -> None:
        if not self.recipients:
            self.journal.write("backup-not-kept")
            self.tell("backup-not-kept")
            return
        for name, config in zip(BACKUPS, (running, saved), strict=True):
            self.journal.keep(name, config.encode("utf-8", "surrogateescape"), self.recipients)

    # 4. guard

    def _arm(self, guard_s: int, force: bool) -> None:
        firmware = self.plan.identity.firmware
        clock = clock_of(self.session.show("show environment"))
        if clock is not None and is_off(clock, datetime.now(JST).replace(tzinfo=None)):
            self.tell("clock-off", clock=f"{clock:%Y-%m-%d %H:%M}")
        if firmware is not None:
            model = self.reach.intent.model
            lines = (*self.before, *self.wanted)
            self.guard = choose_guard(model, firmware, clock, lines, guard_s)
        if not self.guard:
            if force:
                return
            raise DeviceError("provision.no-guard", host=self.host)
        self.tell("arming", seconds=self.guard.seconds)
        self.armed_at = time.monotonic()
        try:
            for line in self.guard.arming(clock):
                self._journal_guard("arming")
                self.session.show(line)
            self.armed_by = time.monotonic()
            self._journal_guard("armed")
        except OnshiError as error:
            self.armed_by = time.monotonic()
            self._undo(error)

    def _journal_guard(self, event: str) -> None:
        guard = self.guard
        self.journal.write(
            event,
            rollback=guard.rollback,
            schedule=guard.schedule,
            until=time.time() + guard.lasts_s + 1,
        )

    def _left_s(self) -> float:
        """Seconds until the first guard fires; without one there is no hurry."""
        if not self.guard:
            return float("inf")
        return self.armed_at + self.guard.seconds - time.monotonic()

    def _check_time(self) -> None:
        if self._left_s() < max(1.0, self.guard.seconds * 0.05):
            raise DeviceError("provision.out-of-time", host=self.host, seconds=self.guard.seconds)

    # 5. change

    def _change(self) -> None:
        commands, passwords = self.plan.commands, self.plan.passwords
        for attempt in range(RECONNECTS + 1):
            try:
                self._send_all(commands)
                for step in passwords:
                    self._set_password(step)
                return
            except SessionLost as lost:
                if attempt == RECONNECTS or not self.guard:
                    raise
                commands, passwords = self._after_loss(lost)

    def _send_all(self, commands: tuple[Command, ...]) -> None:
        """Sends the commands; what follows a new port layout is planned again.

        With the ports the router moves lines itself. Each port layout leads to one new plan: where
        the router shows it otherwise than it was sent, the proof says so.
        """
        self.links_stand(not self._takes_links_down(commands))
        for command in commands:
            self._send(command)
            if any(map(resets_ports, command.lines)) and self.sent.count(command) == 1:
                self._send_all(self._left_to_send())
                return

    def _takes_links_down(self, left: tuple[Command, ...]) -> bool:
        """Answers whether what is left to send does, or the restart that what was sent asks for."""
        return any(resets_ports(line) for command in left for line in command.lines) or (
            self._asks_for_restart()
        )

    def _asks_for_restart(self) -> bool:
        return any(needs_restart(line) for command in self.sent for line in command.lines)

    def _send(self, command: Command) -> None:
        self._check_cancelled()
        self._check_time()
        self.journal.write("line", lines=command.lines)
        self.tell("line", line=command.lines[len(command.lines) // 2])
        self.sent.append(command)
        for line in command.lines:
            self.session.configure(line)
            self.lines_sent += 1

    def _set_password(self, step: PasswordStep) -> None:
        self._check_time()
        management, secrets = self.reach.intent.management, self.reach.secrets
        self.journal.write("password", which=step)
        self.tell(f"setting-{step}-password")
        used = self.session.credentials
        if step is PasswordStep.LOGIN:
            self.passwords.append((step, used.login))
            new = secrets.resolve(management.secret)
            self.session.set_login_password(management.username, new)
        else:
            old = used.admin or management.initial_secret or management.admin_secret
            self.passwords.append((step, old))
            self.session.set_admin_password(secrets.resolve(management.admin_secret))

    def _after_loss(
        self, lost: SessionLost
    ) -> tuple[tuple[Command, ...], tuple[PasswordStep, ...]]:
        """Opens a new session in time and answers what is left to do there."""
        self._reconnect(lost)
        passwords = password_steps(self.session, self.reach.intent, self.reach.secrets)
        return self._left_to_send(), passwords

    def _left_to_send(self) -> tuple[Command, ...]:
        """Answers what the router still lacks, by its own configuration."""
        running = self.guard.without(config_lines(self.session.config()))
        return plan_lines(running, self.wanted, carriers(self.reach.intent))

    def _reconnect(self, lost: SessionLost) -> None:
        self.lost = True
        self.journal.write("lost", reason=lost.message)
        self.tell("lost")
        self.session.close()
        self.session = self.reach.reopen(max(1.0, min(self._left_s(), 120.0)))
        self.journal.write("reconnected")
        self.tell("reconnected")

    def _check_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled("provision.cancelled", host=self.host)

    # 6. proof

    def _prove(self) -> None:
        self._check_time()
        self.journal.write("proving")
        self.tell("proving")
        intent = self.reach.intent
        site_only = replace(intent.management, initial_secret=None)
        fresh = open_router(
            site_only,
            self.reach.secrets,
            self.reach.known_hosts,
            deadline_s=min(OPEN_S, self._left_s()),
        )
        with ExitStack() as stack:
            stack.callback(fresh.close)
            self._check_as_intended(fresh)
            if self.prove is not None:
                stack.enter_context(kept_alive(self.session))
                stack.enter_context(kept_alive(fresh))
                self._run_proof(self.prove, fresh)
        self._check_time()
        self.journal.write("proved")

    def _run_proof(self, prove: Prove, fresh: RouterSession) -> None:
        try:
            prove(fresh)
        except Exception as error:  # noqa: BLE001 - the caller's code; whatever it raises undoes the change
            raise ProofFailed(error) from None

    def _check_as_intended(self, session: RouterSession, *, fresh: bool = False) -> None:
        left = self._lacking(session, fresh=fresh)
        if left:
            raise DeviceError("provision.not-as-intended", host=self.host, lines="; ".join(left))

    def _lacking(self, session: RouterSession, *, fresh: bool = False) -> tuple[str, ...]:
        """Answers the lines that are not as intended.

        A `fresh` session, opened after the change, also tells of the passwords.
        """
        running = self.guard.without(config_lines(session.config()))
        left = plan_lines(running, self.wanted, carriers(self.reach.intent))
        lines = [line for command in left for line in command.lines]
        if fresh:
            lines += password_steps(session, self.reach.intent, self.reach.secrets)
        return tuple(lines)

    # 7. release

    def _release(self) -> None:
        """Disarms, confirms, saves and compares; when the guard's time is over at the latest."""
        try:
            self._release_in_time()
        except DeviceError as error:
            self._end_after_guard(error, proved=True)
        if self.lost and self.guard.rollback:
            self._outlive_lost_timer()
        if self._asks_for_restart():
            self._restart()
            self._check_as_intended(self.session, fresh=True)

    def _release_in_time(self) -> None:
        """Goes on over a new session when this one breaks."""
        for attempt in range(RECONNECTS + 1):
            try:
                if self.guard:
                    self._check_time()
                self._disarm()
                self._save()
                return
            except SessionLost as lost:
                if attempt == RECONNECTS:
                    raise
                self._reconnect(lost)
                self._check_as_intended(self.session, fresh=True)

    def _disarm(self) -> None:
        """Takes the guard away, as far as this console can.

        A lost console's timer is not ours to stop.
        """
        self.journal.write("disarming")
        self._unschedule()
        if self.guard.rollback and not self.lost:
            self.session.show("confirm")

    def _unschedule(self) -> None:
        """Takes the scheduled restart out of the running configuration, where it stands there."""
        if self.guard.schedule is None:
            return
        running = config_lines(self.session.config())
        if self.guard.without(running) != running:
            self.session.show(f"no {self.guard.schedule_key}")

    def _save(self) -> None:
        self.tell("saving")
        self.journal.write("saving")
        self.session.show("save")
        self._check_saved()

    def _check_saved(self) -> None:
        self._check_as_intended(self.session)
        running = config_lines(self.session.config())
        if not same_config(running, config_lines(self.session.saved_config())):
            raise DeviceError("provision.not-saved", host=self.host)
        self.journal.write("saved")

    def _outlive_lost_timer(self) -> None:
        """Waits until a timer on a lost console can't fire any more.

        If it did, loads what was saved.
        """
        until = self.armed_by + self.guard.seconds + 1
        self.reach.wait(until - time.monotonic(), "provision.waiting-for-timer")
        self.session.close()
        self.session = self.reach.reopen()
        if self._lacking(self.session, fresh=True):
            self._restart()
            self._check_as_intended(self.session, fresh=True)

    def _restart(self) -> None:
        """Restarts the router into what it has saved and opens a new session."""
        self.journal.write("restarting")
        self.tell("restarting")
        self.session.restart()
        self.session.close()
        self.session = self.reach.reopen()

    # when it fails

    def _undo(self, error: BaseException) -> None:
        """Undoes line by line where the session lives, else by the guard; always raises."""
        self.journal.write("undoing", cause=str(error))
        self.tell("undoing", cause=self.reach.secrets.masked(str(error)))
        if not self.sent and not self.passwords and not self.guard:
            self.journal.write("undone")
            raise error
        try:
            self._undo_lines()
            if not self._is_old():
                self._send_back()
            if self._is_old():
                self._disarm()
                self._undone(error)
        except (CommandRejected, SessionLost):
            pass
        self._end_after_guard(error, proved=False)

    def _is_old(self) -> bool:
        running = config_lines(self.session.config())
        return same_config(self.guard.without(running), self.before)

    def _send_back(self) -> None:
        """Sends what the mirrored lines left over, by the router's own configuration."""
        running = self.guard.without(config_lines(self.session.config()))
        for command in plan_lines(running, self.before, carriers(self.reach.intent)):
            for line in command.lines:
                self.session.configure(line)

    def _undo_lines(self) -> None:
        management, secrets = self.reach.intent.management, self.reach.secrets
        for step, old in reversed(self.passwords):
            if step is PasswordStep.LOGIN:
                self.session.set_login_password(management.username, secrets.resolve(old))
            else:
                self._restore_admin(old)
        for command in reversed(self.sent):
            for line in command.undo or ():
                try:
                    self.session.configure(line)
                except CommandRejected:
                    continue  # the line that failed needs no undo; the comparison decides

    def _restore_admin(self, old: str) -> None:
        management, secrets = self.reach.intent.management, self.reach.secrets
        self.session.set_admin_password(
            secrets.resolve(old), old=secrets.resolve(management.admin_secret)
        )

    def _end_after_guard(self, error: BaseException, *, proved: bool) -> None:
        """Lets what the router is once no guard can fire any more decide how the run ends.

        The old configuration is back: raises ChangeUndone. The new one stands and was proved (the
        answer to `confirm` was lost with the link): saves it and returns. Else ChangeStuck.
        """
        try:
            state = self._state_after_guard(proved)
        except OnshiError as second:
            raise self._stuck(second) from None
        if state is State.CHANGED:
            return
        if state is State.UNCHANGED:
            self._undone(error)
        raise self._stuck(error)

    def _state_after_guard(self, proved: bool) -> State | None:
        until = self.armed_by + self.guard.lasts_s + 1
        with kept_alive(self.session):
            self.reach.wait(until - time.monotonic(), "provision.waiting-for-guard")
        for attempt in range(RECONNECTS + 1):
            self.session.close()
            self.session = self.reach.reopen()
            try:
                return self._come_to_rest(proved)
            except SessionLost:
                if attempt == RECONNECTS:
                    raise
        return None

    def _come_to_rest(self, proved: bool) -> State | None:
        """Answers what the router is now, None for neither the old nor the new.

        A router that still is neither is restarted into what it has saved, as its guard meant to.
        """
        self._unschedule()
        if self._is_old_again():
            return State.UNCHANGED
        if proved and not self._lacking(self.session, fresh=True):
            self._save()
            return State.CHANGED
        if same_config(config_lines(self.session.saved_config()), self.before):
            self._restart()
        return State.UNCHANGED if self._is_old_again() else None

    def _is_old_again(self) -> bool:
        """Answers it for a session opened after the change: it tells of the passwords too."""
        used, secrets = self.session.credentials, self.reach.secrets
        opened_by = {PasswordStep.LOGIN: used.login, PasswordStep.ADMIN: used.admin}
        return self._is_old() and all(
            secrets.resolve(opened_by[step] or old) == secrets.resolve(old)
            for step, old in self.passwords
        )

    def _undone(self, error: BaseException) -> None:
        self.journal.write("undone")
        cause = self.reach.secrets.masked(str(error) or type(error).__name__)
        raise ChangeUndone("provision.undone", host=self.host, cause=cause) from None

    def _stuck(self, error: BaseException) -> ChangeStuck:
        self.journal.write("stuck", cause=str(error))
        cause = self.reach.secrets.masked(str(error) or type(error).__name__)
        return ChangeStuck(
            "provision.stuck", host=self.host, cause=cause, folder=self.journal.folder
        )


class ProofFailed(Exception):
    """Carries what the caller's proof raised."""

    def __init__(self, cause: BaseException) -> None:
        """Takes what was raised."""
        super().__init__(type(cause).__name__)
        self.cause = cause
