"""Seeds that once failed, one of each kind, and a sample of the others.

`make sites N=200 SEED=1` runs as many as wanted. Two labs run at a time, from the first test on: a
site mostly waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.budget import drawn
from tests.lab.clinic import needs_root
from tests.lab.sites.exercise import Outcome, exercise

pytestmark = needs_root

PINNED: Mapping[int, str] = {
    2: "seven PCs: the probe's 119 questions kept one another from being heard",
    9: "a host name of 60 letters: no certificate was made for it",
    13: "a receipt PC that is not there: its password was not there either",
    94: "another clinic LAN than the sheet says: the laptop stood in it, and nothing was blamed",
    206: "a site name of 60 letters: the row of a terminal ended within what would be lost",
}
"""What failed at the seed, and was mended at its root."""
OTHERS = tuple(seed for seed in range(1, 201) if seed not in PINNED)
SEEDS = (*drawn("mended sites", tuple(PINNED)), *drawn("generated sites", OTHERS))
LABS = 2


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Mapping[int, Future[Outcome]]]:
    """What comes of each seed."""
    with ThreadPoolExecutor(LABS) as pool:
        yield {seed: pool.submit(exercise, seed) for seed in SEEDS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_generated_site_is_raised_proven_and_broken_as_it_must(
    outcomes: Mapping[int, Future[Outcome]], seed: int
) -> None:
    outcome = outcomes[seed].result()
    assert outcome.failure is None, outcome.line
