"""A disk that gets full under a running change."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def full_at(message: str, runs: Path) -> Callable[..., None]:
    """A progress that fills the disk of the runs' journals once it hears `message` (full(4))."""

    def progress(_host: str, message_id: str, **_values: object) -> None:
        if message_id == message:
            _fill(runs)

    return progress


def _fill(runs: Path) -> None:
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            file = entry.readlink()
            if file.name == "journal.jsonl" and file.is_relative_to(runs):
                full = os.open("/dev/full", os.O_WRONLY)
                os.dup2(full, int(entry.name))
                os.close(full)
