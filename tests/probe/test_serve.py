"""What the probe makes of a question that does not end."""

from __future__ import annotations

import asyncio
import time

import pytest

from onshi_net.facts.outcome import Outcome
from onshi_net.probe import serve
from onshi_net.probe.net import Net
from onshi_net.probe.protocol import Answer, Request

WITHIN_S = 0.1


def asked(monkeypatch: pytest.MonkeyPatch, busy_s: float) -> Answer:
    """The answer of a question that never ends, in a process that can run now and then only."""

    async def run() -> Answer:
        net = Net()
        loop = asyncio.get_running_loop()

        def hold_up() -> None:
            time.sleep(busy_s)
            loop.call_later(0.001, hold_up)

        async def ask(_net: Net, *, within_s: float) -> Answer:
            await loop.create_future()
            raise AssertionError(within_s)

        monkeypatch.setitem(serve.ASKS, "endless", ask)
        if busy_s:
            hold_up()
        try:
            return await serve.answer(net, Request(1, "endless", WITHIN_S, {}))
        finally:
            net.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("busy_s", "patience_s", "detail"),
    [(0.0, 5.0, "overran"), (0.1, 60.0, "overran"), (0.3, 0.5, "held-up")],
)
def test_a_question_that_does_not_end_is_an_error_whose_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, busy_s: float, patience_s: float, detail: str
) -> None:
    monkeypatch.setattr(serve, "GRACE_S", 0.1)
    monkeypatch.setattr(serve, "PATIENCE_S", patience_s)
    assert asked(monkeypatch, busy_s) == Answer(Outcome.ERROR, detail)
