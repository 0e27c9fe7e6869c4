"""Files of trust (host keys, certificates): read whole or not at all, replaced whole or not at all.

A line that can't be read may be the one that would have told a stranger apart, so it is a fault and
never passed over. What a full disk, a cut copy or an editor leaves is seen by its form: no bytes,
no end of the last line, another encoding, a control character. A file is changed under a lock
beside it (filelock: the same on Windows), written beside and moved into place, for its owner only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from onshi_net.errors import DeviceError, Fault, InputError, Place
from onshi_net.files import written_for
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason

MAX_BYTES = 1_000_000
"""A site has a line a router and a PC; a file beyond this is none of ours."""
LOCK_S = 10.0
"""A change takes milliseconds; a lock that is held longer belongs to a process that hangs."""
HEADER = (
    "# onshi: keys that were seen and confirmed; `onshi trust` adds, compares and forgets them.\n"
)
"""First line of every file that we make, so that a file without a byte is never one of ours."""
_MARKS = {b"\xef\xbb\xbf": "UTF-8 BOM", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Whole(Generic[T]):
    """A line of a file and what it says; None for a comment or an empty line."""

    text: str
    said: T | None


Parser = Callable[[str], T | None]
"""Reads a line's text, which is no comment. Raises Unread."""


class Unread(ValueError):
    """Raised for a line that can't be read; carries the catalogue's name below `transport.trust.`.

    Its text never quotes the line.
    """

    def __init__(self, kind: str, **values: Any) -> None:
        """Takes the name and the sentence's values."""
        super().__init__(kind)
        self.kind = kind
        self.values = values


def nobody() -> dict[str, str]:
    """Answers the words that stand for site and device in a command where neither is known."""
    return {"site": text("transport.trust.site"), "device": text("transport.trust.device")}


def fault(file: Path, line: int | None, error: Unread) -> Fault:
    """Answers an unread line, or file, as a fault with its place."""
    problem = text(f"transport.trust.{error.kind}", **error.values)
    special = text(f"transport.trust.{error.kind}.remedy", default="", file=file)
    return Fault(Place(file, line), problem, special or text("transport.trust.remedy", file=file))


def read(file: Path, parse: Parser[T]) -> list[Whole[T]]:
    """Answers every line; none where there is no file.

    Raises InputError with every line that can't be read.
    """
    found, faults = _scan(file, parse)
    if faults:
        raise InputError(faults)
    return found


def _scan(file: Path, parse: Parser[T]) -> tuple[list[Whole[T]], list[Fault]]:
    try:
        raw = _bytes_of(file)
    except Unread as error:
        return [], [fault(file, None, error)]
    if raw is None:
        return [], []
    found: list[Whole[T]] = []
    faults: list[Fault] = []
    for number, line in enumerate(_rows(raw), 1):
        try:
            found.append(_line(line, parse))
        except Unread as error:
            faults.append(fault(file, number, error))
    return found, faults


def _bytes_of(file: Path) -> bytes | None:
    """Answers the file's bytes, None where there is none. Raises Unread."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise Unread("not-a-file")
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if file.is_symlink():
            raise Unread("dangling", target=file.readlink()) from None
        return None
    except OSError as error:
        raise Unread("unreadable", reason=system_reason(error)) from None
    if not raw:
        raise Unread("empty")
    if len(raw) > MAX_BYTES:
        raise Unread("too-big", limit=MAX_BYTES)
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            raise Unread("encoding", encoding=encoding)
    return raw


def _rows(raw: bytes) -> Iterator[bytes]:
    """Gives the lines; the last one without its end where that is missing."""
    rows = raw.split(b"\n")
    yield from (row + b"\n" for row in rows[:-1])
    if rows[-1]:
        yield rows[-1]


def _line(row: bytes, parse: Parser[T]) -> Whole[T]:
    if not row.endswith(b"\n"):
        raise Unread("cut-off")
    try:
        line = row.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Unread("not-utf8") from None
    if any((ord(char) < 32 and char != "\t") or ord(char) == 127 for char in line):
        raise Unread("control")
    words = line.strip(" \t")
    is_said = words and not words.startswith("#")
    return Whole(line, parse(words) if is_said else None)


@contextmanager
def locked(file: Path) -> Iterator[Path]:
    """Holds a file for a change; gives where it really lies. Raises DeviceError, OSError."""
    from filelock import FileLock, Timeout

    there = Path(os.path.realpath(file))
    if file.is_symlink() and not there.exists():
        there = file.absolute()  # the folder of a drive that is gone must not be made
    there.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(there.with_name(f".{there.name}.lock"), timeout=LOCK_S, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise DeviceError("transport.trust.locked", file=there, seconds=round(LOCK_S)) from None
    try:
        yield there
    finally:
        lock.release()


def write(there: Path, lines: Sequence[str]) -> None:
    """Replaces a locked file, durable before it returns."""
    content = "".join(f"{line}\n" for line in lines)
    if not content.startswith("#"):
        content = HEADER + content
    with written_for(there):
        _replace(there, content.encode("utf-8"))


def _replace(there: Path, content: bytes) -> None:
    beside = there.with_name(f".{there.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        beside.chmod(0o600)
        beside.replace(there)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def rewrite(
    file: Path, parse: Parser[T], change: Callable[[list[Whole[T]]], list[Whole[T]]]
) -> tuple[list[Whole[T]], Path | None]:
    """Changes a file that may be damaged; answers its whole lines before.

    A damaged one is moved aside first, which the second answer tells. Raises DeviceError, OSError.
    """
    with locked(file) as there:
        before, faults = _scan(file, parse)
        aside = _set_aside(file) if faults else None
        after = change(before)
        if aside is not None or after != before:
            write(file if aside is not None else there, [line.text for line in after])
        return before, aside


def _set_aside(file: Path) -> Path:
    """Moves what lies in a file's place, a link or folder too, out of the way; answers where."""
    aside = file.with_name(f"{file.name}.unread-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    file.rename(aside)
    return aside
