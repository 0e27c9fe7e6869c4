"""Firmware revisions of Yamaha routers, `Rev.15.02.31`, and floors between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REVISION = re.compile(r"\A(?:Rev\.)?(\d{1,2})\.(\d{2})\.(\d{2})\Z")


@dataclass(frozen=True, slots=True, order=True)
class Firmware:
    """A revision that compares by number:

    `Firmware.parse('15.02.03') < Firmware.parse('15.02.31')`.
    """

    family: int
    major: int
    minor: int

    @classmethod
    def parse(cls, value: str) -> Firmware:
        """Reads `15.02.31` or `Rev.15.02.31`. Raises ValueError for anything else."""
        found = _REVISION.match(value)
        if found is None:
            raise ValueError(f"not a firmware revision: {value!r}")
        return cls(*(int(part) for part in found.groups()))

    def __str__(self) -> str:
        """Gives the revision as Yamaha prints it, without `Rev.`."""
        return f"{self.family:02d}.{self.major:02d}.{self.minor:02d}"
