"""The host's own settings don't matter: a lab is green on one where each is the other way round."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from onshi_lab import system
from onshi_lab.kernel import sysctls
from tests.lab.clinic import needs_root, states
from tests.lab.host.hostile import OTHERS, SETTINGS

DRIVER = Path(__file__).with_name("hostile.py")
APART = ("unshare", "--fork", "--pid", "--kill-child", "--mount-proc")
NAMES = (*SETTINGS, *OTHERS)


def green_on(names: tuple[str, ...], inventory: Path) -> None:
    """Provision and verify demo-clinic on such a host."""
    words = (*APART, sys.executable, str(DRIVER), "demo-clinic", str(inventory), ",".join(names))
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    found = states(json.loads(done.stdout[done.stdout.index("{") :]))
    assert set(found.values()) <= {"passed", "not applicable"}
    assert len(found) > 80


@needs_root
@pytest.mark.timeout(300)
def test_a_site_is_green_where_everything_is_the_other_way_round(inventory: Path) -> None:
    green_on(NAMES, inventory)


@needs_root
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_each_alone(name: str, inventory: Path) -> None:
    green_on((name,), inventory)


def test_the_lab_sets_whatever_such_a_host_has_otherwise() -> None:
    ours = dict(sysctls.of_namespace())
    for settings in SETTINGS.values():
        for path, value in settings.items():
            assert ours[path] != value


def test_the_lab_sets_nothing_that_this_kernel_has_not(tmp_path: Path) -> None:
    lacking = [
        path
        for path, _ in sysctls.of_namespace()
        if not system.sysctl(path).exists() and "bridge" not in path and "/all/" not in path
    ]
    assert [path for path in lacking if "/neigh/all" not in path] == []


def test_a_setting_that_is_so_already_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(system.SYSCTLS, str(tmp_path))
    file = tmp_path / "forward"
    file.write_text("0\n")
    file.chmod(0o444)
    before = file.stat().st_mtime_ns
    sysctls.put("forward", "0")
    sysctls.put("of-a-module-that-is-not-loaded", "0")
    assert file.stat().st_mtime_ns == before
    sysctls.put("forward", "1")
    assert file.read_text().strip() == "1"
