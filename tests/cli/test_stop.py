"""Ctrl-C, SIGTERM and a closed window during `plan` and `provision`."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from paramiko import ECDSAKey

from onshi_net import errors
from onshi_net.cli import context
from onshi_net.cli.run import INTERRUPTED, run
from onshi_net.provision import site as site_module
from onshi_net.provision.outcome import Outcome, State
from onshi_net.transport import hostkeys
from onshi_net.transport.bond import Bond

WAIT_S = 10.0
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PROVISION = ("provision", "demo-clinic", "--only", "router", "--yes", "--force", "a test")
Send = Callable[[signal.Signals], None]


@pytest.fixture
def send() -> Iterator[Send]:
    """Sends a signal to this process and returns when the run has taken it."""
    heard: SimpleQueue[int] = SimpleQueue()
    before = {one: signal.signal(one, lambda got, _frame: heard.put(got)) for one in STOPPING}

    def go(number: signal.Signals) -> None:
        os.kill(os.getpid(), number)
        assert heard.get(timeout=WAIT_S) == number

    yield go
    for number, old in before.items():
        signal.signal(number, old)


@pytest.fixture
def onshi(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs a command on a site whose router is a function of the test."""
    for name in ("ROUTER", "ROUTER_ADMIN"):
        monkeypatch.setenv(f"ONSHI_SECRET_DEMO_CLINIC_{name}", "canary-password")
    monkeypatch.setattr(site_module, "require_leg", lambda *_: None)
    known = inventory / "sites" / "demo-clinic" / "known_hosts"
    hostkeys.record(known, "10.51.1.1", ECDSAKey.generate(), "modern", Bond())

    def go(router: Callable[..., Any], *arguments: str) -> int:
        monkeypatch.setattr(site_module, "plan_router", router)
        monkeypatch.setattr(site_module, "apply_router", router)
        return run(["--lang", "en", "--inventory", str(inventory), *arguments])

    return go


def good(*_: object, **__: object) -> Outcome:
    return Outcome("router", State.CHANGED, None, 1, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", STOPPING)
def test_a_plan_is_given_up_at_the_first_signal(number, onshi, capsys):
    hang, ended = threading.Event(), threading.Event()

    def router(*_: object) -> None:
        os.kill(os.getpid(), number)
        hang.wait(WAIT_S)
        ended.set()

    code = onshi(router, "plan", "demo-clinic", "--only", "router")
    still_at_work = not ended.is_set()
    hang.set()
    assert still_at_work
    assert code == INTERRUPTED
    assert "Interrupted." in capsys.readouterr().err


@pytest.mark.parametrize("number", STOPPING)
def test_a_change_that_ends_after_a_signal_is_told_and_is_not_exit_code_0(
    number, onshi, send, capsys
):
    def router(*_: object, cancelled: Callable[[], bool], **__: object) -> Outcome:
        send(number)
        assert cancelled()
        return good()

    assert onshi(router, *PROVISION) == INTERRUPTED
    streams = capsys.readouterr()
    assert "changed and saved" in streams.out
    assert "Interrupted." in streams.err


def test_the_second_signal_gives_a_change_up_and_says_what_is_unknown(onshi, send, capsys):
    hang = threading.Event()

    def router(*_: object, **__: object) -> Outcome:
        send(signal.SIGINT)
        send(signal.SIGINT)
        hang.wait(WAIT_S)
        return good()

    code = onshi(router, *PROVISION)
    hang.set()
    assert code == INTERRUPTED
    told = " ".join(capsys.readouterr().err.split())
    assert "router: given up" in told
    assert "its state is not known" in told
    assert "Run the same command again" in told


def test_a_change_that_was_undone_says_more_than_that_it_was_stopped(onshi, send):
    def router(*_: object, **__: object) -> Outcome:
        send(signal.SIGINT)
        raise errors.ChangeUndone("provision.undone", host="router", cause="cancelled")

    assert onshi(router, *PROVISION) == errors.EXIT_CHANGE_UNDONE


def test_a_change_that_the_stop_undid_is_told_with_what_stands_now(onshi, send, capsys):
    def router(*_: object, **__: object) -> Outcome:
        send(signal.SIGINT)
        raise errors.Interrupted("provision.interrupted-undone", host="router")

    assert onshi(router, *PROVISION) == INTERRUPTED
    told = " ".join(capsys.readouterr().err.split())
    assert "interrupted by you; the router has its old configuration again" in told


def test_progress_that_nobody_can_read_ends_no_change(onshi, monkeypatch):
    def closed(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    def router(*_: object, progress: Callable[..., None], **__: object) -> Outcome:
        progress("router", "provision.proving")
        return good()

    monkeypatch.setattr(context.Steps, "__call__", closed)
    assert onshi(router, *PROVISION) == errors.EXIT_GOOD
