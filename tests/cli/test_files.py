"""Files that can't be written: one sentence with name and reason, and no lost measurement."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from onshi_net import errors
from onshi_net.checks import run as checks_run
from onshi_net.cli import render
from onshi_net.cli.run import run
from tests.checks.twins import twin

GOOD = "demo-clinic-good"
FULL = Path("/dev/full")
"""Takes a file's opening and refuses its writing with ENOSPC (full(4))."""


@pytest.fixture
def onshi(inventory: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command; answers its exit code and what it says on standard error."""

    def go(*arguments: str) -> tuple[int, str]:
        code = run(["--lang", "en", "--inventory", str(inventory), *arguments])
        return code, capsys.readouterr().err

    return go


@pytest.mark.parametrize(
    ("number", "name", "sentence", "remedy"),
    [
        (errno.EACCES, "here/lock", "here/lock: Permission denied", "belongs to the user"),
        (errno.ENOTDIR, "here/a", "here/a: Not a directory", ""),
        (errno.ENOSPC, None, "a file can't be written: No space left", "Free some space"),
        (errno.EIO, None, "this computer refuses: Input/output error", ""),
    ],
)
def test_what_the_system_refuses_is_a_sentence(
    number, name, sentence, remedy, onshi, tmp_path, monkeypatch
):
    def refused(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number), *([] if name is None else [tmp_path / name]))

    monkeypatch.setattr(render, "render", refused)
    code, told = onshi("render", "demo-clinic")
    assert code == errors.EXIT_BAD_INPUT
    assert sentence in told
    assert remedy in told
    assert "Traceback" not in told


def test_the_owner_of_the_nearest_folder_is_named(onshi, tmp_path, monkeypatch):
    def refused(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "no" / "such"))

    monkeypatch.setattr(render, "render", refused)
    assert f"belongs to the user '{tmp_path.owner()}'" in onshi("render", "demo-clinic")[1]


def test_a_runs_folder_that_is_none_is_told_with_its_name(onshi, inventory, monkeypatch):
    monkeypatch.setattr(checks_run, "collect", lambda *_a, **_k: twin(GOOD))
    runs = inventory.parent / "runs"
    runs.touch()
    code, told = onshi("verify", "demo-clinic")
    assert code == errors.EXIT_BAD_INPUT
    assert str(runs) in told
    assert "Not a directory" in told


@pytest.mark.parametrize("name", ["no-such-folder/report.xml", "a-file/report.xml", "a-folder"])
def test_a_junit_file_that_can_not_be_written_is_told_before_measuring(
    name, onshi, tmp_path, monkeypatch
):
    (tmp_path / "a-file").touch()
    (tmp_path / "a-folder").mkdir()
    measured = []
    monkeypatch.setattr(checks_run, "collect", lambda *_a, **_k: measured.append(1) or twin(GOOD))
    file = tmp_path / name
    code, told = onshi("verify", "demo-clinic", "--junit", str(file))
    assert code == errors.EXIT_BAD_INPUT
    assert f"--junit: {file}: " in told
    assert measured == []


def test_a_look_at_the_junit_file_leaves_none_and_spoils_none(onshi, tmp_path, monkeypatch):
    def failed(*_: object, **__: object) -> None:
        raise errors.Unreachable("transport.lost", host="router")

    monkeypatch.setattr(checks_run, "collect", failed)
    old, new = tmp_path / "old.xml", tmp_path / "new.xml"
    old.write_text("kept")
    for file in (old, new):
        assert onshi("verify", "demo-clinic", "--junit", str(file))[0] == errors.EXIT_DEVICE
    assert old.read_text() == "kept"
    assert not new.exists()


def test_a_junit_file_is_written(onshi, tmp_path, monkeypatch):
    monkeypatch.setattr(checks_run, "collect", lambda *_a, **_k: twin(GOOD))
    file = tmp_path / "report.xml"
    assert onshi("verify", "demo-clinic", "--junit", str(file))[0] == errors.EXIT_GOOD
    assert "receipt-pc" in file.read_text(encoding="utf-8")


def test_a_disk_that_fills_up_while_measuring_loses_no_result(inventory, capsys, monkeypatch):
    monkeypatch.setattr(checks_run, "collect", lambda *_a, **_k: twin(GOOD))
    base = ["--lang", "en", "--inventory", str(inventory)]
    code = run([*base, "verify", "demo-clinic", "--junit", str(FULL)])
    streams = capsys.readouterr()
    assert code == errors.EXIT_BAD_INPUT
    assert "checks are good" in streams.out
    assert "No space left on device" in streams.err
