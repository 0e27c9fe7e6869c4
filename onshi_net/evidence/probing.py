"""The probe process as something to ask: starts it, sends questions, gives back typed readings."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from onshi_net import foreign
from onshi_net.facts.types import Outcome, Reading
from onshi_net.probe.protocol import (
    DEFAULT_WITHIN_S,
    GRACE_S,
    MAX_LINE,
    PATIENCE_S,
    Request,
    write_request,
)
from onshi_net.probe.rights import program

T = TypeVar("T", bound=BaseModel)
MARGIN_S = 2.0
"""So long after a question's own end an answer may still come; then the process counts as stuck."""
RAW = 4000
"""Columns of an answer that can't be understood, as they are kept."""
CLOSE_S = 1.0
"""So long the process may take to end; a person who cancels waits for it."""
PROBE = (program(), "-P", "-m", "onshi_net.probe")
HANDED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT")
"""All that the probe sees of our environment, where secrets may stand."""


class Asker(Protocol):
    """Answers questions; the in-memory twin of a test needs this one method."""

    async def ask(self, ask: str, within_s: float, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answers the fields of a probe's answer: outcome, detail, duration_s, data."""


def failed(detail: str) -> dict[str, Any]:
    """Answers the fields of a question that could not be asked."""
    return {"outcome": "error", "detail": detail, "duration_s": 0.0, "data": {}}


def reading_of(fields: Mapping[str, Any], kind: type[T]) -> Reading[T]:
    """Answers the typed reading of a probe's answer; an unreadable one is an error reading."""
    try:
        told = Said.model_validate(fields)
        found = kind.model_validate(told.data) if told.data else None
    except ValidationError:
        return Reading(outcome=Outcome.ERROR, detail="unreadable-answer", raw=_raw(fields))
    return Reading(
        outcome=told.outcome, detail=told.detail, duration_s=told.duration_s, found=found
    )


def _raw(fields: Mapping[str, Any]) -> str:
    return foreign.line(json.dumps(fields, default=repr), RAW)


class Said(BaseModel):
    """The fields of a probe's answer, as a line of JSON has them."""

    outcome: Outcome
    detail: str
    duration_s: float
    data: dict[str, Any] = {}


class Probe:
    """Typed questions to an `Asker`."""

    def __init__(self, asker: Asker) -> None:
        """Takes who answers."""
        self._asker = asker

    async def ask(
        self, kind: type[T], ask: str, within_s: float = DEFAULT_WITHIN_S, **parameters: Any
    ) -> Reading[T]:
        """Answers one question."""
        return reading_of(await self._asker.ask(ask, within_s, parameters), kind)


class ProcessAsker:
    """The probe process behind two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Takes the running process."""
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ended = False
        self._reader = asyncio.create_task(self._read())

    async def ask(self, ask: str, within_s: float, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Sends one question and waits for its answer, a margin longer than the probe itself."""
        if self._ended or self._process.stdin is None:
            return failed("probe-ended")
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._process.stdin.write(write_request(Request(number, ask, within_s, parameters)))
            await self._process.stdin.drain()
            return await asyncio.wait_for(future, within_s + GRACE_S + PATIENCE_S + MARGIN_S)
        except TimeoutError:
            return failed("probe-stuck")
        except (ConnectionError, RuntimeError):
            return failed("probe-ended")
        finally:
            self._waiting.pop(number, None)

    async def _read(self) -> None:
        if self._process.stdout is not None:
            while line := await _line(self._process.stdout):
                self._take(line)
        self._ended = True
        for future in self._waiting.values():
            if not future.done():
                future.set_result(failed("probe-ended"))

    def _take(self, line: bytes) -> None:
        with suppress(ValueError, RecursionError):
            fields = json.loads(line)
            number = fields.get("id") if isinstance(fields, dict) else None
            future = self._waiting.get(number) if isinstance(number, int) else None
            if future is not None and not future.done():
                future.set_result(fields)

    async def close(self) -> None:
        """Ends the process by closing its input; kills it when that does not do."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), CLOSE_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Gives the next line; one over the limit reads as an empty one."""
    try:
        return await reader.readline()
    except ValueError:
        return b"\n"


@asynccontextmanager
async def probe_process(command: Sequence[str] = PROBE) -> AsyncIterator[Probe]:
    """Runs the probe while the block runs. Raises OSError when the command can't be started."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in HANDED_ON if name in os.environ},
        limit=MAX_LINE,
    )
    asker = ProcessAsker(process)
    try:
        yield Probe(asker)
    finally:
        await asker.close()
