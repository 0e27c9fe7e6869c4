"""mount(2), unshare(2), setns(2) and the table of mounts, as thin as they are."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

NEW_MOUNTS = 0x00020000
NEW_HOST_NAME = 0x04000000
NEW_USERS = 0x10000000
NEW_NETWORK = 0x40000000

READ_ONLY, BIND, RECURSIVE, PRIVATE, SHARED = 1, 4096, 16384, 1 << 18, 1 << 20
_DETACH = 2

_LIBC = ctypes.CDLL(None, use_errno=True)
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo (proc(5)): its number, where it is, and what was mounted there."""

    number: int
    point: str
    source: str


def read_table(text: str) -> tuple[Mount, ...]:
    """The mounts of a mountinfo table, in the order of their making."""
    return tuple(_read_line(line) for line in text.splitlines())


def _read_line(line: str) -> Mount:
    head, _, tail = line.partition(" - ")
    number, _, _, _, point, *_ = head.split(" ")
    return Mount(int(number), _plain(point), _plain(tail.split(" ")[1]))


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def table() -> tuple[Mount, ...]:
    """The mounts that this thread sees."""
    return read_table(Path("/proc/thread-self/mountinfo").read_text("utf-8", "surrogateescape"))


def at(path: Path) -> Mount:
    """The mount that a path leads to now; the table also lists those that others hide."""
    with opened(path) as descriptor:
        text = Path(f"/proc/thread-self/fdinfo/{descriptor}").read_text(encoding="ascii")
    number = int(text.partition("mnt_id:")[2].split()[0])
    return next(each for each in table() if each.number == number)


def is_mount(path: Path) -> bool:
    """Whether a mount is to be seen at a path."""
    return path.exists() and at(path).point == str(path)


def cover(folder: Path, place: Path) -> None:
    """Show a folder's files at a place, over those that are there, which stay as they are."""
    with ExitStack() as stack:
        below = {Path(each.point) for each in table() if place in Path(each.point).parents}
        kept = [(each, stack.enter_context(opened(each))) for each in below if is_mount(each)]
        upper, lower = stack.enter_context(opened(folder)), stack.enter_context(opened(place))
        # By number: a colon or a comma in a path would mean something to overlayfs.
        options = f"lowerdir=/proc/self/fd/{upper}:/proc/self/fd/{lower}"
        mount("overlay", str(place), "overlay", READ_ONLY, options)
        for each, descriptor in sorted(kept):
            mount(f"/proc/self/fd/{descriptor}", str(each), None, BIND | RECURSIVE)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A folder, open for its place only."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def unshare(flags: int) -> None:
    """Give this thread new namespaces; raises OSError."""
    _check(_LIBC.unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Step into namespaces, of a file or of a process; raises OSError."""
    _check(_LIBC.setns(descriptor, flags), "setns")


def mount(
    source: str | None, target: str, kind: str | None, flags: int = 0, options: str | None = None
) -> None:
    """Mount; raises OSError."""
    words = (_bytes(source), os.fsencode(target), _bytes(kind))
    _check(_LIBC.mount(*words, ctypes.c_ulong(flags), _bytes(options)), f"mount {target}")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def unmount(target: str) -> None:
    """Unmount, also what is still open somewhere; raises OSError."""
    _check(_LIBC.umount2(os.fsencode(target), _DETACH), f"unmount {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
