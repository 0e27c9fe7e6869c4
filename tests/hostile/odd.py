"""Odd forms of real answers: each strategy takes one and changes it in one place."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

ANSWERS = Path(__file__).with_name("answers")
SURROGATE = "\ud800"
GONE = object()
"""Takes the value away."""
Path_ = tuple[str | int, ...]


def _deep(levels: int) -> Any:
    found: Any = "x"
    for _ in range(levels):
        found = [found]
    return found


VALUES = st.one_of(
    st.sampled_from(
        [
            None, "", "abc", SURROGATE, "\x00", "\x1b[2J", "٣", "1e5", "::/0", "0.0.0.0/99",
            "fe80::1%eth0", "9999-12-31T23:59:59", "2026-01-01", "�", -1, 0, 2**31, 10**30,
            1e308, float("nan"), True, False, [], {}, [None], [[]], {"": ""}, GONE,
            {"value": 1, "Count": 1}, {"value": None, "Count": 0}, {"value": "x"}, _deep(20),
            {"error": "x"}, "x" * 70_000,
        ]
    ),
    st.text(max_size=8),
    st.integers(),
)  # fmt: skip


@cache
def recorded(site: str) -> dict[str, Any]:
    """What the lab's devices answered while the site was verified."""
    found: dict[str, Any] = json.loads((ANSWERS / f"{site}.json").read_text(encoding="utf-8"))
    return found


def places(data: Any, here: Path_ = ()) -> Iterator[Path_]:
    """Lists every place of plain data, from the top."""
    if here:
        yield here
    some = data.items() if isinstance(data, dict) else ()
    some = enumerate(data) if isinstance(data, list) else some
    for key, value in some:
        yield from places(value, (*here, key))


def put(data: Any, place: Path_, value: Any) -> Any:
    """Answers the data with another value at a place."""
    made = copy.deepcopy(data)
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    if value is GONE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return made


@st.composite
def changed(draw: st.DrawFn, data: Any) -> tuple[Path_, Any]:
    """Gives a place and the data with something odd in it; () for something else altogether."""
    if draw(st.integers(0, 19)) == 0:
        return (), draw(VALUES.filter(lambda one: one is not GONE))
    place = draw(st.sampled_from(list(places(data))))
    return place, put(data, place, draw(VALUES))


ODD_WORDS = (
    *("abc", "", "-1", "99999999999999999999", "::", "9.9.9.9", "/", "(", ")", "[", "\x1b[7m"),
    *("\x00", "つづく", "---", "Error:", "エラー:", "%", "�", "Destination", "LAN9", "fe80::1"),
)


@st.composite
def retyped(draw: st.DrawFn, said: str) -> str:
    """Gives a console's text with a row or a word changed, lost or doubled, or with odd bytes."""
    rows = said.split("\n")
    at = draw(st.integers(0, len(rows) - 1))
    how = draw(st.sampled_from(("lose", "double", "word", "cut", "noise", "other", "swap")))
    if how == "lose":
        del rows[at]
    elif how == "double":
        rows.insert(at, rows[draw(st.integers(0, len(rows) - 1))])
    elif how == "word":
        words = rows[at].split(" ")
        words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(ODD_WORDS))
        rows[at] = " ".join(words)
    elif how == "cut":
        return said[: draw(st.integers(0, len(said)))]
    elif how == "noise":
        rows[at] = draw(st.binary(max_size=40)).decode("cp932", "replace")
    elif how == "swap":
        other = draw(st.integers(0, len(rows) - 1))
        rows[at], rows[other] = rows[other], rows[at]
    else:
        return draw(st.text(max_size=60))
    return "\n".join(rows)
