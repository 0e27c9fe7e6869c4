"""Locks of this machine, between real processes and users: freed by death, told by living ones."""

from __future__ import annotations

import ctypes
import getpass
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onshi_net import locks
from onshi_net.errors import InputError
from tests.holding import ROOT, holding
from tests.lab.clinic import needs_root

NAME = "onshi-test"
LOCK = f"{NAME}.lock"
NOBODY = 65534
JOB = locks.Job("site-b", "/srv/b", "onshi provision site-b")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder like /run/lock, which every user reaches."""
    for one in (tmp_path, *tmp_path.parents):
        if one.stat().st_uid == os.geteuid() and one != Path("/tmp"):
            one.chmod(one.stat().st_mode | 0o011)
        if one.parent == Path("/tmp"):
            break
    folder = tmp_path / "locks"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def take(folder: Path) -> None:
    with locks.held(folder / LOCK, JOB, shared=True):
        assert locks.holder_of(folder / LOCK) is not None


def refused(folder: Path) -> locks.Holder | None:
    with pytest.raises(locks.Held) as caught:
        take(folder)
    return caught.value.holder


def test_who_holds_it_stands_in_the_refusal_and_nothing_is_left_behind(shared: Path) -> None:
    with holding(shared / LOCK) as process:
        began = time.monotonic()
        holder = refused(shared)
        assert time.monotonic() - began < locks.NOTE_S
        assert holder is not None
        assert (holder.pid, holder.user, holder.site) == (process.pid, getpass.getuser(), "site-a")
        assert holder.folder == "/srv/a"
        assert abs(holder.since - time.time()) < 60
        assert str(process.pid) in holder.told()["stop"]
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(10)
    take(shared)
    assert list(shared.iterdir()) == []


@pytest.mark.parametrize("child", ["", "child"])
def test_death_frees_it_whatever_the_dead_left_running(shared: Path, child: str) -> None:
    with holding(shared / LOCK, child=child) as process:
        children = psutil.Process(process.pid).children()
        process.kill()  # not waited for: the note's process is a zombie
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert [path.suffix for path in sorted(shared.iterdir())] == [".json", ".lock"]
        assert locks.holder_of(shared / LOCK) is None
        take(shared)
        assert len(children) == bool(child)
        for one in children:
            assert one.is_running()
            one.kill()
    assert list(shared.iterdir()) == []


def test_many_at_once_are_never_two(shared: Path, tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from onshi_net import locks
folder, inside, job = Path(sys.argv[1]), sys.argv[2], locks.Job("s", "f", "c")
sys.stdin.readline()
locks.NOTE_S = locks._LOOK_S = 0.001
left = 15
while left:
    try:
        with locks.held(folder / "many.lock", job, shared=True):
            os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
            os.unlink(inside)
            left -= 1
    except locks.Held:
        pass
"""
    some = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(shared), str(tmp_path / "inside")],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        )
        for _ in range(4)
    ]  # fmt: skip
    for one in some:
        one.stdin.write(b"\n")  # type: ignore[union-attr]
    told = [one.communicate(timeout=60)[1] for one in some]
    assert [(one.returncode, said) for one, said in zip(some, told, strict=True)] == [(0, b"")] * 4
    assert list(shared.iterdir()) == []


def test_a_file_that_its_holder_took_away_meanwhile_is_no_lock(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, opened = shared / LOCK, locks._opened
    with ExitStack() as stack:

        def late(file: Path, *, shared: bool) -> int:
            descriptor = opened(file, shared=shared)
            monkeypatch.setattr(locks, "_opened", opened)
            file.unlink()
            stack.enter_context(holding(file))
            return descriptor

        monkeypatch.setattr(locks, "_opened", late)
        assert refused(shared) is not None
        assert file.exists()


# Users


@needs_root
@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize("first", [0, NOBODY])
def test_users_see_each_other_and_take_over_what_the_dead_left(
    shared: Path, first: int, umask: int
) -> None:
    second = NOBODY - first
    with user_holding(first, shared, umask) as pid:
        told = as_user(second, try_to_take, shared)
        assert (told["pid"], told["user"]) == (pid, pwd.getpwuid(first).pw_name)
        os.kill(pid, signal.SIGKILL)
    assert as_user(second, try_to_take, shared) == "taken"
    assert as_user(first, try_to_take, shared) == "taken"


def try_to_take(folder: Path) -> Any:
    """Answers `taken`, or who holds it."""
    try:
        take(folder)
    except locks.Held as other:
        return asdict(other.holder) if other.holder is not None else None
    return "taken"


@contextmanager
def ends() -> Iterator[None]:
    """Ends a forked child, which must not go on with the suite."""
    code = 1
    try:
        yield
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


@contextmanager
def user_holding(uid: int, folder: Path, umask: int) -> Iterator[int]:
    """Gives the number of a process of a user that holds the lock."""
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        with ends():
            become(uid)
            os.umask(umask)
            with locks.held(folder / LOCK, JOB, shared=True):
                os.write(ready[1], b".")
                os.read(done[0], 1)
    assert os.read(ready[0], 1) == b"."
    yield pid
    os.waitpid(pid, 0)
    for one in (*ready, *done):
        os.close(one)


def as_user(uid: int, function: Callable[..., Any], *given: Any) -> Any:
    """Answers what a function answers in a process of a user; the interpreter may be root's own."""
    ours, its = os.pipe()
    pid = os.fork()
    if pid == 0:
        with ends():
            become(uid)
            try:
                told = function(*given)
            except InputError as error:
                told = str(error)
            os.write(its, json.dumps(told).encode())
    os.close(its)
    with os.fdopen(ours, "rb") as stream:
        said = stream.read()
    assert os.waitpid(pid, 0)[1] == 0
    return json.loads(said)


def become(uid: int) -> None:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


@needs_root
def test_somebody_elses_note_names_nobody(shared: Path) -> None:
    with holding(shared / LOCK) as process:
        (note,) = shared.glob("*.json")
        forged = json.loads(note.read_text())
        note.unlink()
        note.write_text(json.dumps({**forged, "user": "somebody"}))
        os.chown(note, NOBODY, NOBODY)
        assert locks.holder_of(shared / LOCK) is None
        under_his_name = note.with_name(f"{NAME}.{NOBODY}.json")
        note.rename(under_his_name)  # his note, but root's process
        assert process.poll() is None
        assert locks.holder_of(shared / LOCK) is None


# Notes


def good_note(**other: Any) -> dict[str, Any]:
    started = psutil.Process().create_time()
    return {
        "user": "u", "pid": os.getpid(), "machine": "m", "since": 1e9, "started": started,
        "site": "s", "folder": "f", "command": "c", **other,
    }  # fmt: skip


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from([*good_note(), "x"]), VALUES).map(
        lambda some: json.dumps(good_note(**some)).encode()
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_note_is_no_fault_and_steers_no_terminal(
    shared: Path, raw: bytes
) -> None:
    (shared / f"{NAME}.{os.geteuid()}.json").write_bytes(raw)
    holder = locks.holder_of(shared / LOCK)
    if holder is not None:
        assert holder.pid == os.getpid()
        assert all(one.isprintable() for one in holder.told().values())
    take(shared)


def test_a_later_process_with_the_number_of_a_dead_one_is_not_taken_for_it(shared: Path) -> None:
    note = shared / f"{NAME}.{os.geteuid()}.json"
    note.write_text(json.dumps(good_note()))
    assert locks.holder_of(shared / LOCK) is not None
    note.write_text(json.dumps(good_note(started=psutil.Process().create_time() - 60)))
    assert locks.holder_of(shared / LOCK) is None
    take(shared)
    assert list(shared.iterdir()) == []


def test_a_lock_without_a_note_is_held_all_the_same(shared: Path) -> None:
    with holding(shared / LOCK):
        (note,) = shared.glob("*.json")
        note.unlink()
        assert refused(shared) is None


# Folders


def _folder_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(locks.VARIABLE, str(folder))
    with pytest.raises(InputError) as caught:
        locks.shared_folder()
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_a_folder_that_somebody_replaced_is_refused_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir(mode=0o700)
    link.symlink_to(real)
    assert "a link" in _folder_refused(link, monkeypatch)
    (tmp_path / "file").touch()
    assert "no folder" in _folder_refused(tmp_path / "file", monkeypatch)
    real.chmod(0o777)
    assert "sticky" in _folder_refused(real, monkeypatch)
    assert list(real.iterdir()) == []
    if os.geteuid() == 0:
        real.chmod(0o1777)
        os.chown(real, NOBODY, NOBODY)
        assert "another user" in _folder_refused(real, monkeypatch)


@needs_root
def test_a_folder_that_can_not_be_written_to_is_refused_with_its_name(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.chmod(0o755)
    monkeypatch.setenv(locks.VARIABLE, str(shared))
    assert str(shared) in as_user(NOBODY, lambda: str(locks.shared_folder()) and "good")


def test_the_systems_folder_is_one_for_all_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(locks.VARIABLE)
    found = locks.shared_folder().stat()
    assert found.st_uid == 0
    assert found.st_mode & (stat.S_ISVTX | stat.S_IWOTH) == stat.S_ISVTX | stat.S_IWOTH


@needs_root
def test_the_systems_folder_is_the_systems_in_a_user_namespace_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(locks.VARIABLE)

    def inside() -> str:
        library = ctypes.CDLL(None, use_errno=True)
        assert library.unshare(0x10000000) == 0, os.strerror(ctypes.get_errno())  # CLONE_NEWUSER
        library.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: /proc/self is this user's again
        Path("/proc/self/uid_map").write_text(f"0 {NOBODY} 1")
        return str(locks.shared_folder())

    assert as_user(NOBODY, inside) == str(locks.shared_folder())


@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "fifo"])
def test_what_is_no_lock_file_is_refused_and_stays_as_it_is(shared: Path, kind: str) -> None:
    file, target = shared / LOCK, shared / "target"
    target.write_text("precious")
    make = {
        "link": lambda: file.symlink_to(target),
        "dangling": lambda: file.symlink_to(shared / "nothing"),
        "folder": file.mkdir,
        "fifo": lambda: os.mkfifo(file),
    }
    make[kind]()
    with pytest.raises(InputError, match=str(file)):
        take(shared)
    assert target.read_text() == "precious"
    assert not (shared / "nothing").exists()


def test_a_stopped_holder_is_still_a_holder(shared: Path) -> None:
    with holding(shared / LOCK) as process:
        process.send_signal(signal.SIGSTOP)
        holder = refused(shared)
        assert holder is not None
        assert holder.pid == process.pid
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)


def test_a_note_that_others_put_there_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / f"x.{locks._own_name()}.json").mkdir()
    with locks.held(tmp_path / "x.lock", locks.Job("s", "f", "c"), shared=True):
        pass
