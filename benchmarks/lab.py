"""How long the lab takes: up, reset, and down with up again, for the largest demo site.

Prints each time in seconds and the ratio of a reset to down and up, which does the same the long
way; the goal is a lab that is up in under 5 s on two cores, and a ratio below 1. Takes about
half a minute and needs root, for the lab.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
SITE = "demo-pharmacy"
ROUNDS = 3


def lab(name: str, *words: str) -> None:
    """Runs `onshi-lab`; raises CalledProcessError when it fails."""
    command = [str(Path(sys.executable).with_name("onshi-lab")), "--name", name, *words]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def seconds(action: Callable[[], None]) -> float:
    """How long an action takes."""
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def main() -> None:
    """Measures all three in turn, several times, and prints the medians."""
    name = f"b{uuid.uuid4().hex[:8]}"
    up = ("up", "--inventory", "inventory", "--site", SITE)
    ups, resets, downs = [], [], []
    try:
        for _ in range(ROUNDS):
            ups.append(seconds(lambda: lab(name, *up)))
            resets.append(seconds(lambda: lab(name, "reset")))
            downs.append(seconds(lambda: lab(name, "down")))
    finally:
        lab(name, "down")
    raised, again, away = median(ups), median(resets), median(downs)
    print(f"{SITE}: up {raised:.1f} s, reset {again:.1f} s, down {away:.1f} s")
    print(f"reset / (down + up): {again / (away + raised):.2f}")


if __name__ == "__main__":
    main()
