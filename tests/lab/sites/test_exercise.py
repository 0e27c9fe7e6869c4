"""What an exercise holds against a command's answer, on answers that are made up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab.sites.__main__ import seeds
from tests.lab.sites.compose import generate
from tests.lab.sites.exercise import (
    GOOD,
    Outcome,
    Said,
    Step,
    changed,
    misdiagnosed,
    not_green,
    unlike,
    unnamed,
)
from tests.lab.sites.site import Command, Named

NO_PREFIX = Named(Command.VERIFY, frozenset({"line"}), ("line.prefix",), 1, party="ntt-line")
OTHER = Named(Command.PLAN, exit_code=3, words=("RTX830", "RTX1210"))


def verified(code: int, causes: list[tuple[str, str]], **checks: str) -> Said:
    found = {
        "checks": [{"id": one.replace("_", "."), "state": state} for one, state in checks.items()],
        "diagnosis": {"causes": [{"segment": where, "party": who} for where, who in causes]},
    }
    return Said(code, json.dumps(found))


LINE = [("line", "ntt-line")]


@pytest.mark.parametrize(
    ("said", "named", "complaint"),
    [
        (verified(1, LINE, line_prefix="failed"), NO_PREFIX, ""),
        (verified(0, LINE, line_prefix="failed"), NO_PREFIX, "exit code 0"),
        (verified(1, [], line_prefix="failed"), NO_PREFIX, "blames nothing"),
        (verified(1, [("lan", "x")], line_prefix="failed"), NO_PREFIX, "blames lan"),
        (verified(1, [("line", "x")], line_prefix="failed"), NO_PREFIX, "leaves it to x"),
        (
            verified(1, [("line", "x"), ("lan", "ntt-line")], line_prefix="failed"),
            NO_PREFIX,
            "leaves it to x",
        ),
        (verified(1, LINE, line_carries="failed"), NO_PREFIX, "none of line.prefix"),
        (verified(1, LINE, line_prefix="error"), NO_PREFIX, "none of line.prefix"),
        (Said(1, "no JSON"), NO_PREFIX, "blames nothing"),
        (Said(3, "", "router: it is an RTX1210, the sheet says RTX830"), OTHER, ""),
        (Said(3, "", "router: it is an RTX1210, the sheet says RTX\n830"), OTHER, ""),
        (Said(3, "", "router: it is an RTX1210"), OTHER, "does not say RTX830"),
        (Said(10, "RTX830 RTX1210"), OTHER, "exit code 10"),
        (Said(3, "", "Traceback (most recent call last) RTX830 RTX1210"), OTHER, "a traceback"),
    ],
)
def test_a_lie_must_be_named(said: Said, named: Named, complaint: str) -> None:
    found = unnamed(said, named)
    assert bool(found) == bool(complaint)
    assert complaint in found


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (verified(0, [], line_prefix="passed"), ""),
        (verified(1, LINE, line_prefix="failed"), "line.prefix failed"),
        (verified(1, [], line_prefix="error"), "line.prefix error"),
        (verified(0, []), "measured nothing"),
        (verified(1, [], line_prefix="passed"), "exit code 1"),
        (Said(2, "", "bad input"), "exit code 2"),
    ],
)
def test_green_is_every_check_and_the_exit_code(said: Said, complaint: str) -> None:
    found = not_green(said)
    assert bool(found) == bool(complaint)
    assert complaint in found


FAULT: dict[str, Any] = {"name": "line-down", "segment": "line", "party": "ntt-line"}


@pytest.mark.parametrize(
    ("said", "good"),
    [
        (verified(1, LINE), True),
        (verified(1, [*LINE, ("lan", "technician")]), False),
        (verified(1, [("line", "technician")]), False),
        (verified(0, LINE), False),
        (verified(1, []), False),
    ],
)
def test_a_fault_has_one_cause_with_its_segment_and_party(said: Said, good: bool) -> None:
    assert (misdiagnosed(said, FAULT) == "") == good


@pytest.mark.parametrize(
    ("states", "code", "good"),
    [
        (["unchanged", "unchanged"], 0, True),
        (["unchanged", "changed"], 0, False),
        ([], 0, False),
        (["unchanged"], 3, False),
    ],
)
def test_a_second_provisioning_changes_nothing(states: list[str], code: int, good: bool) -> None:
    hosts = [{"host": f"h{number}", "state": state} for number, state in enumerate(states)]
    assert (changed(Said(code, json.dumps({"hosts": hosts}))) == "") == good


def test_a_crash_is_wrong_whatever_the_exit_code() -> None:
    assert unlike(Said(0, "", "Traceback (most recent call last):\n  …"), frozenset({GOOD}))


def test_the_first_step_that_is_wrong_is_the_failure() -> None:
    site = generate(3)
    good, bad = Step("up", 1.0), Step("plan", 2.0, "no")
    assert Outcome(site, (good,)).failure is None
    assert Outcome(site, (good, bad, Step("down", 1.0, "either"))).failure is bad
    assert "FAILED at plan: no" in Outcome(site, (good, bad)).line


def test_seeds_are_a_range_with_both_ends() -> None:
    assert seeds("3..5") == range(3, 6)
    assert seeds("7") == range(7, 8)
    with pytest.raises(ValueError):
        seeds("5..3")
