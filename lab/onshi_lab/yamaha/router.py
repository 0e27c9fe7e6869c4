"""The router itself: its configurations, clock and log, who is logged in, what its timers do.

RTX reference 56 (operations), 37 (schedules), 4.53 (login timer).
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .grammar import split_line
from .hostkey import make_host_key
from .machine import Machine
from .messages import CommandError, Fault
from .models import Device
from .params import port_layout
from .schedule import is_due, parse_schedule
from .store import (
    EMPTY,
    Config,
    Entry,
    dump_lines,
    load_lines,
    password_fits,
    require,
)
from .typed import after_line

LOG_LIMIT = 10_000
"""Lines of log that are kept (RTX reference 59.1)."""

LONGEST_TICK = 60
"""Seconds between two looks at the schedules beyond which the clock was set, not passed."""

MAX_SESSIONS = 8
"""Users over SSH at once (RTX reference 2.1, 4.68)."""


@dataclass(slots=True)
class Session:
    """Somebody logged in."""

    number: int
    user: str
    peer: str
    since: datetime
    close: Callable[[], None]
    last_key: float = 0.0
    administrator: bool = False
    section: str = ""
    """What `pp select` or `tunnel select` chose: `pp 1`."""
    rollback: Rollback | None = None


@dataclass(slots=True)
class Rollback:
    """A running rollback timer: what it restores, and the handle that ends it."""

    before: Config
    dirty: bool
    handle: asyncio.TimerHandle


@dataclass(frozen=True, slots=True)
class Saved:
    """A configuration in the router's memory."""

    pairs: tuple[tuple[str, str], ...] = field(repr=False)
    when: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How this mock behaves where the documents leave it open, and how long things take."""

    drop_is_logout: bool = False
    boot_seconds: float = 1.0


class Router:
    """One router. All of it runs in one event loop.

    Only the machine does I/O, and the state folder.
    """

    def __init__(
        self, device: Device, machine: Machine, state: Path, factory: Config, options: Options
    ) -> None:
        self.device = device
        self.machine = machine
        self.state = state
        self.factory = factory
        self.options = options
        self.running: Config = EMPTY
        self.saved: dict[int, Saved] = {}
        self.layout: Mapping[str, tuple[int, ...]] = {}
        """The ports of each LAN as it started, where ports move (RTX reference 53.1)."""
        self.default_number = 0
        self.booted_number = 0
        self.dirty = False
        self.sessions: dict[int, Session] = {}
        self.log: list[str] = []
        self.clock_ahead = timedelta()
        self.booted_at = 0.0
        """The loop's reading when it started last."""
        self.booting = False
        self.on_boot: Callable[[], None] | None = None
        self.on_services: Callable[[], Awaitable[None]] | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._applying = asyncio.Lock()
        self._rebooting = asyncio.Lock()
        self._ticked: datetime | None = None

    # -- clock and log ---------------------------------------------------------------------------

    def now(self) -> datetime:
        """The router's own time, in its time zone (RTX reference 4.13: jst unless set)."""
        zone = self.running.word("jst", "timezone")
        hours = {"jst": timedelta(hours=9), "utc": timedelta()}.get(zone)
        if hours is None:
            sign = -1 if zone.startswith("-") else 1
            hour, _, minute = zone[1:].partition(":")
            hours = sign * timedelta(hours=int(hour), minutes=int(minute))
        return datetime.now(timezone(hours)) + self.clock_ahead

    def up(self) -> timedelta:
        """What passed since the last boot, whoever set the clock."""
        return timedelta(seconds=asyncio.get_running_loop().time() - self.booted_at)

    def note(self, text: str) -> None:
        """Write a line to the log."""
        self.log.append(f"{self.now():%Y/%m/%d %H:%M:%S}: {text}")
        del self.log[:-LOG_LIMIT]

    # -- starting and stopping -------------------------------------------------------------------

    def _file(self) -> Path:
        return self.state / "config.json"

    def load_state(self) -> None:
        """Read the saved configurations of an earlier run.

        Without any, start from the staged default.
        """
        if not self._file().exists():
            self.erase()
            return
        data = json.loads(self._file().read_text())
        self.default_number = int(data["default"])
        self.saved = {
            int(number): Saved(
                tuple((line, secret) for line, secret in one["pairs"]), one["when"], one["comment"]
            )
            for number, one in data["saved"].items()
        }

    def erase(self) -> None:
        """Back to the staged default: one saved configuration, number 0 (RTX reference 56.3.11)."""
        self.saved = {}
        self.default_number = 0
        self._store(0, self.factory, "")

    def _store(self, number: int, config: Config, comment: str) -> None:
        when = f"{self.now():%Y/%m/%d %H:%M:%S}"
        self.saved[number] = Saved(tuple(dump_lines(config)), when, comment)
        self._write_state()

    def _write_state(self) -> None:
        data = {
            "default": self.default_number,
            "saved": {
                number: {"pairs": one.pairs, "when": one.when, "comment": one.comment}
                for number, one in self.saved.items()
            },
        }
        fresh = self._file().with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(data, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file())

    async def boot(self) -> None:
        """Start from the default saved configuration."""
        self.booted_number = self.default_number
        one = self.saved.get(self.booted_number)
        self.running = load_lines(one.pairs, self.device) if one else EMPTY
        self.layout = port_layout(self.device, self.running.get("lan", "flexible-port"))
        self.dirty = False
        self.booted_at = asyncio.get_running_loop().time()
        self.note(f"{self.device.model.name} Rev.{self.device.revision_text} starts")
        for entry in self.running.under("schedule", "at"):
            self._arm(entry, booting=True)
        self.booting = False
        await self._settle()

    async def restart(self, number: int | None = None) -> None:
        """Reboot: all are thrown out, timers end, links fall, the saved configuration starts."""
        if number is not None:
            require(number in self.saved, Fault.NO_CONFIG)
            self.default_number = number
            self._write_state()
        self.note("Restart by restart command")
        self.spawn(self._reboot())

    async def cold_start(self, *, announce: bool = False) -> None:
        """Erase every saved configuration and reboot (RTX reference 56.3.11)."""
        self.erase()
        self.log.clear()
        self.spawn(self._reboot(announce=announce))

    async def _reboot(self, *, announce: bool = False) -> None:
        """Reboot, one at a time; `on_boot` hears of it when it was to be announced."""
        async with self._rebooting:
            await self._go_down()
            await asyncio.sleep(self.options.boot_seconds)
            await self.boot()
        if announce and self.on_boot is not None:
            self.on_boot()

    async def _go_down(self) -> None:
        self.booting = True
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
        for session in list(self.sessions.values()):
            self.disarm(session)
            session.close()
        self.sessions.clear()
        if self.on_services is not None:
            await self.on_services()
        async with self._applying:
            await self.machine.stop()

    def spawn(self, work: Awaitable[None]) -> None:
        """Run something that nobody waits for."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End every timer and task, and leave the kernel as it was found."""
        for handle in self._timers.values():
            handle.cancel()
        for session in list(self.sessions.values()):
            self.disarm(session)
            session.close()
        for task in list(self._tasks):
            task.cancel()
        await self.machine.stop()

    # -- changing the configuration --------------------------------------------------------------

    async def configure(self, tokens: Sequence[str], secret: str = "", section: str = "") -> None:
        """Run one configuration command.

        Raises CommandError and changes nothing if it is refused.
        """
        after = after_line(self.running, tokens, self.device, secret, section)
        await self.adopt(after)
        if list(tokens[:2]) == ["schedule", "at"]:
            entry = after.entries[("schedule", "at", str(int(tokens[2])))]
            self._arm(entry, booting=False)
        if list(tokens[:3]) == ["no", "schedule", "at"]:
            self._disarm_schedule(tokens[3])

    async def adopt(self, config: Config, dirty: bool = True) -> None:
        """Make a configuration the running one, and the kernel follow."""
        before, self.running = self.running, config
        self.dirty = dirty
        reset = links_to_reset(before, config, self.device)
        await self._settle()
        if reset:
            self.note(f"{', '.join(name.upper() for name in reset)}: reset")
            await self.machine.bounce(reset)

    async def _settle(self) -> None:
        async with self._applying:
            await self.machine.apply(self.running)
        if self.on_services is not None:
            await self.on_services()

    def save(self, number: int | None = None, comment: str = "") -> int:
        """Save the running configuration; answers the number it went to."""
        where = self.booted_number if number is None else number
        self._store(where, self.running, comment)
        if where == self.booted_number:
            self.dirty = False
        return where

    # -- users -----------------------------------------------------------------------------------

    def login_accepted(self, user: str, password: str) -> bool:
        """Whether a named user may log in over SSH with this password.

        An empty one never (2.2.1).
        """
        entry = self.running.entries.get(("login", "user", user))
        if entry is None or not password or not entry.secret:
            return False
        return password_fits(password, entry.secret) and self._may_connect(user)

    def _may_connect(self, user: str) -> bool:
        value = self.attribute(user, "connection", "all")
        return value == "all" or "ssh" in value.split(",")

    def attribute(self, user: str, name: str, default: str) -> str:
        """An attribute of a user (RTX reference 4.10)."""
        for token in self.running.get("user", "attribute", user):
            key, _, value = token.partition("=")
            if key == name:
                return value
        return default

    def login_timer(self, user: str) -> float:
        """Seconds without a key after which a user is logged out.

        Over SSH `clear` means 300 (4.53).
        """
        value = self.attribute(user, "login-timer", self.running.word("300", "login", "timer"))
        return 300.0 if value == "clear" else float(value)

    def enter(self, session: Session) -> None:
        """Somebody logged in."""
        self.sessions[session.number] = session
        self.note(f"Login succeeded for SSH: {session.peer} {session.user}")

    def free_number(self) -> int | None:
        """The lowest free session number, None when the sessions are used up."""
        limit = int(self.running.word(str(MAX_SESSIONS), "sshd", "session"))
        free = [number for number in range(1, limit + 1) if number not in self.sessions]
        return free[0] if len(self.sessions) < limit and free else None

    def leave(self, session: Session, *, logout: bool) -> None:
        """A session ended: by logout, or because its connection was lost.

        Whether a lost connection counts as logout is not documented (DOMAIN 8.6): an option.
        """
        self.sessions.pop(session.number, None)
        if logout or self.options.drop_is_logout:
            self.disarm(session)
        self.note(f"Logout from SSH: {session.peer} {session.user}")

    # -- rollback timer (RTX reference 56.7.31) ----------------------------------------------------

    def arm_rollback(self, session: Session, seconds: float) -> None:
        """Start a session's rollback timer, in place of one that runs already."""
        self.disarm(session)
        loop = asyncio.get_running_loop()
        handle = loop.call_later(seconds, self._rollback_due, session)
        session.rollback = Rollback(self.running, self.dirty, handle)

    def disarm(self, session: Session) -> None:
        """Stop a session's rollback timer (confirm, save, logout, restart)."""
        if session.rollback is not None:
            session.rollback.handle.cancel()
            session.rollback = None

    def _rollback_due(self, session: Session) -> None:
        self.spawn(self.roll_back(session))

    async def roll_back(self, session: Session) -> None:
        """Restore what was configured when the session's timer started, if it has one."""
        timer = session.rollback
        if timer is None or self.booting:
            return
        self.disarm(session)
        self.note("Rollback timer expired: configuration restored")
        for entry in timer.before.under("schedule", "at"):
            if entry.line.key not in self.running.entries:
                self._arm(entry, booting=False)
        for entry in self.running.under("schedule", "at"):
            if entry.line.key not in timer.before.entries:
                self._disarm_schedule(entry.line.key[2])
        await self.adopt(timer.before, timer.dirty)

    async def idle_out(self, session: Session) -> None:
        """The login timer ran out.

        The session ends, and its rollback timer with it fires (56.7.31).
        """
        self.note(f"Login timer expired for SSH: {session.peer} {session.user}")
        await self.roll_back(session)
        session.close()

    # -- schedules (RTX reference 37.1) ------------------------------------------------------------

    def _arm(self, entry: Entry, *, booting: bool) -> None:
        plan = parse_schedule(entry)
        self._disarm_schedule(plan.number)
        if plan.seconds is not None:
            loop = asyncio.get_running_loop()
            handle = loop.call_later(plan.seconds, self._schedule_due, plan.number)
            self._timers[plan.number] = handle
        elif plan.time == "startup" and booting:
            self.spawn(self._run_scheduled(plan.command))

    def _disarm_schedule(self, number: str) -> None:
        handle = self._timers.pop(number, None)
        if handle is not None:
            handle.cancel()

    def _schedule_due(self, number: str) -> None:
        entry = self.running.entries.get(("schedule", "at", number))
        if entry is not None:
            self.spawn(self._run_scheduled(parse_schedule(entry).command))

    def tick(self) -> None:
        """Run the dated schedules of every second since the last call."""
        now = self.now().replace(microsecond=0)
        last, self._ticked = self._ticked, now
        passed = 1 if last is None else int((now - last).total_seconds())
        if self.booting or not 0 < passed < LONGEST_TICK:
            return
        for entry in self.running.under("schedule", "at"):
            plan = parse_schedule(entry)
            due = any(is_due(plan, now - timedelta(seconds=ago)) for ago in range(passed))
            if plan.seconds is None and due:
                self.spawn(self._run_scheduled(plan.command))

    async def _run_scheduled(self, command: str) -> None:
        self.note(f"[SCHEDULE] {command}")
        tokens = split_line(command)
        try:
            if tokens[0] == "restart":
                await self.restart(int(tokens[-1]) if len(tokens) > 1 else None)
            elif tokens[0] == "ntpdate" and len(tokens) > 1:
                await self.set_by_ntp(tokens[1])
            else:
                await self.configure(tokens)
        except (CommandError, ValueError):
            self.note(f"[SCHEDULE] refused: {command}")

    async def set_by_ntp(self, host: str) -> bool:
        """Set the clock from an NTP server; whether it answered."""
        offset = await self.machine.ntp_offset(host)
        if offset is None:
            return False
        self.clock_ahead = timedelta(seconds=offset)
        return True

    # -- the host key ------------------------------------------------------------------------------

    async def generate_host_key(self, bits: int) -> None:
        """Make a new SSH host key and put it into the running configuration.

        RTX reference 4.69.
        """
        loop = asyncio.get_running_loop()
        pem = await loop.run_in_executor(None, make_host_key, "rsa", bits)
        await self.configure(("sshd", "host", "key", "generate", "*"), pem)


def links_to_reset(before: Config, after: Config, device: Device) -> tuple[str, ...]:
    """The LAN interfaces that a changed `lan type` resets (RTX reference 4.50)."""
    changed = [
        name
        for name in device.lan_names
        if before.get("lan", "type", name) != after.get("lan", "type", name)
    ]
    if not changed:
        return ()
    if device.model.name == "RTX1300":
        return device.lan_names
    return device.model.lan_type_resets or tuple(changed)
