"""What a decision about a PC is made of: things there, things wanted, conflicts, notes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from onshi_net.facts.pc import PcState
from onshi_net.i18n import text
from onshi_net.pcs import resources as r

Found = dict[r.Key, r.Resource]
Wanted = dict[r.Key, r.Resource | None]


class Why(StrEnum):
    """Why a PC is refused; the catalogue has a sentence and a remedy for each."""

    TERMINAL_OS = "terminal-os"
    RECEIPT_OS = "receipt-os"
    NO_ADDRESS = "no-address"
    ON_LINK = "on-link"
    ON_LINK_ROUTE = "on-link-route"
    DHCP_ROUTE = "dhcp-route"
    OWN_NEXT_HOP = "own-next-hop"
    NEXT_HOP_OFF_LINK = "next-hop-off-link"


class Left(StrEnum):
    """What is not right and is left to a person; the catalogue has a sentence for each."""

    CLOCK = "clock"
    DHCP = "dhcp"
    NO_SERVICE = "no-service"
    NO_CERTIFICATE = "no-certificate"
    CERTIFICATE_DAYS = "certificate-days"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a PC is refused, with the values of its sentence."""

    name: Why
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"windows.conflict.{self.name}", **self.values)

    @property
    def remedy(self) -> str:
        """What a person must do first."""
        return text(f"windows.conflict.{self.name}.remedy", **self.values)


@dataclass(frozen=True, slots=True)
class Note:
    """What is left to a person, with the values of its sentence."""

    name: Left
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Gives the sentence in the current language."""
        return text(f"windows.note.{self.name}", **self.values)


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
    """Answers what killed runs left on a PC."""
    some = (line.partition(" ") for line in state.leftovers)
    things = [r.Leftover(name, is_task=kind == "task") for kind, _, name in some]
    return {thing.key: thing for thing in things}


def clock_notes(state: PcState, now: datetime, tolerance_s: int) -> tuple[Note, ...]:
    """Answers the note of a clock that is off by more than the tolerance."""
    off = (state.system.utc - now).total_seconds()
    return (Note(Left.CLOCK, {"seconds": round(off)}),) if abs(off) > tolerance_s else ()


def by_key(some: Iterable[r.Resource]) -> Found:
    """Answers things by their keys."""
    return {one.key: one for one in some}
