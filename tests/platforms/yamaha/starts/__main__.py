"""Many starts: `python -m tests.platforms.yamaha.starts --n 5000 --seed 1 --jobs 2`.

With `--packets` real packets are sent after every line of each plan, as root, one start at a time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.platforms.yamaha.starts.generate import start
from tests.platforms.yamaha.starts.judge import Verdict, judge


def one(seed: int) -> Verdict:
    """Judges the start of a seed."""
    return judge(start(seed))


def main() -> int:
    """Prints each failing seed, then what was decided; 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--packets", action="store_true")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.n)
    if asked.packets and os.geteuid() != 0:
        print("packets need root for network namespaces: run it with sudo", file=sys.stderr)
        return 2
    return with_packets(seeds) if asked.packets else by_algebra(seeds, asked.jobs)


def by_algebra(seeds: Sequence[int], jobs: int) -> int:
    """Judges starts, several at once."""
    lines = moments = failed = 0
    with multiprocessing.Pool(jobs) as pool:
        for verdict in pool.imap_unordered(one, seeds, chunksize=5):
            lines += verdict.lines
            moments += verdict.moments
            if verdict.faults:
                failed += 1
                print(f"seed {verdict.seed}, {verdict.model}: {len(verdict.faults)} faults")
                print("".join(f"  {fault}\n" for fault in verdict.faults[:4]), end="", flush=True)
    print(
        f"seeds {seeds[0]}..{seeds[-1]}: {len(seeds)} starts, {lines} lines, {moments} moments "
        f"decided under every reading; {failed} starts failed"
    )
    return 1 if failed else 0


def with_packets(seeds: Sequence[int]) -> int:
    """Asks the mock's kernel by packets after every line of each start's plan."""
    from onshi_lab import room
    from tests.platforms.yamaha.starts.packets import ask

    room.enter_as_root()
    moments = packets = passed = disagreements = 0
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="onshi-packets-") as folder:
            asked = ask(start(seed), Path(folder))
        moments += asked.moments
        packets += asked.packets
        passed += asked.passed
        disagreements += len(asked.disagreements)
        for told in asked.disagreements[:4]:
            print(f"seed {seed}, {asked.model}: {told}", flush=True)
    room.leave_as_root()
    print(
        f"seeds {seeds[0]}..{seeds[-1]}: {moments} moments asked with {packets} packets, of which "
        f"{passed} pass; {disagreements} disagreements"
    )
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
