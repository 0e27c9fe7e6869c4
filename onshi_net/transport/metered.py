"""Counts what comes from a device and the seconds it takes, and ends it at the bound.

Below the libraries, on the bytes of the socket: whatever they would do with a length that lies, a
chunk, a header or a packet that never ends, no more than the bound ever reaches them.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from typing import Any

from onshi_net.errors import Unreachable
from onshi_net.transport.bounds import Bound

Clock = Callable[[], float]
PIECE = 1 << 16
"""Bytes that are read at once."""


class Meter:
    """The bound of one session; a question at a time."""

    def __init__(
        self, host: str, error: type[Unreachable] = Unreachable, clock: Clock = time.monotonic
    ) -> None:
        """Takes the device's name and what is raised where it says or takes too much."""
        self._host = host
        self._error = error
        self._clock = clock
        self._bound: Bound | None = None
        self._began = 0.0
        self._seconds = math.inf
        self._spent = 0.0
        self._wire = self._bytes = self._lines = self._row = 0
        self.exceeded: Unreachable | None = None
        """What was raised; the session is of no use afterwards."""

    def ask(self, bound: Bound, seconds: float = math.inf) -> None:
        """Begins a question, of `seconds` where they are fewer than the bound's."""
        self.rest()
        self._bound = bound
        self._began = self._clock()
        self._seconds = min(seconds, bound.question_s)
        self._wire = self._bytes = self._lines = self._row = 0

    def rest(self) -> None:
        """Ends a question: no time counts until the next one; what comes in still does."""
        if self._seconds < math.inf:
            self._spent += self._clock() - self._began
        self._seconds = math.inf

    def left(self) -> float:
        """Answers the seconds that are left. Raises the meter's error where none are."""
        if self._bound is None or self._seconds == math.inf:
            return math.inf
        passed = self._clock() - self._began
        if passed >= self._seconds:
            raise self._over("transport.too-slow", seconds=round(self._seconds))
        total = self._bound.device_s - self._spent - passed
        if total <= 0:
            raise self._over("transport.device-slow", seconds=round(self._bound.device_s))
        return min(self._seconds - passed, total)

    def carried(self, count: int) -> None:
        """Counts bytes of the wire. Raises the meter's error for one too many."""
        self._wire += count
        if self._bound is not None and self._wire > self._bound.wire_bytes:
            raise self._over("transport.too-much", limit=_size(self._bound.wire_bytes))

    def said(self, data: bytes) -> None:
        """Counts a piece of an answer, its bytes and lines. Raises the meter's error."""
        bound = self._bound
        if bound is None:
            return
        self._bytes += len(data)
        self._lines += data.count(b"\n")
        end = data.rfind(b"\n")
        longest = max(map(len, data.split(b"\n"))) if end >= 0 else 0
        first = data.find(b"\n") if end >= 0 else len(data)
        longest = max(longest, self._row + first)
        self._row = len(data) - end - 1 if end >= 0 else self._row + len(data)
        if self._bytes > bound.answer_bytes:
            raise self._over("transport.too-much", limit=_size(bound.answer_bytes))
        if self._lines > bound.lines:
            raise self._over("transport.too-many-lines", limit=bound.lines)
        if longest > bound.row_bytes:
            raise self._over("transport.row-too-long", limit=_size(bound.row_bytes))

    def _over(self, message: str, **values: Any) -> Unreachable:
        if self.exceeded is None:
            self.exceeded = self._error(message, host=self._host, **values)
        return self.exceeded


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{max(1, count >> 10)} KiB"


class Metered:
    """A socket, its reads counted."""

    def __init__(self, link: socket.socket, meter: Meter) -> None:
        """Takes the socket and who counts."""
        self._link = link
        self._meter = meter
        self._patience = link.gettimeout()

    def __getattr__(self, name: str) -> Any:
        """Answers whatever else a socket has."""
        return getattr(self._link, name)

    def settimeout(self, seconds: float | None) -> None:
        """Sets the longest silence."""
        self._patience = seconds
        self._link.settimeout(seconds)

    def hurry(self) -> None:
        """Lets the socket wait no longer than the question lasts."""
        left = min(self._meter.left(), math.inf if self._patience is None else self._patience)
        self._link.settimeout(None if left == math.inf else left)


class SshLink(Metered):
    """What paramiko reads from. A bound that is reached is the end of what it reads (EOFError)."""

    def recv(self, size: int) -> bytes:
        """Answers some bytes. Raises EOFError, and OSError as a socket does."""
        try:
            self.hurry()
            # At once no more than is read at once: paramiko asks for what a packet says of itself,
            # and room is made for all that is asked for.
            data = self._link.recv(min(size, PIECE))
            self._meter.carried(len(data))
        except Unreachable:
            raise EOFError from None
        return data

    def send(self, data: bytes) -> int:
        """Sends some of the bytes. Raises EOFError and OSError."""
        try:
            self.hurry()
        except Unreachable:
            raise EOFError from None
        return self._link.send(data)
