"""What happens to files of an inventory: shown as a diff first, then done whole or not at all."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from onshi_net.errors import Fault, InputError, Place
from onshi_net.files import read_regular_text, sync_folder, write_new
from onshi_net.i18n import text


@dataclass(frozen=True, slots=True)
class FileChange:
    """What happens to one file: `old` is None for a new one."""

    path: Path
    old: str | None
    new: str

    @property
    def kind(self) -> str:
        """Answers created, updated or unchanged."""
        if self.old is None:
            return "created"
        return "unchanged" if self.old == self.new else "updated"

    @property
    def diff(self) -> str:
        """Gives the unified diff, '' where nothing changes."""
        old = (self.old or "").splitlines(keepends=True)
        new = self.new.splitlines(keepends=True)
        name = str(self.path)
        before = name if self.old is not None else "/dev/null"
        return "".join(difflib.unified_diff(old, new, before, name))

    def to_json(self) -> dict[str, str]:
        """Gives plain data."""
        return {"path": str(self.path), "kind": self.kind, "diff": self.diff}


def require_unchanged(changes: Iterable[FileChange]) -> None:
    """Holds the files against what the diffs showed. Raises InputError where one differs."""
    faults = [
        Fault(
            Place(change.path),
            text("inventory.changed-since"),
            text("inventory.changed-since.remedy"),
        )
        for change in changes
        if change.old != (text_of(change.path) if change.path.exists() else None)
    ]
    if faults:
        raise InputError(faults)


def text_of(file: Path) -> str:
    """Answers a file's text with its line ends as they are, and its byte order mark."""
    return read_regular_text(file)


def replace_files(changes: Iterable[FileChange]) -> None:
    """Replaces files that exist, each by one rename once all are written beside; keeps their modes.

    A link's target is replaced, not the link. Raises InputError where a file isn't any more what
    its diff showed, OSError; before the first rename nothing has changed.
    """
    updated = [change for change in changes if change.kind == "updated"]
    require_unchanged(updated)
    with ExitStack() as undo:
        renames: list[tuple[Path, Path]] = []
        for change in updated:
            target = Path(os.path.realpath(change.path))
            fresh = target.with_name(f".{target.name}.{os.getpid()}")
            undo.callback(fresh.unlink, missing_ok=True)
            write_new(fresh, change.new.encode("utf-8"))
            fresh.chmod(stat.S_IMODE(target.stat().st_mode))
            renames.append((fresh, target))
        for fresh, target in renames:
            fresh.replace(target)
        for folder in {target.parent for _, target in renames}:
            sync_folder(folder)
