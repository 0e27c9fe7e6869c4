"""A router without a kernel and consoles without SSH, for tests."""

from __future__ import annotations

import asyncio
import selectors
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from onshi_lab.yamaha.console import Console, HungUp
from onshi_lab.yamaha.delivered import Delivery, staged_default
from onshi_lab.yamaha.machine import NullMachine
from onshi_lab.yamaha.models import make_device
from onshi_lab.yamaha.router import Options, Router, Session

PASSWORD = "Start-pack.1"
FIRMWARE = {
    "RTX830": "15.02.31",
    "RTX1210": "14.01.38",
    "RTX1220": "15.04.07",
    "RTX1300": "23.00.17",
    "RTX840": "23.02.01",
    "NVR510": "15.01.26",
}


class Wire:
    """A keyboard and a screen in memory."""

    def __init__(self) -> None:
        self.screen = bytearray()
        self.typed = bytearray()
        self.news = asyncio.Event()
        self.quiet = asyncio.Event()
        self.gone = False

    def write(self, data: bytes) -> None:
        self.screen += data

    async def read(self) -> int:
        while not self.typed:
            self.quiet.set()
            if self.gone:
                raise HungUp
            self.news.clear()
            await self.news.wait()
        return self.typed.pop(0)

    async def interrupted(self) -> None:
        while 3 not in self.typed:
            self.news.clear()
            await self.news.wait()
        self.typed.clear()

    def hang_up(self) -> None:
        self.gone = True
        self.news.set()


class Seat:
    """One person at a console."""

    def __init__(self, desk: Desk, user: str = "onshi") -> None:
        self.wire = Wire()
        self.desk = desk
        number = desk.router.free_number()
        assert number is not None
        self.session = Session(number, user, "10.51.1.200", desk.router.now(), self.wire.hang_up)
        desk.router.enter(self.session)
        self.console = Console(desk.router, self.session, self.wire)
        self.task = asyncio.ensure_future(self._sit())

    async def _sit(self) -> None:
        logout = False
        try:
            await self.console.run()
            logout = True
        except HungUp:
            pass
        if self.session.number in self.desk.router.sessions:
            self.desk.router.leave(self.session, logout=logout)

    async def type(self, keys: str | bytes) -> str:
        """Press keys, wait until the console waits for more, and answer what the screen gained."""
        before = len(self.wire.screen)
        self.wire.quiet.clear()
        self.wire.typed += keys if isinstance(keys, bytes) else keys.encode("cp932")
        self.wire.news.set()
        waiting = asyncio.ensure_future(self.wire.quiet.wait())
        async with asyncio.timeout(50):
            await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return bytes(self.wire.screen[before:]).decode(self.console.look().codec)

    async def run(self, line: str) -> str:
        """Run a command; what it printed, without echo and prompt."""
        text = await self.type(line + "\r")
        body = text.partition("\r\n")[2]
        return body.rpartition(self.console.prompt)[0].replace("\r\n", "\n")

    async def administrator(self) -> Seat:
        """Become administrator, without paging."""
        await self.type("administrator\r")
        await self.type(PASSWORD + "\r")
        assert self.session.administrator
        await self.run("console lines infinity")
        return self


class Desk:
    """A router without a kernel."""

    def __init__(self, folder: Path, model: str, firmware: str, options: Options) -> None:
        device = make_device(model, firmware or FIRMWARE[model], "S5X000001")
        self.machine = NullMachine()
        factory = staged_default(device, Delivery(PASSWORD, ""))
        self.router = Router(device, self.machine, folder, factory, options)

    async def open(self) -> Desk:
        """Boot."""
        self.router.load_state()
        await self.router.boot()
        return self

    async def seat(self, user: str = "onshi") -> Seat:
        """Somebody sits down."""
        seat = Seat(self, user)
        await seat.type("")
        return seat


class _Selector(selectors.DefaultSelector):
    """Takes what is ready; a wait for the next timer is no wait, but time that has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.threads = 0

    def select(self, timeout=None):
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None or self.threads:
            return super().select(None)
        self.seconds += timeout
        return []


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose time goes by only when all work is done: how fast the machine is shows nowhere.

    Time stands still while a thread works, too (a host key is made).
    """

    def __init__(self) -> None:
        self.selector = _Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.seconds

    def run_in_executor(self, executor, func, *args):
        self.selector.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _future: object) -> None:
        self.selector.threads -= 1


class _Calendar(datetime):
    """The router's date and time go with its loop."""

    @classmethod
    def now(cls, tz=None):
        passed = timedelta(seconds=asyncio.get_running_loop().time())
        return datetime(2026, 1, 15, tzinfo=UTC).astimezone(tz) + passed


def with_desk(
    work: Callable[[Desk], Awaitable[None]],
    model: str = "RTX830",
    firmware: str = "",
    *,
    drop_is_logout: bool = False,
    boot_seconds: float = 0.01,
) -> None:
    """Run a test's work with a fresh router."""

    async def run(folder: str) -> None:
        desk = Desk(Path(folder), model, firmware, Options(drop_is_logout, boot_seconds))
        await desk.open()
        try:
            async with asyncio.timeout(200):
                await work(desk)
        finally:
            await desk.router.stop()

    with (
        tempfile.TemporaryDirectory() as folder,
        patch("onshi_lab.yamaha.router.datetime", _Calendar),
        asyncio.Runner(loop_factory=_Loop) as runner,
    ):
        runner.run(run(folder))
