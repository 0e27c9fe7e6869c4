"""Network namespaces by name, and what runs in them.

A lab's namespaces are found by their names, which its folder lists before they are made, so that
they are found also when whoever made them was killed half-way.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from onshi_lab.kernel import shared

NAMESPACES = shared.NAMED
LABS = Path("/run/onshi-lab")
NODES = "nodes"
OWNER_VARIABLE = "ONSHI_LAB_OWNER"

CHILD_S = 120
"""So long pyroute2 waits for the child that makes a namespace; its 2 s are few on a busy machine.
"""
_CLONE_NEWNET = 0x40000000
_MNT_DETACH = 2
_LIBC = ctypes.CDLL(None, use_errno=True)
_LOCK = threading.RLock()


def found(lab: str) -> tuple[str, ...]:
    """The names of the namespaces of a lab, whether whole or half made."""
    if not NAMESPACES.is_dir():
        return ()
    own = {f"{lab}-{node}" for node in _nodes(lab)}
    return tuple(sorted(path.name for path in NAMESPACES.iterdir() if path.name in own))


def _nodes(lab: str) -> tuple[str, ...]:
    """The nodes of a lab, which are written down before the first of them is made."""
    try:
        return tuple((LABS / lab / NODES).read_text(encoding="utf-8").splitlines())
    except (FileNotFoundError, NotADirectoryError):
        return ()


def create(name: str) -> None:
    """Make a network namespace that `ip netns` shows."""
    import pyroute2
    from pyroute2 import netns

    pyroute2.config.default_communicate_timeout = CHILD_S
    netns.create(name)


def delete(name: str) -> None:
    """Take a namespace away, also one whose making was cut short."""
    path = NAMESPACES / name
    _LIBC.umount2(os.fsencode(path), _MNT_DETACH)
    path.unlink(missing_ok=True)


@contextmanager
def inside(name: str | Path) -> Iterator[None]:
    """This thread is in the namespace of that name or path for the time of the block."""
    with _LOCK:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(NAMESPACES / name, os.O_RDONLY)
        try:
            _setns(there)
            try:
                yield
            finally:
                _setns(home)
        finally:
            os.close(there)
            os.close(home)


def _setns(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def processes(lab: str) -> tuple[int, ...]:
    """Every process that is in one of the lab's namespaces or was started for the lab."""
    inodes = {inode for name in found(lab) if (inode := _inode(NAMESPACES / name))}
    mark = f"{OWNER_VARIABLE}={lab}".encode()
    own = os.getpid()
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return tuple(
        pid for pid in pids if pid != own and (_namespace(pid) in inodes or _marked(pid, mark))
    )


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _namespace(pid: int) -> tuple[int, int] | None:
    return _inode(Path(f"/proc/{pid}/ns/net"))


def _marked(pid: int, mark: bytes) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return mark in environment.split(b"\0")


def end(pids: Iterable[int], sign: signal.Signals, timeout_s: float) -> tuple[int, ...]:
    """Send a signal and wait for the processes' ends; answers those still there."""
    watched: dict[int, int] = {}
    poll = select.poll()
    try:
        for pid in pids:
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            watched[descriptor] = pid
            poll.register(descriptor, select.POLLIN)
            _signal(descriptor, sign)
        return _wait(poll, watched, timeout_s)
    finally:
        for descriptor in watched:
            os.close(descriptor)


def _signal(descriptor: int, sign: signal.Signals) -> None:
    try:
        signal.pidfd_send_signal(descriptor, sign)
    except ProcessLookupError:
        return


def _wait(poll: select.poll, watched: dict[int, int], timeout_s: float) -> tuple[int, ...]:
    left = dict(watched)
    while left:
        ended = poll.poll(timeout_s * 1000)
        if not ended:
            break
        for descriptor, _ in ended:
            poll.unregister(descriptor)
            del left[descriptor]
    return tuple(left.values())


def kill_all(lab: str) -> int:
    """Kill every process of the lab, also those that others fork meanwhile; answers how many."""
    count = 0
    while pids := processes(lab):
        count += len(pids)
        if end(pids, signal.SIGKILL, 10):
            break
    return count
