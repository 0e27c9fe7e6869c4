"""Running programs of the system: commands to their end, daemons that die with the router."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any

_GRACE = 2.0
"""Seconds a daemon gets to end after SIGTERM."""


class ToolFailed(RuntimeError):
    """A program that has to succeed didn't; the mock itself is wrong, so this isn't caught."""


async def run(words: Sequence[str], stdin: str = "", *, must: bool = False) -> str:
    """A command's output; what it complains of goes to the router's own standard error.

    Raises ToolFailed when it fails and `must` not.
    """
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, complaint = await process.communicate(stdin.encode())
    if process.returncode and must:
        raise ToolFailed(f"{' '.join(words)}: {complaint.decode(errors='replace')}\n{stdin}")
    if process.returncode and complaint:
        sys.stderr.write(f"{' '.join(words[:3])}: {complaint.decode(errors='replace')}")
    return out.decode(errors="replace")


async def run_json(words: Sequence[str]) -> Any:
    """A command's output as JSON; an empty list when it says nothing."""
    text = await run(words)
    return json.loads(text) if text.strip() else []


async def stream(words: Sequence[str]) -> AsyncIterator[str]:
    """A command's lines as they come; the command ends when nobody reads on."""
    process = await asyncio.create_subprocess_exec(
        "setpriv",
        "--pdeathsig",
        "KILL",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        if process.stdout is not None:
            async for line in process.stdout:
                yield line.decode(errors="replace").rstrip("\n")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await process.wait()


class Daemon:
    """One daemon: restarted when what it runs with changes, gone without anything to run with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.running_with: tuple[tuple[str, ...], str] = ((), "")
        self._process: asyncio.subprocess.Process | None = None

    async def follow(self, words: Sequence[str], content: str = "") -> None:
        """Run with these words and this content of its files, or not at all without words."""
        if (tuple(words), content) == self.running_with:
            return
        await self.stop()
        self.running_with = (tuple(words), content)
        if words:
            self._process = await asyncio.create_subprocess_exec(
                "setpriv",
                "--pdeathsig",
                "KILL",
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )

    async def stop(self) -> None:
        """End the daemon and wait for it."""
        process, self._process = self._process, None
        self.running_with = ((), "")
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_GRACE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
