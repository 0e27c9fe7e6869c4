"""SIGKILL in the middle of a run: the router ends old or new, and a new run ends well."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from onshi_net.errors import DeviceError
from onshi_net.provision import State, apply_router
from onshi_net.provision.config import config_lines, same_config
from onshi_net.provision.plan import carriers, plan_lines
from onshi_net.transport import open_router
from tests.transport.routers import MockRouter, intent_for, loopback_config, management, new_secrets

DRIVER = Path(__file__).with_name("driver.py")
MOMENTS = 20
STEPS = 55
"""Progress messages of a whole run of demo-clinic, about."""
GUARD_S = 6
SETTLED_S = GUARD_S + 2 + 8
"""Guard, its slack, and the mock's start on a busy machine."""


def run(port: int, folder: Path, guard_s: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(DRIVER), str(port), str(folder), str(guard_s)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def read_config(port: int, folder: Path) -> tuple[str, ...]:
    session = open_router(management(port), new_secrets(), folder / "known", deadline_s=10)
    try:
        return config_lines(session.config())
    finally:
        session.close()


def is_new(port: int, lines: tuple[str, ...]) -> bool:
    intent = intent_for(port)
    return not plan_lines(lines, loopback_config(intent), carriers(intent))


def settled(port: int, folder: Path, before: tuple[str, ...]) -> str:
    """Waits until the router answers with the old or the new configuration; says which."""
    end = time.monotonic() + SETTLED_S
    while True:
        try:
            lines = read_config(port, folder)
        except DeviceError:
            lines = ()
        if same_config(lines, before):
            return "old"
        if lines and is_new(port, lines):
            return "new"
        assert time.monotonic() < end, ("between", lines)
        time.sleep(0.3)


def apply_again(port: int, folder: Path, said: list[str]) -> State:
    return apply_router(
        intent_for(port),
        new_secrets(),
        folder / "known",
        runs=folder / "runs",
        site="demo-clinic",
        guard_s=60,
        progress=lambda _host, message_id, **_values: said.append(message_id),
        render=loopback_config,
    ).state


def killed_at(step: int, folder: Path, **options: object) -> tuple[int, str, list[str]]:
    router = MockRouter(folder, **options)
    try:
        before = read_config(router.port, folder)
        process = run(router.port, folder, GUARD_S)
        assert process.stdout is not None
        for _ in range(step):
            if not process.stdout.readline():
                break
        process.kill()
        process.communicate()
        state = settled(router.port, folder, before)
        said: list[str] = []
        apply_again(router.port, folder, said)
        assert is_new(router.port, read_config(router.port, folder)), (step, said)
        assert apply_again(router.port, folder, []) is State.UNCHANGED, (step, said)
        return step, state, said
    finally:
        router.stop()


def test_killed_at_twenty_moments_ends_old_or_new_and_the_next_run_ends_well(tmp_path: Path):
    steps = [1 + round(n * (STEPS - 1) / (MOMENTS - 1)) for n in range(MOMENTS)]
    with ThreadPoolExecutor(5) as pool:
        done = list(
            pool.map(
                lambda n: killed_at(
                    steps[n], tmp_path / f"kill-{n}", **({"drop_is_logout": True} if n % 2 else {})
                ),
                range(MOMENTS),
            )
        )
    assert len(done) == MOMENTS
    assert {state for _, state, _ in done} >= {"old"}
    assert any("provision.unfinished" in said for _, _, said in done)
