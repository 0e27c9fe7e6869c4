"""SIGKILL in the middle of a run: the router ends old or new, and a new run ends well."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

from onshi_net.platforms.yamaha.config import config_lines, same_config
from onshi_net.platforms.yamaha.device import carriers
from onshi_net.platforms.yamaha.order import plan_lines
from onshi_net.platforms.yamaha.session import open_router
from onshi_net.provision import State, apply_router
from onshi_net.provision.reach import Reach
from tests import forked
from tests.budget import drawn
from tests.provision import driver
from tests.provision.clock import time_of
from tests.transport.routers import (
    VALUES,
    MockRouter,
    any_of,
    loopback_config,
    management,
    new_secrets,
    own_serial,
)

MOMENTS = 20
STEPS = 55
"""Progress messages of a whole run of demo-clinic, about."""
GUARD_S = 60
OUT_OF_GUARD_S = GUARD_S + 60
"""Until the last guard has fired and the router has started."""


def read_config(port: int, folder: Path) -> tuple[str, ...]:
    session = open_router(management(port), new_secrets(), folder / "known", deadline_s=10)
    try:
        return config_lines(session.config())
    finally:
        session.close()


def is_new(port: int, lines: tuple[str, ...]) -> bool:
    intent = any_of(port)
    return not plan_lines(lines, loopback_config(intent), carriers(intent))


def settled(router: MockRouter, folder: Path, before: tuple[str, ...]) -> str:
    """Says whether the router has the old or the new configuration when no guard can fire."""
    router.pass_time(OUT_OF_GUARD_S)
    reach = Reach(any_of(router.port), new_secrets(), folder / "known", lambda *_a, **_v: None)
    session = reach.reopen(60.0, lambda: False)
    try:
        lines = config_lines(session.config())
    finally:
        session.close()
    if same_config(lines, before):
        return "old"
    assert is_new(router.port, lines), ("between", lines)
    return "new"


def leaks(folder: Path) -> list[str]:
    """Every secret that stands in a file of a run, with the file."""
    left = [file for file in folder.joinpath("runs").rglob("*") if file.is_file()]
    return [
        f"{one} in {file}"
        for file in [*left, folder / "known"]
        for one in VALUES.values()
        if one.encode() in file.read_bytes()
    ]


def apply_again(port: int, folder: Path, said: list[str]) -> State:
    return apply_router(
        any_of(port),
        new_secrets(),
        folder / "known",
        runs=folder / "runs",
        site="demo-clinic",
        guard_s=60,
        progress=lambda _host, message_id, **_values: said.append(message_id),
        render=loopback_config,
    ).state


def killed_at(step: int, folder: Path, logout: int) -> tuple[str, list[str]]:
    router = MockRouter(folder, serial=own_serial(), **({"drop_is_logout": True} if logout else {}))
    try:
        with time_of(router):
            return _killed_at(step, folder, router)
    finally:
        router.stop()


def _killed_at(step: int, folder: Path, router: MockRouter) -> tuple[str, list[str]]:
    before = read_config(router.port, folder)
    told, its_end = Pipe()
    process = forked.start(driver.provision, router.port, folder, GUARD_S, its_end)
    its_end.close()
    with told, suppress(EOFError):
        for _ in range(step):
            told.recv()
        process.kill()
    process.join()
    assert leaks(folder) == []
    state = settled(router, folder, before)
    said: list[str] = []
    apply_again(router.port, folder, said)
    assert is_new(router.port, read_config(router.port, folder)), (step, said)
    assert apply_again(router.port, folder, []) is State.UNCHANGED, (step, said)
    assert any(folder.joinpath("runs").rglob("journal.jsonl"))
    assert leaks(folder) == []
    return state, said


def test_killed_at_twenty_moments_ends_old_or_new_and_the_next_run_ends_well(tmp_path: Path):
    steps = [1 + round(n * (STEPS - 1) / (MOMENTS - 1)) for n in range(MOMENTS)]
    moments = drawn("router-kills", list(enumerate(steps)))
    with ThreadPoolExecutor(5) as pool:
        done = list(
            pool.map(
                lambda one: killed_at(one[1], tmp_path / f"kill-{one[0]}", one[0] % 2), moments
            )
        )
    assert "old" in {state for state, _ in done}
    assert any("provision.unfinished" in said for _, said in done)
