"""A site travels: packed at home, visited in an empty folder, taken in with a conflict."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from onshi_net.errors import EXIT_GOOD, EXIT_OPEN
from tests.lab.clinic import BIN, LIMIT_S, TEST_S, Clinic, needs_root

pytestmark = needs_root
PASSPHRASE = "a-pack-that-travels-1"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    one = Clinic.raise_up("demo-clinic", tmp_path)
    yield one
    one.down()


def onshi(clinic: Clinic, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs `onshi` on the laptop, in a folder; elsewhere without the lab's passwords."""
    home = folder / "user"
    home.mkdir(exist_ok=True)
    set_ = [f"HOME={home}", f"ONSHI_PACK_PASSPHRASE={PASSPHRASE}"]
    command = ["env", *set_, str(BIN / "onshi"), "--lang", "en"]
    if folder.name == "away":
        given = [f"PATH={os.environ['PATH']}", f"ONSHI_PASSPHRASE={PASSPHRASE}"]
        command = ["env", "-i", *given, *command[1:]]
    return subprocess.run(
        clinic.inside("laptop", *command, *words), capture_output=True, text=True,
        timeout=LIMIT_S, check=False, cwd=folder, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.timeout(TEST_S)
def test_a_site_is_visited_from_its_pack_and_comes_home(clinic: Clinic, tmp_path: Path):
    away, site = tmp_path / "away", clinic.site
    away.mkdir()
    pack = tmp_path / "site.pack"
    done = onshi(clinic, tmp_path, "pack", site, "--out", str(pack))
    assert done.returncode == EXIT_GOOD, done
    done = onshi(clinic, away, "take-in", str(pack))
    assert done.returncode == EXIT_GOOD, done
    done = onshi(clinic, away, "visit", site, "--yes", "--wait", "60")
    assert done.returncode == EXIT_GOOD, done
    (brought,) = away.glob("*.visit")
    laptop = re.search(r"SHA256:\S+", onshi(clinic, away, "pack", site).stdout)
    assert laptop is not None

    facts = tmp_path / "inventory" / "sites" / site / "site.yaml"
    before = facts.read_text(encoding="utf-8")
    router = "{name: router, kind: router, serial: S5X000001, delivered_on: 2026-11-10"
    assert router in before
    said = before.replace(router, f"{router}, mac: '02:00:00:00:00:01'")
    facts.write_text(said, encoding="utf-8")
    trusted = ("take-in", str(brought), "--laptop", laptop.group())
    done = onshi(clinic, tmp_path, *trusted)
    assert done.returncode == EXIT_OPEN, done
    assert "contract.devices.router.mac" in done.stdout
    assert facts.read_text(encoding="utf-8") == said
    done = onshi(clinic, tmp_path, *trusted, "--take", "all")
    assert done.returncode == EXIT_GOOD, done
    taken = facts.read_text(encoding="utf-8")
    assert "ac:44:f2" in taken
    assert list((tmp_path / "runs" / site).glob("*-verify"))
    assert (facts.parent / "baseline.json").exists()
    done = onshi(clinic, tmp_path, *trusted)
    assert done.returncode == EXIT_GOOD, done
    assert facts.read_text(encoding="utf-8") == taken
    done = onshi(clinic, tmp_path, "verify", site)
    assert done.returncode == EXIT_GOOD, done
