"""A process that holds a lock until it is told to end, as another `onshi` of the laptop does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_HOLDS = """
import os, sys
os.umask(int(sys.argv[2], 8))
from pathlib import Path
from onshi_net import locks
with locks.held(Path(sys.argv[1]), locks.job_here("site-a", Path("/srv/a")), shared=True):
    if sys.argv[3] == "child":
        import subprocess
        subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    print("held", flush=True)
    sys.stdin.read()
"""
_CHANGES = """
import sys
from pathlib import Path
from onshi_net.provision.devicelock import changing
with changing("router", "site-a", Path("/srv/a/runs"), sys.argv[1:]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _python(program: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        **options,
    )  # fmt: skip


@contextmanager
def _until_held(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    assert process.stdout is not None
    with process:
        try:
            said = process.stdout.readline()
            assert said == "held\n", process.stderr and process.stderr.read()
            yield process
        finally:
            if process.poll() is None:
                process.stdin.close()  # type: ignore[union-attr]
                process.wait(10)


@contextmanager
def holding(
    file: Path, *, umask: str = "022", child: str = "", **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """Gives a process that holds a lock file."""
    with _until_held(_python(_HOLDS, str(file), umask, child, **options)) as process:
        yield process


@contextmanager
def changing_elsewhere(names: Iterable[str]) -> Iterator[subprocess.Popen[str]]:
    """Gives a process that changes the device of these names, for another inventory."""
    with _until_held(_python(_CHANGES, *names, env=dict(os.environ))) as process:
        yield process
