"""Stored evidence is what was measured: it goes through JSON unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from onshi_net.facts.stored import evidence_of
from onshi_net.facts.types import DnsReply, Echo, Evidence, Outcome, Page, Reading

RECORDED = sorted((Path(__file__).parents[1] / "checks" / "recorded").glob("*.json"))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
READINGS = st.builds(
    Reading[Page],
    outcome=st.sampled_from(Outcome),
    detail=TEXT,
    duration_s=st.floats(0, 60),
    found=st.one_of(st.none(), st.builds(Page, status=st.integers(100, 599), body=TEXT)),
)


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_recorded_evidence_goes_through_json_unchanged(file):
    evidence = evidence_of(json.loads(file.read_text(encoding="utf-8")))
    assert Evidence.model_validate_json(evidence.model_dump_json()) == evidence


@given(READINGS)
def test_any_reading_goes_through_json_unchanged(reading):
    assert Reading[Page].model_validate_json(reading.model_dump_json()) == reading


def test_evidence_is_frozen():
    reading = Reading[Echo](outcome=Outcome.OK)
    with pytest.raises(ValidationError):
        reading.detail = "other"


def test_a_field_of_a_newer_version_is_passed_over():
    assert DnsReply.model_validate({"rcode": "NOERROR", "invented_later": 1}).rcode == "NOERROR"
