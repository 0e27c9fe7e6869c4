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
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_SH)
    shared.share(tmp_path)
    shared.share(tmp_path)
    with pytest.raises(BlockingIOError):
        shared._lock(tmp_path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for descriptor in (other, *shared._KEPT):
        os.close(descriptor)
