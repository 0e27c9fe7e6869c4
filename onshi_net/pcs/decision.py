"""What a decision about a PC is made of: things there, things wanted, conflicts, notes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Generic, TypeVar

from onshi_net.facts.pc import PcState
from onshi_net.i18n import text
from onshi_net.intent.windows import WindowsIntent
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
I = TypeVar("I", bound=WindowsIntent)  # noqa: E741 - an intent
S = TypeVar("S", bound=PcState)


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
    CREDENTIALS_OFF = "credentials-off"
    NTLM_OUT = "ntlm-out"
    NTLM_SMB = "ntlm-smb"
    NTLM_IN = "ntlm-in"
    NO_WORKSTATION = "no-workstation"
    NO_SMB2 = "no-smb2"
    GUEST_ONLY = "guest-only"
    LINK_BARRED = "link-barred"


class Left(StrEnum):
    """What is not right and is left to a person; the catalogue has a sentence for each."""

    CLOCK = "clock"
    DHCP = "dhcp"
    NO_SERVICE = "no-service"
    NO_CERTIFICATE = "no-certificate"
    CERTIFICATE_DAYS = "certificate-days"
    OS_UNKNOWN = "os-unknown"
    OS_ENDS = "os-ends"
    OS_ENDED = "os-ended"
    OS_OTHER = "os-other"
    RESTART_PENDING = "restart-pending"
    PUBLIC = "public"
    OTHER_FIREWALL = "other-firewall"
    WINRM_OPEN = "winrm-open"
    WINRM_FILTER = "winrm-filter"
    SMB_STRICT = "smb-strict"
    OLD_NTLM = "old-ntlm"
    TRIGGERS = "triggers"


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


@dataclass(frozen=True, slots=True)
class Kind(Generic[I, S]):
    """A kind of thing on one kind of PC: what of it is there, and what must be.

    How it is made so and undone is the template of its name in `templates/windows/change/`; what
    `there` doesn't find and `wanted` doesn't name is nobody's here.
    """

    thing: type[r.Thing]
    there: Callable[[I, S], Iterable[r.Thing]]
    wanted: Callable[[I, S], Iterable[r.Thing]]
    gone: Callable[[I, S], Iterable[r.Thing]] = lambda _intent, _state: ()
    """What is there and must not be."""


def decision(
    kinds: Iterable[Kind[I, S]],
    intent: I,
    state: S,
    conflicts: Iterable[Conflict],
    notes: Iterable[Note],
) -> Decision:
    """Answers what a PC's kinds of things need."""
    found: Found = {}
    wanted: Wanted = {}
    for one in kinds:
        found |= by_key(one.there(intent, state))
        wanted |= dict.fromkeys(by_key(one.gone(intent, state)))
        wanted |= by_key(one.wanted(intent, state))
    return Decision(found, wanted, tuple(conflicts), tuple(notes))


def nothing(_intent: Any, _state: Any) -> Iterable[r.Thing]:
    """Answers no things."""
    return ()


def leftovers(_intent: Any, state: PcState) -> Iterable[r.Thing]:
    """Answers what runs that were cut off left on a PC."""
    return (r.Leftover(name) for name in state.leftovers)


def clock_notes(state: PcState, now: datetime, tolerance_s: int) -> tuple[Note, ...]:
    """Answers the note of a clock that is off by more than the tolerance."""
    off = (state.system.utc - now).total_seconds()
    return (Note(Left.CLOCK, {"seconds": round(off)}),) if abs(off) > tolerance_s else ()


def system_conflicts(name: Why, state: PcState) -> Iterator[Conflict]:
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
        yield Note(Left.OS_UNKNOWN, {**told, "edition": system.edition})
        return
    left = (known.last - now.astimezone(JAPAN).date()).days
    if left < TOLD_DAYS:
        day = known.last.isoformat()
        yield Note(
            Left.OS_ENDED if left < 0 else Left.OS_ENDS, {**told, "name": known.name, "day": day}
        )


def by_key(some: Iterable[r.Resource]) -> Found:
    """Answers things by their keys."""
    return {one.key: one for one in some}
