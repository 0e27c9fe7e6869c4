"""Seeds that once failed, one of each kind, and a small sample of those that never did.

`make sites N=200 SEED=1` runs as many as wanted. Labs run two at a time here, whichever test asks
for its outcome first: a site mostly waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.lab.clinic import needs_root
from tests.lab.sites.exercise import Outcome, exercise

pytestmark = needs_root

PINNED: Mapping[int, str] = {
    2: "seven PCs: the probe's 119 questions kept one another from being heard",
    9: "a host name of 60 letters: no certificate was made for it",
    13: "a receipt PC that is not there: its password was not there either",
}
"""What failed at the seed, and was mended at its root."""
SAMPLE = (31, 30)
"""A site as its sheet says, and one with a lie."""
LABS = 2


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Mapping[int, Future[Outcome]]]:
    """What comes of each seed, under way from the first test on."""
    with ThreadPoolExecutor(LABS) as pool:
        yield {seed: pool.submit(exercise, seed) for seed in (*PINNED, *SAMPLE)}


@pytest.mark.parametrize("seed", [*PINNED, *SAMPLE])
def test_a_generated_site_is_raised_proven_and_broken_as_it_must(
    outcomes: Mapping[int, Future[Outcome]], seed: int
) -> None:
    outcome = outcomes[seed].result()
    assert outcome.failure is None, outcome.line
