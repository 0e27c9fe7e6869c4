"""What the probe makes of a machine that keeps it from running."""

from __future__ import annotations

import asyncio
import time

import pytest

from onshi_net.probe import serve
from onshi_net.probe.net import Net
from onshi_net.probe.protocol import TRIES, Answer, Outcome, Request


def asked(monkeypatch: pytest.MonkeyPatch, busy: int, outcome: Outcome) -> tuple[Answer, int]:
    """Answer and tries of a question during whose first `busy` tries the process is held up.

    The pulse counts that and nothing else: this test must not depend on its own machine.
    """
    tries = 0

    async def run() -> Answer:
        net, pulse = Net(), serve.Pulse()
        pulse.stop()

        async def ask(_net: Net, *, within_s: float) -> Answer:
            nonlocal tries
            tries += 1
            pulse.held_up += tries <= busy
            return Answer(outcome, "said")

        monkeypatch.setitem(serve.ASKS, "busy", ask)
        try:
            return await serve.answer(net, pulse, Request(1, "busy", 5.0, {}))
        finally:
            net.close()

    return asyncio.run(run()), tries


def test_a_beat_that_comes_late_counts() -> None:
    async def run() -> int:
        pulse = serve.Pulse()
        await asyncio.sleep(2 * serve.BEAT_S)
        time.sleep(serve.HELD_UP_S + 2 * serve.BEAT_S)
        await asyncio.sleep(2 * serve.BEAT_S)
        pulse.stop()
        return pulse.held_up

    assert asyncio.run(run()) >= 1


@pytest.mark.parametrize("busy", range(TRIES))
def test_a_silence_counts_once_the_machine_was_not_held_up(
    monkeypatch: pytest.MonkeyPatch, busy: int
) -> None:
    answer, tries = asked(monkeypatch, busy, Outcome.NO_ANSWER)
    assert (answer.outcome, tries) == (Outcome.NO_ANSWER, busy + 1)


@pytest.mark.parametrize(
    ("said", "detail"), [(Outcome.NO_ANSWER, "held-up"), (Outcome.REFUSED, "said")]
)
def test_a_machine_that_is_always_held_up_measures_no_silence(
    monkeypatch: pytest.MonkeyPatch, said: Outcome, detail: str
) -> None:
    answer, tries = asked(monkeypatch, TRIES, said)
    assert (answer.detail, tries) == (detail, TRIES)
    assert (answer.outcome is Outcome.ERROR) == (detail == "held-up")
