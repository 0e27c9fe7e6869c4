"""Samples of what `python -m tests.lab.faults` runs whole: pairs, unnamed faults, healthy runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onshi_lab import inventory
from onshi_lab.faults import CATALOGUE
from tests.budget import DEFAULT_SEED, RUN, examples
from tests.conftest import EXAMPLES, SITES
from tests.lab.clinic import TEST_S, Clinic, needs_root
from tests.lab.faults import judged, unnamed
from tests.lab.faults.__main__ import kept_busy

SITE = inventory.load_site(EXAMPLES, "demo-clinic")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    found = Clinic.raise_up(SITE.name, tmp_path_factory.mktemp("faults"))
    try:
        judged.installed(found)
        yield found
    finally:
        found.down()


@needs_root
@pytest.mark.timeout(TEST_S)
def test_of_two_faults_both_are_named_or_one_masks_the_other(clinic: Clinic) -> None:
    for both in judged.drawn_pairs(SITE, RUN.seed, examples("fault pairs")):
        for fault in both:
            clinic.lab("fault", "set", fault.name)
        said = judged.verified(clinic)
        clinic.lab("fault", "clear")
        names = [one.name for one in both]
        assert judged.of_pair(both, said) in {"both", "masked"}, (names, said.causes)


@needs_root
@pytest.mark.timeout(TEST_S)
def test_an_unnamed_fault_is_placed_rightly_or_not_at_all(clinic: Clinic) -> None:
    for number in range(examples("unnamed faults")):
        one = unnamed.drawn(SITE, RUN.seed, number)
        with unnamed.broken(clinic, one):
            said = judged.verified(clinic)
        assert unnamed.judged(one, said) != "wrong", (str(one), said.causes)


@needs_root
@pytest.mark.timeout(TEST_S)
@pytest.mark.parametrize("busy", [False, True])
def test_a_healthy_site_has_no_cause_however_slow_the_laptop_is(clinic: Clinic, busy: bool) -> None:
    with kept_busy(busy):
        said = judged.verified(clinic)
    assert (said.causes, said.failed) == ((), set())


def test_every_pair_of_segments_of_the_catalogue_can_be_drawn() -> None:
    some = judged.pairs_at(SITE)
    segments = {fault.segment for fault in CATALOGUE if fault.applies(SITE)}
    found = {frozenset(one.segment for one in both) for both in some}
    assert len(found) == len(segments) * (len(segments) - 1) // 2
    assert len(judged.drawn_pairs(SITE, DEFAULT_SEED, 7)) == 7


@pytest.mark.parametrize("name", SITES)
def test_an_unnamed_fault_is_the_same_for_the_same_seed(name: str) -> None:
    site = inventory.load_site(EXAMPLES, name)
    first, again = ([unnamed.drawn(site, 1, n) for n in range(99)] for _ in range(2))
    assert first == again
    assert len({one.place for one in first}) == len(unnamed.places(site))
