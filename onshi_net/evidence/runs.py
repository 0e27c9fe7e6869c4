"""The stored verifications of a site, by the time that each says of itself.

A laptop whose clock once ran ahead leaves runs whose time has not come yet: they are no newer than
what is measured now, whatever their folders are called.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onshi_net.files import private_folder, read_regular_text

EVIDENCE = "evidence.json"
AHEAD = timedelta(minutes=10)
"""So much later than now a run may say that it was: laptops' clocks are set by hand and by NTP."""
_NAMED = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Runs:
    """Evidence files: `files` in the order of their time, and those whose time is yet to come."""

    files: tuple[Path, ...]
    ahead: tuple[Path, ...] = ()


def verifications(folder: Path, now: datetime | None = None) -> Runs:
    """Answers the verifications below a site's folder of runs, the oldest first.

    Where all of them are yet to come, the clock is wrong now: then none of them is left out.
    """
    latest = (now or datetime.now(UTC)) + AHEAD
    dated = sorted((_time_of(file), file) for file in folder.glob(f"*-verify*/{EVIDENCE}"))
    past = tuple(file for at, file in dated if at <= latest)
    ahead = tuple(file for at, file in dated if at > latest)
    return Runs(past or ahead, ahead)


def new_run(runs: Path, site: str) -> Path:
    """Makes a folder, nobody else's, for a verification that is stored now. Raises OSError."""
    private_folder(runs / site, ours=True)
    while True:
        folder = runs / site / f"{datetime.now(UTC):{_NAMED}.%fZ}-verify"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder


def _time_of(file: Path) -> datetime:
    """Answers the time that evidence says; of a file that says none, what its folder is called."""
    try:
        found = datetime.fromisoformat(json.loads(read_regular_text(file))["taken_at"])
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (OSError, ValueError, LookupError, TypeError):
        return _named(file.parent.name)


def _named(folder: str) -> datetime:
    try:
        return datetime.strptime(folder[:15], _NAMED).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
