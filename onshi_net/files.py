"""Files and folders that only their owner may open, under every umask, written whole or not at all.

On Windows a file's rights come from its folder, the user's own; modes mean nothing there.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from onshi_net.i18n import text

OTHERS = stat.S_IRWXG | stat.S_IRWXO
MOST_BYTES = 64 << 20
"""Far more than any file of ours holds; an evidence file of a large site has some 200 kB."""


def read_regular(file: Path, most: int = MOST_BYTES) -> bytes:
    """Answers the bytes of a file of ours, never waiting for a pipe's other end.

    Raises OSError, also for what is no file (a folder, a pipe, a device: EINVAL) and for one of
    over `most` bytes (EFBIG).
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(file, "rb", opener=lambda name, _: os.open(name, flags)) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, text("errors.no-regular-file"), str(file))
        found = stream.read(most + 1)
    if len(found) > most:
        raise OSError(errno.EFBIG, text("errors.file-too-large", limit=most), str(file))
    return found


def read_regular_text(file: Path) -> str:
    """Answers the text of a file of ours. Raises as `read_regular` does, and UnicodeDecodeError."""
    return read_regular(file).decode("utf-8")


def private_folder(folder: Path, *, ours: bool = False) -> None:
    """Makes a folder and those above it that are missing.

    One that is there stays as it is, unless it is `ours` alone: others then lose their rights.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    if ours and not missing:
        _take_from_others(folder)


def open_private(file: Path, flags: int) -> int:
    """Opens a file, 0600 where it is new; takes an old one's rights for others."""
    descriptor = os.open(file, flags, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):  # never a device such as /dev/full
        _take_from_others(file)
    return descriptor


def _take_from_others(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & OTHERS and sys.platform != "win32":
        with suppress(PermissionError):  # somebody else's: its rights are theirs to give
            path.chmod(mode & ~OTHERS)


def write_private(file: Path, data: bytes) -> None:
    """Writes a file so that a crash leaves the old one or the new one; a link's target, not it.

    Raises OSError with the file's name.
    """
    target = Path(os.path.realpath(file))
    if target.exists() and not target.is_file():  # a pipe, /dev/stdout
        target.write_bytes(data)
        return
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    with written_for(target):
        try:
            write_new(fresh, data)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        sync_folder(target.parent)


def write_new(file: Path, data: bytes) -> None:
    """Writes a new file, durable before it returns; what stood there under its name is gone.

    Raises OSError with the file's name, and leaves no part of it.
    """
    file.unlink(missing_ok=True)
    with named(file), ExitStack() as undo:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        undo.callback(file.unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        undo.pop_all()


_BINARY = getattr(os, "O_BINARY", 0)


@contextmanager
def named(file: Path) -> Iterator[None]:
    """Gives an OSError the file's name, which the system leaves out where writing fails."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(file)
        raise


@contextmanager
def written_for(target: Path) -> Iterator[None]:
    """Gives an OSError the name of the file that is written, not of the new one beside it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise named_as(error, str(target)) from error


def named_as(error: OSError, name: str) -> OSError:
    """Answers the same refusal with a name for what is no file of its own, such as a stream."""
    return OSError(error.errno, error.strerror, name)


def sync_folder(folder: Path) -> None:
    """Makes a folder's entries durable."""
    if sys.platform == "win32":  # a folder can't be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
