"""The schema of stored evidence is that of today's facts, and what is stored keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from onshi_net import formats
from onshi_net.evidence import store
from onshi_net.facts.stored import evidence_of
from tests.checks.twins import RECORDED
from tests.facts.schema import PAGE, schema

SOME = sorted(RECORDED.glob("*-good.json"))


def test_the_schema_in_the_documents_is_of_todays_format() -> None:
    told = json.loads(PAGE.read_text(encoding="utf-8"))
    assert told["properties"][formats.FIELD] == {"const": formats.EVIDENCE}
    assert set(told["required"]) <= set(schema()["required"])


@pytest.mark.parametrize("file", SOME, ids=lambda one: one.stem)
def test_what_is_stored_keeps_to_it(file: Path, tmp_path: Path) -> None:
    store(evidence_of(json.loads(file.read_text(encoding="utf-8"))), tmp_path / "evidence.json")
    stored = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"))
    jsonschema.validate(stored, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**stored, "format": 0}, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**stored, "router": "odd"}, schema())
