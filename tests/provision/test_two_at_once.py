"""Two runs on one device, by whatever inventory and name: one changes it, the other is told who."""

from __future__ import annotations

import getpass
import itertools
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onshi_net import locks
from onshi_net.errors import DeviceError, Unreachable
from onshi_net.provision import State, apply_router, devicelock
from onshi_net.provision.devicelock import changing, names_of_pc, names_of_router
from onshi_net.provision.windows import apply_windows
from tests import forked
from tests.budget import examples
from tests.holding import changing_elsewhere
from tests.provision import driver
from tests.provision.clock import time_of
from tests.transport.routers import (
    MockRouter,
    any_of,
    intent_for,
    loopback_config,
    new_secrets,
    own_serial,
)
from tests.windows.fake_pc import intents, terminal
from tests.windows.fake_pc import secrets as pc_secrets

GUARD_S = 60


@pytest.fixture
def router(tmp_path: Path) -> Iterator[MockRouter]:
    one = MockRouter(tmp_path / "a", serial=own_serial())
    (tmp_path / "b").mkdir()
    one.bind(tmp_path / "b" / "known")
    with time_of(one):
        yield one
    one.stop()


def apply(port: int, folder: Path, **changes: Any) -> State:
    return apply_router(
        replace(any_of(port), **changes), new_secrets(), folder / "known",
        runs=folder / "runs", site="demo-clinic", guard_s=GUARD_S, render=loopback_config,
    ).state  # fmt: skip


def apply_when_up(router: MockRouter, folder: Path) -> State:
    """Waits for a restart: the end of its sessions is real, and may take longer than its clock."""
    while True:
        try:
            return apply(router.port, folder)
        except Unreachable:
            router.pass_time(10)


def test_a_second_inventory_is_told_who_changes_the_router_and_goes_on_after_a_kill(
    router: MockRouter, tmp_path: Path
) -> None:
    told, its_end = Pipe()
    process = forked.start(driver.provision, router.port, tmp_path / "a", GUARD_S, its_end)
    its_end.close()
    said = [told.recv()]
    with pytest.raises(DeviceError) as caught:
        apply(router.port, tmp_path / "b")
    sentence = str(caught.value)
    for word in (getpass.getuser(), str(process.pid), "demo-clinic", str(tmp_path / "a")):
        assert word in sentence
    assert f"kill {process.pid}" in caught.value.remedy
    assert not list((tmp_path / "b").glob("runs/*/*/journal.jsonl"))
    while said[-1] != "provision.armed" and "line" not in said[-1]:
        said.append(told.recv())
    process.kill()
    process.join()
    router.pass_time(GUARD_S + 60)  # its guard has fired
    assert apply_when_up(router, tmp_path / "b") is State.CHANGED
    assert apply(router.port, tmp_path / "b") is State.UNCHANGED


def test_the_serial_number_that_the_router_says_is_one_of_its_names(
    router: MockRouter, tmp_path: Path
) -> None:
    with changing_elsewhere([f"serial {router.serial}"]) as process:
        with pytest.raises(DeviceError, match=str(process.pid)):
            apply(router.port, tmp_path / "b")
        assert not list((tmp_path / "b").glob("runs/*/*/journal.jsonl"))


def test_a_pc_is_held_whichever_site_and_transport_name_it(tmp_path: Path) -> None:
    intent, _ = intents()
    other = replace(intent, access=replace(intent.access, host="pc-9", tls=True, site="other"))
    pc = terminal()

    def connect() -> Any:
        raise AssertionError("nothing is asked of a PC that another run holds")

    given = {"runs": tmp_path / "runs", "site": "demo-clinic"}
    with changing_elsewhere(names_of_pc(other)) as process, pytest.raises(DeviceError) as caught:
        apply_windows(intent, pc_secrets(), connect, **given)
    assert str(process.pid) in str(caught.value)
    assert apply_windows(intent, pc_secrets(), pc.session, **given).changed


NAMES = st.sampled_from(["ssh 10.51.1.1", "key SHA256:a", "key SHA256:b", "mac 00:a0", "serial S1"])
SOME = st.lists(NAMES, min_size=1, max_size=3, unique=True)


def left() -> list[Path]:
    return sorted(locks.shared_folder().iterdir())


@given(SOME, SOME)
@settings(max_examples=examples("properties") // 2)
def test_two_runs_exclude_each_other_exactly_if_they_share_a_name(
    first: list[str], second: list[str]
) -> None:
    runs, before = Path("/nowhere/runs"), left()
    share = bool(set(first) & set(second))
    wanted = pytest.raises(DeviceError, match="another onshi") if share else nullcontext()
    with changing("router", "a", runs, first), wanted, changing("router", "b", runs, second):
        assert not share
    with changing("router", "b", runs, second):  # a refusal keeps nothing
        pass
    assert left() == before


def test_what_two_inventories_know_of_a_router_has_a_name_in_common(tmp_path: Path) -> None:
    """Whatever each of them knows, once the router has said its serial number."""
    intent = replace(intent_for(22), serial="S1")
    addresses = (22, 2222)
    seen = [
        set(names_of_router(replace(intent_for(port), serial=serial), tmp_path / "none"))
        for port, serial in itertools.product(addresses, ("S1", None))
    ]
    assert all(len(one) in {1, 2} for one in seen)
    after_login = [one | set(devicelock.serial("S1")) for one in seen]
    assert all(one & other for one, other in itertools.combinations(after_login, 2))
    assert names_of_router(intent, tmp_path / "none")[0] == "ssh 127.0.0.1"


def test_the_same_address_in_another_network_is_another_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with changing("router", "a", tmp_path, ["ssh 10.51.1.1"]):
        monkeypatch.setattr(devicelock, "NETWORK", tmp_path)
        with changing("router", "b", tmp_path, ["ssh 10.51.1.1"]):
            pass
