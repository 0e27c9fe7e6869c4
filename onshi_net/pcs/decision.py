"""What a decision about a PC is made of: things there, things wanted, conflicts, notes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from onshi_net.facts.pc import PcState
from onshi_net.i18n import text
from onshi_net.model.releases import release_of
from onshi_net.pcs import resources as r

WORKSTATION = 1
FIRST_WINDOWS_10 = 10240
"""Build of the first Windows 10; Windows 11 begins at 22000 (Microsoft, release information)."""
TOLD_DAYS = 365
"""The end of a release is told a year ahead, as `onshi maintenance` does."""
JAPAN = timezone(timedelta(hours=9))
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


def system_conflicts(name: str, state: PcState) -> Iterator[Conflict]:
    """Finds a PC that is no Windows 10 or 11 of a desk."""
    system = state.system
    if system.product_type != WORKSTATION or system.build < FIRST_WINDOWS_10:
        yield Conflict(name, {"caption": system.caption, "build": system.build})


def release_notes(state: PcState, now: datetime) -> Iterator[Note]:
    """Answers what must be said of the PC's release: not known, soon over or over."""
    system = state.system
    known = release_of(system.edition, system.build)
    told = {"caption": system.caption, "build": system.build}
    if known is None:
        yield Note("os-unknown", {**told, "edition": system.edition})
        return
    left = (known.last - now.astimezone(JAPAN).date()).days
    if left < TOLD_DAYS:
        day = known.last.isoformat()
        yield Note("os-ended" if left < 0 else "os-ends", {**told, "name": known.name, "day": day})


def by_key(some: Iterable[r.Resource]) -> Found:
    """Answers things by their keys."""
    return {one.key: one for one in some}
