"""The mock router's program with a clock that can be moved on: the body of a process.

Nobody waits for a guard of minutes, nor makes it so short that a busy machine misses it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from unittest.mock import patch

from onshi_lab.yamaha.__main__ import arguments, run

ROUNDS_A_SECOND = 30
"""Rounds of the loop that what is due in a second is given, before the next second comes."""


class _Loop(asyncio.SelectorEventLoop):
    """A loop that is some seconds ahead."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead

    async def pass_time(self, seconds: int) -> None:
        """Lets seconds go by, one after the other, so that what is due first is done first."""
        for _ in range(seconds):
            self.ahead += 1
            for _ in range(ROUNDS_A_SECOND):
                await asyncio.sleep(0)


class _Calendar(datetime):
    """The router's date and time go with its loop."""

    @classmethod
    def now(cls, tz=None):
        loop = asyncio.get_running_loop()
        assert isinstance(loop, _Loop)
        return datetime.now(tz) + timedelta(seconds=loop.ahead)


class _Said:
    """Standard output of the router: each line goes into the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe

    def write(self, text: str) -> None:
        self.pipe.send(text.strip())

    def flush(self) -> None:
        pass


async def _hear(pipe: Connection) -> None:
    """Lets the seconds pass that come out of the pipe, until it is closed."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Loop)
    heard = asyncio.Event()
    loop.add_reader(pipe.fileno(), heard.set)
    try:
        while True:
            while not pipe.poll():
                heard.clear()
                await heard.wait()
            await loop.pass_time(pipe.recv())
            pipe.send("passed")
    except EOFError:
        loop.remove_reader(pipe.fileno())


async def _serve(words: Sequence[str], pipe: Connection) -> None:
    """Runs the router until it is told to end, or until nobody holds the other end of the pipe."""
    running = asyncio.ensure_future(run(arguments(words)))
    hearing = asyncio.ensure_future(_hear(pipe))
    await asyncio.wait({running, hearing}, return_when=asyncio.FIRST_COMPLETED)
    hearing.cancel()
    if not running.done():
        running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def serve(words: Sequence[str], pipe: Connection) -> None:
    """Runs a router; takes seconds from the pipe and answers `passed` when they went by."""
    sys.stdout = _Said(pipe)  # type: ignore[assignment]
    with (
        patch("onshi_lab.yamaha.router.datetime", _Calendar),
        asyncio.Runner(loop_factory=_Loop) as runner,
    ):
        runner.run(_serve(words, pipe))
