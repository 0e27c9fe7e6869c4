"""Locks of this machine: freed by their holder's death, and each tells who holds it.

The system's own lock on an open file (filelock: the same on Windows) is the lock; it goes with its
process, however that ends. Who holds it stands in a note beside it, which may be stale: a note
counts only while its process lives, by number, start and user.

The folder is shared by all users of the machine, so nothing in it is believed more than it must be:
- it is the system's own folder for that (root's and sticky; ProgramData on Windows), no folder that
  a user made, so nobody can put a link in its place or take another's file away;
- a lock file is opened without following links, for reading only, which is enough to lock it: its
  maker alone could write to it, and an emptied or replaced file is no other lock;
- each user has notes of his own, named after him; one that its owner did not write is no note.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import re
import shlex
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

from onshi_net.errors import Fault, InputError, Place
from onshi_net.files import named, private_folder
from onshi_net.i18n import text

VARIABLE = "ONSHI_LOCKS"
"""Names another folder. Who uses different ones does not see each other."""
SYSTEM_FOLDERS = ("/run/lock", "/tmp", "/var/tmp")  # noqa: S108 - checked to be root's and sticky
UID_MAP, NOBODY = Path("/proc/self/uid_map"), Path("/proc/sys/kernel/overflowuid")
NOTE_BYTES = 4096
WORDS = ("user", "machine", "site", "folder", "command")
SHOWN = 200
"""Characters of a note's field that are shown."""
NOTE_S = 0.5
"""How long a lock may be held without a note: its holder writes that at once."""
_LOOK_S = 0.05
_START_S = 2.0
"""How exactly a process's start is known: the clock may have been set meanwhile."""
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True)
class Job:
    """What a lock is held for."""

    site: str
    folder: str
    """Where inventory and runs of the site lie."""
    command: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock."""

    user: str
    pid: int
    machine: str
    since: float
    """Seconds since the epoch."""
    started: float
    """When the process was started, which tells it from a later one with its number."""
    site: str
    folder: str
    command: str

    def told(self) -> dict[str, str]:
        """Gives the values for a sentence."""
        since = datetime.fromtimestamp(self.since).astimezone()
        stop = f"taskkill /F /PID {self.pid}" if sys.platform == "win32" else f"kill {self.pid}"
        return {
            **{one.name: str(getattr(self, one.name)) for one in fields(self)},
            "since": f"{since:%Y-%m-%d %H:%M}",
            "stop": stop,
        }


class Held(Exception):
    """Raised when somebody else holds a lock; `holder` is None where nobody says who."""

    def __init__(self, file: Path, holder: Holder | None) -> None:
        """Takes the lock's file and its holder."""
        self.file = file
        self.holder = holder
        super().__init__(str(file))


def shared_folder() -> Path:
    """Answers the folder of the locks that all users of this machine share.

    Raises InputError where there is none that can be used, with what is wrong.
    """
    given = os.environ.get(VARIABLE)
    if given:
        folder = Path(given)
        private_folder(folder)
        if (wrong := _wrong(folder)) is not None:
            raise _no_folder(folder, wrong)
        return folder
    if sys.platform == "win32":
        folder = Path(os.environ.get("ProgramData", r"C:\ProgramData")) / "onshi" / "locks"  # noqa: SIM112
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    some = [Path(one).resolve() for one in SYSTEM_FOLDERS]
    wrongs = [_wrong_for_all(one) for one in some]
    if None not in wrongs:
        raise _no_folder(some[0], wrongs[0] or "")
    return some[wrongs.index(None)]


def _no_folder(folder: Path, wrong: str) -> InputError:
    problem = text(f"errors.locks-{wrong}")
    remedy = text("errors.locks.remedy", variable=VARIABLE)
    return InputError([Fault(Place(folder), problem, remedy)])


def _wrong_for_all(folder: Path) -> str | None:
    """Answers what speaks against a folder of the system; the same for every user."""
    wrong = _wrong(folder)
    if wrong is None and not folder.stat().st_mode & stat.S_IWOTH:
        return "not-shared"
    return wrong


def _wrong(folder: Path) -> str | None:
    """Answers what speaks against a folder, None where nothing does."""
    try:
        found = folder.lstat()
    except OSError:
        return "missing"
    if not stat.S_ISDIR(found.st_mode):
        return "link" if stat.S_ISLNK(found.st_mode) else "not-a-folder"
    if sys.platform == "win32":
        return None
    if found.st_uid not in _trusted():
        return "owner"
    if found.st_mode & (stat.S_IWOTH | stat.S_IWGRP) and not found.st_mode & stat.S_ISVTX:
        return "not-sticky"
    return None if os.access(folder, os.W_OK | os.X_OK) else "unwritable"


def _trusted() -> set[int]:
    """Answers the owners of a folder that may be used: the system, and this user.

    In a user namespace, as the lab of an ordinary user is one, the system shows as nobody.
    """
    trusted = {0, os.geteuid()}
    with suppress(OSError, ValueError):  # no such files: no such namespaces
        if UID_MAP.read_text(encoding="ascii").split() != ["0", "0", "4294967295"]:
            trusted.add(int(NOBODY.read_text(encoding="ascii")))
    return trusted


@contextmanager
def held(file: Path, job: Job, *, shared: bool) -> Iterator[None]:
    """Holds a lock file; never waits for it.

    `shared`: other users may lock it too, and it goes away with the hold. Raises Held, and
    InputError or OSError with the file's name where it can't be used.
    """
    descriptor = _locked(file, shared=shared)
    with ExitStack() as undo:
        undo.callback(_freed, file, descriptor, shared=shared)
        note = _noted(file, job)
        undo.callback(_forgotten, note)
        yield


def _locked(file: Path, *, shared: bool) -> int:
    """Answers the descriptor of the locked file; closing it frees the lock. Raises Held."""
    from filelock import lock_descriptor

    for left in reversed(range(round(NOTE_S / _LOOK_S))):
        descriptor = _opened(file, shared=shared)
        with ExitStack() as undo:
            undo.callback(os.close, descriptor)
            if lock_descriptor(descriptor, blocking=False):
                if _still_there(file, descriptor):
                    undo.pop_all()
                    return descriptor
                continue  # its last holder has taken it away: the next one is another file
        holder = holder_of(file)
        if holder is not None or not left:
            raise Held(file, holder)
        Event().wait(_LOOK_S)
    raise Held(file, None)


def _opened(file: Path, *, shared: bool) -> int:
    """Opens the file, made where it isn't there. Raises InputError for what is no file, OSError."""
    with named(file):
        while True:
            with suppress(FileExistsError):
                return _made(file, shared=shared)
            with suppress(FileNotFoundError):  # its last holder took it away in between
                return _opened_old(file)


def _made(file: Path, *, shared: bool) -> int:
    descriptor = os.open(file, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    if shared and sys.platform != "win32":
        os.fchmod(descriptor, 0o644)  # whatever the umask says
    return descriptor


def _opened_old(file: Path) -> int:
    if not stat.S_ISREG(file.lstat().st_mode):
        raise _not_a_file(file)
    descriptor = os.open(file, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_a_file(file)
    return descriptor


def _not_a_file(file: Path) -> InputError:
    problem, remedy = text("errors.lock-not-a-file"), text("errors.lock-not-a-file.remedy")
    return InputError([Fault(Place(file), problem, remedy)])


def _still_there(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _freed(file: Path, descriptor: int, *, shared: bool) -> None:
    """Takes a shared file away where that is ours to do, then frees the lock: in this order.

    Windows removes no open file; there the next holder's hold keeps it.
    """
    if shared and sys.platform != "win32":
        with suppress(OSError):
            file.unlink()
    os.close(descriptor)
    if shared and sys.platform == "win32":
        with suppress(OSError):
            file.unlink()


# Notes


def _own_name() -> str:
    """Answers what this user's notes are named after."""
    if sys.platform == "win32":
        return re.sub(r"[^A-Za-z0-9_-]", "_", getpass.getuser())
    return str(os.geteuid())


def _user(uid: int) -> str:
    """Answers a user's name, the number where the system knows none."""
    if sys.platform == "win32":
        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _noted(file: Path, job: Job) -> Path:
    """Writes who holds the lock. Without room for it the lock is held all the same."""
    note = file.with_name(f"{file.stem}.{_own_name()}.json")
    holder = Holder(
        user=_user(0 if sys.platform == "win32" else os.geteuid()),
        pid=os.getpid(),
        machine=platform.node(),
        since=time.time(),
        started=_own_start(os.getpid()),
        **asdict(job),
    )
    content = json.dumps(asdict(holder)).encode("ascii")
    fresh = note.with_name(f"{note.name}.{os.getpid()}")
    with suppress(OSError):
        try:
            _write_readable(fresh, content)
            fresh.replace(note)
        finally:
            fresh.unlink(missing_ok=True)
    return note


def _forgotten(note: Path) -> None:
    """Takes a note away. One that others put there stays: it must not end what the lock was for."""
    with suppress(OSError):
        note.unlink()


@cache
def _own_start(pid: int) -> float:
    """Answers when this process was started; its number tells it from the one it was forked off."""
    import psutil

    return psutil.Process(pid).create_time()


def _write_readable(file: Path, content: bytes) -> None:
    """Writes a new file that every user may read."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(file, flags, 0o644)
    with os.fdopen(descriptor, "wb") as stream:
        if sys.platform != "win32":
            os.fchmod(descriptor, 0o644)
        stream.write(content)


def holder_of(file: Path) -> Holder | None:
    """Answers who holds a lock, as a note of a living process says; takes no lock."""
    for note in sorted(file.parent.glob(f"{file.stem}.*.json")):
        holder = _read_note(note, note.name.removeprefix(f"{file.stem}.").removesuffix(".json"))
        if holder is not None:
            return holder
    return None


def _read_note(note: Path, owner: str) -> Holder | None:
    try:
        descriptor = os.open(note, _FLAGS)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return None
        raw = stream.read(NOTE_BYTES + 1)
    uid = None if sys.platform == "win32" else found.st_uid
    if uid is not None and str(uid) != owner:
        return None
    holder = _parsed(raw)
    return holder if holder is not None and _lives(holder, uid) else None


def _parsed(raw: bytes) -> Holder | None:
    """Reads a note; None for anything that is none."""
    try:
        given: Any = json.loads(raw) if len(raw) <= NOTE_BYTES else None
        words = {name: _shown(given[name]) for name in WORDS}
        since, started = float(given["since"]), float(given["started"])
        holder = Holder(pid=int(given["pid"]), since=since, started=started, **words)
        datetime.fromtimestamp(holder.since).astimezone()
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, OSError, RecursionError):
        return None
    return holder


def _shown(value: Any) -> str:
    """Answers somebody else's words, so that they can steer no terminal."""
    return "".join(one if one.isprintable() else "?" for one in str(value)[:SHOWN])


def _lives(holder: Holder, uid: int | None) -> bool:
    import psutil

    try:
        process = psutil.Process(holder.pid)
        is_it = abs(process.create_time() - holder.started) < _START_S
        is_dead = process.status() == psutil.STATUS_ZOMBIE
        is_owners = uid is None or uid in process.uids()
    except (psutil.Error, ValueError, OverflowError):
        return False
    return is_it and is_owners and not is_dead


def job_here(site: str, folder: Path) -> Job:
    """Answers what this process holds its locks for."""
    program = Path(sys.argv[0]).name if sys.argv else ""
    command = shlex.join([program, *sys.argv[1:]])
    return Job(site[:SHOWN], str(folder.resolve())[:SHOWN], command[:SHOWN])
