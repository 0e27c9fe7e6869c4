"""What is installed on the PC and plugged into it: programs, devices, USB drives.

Programs stand where Windows keeps them, in the registry's Uninstall keys (learn.microsoft.com,
"Uninstall Registry Key"); devices and drives in a file of the state directory.
"""

import json
import threading
from pathlib import Path
from typing import Any

from onshi_lab.windows.registry import Registry

UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
EDGE = ("Microsoft Edge", "130.0.2849.68", "Microsoft Corporation")
"""The brochure's browser (提供機器), in a version of that time."""


class Extras:
    """Devices and drives; each change is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        held: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        self.devices: list[dict[str, str]] = held.get("devices", [])
        """`name`, `class`, `status`."""
        self.drives: dict[str, dict[str, Any]] = held.get("drives", {})
        """By letter with its colon: `label` and the names of the `files` on it."""

    def plug_in(self, name: str, kind: str, status: str = "OK") -> None:
        """Plugs in a device; one of that name is there once."""
        with self._lock:
            others = [one for one in self.devices if one["name"] != name]
            self.devices = [*others, {"name": name, "class": kind, "status": status}]
            self._save()

    def pull_out(self, name: str) -> None:
        """Takes a device or a drive away."""
        with self._lock:
            self.devices = [one for one in self.devices if one["name"] != name]
            self.drives.pop(name, None)
            self._save()

    def put_in(self, letter: str, label: str, files: list[str]) -> None:
        """Plugs in a USB drive."""
        with self._lock:
            self.drives[letter] = {"label": label, "files": files}
            self._save()

    def _save(self) -> None:
        held = {"devices": self.devices, "drives": self.drives}
        self._path.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")


def install(registry: Registry, name: str, version: str, publisher: str = "") -> None:
    """Installs a program: its entry among the installed ones."""
    key = f"{UNINSTALL}\\{name}"
    registry.create(key)
    for field, value in (
        ("DisplayName", name),
        ("DisplayVersion", version),
        ("Publisher", publisher),
    ):
        registry.set(key, field, value)


def remove(registry: Registry, name: str) -> None:
    """Takes a program's entry away."""
    registry.delete(f"{UNINSTALL}\\{name}")
