"""`runs` lists what is kept of a site; `diff` says what two verifications say otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.cli.run import run
from onshi_net.evidence import store
from onshi_net.provision.journal import Journal
from tests.checks.twins import twin

SITE = "demo-clinic"
Onshi = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kept(inventory: Path) -> Path:
    """Runs of a site: good, then cut; a change of the router that a kill ended, one of a PC."""
    folder = inventory.parent / "runs" / SITE
    for day, what in ((1, "good"), (2, "line-down")):
        found = twin(f"{SITE}-{what}")
        at = datetime(2026, 11, day, tzinfo=UTC)
        place = folder / f"2026110{day}T000000.000000Z-verify" / "evidence.json"
        store(found.model_copy(update={"taken_at": at}), place)
    for place, last in (("20261103T000000.000000Z", "sent"), ("receipt-1/20261104T", "done")):
        journal = Journal(folder / place, str)
        journal.write("begin")
        journal.write(last)
        journal.close()
    return folder


@pytest.fixture
def onshi(inventory: Path, capsys: pytest.CaptureFixture[str]) -> Onshi:
    def go(*words: str) -> tuple[int, str, str]:
        code = run(["--lang", "en", "--inventory", str(inventory), *words])
        told = capsys.readouterr()
        return code, told.out, " ".join(told.err.split())

    return go


def test_every_kind_of_run_is_listed_with_its_end(onshi: Onshi, kept: Path) -> None:
    code, said, _ = onshi("runs", SITE)
    assert code == errors.EXIT_GOOD
    assert [line for line in said.splitlines() if line.startswith("  ")] == [
        "  verification: All 106 checks are good.",
        *[line for line in said.splitlines() if "checks are not good" in line],
        "  change of router: cut off, or still at work",
        "  change of receipt-1: done",
    ]
    listed = json.loads(onshi("runs", SITE, "--json")[1])["runs"]
    assert [one["kind"] for one in listed] == ["verify", "verify", "change", "change"]
    assert {one["name"] for one in listed} >= {one.name for one in kept.iterdir()} - {"receipt-1"}


def test_a_run_that_can_not_be_read_hides_no_other(onshi: Onshi, kept: Path) -> None:
    (kept / "20261101T000000.000000Z-verify" / "evidence.json").write_text("{")
    code, said, _ = onshi("runs", SITE)
    assert code == errors.EXIT_GOOD
    assert said.count("verification: ") == 2
    assert "All 90" not in said


def test_the_last_two_are_compared_and_any_two_by_name(onshi: Onshi, kept: Path) -> None:
    code, said, _ = onshi("diff", SITE)
    assert code == errors.EXIT_PLAN_HAS_CHANGES
    assert "good -> FAILED" in said
    back = json.loads(onshi("diff", SITE, "20261102", "20261101", "--json")[1])
    there = json.loads(onshi("diff", SITE, "--json")[1])
    assert {one["id"] for one in back["checks"]} == {one["id"] for one in there["checks"]}
    same = onshi("diff", SITE, "20261101", "20261101")
    assert (same[0], "Nothing" in same[1]) == (errors.EXIT_GOOD, True)


@pytest.mark.parametrize(
    ("words", "problem"),
    [(["nope"], "begins with nope"), (["2026"], "several"), (["20261101", "x"], "begins with x")],
)
def test_a_name_of_none_or_of_several_is_refused(
    onshi: Onshi, kept: Path, words: list[str], problem: str
) -> None:
    code, said, told = onshi("diff", SITE, *words)
    assert (code, said) == (errors.EXIT_BAD_INPUT, "")
    assert problem in told
    assert "onshi runs SITE" in told


def test_where_there_is_nothing_yet_that_is_said(onshi: Onshi) -> None:
    assert "Nothing is kept" in onshi("runs", SITE)[1]
    assert "0 are kept" in onshi("diff", SITE)[2]
