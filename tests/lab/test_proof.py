"""A change that spoils something is undone by what packets show, and named: on real packets.

The fault stands in what is rendered: the device takes every line, and its configuration is the one
that was planned. One lab, from the delivered router on; the steps are in the order of the tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onshi_net.errors import EXIT_CHANGE_UNDONE, EXIT_GOOD
from tests.lab.clinic import TEST_S, Clinic, needs_root

pytestmark = [needs_root, pytest.mark.timeout(4 * TEST_S)]
SITE = "demo-clinic"
FAULTY = """
import sys
from functools import partial
from onshi_net.cli.run import run
from onshi_net.platforms.yamaha.render import router_config
from onshi_net.provision import core, packets, site
core.MEASURE_S = packets.MEASURE_S = 300.0  # a machine with ten things to do is slow, not wrong
old, new, *arguments = sys.argv[1:]
def faulty(intent):
    lines = router_config(intent)
    assert any(old in line for line in lines), lines
    return tuple(line.replace(old, new) for line in lines)
site.apply_router = partial(site.apply_router, render=faulty)
sys.exit(run(arguments))
"""
ROUTER = ("provision", SITE, "--only", "router", "--yes", "--guard", "2000")
TO_TERMINAL, SMB_ONLY = "policy.receipt-to-terminal.terminal-1", "policy.receipt-smb-only"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic.raise_up(SITE, tmp_path)
    yield clinic
    clinic.down()


def provision(clinic: Clinic, old: str, new: str) -> subprocess.CompletedProcess[str]:
    """Provisions the router with a fault in what is rendered: `new` in place of `old`."""
    program = [sys.executable, "-c", FAULTY, old, new, *clinic.options, *ROUTER]
    command = clinic.inside("laptop", *program)
    return subprocess.run(command, capture_output=True, text=True, timeout=TEST_S, check=False)


def seen(clinic: Clinic, when: str = "after") -> dict[str, Any]:
    """What packets showed after the last change, or before it, by its journal."""
    runs = clinic.inventory.parent / "runs" / SITE
    file = max(runs.glob("*/journal.jsonl"), key=lambda one: one.stat().st_mtime)
    events = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    *_, last = (one for one in events if one.get("when") == when)
    return dict(last)


def spoilt(clinic: Clinic, old: str, new: str, check: str) -> subprocess.CompletedProcess[str]:
    """The same, again while this machine was too busy to measure the check that it spoils."""
    while (done := provision(clinic, old, new)).returncode == EXIT_GOOD:
        told_of = seen(clinic)
        assert check in told_of["unknown"] or not told_of["good"], told(done)
        assert clinic.onshi("provision", "--only", "router", "--yes").returncode == EXIT_GOOD
    return done


def told(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


def test_a_change_that_spoils_something_is_undone_and_named(clinic: Clinic) -> None:
    # A delivered router, of which nothing could be measured before.
    done = spoilt(clinic, "tcp * 445", "tcp * 4455", TO_TERMINAL)
    assert done.returncode == EXIT_CHANGE_UNDONE, told(done)
    assert "measured with packets after the change: terminal-1" in told(done)

    done = clinic.onshi("provision", "--only", "router", "--yes")
    assert done.returncode == EXIT_GOOD, told(done)
    assert TO_TERMINAL not in seen(clinic)["bad"]

    done = spoilt(clinic, "tcp * 445", "tcp * *", SMB_ONLY)
    assert done.returncode == EXIT_CHANGE_UNDONE, told(done)
    assert "5985" in told(done)
    assert clinic.onshi("plan", "--only", "router").returncode == EXIT_GOOD  # it is as it was

    done = provision(clinic, "100099", "100098")
    assert done.returncode == EXIT_GOOD, told(done)

    clinic.lab("fault", "set", "line-down")
    done = clinic.onshi("provision", "--only", "router", "--yes")
    assert done.returncode == EXIT_GOOD, told(done)
    # The router's cache answered before and the change emptied it: neither speaks of the change.
    for when in ("before", "after"):
        shown = seen(clinic, when)
        names = [name for name in shown["unknown"] if name.startswith("ip-vpn.name.")]
        assert names, shown
        assert not any(name.startswith("ip-vpn.name.") for name in shown["bad"]), shown
