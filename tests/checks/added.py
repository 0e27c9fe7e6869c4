"""Facts that came after the recordings, each in one place: what a good site says, and what a bad one.

`ADDED` are the good ones, which the recordings' twins get; a path's `*` stands for each of a list or
of a mapping. `CASES` are rows as in `test_recorded` and `test_pcs`: check, state, last word of its
sentence, changes of the good recording of demo-clinic. Where a device said it in words, the words
stand here and its reader makes the fact of them, so that reading and judging are tried together.
"""

from __future__ import annotations

from typing import Any

Changes = dict[str, Any]
ADDED: Changes = {}
CASES: list[tuple[str, str, str, Changes]] = []


def give(data: Any, path: str, value: Any) -> None:
    """Puts a fact into evidence that lacks it."""
    step, _, rest = path.partition("/")
    if step == "*":
        for one in data.values() if isinstance(data, dict) else data:
            give(one, rest, value)
    elif rest:
        inner = data.get(step) if isinstance(data, dict) else data[int(step)]
        if inner is not None:
            give(inner, rest, value)
    elif data.get(step) is None:
        data[step] = value


def complete(data: Any) -> None:
    """Gives evidence all facts that came after it."""
    for path, value in ADDED.items():
        give(data, path, value)
