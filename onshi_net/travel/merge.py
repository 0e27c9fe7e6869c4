"""What comes of two copies of one thing that were changed apart from each other.

Pure. `base` is what both began with. What one side alone changed is taken, what both changed alike
is taken, and what both changed differently is a conflict with its field's name: never one of the
two in silence. Mappings are merged key by key, lists of named entries (`contract.devices`) entry by
entry; every other list is one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from onshi_net.inventory.vault import same

NAME = "name"
"""The key by which entries of a list are told apart."""


class Absent(Enum):
    """What stands where nothing is written."""

    ABSENT = ""

    def __repr__(self) -> str:
        """Gives a short name."""
        return "ABSENT"


ABSENT = Absent.ABSENT


class Side(StrEnum):
    """Whose value is taken."""

    HOME = "home"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed, and differently."""

    field: str
    base: Any
    home: Any
    visit: Any


@dataclass(frozen=True, slots=True)
class Taken:
    """A field that comes from the visit."""

    field: str
    before: Any
    now: Any


@dataclass(slots=True)
class Merge:
    """One merge: the decisions that a person took, what was used of them, and what came out."""

    decided: Mapping[str, Side] = field(default_factory=dict)
    default: Side | None = None
    """Taken for every conflict that no decision names."""
    conflicts: list[Conflict] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def merged(self, name: str, base: Any, home: Any, visit: Any) -> Any:
        """Answers the merged value of a field; home's where it is an open conflict."""
        if equal(visit, base) or equal(home, visit):
            return home
        if equal(home, base):
            return self._from_visit(name, home, visit)
        inner = _inner(base, home, visit)
        if inner is not None:
            return self._inside(name, *inner)
        return self._decided(name, base, home, visit)

    def _from_visit(self, name: str, home: Any, visit: Any) -> Any:
        self.taken.extend(differences(name, home, visit))
        return visit

    def _decided(self, name: str, base: Any, home: Any, visit: Any) -> Any:
        side = self.decided.get(name)
        if side is not None:
            self.used.add(name)
        match side or self.default:
            case Side.VISIT:
                return self._from_visit(name, home, visit)
            case Side.HOME:
                return home
            case _:
                self.conflicts.append(Conflict(name, base, home, visit))
                return home

    def _inside(
        self, name: str, base: Mapping[str, Any], home: Mapping[str, Any], visit: Mapping[str, Any]
    ) -> Any:
        found: dict[str, Any] = {}
        for key in (*home, *(one for one in visit if one not in home)):
            value = self.merged(
                joined(name, key),
                *(side.get(key, ABSENT) for side in (base, home, visit)),
            )
            if value is not ABSENT:
                found[key] = value
        return list(found.values()) if isinstance(home, _Named) else found


class _Named(dict[str, Any]):
    """A list of named entries, by name."""


def equal(one: Any, other: Any) -> bool:
    """Answers whether two values are the same, kind by kind (1 is not true)."""
    return one is other or (one is not ABSENT and other is not ABSENT and same(one, other))


def joined(name: str, key: str) -> str:
    """Answers a field's name below another: `site.yaml:contract.devices.router`."""
    return f"{name}{key}" if name.endswith(":") else f"{name}.{key}"


def _inner(
    base: Any, home: Any, visit: Any
) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]] | None:
    """Answers the three as mappings where both sides are such, None for what is one value.

    What one side made of nothing, or of something else, has an empty base: so two sides that each
    added an entry agree.
    """
    if isinstance(home, dict) and isinstance(visit, dict):
        return base if isinstance(base, dict) else {}, home, visit
    mine, theirs = by_name(home), by_name(visit)
    if mine is None or theirs is None:
        return None
    return by_name(base) or _Named(), mine, theirs


def by_name(value: Any) -> _Named | None:
    """Answers a list's entries by name, None where it is none or a name is missing or twice."""
    if not isinstance(value, list):
        return None
    found = _Named()
    for one in value:
        name = one.get(NAME) if isinstance(one, dict) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = one
    return found


def differences(name: str, before: Any, now: Any) -> Iterator[Taken]:
    """Gives the fields in which two values differ, as deep as both are mappings."""
    if equal(before, now):
        return
    inner = _inner(ABSENT, before, now)
    if inner is None:
        yield Taken(name, before, now)
        return
    _, old, new = inner
    for key in (*old, *(one for one in new if one not in old)):
        yield from differences(joined(name, key), old.get(key, ABSENT), new.get(key, ABSENT))


def lines_of(text: str) -> dict[str, list[str]]:
    """Answers the lines of a file of trust by whom they are about: its first word.

    Comments and empty lines belong to nobody. A line that begins with a marker (`@revoked`) is
    about marker and name together.
    """
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        about = " ".join(words[:2]) if words[0].startswith("@") else words[0]
        found.setdefault(about, []).append(line)
    return found


def with_lines(text: str, lines: Mapping[str, Sequence[str]]) -> str:
    """Answers a file of trust in which these lines stand: each where it stood, new ones at the end.

    Comments stay.
    """
    wanted = {line for some in lines.values() for line in some}
    kept = [
        line
        for line in text.splitlines()
        if not line.strip() or line.lstrip().startswith("#") or line in wanted
    ]
    there = set(kept)
    kept += [line for some in lines.values() for line in some if line not in there]
    return "".join(f"{line}\n" for line in kept)
