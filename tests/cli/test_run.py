"""The command line's manners: exit codes, languages, one sentence instead of a traceback."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.cli.run import run


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["verfy"],
        ["verify"],
        ["--lang", "xx", "verify", "demo-clinic"],
        ["render", "demo-clinik"],
        ["render", "demo-clinic", "--host", "rooter"],
        ["provision", "demo-clinic", "--guard", "1"],
        ["plan", "demo-clinic", "--only", "onu"],
        ["plan", "demo-clinic", "--only", "terminal-9"],
        ["secret", "set", "a b"],
    ],
)
def test_bad_usage_is_exit_code_2_and_words(
    arguments: list[str], inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--inventory", str(inventory), *arguments]) == errors.EXIT_BAD_INPUT
    streams = capsys.readouterr()
    assert streams.err or streams.out
    assert "Traceback" not in streams.err


@pytest.mark.parametrize(
    ("language", "word"), [("ja", "設計どおりの設定"), ("en", "intended config")]
)
def test_help_speaks_the_language_wherever_the_option_stands(
    language: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([f"--lang={language}", "--help"]) == 0
    first = capsys.readouterr().out
    assert run(["--lang", language, "--help"]) == 0
    assert word in first
    assert capsys.readouterr().out == first


def test_render_prints_the_config_with_masked_secrets_and_needs_no_device(
    inventory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONSHI_SECRET_DEMO_CLINIC_ROUTER", "canary-password")
    base = ["--inventory", str(inventory), "render", "demo-clinic"]
    assert run([*base, "--host", "router"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "login user onshi *" in lines
    assert "administrator password *" in lines
    assert run([*base, "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["lines"] == lines
    assert "canary" not in out


def test_a_missing_secret_is_a_sentence_with_the_remedy(
    inventory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONSHI_SECRET_DEMO_CLINIC_ROUTER", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    code = run(["--lang", "en", "--inventory", str(inventory), "plan", "demo-clinic"])
    told = capsys.readouterr().err
    assert code == errors.EXIT_BAD_INPUT
    assert "demo-clinic/router" in told
    assert "ONSHI_SECRET_DEMO_CLINIC_ROUTER" in told


@pytest.mark.parametrize("words", [["-h"], ["verify", "-h"], ["winrm", "restore", "-h"]])
def test_help_has_its_short_word(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == errors.EXIT_GOOD
    short = capsys.readouterr().out
    assert run([*words[:-1], "--help"]) == errors.EXIT_GOOD
    assert capsys.readouterr().out == short != ""


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == errors.EXIT_GOOD
    assert capsys.readouterr().out == f"onshi {version('onshi_net')}\n"
