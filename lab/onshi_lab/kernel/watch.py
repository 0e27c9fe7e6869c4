"""Tells when files were written to or appeared (inotify(7)), so that nothing waits for time."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITTEN = 0x2
MOVED_IN = 0x80
_LIBC = ctypes.CDLL(None, use_errno=True)


class Watch:
    """The events of some files or folders; its descriptor is readable while there are any."""

    def __init__(self) -> None:
        self.descriptor = int(_LIBC.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")

    def add(self, path: Path, events: int = WRITTEN) -> None:
        """Watch one file or folder."""
        if _LIBC.inotify_add_watch(self.descriptor, os.fsencode(path), events) < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {path}")

    def drain(self) -> None:
        """Forget the events that are there."""
        try:
            os.read(self.descriptor, 65536)
        except BlockingIOError:
            return


@contextmanager
def watching() -> Iterator[Watch]:
    """A watch for the time of the block."""
    watch = Watch()
    try:
        yield watch
    finally:
        os.close(watch.descriptor)
