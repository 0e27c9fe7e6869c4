"""Ctrl-C and SIGTERM while a device drips: what was only read is left at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.task import MultiResult, Result, Task

from onshi_net.errors import Unreachable
from onshi_net.evidence import collecting
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.inventory.secrets import Secrets
from onshi_net.transport import bounds, hostkeys
from onshi_net.transport.bond import Bond
from onshi_net.transport.runner import DeadlineRunner, stop_signals
from tests.conftest import EXAMPLES, ROOT

from .peers import WAIT_S, served
from .test_ssh import KEY, Router, converse

SOON_S = 6.0
"""A person wants to be rid of it in two seconds, and is in one; a busy machine takes three times as
long. What does not heed a signal takes a minute."""


def run(
    runner: DeadlineRunner, work: Callable[[str], object], *names: str
) -> dict[str, MultiResult]:
    def task(task: Task) -> Result:
        work(task.host.name)
        return Result(task.host)

    hosts = Hosts({name: Host(name=name) for name in names})
    inventory = Inventory(hosts, Groups(), Defaults())
    return Nornir(inventory=inventory, runner=runner).run(task=task)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_host_that_is_only_read_is_left_at_the_first_signal(number: signal.Signals) -> None:
    runner, drips, changed = DeadlineRunner(num_workers=1), threading.Event(), threading.Event()
    told, raised = [0.0], threading.Event()

    def work(host: str) -> None:
        try:
            with runner.reading(host):
                told[0] = time.monotonic()
                os.kill(os.getpid(), number)
                drips.wait(WAIT_S)
            changed.set()
        except Unreachable:
            raised.set()
            raise

    with stop_signals(lambda _number: None):
        result = run(runner, work, "router")
    took = time.monotonic() - told[0]
    drips.set()
    assert took < SOON_S
    assert raised.wait(WAIT_S)
    assert not changed.is_set()
    assert "before it began" in str(result["router"][0].exception)


def test_a_host_under_change_is_still_waited_for() -> None:
    runner, reader = DeadlineRunner(num_workers=2), threading.Event()
    done: list[str] = []

    def work(host: str) -> None:
        if host == "reader":
            with runner.reading(host):
                reader.set()
                threading.Event().wait(1.0)
            return
        assert reader.wait(WAIT_S)
        runner.cancel()
        threading.Event().wait(0.3)
        done.append(host)

    result = run(runner, work, "reader", "changed")
    assert done == ["changed"]
    assert not result["changed"].failed
    assert result["reader"].failed


@pytest.mark.parametrize("bound", [bounds.GREETING, bounds.CONSOLE, bounds.MESSAGE])
def test_no_question_may_last_as_long_as_a_device(bound: bounds.Bound) -> None:
    """Nor all of a plan as long as a change."""
    assert bound.question_s < bounds.READING_S <= 120 < bounds.CONSOLE.device_s
    assert bound.answer_bytes <= bound.wire_bytes <= 8 << 20


PLAN = """
import sys
from pathlib import Path
from onshi_net.cli.run import run
from onshi_net.provision import site
from onshi_net.platforms.yamaha import link as yamaha

folder, port = Path(sys.argv[1]), int(sys.argv[2])

def plan(*_):
    link = yamaha.OnshiYamaha(
        device_type="onshi_yamaha", host="127.0.0.1", port=port, username="u", password="p",
        known_hosts=folder / "known_hosts", deadline_s=20.0,
    )
    link.converse("show config")

site.plan_router = plan
site.require_leg = lambda *_: None
sys.exit(run(["--lang", "en", "--inventory", str(folder / "inventory"), "plan", "demo-clinic",
              "--only", "router"]))
"""


@pytest.mark.parametrize(
    ("number", "router"),
    [
        (signal.SIGTERM, Router("drips", lambda: iter([b"x" * 4000]), "", drips=True)),
        (signal.SIGINT, Router("drips-lines", lambda: iter([b"x\r\n" * 1000]), "", drips=True)),
    ],
    ids=str,
)
def test_a_plan_ends_soon_while_its_router_drips(
    number: signal.Signals, router: Router, tmp_path: Path, inventory: Path
) -> None:
    variables = {"ROUTER": "a", "ROUTER_ADMIN": "b"}
    secrets = {f"ONSHI_SECRET_DEMO_CLINIC_{name}": one for name, one in variables.items()}
    with served(lambda link, sent: converse(router, link, sent)) as (port, sent):
        known = tmp_path / "known_hosts"
        hostkeys.record(known, hostkeys.host_name("127.0.0.1", port), KEY, "modern", Bond())
        hostkeys.record(
            inventory / "sites" / "demo-clinic" / "known_hosts", "10.51.1.1", KEY, "modern", Bond()
        )
        child = subprocess.Popen(
            [sys.executable, "-c", PLAN, str(tmp_path), str(port)],
            cwd=ROOT, env={**os.environ, **secrets}, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            until = time.monotonic() + 3 * WAIT_S
            while not sent.bytes and child.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
            begun = time.monotonic()
            child.send_signal(number)
            _, said = child.communicate(timeout=WAIT_S)
            took = time.monotonic() - begun
        finally:
            child.kill()
            child.wait()
    assert sent.bytes
    assert b"Interrupted." in said
    assert child.returncode == 130
    assert took < SOON_S


def test_a_measurement_ends_soon_while_nobody_answers(tmp_path: Path) -> None:
    """Not the router, not a PC, nor a probe that does not hear that its input has ended."""
    intent = site_intent(load_site(EXAMPLES, "demo-clinic"))
    asked, hang = threading.Event(), threading.Event()

    def silent(*_: Any, **__: Any) -> Any:
        asked.set()
        hang.wait(WAIT_S)
        raise Unreachable("transport.lost")

    begun = [0.0]

    def interrupt() -> None:
        asked.wait(WAIT_S)
        asked.wait(0.3)
        begun[0] = time.monotonic()
        os.kill(os.getpid(), signal.SIGINT)

    worker = threading.Thread(target=interrupt, daemon=True)
    worker.start()
    deaf = (sys.executable, "-c", "import time; time.sleep(60)")
    with pytest.raises(KeyboardInterrupt):
        collecting.collect(
            intent, Secrets([]), tmp_path / "known_hosts", opener=silent, probe=deaf, pcs=silent
        )
    took = time.monotonic() - begun[0]
    hang.set()
    worker.join(WAIT_S)
    assert took < SOON_S
