"""`python -m tests.lab.faults single|pairs|healthy|unnamed`: the catalogue against `verify`.

    single   every fault that the site can have, one after the other
    pairs    every pair of faults of different segments (`--count N`: so many, drawn by the seed)
    healthy  the site with nothing broken, `--count` times; `--busy`: on a machine kept busy
    unnamed  `--count` random things on a random link or device, known by their place alone

Each line is one verification: what was set, what came of it, and what was blamed. The last one sums
them up. Exit 1 where anything was blamed that was not broken.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onshi_lab import inventory
from onshi_lab.site import Site
from tests.budget import DEFAULT_SEED
from tests.conftest import EXAMPLES, SITES
from tests.lab.clinic import Clinic
from tests.lab.faults import judged, unnamed

Lines = Iterator[tuple[str, str, str]]
"""What was set, what came of it, what was blamed."""
WRONG = frozenset({"wrong", "false cause", "failed"})


def shown(said: judged.Said) -> str:
    """Each cause as `segment/party: its first check`."""
    some = [f"{one['segment']}/{one['party']}: {', '.join(one['checks'])}" for one in said.causes]
    return "; ".join(some) or "-"


def single(clinic: Clinic, site: Site, options: argparse.Namespace) -> Lines:
    for fault in judged.apply_at(site, options.fault):
        clinic.lab("fault", "set", fault.name)
        said = judged.verified(clinic)
        clinic.lab("fault", "clear", fault.name)
        yield f"{fault.name} ({fault.segment})", judged.of_one(fault, said), shown(said)


def pairs(clinic: Clinic, site: Site, options: argparse.Namespace) -> Lines:
    some = judged.pairs_at(site)
    for both in judged.drawn_pairs(site, options.seed, options.count or len(some)):
        for fault in both:
            clinic.lab("fault", "set", fault.name)
        said = judged.verified(clinic)
        clinic.lab("fault", "clear")
        names = " + ".join(f"{one.name} ({one.segment})" for one in both)
        yield names, judged.of_pair(both, said), shown(said)


@contextmanager
def kept_busy(wanted: bool) -> Iterator[None]:
    """Keeps every processor busy with twice as many programs as there are."""
    count = 2 * multiprocessing.cpu_count() if wanted else 0
    busy = [multiprocessing.Process(target=spin, daemon=True) for _ in range(count)]
    for one in busy:
        one.start()
    try:
        yield
    finally:
        for one in busy:
            one.terminate()
            one.join()


def spin() -> None:
    while True:
        pass


def healthy(clinic: Clinic, _site: Site, options: argparse.Namespace) -> Lines:
    with kept_busy(options.busy):
        for number in range(options.count or 50):
            said = judged.verified(clinic)
            word = "false cause" if said.causes else "failed" if said.failed else "good"
            if word == "good" and said.exit_code:
                word = "not measured"
            yield f"run {number + 1}", word, shown(said)


def random_ones(clinic: Clinic, site: Site, options: argparse.Namespace) -> Lines:
    for number in range(options.count or 50):
        one = unnamed.drawn(site, options.seed, number)
        with unnamed.broken(clinic, one):
            said = judged.verified(clinic)
        yield f"{number}: {one}", unnamed.judged(one, said), shown(said)


MODES = {"single": single, "pairs": pairs, "healthy": healthy, "unnamed": random_ones}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--site", action="append", choices=SITES, help="default: demo-clinic")
    parser.add_argument("--fault", action="append", default=[], help="of `single`: only these")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    counted: Counter[str] = Counter()
    for name in options.site or ["demo-clinic"]:
        site = inventory.load_site(EXAMPLES, name)
        with tempfile.TemporaryDirectory() as folder:
            clinic = Clinic.raise_up(name, Path(folder))
            try:
                judged.installed(clinic)
                for what, word, blamed in MODES[options.mode](clinic, site, options):
                    counted[word] += 1
                    print(f"{name}: {what}: {word}: {blamed}", flush=True)
            finally:
                clinic.down()
    print(json.dumps(counted, sort_keys=True))
    sys.exit(1 if WRONG & counted.keys() else 0)


if __name__ == "__main__":
    main()
