"""The loop: reads requests, runs them side by side, writes each answer as it comes."""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from typing import Any

from onshi_net.facts.outcome import Outcome
from onshi_net.probe import ask_lan, ask_path, ask_socket, ask_syn
from onshi_net.probe.ask_lan import Ask
from onshi_net.probe.net import CannotAsk, Net, cannot, error_of
from onshi_net.probe.protocol import (
    GRACE_S,
    MAX_LINE,
    PATIENCE_S,
    Answer,
    BadRequest,
    Request,
    read_request,
    write_answer,
)

ASKS: dict[str, Ask] = {**ask_lan.ASKS, **ask_syn.ASKS, **ask_path.ASKS, **ask_socket.ASKS}


async def answer(net: Net, request: Request) -> Answer:
    """Answers one request.

    What this machine was too busy for is no silence, but an error.
    """
    try:
        async with asyncio.timeout(request.within_s + GRACE_S + PATIENCE_S):
            return await _asked(net, request)
    except TimeoutError:
        return Answer(Outcome.ERROR, "held-up")


async def _asked(net: Net, request: Request) -> Answer:
    """Answers one request; what goes wrong is an answer with outcome `error`, no exception."""
    ask = ASKS.get(request.ask)
    if ask is None:
        return Answer(Outcome.ERROR, "no-such-question")
    try:
        inspect.signature(ask).bind(net, within_s=request.within_s, **request.parameters)
    except TypeError:
        return Answer(Outcome.ERROR, "bad-parameters")
    try:
        asking = ask(net, within_s=request.within_s, **request.parameters)
        return await net.clock.within(asking, request.within_s + GRACE_S)
    except CannotAsk as error:
        return error_of(error)
    except TimeoutError:
        return Answer(Outcome.ERROR, "overran")
    except OSError as error:
        return error_of(cannot(error))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return Answer(Outcome.ERROR, f"bad-value-{type(error).__name__}")


async def serve(reader: asyncio.StreamReader, writer: Any) -> None:
    """Serves until the input ends; then the open requests are cancelled."""
    net = Net()
    running: set[asyncio.Task[None]] = set()

    async def run(request: Request) -> None:
        start = time.monotonic()
        found = await answer(net, request)
        writer.write(write_answer(request.id, found, time.monotonic() - start))
        writer.flush()

    try:
        while line := await _line(reader):
            try:
                request = read_request(line)
            except BadRequest:
                writer.write(write_answer(None, Answer(Outcome.ERROR, "bad-request"), 0.0))
                writer.flush()
                continue
            task = asyncio.create_task(run(request))
            running.add(task)
            task.add_done_callback(running.discard)
    finally:
        for task in running:
            task.cancel()
        net.close()


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Gives the next line; one over the limit reads as empty, which is answered as bad."""
    try:
        return await reader.readline()
    except ValueError:
        return b"\n"


async def main() -> None:
    """Connects standard input and output to `serve`."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await serve(reader, sys.stdout.buffer)
