"""Which shells are open on which PC, so that a killed run's are closed by the next one.

WinRM keeps a shell for its idle time after the client is gone. The file is written before a shell is used and
cleared after it was closed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file.with_name(file.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(file: Path) -> dict[str, list[str]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, shells: dict[str, list[str]]) -> None:
    beside = file.with_name(file.name + ".new")
    beside.write_text(json.dumps(shells), encoding="utf-8")
    beside.replace(file)


def left_open(file: Path, url: str) -> tuple[str, ...]:
    """Answers the ids of shells that a killed run left on the PC."""
    with _locked(file):
        return tuple(_read(file).get(url, ()))


def opened(file: Path, url: str, shell: str) -> None:
    """Notes an open shell."""
    with _locked(file):
        shells = _read(file)
        shells[url] = [*shells.get(url, ()), shell]
        _write(file, shells)


def closed(file: Path, url: str, shell: str) -> None:
    """Notes that a shell is gone."""
    with _locked(file):
        shells = _read(file)
        left = [one for one in shells.get(url, ()) if one != shell]
        if left:
            shells[url] = left
        else:
            shells.pop(url, None)
        _write(file, shells)
