"""The Nornir runner plugin `onshi`: deadlines, streamed results, cancel, resume.

Entry point: `nornir.plugins.runners`, name `onshi`. Nornir's own runner waits for ever on a hung
host and hands results over when all are there. This one gives up a host at its deadline (its thread
is left behind as a daemon; a router under change undoes by its own guard), tells each result as it
comes, stops starting hosts when cancelled, gives up those that are only read then, the others when
told so twice, and leaves out hosts that a ledger of an earlier run says are done.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Result, Task

from onshi_net.errors import OnshiError, Unreachable
from onshi_net.files import open_private, private_folder, read_regular_text
from onshi_net.i18n import text

OnResult = Callable[[str, MultiResult], None]
_HANGUP = getattr(signal, "SIGHUP", None)
"""A closed terminal window; Windows has no such signal."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([_HANGUP] if _HANGUP is not None else []))


@contextmanager
def stop_signals(hear: Callable[[int], None]) -> Iterator[None]:
    """Tells `hear` of Ctrl-C, SIGTERM and a closed window while the block lasts.

    Where such blocks stand in each other, the outer one hears too. A signal that is ignored (nohup)
    stays so. Only the main thread can take signals; elsewhere nothing is told.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: old
        for number in _SIGNALS
        if (old := signal.getsignal(number)) not in {signal.SIG_IGN, None}
    }

    def handler(number: int, frame: FrameType | None) -> None:
        hear(number)
        old = before[signal.Signals(number)]
        if callable(old) and old is not signal.default_int_handler:
            old(number, frame)

    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


class Ledger:
    """Remembers on disk which hosts a task is done with, so that a later run takes up the rest."""

    def __init__(self, file: Path) -> None:
        """Takes the file; it need not exist."""
        self.file = file

    def done(self, task: str) -> frozenset[str]:
        """Answers the hosts that the task is done with; half-written lines are left out."""
        if not self.file.is_file():
            return frozenset()
        entries = (_parsed(line) for line in read_regular_text(self.file).splitlines())
        return frozenset(entry["host"] for entry in entries if entry.get("task") == task)

    def add(self, task: str, host: str) -> None:
        """Adds a host, durable before it returns."""
        private_folder(self.file.parent)
        descriptor = open_private(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(descriptor, (json.dumps({"task": task, "host": host}) + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _parsed(line: str) -> dict[str, str]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) and "host" in entry else {}


class DeadlineRunner:
    """Runs a task on hosts side by side, each within its deadline."""

    def __init__(
        self,
        num_workers: int = 20,
        host_deadline_s: float = 900.0,
        run_deadline_s: float | None = None,
        ledger: str | Path | None = None,
        on_result: OnResult | None = None,
    ) -> None:
        """Takes the limits.

        They are: hosts at once, seconds a host, seconds for the whole run; then the ledger's file.
        """
        self.num_workers = num_workers
        self.host_deadline_s = host_deadline_s
        self.run_deadline_s = run_deadline_s
        self.ledger = None if ledger is None else Ledger(Path(ledger))
        self.on_result = on_result
        self._cancel = threading.Event()
        self._give_up = threading.Event()
        self._readers: set[str] = set()
        self._turn = threading.Lock()

    def cancel(self) -> None:
        """Starts no more hosts; running ones end by themselves, asking `cancelled`."""
        self._cancel.set()

    def cancelled(self) -> bool:
        """Answers whether the run shall end; long tasks ask between their steps."""
        return self._cancel.is_set()

    def gives_up(self) -> bool:
        """Answers whether the run shall not even wait for what its hosts have begun."""
        return self._give_up.is_set()

    @contextmanager
    def reading(self, host: str) -> Iterator[None]:
        """Says that a host is only read while the block lasts: a cancel gives it up at once.

        So nobody waits for a device that answers slowly. Raises Unreachable after the block where
        the run was cancelled meanwhile: nothing may be changed then.
        """
        with self._turn:
            self._readers.add(host)
        try:
            yield
        finally:
            with self._turn:
                self._readers.discard(host)
        if self.cancelled():
            raise Unreachable("transport.cancelled", host=host)

    def readers(self) -> frozenset[str]:
        """Answers the hosts that are only read now."""
        with self._turn:
            return frozenset(self._readers)

    def _hear(self, number: int) -> None:
        """Cancels at the first signal and gives up at the next.

        A closed window sends SIGHUP more than once (the kernel's and the shell's), so that one
        never counts as a next.
        """
        if self._cancel.is_set() and number != _HANGUP:
            self._give_up.set()
        self._cancel.set()

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Runs the task and answers what each host gave.

        Late and cancelled hosts count as failed.
        """
        self._cancel.clear()
        self._give_up.clear()
        done = self.ledger.done(task.name) if self.ledger else frozenset()
        with stop_signals(self._hear):
            return _Run(self, task, [host for host in hosts if host.name not in done]).finish()


class _Run:
    """One run: waiting hosts, running hosts with their deadlines, finished hosts."""

    def __init__(self, runner: DeadlineRunner, task: Task, hosts: list[Host]) -> None:
        self.runner = runner
        self.task = task
        self.waiting = deque(hosts)
        self.running: dict[str, tuple[Host, float]] = {}
        self.results: SimpleQueue[tuple[Host, MultiResult]] = SimpleQueue()
        self.aggregate = AggregatedResult(task.name)
        limit = runner.run_deadline_s
        self.until = float("inf") if limit is None else time.monotonic() + limit
        self.told = False
        self.broken: Exception | None = None

    def finish(self) -> AggregatedResult:
        """Runs until every host has a result. Raises what `on_result` raised first."""
        while self.waiting or self.running:
            if self.runner.cancelled():
                self._drop_waiting("transport.cancelled")
                self._give_up_readers()
                self._tell_stopping()
            self._start()
            self._take_one()
            self._give_up_late()
            if self.runner.gives_up():
                self._give_up_all()
        if self.broken is not None:
            raise self.broken
        return self.aggregate

    def _tell_stopping(self) -> None:
        """Says once for whom the run still waits, where somebody is there to read it."""
        if self.told or not self.running:
            return
        self.told = True
        with suppress(OSError):
            sys.stderr.write(text("transport.stopping", hosts=", ".join(self.running)) + "\n")
            sys.stderr.flush()

    def _start(self) -> None:
        while self.waiting and len(self.running) < self.runner.num_workers:
            host = self.waiting.popleft()
            until = min(self.until, time.monotonic() + self.runner.host_deadline_s)
            self.running[host.name] = (host, until)
            threading.Thread(
                target=self._work, args=(host,), name=f"onshi-{host.name}", daemon=True
            ).start()

    def _work(self, host: Host) -> None:
        self.results.put((host, self.task.copy().start(host)))

    def _take_one(self) -> None:
        if not self.running:
            return
        soonest = min(until for _, until in self.running.values())
        left = max(0.0, soonest - time.monotonic())
        try:
            # A short wait at most: a signal handler only sets an event, which must be seen.
            host, result = self.results.get(timeout=min(left, 0.2))
        except Empty:
            return
        if host.name in self.running:
            self._record(host, result)

    def _record(self, host: Host, result: MultiResult) -> None:
        self.running.pop(host.name, None)
        self.aggregate[host.name] = result
        if self.runner.ledger is not None and not result.failed:
            self.runner.ledger.add(self.task.name, host.name)
        if self.runner.on_result is not None:
            try:
                self.runner.on_result(host.name, result)
            except Exception as error:  # noqa: BLE001 foreign code; other hosts are under change
                self.broken = self.broken or error

    def _give_up_late(self) -> None:
        now = time.monotonic()
        for host, until in list(self.running.values()):
            if until <= now:
                seconds = round(self.runner.host_deadline_s)
                self._fail(host, Unreachable("transport.deadline", host=host.name, seconds=seconds))
        if now >= self.until:
            self._drop_waiting("transport.cancelled")

    def _give_up_readers(self) -> None:
        readers = self.runner.readers()
        for host, _ in list(self.running.values()):
            if host.name in readers:
                self._fail(host, Unreachable("transport.cancelled", host=host.name))

    def _give_up_all(self) -> None:
        for host, _ in list(self.running.values()):
            self._fail(host, Unreachable("transport.given-up", host=host.name))

    def _drop_waiting(self, message: str) -> None:
        while self.waiting:
            host = self.waiting.popleft()
            self._fail(host, Unreachable(message, host=host.name))

    def _fail(self, host: Host, error: OnshiError) -> None:
        result: MultiResult = MultiResult(self.task.name)
        failed: Any = Result(host, result=str(error), exception=error, failed=True)
        result.append(failed)
        self._record(host, result)
