"""The raw readings behind a report, for whoever at the support desk unfolds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MOST = 3_000
"""Readings that are printed; a site of ten PCs has about a thousand."""
LONGEST = 300
"""Characters of a reading that are printed."""


def readings(evidence: str) -> tuple[tuple[str, str], ...]:
    """Answers every reading of stored evidence (its JSON) with its place, in its order.

    What was not measured (null, nothing in a list) is left out.
    """
    found = []
    for place, value in _leaves(json.loads(evidence), ""):
        found.append((place, value if len(value) <= LONGEST else f"{value[:LONGEST]}…"))
        if len(found) == MOST:
            break
    return tuple(found)


def _leaves(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{place}.{key}" if place else f"{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node, 1):
            yield from _leaves(value, f"{place}[{number}]")
    elif node is not None and node != "":
        yield place, f"{node}".lower() if isinstance(node, bool) else f"{node}"
