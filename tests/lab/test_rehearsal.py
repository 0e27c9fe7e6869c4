"""`onshi-lab rehearse`: a site's install day the evening before, and nothing of it afterwards."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from onshi_lab import engine, rehearsal, state
from onshi_lab.errors import LabError, UsageError
from tests.days import working_day
from tests.lab.clinic import BIN, ROOT, needs_root

SITE = "demo-clinic"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "playbooks").symlink_to(ROOT / "playbooks")
    shutil.copytree(ROOT / "inventory", tmp_path / "inventory")
    for kept in tmp_path.glob("inventory/sites/*/known_hosts"):
        kept.unlink()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@needs_root
def test_the_day_goes_from_delivered_to_the_report_and_leaves_its_folder_only(here: Path) -> None:
    name = f"r{uuid.uuid4().hex[:8]}"
    files = {path for path in here.rglob("*") if path.is_file()}
    command = [str(BIN / "onshi-lab"), "--name", name, "rehearse", SITE, "--on", f"{working_day()}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the day went well" in done.stdout
    (report,) = (here / f"rehearsal-{SITE}").glob(f"runs/{SITE}/*-verify/report.html")
    assert "デモ内科クリニック" in report.read_text(encoding="utf-8")
    assert not state.directory(name).exists()
    left = {path for path in here.rglob("*") if path.is_file()} - files
    assert {path.relative_to(here).parts[0] for path in left} == {f"rehearsal-{SITE}"}


def test_without_the_playbooks_it_says_where_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LabError, match="run it in the folder that holds playbooks/"):
        rehearsal.rehearse("x", engine.Order(ROOT / "inventory", SITE), None)


def test_somebody_elses_folder_is_left_alone(here: Path) -> None:
    own = here / f"rehearsal-{SITE}"
    own.mkdir()
    (own / "mine").touch()
    with pytest.raises(UsageError, match="is there and no rehearsal's; move it away"):
        rehearsal.rehearse("x", engine.Order(ROOT / "inventory", SITE), None)
    assert [path.name for path in own.iterdir()] == ["mine"]
