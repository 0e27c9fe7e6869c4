"""The run journal: one JSON line an event, each durable before the run goes on.

`runs/<site>/<time>/journal.jsonl` beside the backups `running.txt.age` and `saved.txt.age`. A run
is finished when its last event says so. What a router is and which guard it still has, a later run
asks the router itself; by the journal it only tells its own runs, and people what was done.
No secret is ever written: a backup, which holds other people's, is closed to the inventory's
recipients.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from onshi_net import foreign, formats
from onshi_net.errors import DeviceError, Place, refusal
from onshi_net.files import (
    named_as,
    open_private,
    private_folder,
    read_regular,
    sync_folder,
    write_new,
)
from onshi_net.inventory.recipients import Recipients
from onshi_net.locks import Held, held, job_here
from onshi_net.provision.devicelock import busy

JOURNAL = "journal.jsonl"
BACKUPS = ("running.txt", "saved.txt")
"""Names of the backups; with `.age` behind, but for those of the first version."""
FINISHED = frozenset({"done", "undone", "taken-over", "bound", "forgotten"})
"""Last events after which nothing is left to look at; a device was not touched before `bound`."""


WORDS = frozenset({"reason", "replacing", "without-guard"})
"""Events that keep what the user said in so many words."""


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
        self._begun = False
        private_folder(folder.parent, ours=True)
        private_folder(folder)
        sync_folder(folder.parent)
        self._file = open_private(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        sync_folder(folder)

    def write(self, event: str, **values: object) -> None:
        """Appends an event and waits until it is on the disk. Raises JournalLost."""
        if self._lost:
            return
        number = {} if self._begun else {formats.FIELD: formats.JOURNAL}
        try:
            _append(self._file, event, self._masked, {**number, **values})
            self._begun = True
        except OSError as error:
            self._lose(error)

    def finish(self, event: str, **values: object) -> None:
        """Appends the last event where it can: without it a later run looks at the device again."""
        with suppress(JournalLost):
            self.write(event, **values)

    def _lose(self, error: OSError) -> NoReturn:
        self._lost = True
        told = refusal(named_as(error, str(self.folder / JOURNAL)))
        raise JournalLost("provision.journal-lost", reason=str(told), next=told.remedy) from error

    def keep(self, name: str, data: bytes, recipients: Recipients) -> None:
        """Writes `name.age` beside the journal: the bytes as they are, closed to the recipients.

        Raises JournalLost.
        """
        try:
            write_new(self.folder / f"{name}.age", recipients.close(data))
        except OSError as error:
            self._lose(error)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


def _append(
    descriptor: int, event: str, masked: Callable[[str], str], values: dict[str, object]
) -> None:
    clean = {name: _clean(value, masked) for name, value in values.items()}
    entry = json.dumps({"at": time.time(), "event": event, **clean}, ensure_ascii=False)
    line = foreign.escaped(entry) + "\n"
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


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as its journal tells it."""

    folder: Path
    events: tuple[dict[str, Any], ...]

    @property
    def finished(self) -> bool:
        """Whether it ended in a known state."""
        return bool(self.events) and self.events[-1]["event"] in FINISHED

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
            write_new(file.with_name(f"{name}.age"), recipients.close(read_regular(file)))
            sync_folder(file.parent)
            file.unlink()


def new_folder(runs: Path, site: str) -> Path:
    """Answers a folder for a run that begins now; names sort by time."""
    return runs / site / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"


def past_runs(runs: Path, site: str) -> list[PastRun]:
    """Reads the site's runs, oldest first; half-written lines are left out.

    Raises NewerFormat: whether such a run is finished can't be told here.
    """
    folder = runs / site
    found = sorted(folder.glob(f"*/{JOURNAL}")) if folder.is_dir() else []
    return [PastRun(file.parent, tuple(_events(file))) for file in found]


def unfinished_runs(runs: Path, site: str) -> list[PastRun]:
    """Answers the runs that nobody finished, oldest first."""
    return [run for run in past_runs(runs, site) if not run.finished]


@dataclass(frozen=True, slots=True)
class Word:
    """What a user said in so many words, without which a change had been refused."""

    at: datetime
    event: str
    """`reason`, `replacing` or `without-guard`."""
    text: str


def words(runs: Path, site: str) -> tuple[Word, ...]:
    """Answers what was said in the site's runs, oldest first; of one day each word once."""
    found: dict[tuple[str, str, str], Word] = {}
    for event in (event for run in past_runs(runs, site) for event in run.events):
        if event["event"] in WORDS and isinstance(event.get("at"), int | float):
            told = event.get("text") or "; ".join(map(str, event.get("losses") or ()))
            word = Word(datetime.fromtimestamp(event["at"], UTC), event["event"], str(told))
            found.setdefault((f"{word.at:%Y%m%d}", word.event, word.text), word)
    return tuple(found.values())


def _events(file: Path) -> Iterator[dict[str, Any]]:
    for line in read_regular(file).decode("utf-8", "replace").splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("event"), str):
            if isinstance(entry.get(formats.FIELD), int):
                formats.check(Place(file), entry[formats.FIELD], formats.JOURNAL)
            yield entry


@contextmanager
def site_lock(runs: Path, site: str, host: str) -> Iterator[None]:
    """Holds the site's runs for one run of this inventory.

    Raises DeviceError, saying who holds it since when, where another run does.
    """
    folder = runs / site
    private_folder(folder, ours=True)
    with ExitStack() as stack:
        try:
            job = job_here(site, runs.parent)
            stack.enter_context(held(folder / "lock", job, shared=False))
        except Held as other:
            raise busy("busy", host, other) from None
        yield
