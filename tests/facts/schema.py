"""docs/evidence.schema.json, with each release: `python -m tests.facts.schema` writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from onshi_net import formats
from onshi_net.facts.types import Evidence

PAGE = Path(__file__).parents[2] / "docs" / "evidence.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""That of pydantic's schemas (its documentation, "JSON Schema")."""


def schema() -> dict[str, Any]:
    """Answers the schema of an `evidence.json` of today's format."""
    made = Evidence.model_json_schema()
    made["properties"][formats.FIELD] = {"const": formats.EVIDENCE}
    made["required"] = sorted({*made.get("required", ()), formats.FIELD})
    return {"$schema": DIALECT, **made}


def page() -> str:
    """Answers the file's text."""
    return json.dumps(schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
