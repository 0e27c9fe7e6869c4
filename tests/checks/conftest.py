"""Evidence recorded in the lab, and a way to change one fact of it.

`recorded/<site>-<what>.json` are measurements of the lab's sites, whole (`good`) or with one
fault set. A recording without PCs gets what they said in the good one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onshi_net.facts.stored import evidence_of
from onshi_net.facts.types import Evidence
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import load_site

RECORDED = Path(__file__).with_name("recorded")
EXAMPLES = Path(__file__).parents[2] / "inventory"


def _put(data: Any, path: str, value: Any) -> None:
    *steps, last = path.split("/")
    for step in steps:
        data = data[int(step) if isinstance(data, list) else step]
    if isinstance(value, Removed):
        del data[last]
    else:
        data[int(last) if isinstance(data, list) else last] = value


class Removed:
    """Takes a key out of the evidence."""


@pytest.fixture
def recorded() -> Callable[..., tuple[Evidence, SiteIntent]]:
    """Gives recorded evidence with changes (`a/b/0`: value), and the intent of its site."""

    def give(name: str, changes: dict[str, Any] | None = None) -> tuple[Evidence, SiteIntent]:
        data = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        good = (RECORDED / f"{data['site']}-good.json").read_text(encoding="utf-8")
        data.setdefault("windows", json.loads(good)["windows"])
        for path, value in (changes or {}).items():
            _put(data, path, value)
        evidence = evidence_of(data)
        return evidence, site_intent(load_site(EXAMPLES, evidence.site))

    return give
