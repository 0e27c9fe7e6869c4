"""Playbooks run their steps in order and stop at the first that fails."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from onshi_net.cli import run as cli_run

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PLAYBOOKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(codes: list[int], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Puts exit codes in place of the commands; answers the command lines as they come."""
    seen: list[str] = []

    def run(arguments: list[str]) -> int:
        seen.append(" ".join(arguments))
        return codes[len(seen) - 1]

    monkeypatch.setattr(cli_run, "run", run)
    return seen


def test_install_day_is_ready_provision_verify_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("install_day")
    seen = recorded([0, 0, 0, 0], monkeypatch)
    assert module.main("demo-clinic", ["--lang", "ja"]) == 0
    assert seen == [
        "--lang ja ready demo-clinic",
        "--lang ja provision demo-clinic --yes",
        "--lang ja verify demo-clinic --accept",
        "--lang ja winrm restore demo-clinic",
    ]


@pytest.mark.parametrize("agreed", [["--on", "2026-12-01"], ["--on=2026-12-01"]])
def test_install_day_asks_for_the_day_that_was_agreed(
    monkeypatch: pytest.MonkeyPatch, agreed: list[str]
) -> None:
    module = load("install_day")
    seen = recorded([0, 0, 0, 0], monkeypatch)
    assert module.main("demo-clinic", ["--lang", "ja", *agreed, "--ascii"]) == 0
    assert seen[0] == "--lang ja --ascii ready demo-clinic --on 2026-12-01"
    assert not [line for line in seen[1:] if "--on" in line]


@pytest.mark.parametrize(("codes", "count"), [([1], 1), ([0, 4], 2), ([0, 0, 1], 3)])
def test_a_failed_step_ends_the_run_with_its_code(
    codes: list[int], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("install_day")
    seen = recorded(codes, monkeypatch)
    assert module.main("demo-clinic", []) == codes[-1]
    assert len(seen) == count


def test_replacing_a_terminal_does_the_terminal_first(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("replace_terminal")
    seen = recorded([0, 0, 0, 0, 0], monkeypatch)
    assert module.main("demo-clinic", "terminal-1", []) == 0
    assert seen == [
        "maintenance demo-clinic --resets terminal-1",
        "provision demo-clinic --only terminal-1 --yes",
        "provision demo-clinic --yes",
        "verify demo-clinic --accept",
        "winrm restore demo-clinic",
    ]


def test_replacing_the_router_takes_it_in_first(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = recorded([0, 0, 0, 0], monkeypatch)
    assert load("replace_router").main("demo-clinic", ["--lang", "ja"]) == 0
    assert seen == [
        "--lang ja maintenance demo-clinic",
        "--lang ja provision demo-clinic --exchanged router --only router",
        "--lang ja verify demo-clinic --accept",
        "--lang ja winrm restore demo-clinic",
    ]


def test_after_a_repair_of_no_host_the_site_is_only_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = recorded([1], monkeypatch)
    assert load("after_repair").main("demo-clinic", [], []) == 1
    assert seen == ["verify demo-clinic"]


def test_after_an_exchange_the_hosts_come_first_and_the_good_site_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = recorded([0] * 5, monkeypatch)
    assert load("after_repair").main("demo-clinic", ["router", "receipt-1"], ["--lang", "ja"]) == 0
    assert seen == [
        "--lang ja provision demo-clinic --only router --yes",
        "--lang ja provision demo-clinic --only receipt-1 --yes",
        "--lang ja provision demo-clinic --yes",
        "--lang ja verify demo-clinic --accept",
        "--lang ja winrm restore demo-clinic",
    ]


@pytest.mark.parametrize(
    ("name", "hosts", "codes", "is_told"),
    [
        ("install_day", [], [1], False),
        ("install_day", [], [0, 3], True),
        ("install_day", [], [0, 0, 1], True),
        ("install_day", [], [0, 0, 0, 3], True),
        ("install_day", [], [0, 0, 0, 0], False),
        ("replace_terminal", ["terminal-1"], [1], False),
        ("replace_terminal", ["terminal-1"], [0, 4], True),
        ("replace_terminal", ["terminal-1"], [0, 0, 0, 1], True),
        ("replace_terminal", ["terminal-1"], [0, 0, 0, 0, 0], False),
        ("replace_router", [], [1], False),
        ("replace_router", [], [0, 3], True),
        ("replace_router", [], [0, 0, 0, 0], False),
        ("after_repair", [[]], [1], False),
        ("after_repair", [["receipt-1"]], [0, 0, 1], True),
    ],
)
def test_an_early_end_says_that_winrm_may_be_open_and_what_closes_it(
    name: str,
    hosts: list[Any],
    codes: list[int],
    is_told: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recorded(codes, monkeypatch)
    assert load(name).main("demo-clinic", *hosts, ["--inventory", "my sites"]) == codes[-1]
    command = "onshi --inventory 'my sites' winrm restore demo-clinic"
    assert (command in capsys.readouterr().err) is is_told
