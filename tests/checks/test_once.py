"""What several checks ask is asked once a judgement, and never longer kept."""

from __future__ import annotations

import pytest

from onshi_net.checks.once import judging, once


def test_an_answer_holds_for_one_judgement():
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        return len(asked)

    assert [once(("a",), ask), once(("a",), ask)] == [1, 2]
    for expected in (3, 4):
        with judging():
            assert [once(("a",), ask), once(("a",), ask)] == [expected, expected]
            assert once(("b",), lambda: "other") == "other"
    assert once(("a",), ask) == 5


def test_a_refusal_is_the_answer_of_all_who_ask():
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        raise KeyError("x")

    with judging():
        for _ in range(3):
            with pytest.raises(KeyError, match="x"):
                once(("a",), ask)
    assert len(asked) == 1
