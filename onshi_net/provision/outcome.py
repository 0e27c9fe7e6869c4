"""How a change ends, and how it tells about its progress."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from onshi_net.provision.core import Answer
from onshi_net.provision.plan import RouterPlan


class State(StrEnum):
    """How a change ended; a change that failed raises ChangeUndone or ChangeStuck instead."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    """A dry run: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change of one router ended."""

    host: str
    state: State
    plan: RouterPlan
    lines_sent: int
    folder: Path | None
    """The run's folder with journal and backups; None where nothing was to do."""
    after: tuple[Answer, ...] = ()
    """What packets showed after the change."""


class Progress(Protocol):
    """Is told what happens; `message_id` is a catalogue id that takes `host` and the values."""

    def __call__(self, host: str, message_id: str, **values: object) -> None:
        """Shows or records the message; must not block."""


def silent(host: str, message_id: str, **values: object) -> None:
    """Ignores progress."""
    del host, message_id, values
