"""The right to raw packets: told before anything is measured, given to a helper, or left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.checks import run as checks_run
from onshi_net.cli.run import run
from onshi_net.evidence.probing import PROBE
from onshi_net.probe import rights
from onshi_net.probe.protocol import WITHOUT_RAW
from tests.checks.twins import twin

GOOD = "demo-clinic-good"
NO_RAW = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")
"""Runs a program as this user, without the right (setpriv(1), util-linux)."""


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Collects with which program it was measured; nothing is."""
    found: list[tuple[str, ...]] = []

    def collect(*_given: object, probe: tuple[str, ...], **_more: object) -> object:
        found.append(tuple(probe))
        return twin(GOOD)

    monkeypatch.setattr(checks_run, "collect", collect)
    return found


def verify(inventory: Path, *options: str, lang: str = "en") -> int:
    return run(["--lang", lang, "--inventory", str(inventory), "verify", "demo-clinic", *options])


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_without_the_right_nothing_is_measured_and_the_way_is_told(
    lang, inventory, measured, monkeypatch, capsys
):
    monkeypatch.setattr(rights, "may_send", lambda: False)
    assert verify(inventory, lang=lang) == errors.EXIT_BAD_INPUT
    told = capsys.readouterr().err
    assert measured == []
    for line in rights.commands():
        assert f"    {line}\n" in told
    assert "--without-raw" in told
    assert not (inventory.parent / "runs" / "demo-clinic").is_dir() or not list(
        (inventory.parent / "runs" / "demo-clinic").glob("*-verify")
    )


def test_with_the_right_or_without_raw_it_is_measured(inventory, measured, monkeypatch):
    monkeypatch.setattr(rights, "may_send", lambda: True)
    assert verify(inventory) == errors.EXIT_GOOD
    monkeypatch.setattr(rights, "may_send", lambda: False)
    assert verify(inventory, "--without-raw") == errors.EXIT_GOOD
    assert measured == [PROBE, (*PROBE, WITHOUT_RAW)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="capabilities are Linux'")
def test_a_probe_without_raw_asks_nothing_that_needs_it_whatever_its_rights() -> None:
    program = (
        "import sys; sys.argv.append('--without-raw')\n"
        "from onshi_net.probe.confine import confine; confine(raw=False)\n"
        "from onshi_net.probe.net import CannotAsk, Leg\n"
        "try: Leg('lo', None)\n"
        "except CannotAsk as refused: print(refused.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "without-raw"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="capabilities are Linux'")
def test_the_right_is_seen_as_the_system_gives_it() -> None:
    ask = [
        sys.executable,
        "-P",
        "-c",
        "from onshi_net.probe.rights import may_send; print(may_send())",
    ]
    plain = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    assert plain == str(os.geteuid() == 0)
    if os.geteuid() == 0:
        without = subprocess.run([*NO_RAW, *ask], capture_output=True, text=True, check=True)
        assert without.stdout.strip() == "False"


def test_the_helper_is_used_where_it_is(tmp_path, monkeypatch):
    helper = tmp_path / "onshi-probe"
    monkeypatch.setattr(rights, "HELPER", helper)
    assert rights.program() == sys.executable
    helper.write_text("")
    assert rights.program() == sys.executable
    helper.chmod(0o700)
    assert rights.program() == str(helper)
