"""What the PC wrote down: a JSON-lines event log that a test can search for secrets.

One line an event: ``{"time", "log", "id", "provider", "data"}``. Event ids follow
learn.microsoft.com: 4624/4625/4740 (logon, failed logon, lock-out), 4688 (process creation, with
the command line), 4104 (about_Logging, script block logging), 106/140/141/200/201 (Task Scheduler
operational log).
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SECURITY = "Security"
SYSTEM = "System"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
TASKS = "Microsoft-Windows-TaskScheduler/Operational"
WINRM = "Microsoft-Windows-WinRM/Operational"

PROVIDERS = {
    SECURITY: "Microsoft-Windows-Security-Auditing",
    SYSTEM: "Microsoft-Windows-Kernel-General",
    POWERSHELL: "Microsoft-Windows-PowerShell",
    TASKS: "Microsoft-Windows-TaskScheduler",
    WINRM: "Microsoft-Windows-WinRM",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One record of one log."""

    time: datetime
    log: str
    id: int
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def provider(self) -> str:
        """The event source that writes to this log."""
        return PROVIDERS[self.log]

    def to_json(self) -> str:
        """The record as one line."""
        record = {
            "time": self.time.isoformat(),
            "log": self.log,
            "id": self.id,
            "provider": self.provider,
            "data": self.data,
        }
        return json.dumps(record, ensure_ascii=False, default=str)


class EventLog:
    """Append-only log, in memory and in one file; safe to use from every thread."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._path = path

    def write(self, log: str, event_id: int, **data: Any) -> None:
        """Records one event."""
        event = Event(datetime.now(UTC), log, event_id, data)
        with self._lock:
            self._events.append(event)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as stream:
                    stream.write(event.to_json() + "\n")

    def events(self, log: str | None = None) -> Iterator[Event]:
        """The events of this run of the PC, oldest first, of one log or of all."""
        with self._lock:
            found = [e for e in self._events if log is None or e.log.lower() == log.lower()]
        return iter(found)
