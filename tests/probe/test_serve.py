"""What the probe makes of a machine that keeps it from running."""

from __future__ import annotations

import asyncio
import time

import pytest

from onshi_net.probe import serve
from onshi_net.probe.net import Net
from onshi_net.probe.protocol import TRIES, Answer, Outcome, Request

BUSY_S = serve.HELD_UP_S + 2 * serve.BEAT_S


def asked(monkeypatch: pytest.MonkeyPatch, busy: int, outcome: Outcome) -> tuple[Answer, int]:
    """Answer and tries of a question during whose first `busy` tries nothing else can run."""
    tries = 0

    async def ask(_net: Net, *, within_s: float) -> Answer:
        nonlocal tries
        tries += 1
        if tries <= busy:
            time.sleep(BUSY_S)
        await asyncio.sleep(serve.BEAT_S)
        return Answer(outcome, "said")

    async def run() -> Answer:
        net, pulse = Net(), serve.Pulse()
        try:
            return await serve.answer(net, pulse, Request(1, "busy", 5.0, {}))
        finally:
            pulse.stop()
            net.close()

    monkeypatch.setitem(serve.ASKS, "busy", ask)
    return asyncio.run(run()), tries


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
