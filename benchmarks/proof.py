"""What the proof with packets costs a change of the router: demo-clinic, its filters renumbered.

The same change there and back in one lab, with the packets and without, in turns. Prints the median
seconds of both, their difference and their ratio; the goal is a difference of at most 1.5 s. Takes
some two minutes and needs root, for the lab.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.lab.clinic import Clinic  # noqa: E402

SITE = "demo-clinic"
ROUNDS = 5
GOAL_S = 1.5
PROGRAM = """
import sys
from contextlib import nullcontext
from functools import partial
from onshi_net.checks import proof
from onshi_net.cli.run import run
from onshi_net.platforms.yamaha.render import router_config
from onshi_net.provision import packets, site
number, asks, *arguments = sys.argv[1:]
if asks == "without":
    proof.measuring = lambda *_given: nullcontext(packets.unmeasured)
def renumbered(intent):
    return tuple(line.replace("100099", number) for line in router_config(intent))
site.apply_router = partial(site.apply_router, render=renumbered)
sys.exit(run(arguments))
"""


def changed(clinic: Clinic, number: str, asks: str) -> float:
    """Renumbers the last filter; answers the router's seconds, or ends the benchmark."""
    words = [*clinic.options, "provision", SITE, "--only", "router", "--yes", "--json"]
    command = clinic.inside("laptop", sys.executable, "-c", PROGRAM, number, asks, *words)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    (host,) = json.loads(done.stdout)["hosts"]
    if host["state"] != "changed":
        sys.exit(f"nothing was new: {host}")
    return float(host["duration_s"])


def main() -> None:
    """Prints the figures; exits with 1 above the goal."""
    taken: dict[str, list[float]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory() as folder:
        clinic = Clinic.raise_up(SITE, Path(folder))
        try:
            done = clinic.onshi("provision", "--yes")  # PCs too: a healthy site
            if done.returncode != 0:
                sys.exit(done.stderr)
            for _ in range(ROUNDS):
                taken["with"].append(changed(clinic, "100098", "with"))
                taken["without"].append(changed(clinic, "100097", "without"))
        finally:
            clinic.down()
    asked, bare = median(taken["with"]), median(taken["without"])
    print(f"router changed with packets: {asked:.2f} s, without: {bare:.2f} s")
    print(f"ratio: {asked / bare:.2f}, cost: {asked - bare:.2f} s (goal: at most {GOAL_S} s)")
    sys.exit(asked - bare > GOAL_S)


if __name__ == "__main__":
    main()
