"""A router of the family while it is changed: its commands for what `provision` decides.

Which password works when. Passwords change last, under the guard: until then the old ones work;
then the new ones do. Guard or undo bring the old ones back with the rest; `save` makes the new ones
last. Between the two password lines the login is new and the administrator's old. Every session
therefore tries the site's secret, then the delivery's, for login and administrator each on its own;
what opened it tells which ones the router has (the configuration shows `*`).
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from onshi_net.intent import RouterIntent
from onshi_net.inventory.secrets import Secrets
from onshi_net.platforms import change
from onshi_net.platforms.base import RouterSession, clock_is_wrong
from onshi_net.platforms.change import (
    Command,
    Config,
    NoGuard,
    Note,
    Password,
    PasswordStep,
    Seen,
    Step,
)
from onshi_net.platforms.yamaha.clock import ahead_s, clock_of, setting, uptime_of, was_lost
from onshi_net.platforms.yamaha.config import config_lines, same_config
from onshi_net.platforms.yamaha.difference import apart, until_wanted
from onshi_net.platforms.yamaha.guard import (
    BOOT_S,
    Guard,
    Kind,
    choose_guard,
    find_guard,
    who_i_am,
)
from onshi_net.platforms.yamaha.masking import masked_line
from onshi_net.platforms.yamaha.office import uses
from onshi_net.platforms.yamaha.order import Way, plan_lines, stages
from onshi_net.platforms.yamaha.preflight import check_alone
from onshi_net.platforms.yamaha.rules import needs_restart, resets_ports
from onshi_net.transport.errors import CommandRejected

if TYPE_CHECKING:
    from onshi_net.platforms.yamaha.talk import Console


class YamahaDevice:
    """The `Device` of RTX and NVR routers; holds its session, and the passwords that work by now.

    Sources of its commands: `guard`, `clock`, `order`, `session`.
    """

    whole = False
    boot_s = BOOT_S

    def __init__(self, intent: RouterIntent, secrets: Secrets, session: RouterSession) -> None:
        """Takes an open session."""
        self.intent = intent
        self.secrets = secrets
        self.take(session)
        self.at_first = self.opened
        self._guard: Guard | None = None

    def take(self, session: RouterSession) -> None:
        """Goes on over another session; what opened it tells the router's passwords."""
        self.session = cast("Console", session)
        self.opened = session.credentials

    # what it is

    def require_alone(self) -> None:
        """Raises DeviceError when somebody else is administrator."""
        check_alone(self.intent.host, self.session.show("show status user"))

    def read(self, *, kept: bool) -> Seen:
        """Reads the running configuration, where `kept` the saved one, and a guard's time."""
        text = self.session.config()
        running = config_lines(text)
        saved = config_lines(self.session.saved_config()) if kept else None
        guarded = find_guard(running) is not None
        uptime = uptime_of(self.session.show("show environment")) if guarded else None
        found = apart(running, saved, uptime)
        return Seen(
            text=text,
            running=found.running,
            saved=found.saved if kept else None,
            is_saved=kept and not found.unsaved,
            mark=found.mark,
            has_first_passwords=self._has_first_passwords(),
        )

    def _has_first_passwords(self) -> bool:
        resolve, here, first = self.secrets.resolve, self.opened, self.at_first
        if resolve(here.login) != resolve(first.login):
            return False
        asked = here.admin is not None and first.admin is not None
        return not asked or resolve(str(here.admin)) == resolve(str(first.admin))

    def same(self, first: Config, second: Config) -> bool:
        """Compares without regard to order, which is the router's own."""
        return same_config(first, second)

    def differs(self, running: Config, wanted: Config) -> tuple[str, ...]:
        """Answers the lines that go and come, the router's own left out."""
        users, others = self.intent.management.users, self.intent.other_services
        return until_wanted(running, wanted, users, others)

    def uses(self, running: Config) -> tuple[str, ...]:
        """Answers them by the grammar."""
        return tuple(map(str, uses(running)))

    def stages(self, running: Config, wanted: Config) -> tuple[Config, ...]:
        """Answers two where ports move (RTX command reference 53.1)."""
        return stages(running, wanted, carriers(self.intent))

    # what is sent

    def plan(self, running: Config, wanted: Config) -> tuple[Step, ...]:
        """Answers the lines in an order that is safe at each, passwords last."""
        lines = plan_lines(running, wanted, carriers(self.intent))
        return (*map(_told, lines), *map(Password, self._old_passwords()))

    def _old_passwords(self) -> tuple[PasswordStep, ...]:
        """Answers which passwords are not the site's yet: those that only the delivery's opened.

        A router that asks for no administrator password tells nothing of it; it is set together
        with the login's.
        """
        management, resolve = self.intent.management, self.secrets.resolve
        login_is_old = resolve(self.opened.login) != resolve(management.secret)
        admin_is_old = login_is_old
        if self.opened.admin is not None:
            admin_is_old = resolve(self.opened.admin) != resolve(management.admin_secret)
        login = (PasswordStep.LOGIN,) if login_is_old else ()
        return (*login, PasswordStep.ADMIN) if admin_is_old else login

    def send(self, step: Step) -> None:
        """Sends lines, or sets a password to the site's."""
        if isinstance(step, Password):
            self._set(step.which, None)
            return
        for line in step.lines:
            self.session.configure(line)

    def undo(self, step: Step) -> None:
        """Sends the lines that undo, or sets a password back."""
        if isinstance(step, Password):
            management, first = self.intent.management, self.at_first
            admin = first.admin or management.first_admin or management.admin_secret
            self._set(step.which, first.login if step.which is PasswordStep.LOGIN else admin)
            return
        for line in step.undo or ():
            with suppress(CommandRejected):  # the line that failed needs no undo
                self.session.configure(line)

    def _set(self, which: PasswordStep, old: str | None) -> None:
        """Sets a password to the site's, or back to that of the reference `old`."""
        management, secrets = self.intent.management, self.secrets
        if which is PasswordStep.LOGIN:
            new = old or management.secret
            self.session.set_login_password(management.username, secrets.resolve(new))
            self.opened = replace(self.opened, login=new)
        elif old is None:
            self.session.set_admin_password(secrets.resolve(management.admin_secret))
            self.opened = replace(self.opened, admin=management.admin_secret)
        else:
            now = secrets.resolve(management.admin_secret)
            self.session.set_admin_password(secrets.resolve(old), old=now)
            self.opened = replace(self.opened, admin=self.at_first.admin)

    def keep(self) -> None:
        """Writes the running configuration where a restart finds it."""
        self.session.show("save")

    # the guard

    def choose_guard(
        self, seconds: int, running: Config, wanted: Config, note: Note
    ) -> change.Guard:
        """Answers the first guard that its firmware has. Raises NoGuard without any."""
        clock = self._right_clock(note)
        firmware, model = self.session.identity.firmware, self.intent.model
        if firmware is not None:
            lines = (*running, *wanted)
            self._guard = choose_guard(model, firmware, clock, lines, seconds)
        one = self._armed()
        return change.Guard(one.seconds, one.lasts_s, one.survives_loss, one.kind.name.lower())

    def _armed(self) -> Guard:
        if self._guard is None:
            site = shlex.quote(self.intent.site)
            raise NoGuard("provision.no-guard", host=self.intent.host, site=site)
        return self._guard

    def _right_clock(self, note: Note) -> datetime | None:
        """Answers what the router's clock says, after setting one that was lost."""
        clock = clock_of(self.session.show("show environment"))
        ahead = 0.0 if clock is None else ahead_s(clock, datetime.now(UTC))
        if not clock_is_wrong(ahead):
            return clock
        note("clock-off", clock=f"{clock:%Y-%m-%d %H:%M}")
        if was_lost(ahead):
            with suppress(CommandRejected):
                for command in setting(datetime.now(UTC)):
                    self.session.show(command)
            clock = clock_of(self.session.show("show environment"))
        return clock

    def arm(self, run: str) -> None:
        """Marks the guard that was chosen, and arms it."""
        environment = self.session.show("show environment")
        uptime, clock = uptime_of(environment), clock_of(environment)
        for line in self._armed().arming(run, uptime, clock, who_i_am()):
            self.session.show(line)

    def disarm(self) -> None:
        """Takes away what stands of a guard; its mark last."""
        found = find_guard(config_lines(self.session.config()))
        if found is None:
            return
        if found.kind is Kind.TIMER:
            self.session.show("confirm")
        for line in found.disarming():
            self.session.show(line)


def _told(command: Command) -> Command:
    """Answers a command with what a person may read of it, and what it does to the router."""
    return replace(
        command,
        shown=tuple(map(masked_line, command.lines)),
        reshapes=any(map(resets_ports, command.lines)),
        needs_restart=any(map(needs_restart, command.lines)),
    )


def carriers(intent: RouterIntent) -> Way:
    """Answers what the way into the router needs of it."""
    management = intent.management
    addresses = {str(management.address), str(intent.terminal.address.ip)}
    return Way(frozenset(addresses), management.users, intent.other_services)
