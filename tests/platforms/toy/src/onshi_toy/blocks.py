"""A configuration: rows of text, blocks in braces. What tells two apart are its paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "*"
_SECRET = re.compile(r"(\bpassword )\S+")


def rows(text: str) -> tuple[str, ...]:
    """Answers a configuration's rows, without empty ones."""
    return tuple(row.rstrip() for row in text.splitlines() if row.strip())


def paths(config: Iterable[str]) -> tuple[str, ...]:
    """Answers each statement with the blocks around it; an empty block says nothing.

    `interface inner {`, `address 10.51.1.1/24`, `}` is `interface inner address 10.51.1.1/24`.
    """
    around: list[str] = []
    found: list[str] = []
    for row in config:
        words = row.strip()
        if words == "}":
            around = around[:-1]
        elif words.endswith("{"):
            around.append(words.removesuffix("{").strip())
        else:
            found.append(" ".join((*around, words)))
    return tuple(found)


def same(first: Iterable[str], second: Iterable[str]) -> bool:
    """Answers whether two configurations say the same; order says nothing."""
    return set(paths(first)) == set(paths(second))


def difference(running: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """Answers what goes (`- path`) and comes (`+ path`), masked."""
    before, after = paths(running), paths(wanted)
    goes = (f"- {path}" for path in before if path not in after)
    comes = (f"+ {path}" for path in after if path not in before)
    return tuple(masked(line) for line in (*goes, *comes))


def masked(said: str) -> str:
    """Answers lines without the passwords in them."""
    return _SECRET.sub(rf"\1{MASK}", said)
