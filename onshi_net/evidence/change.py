"""The packets of a change: one probe process, asked before and after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from threading import Thread

from onshi_net.evidence.laptop import measure_change, not_measured
from onshi_net.evidence.probing import CLOSE_S, PROBE, Probe, probe_process
from onshi_net.facts.types import Inbound, Laptop
from onshi_net.intent import SiteIntent


class _Asking:
    """Asks from any thread; the process lives in a loop of its own, and starts at once.

    It takes longer to start than a device to be reached, so it is not waited for until asked.
    """

    def __init__(self, intent: SiteIntent, command: Sequence[str]) -> None:
        self._intent = intent
        self._command = command
        self._known: Inbound | None = None
        self._probe: Probe | None = None
        self._stack = AsyncExitStack()
        self._starting = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="onshi-change-probe", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begun(), self._loop)

    async def _begun(self) -> None:
        with suppress(OSError):  # who asks is told
            await self._started()

    def ask(self, within_s: float) -> Laptop:
        """Answers what could be measured within the seconds."""
        asking = self._ask(within_s)
        return asyncio.run_coroutine_threadsafe(asking, self._loop).result()

    async def _ask(self, within_s: float) -> Laptop:
        try:
            async with asyncio.timeout(within_s):
                found = await measure_change(await self._started(), self._intent, self._known)
        except TimeoutError:
            return not_measured("overran")
        except OSError:
            return not_measured("probe-not-started")
        if found.inbound is not None and found.inbound.router_mac is not None:
            self._known = found.inbound
        return found

    async def _started(self) -> Probe:
        async with self._starting:
            if self._probe is None:
                starting = probe_process(self._command)
                self._probe = await self._stack.enter_async_context(starting)
        return self._probe

    def close(self) -> None:
        """Ends the process; what is still being asked is given up."""
        ending = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        with suppress(OSError):  # also late: its end is nobody's fault, least of all the change's
            ending.result(2 * CLOSE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)

    async def _close(self) -> None:
        await self._stack.aclose()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def asking_of_change(
    intent: SiteIntent, command: Sequence[str] = PROBE
) -> Iterator[Callable[[float], Laptop]]:
    """Gives who asks what a change of the router decides, within so many seconds each time."""
    asking = _Asking(intent, command)
    try:
        yield asking.ask
    finally:
        asking.close()
