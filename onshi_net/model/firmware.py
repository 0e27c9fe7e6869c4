"""Versions of routers' firmware, and floors between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NUMBERS = re.compile(r"\A\d{1,5}(?:\.\d{1,5}){0,4}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Firmware:
    """Numbers with full stops between them, compared as numbers and shown as they were written.

    `Firmware.parse('15.02.03') < Firmware.parse('15.02.31')`.
    """

    numbers: tuple[int, ...]
    written: str = field(compare=False)

    @classmethod
    def parse(cls, value: str) -> Firmware:
        """Reads `15.02.31` or `1.4`. Raises ValueError for anything else."""
        if not _NUMBERS.match(value):
            raise ValueError(f"not a firmware version: {value!r}")
        return cls(tuple(map(int, value.split("."))), value)

    def __str__(self) -> str:
        """Gives the version as it was written."""
        return self.written
