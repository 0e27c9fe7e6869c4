"""The clock of a change: waiting for a guard moves it on, and the router's with it.

Each thread has a computer of its own: its router, its wall clock and its folder of locks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from onshi_net import locks
from onshi_net.provision import apply, devicelock, journal, reach, shell
from tests.transport.routers import MockRouter

_real_now, _real_folder = reach.now, locks.shared_folder


@dataclass
class Laptop:
    """What a change of this thread goes by."""

    router: MockRouter
    wall_s: float = 0.0
    """How far somebody set its clock."""
    locks: Path | None = None


class _Here(threading.local):
    laptop: Laptop | None = None


_here = _Here()


def _now() -> float:
    return _real_now() + (_here.laptop.router.ahead if _here.laptop else 0)


def _wall() -> float:
    return time.time() + (_here.laptop.router.ahead + _here.laptop.wall_s if _here.laptop else 0)


def _folder() -> Path:
    own = _here.laptop.locks if _here.laptop else None
    return own or _real_folder()


class _Event:
    """Stands for an event that nobody sets, by which a change waits."""

    def wait(self, seconds: float) -> None:
        assert _here.laptop is not None
        _here.laptop.router.pass_time(seconds)


@contextmanager
def time_of(router: MockRouter) -> Iterator[Laptop]:
    """What this thread does meanwhile goes by the router's clock, and waits for no guard."""
    before, _here.laptop = _here.laptop, Laptop(router)
    try:
        yield _here.laptop
    finally:
        _here.laptop = before


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change of a test waits by `time_of`."""
    for module in (reach, shell, apply):
        monkeypatch.setattr(module, "now", _now)
    monkeypatch.setattr(reach, "Event", _Event)
    monkeypatch.setattr(journal, "time", SimpleNamespace(time=_wall))
    monkeypatch.setattr(devicelock, "shared_folder", _folder)
