"""`--only` with a word that means nothing: a sentence before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.checks import run as checks_run
from onshi_net.cli.run import run
from onshi_net.provision.site import Workshop


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be measured or reached."""

    def reached(*_: object, **__: object) -> None:
        pytest.fail("this touches the site")

    monkeypatch.setattr(checks_run, "collect", reached)
    monkeypatch.setattr(Workshop, "connect", reached)


def told(inventory: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = run(["--lang", "en", "--inventory", str(inventory), *arguments])
    err = " ".join(capsys.readouterr().err.split())
    assert code == errors.EXIT_BAD_INPUT, err
    return err


@pytest.mark.parametrize("word", ["recept-1", "onu", "lines", "", "line.onu"])
def test_verify_names_the_hosts_and_segments_that_have_checks(word, inventory, capsys):
    err = told(inventory, capsys, "verify", "demo-clinic", "--only", word)
    assert f"--only: there is no check of '{word}' at this site" in err
    assert "Possible: router, terminal-1, receipt-1, line, " in err
    assert "onu," not in err.partition("Possible")[2]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("recept-1", "there is no host 'recept-1' at this site"),
        ("router", "'router' is not a PC"),
    ],
)
def test_winrm_restore_names_the_pcs(word, sentence, inventory, capsys):
    err = told(inventory, capsys, "winrm", "restore", "demo-clinic", "--only", word)
    assert f"--only: {sentence} Possible: terminal-1, receipt-1" in err


def test_a_part_of_a_site_can_not_be_accepted(inventory, capsys):
    err = told(inventory, capsys, "verify", "demo-clinic", "--accept", "--only", "router")
    assert "--accept: only a whole site can be accepted" in err


def test_an_accepted_state_that_can_not_be_read_is_named(inventory, capsys):
    file = inventory / "sites" / "demo-clinic" / "baseline.json"
    file.write_text("{}")
    assert str(file) in told(inventory, capsys, "verify", "demo-clinic")
