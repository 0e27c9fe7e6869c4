"""`python -m tests.mutants FILE`: tries a file's mutants, and prints those that no test notices."""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from os import environ
from pathlib import Path

from tests.mutants.make import Mutant, mutants

ROOT = Path(__file__).parents[2]
HOOK = Path(__file__).with_name("hook")
PATIENCE = 4.0
"""So many times the tests' own time is waited for them; a mutant that takes longer is noticed."""


def mirrored(file: Path) -> list[Path]:
    """The tests of a file: its own in the mirrored folder, else those there that import it.

    Empty where there are none.
    """
    inside = file.relative_to("onshi_net")
    folder = ROOT / "tests" / inside.parent
    own = folder / f"test_{inside.stem}.py"
    if own.exists():
        return [own]
    used = re.compile(rf"\b{re.escape(module_of(file))}\b")
    return [one for one in sorted(folder.glob("test_*.py")) if used.search(one.read_text("utf-8"))]


def module_of(file: Path) -> str:
    """The dotted name of a file of the product."""
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


class Trial:
    """Runs the tests on one mutant after another."""

    def __init__(self, file: Path, tests: list[str], folder: Path) -> None:
        self.module, self.tests, self.folder = module_of(file), tests, folder
        self.limit_s = 3600.0

    def notices(self, number: int, source: str) -> bool:
        """Whether a test fails on a source, or takes far longer than before."""
        changed = self.folder / f"{number}.py"
        changed.write_text(source, encoding="utf-8")
        # Plain: pytest's own loader, which makes asserts tell more, would come before ours.
        words = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--assert=plain")
        paths = [str(HOOK), *filter(None, environ.get("PYTHONPATH", "").split(":"))]
        try:
            done = subprocess.run(
                [sys.executable, "-B", *words, *self.tests],
                cwd=ROOT,
                env={
                    **environ,
                    "PYTHONPATH": ":".join(paths),
                    "ONSHI_MUTANT_MODULE": self.module,
                    "ONSHI_MUTANT_SOURCE": str(changed),
                },
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self.limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def chosen(source: str, lines: str, count: int, seed: int) -> list[Mutant]:
    """The mutants to try: of some lines, or so many by chance."""
    first, _, last = lines.partition("-")
    all_of = list(mutants(source))
    if lines:
        all_of = [one for one in all_of if int(first) <= one.line <= int(last or first)]
    if 0 < count < len(all_of):
        all_of = random.Random(seed).sample(all_of, count)
    return sorted(all_of, key=lambda one: one.line)


def survivors(trial: Trial, some: list[Mutant], jobs: int) -> Iterator[Mutant]:
    """Answers those that no test notices, in their order."""
    with ThreadPoolExecutor(jobs) as pool:
        tried = pool.map(lambda one: trial.notices(one[0], one[1].source), enumerate(some))
        for mutant, noticed in zip(some, tried, strict=True):
            if not noticed:
                yield mutant


def main() -> int:
    """0: every mutant was noticed; 1: some were not; 2: nothing could be tried."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("file", type=Path, help="a file of the product, from the project's root")
    parser.add_argument("--tests", nargs="*", default=[], help="tests instead of its own")
    parser.add_argument("--lines", default="", help="of these lines only, as 10-25")
    parser.add_argument("--n", type=int, default=0, help="so many, drawn by the seed; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    tests = asked.tests or [str(one.relative_to(ROOT)) for one in mirrored(asked.file)]
    if not tests:
        print(f"{asked.file} has no tests in its mirrored folder; name some: TESTS=…")
        return 2
    source = (ROOT / asked.file).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="onshi-mutants-") as name:
        trial = Trial(asked.file, tests, Path(name))
        start = time.monotonic()
        if trial.notices(0, source):
            print(f"the tests fail without any change: {' '.join(tests)}")
            return 2
        trial.limit_s = 10 + PATIENCE * asked.jobs * (time.monotonic() - start)
        some = chosen(source, asked.lines, asked.n, asked.seed)
        left = 0
        for mutant in survivors(trial, some, asked.jobs):
            left += 1
            print(f"{asked.file}:{mutant.line}: {mutant}", flush=True)
    print(f"{len(some)} mutants, {len(some) - left} noticed, {left} not, by {' '.join(tests)}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
