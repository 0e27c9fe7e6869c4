"""A bond: when, how and by what evidence a device's key came to be trusted.

It stands in the comment of the key's line, as words `onshi:<name>=<value>`, so that the file alone
tells it; OpenSSH passes comments over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote, unquote

_WORD = re.compile(r"\Aonshi:(at|by|mac|serial)=(\S+)\Z")


class By(StrEnum):
    """Who said that the key is the device's."""

    PERSON = "person"
    """A person compared what was shown and said yes."""
    FINGERPRINT = "fingerprint"
    """The fingerprint was given beforehand, and the device showed it."""
    YES = "yes"
    """Nobody compared it: nothing contradicted (`provision.bind`)."""


@dataclass(frozen=True, slots=True)
class Bond:
    """Who bound a key, when (ISO 8601), and what was seen; '' for what a line does not tell."""

    at: str = ""
    by: str = ""
    mac: str = ""
    serial: str = ""
    """The serial number that the inventory gave the device then."""

    @classmethod
    def now(cls, by: By, mac: str, serial: str) -> Bond:
        """Answers a bond that is made now."""
        return cls(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", by.value, mac, serial)

    @property
    def words(self) -> tuple[str, ...]:
        """Gives the words of a line's comment."""
        given = ((one.name, getattr(self, one.name)) for one in fields(self))
        return tuple(f"onshi:{name}={quote(value, safe=':')}" for name, value in given if value)

    def told(self) -> dict[str, str]:
        """Gives plain data for a journal, whose own `at` is the event's time."""
        return {"bound_at": self.at, "by": self.by, "mac": self.mac, "sheet_serial": self.serial}


def bond_of(words: Iterable[str]) -> Bond:
    """Reads the words of a line's comment; others are passed over."""
    said: dict[str, str] = {}
    for match in map(_WORD.match, words):
        if match:  # the first one counts: ours, as what the device calls itself stands behind
            said.setdefault(match[1], unquote(match[2]))
    return Bond(**said)
