"""Waits that count in the time in which this process could run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from onshi_net.probe.clock import BEAT_S, Clock

WAIT_S, HELD_UP_S = 0.2, 0.6


def run(test: Callable[[Clock], Awaitable[object]]) -> None:
    async def go() -> None:
        clock = Clock()
        try:
            await test(clock)
        finally:
            clock.stop()

    asyncio.run(go())


def stand_still() -> None:
    """The machine does something else: the loop can't run."""
    time.sleep(HELD_UP_S)


@pytest.mark.parametrize("after", [0.0, BEAT_S / 2, 5 * BEAT_S])
def test_a_wait_grows_by_what_the_process_lost(after: float) -> None:
    async def test(clock: Clock) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(after, stand_still)
        answer = loop.create_future()
        loop.call_later(after + HELD_UP_S + BEAT_S / 2, answer.set_result, "late")
        assert await clock.within(answer, WAIT_S) == "late"
        assert clock.lost >= HELD_UP_S - BEAT_S

    run(test)


def test_a_silence_lasts_as_long_as_it_was_given() -> None:
    async def test(clock: Clock) -> None:
        start = clock.now()
        with pytest.raises(TimeoutError):
            await clock.within(asyncio.get_running_loop().create_future(), WAIT_S)
        assert clock.now() - start >= WAIT_S

    run(test)


def test_its_time_never_goes_back_over_a_beat() -> None:
    async def test(clock: Clock) -> None:
        await asyncio.sleep(BEAT_S)
        stand_still()
        before = clock.now()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert clock.now() >= before

    run(test)


def test_what_is_not_answered_has_ended_when_the_wait_has() -> None:
    ended: list[str] = []

    async def question() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(0)
            ended.append("closed")

    async def test(clock: Clock) -> None:
        with pytest.raises(TimeoutError):
            await clock.within(question(), WAIT_S)
        assert ended == ["closed"]
        outer = asyncio.ensure_future(clock.within(question(), WAIT_S))
        await asyncio.sleep(0.01)
        outer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await outer
        assert ended == ["closed", "closed"]

    run(test)


def test_what_goes_wrong_goes_wrong_at_the_asker() -> None:
    async def question() -> None:
        raise ValueError("its own")

    async def test(clock: Clock) -> None:
        with pytest.raises(ValueError, match="its own"):
            await clock.within(question(), WAIT_S)

    run(test)
