"""What stands in the way of frames loses, holds up, doubles and alters so many of them."""

from __future__ import annotations

import random

import pytest

from tests.lab.faults.forwarder import ETHERNET, WAYS
from tests.lab.faults.unnamed import SEVERE

FRAME = bytes(range(200))
SENT = 1000


def handed_on(how: str, *numbers: float) -> list[list[tuple[float, bytes]]]:
    """What is handed on for each of a thousand frames."""
    way = WAYS[how](random.Random(1), *numbers)
    return [list(way(FRAME)) for _ in range(SENT)]


@pytest.mark.parametrize("percent", [0, 30, 60, 100])
def test_it_loses_so_many(percent: int) -> None:
    lost = sum(not one for one in handed_on("lose", percent))
    assert lost == pytest.approx(percent * SENT / 100, abs=60)


def test_it_hands_each_on_late_by_so_much() -> None:
    after = [one[0][0] for one in handed_on("late", 400, 100)]
    assert 0.4 <= min(after) < 0.41
    assert 0.49 < max(after) <= 0.5


def test_it_hands_so_many_on_twice() -> None:
    twice = sum(len(one) == 2 for one in handed_on("double", 60))
    assert twice == pytest.approx(600, abs=60)


def test_it_alters_one_byte_of_so_many_behind_the_ethernet_header() -> None:
    found = [one[0][1] for one in handed_on("alter", 40)]
    altered = [one for one in found if one != FRAME]
    assert len(altered) == pytest.approx(400, abs=60)
    assert {len(one) for one in found} == {len(FRAME)}
    assert {one[:ETHERNET] for one in found} == {FRAME[:ETHERNET]}
    assert all(sum(a != b for a, b in zip(one, FRAME, strict=True)) == 1 for one in altered)


def test_it_hands_on_no_more_than_so_many_bytes_a_second() -> None:
    after = [one[0][0] for one in handed_on("slow", 5000) if one]
    assert len(after) == pytest.approx(1.0 * 5000 / len(FRAME), abs=2)  # a second's worth waits
    assert after == sorted(after)


def test_every_odd_thing_that_is_drawn_is_known_to_it() -> None:
    for one in SEVERE:
        how, *numbers = one.split()
        assert list(WAYS[how](random.Random(1), *map(float, numbers))(FRAME)) is not None
