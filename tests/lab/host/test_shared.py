"""The folder of named network namespaces is used side by side."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onshi_lab import mounts
from onshi_lab.kernel import shared
from tests.lab.clinic import needs_root


@pytest.mark.timeout(10)
def test_nobody_waits_for_those_who_use_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "is_mount", lambda _path: True)
    monkeypatch.setattr(shared, "_KEPT", [])
    folder = tmp_path / "netns"
    folder.mkdir()
    shared.share(folder)
    shared.share(folder)
    with pytest.raises(BlockingIOError):
        shared.locked_file(shared.lock_of(folder), fcntl.LOCK_EX | fcntl.LOCK_NB)
    namespaces = os.open(folder, os.O_RDONLY)
    fcntl.flock(namespaces, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as `ip netns add` does
    os.close(namespaces)
    monkeypatch.setattr(mounts, "is_mount", lambda _path: False)
    shared.tidy(folder)
    assert [*tmp_path.iterdir()] == [folder]


@pytest.mark.timeout(10)
def test_nobody_waits_for_the_end_of_who_made_it_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two looked at once, one made it and keeps it: the other one looks again."""
    folder = tmp_path / "netns"
    keeper = shared.locked_file(shared.lock_of(folder), fcntl.LOCK_SH)
    looks = [False, True]
    monkeypatch.setattr(mounts, "is_mount", lambda _path: looks.pop(0))
    monkeypatch.setattr(shared, "_KEPT", [])
    shared.share(folder)
    assert looks == []
    os.close(keeper)
    for lock in shared._KEPT:
        os.close(lock)


KEPT = """
import sys
from pathlib import Path
from onshi_lab import mounts
from onshi_lab.kernel import shared
mounts.unshare(mounts.NEW_MOUNTS)
mounts.mount(None, "/", None, mounts.PRIVATE | mounts.RECURSIVE)
place = Path(sys.argv[1], "netns")
code = shared.main(["sh", "-c", 'findmnt -n -o SOURCE "$0"; exit 3', str(place)], place)
print(code, [*place.parent.iterdir()])
"""


@needs_root
def test_the_folder_is_there_as_long_as_a_command_runs(tmp_path: Path) -> None:
    command = (sys.executable, "-c", KEPT, str(tmp_path))
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [shared.MARK, "3 []"]
