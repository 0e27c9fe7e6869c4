"""Which shells are open on which PC, so that a killed run's are closed by the next one.

WinRM keeps a shell for its idle time after the client is gone. The file is written before a
shell is opened (its id is not known yet: UNKNOWN), again before it is used, and cleared after it
was closed. A shell counts as left over when the process that opened it is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onshi_net.files import open_private, private_folder, read_regular_text, write_private

NOBODY = 0
UNKNOWN = "?"
"""Begins the mark of a shell that a process was opening."""
_Shells = dict[str, dict[str, int]]
"""URL -> shell id -> process id."""


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    private_folder(file.parent)
    descriptor = open_private(file.with_name(file.name + ".lock"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(file: Path) -> _Shells:
    try:
        found = json.loads(read_regular_text(file))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, shells: _Shells) -> None:
    write_private(file, json.dumps({url: some for url, some in shells.items() if some}).encode())


def _lives(process: int) -> bool:
    if process == NOBODY:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def left_open(file: Path, url: str) -> tuple[str, ...]:
    """Answers the ids of shells that a killed run left on the PC."""
    with _locked(file):
        return tuple(shell for shell, by in _read(file).get(url, {}).items() if not _lives(by))


def known(file: Path, url: str) -> tuple[str, ...]:
    """Answers the ids of all shells that are noted, whoever opened them; marks come as well."""
    with _locked(file):
        return tuple(_read(file).get(url, {}))


def opening(file: Path, url: str) -> None:
    """Notes that this process is about to open a shell."""
    opened(file, url, _mark())


def opened(file: Path, url: str, shell: str) -> None:
    """Notes an open shell of this process."""
    with _locked(file):
        shells = _read(file)
        some = shells.setdefault(url, {})
        some.pop(_mark(), None)
        some[shell] = os.getpid()
        _write(file, shells)


def not_opened(file: Path, url: str) -> None:
    """Notes that the shell could not be opened."""
    closed(file, url, _mark())


def maybe_opened(file: Path, url: str) -> None:
    """Notes that the PC may have opened a shell whose id was never told."""
    abandoned(file, url, _mark())


def _mark() -> str:
    return f"{UNKNOWN}{os.getpid()}"


def abandoned(file: Path, url: str, shell: str) -> None:
    """Notes that a shell could not be closed and belongs to nobody."""
    with _locked(file):
        shells = _read(file)
        shells.setdefault(url, {})[shell] = NOBODY
        _write(file, shells)


def closed(file: Path, url: str, shell: str) -> None:
    """Notes that a shell is gone."""
    with _locked(file):
        shells = _read(file)
        shells.get(url, {}).pop(shell, None)
        _write(file, shells)
