"""A whole verification against its slowest single question, at each example site, good and cut.

A cut line is the slowest case: everything beyond it has to be waited for in vain. The seconds of
the questions come from the laptop's packets (`benchmarks/questions.py`), not from our own report.
Prints the seconds of the command, of its slowest question, and how the first stands to 1.3 times
the second and 0.3 s. Exit 1 where it is more. Takes some two minutes and needs root, for the lab.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.conftest import SITES  # noqa: E402
from tests.lab.clinic import Clinic  # noqa: E402

TIMES, MORE_S = 1.3, 0.3
EAR = ROOT / "benchmarks" / "questions.py"


def measured(clinic: Clinic, folder: Path) -> tuple[float, float, str]:
    """Answers the seconds of a verification, of its slowest question, and that one's name."""
    told = folder / "questions.json"
    command = clinic.inside("laptop", sys.executable, str(EAR), str(told))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ear:
        assert ear.stdout is not None
        ear.stdout.readline()
        begun = time.monotonic()
        clinic.onshi("verify", "--json")
        seconds = time.monotonic() - begun
        ear.terminate()
        ear.wait(30)
    slowest, name = json.loads(told.read_text())[0]
    return seconds, slowest, name


def main() -> None:
    """Prints a line a site and state."""
    late = False
    for site in SITES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            clinic = Clinic.raise_up(site, folder)
            try:
                for step in (("trust", "router", "--yes"), ("provision", "--yes")):
                    if (done := clinic.onshi(*step)).returncode != 0:
                        sys.exit(done.stderr)
                for state in ("good", "cut"):
                    if state == "cut":
                        clinic.lab("fault", "set", "line-down")
                    whole, slowest, name = measured(clinic, folder)
                    goal = TIMES * slowest + MORE_S
                    late = late or whole > goal
                    told = f"{whole:.2f} s, slowest question {slowest:.2f} s ({name})"
                    print(f"{site}, {state}: {told}: {whole / goal:.2f} of the goal", flush=True)
            finally:
                clinic.down()
    sys.exit(late)


if __name__ == "__main__":
    main()
