"""The table of docs/testing.md: it is the one in code, and nothing falls out of both runs."""

from __future__ import annotations

import pytest

from tests import budget


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> budget.Run:
    """A run of pytest of the test's own."""
    monkeypatch.setattr(budget, "RUN", budget.Run())
    return budget.RUN


def test_the_page_shows_the_table_of_the_code():
    text = budget.PAGE.read_text(encoding="utf-8")
    assert budget.page(text, budget.durations()) == text


def test_what_was_measured_exists():
    assert [
        file
        for file in budget.by_file(budget.durations())
        if not budget.ROOT.joinpath(file).is_file()
    ] == []


def test_a_kind_names_tests_that_there_are():
    for kind in budget.KINDS:
        for file, _, name in (one.partition("::") for one in kind.tests if "::" in one):
            text = budget.ROOT.joinpath(file).read_text(encoding="utf-8")
            assert f"def {name.partition('[')[0]}" in text, kind.name


def test_a_sample_is_drawn_by_the_seed_and_reaches_over_all(run: budget.Run):
    samples = set()
    for run.seed in range(400):
        sample = budget.drawn("router-drops", range(90))
        assert [one * len(sample) // 90 for one in sample] == list(range(len(sample)))
        assert sample == budget.drawn("router-drops", range(90))
        samples.add(tuple(sample))
    assert len(samples) > 300
    assert set().union(*samples) == set(range(90))


def test_a_full_run_takes_every_case_and_a_sample_leaves_out_cases_only(run: budget.Run):
    faults = [f"{budget.BY_NAME['diagnosis'].tests[0]}[{n}]" for n in range(32)]
    others = ["tests/test_budget.py::test_x", "tests/lab/engine/test_up.py::TestUp::test_y"]
    assert set(others) < budget.chosen([*faults, *others])
    assert len(budget.chosen([*faults, *others])) == budget.BY_NAME["diagnosis"].sample + 2
    run.full = True
    assert budget.chosen([*faults, *others]) == {*faults, *others}
    assert budget.drawn("router-drops", range(80)) == list(range(80))


def test_a_full_run_tries_at_least_as_much(run: budget.Run):
    for kind in budget.KINDS:
        assert kind.full is None or (kind.sample is not None and kind.full >= kind.sample)
