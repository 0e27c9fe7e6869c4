"""The PC's own clock, which can be wrong."""

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

JAPAN = timezone(timedelta(hours=9), "Tokyo Standard Time")
"""The time zone of every PC of a site."""


class Clock:
    """Time with an error that survives a reboot, like a bad real-time clock."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        stored = path is not None and path.exists()
        self.skew = float(path.read_text()) if stored and path is not None else 0.0

    def set_skew(self, seconds: float) -> None:
        """Puts the clock ahead by so many seconds."""
        self.skew = seconds
        if self._path is not None:
            self._path.write_text(str(seconds))

    def now(self) -> float:
        """Seconds since the epoch, as this PC believes."""
        return time.time() + self.skew

    def local(self) -> datetime:
        """The local date and time."""
        return datetime.fromtimestamp(self.now(), JAPAN)
