"""Logins that were refused, which nobody tries again: accounts lock after a few of them.

One run never tries a refused login twice, however often it measures. Who verifies many sites by
themselves heeds a file a site, too: what was refused today is not tried until the day is over, or a
person verifies that site alone. It holds names and times, nothing of a password.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from onshi_net.errors import DeviceError, LoginRefused
from onshi_net.files import open_private, private_folder, read_regular_text

T = TypeVar("T")
FILE = "refused-logins.jsonl"
"""In the site's folder of runs; a line a refused login."""
MOST = 4000
"""Lines that are read, the newest."""


class LoginSpared(DeviceError):
    """Raised instead of trying a login that was refused before; nothing was sent."""


class Refused:
    """What was refused in this run and, where `file` is shared and heeded, today."""

    def __init__(self, file: Path | None = None, *, heed: bool = False) -> None:
        """Takes where refused logins are noted; `heed`: those of others count as well."""
        self._file = file
        self._seen: dict[tuple[str, str], datetime] = _today(file) if heed and file else {}

    def sparing(self, host: str, user: str, login: Callable[[], T]) -> T:
        """Logs in and notes a refusal. Raises LoginSpared where it was refused before."""
        before = self._seen.get((host, user))
        if before is not None:
            at = f"{before.astimezone():%m-%d %H:%M}"
            raise LoginSpared("transport.spared", host=host, user=user, at=at)
        try:
            return login()
        except LoginRefused as refused:
            if getattr(refused, "tried_a_password", True):
                self._note(host, user)
            raise

    def _note(self, host: str, user: str) -> None:
        now = datetime.now(UTC)
        self._seen[host, user] = now
        if self._file is None:
            return
        line = json.dumps({"host": host, "user": user, "at": now.isoformat()}) + "\n"
        with suppress(OSError):  # a full disk costs the note, not the measurement
            private_folder(self._file.parent)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with os.fdopen(open_private(self._file, flags), "a") as out:
                out.write(line)


def _today(file: Path) -> dict[tuple[str, str], datetime]:
    """Answers what was refused today by the laptop's own day; what is no such line is passed by."""
    found: dict[tuple[str, str], datetime] = {}
    try:
        lines = read_regular_text(file).splitlines()[-MOST:]
    except (OSError, ValueError):
        return {}
    today = datetime.now().astimezone().date()
    for line in lines:
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            said = json.loads(line)
            at = datetime.fromisoformat(said["at"])
            if at.astimezone().date() == today:
                found[str(said["host"]), str(said["user"])] = at
    return found
