"""The run journal: one JSON line an event, each durable before the run goes on.

`runs/<site>/<time>/journal.jsonl` beside the backups `running.txt.age` and `saved.txt.age`. A run
is finished when its last event says so; an unfinished one tells until when a guard may still fire.
No secret is ever written: a backup, which holds other people's, is closed to the inventory's
recipients. So that a later run can tell the configuration before the change without opening it,
the journal keeps its mark: a hash that only who knows the site's administrator password can make.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from onshi_net.errors import DeviceError
from onshi_net.files import open_private, private_folder, sync_folder, write_new
from onshi_net.inventory.recipients import Recipients
from onshi_net.inventory.secrets import Secret
from onshi_net.provision.config import config_lines, keyed, same_config

JOURNAL = "journal.jsonl"
BACKUPS = ("running.txt", "saved.txt")
"""Names of the backups; with `.age` behind, but for those of the first version."""
FINISHED = frozenset({"done", "undone", "taken-over", "bound", "forgotten"})
"""Last events after which nothing is left to look at; a device was not touched before `bound`."""


class JournalLost(DeviceError):
    """Raised once when an event can't be kept; the events after it are dropped in silence.

    So a full disk undoes the change, and the undoing itself goes on without a journal.
    """


class Journal:
    """Writes one run's events."""

    def __init__(self, folder: Path, masked: Callable[[str], str]) -> None:
        """Makes the run's folder; `masked` removes secrets from a text."""
        self.folder = folder
        self._masked = masked
        self._lost = False
        private_folder(folder.parent, ours=True)
        private_folder(folder)
        sync_folder(folder.parent)
        self._file = open_private(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        sync_folder(folder)

    def write(self, event: str, **values: object) -> None:
        """Appends an event and waits until it is on the disk. Raises JournalLost."""
        if self._lost:
            return
        try:
            _append(self._file, event, self._masked, values)
        except OSError as error:
            self._lose(error)

    def finish(self, event: str) -> None:
        """Appends the last event where it can: without it a later run looks at the device again."""
        with suppress(JournalLost):
            self.write(event)

    def _lose(self, error: OSError) -> NoReturn:
        self._lost = True
        reason = error.strerror or str(error)
        raise JournalLost("provision.journal-lost", folder=self.folder, reason=reason) from error

    def keep(self, name: str, data: bytes, recipients: Recipients) -> None:
        """Writes `name.age` beside the journal: the bytes as they are, closed to the recipients.

        Raises JournalLost.
        """
        try:
            write_new(self.folder / f"{name}.age", recipients.close(data))
        except OSError as error:
            self._lose(error)

    def mark(self, lines: Iterable[str], key: Secret) -> None:
        """Keeps the mark of the configuration before the change. Raises JournalLost."""
        self.write("before", mark=mark_of(lines, key, self.folder.name))

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


def _append(
    descriptor: int, event: str, masked: Callable[[str], str], values: dict[str, object]
) -> None:
    clean = {name: _clean(value, masked) for name, value in values.items()}
    line = json.dumps({"at": time.time(), "event": event, **clean}, ensure_ascii=False) + "\n"
    whole = line.encode("utf-8")
    if os.write(descriptor, whole) < len(whole):  # the disk took a part: the rest would not fit
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def _clean(value: object, masked: Callable[[str], str]) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_clean(part, masked) for part in value]
    return masked(str(value))


def mark_of(lines: Iterable[str], key: Secret, salt: str) -> str:
    """Answers what tells whether two configurations say the same (`same_config`).

    Keyed with the administrator password, stretched by scrypt: a hash alone would let a finder of
    the laptop try the passwords that stand in the configuration.
    """
    said = "\n".join(sorted(f"{section}\t{line}" for section, line in set(keyed(lines))))
    stretched = hashlib.scrypt(key.reveal().encode(), salt=salt.encode(), n=1 << 14, r=8, p=1)
    return hmac.new(stretched, said.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as its journal tells it."""

    folder: Path
    events: tuple[dict[str, Any], ...]

    @property
    def finished(self) -> bool:
        """Whether it ended in a known state."""
        return bool(self.events) and self.events[-1]["event"] in FINISHED

    @property
    def guard_until(self) -> float | None:
        """Seconds since the epoch until which one of its guards may fire.

        None when none was armed.
        """
        ends = [event["until"] for event in self.events if "until" in event]
        return float(ends[-1]) if ends else None

    def held(self, lines: Iterable[str], key: Secret) -> bool:
        """Answers whether the router had this configuration before the change.

        `key` is the administrator password of the site; no to all where it was another one.
        """
        marks = [event["mark"] for event in self.events if event["event"] == "before"]
        if marks:
            return hmac.compare_digest(str(marks[-1]), mark_of(lines, key, self.folder.name))
        readable = self.folder / BACKUPS[0]  # the first version's
        if not readable.is_file():
            return False
        return same_config(config_lines(readable.read_text(encoding="utf-8")), lines)

    def take_over(self) -> None:
        """Marks it as finished by a later run."""
        descriptor = os.open(self.folder / JOURNAL, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, b"\n")  # ends a line that the kill cut off
            _append(descriptor, "taken-over", str, {})
        finally:
            os.close(descriptor)


def close_readable(runs: Path, site: str, recipients: Recipients) -> None:
    """Closes the backups that the first version left readable. Raises OSError."""
    if not recipients:
        return
    for name in BACKUPS:
        for file in (runs / site).glob(f"*/{name}"):
            write_new(file.with_name(f"{name}.age"), recipients.close(file.read_bytes()))
            sync_folder(file.parent)
            file.unlink()


def new_folder(runs: Path, site: str) -> Path:
    """Answers a folder for a run that begins now; names sort by time."""
    return runs / site / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"


def past_runs(runs: Path, site: str) -> list[PastRun]:
    """Reads the site's runs, oldest first; half-written lines are left out."""
    folder = runs / site
    found = sorted(folder.glob(f"*/{JOURNAL}")) if folder.is_dir() else []
    return [PastRun(file.parent, tuple(_events(file))) for file in found]


def unfinished_runs(runs: Path, site: str) -> list[PastRun]:
    """Answers the runs that nobody finished, oldest first."""
    return [run for run in past_runs(runs, site) if not run.finished]


def _events(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and "event" in entry:
            yield entry


@contextmanager
def site_lock(runs: Path, site: str, host: str) -> Iterator[None]:
    """Holds the site for one run on this machine. Raises DeviceError when another run holds it."""
    folder = runs / site
    private_folder(folder, ours=True)
    descriptor = open_private(folder / "lock", os.O_RDWR | os.O_CREAT)
    try:
        try:
            _lock(descriptor)
        except OSError:
            raise DeviceError("provision.busy", host=host, site=site) from None
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Takes the lock or raises OSError; it goes with the process, however that ends."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
