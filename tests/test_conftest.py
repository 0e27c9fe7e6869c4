"""What every test uses: the suite's own ground."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

CASES = """
import logging

def test_logged():
    logging.getLogger("x").warning("logged \\ud800")

def test_compared():
    assert "compared \\udfff" == ""

def test_last():
    pass
"""


def test_words_that_are_no_utf_8_end_no_worker(tmp_path: Path) -> None:
    (tmp_path / "test_words.py").write_text(CASES)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-n", "1", "-q", "-rA"]
    done = subprocess.run(
        [*command, "--rootdir", tmp_path, tmp_path],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout
    assert "1 failed" in done.stdout
    assert r"logged \ud800" in done.stdout
    assert "INTERNALERROR" not in done.stdout
