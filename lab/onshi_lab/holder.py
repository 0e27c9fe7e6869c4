"""An ordinary user's room: a process in a user, a mount and a network namespace of its own.

Inside, the user is root over what the lab makes: /run is the room's own, and the lab's folder is at
/run/onshi-lab as it is for root. Other users are those of the ranges in /etc/subuid,
where `newuidmap` is installed; without it the room knows one user alone.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from onshi_lab import daemons, mounts
from onshi_lab.errors import LabError
from onshi_lab.kernel.shared import locked_file

RUNTIME_VARIABLE = "XDG_RUNTIME_DIR"
ROOT = Path("/run/onshi-lab")
NAMESPACES = mounts.NEW_USERS | mounts.NEW_MOUNTS | mounts.NEW_NETWORK
UNSHARED, FURNISHED = b"unshared\n", b"furnished\n"
OTHERS = 65535
"""How many users besides root a room knows, where there are ranges for them."""

_HELD: list[tuple[Path, int, int]] = []
"""Of the room that this process is in: its note, the note's lock, the holder's descriptor."""


def inside() -> bool:
    """Whether this process has stepped into a user's room."""
    return bool(_HELD)


def folder() -> Path:
    """Where a user's labs keep their files: below $XDG_RUNTIME_DIR, else below /tmp."""
    runtime = Path(os.environ.get(RUNTIME_VARIABLE) or "/nonexistent")
    # After `su` the variable may still name the folder of somebody else.
    mine = os.access(runtime, os.W_OK | os.X_OK) and runtime.stat().st_uid == os.getuid()
    return runtime / "onshi-lab" if mine else Path(f"/tmp/onshi-lab-{os.getuid()}")


def pretence(uid_map: Path = Path("/proc/self/uid_map")) -> dict[str, str]:
    """What lets daemons believe that they change user, in a room that knows one user alone.

    smbd and dnsmasq end where setgroups(2) is refused; uid_wrapper answers it in its place. All
    that they do is done as the one user there is.
    """
    if sum(int(line.split()[2]) for line in uid_map.read_text().splitlines()) > 1:
        return {}
    return {"LD_PRELOAD": "libuid_wrapper.so", "UID_WRAPPER": "1", "UID_WRAPPER_ROOT": "1"}


def enter(lab: str) -> None:
    """Step into the room of a lab, which is made if there is none.

    Raises LabError when the kernel or another user's file forbids it.
    """
    place = folder()
    place.mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid != os.getuid():
        raise LabError(f"{place} belongs to somebody else; remove it or set {RUNTIME_VARIABLE}")
    note = place / f"{lab}.room"
    with ExitStack() as undo:
        lock = locked_file(note, fcntl.LOCK_EX)
        undo.callback(os.close, lock)
        pid = _holder(lab, note) or _make(lab, note)
        here = Path.cwd()
        descriptor = os.pidfd_open(pid)
        mounts.setns(descriptor, NAMESPACES)
        fcntl.flock(lock, fcntl.LOCK_SH)
        undo.pop_all()
    with suppress(OSError):
        os.chdir(here)
    _HELD.append((note, lock, descriptor))


def leave(*, needed: bool) -> None:
    """End the holder, unless the lab is up or another command is in the room."""
    note, lock, descriptor = _HELD.pop()
    with suppress(BlockingIOError, ProcessLookupError):
        if not needed:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            note.unlink(missing_ok=True)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    with suppress(OSError):
        note.parent.rmdir()
    os.close(lock)
    os.close(descriptor)


def _holder(lab: str, note: Path) -> int | None:
    """The process that keeps a lab's room, if it lives."""
    try:
        pid = int(note.read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if command == b"\0".join(map(os.fsencode, (*_command(lab), ""))) else None


def _command(lab: str) -> tuple[str, ...]:
    """What the holder becomes; the odd number tells in a process list what it is."""
    return (f"onshi-lab-room-{lab}", "infinity")


def _make(lab: str, note: Path) -> int:
    """Start a holder and wait until its room is furnished."""
    words = (sys.executable, "-m", "onshi_lab.holder", lab, str(note.parent))
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("both are pipes")
    said = process.stdout.readline()
    if said == UNSHARED:
        process.stdin.write(b"%d\n" % _map_others(process.pid))
        process.stdin.close()
    said += process.stdout.read()
    if said != UNSHARED + FURNISHED:
        raise LabError(
            "an ordinary user gets no room for a lab here "
            f"({said.removeprefix(UNSHARED).decode().strip()}); "
            "run it with sudo, or see docs/lab-host.md"
        )
    note.write_text(str(process.pid), encoding="ascii")
    return process.pid


def _map_others(pid: int) -> bool:
    """Give a new user namespace the ranges of this user; answers whether there are any."""
    maps = []
    for tool, table, own in (
        ("newuidmap", "/etc/subuid", os.getuid()),
        ("newgidmap", "/etc/subgid", os.getgid()),
    ):
        first = _range(Path(table))
        if shutil.which(tool) is None or first is None:
            return False
        maps.append((tool, str(pid), "0", str(own), "1", "1", str(first), str(OTHERS)))
    return all(subprocess.run(each, check=False).returncode == 0 for each in maps)


def _range(table: Path) -> int | None:
    """The first number of a range that is long enough (subuid(5))."""
    mine = {str(os.getuid())}
    with suppress(KeyError):
        mine.add(pwd.getpwuid(os.getuid()).pw_name)
    for line in table.read_text(encoding="utf-8").splitlines() if table.exists() else ():
        name, _, rest = line.partition(":")
        first, _, count = rest.partition(":")
        if name in mine and int(count) >= OTHERS:
            return int(first)
    return None


# -- inside the holder ---------------------------------------------------------------------------


def hold(lab: str, place: Path) -> None:
    """Become the holder of a room: make it, furnish it, and sleep in it."""
    user, group = os.getuid(), os.getgid()
    mounts.unshare(NAMESPACES)
    _say(UNSHARED)
    if sys.stdin.readline() != "1\n":
        _map_self(user, group)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    furnish(place)
    _say(FURNISHED)
    # Whoever waits for this process's words, or for the end of a pipe, has not to wait for it.
    os.set_inheritable(sys.stdout.fileno(), False)
    os.execv(shutil.which("sleep") or "sleep", _command(lab))  # noqa: S606 - becomes the holder


def _say(what: bytes) -> None:
    sys.stdout.buffer.write(what)
    sys.stdout.buffer.flush()


def _map_self(user: int, group: int) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"0 {user} 1"),
        ("gid_map", f"0 {group} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")


def furnish(place: Path) -> None:
    """Give the room a /run of its own, with the lab's folder, and the checkout's daemons."""
    runtime, resolver = place.parent, Path("/etc/resolv.conf")
    target, text = resolver.resolve(), resolver.read_text() if resolver.exists() else ""
    with mounts.opened(place) as labs, mounts.opened(runtime) as own:
        mounts.mount("onshi-lab", "/run", "tmpfs", 0, "mode=0755")
        if Path("/run") in runtime.parents:
            _bind(own, runtime)
        _bind(labs, ROOT)
    if Path("/run") in target.parents:
        # The host's resolver writes it below /run; the laptop's has to lie over something.
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    usr = daemons.usr()
    if usr is not None:
        mounts.cover(usr, daemons.USR)


def _bind(descriptor: int, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    mounts.mount(f"/proc/self/fd/{descriptor}", str(place), None, mounts.BIND | mounts.RECURSIVE)


if __name__ == "__main__":
    try:
        hold(sys.argv[1], Path(sys.argv[2]))
    except OSError as error:
        _say(str(error).encode())
        sys.exit(1)
