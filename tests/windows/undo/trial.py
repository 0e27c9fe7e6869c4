"""One trial: a PC is made, changed while one act fails, judged, and changed again.

`python -m tests.windows.undo.trial --pc terminal --n 300 --seed 1` tries every act of so many
starting states and prints what was told untruly.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from onshi_net import locks
from onshi_net.errors import OnshiError
from onshi_net.provision.windows import WindowsOutcome, apply_windows
from onshi_net.provision.windows.apply import Refused
from tests.windows.fake_pc import secrets

from .injector import How, Injector
from .pc import PcSession
from .starts import KINDS, Start
from .verdict import changed, snapshot, untrue

MEMORY = Path("/dev/shm")
"""Where the PCs' files lie: whether they outlive a power cut is nobody's question here."""
SEVERAL = 3
"""Of so many trials one has the undo fail too."""


@dataclass(frozen=True)
class Case:
    """Which act of which PC fails, and how."""

    pc: str
    seed: str
    number: int
    how: How
    second: int | None = None


@dataclass(frozen=True)
class Ended:
    """How a trial ended."""

    how: str
    act: str
    wrong: tuple[str, ...]
    says: str


def provisioned(start: Start, folder: Path, injector: Injector) -> WindowsOutcome | OnshiError:
    """Provisions a PC as the command does."""
    host = start.intent.access.host

    def opened() -> PcSession:
        return PcSession(start.machine, injector, host)

    try:
        return apply_windows(start.intent, secrets(), opened, runs=folder, site="demo-clinic")
    except OnshiError as error:
        return error


def acts(pc: str, seed: str) -> list[str]:
    """The acts of a change of a PC that nothing fails in; none where it is refused."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patches:
        start, injector = KINDS[pc](Path(name) / "pc", seed), Injector()
        with injector.on(patches):
            injector.counts = True
            before = snapshot(start.machine)
            end = provisioned(start, Path(name) / "runs", injector)
            injector.counts = False
            if isinstance(end, Refused):
                assert not changed(before, snapshot(start.machine))
                return []
            assert isinstance(end, WindowsOutcome), f"{pc} {seed}: {end}"
            assert not untrue(before, start.machine, start.intent, end)
    return injector.seen


def tried(case: Case) -> Ended:
    """Tries a case, and whether the next run makes the PC what it must be."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patches:
        start = KINDS[case.pc](Path(name) / "pc", case.seed)
        injector = Injector(case.number, case.how, case.second)
        with injector.on(patches):
            before = snapshot(start.machine)
            injector.counts = True
            end = provisioned(start, Path(name) / "runs", injector)
            injector.counts = False
            wrong = untrue(before, start.machine, start.intent, end)
            again = provisioned(start, Path(name) / "runs", Injector())
            if not isinstance(again, WindowsOutcome):
                wrong.append(f"the next run: {again}")
            else:
                wrong += untrue(before, start.machine, start.intent, again)
    how = end.state.value if isinstance(end, WindowsOutcome) else end.message
    return Ended(how, ", ".join(injector.failed), tuple(wrong), str(end))


def cases(pc: str, seed: str, count: int | None = None) -> Iterator[Case]:
    """So many acts of a PC (None: every one), each failing in one way; with some, a later one too.

    Of stretches of equal length one is drawn of each, so that first and last are reached.
    """
    chance = random.Random(f"{pc}/{seed}/how")
    total = len(acts(pc, seed))
    parts = total if count is None else min(count, total)
    for part in range(parts):
        number = chance.randrange(part * total // parts, (part + 1) * total // parts)
        second = chance.randrange(6) if chance.randrange(SEVERAL) == 0 else None
        yield Case(pc, seed, number, chance.choice(list(How)), second)


def main() -> int:
    """Tries and prints; exit 1 where something was told untruly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pc", choices=list(KINDS), action="append")
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--acts", type=int, help="so many acts of each state; else every one")
    options = parser.parse_args()
    if MEMORY.is_dir():
        tempfile.tempdir = str(MEMORY)
    with tempfile.TemporaryDirectory() as locked:
        os.environ[locks.VARIABLE] = locked  # another command may try another PC of this name
        Path(locked).chmod(0o1777)
        return run(options)


def run(options: argparse.Namespace) -> int:
    """Tries what the command line asks for; broken off, it tells what was tried until then."""
    began, ends, states, bad = time.monotonic(), Counter[str](), Counter[str](), 0
    with contextlib.suppress(KeyboardInterrupt):
        for number in range(options.first, options.first + options.n):
            for pc in options.pc or list(KINDS):
                for case in cases(pc, f"{options.seed}/{number}", options.acts):
                    ended = tried(case)
                    ends[f"{pc} {ended.how}"] += 1
                    if ended.wrong:
                        bad += 1
                        print(case, ended, "", sep="\n", flush=True)
                states[pc] += 1
    print(*(f"{count:6} {how}" for how, count in sorted(ends.items())), sep="\n")
    print(
        f"seed {options.seed}, states {dict(states)}, failures injected {ends.total()}, "
        f"untrue endings {bad}, {time.monotonic() - began:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
