"""python -m tests.lab.windows.hosted: the lab's tests of PCs, each PC on a real PowerShell engine.

Where there is no engine for this machine it says so and runs none. With
ONSHI_REQUIRE_POWERSHELL=1 that is a failure, unless `ask` itself has none (its exit 3).
"""

from __future__ import annotations

import os
import subprocess
import sys

from . import engine

TESTS = (
    "tests/lab/windows",
    "tests/windows/test_against_lab.py",
    "tests/lab/test_windows_half.py",
    "tests/lab/test_windows_killed.py",
)
"""The same tests that run on the mock's own language."""


def main(arguments: list[str]) -> int:
    """Runs pytest; other tests than those may be named."""
    if reason := engine.missing():
        print(f"no PC on a real engine: {reason}")
        return 0
    options = ["-m", "not mock_language", "-n", "2", "--dist", "loadfile", "--timeout", "1800"]
    command = [sys.executable, "-m", "pytest", *options, *(arguments or TESTS)]
    environment = {**os.environ, "ONSHI_LAB_POWERSHELL": str(engine.ASK)}
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
