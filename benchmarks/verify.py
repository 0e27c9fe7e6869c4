"""A whole verification against its slowest single question, at each example site with its line cut.

A cut line is the slowest case: everything beyond it has to be waited for in vain. Prints the
seconds until the cause is named, those of the slowest question of the same run, and their ratio;
the cause must be named within 15 s. Takes about a minute and needs root, for the lab.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.conftest import SITES  # noqa: E402
from tests.lab.clinic import Clinic  # noqa: E402

WITHIN_S = 15.0


def cut(site: str, folder: Path) -> tuple[float, float]:
    """Answers the seconds of the verification and of its slowest question."""
    clinic = Clinic.raise_up(site, folder)
    try:
        done = clinic.onshi("provision", "--yes")
        if done.returncode != 0:
            sys.exit(done.stderr)
        clinic.lab("exec", "onu", "--", "ip", "link", "set", "line", "down")
        start = time.monotonic()
        said = json.loads(clinic.onshi("verify", "--json").stdout)
        seconds = time.monotonic() - start
        return seconds, max(check["duration_s"] for check in said["checks"])
    finally:
        clinic.down()


def main() -> None:
    """Prints a line a site; exits with 1 where naming the cause takes too long."""
    late = False
    for site in SITES:
        with tempfile.TemporaryDirectory() as folder:
            whole, slowest = cut(site, Path(folder))
        late = late or whole > WITHIN_S
        print(f"{site}: {whole:.1f} s, slowest question {slowest:.1f} s: {whole / slowest:.2f}")
    print(f"goal: within {WITHIN_S:.0f} s")
    sys.exit(late)


if __name__ == "__main__":
    main()
