"""`onshi checks`: every check with who acts and what comes before it; the page is the same list."""

from __future__ import annotations

import json

import pytest

from onshi_net import errors
from onshi_net.checks.catalogue import checks
from onshi_net.checks.model import SEGMENTS
from onshi_net.cli.run import run
from tests.checks.page import PAGE, page


def test_every_check_is_listed_in_the_order_of_the_segments(capsys) -> None:
    assert run(["--lang", "en", "checks", "--json"]) == errors.EXIT_GOOD
    listed = json.loads(capsys.readouterr().out)["checks"]
    assert [one["id"] for one in listed] == [one.id for one in checks()]
    assert all(one["title"] and one["remedy"] and one["clause"] for one in listed)
    known = {one["id"].split(".")[0] for one in listed}
    assert known == set(SEGMENTS)


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_segment_has_its_own_checks_only(segment: str, language: str, capsys) -> None:
    assert run(["--lang", language, "checks", "--segment", segment]) == errors.EXIT_GOOD
    said = capsys.readouterr().out
    ids = [line.strip() for line in said.splitlines() if line.startswith("  ") and line[2] != " "]
    assert ids == [one.id for one in checks() if one.segment == segment]
    assert "diagnose." not in said


def test_an_unknown_segment_is_refused_with_the_known_ones(capsys) -> None:
    assert run(["--lang", "en", "checks", "--segment", "lin"]) == errors.EXIT_BAD_INPUT
    told = capsys.readouterr().err
    assert all(segment in told for segment in SEGMENTS)


def test_the_page_says_of_no_check_what_is_not_so() -> None:
    """It is written with a release; a check that is younger is not on it yet."""
    stale = set(PAGE.read_text(encoding="utf-8").splitlines()) - set(page().splitlines())
    assert stale == set(), "python -m tests.checks.page"
