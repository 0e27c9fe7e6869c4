"""What the probe makes of a question that does not end, and of the end of its input."""

from __future__ import annotations

import asyncio
import subprocess
import sys
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


STUBBORN = """
import asyncio, runpy
from onshi_net.probe import serve

async def ask(net, *, within_s):
    print("begun", flush=True)
    while True:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            pass

serve.ASKS["stubborn"] = ask
runpy.run_module("onshi_net.probe", run_name="__main__")
"""
REQUEST = '{{"id": 1, "ask": "{}", "within_s": 9}}\n'


def test_a_question_that_cannot_be_broken_off_ends_with_the_input() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-P", "-c", STUBBORN], **pipes) as process:
        process.stdin.write(REQUEST.format("stubborn"))
        process.stdin.flush()
        assert process.stdout.readline() == "begun\n"
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.wait() == 0


def test_a_child_that_is_being_started_holds_nobody_when_the_input_ends() -> None:
    command = [sys.executable, "-P", "-m", "onshi_net.probe"]
    done = subprocess.run(
        command, input=REQUEST.format("interfaces").encode(), capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"bad-request" not in done.stdout
