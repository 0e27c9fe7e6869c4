"""Two verifications side by side: every check that ends otherwise, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.checks import State, judge
from onshi_net.checks.compare import turned
from tests.checks.twins import intent_of, twin


@pytest.fixture(scope="module")
def good():
    return judge(twin("demo-clinic-good"), intent_of("demo-clinic"))


NUMBERS = st.lists(st.integers(0, 200), max_size=20)


def test_a_cut_line_turns_what_it_carries(recorded) -> None:
    good, cut = (judge(*recorded(f"demo-clinic-{what}")) for what in ("good", "line-down"))
    turns = turned(good, cut)
    wan = next(turn for turn in turns if turn.one.id == "line.advertised")
    assert str(wan).startswith("line / ONU: ")
    assert "good -> FAILED: " in str(wan)
    assert [turn.to_json()["now"] for turn in turns] == [
        next(one.state for one in cut if one.id == turn.one.id) for turn in turns
    ]
    back = {(turn.one.id, turn.before) for turn in turned(cut, good)}
    assert back == {(turn.one.id, turn.now) for turn in turns}


@given(changed=NUMBERS, gone=NUMBERS)
def test_what_differs_is_told_and_nothing_else(good, changed, gone) -> None:
    before = good
    now = tuple(
        replace(one, state=State.ERROR if at in changed else one.state)
        for at, one in enumerate(before)
        if at not in gone
    )
    states = {one.id: one.state for one in now}
    due = [one.id for one in before if states.get(one.id) is not one.state]
    assert sorted(turn.one.id for turn in turned(before, now)) == sorted(due)
    assert all((turn.now is None) == (turn.one.id not in states) for turn in turned(before, now))
    assert sorted(turn.one.id for turn in turned(now, before)) == sorted(due)
