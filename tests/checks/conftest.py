"""A way to change one fact of evidence that was recorded in the lab (`twins`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onshi_net.facts.stored import evidence_of
from onshi_net.facts.types import Evidence
from onshi_net.intent import SiteIntent
from tests.checks.twins import intent_of, plain


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
        data = plain(name)
        for path, value in (changes or {}).items():
            _put(data, path, value)
        evidence = evidence_of(data)
        return evidence, intent_of(evidence.site)

    return give
