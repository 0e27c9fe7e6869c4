"""Stopping a run: what the first and the next signal do, and what a listener's fault doesn't."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest
from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.task import MultiResult, Result, Task

from onshi_net.errors import Unreachable
from onshi_net.transport.runner import DeadlineRunner, stop_signals

WAIT_S = 10.0
"""The longest that anything is waited for; what works takes no such time."""
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(
    runner: DeadlineRunner, work: Callable[[str], object], *names: str
) -> dict[str, MultiResult]:
    def task(task: Task) -> Result:
        work(task.host.name)
        return Result(task.host)

    hosts = Hosts({name: Host(name=name) for name in names})
    inventory = Inventory(hosts, Groups(), Defaults())
    return Nornir(inventory=inventory, runner=runner).run(task=task)


class Sender:
    """Sends signals to this process; each send returns when the runner has taken it."""

    def __init__(self) -> None:
        self._heard: SimpleQueue[int] = SimpleQueue()
        self.hear = self._heard.put

    def send(self, number: signal.Signals) -> None:
        os.kill(os.getpid(), number)
        assert self._heard.get(timeout=WAIT_S) == number


class Reader(io.StringIO):
    """Standard error of somebody who reads along."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def flush(self) -> None:
        if self.getvalue():
            self.told.set()


@pytest.mark.parametrize("number", STOPPING)
def test_the_first_signal_says_for_whom_the_run_waits_and_waits(number, monkeypatch):
    sender, reader = Sender(), Reader()
    monkeypatch.setattr(sys, "stderr", reader)

    def work(_host: str) -> None:
        sender.send(number)
        assert reader.told.wait(WAIT_S)

    with stop_signals(sender.hear):
        result = run(DeadlineRunner(num_workers=1), work, "one", "two")
    assert not result["one"].failed
    assert result["two"].failed
    assert reader.getvalue().count("Stopping: waiting for one to end") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_next_signal_gives_the_running_hosts_up(number):
    sender, hang, ended = Sender(), threading.Event(), threading.Event()

    def work(_host: str) -> None:
        sender.send(number)
        sender.send(number)
        hang.wait(WAIT_S)
        ended.set()

    with stop_signals(sender.hear):
        result = run(DeadlineRunner(num_workers=1), work, "one", "two")
    still_at_work = not ended.is_set()
    hang.set()
    assert still_at_work
    error = result["one"][0].exception
    assert isinstance(error, Unreachable)
    assert "state is not known" in str(error)
    assert "again" in error.remedy
    assert "before it began" in str(result["two"][0].exception)


def test_a_closed_window_hangs_up_twice_and_still_lets_the_hosts_end():
    sender, runner = Sender(), DeadlineRunner()

    def work(_host: str) -> None:
        sender.send(signal.SIGHUP)
        sender.send(signal.SIGHUP)

    with stop_signals(sender.hear):
        result = run(runner, work, "one")
    assert runner.cancelled()
    assert not runner.gives_up()
    assert not result["one"].failed


def test_a_hangup_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    runner = DeadlineRunner()
    try:
        result = run(runner, lambda _host: os.kill(os.getpid(), signal.SIGHUP), "one")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert not runner.cancelled()
    assert not result["one"].failed


def test_handlers_are_as_before_when_the_run_has_ended():
    before = [signal.getsignal(number) for number in STOPPING]
    run(DeadlineRunner(), lambda _host: None, "one")
    assert [signal.getsignal(number) for number in STOPPING] == before


def test_a_fault_of_the_listener_is_raised_when_every_host_has_ended():
    ended: list[str] = []
    go = threading.Event()

    def work(host: str) -> None:
        if host == "slow":
            assert go.wait(WAIT_S)
        ended.append(host)

    def listen(host: str, _result: MultiResult) -> None:
        go.set()
        raise OSError(28, f"no space for {host}")

    runner = DeadlineRunner(num_workers=2, on_result=listen)
    with pytest.raises(OSError, match="no space for fast"):
        run(runner, work, "slow", "fast")
    assert ended == ["fast", "slow"]
