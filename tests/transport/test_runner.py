"""The Nornir runner: deadlines, streaming, cancel, resume; and the plugins' shapes."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from netmiko import ConnectHandler
from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.task import MultiResult, Result, Task

from onshi_net.platforms.yamaha.link import DEVICE_TYPE, OnshiYamaha
from onshi_net.transport.runner import DeadlineRunner


def nornir(runner: DeadlineRunner, *names: str) -> Nornir:
    hosts = Hosts({name: Host(name=name) for name in names})
    return Nornir(inventory=Inventory(hosts, Groups(), Defaults()), runner=runner)


def test_results_come_as_hosts_finish():
    seen: list[str] = []
    go = threading.Event()

    def task(task: Task) -> Result:
        if task.host.name == "slow":
            assert go.wait(60)
        return Result(task.host, result=task.host.name)

    def tell(host: str, _result: MultiResult) -> None:
        seen.append(host)
        go.set()

    runner = DeadlineRunner(num_workers=2, on_result=tell)
    result = nornir(runner, "slow", "fast").run(task=task)
    assert seen == ["fast", "slow"]
    assert not result.failed


def test_hung_host_fails_at_its_deadline_and_the_rest_goes_on():
    hang, ended = threading.Event(), threading.Event()

    def task(task: Task) -> Result:
        if task.host.name == "hung":
            hang.wait(60)
            ended.set()
        return Result(task.host)

    runner = DeadlineRunner(num_workers=1, host_deadline_s=5)
    result = nornir(runner, "hung", "good").run(task=task)
    assert not ended.is_set()
    hang.set()
    assert result["hung"].failed
    assert not result["good"].failed
    assert "5 seconds" in str(result["hung"][0].exception)


def test_run_deadline_ends_the_whole_run():
    hang = threading.Event()
    runner = DeadlineRunner(num_workers=1, run_deadline_s=0.3)
    result = nornir(runner, "one", "two").run(task=lambda task: hang.wait(10) and None)
    hang.set()
    assert result["one"].failed
    assert result["two"].failed


def test_signal_starts_no_more_hosts_and_lets_running_ones_end():
    ended: list[str] = []

    def task(task: Task) -> Result:
        os.kill(os.getpid(), signal.SIGINT)
        while not task.nornir.runner.cancelled():  # type: ignore[union-attr]
            time.sleep(0.01)
        ended.append(task.host.name)
        return Result(task.host)

    before = signal.getsignal(signal.SIGINT)
    result = nornir(DeadlineRunner(num_workers=1), "one", "two").run(task=task)
    assert ended == ["one"]
    assert not result["one"].failed
    assert result["two"].failed
    assert signal.getsignal(signal.SIGINT) is before


def test_ledger_lets_a_later_run_do_the_rest(tmp_path: Path):
    ledger = tmp_path / "ledger.jsonl"
    ran: list[str] = []

    def task(task: Task) -> Result:
        ran.append(task.host.name)
        if task.host.name == "bad" and len(ran) < 3:
            raise ValueError("not yet")
        return Result(task.host)

    assert nornir(DeadlineRunner(ledger=ledger), "good", "bad").run(task=task).failed
    with ledger.open("a", encoding="utf-8") as file:
        file.write('{"task": "ta')
    ran.append("-")
    assert not nornir(DeadlineRunner(ledger=ledger), "good", "bad").run(task=task).failed
    assert ran[ran.index("-") + 1 :] == ["bad"]


def test_netmiko_knows_the_driver_by_its_name():
    driver = ConnectHandler(
        device_type=DEVICE_TYPE, host="192.0.2.1", username="u", password="p", auto_connect=False
    )
    assert isinstance(driver, OnshiYamaha)
