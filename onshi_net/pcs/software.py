"""What of the terminal's software is as somebody said, and of what nobody said anything. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from onshi_net.facts.views import Software
from onshi_net.intent.windows import SoftwareIntent, TerminalIntent
from onshi_net.model.software import Item

WORKS = "OK"
"""Status of a device that works (Win32_PnPEntity, Status)."""


class Word(StrEnum):
    """How one thing stands."""

    RIGHT = "right"
    MISSING = "missing"
    OTHER_VERSION = "other-version"
    FAULTY = "faulty"
    """A device that is there and does not work."""
    NOT_TOLD = "not-told"
    """Nobody said what is to be there: nothing is known."""
    NOT_READ = "not-read"
    """The PC could not tell."""


WRONG = frozenset({Word.MISSING, Word.OTHER_VERSION, Word.FAULTY})
UNKNOWN = frozenset({Word.NOT_TOLD, Word.NOT_READ})
BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing: what it is (an item's word, or `backup`), how it stands, what is told of it."""

    item: str
    word: Word
    name: str = ""
    wanted: str = ""
    found: str = ""
    """The version that is there, or a device's state."""


def standings(intent: TerminalIntent, software: Software | None) -> tuple[Standing, ...]:
    """Answers how each thing of the table stands, the certificate's backup last."""
    told = {one.item: one for one in intent.software}
    some = [
        _standing(told[item], software) if item in told else Standing(item, Word.NOT_TOLD)
        for item in Item
    ]
    return (*some, _backup(intent, software))


def _standing(wanted: SoftwareIntent, software: Software | None) -> Standing:
    there = _there(software, device=wanted.device) if software is not None else None
    if there is None:
        return Standing(wanted.item, Word.NOT_READ, wanted.name)
    states = [state for name, state in there if fnmatchcase(name, wanted.name.lower())]
    if not states:
        return Standing(wanted.item, Word.MISSING, wanted.name, wanted.version or "")
    if wanted.device:
        word = Word.RIGHT if WORKS in states else Word.FAULTY
        return Standing(wanted.item, word, wanted.name, WORKS, states[0])
    right = [one for one in states if _is_version(one, wanted.version)]
    word = Word.RIGHT if right else Word.OTHER_VERSION
    return Standing(wanted.item, word, wanted.name, wanted.version or "", (right or states)[0])


def _there(software: Software, *, device: bool) -> list[tuple[str, str]] | None:
    """Answers name and state (a program's version) of what is there; None: it was not read."""
    if device and software.devices is not None:
        return [(one.name.lower(), one.status) for one in software.devices]
    if not device and software.programs is not None:
        return [(one.name.lower(), one.version) for one in software.programs]
    return None


def _is_version(found: str, wanted: str | None) -> bool:
    return wanted is None or found == wanted or found.startswith(f"{wanted}.")


def _backup(intent: TerminalIntent, software: Software | None) -> Standing:
    """Answers how the backup stands: seen by a person on a day, or on a plugged-in drive."""
    if intent.certificate_backup is not None:
        return Standing(BACKUP, Word.RIGHT, found=intent.certificate_backup.isoformat())
    drives = (software.drives or ()) if software is not None else ()
    kept = next((one for one in drives if one.certificates), None)
    if kept is not None:
        return Standing(BACKUP, Word.RIGHT, found=f"{kept.drive} {kept.label}".strip())
    return Standing(BACKUP, Word.NOT_TOLD)
