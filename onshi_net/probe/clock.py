"""The time in which this process could run, and waits that count in it.

A laptop that is busy, or stood still for a while, sends late and reads late: such a time proves no
silence. A wait here grows by as much as the process was kept from running, so that a busy machine
makes a measurement slow, and never wrong. What came meanwhile is still in the kernel's buffers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

BEAT_S = 0.02
LATE_S = 0.02
"""A beat so late shows that this process could not run; less is nobody's fault."""

T = TypeVar("T")


class Clock:
    """Beats, and counts by how much the beats come late."""

    def __init__(self) -> None:
        """Starts to beat in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._lost = 0.0
        self._next = self._loop.call_later(BEAT_S, self._beat)

    def now(self) -> float:
        """Answers the seconds that this process could run since some moment."""
        return self._loop.time() - self.lost

    @property
    def lost(self) -> float:
        """Answers the seconds in which it could not: those of the beat that is due, too."""
        late = self._loop.time() - self._next.when()
        return self._lost + (late if late > LATE_S else 0.0)

    def _beat(self) -> None:
        self._lost = self.lost
        self._next = self._loop.call_later(BEAT_S, self._beat)

    async def within(self, awaitable: Awaitable[T], seconds: float) -> T:
        """Waits for an answer. Raises TimeoutError after so many seconds in which it could run."""
        task = asyncio.ensure_future(awaitable)
        end = self.now() + seconds
        try:
            while not task.done() and (left := end - self.now()) > 0:
                await asyncio.wait({task}, timeout=left)
            if task.done():
                return task.result()
            raise TimeoutError
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    def stop(self) -> None:
        """Ends the beating."""
        self._next.cancel()
