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
        ("maintenance", "demo-clinic", "--on", "2026-12-01"),
        ("maintenance", "demo-clinic", "--resets", "terminal-1", "--on", "2026-12-01"),
        ("maintenance", "--all", "--within", "60", "--on", "2026-12-01"),
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


@pytest.mark.parametrize(("said", "code"), [("  caf_number: false\n", 1), ("", 11)])
def test_a_preparation_that_is_missing_or_that_nobody_asked_for_stops_visit_and_provisioning(
    inventory: Path, capsys: pytest.CaptureFixture[str], said: str, code: int
) -> None:
    edit(inventory, "  caf_number: 2026-10-20\n", said)
    assert cli(inventory, "ready", "demo-clinic", "--on", "2026-12-01") == code
    assert "CAF" in capsys.readouterr().out
    assert cli(inventory, "provision", "demo-clinic", "--yes") == 2
    told = capsys.readouterr().err
    assert "CAF" in told
    assert "--force" in told


def test_a_business_phone_on_the_onu_is_not_eligible(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(inventory, "  business_phone: false", "  business_phone: true")
    assert cli(inventory, "assess", "demo-clinic") == 1
    assert "×" in capsys.readouterr().out


def test_a_business_phone_that_nobody_asked_for_has_an_exit_code_of_its_own(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(inventory, "  business_phone: false\n", "")
    assert cli(inventory, "assess", "demo-clinic", "--on", "2026-12-01") == 11
    told = capsys.readouterr().out
    assert "not yet" in told
    assert "×" not in told
    assert cli(inventory, "assess", "demo-clinic", "--on", "2026-12-01", "--json") == 11
    found = json.loads(capsys.readouterr().out)
    assert (found["eligible"], found["verdict"], found["sign"]) == (False, "not-yet", "?")
    assert cli(inventory, "ready", "demo-clinic", "--on", "2026-12-01") == 11
    assert "open" in capsys.readouterr().out
    assert cli(inventory, "provision", "demo-clinic", "--yes") == 2
    assert "business phone" in capsys.readouterr().err


def test_an_example_site_is_the_brochures_own_and_its_sums_add_up(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = ("--on", "2026-12-01")
    assert cli(inventory, "estimate", "demo-dental", *day) == 0
    told = capsys.readouterr().out
    for sum_yen in ("265,815", "101,860", "59,400", "427,075", "66,000", "493,075", "2,750"):
        assert f"¥{sum_yen}" in told
    assert cli(inventory, "estimate", "demo-dental", *day, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total_yen"] == 427_075
    assert found["subtotals_yen"] == {
        "device": 265_815,
        "work": 101_860,
        "design": 59_400,
        "support": 66_000,
        "monthly": 2_750,
        "first-month": 550,
    }


def test_what_the_sums_leave_out_has_a_line(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(inventory, "estimate", "demo-pharmacy") == 0
    assert "Not in the sums: further terminal" in capsys.readouterr().out


def test_whether_cancelling_the_survey_costs_a_fee_can_be_asked(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("ready", "demo-clinic", "--cancel-now", "--on", "2026-10-14")
    edit(inventory, "  done_on: 2026-10-15", "  planned_on: 2026-10-15")
    assert cli(inventory, *ask, "--time", "17:29") == 0
    assert "2026-10-14 17:30" in " ".join(capsys.readouterr().out.split())
    assert cli(inventory, *ask, "--time", "17:30", "--json") == 1
    assert json.loads(capsys.readouterr().out)["finding"]["rule"] == "cancel.fee"
    edit(inventory, "  planned_on: 2026-10-15\n", "")
    assert cli(inventory, *ask) == 11
    edit(inventory, "  signed_on: 2026-10-10\n", "")
    assert cli(inventory, *ask) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--on", "2031-11-10"), 1, "router"),
        (("--on", "2026-12-01", "--resets", "terminal-2"), 11, "after_repair.py"),
        (("--on", "2031-11-10", "--resets", "terminal-1"), 1, "after_repair.py"),
        (("--on", "2026-12-01", "--resets", "terminal-1"), 0, "2031-11-09"),
    ],
)
def test_maintenance_ends_with_what_it_says(
    inventory: Path,
    arguments: tuple[str, ...],
    code: int,
    word: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli(inventory, "maintenance", "demo-clinic", *arguments) == code
    assert word in capsys.readouterr().out


def test_a_broken_site_hides_no_other(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(inventory, "delivered_on: 2026-11-10", "delivered_on: 9999-12-31")
    (inventory / "sites/demo-dental/site.yaml").write_text("x: [", encoding="utf-8")
    assert cli(inventory, "maintenance", "--all", "--on", "2026-12-01") == 2
    told = capsys.readouterr()
    assert "demo-clinic" in told.out
    assert "demo-pharmacy" in told.out
    assert "demo-dental" in told.err


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
        ("maintenance", "--all", "--resets", "terminal-1"),
        ("maintenance", "demo-clinic", "--all"),
    ],
)
def test_bad_input_is_exit_2_with_a_sentence(
    arguments: tuple[str, ...], inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(inventory, *arguments) == 2
    assert capsys.readouterr().err.strip()


def test_the_work_table_says_who_how_and_after_what(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(inventory, "work", "demo-clinic", "--on", "2026-12-01") == 11
    said = capsys.readouterr().out
    assert "waits for: 4, 5, 7" in said
    assert "ask whether NTT West shall" in said
    edit(inventory, "  receipt: {work_by", "  receipt: {vendor_by_ntt: true, work_by")
    assert cli(inventory, "work", "demo-clinic") == 11
    assert "NTT West speaks to the vendor" in capsys.readouterr().out
    assert cli(inventory, "assess", "demo-clinic") == 0
    assert "write down the vendor's name" in " ".join(capsys.readouterr().out.split())
