"""The folder of named network namespaces, which every process of the machine must see alike.

`ip netns` makes it on first use and leaves it for good. The lab makes it under a name of its own
and takes it away with the last namespace, unless it was there before.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onshi_lab import mounts

NAMED = Path("/run/netns")
"""Where `ip netns` has them: iproute2's NETNS_RUN_DIR."""
MARK = "onshi-lab"
"""What the mount is called in mountinfo when the lab made it."""

AGAIN_S = 0.02
"""Between two looks at a folder that somebody else is making."""
_KEPT: list[int] = []
"""Locks that this process holds to its end: nobody takes the folder away meanwhile."""


def share(place: Path) -> None:
    """Make the folder, shared between all mount namespaces, if it is not there.

    To be called before this process has a mount namespace of its own.
    """
    while True:
        lock = locked_file(lock_of(place), fcntl.LOCK_SH)
        if mounts.is_mount(place):
            _KEPT.append(lock)
            return
        os.close(lock)
        try:
            _make(place)
        except BlockingIOError:
            # Somebody else made it meanwhile, and may keep the lock for as long as he lives.
            time.sleep(AGAIN_S)


def _make(place: Path) -> None:
    """Raises BlockingIOError where another process holds the lock."""
    with _alone(place, fcntl.LOCK_EX | fcntl.LOCK_NB):
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not mounts.is_mount(place):
            mounts.mount(MARK, str(place), "tmpfs", 0, "mode=0755")
            mounts.mount(None, str(place), None, mounts.SHARED)


def tidy(place: Path) -> None:
    """Take the folder away if the lab made it, nothing is in it, and nobody is about to use it."""
    while _KEPT:
        os.close(_KEPT.pop())
    try:
        with _alone(place, fcntl.LOCK_EX | fcntl.LOCK_NB):
            made = mounts.is_mount(place) and mounts.at(place).source == MARK
            if made and not any(place.iterdir()):
                mounts.unmount(str(place))
                place.rmdir()
            lock_of(place).unlink()
    except OSError:
        return


def lock_of(place: Path) -> Path:
    """The file that stands for the folder: `ip netns add` waits until nobody locks that itself."""
    return place.with_name(f".{place.name}-{MARK}.lock")


@contextmanager
def _alone(place: Path, how: int) -> Iterator[None]:
    descriptor = locked_file(lock_of(place), how)
    try:
        yield
    finally:
        os.close(descriptor)


def locked_file(path: Path, how: int) -> int:
    """A lock on a file, which is made if it is not there; answers its descriptor.

    It is a lock on what the path names at the moment at which it is had.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
        except OSError:
            os.close(descriptor)
            raise
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)


def main(command: list[str], place: Path = NAMED) -> int:
    """Run a command with the folder there all the time, as root; answers its exit code."""
    if os.geteuid() != 0:
        return subprocess.call(command)
    share(place)
    try:
        return subprocess.call(command)
    finally:
        tidy(place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
