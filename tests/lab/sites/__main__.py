"""`python -m tests.lab.sites --seeds 1..200`: exercises generated sites, a line a seed, a summary.

Exit codes: 0 all as they must be, 1 some were not (they are listed), 2 usage.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.lab.sites.compose import generate
from tests.lab.sites.dimensions import ON, Dimension
from tests.lab.sites.exercise import Outcome, Step, exercise

MOST_LABS = 4
"""So many labs at once; a dozen daemons each."""


def seeds(text: str) -> range:
    """`3..7` or `5` as a range of seeds."""
    first, dots, last = text.partition("..")
    found = range(int(first), int(last if dots else first) + 1)
    if not found:
        raise ValueError(text)
    return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m tests.lab.sites", description=__doc__)
    top.add_argument("--seeds", type=seeds, required=True, nargs="+", metavar="A..B")
    top.add_argument("--jobs", type=int, default=2, choices=range(1, MOST_LABS + 1))
    names = [one.value for one in Dimension]
    top.add_argument("--on", action="append", default=[], choices=names, help="besides")
    top.add_argument("--off", action="append", default=[], choices=names)
    top.add_argument("--list", action="store_true", help="only say which sites they are")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Exercises the seeds."""
    options = parser().parse_args(argv)
    on = (ON | {Dimension(one) for one in options.on}) - {Dimension(one) for one in options.off}
    chosen = [seed for some in options.seeds for seed in some]
    if options.list:
        for seed in chosen:
            print(generate(seed, on).line)
        return 0
    if os.geteuid() != 0:
        print("the labs need root for network namespaces: run it with sudo", file=sys.stderr)
        return 2
    outcomes = _all(chosen, on, options.jobs)
    _summary(outcomes)
    return 1 if any(one.failure for one in outcomes) else 0


def _all(some: Sequence[int], on: frozenset[Dimension], jobs: int) -> list[Outcome]:
    """The outcomes by seed; what this program itself can't do is that seed's failure."""
    found = []
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(exercise, seed, on): seed for seed in some}
        for future in as_completed(running):
            error = future.exception()
            if error is None:
                found.append(future.result())
            else:
                broken = Step("exercise", 0.0, "".join(traceback.format_exception(error)))
                found.append(Outcome(generate(running[future], on), (broken,)))
            print(found[-1].line, flush=True)
    return sorted(found, key=lambda one: one.site.seed)


def _summary(outcomes: Sequence[Outcome]) -> None:
    failed = [one for one in outcomes if one.failure]
    lies = Counter(one.site.lie.name for one in outcomes if one.site.lie)
    unnamed = Counter(one.site.lie.name for one in failed if one.site.lie)
    seconds = statistics.median(one.seconds for one in outcomes)
    print(f"\n{len(outcomes)} sites, {len(failed)} failed, {seconds:.0f} s a site (median)")
    for name, count in sorted(lies.items()):
        print(f"  lie {name}: told {count}, failed {unnamed[name]}")
    if failed:
        print("failing seeds: " + " ".join(str(one.site.seed) for one in failed))
    for one in failed:
        print(f"  {one.line}")


if __name__ == "__main__":
    sys.exit(main())
