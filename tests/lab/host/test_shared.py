"""The folder of named network namespaces is used side by side."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from onshi_lab import mounts
from onshi_lab.kernel import shared


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
