"""Tells when files were written to or appeared (inotify(7)), so that nothing waits for time.

Where this user has used up the host's inotify limits a watch is blind and looks every LOOK_EVERY_S.
"""

from __future__ import annotations

import ctypes
import os
import select
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

WRITTEN = 0x2
MOVED_IN = 0x80
LOOK_EVERY_S = 0.02
_LIBC = ctypes.CDLL(None, use_errno=True)


class Ending(Protocol):
    """Whatever has a descriptor that becomes readable when it ends."""

    def fileno(self) -> int:
        """The descriptor."""


class Watch:
    """The events of some files or folders."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        descriptor = int(_LIBC.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        self._descriptor = descriptor if descriptor >= 0 else None
        self._blind = self._descriptor is None

    def add(self, path: Path, events: int = WRITTEN) -> None:
        """Watch one file or folder."""
        if self._descriptor is None:
            return
        if _LIBC.inotify_add_watch(self._descriptor, os.fsencode(path), events) < 0:
            self._blind = True

    def wait(self, others: Iterable[Ending], timeout_s: float) -> None:
        """Return when a file was touched or one of the others has ended, or after that time."""
        poll = select.poll()
        for process in others:
            poll.register(process.fileno(), select.POLLIN)
        if self._descriptor is not None:
            poll.register(self._descriptor, select.POLLIN)
        poll.poll(1000 * (min(timeout_s, LOOK_EVERY_S) if self._blind else timeout_s))
        with suppress(BlockingIOError):
            if self._descriptor is not None:
                os.read(self._descriptor, 65536)

    def close(self) -> None:
        """Stop watching."""
        if self._descriptor is not None:
            os.close(self._descriptor)


@contextmanager
def watching() -> Iterator[Watch]:
    """A watch for the time of the block."""
    watch = Watch()
    try:
        yield watch
    finally:
        watch.close()
