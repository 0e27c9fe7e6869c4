"""Playbooks run their steps in order and stop at the first that fails."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PLAYBOOKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(module: ModuleType, codes: list[int], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    def run(arguments: list[str]) -> int:
        seen.append(" ".join(arguments))
        return codes[len(seen) - 1]

    monkeypatch.setattr(module, "run", run)
    return seen


def test_install_day_is_ready_provision_verify_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("install_day")
    seen = recorded(module, [0, 0, 0, 0], monkeypatch)
    assert module.main("demo-clinic", ["--lang", "ja"]) == 0
    assert seen == [
        "--lang ja ready demo-clinic",
        "--lang ja provision demo-clinic --yes",
        "--lang ja verify demo-clinic",
        "--lang ja winrm restore demo-clinic",
    ]


@pytest.mark.parametrize(("codes", "count"), [([1], 1), ([0, 4], 2), ([0, 0, 1], 3)])
def test_a_failed_step_ends_the_run_with_its_code(
    codes: list[int], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("install_day")
    seen = recorded(module, codes, monkeypatch)
    assert module.main("demo-clinic", []) == codes[-1]
    assert len(seen) == count


def test_replacing_a_terminal_does_the_terminal_first(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("replace_terminal")
    seen = recorded(module, [0, 0, 0, 0], monkeypatch)
    assert module.main("demo-clinic", "terminal-1", []) == 0
    assert seen[1] == "provision demo-clinic --only terminal-1 --yes"
    assert seen[-1] == "verify demo-clinic"
