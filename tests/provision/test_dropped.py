"""A link that drops at a packet of a run: the run, the router afterwards, and the next run.

What is decided then is test_core.py's; here it is done over SSH, on a router whose guard is the
scheduled restart and on one that has only the timer of the console that breaks.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from onshi_net.errors import OnshiError
from onshi_net.intent import RouterIntent
from onshi_net.model import router_model
from onshi_net.platforms.yamaha import device as device_module
from onshi_net.platforms.yamaha.config import config_lines, same_config
from onshi_net.platforms.yamaha.device import carriers
from onshi_net.platforms.yamaha.order import plan_lines
from onshi_net.platforms.yamaha.session import open_router
from onshi_net.provision import State, apply_router
from tests.budget import RUN, drawn
from tests.provision.changes import WANTED
from tests.provision.clock import time_of
from tests.transport.routers import (
    CuttingProxy,
    MockRouter,
    any_of,
    management,
    new_secrets,
    own_serial,
)

GUARD_S = 60


def rendered(_intent: RouterIntent) -> tuple[str, ...]:
    return WANTED


@dataclass(frozen=True, slots=True)
class Case:
    packet: int
    passing: bool
    """The packet that ends the link reaches the router, its answer is lost."""
    back: Literal["at once", "late", "never"]
    """When the link is back; late is while the run waits for the guard's time to end."""
    timer: bool = False
    """The router has no schedule of seconds, and shows no clock."""
    logout: bool = False
    """It takes a dropped connection for a logout, which ends a timer (docs/sources.md: open)."""


OLD_ROUTER = {"model": "RTX1210", "firmware": "14.01.38"}


def router_of(case: Case, folder: Path) -> MockRouter:
    options: dict[str, object] = dict(OLD_ROUTER) if case.timer else {}
    options |= {"drop_is_logout": True} if case.logout else {}
    return MockRouter(folder, serial=own_serial(), **options)


def intent_of(case: Case, port: int) -> RouterIntent:
    intent = any_of(port)
    return replace(intent, model=router_model("RTX1210")) if case.timer else intent


@pytest.fixture(autouse=True)
def no_clock_on_old_routers(monkeypatch: pytest.MonkeyPatch) -> None:
    real = device_module.clock_of
    monkeypatch.setattr(
        device_module, "clock_of", lambda said: None if "RTX1210" in said else real(said)
    )


def read_config(port: int, folder: Path) -> tuple[str, ...]:
    session = open_router(management(port), new_secrets(), folder / "known", deadline_s=15)
    try:
        return config_lines(session.config())
    finally:
        session.close()


def run(case: Case, port: int, folder: Path, guard_s: int, said: Callable[[str], None]) -> State:
    return apply_router(
        intent_of(case, port),
        new_secrets(),
        folder / "known",
        runs=folder / "runs",
        site="demo-clinic",
        guard_s=guard_s,
        progress=lambda _host, message_id, **_values: said(message_id),
        render=rendered,
    ).state


def left_to_do(port: int, folder: Path) -> bool:
    return bool(plan_lines(read_config(port, folder), WANTED, carriers(any_of(port))))


def dropped(case: Case, folder: Path) -> str:
    """Runs into the drop, then checks the router, then runs again over a good link."""
    router = router_of(case, folder)
    with time_of(router):
        return _dropped(case, router, folder)


def _dropped(case: Case, router: MockRouter, folder: Path) -> str:
    proxy = CuttingProxy(router.port, case.packet, case.passing, case.back != "at once")
    said: list[str] = []

    def progress(message_id: str) -> None:
        said.append(message_id)
        if case.back == "late" and message_id.startswith("provision.waiting-for-"):
            proxy.down = False

    try:
        before = read_config(router.port, folder)
        with pytest.MonkeyPatch.context() as patch:
            if case.back == "never":
                patch.setattr("onshi_net.platforms.yamaha.device.YamahaDevice.boot_s", 3.0)
            try:
                ended = str(run(case, proxy.port, folder, GUARD_S, progress))
            except OnshiError as error:
                ended = type(error).__name__
        lines = read_config(router.port, folder)
        is_new = not left_to_do(router.port, folder)
        assert same_config(lines, before) or is_new, (case, ended, lines, said)
        assert ended not in {"changed", "unchanged"} or is_new, (case, ended, lines, said)
        again: list[str] = []
        run(case, router.port, folder, 30, again.append)
        assert not left_to_do(router.port, folder), (case, ended, said, again)
        return ended
    finally:
        proxy.close()
        router.stop()


def whole_run_packets(timer: bool, folder: Path) -> dict[str, int]:
    """Counts the packets that a client sends in a run without a drop.

    Up to the first time that each message is told, and under "" in all.
    """
    case = Case(0, passing=True, back="at once", timer=timer)
    router = router_of(case, folder)
    proxy = CuttingProxy(router.port)
    counts: dict[str, int] = {}
    try:
        run(case, proxy.port, folder, 30, lambda one: counts.setdefault(one, proxy.packets))
        return {**counts, "": proxy.packets}
    finally:
        proxy.close()
        router.stop()


@pytest.mark.parametrize("timer", [False, True], ids=["schedule", "timer"])
def test_link_dropped_at_any_packet_ends_old_or_new(timer: bool, tmp_path: Path) -> None:
    counts = whole_run_packets(timer, tmp_path / "count")
    first, last = counts["provision.backup"], counts[""]
    packets = range(first, last + 1)
    assert len(packets) > 30
    every = [
        Case(n, n % 2 == 0, "late" if n % 3 == 0 else "at once", timer, logout=n % 4 == 0)
        for n in drawn("router-drops", packets, str(timer))
    ]
    with ThreadPoolExecutor(6) as pool:
        folders = (tmp_path / f"drop-{case.packet}" for case in every)
        ended = list(pool.map(dropped, every, folders))
    # Before the guard is armed a broken session ends a run that has changed nothing.
    assert set(ended) <= {"changed", "ChangeUndone", "SessionLost"}
    # A packet is not a moment: which of them falls before the guard is the machine's speed.
    assert RUN.full <= (set(ended) >= {"changed", "ChangeUndone"})


def test_cable_pulled_for_good_is_undone_by_the_scheduled_restart(tmp_path: Path) -> None:
    first = whole_run_packets(False, tmp_path / "count")["provision.backup"]
    case = Case(first + 9, passing=True, back="never")
    assert dropped(case, tmp_path / "cable") == "ChangeStuck"
