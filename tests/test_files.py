"""Files for their owner only, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from onshi_net.files import (
    open_private,
    private_folder,
    read_regular,
    read_regular_text,
    write_private,
)


@pytest.fixture(params=[0, 0o022, 0o077])
def _umask(request: pytest.FixtureRequest):
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_what_is_new_is_the_owners_alone(tmp_path):
    private_folder(tmp_path / "a" / "b")
    os.close(open_private(tmp_path / "a" / "b" / "c", os.O_WRONLY | os.O_CREAT))
    write_private(tmp_path / "a" / "d", b"x")
    modes = {path.name: mode(path) for path in (tmp_path / "a").rglob("*")}
    assert modes == {"b": 0o700, "c": 0o600, "d": 0o600}
    assert mode(tmp_path / "a") == 0o700


def test_what_is_old_loses_the_rights_of_others_and_a_shared_folder_keeps_them(tmp_path):
    file, folder = tmp_path / "f", tmp_path / "d"
    file.write_bytes(b"old")
    folder.mkdir()
    file.chmod(0o664)
    folder.chmod(0o755)
    os.close(open_private(file, os.O_WRONLY))
    private_folder(folder)
    assert (mode(file), mode(folder)) == (0o600, 0o755)
    private_folder(folder, ours=True)
    assert mode(folder) == 0o700
    file.chmod(0o644)
    write_private(file, b"new")
    assert (mode(file), file.read_bytes()) == (0o600, b"new")


def test_a_device_keeps_its_rights():
    before = mode(Path("/dev/full"))
    os.close(open_private(Path("/dev/full"), os.O_WRONLY))
    assert mode(Path("/dev/full")) == before
    with pytest.raises(OSError, match="No space left"):
        write_private(Path("/dev/full"), b"x")


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_private(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"x"


def test_a_disk_that_fills_up_leaves_the_old_file_and_is_named(tmp_path, monkeypatch):
    file = tmp_path / "f"
    write_private(file, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_private(file, b"new")
    assert str(tmp_path) in caught.value.filename
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert file.read_bytes() == b"old"


def test_a_pipe_a_folder_and_a_device_are_no_file_to_wait_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/zero")):
        with pytest.raises(OSError) as caught:
            read_regular(place)
        assert str(caught.value.filename) == str(place)


def test_a_file_of_ours_is_read_to_its_end_and_a_huge_one_not(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes("日本語\r\n".encode())
    assert read_regular_text(file) == "日本語\r\n"
    with pytest.raises(OSError, match="10"):
        read_regular(file, 10)
