"""A whole site in one run: who waits for whom, and what one failure does to the others."""

from __future__ import annotations

import copy
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from ipaddress import IPv4Interface
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

from onshi_net.errors import DeviceError
from onshi_net.intent import site_intent
from onshi_net.inventory import Secrets, load_site
from onshi_net.provision import site as site_module
from onshi_net.provision.outcome import State
from onshi_net.provision.site import Workshop, apply_site
from onshi_net.transport.windows import Leg, NotReady, WindowsLost
from tests.conftest import EXAMPLES

MANY = 30
"""Receipt PCs; more than a Nornir runner usually works on at once."""


def shop(folder: Path, receipts: int = 1) -> Workshop:
    """A workshop with so many receipt PCs, on a laptop with a leg in both networks."""
    inventory = Path(shutil.copytree(EXAMPLES, folder / "inventory"))
    file = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    yaml = YAML()
    hosts = yaml.load(file)
    pattern = hosts.pop("receipt-1")
    found = {
        f"receipt-{n}": {**copy.deepcopy(pattern), "hostname": f"192.168.1.{20 + n}"}
        for n in range(1, receipts + 1)
    }
    yaml.dump({**found, **hosts}, file)  # the PCs that wait come first
    site = load_site(inventory, "demo-clinic")
    legs = [Leg("eth", IPv4Interface(own)) for own in ("10.51.1.200/24", "192.168.1.200/24")]
    return Workshop(
        inventory=site,
        intent=site_intent(site),
        secrets=Secrets([lambda _reference: "word"]),
        known_hosts=folder / "known_hosts",
        runs=folder / "runs",
        legs=tuple(legs),
    )


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], None]]:
    """What happens at a device, by host name; without an entry all goes well.

    `reset` happens while the router divides its LAN, `reading NAME` while a PC is read.
    """
    happens: dict[str, Callable[[], None]] = {}
    done = SimpleNamespace(state=State.CHANGED, lines_sent=1, steps=1, folder=None, after=())

    def router(
        intent: Any, *_given: Any, links_stand: Callable[[bool], None], **_options: Any
    ) -> Any:
        links_stand(False)
        happens.get("reset", lambda: None)()
        links_stand(True)
        happens.get(intent.host, lambda: None)()
        return done

    def windows(
        intent: Any, *_given: Any, before_change: Callable[[], bool], **_options: Any
    ) -> Any:
        happens.get(f"reading {intent.access.host}", lambda: None)()
        if intent.access.host.startswith("receipt"):
            before_change()
        happens.get(intent.access.host, lambda: None)()
        return done

    monkeypatch.setattr(site_module, "apply_router", router)
    monkeypatch.setattr(site_module, "apply_windows", windows)
    return happens


def states(workshop: Workshop, **options: Any) -> dict[str, str]:
    outcomes = apply_site(workshop, guard_s=60, progress=lambda *_a, **_v: None, **options)
    return {one.host: one.state for one in outcomes}


@pytest.mark.timeout(30)
def test_receipt_pcs_wait_for_router_and_terminals_however_many_there_are(
    tmp_path: Path, devices: dict[str, Callable[[], None]]
) -> None:
    order: list[str] = []
    workshop = shop(tmp_path, MANY)
    for name in workshop.names(None):
        devices[name] = lambda name=name: order.append(name)  # type: ignore[misc]
    assert set(states(workshop).values()) == {"changed"}
    assert set(order[:2]) == {"router", "terminal-1"}
    assert len(order) == MANY + 2


def test_terminals_begin_when_the_routers_links_stand_and_receipt_pcs_before(
    tmp_path: Path, devices: dict[str, Callable[[], None]]
) -> None:
    order: list[str] = []
    receipt, terminal = threading.Event(), threading.Event()

    def read(name: str, event: threading.Event) -> None:
        order.append(name)
        event.set()

    def reset() -> None:
        assert receipt.wait(60)
        assert not terminal.wait(0.3)
        order.append("reset")

    devices["reset"] = reset
    devices["reading receipt-1"] = lambda: read("receipt-1", receipt)
    devices["reading terminal-1"] = lambda: read("terminal-1", terminal)
    assert set(states(shop(tmp_path)).values()) == {"changed"}
    assert order == ["receipt-1", "reset", "terminal-1"]


@pytest.mark.parametrize(
    ("cause", "times"), [("pc-off", 2), ("service-off", 2), ("wrong-password", 1)]
)
def test_a_pc_that_the_reset_cut_off_is_read_again_but_no_refused_password_is_tried_again(
    tmp_path: Path, devices: dict[str, Callable[[], None]], cause: str, times: int
) -> None:
    tried: list[int] = []
    cut = threading.Event()

    def read_receipt() -> None:
        tried.append(1)
        if len(tried) == 1:
            cut.set()
            raise NotReady([cause], host="receipt-1", user="u", site="s")

    devices["reset"] = lambda: cut.wait(60) and None
    devices["reading receipt-1"] = read_receipt
    found = states(shop(tmp_path))
    assert len(tried) == times
    assert found["receipt-1"] == ("changed" if times == 2 else "failed")


def test_a_pc_that_is_silent_while_the_links_stand_is_not_tried_again(
    tmp_path: Path, devices: dict[str, Callable[[], None]]
) -> None:
    tried: list[int] = []

    def silent() -> None:
        tried.append(1)
        raise WindowsLost("winrm.lost", host="terminal-1")

    devices["reading terminal-1"] = silent
    assert states(shop(tmp_path))["terminal-1"] == "failed"
    assert len(tried) == 1


@pytest.mark.usefixtures("devices")
def test_terminals_are_done_also_where_the_router_fails_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: Any, **_options: Any) -> Any:
        raise DeviceError("provision.no-guard", host="router")

    monkeypatch.setattr(site_module, "apply_router", refuse)
    found = states(shop(tmp_path))
    assert found == {"router": "failed", "terminal-1": "changed", "receipt-1": "failed"}


def test_a_terminal_that_waits_for_the_router_is_not_read_after_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: dict[str, Callable[[], None]]
) -> None:
    read = threading.Event()
    devices["reading terminal-1"] = read.set

    def router(
        *_given: Any,
        links_stand: Callable[[bool], None],
        cancelled: Callable[[], bool],
        **_options: Any,
    ) -> Any:
        links_stand(False)
        os.kill(os.getpid(), signal.SIGINT)
        while not cancelled():
            time.sleep(0.01)
        raise DeviceError("provision.cancelled", host="router")

    monkeypatch.setattr(site_module, "apply_router", router)
    assert set(states(shop(tmp_path)).values()) == {"failed"}
    assert not read.is_set()


def test_what_waits_for_a_host_that_failed_is_not_touched(
    tmp_path: Path, devices: dict[str, Callable[[], None]]
) -> None:
    touched = threading.Event()

    def fail() -> None:
        raise DeviceError("provision.waits-for", host="terminal-1", missing="-")

    devices["terminal-1"] = fail
    devices["receipt-1"] = touched.set
    found = states(shop(tmp_path))
    assert found == {"router": "changed", "terminal-1": "failed", "receipt-1": "failed"}
    assert not touched.is_set()


def test_what_one_host_meets_hides_no_other_hosts_outcome(
    tmp_path: Path, devices: dict[str, Callable[[], None]]
) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "runs"))

    def err() -> None:
        raise RuntimeError("word")

    devices["terminal-1"], devices["receipt-1"] = refuse, err
    outcomes = apply_site(shop(tmp_path), guard_s=60, progress=lambda *_a, **_v: None)
    found = {one.host: (one.state, one.exit_code) for one in outcomes}
    assert found == {
        "router": ("changed", 0),
        "terminal-1": ("failed", 2),
        "receipt-1": ("failed", 3),
    }
    assert str(tmp_path / "runs") in str(outcomes[1].error)
    (alone,) = apply_site(
        shop(tmp_path / "b"), guard_s=60, progress=lambda *_a, **_v: None, only="receipt-1"
    )
    assert alone.exit_code == 5
    assert "RuntimeError" in str(alone.error)
    assert "word" not in str(alone.error)


def test_one_host_alone_waits_for_nobody(
    tmp_path: Path, devices: dict[str, Callable[[], None]]
) -> None:
    assert states(shop(tmp_path), only="receipt-1") == {"receipt-1": "changed"}
