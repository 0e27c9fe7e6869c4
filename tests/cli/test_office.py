"""The office's commands on the example sites: exit codes, JSON, and what each prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onshi_net.cli.run import run


def cli(inventory: Path, *arguments: str) -> int:
    return run(["--lang", "en", "--inventory", str(inventory), *arguments])


def edit(inventory: Path, old: str, new: str) -> None:
    file = inventory / "sites/demo-clinic/site.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess", "demo-clinic"),
        ("ready", "demo-clinic", "--on", "2026-12-01", "--time", "10:00"),
        ("estimate", "demo-clinic"),
        ("maintenance", "demo-clinic"),
        ("maintenance", "--all", "--within", "60"),
    ],
)
def test_a_prepared_site_is_good_in_words_and_in_json(
    arguments: tuple[str, ...], inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(inventory, *arguments) == 0
    assert capsys.readouterr().out.strip()
    assert cli(inventory, *arguments, "--json") == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)


@pytest.mark.parametrize(
    ("day", "time", "word"),
    [("2026-11-28", "10:00", "2026-11-28"), ("2026-12-30", "10:00", "2026-12-30")],
)
def test_a_day_on_which_nobody_builds_is_refused(
    inventory: Path, day: str, time: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(inventory, "ready", "demo-clinic", "--on", day, "--time", time) == 1
    assert word in capsys.readouterr().out


def test_a_missing_preparation_stops_visit_and_provisioning_until_a_reason_is_given(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(inventory, "  caf_number: 2026-10-20\n", "")
    assert cli(inventory, "ready", "demo-clinic", "--on", "2026-12-01") == 1
    assert "CAF" in capsys.readouterr().out
    assert cli(inventory, "provision", "demo-clinic", "--yes") == 2
    told = capsys.readouterr().err
    assert "CAF" in told
    assert "--force" in told


def test_a_business_phone_on_the_onu_is_not_eligible(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(inventory, "  branch: {kind: none}", "  branch: {kind: none}\n  business_phone: true")
    assert cli(inventory, "assess", "demo-clinic") == 1
    assert "×" in capsys.readouterr().out


def test_the_empty_form_is_written_once_and_holds_no_site(
    inventory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = tmp_path / "form.xlsx"
    assert cli(inventory, "intake", "--template", str(form)) == 0
    assert form.stat().st_size > 1000
    assert cli(inventory, "intake", "--template", str(form)) == 2
    assert cli(inventory, "intake", str(form), "--out", str(tmp_path / "out")) in {0, 2}
    assert not list((tmp_path / "out").glob("sites/*"))
    capsys.readouterr()


@pytest.mark.parametrize(
    "arguments",
    [
        ("intake",),
        ("intake", "no-such-file.xlsx"),
        ("ready", "demo-clinic", "--on", "tomorrow"),
        ("ready", "demo-clinic", "--time", "25:00"),
        ("maintenance",),
        ("maintenance", "demo-clinic", "--all"),
    ],
)
def test_bad_input_is_exit_2_with_a_sentence(
    arguments: tuple[str, ...], inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(inventory, *arguments) == 2
    assert capsys.readouterr().err.strip()
