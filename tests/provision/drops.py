"""A link that drops at a packet of a run: the run, the router afterwards, and the next run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from onshi_net.errors import OnshiError
from onshi_net.intent import RouterIntent
from onshi_net.provision import State, apply_router
from onshi_net.provision.config import config_lines, same_config
from onshi_net.provision.plan import carriers, plan_lines
from onshi_net.transport import open_router
from tests.budget import RUN, drawn
from tests.provision.clock import time_of
from tests.transport.routers import CuttingProxy, MockRouter, intent_for, management, new_secrets

GUARD_S = 60
WANTED = (
    "description 1 demo",
    "vlan port mapping lan1.2 vlan1",
    "vlan port mapping lan1.3 vlan2",
    "lan type lan1 port-based-option=divide-network",
    "ip vlan1 address 10.51.1.1/24",
    "ip vlan2 address 192.168.1.254/24",
    "ip filter 100099 reject * * * * *",
    "ip lan2 secure filter in 100099",
    "telnetd service off",
    "sshd service on",
)


def rendered(_intent: RouterIntent) -> tuple[str, ...]:
    return WANTED


@dataclass(frozen=True, slots=True)
class Case:
    packet: int
    passing: bool
    """The packet that ends the link reaches the router, its answer is lost."""
    back: Literal["at once", "late", "never"]
    """When the link is back; late is while the run waits for the guard's time to end."""
    logout: bool


def read_config(port: int, folder: Path) -> tuple[str, ...]:
    session = open_router(management(port), new_secrets(), folder / "known", deadline_s=15)
    try:
        return config_lines(session.config())
    finally:
        session.close()


def run(port: int, folder: Path, guard_s: int, said: Callable[[str], None]) -> State:
    return apply_router(
        intent_for(port),
        new_secrets(),
        folder / "known",
        runs=folder / "runs",
        site="demo-clinic",
        guard_s=guard_s,
        progress=lambda _host, message_id, **_values: said(message_id),
        render=rendered,
    ).state


def left_to_do(port: int, folder: Path) -> bool:
    return bool(plan_lines(read_config(port, folder), WANTED, carriers(intent_for(port))))


def dropped(case: Case, folder: Path) -> str:
    """Runs into the drop, then checks the router, then runs again over a good link."""
    router = MockRouter(folder, **({"drop_is_logout": True} if case.logout else {}))
    with time_of(router):
        return _dropped(case, router, folder)


def _dropped(case: Case, router: MockRouter, folder: Path) -> str:
    proxy = CuttingProxy(router.port, case.packet, case.passing, case.back != "at once")
    said: list[str] = []

    def progress(message_id: str) -> None:
        said.append(message_id)
        if case.back == "late" and message_id == "provision.waiting-for-guard":
            proxy.down = False

    try:
        before = read_config(router.port, folder)
        with pytest.MonkeyPatch.context() as patch:
            if case.back == "never":
                patch.setattr("onshi_net.provision.settle.Reach.reopen.__defaults__", (3.0,))
            try:
                ended = str(run(proxy.port, folder, GUARD_S, progress))
            except OnshiError as error:
                ended = type(error).__name__
        lines = read_config(router.port, folder)
        is_new = not left_to_do(router.port, folder)
        assert same_config(lines, before) or is_new, (case, ended, lines, said)
        assert ended not in {"changed", "unchanged"} or is_new, (case, ended, lines, said)
        again: list[str] = []
        run(router.port, folder, 30, again.append)
        assert not left_to_do(router.port, folder), (case, ended, said, again)
        return ended
    finally:
        proxy.close()
        router.stop()


def whole_run_packets(folder: Path) -> dict[str, int]:
    """Counts the packets that a client sends in a run without a drop.

    Up to the first time that each message is told, and under "" in all.
    """
    router = MockRouter(folder)
    proxy = CuttingProxy(router.port)
    counts: dict[str, int] = {}
    try:
        run(proxy.port, folder, 30, lambda message: counts.setdefault(message, proxy.packets))
        return {**counts, "": proxy.packets}
    finally:
        proxy.close()
        router.stop()


def every_packet(
    kind: str, since: str, back: Literal["at once", "late"], logout: bool, folder: Path
) -> list[str]:
    """Drops the link once at each packet after a message; says how each run ended.

    Of a sample, at the packets that tests/budget.py draws.
    """
    counts = whole_run_packets(folder / "count")
    packets = range(counts[since], counts[""] + 1)
    assert len(packets) > 5
    every = [Case(n, n % 2 == 0, back, logout) for n in drawn(kind, packets)]
    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(dropped, every, (folder / f"drop-{case.packet}" for case in every)))


def check_link_back_at_once(logout: bool, folder: Path) -> None:
    ended = every_packet("router-drops", "provision.backup", "at once", logout, folder)
    assert "ChangeStuck" not in ended
    assert RUN.full <= ("changed" in ended and len(ended) > 30)


def check_link_back_late(logout: bool, folder: Path) -> None:
    ended = every_packet("router-drops-late", "provision.proving", "late", logout, folder)
    assert set(ended) <= {"changed", "ChangeUndone"}
    assert RUN.full <= (len(set(ended)) == 2)
