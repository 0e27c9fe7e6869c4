"""The real engine (PowerShell 7.6, hosted), where it lies beside the checkout and runs here.

`python -m tests.lab.windows.engine --n 2000 --seed 1` compares the mock with it on generated
scripts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .conformance import REFUSED, Outcome, outcome
from .conftest import Machine
from .generated import generated

ROOT = Path(__file__).parents[3]
ASK = Path(os.environ.get("ONSHI_POWERSHELL", ROOT.parent / "shared" / "powershell" / "ask"))
AT_ONCE = 200
"""Scripts that one run of the engine answers, so that a busy machine has time for each."""
NO_ENGINE = 3
"""What `ask` ends with on a machine that it has no engine for."""


def missing() -> str:
    """Why the engine can't be asked; '' where it can."""
    if not ASK.exists():
        if os.environ.get("ONSHI_REQUIRE_POWERSHELL") == "1":  # .ci/run
            raise FileNotFoundError(ASK)
        return "no PowerShell engine beside this checkout"
    found = ask_engine("parse", os.devnull, check=False)
    return f"ask: exit {NO_ENGINE}" if found.returncode == NO_ENGINE else ""


def ask_engine(*words: str, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs the engine's command."""
    return subprocess.run(
        [str(ASK), *words], input=text, capture_output=True, text=True, check=check, timeout=600
    )


def answers(scripts: Sequence[str]) -> list[Outcome]:
    """What the engine writes for each script, and the id of the error that ended it."""
    asked = [json.dumps({"id": str(n), "script": one}) for n, one in enumerate(scripts)]
    parts = [asked[at : at + AT_ONCE] for at in range(0, len(asked), AT_ONCE)]
    told = [
        json.loads(line)
        for part in parts
        for line in ask_engine("ask", text="\n".join(part)).stdout.splitlines()
    ]
    by_id = {int(one["id"]): (one["stdout"].rstrip("\n"), one["type"]) for one in told}
    return [by_id[number] for number in range(len(scripts))]


def compared(pc: Machine, seed: int, numbers: Sequence[int]) -> tuple[list[str], int]:
    """The generated scripts that the mock answers otherwise, and how many it refuses by name."""
    scripts = [generated(seed, number) for number in numbers]
    differing, refused = [], 0
    for number, script, wanted in zip(numbers, scripts, answers(scripts), strict=True):
        got = outcome(pc, script)
        if got[1] == REFUSED:
            refused += 1
        elif got != wanted:
            differing.append(
                f"seed {seed}, script {number}:\n{script}\nengine {wanted}\nmock   {got}"
            )
    return differing, refused


def main() -> int:
    """Compares and prints figures; 3 where there is no engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    reason = missing()
    if reason:
        print(reason)
        return NO_ENGINE
    with tempfile.TemporaryDirectory() as folder:
        pc = Machine(Path(folder) / "state")
        differing, refused = compared(pc, options.seed, range(options.n))
    agreeing = options.n - len(differing) - refused
    print(*differing, sep="\n\n")
    print(
        f"seed {options.seed}, scripts {options.n}, agreeing {agreeing}, "
        f"refused loudly {refused}, differing {len(differing)}"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
