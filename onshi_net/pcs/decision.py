"""What a decision about a PC is made of: things there, things wanted, conflicts, notes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from onshi_net.facts.pc import PcState
from onshi_net.i18n import text
from onshi_net.pcs import resources as r

Found = dict[r.Key, r.Resource]
Wanted = dict[r.Key, r.Resource | None]


@dataclass(frozen=True, slots=True)
class Remark:
    """Base: a sentence of the catalogue with its values; `kind` and `name` are its id."""

    kind: ClassVar[str]
    name: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"windows.{self.kind}.{self.name}", **self.values)


@dataclass(frozen=True, slots=True)
class Conflict(Remark):
    """Why a PC is refused."""

    kind: ClassVar = "conflict"

    @property
    def remedy(self) -> str:
        """What a person must do first."""
        return text(f"windows.{self.kind}.{self.name}.remedy", **self.values)


@dataclass(frozen=True, slots=True)
class Note(Remark):
    """What is not right and is left to a person."""

    kind: ClassVar = "note"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a PC needs: things there, things wanted (None: must go), conflicts and notes."""

    found: Found
    wanted: Wanted
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def differences(self) -> tuple[r.Difference, ...]:
        """What must change, in order."""
        return r.differences(self.found, self.wanted)


def leftovers(state: PcState) -> Found:
    """Answers what runs that were cut off left on a PC."""
    return by_key(r.Leftover(name) for name in state.leftovers)


def clock_notes(state: PcState, now: datetime, tolerance_s: int) -> tuple[Note, ...]:
    """Answers the note of a clock that is off by more than the tolerance."""
    off = (state.system.utc - now).total_seconds()
    return (Note("clock", {"seconds": round(off)}),) if abs(off) > tolerance_s else ()


def by_key(some: Iterable[r.Resource]) -> Found:
    """Answers things by their keys."""
    return {one.key: one for one in some}
