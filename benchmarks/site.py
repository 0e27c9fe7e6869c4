"""A whole site against its slowest device: demo-pharmacy, three terminals and two receipt PCs.

Each device is provisioned alone, in the order in which one may follow the other, in one lab; then
all of them by one command in a second lab. Prints both times and their ratio; the goal is at most
1.3. Takes about a minute and needs root, for the lab.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.lab.clinic import Clinic  # noqa: E402

SITE = "demo-pharmacy"
ROUNDS = 3
GOAL = 1.3


def changed(clinic: Clinic, *options: str) -> dict[str, float]:
    """Provisions and answers each host's seconds; ends the benchmark where that fails."""
    done = clinic.onshi("provision", "--yes", "--json", *options)
    if done.returncode != 0:
        sys.exit(done.stderr)
    hosts = json.loads(done.stdout)["hosts"]
    if any(one["state"] != "changed" for one in hosts):
        sys.exit(f"not everything was new: {hosts}")
    return {one["host"]: one["duration_s"] for one in hosts}


def alone(folder: Path) -> dict[str, float]:
    """Provisions one device after the other; answers the seconds of each."""
    clinic = Clinic.raise_up(SITE, folder)
    try:
        plan = json.loads(clinic.onshi("plan", "--json").stdout)
        hosts = [one["host"] for one in plan["hosts"]]
        hosts.sort(key=lambda name: name != "router")  # it was never met: its plan comes last
        return {host: changed(clinic, "--only", host)[host] for host in hosts}
    finally:
        clinic.down()


def together(folder: Path) -> float:
    """Provisions the site by one command; answers the seconds until its last device was done."""
    clinic = Clinic.raise_up(SITE, folder)
    try:
        return max(changed(clinic).values())
    finally:
        clinic.down()


def main() -> None:
    """Prints times and ratio of the median round; exits with 1 above the goal."""
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            devices = alone(Path(one))
            whole = together(Path(other))
        slowest = max(devices, key=lambda host: devices[host])
        rounds.append((whole / devices[slowest], whole, slowest, devices[slowest]))
    ratio, whole, slowest, seconds = sorted(rounds)[len(rounds) // 2]
    print(f"slowest device alone ({slowest}): {seconds:.2f} s")
    print(f"whole {SITE}: {whole:.2f} s")
    print(f"ratio: {ratio:.2f} (goal: at most {GOAL})")
    sys.exit(ratio > GOAL)


if __name__ == "__main__":
    main()
