"""The clock of a change: waiting for a guard moves it on, and the router's with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.transport.routers import MockRouter

_here = threading.local()


class _Time:
    """Stands for the module `time` where a change looks at the clock."""

    @staticmethod
    def time() -> float:
        return time.time() + _ahead()

    @staticmethod
    def monotonic() -> float:
        return time.monotonic() + _ahead()


def _ahead() -> int:
    router: MockRouter | None = getattr(_here, "router", None)
    return router.ahead if router else 0


class _Event:
    """Stands for an event that nobody sets, by which a change waits."""

    def wait(self, seconds: float) -> None:
        _here.router.pass_time(seconds)


@contextmanager
def time_of(router: MockRouter) -> Iterator[None]:
    """What this thread does meanwhile goes by the router's clock, and waits for no guard."""
    _here.router = router
    try:
        yield
    finally:
        _here.router = None


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change of a test waits by `time_of`."""
    for module in ("apply", "settle"):
        monkeypatch.setattr(f"onshi_net.provision.{module}.time", _Time)
    monkeypatch.setattr("onshi_net.provision.settle.Event", _Event)
