"""What `plan`, `verify` and `winrm restore` say of a device that another onshi changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onshi_net import errors, locks
from onshi_net.cli import log
from tests.cli.day import Day
from tests.conftest import EXAMPLES, KEPT
from tests.holding import changing_elsewhere
from tests.transport.routers import MockRouter


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    shutil.copytree(EXAMPLES, tmp_path / "laptop" / "inventory", ignore=KEPT)
    router = MockRouter(tmp_path / "router")
    one = Day(tmp_path / "laptop", "environment", monkeypatch)
    one.stand_before(router)
    yield one
    router.stop()
    log.stop()


def test_reading_commands_say_what_is_being_changed_and_take_no_lock(
    day: Day, capfdbinary: Any
) -> None:
    quiet = [day.onshi(capfdbinary, "plan", "demo-clinic")[0], errors.EXIT_GOOD]
    assert not [words for words in day.said if "being changed" in words]
    with changing_elsewhere(["ssh 10.51.1.1", "winrm 192.168.1.21"]) as process:
        held = sorted(locks.shared_folder().iterdir())
        for word, code in zip(("plan", "verify"), quiet, strict=True):
            day.said.clear()
            assert day.onshi(capfdbinary, word, "demo-clinic")[0] == code
            told = [line for line in day.said[-1].splitlines() if "being changed" in line]
            assert [line.split()[0] for line in told] == ["router", "receipt-1"]
            assert all(str(process.pid) in line for line in told)
        assert sorted(locks.shared_folder().iterdir()) == held


def test_what_changes_a_device_is_refused_with_who_holds_it(day: Day, capfdbinary: Any) -> None:
    with changing_elsewhere(["winrm 10.51.1.11", "winrm 192.168.1.21"]) as process:
        code, _ = day.onshi(capfdbinary, "winrm", "restore", "demo-clinic")
        assert code == errors.EXIT_DEVICE
        assert day.said[-1].count(f"process {process.pid}") == 2
        assert f"kill {process.pid}" in day.said[-1]
    with changing_elsewhere(["serial S1", "winrm 10.51.1.11"]) as process:
        words = ("provision", "demo-clinic", "--only", "terminal-1", "--yes", "--force", "x")
        assert day.onshi(capfdbinary, *words)[0] == errors.EXIT_DEVICE
        assert f"process {process.pid}" in day.said[-1]
