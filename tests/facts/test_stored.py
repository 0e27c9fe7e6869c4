"""Stored evidence of an older format is read, and what only it held is kept as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onshi_net import formats
from onshi_net.checks import State, judge
from onshi_net.facts.stored import evidence_of
from onshi_net.facts.told import Told
from onshi_net.facts.types import Outcome, Reading, RouterState
from onshi_net.facts.windows import Judged
from tests.checks.twins import RECORDED, intent_of

FIRST: dict[str, Any] = json.loads((RECORDED / "demo-clinic-good.json").read_text(encoding="utf-8"))


def older(changes: dict[str, Any]) -> RouterState:
    """The router of a file of format 2."""
    return evidence_of({**FIRST, "format": 2, "router": {**FIRST["router"], **changes}}).router


def test_what_differed_then_is_kept_and_no_configuration_is_made_up() -> None:
    lines = {"outcome": "ok", "found": ["- x"]}
    found = older({"difference": lines, "unsaved": None})
    assert found.judged is not None
    assert found.judged.difference == Reading(outcome=Outcome.OK, found=("- x",))
    assert found.judged.unsaved is None
    assert (found.running, found.saved) == (None, None)
    assert older({"difference": None, "unsaved": None}).judged is None


def test_a_reason_is_kept_in_the_words_that_it_was_told_in() -> None:
    assert older({"reason": "no answer on port 22"}).reason == Told(said="no answer on port 22")
    assert older({"reason": ""}).reason is None


def test_what_a_pc_differed_in_then_is_kept_and_its_sentences_are_told_as_they_were() -> None:
    host = FIRST["windows"]["receipts"][0]
    session = {
        **host["session"],
        "reason": "receipt-1: WinRM is off.\nOr the PC is.",
        "differences": ["- route: x"],
        "conflicts": ["on-link"],
    }
    pc = {**host, "session": session, "store": None, "store_reason": "locked"}
    pcs = {"windows": {"terminals": [], "receipts": [pc]}}
    third = {**FIRST, **pcs, "router": older({}).model_dump(mode="json"), "format": 3}
    for data in ({**FIRST, **pcs}, {**FIRST, **pcs, "format": 2}, third):
        windows = evidence_of(data).windows
        assert windows is not None
        (found,) = windows.receipts
        assert found.session.judged == Judged(differences=("- route: x",), conflicts=("on-link",))
        assert [one.said for one in found.session.reason] == [
            "receipt-1: WinRM is off.",
            "Or the PC is.",
        ]
        assert found.session.remedy == ()
        assert found.store_reason == (Told(said="locked"),)


@pytest.mark.parametrize("windows", [[], "x", {"receipts": 3}, {"receipts": [{"session": 3}]}])
def test_what_is_no_evidence_of_pcs_is_refused(windows: Any) -> None:
    with pytest.raises(ValueError, match="windows"):
        evidence_of({**FIRST, "windows": windows})


@pytest.mark.parametrize("number", [None, 1, 2])
@pytest.mark.parametrize("lines", [[], ["- x"], None])
def test_what_an_older_format_was_not_asked_is_not_measured_there(
    number: int | None, lines: list[str] | None
) -> None:
    found = {"outcome": "ok", "found": lines} if lines is not None else None
    router = {**FIRST["router"], "difference": found, "unsaved": found}
    evidence = evidence_of({**FIRST, "router": router, **({"format": number} if number else {})})
    results = {one.id: one for one in judge(evidence, intent_of(evidence.site))}
    assert results["router.services"].state is State.ERROR
    assert results["router.services"].message == "unmeasured.not-asked"


@pytest.mark.parametrize("number", [None, 1, 2])
def test_every_older_format_becomes_ours(number: int | None) -> None:
    data = {**FIRST, "format": number} if number else FIRST
    found = evidence_of(data)
    assert found.format == formats.EVIDENCE
    assert evidence_of(json.loads(found.model_dump_json())) == found


@pytest.mark.parametrize("router", [None, [], "x", {"access": "open", "reason": 7}])
def test_what_is_no_evidence_is_refused(router: Any) -> None:
    with pytest.raises(ValueError, match="router"):
        evidence_of({**FIRST, "router": router})


@pytest.mark.parametrize("message", ["../../../etc/x", "a/b.c", "x", "checks.{0}"])
def test_a_reason_names_no_file(message: str) -> None:
    with pytest.raises(ValueError, match="message"):
        Told(message=message)
