"""What packets show of a change: the caller's questions, asked in a thread of their own.

How they are asked is not known here (`Measure`); that they can't hold up or break a change is: what
comes too late, or goes wrong, was not measured.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from onshi_net.provision.core import MEASURE_S, Answer

LOGGER = logging.getLogger("onshi")
Answers = tuple[Answer, ...]
Measure = Callable[[float], Answers]
"""Asks within so many seconds; a check that it does not answer was not measured."""


def unmeasured(_within_s: float) -> Answers:
    """Asks nothing."""
    return ()


class Packets:
    """The measurements of one change."""

    def __init__(self, measure: Measure) -> None:
        """Takes who asks."""
        self._measure = measure
        self._before: SimpleQueue[Answers] | None = None
        self._after: SimpleQueue[Answers] | None = None

    def begin(self) -> None:
        """Begins to ask what holds before the change, while the device is reached and read."""
        self._before = self._asked(MEASURE_S)

    def before(self, within_s: float) -> Answers:
        """Answers what held before the change."""
        if self._before is None:
            self.begin()
        return _taken(self._before, within_s)

    def begin_after(self) -> None:
        """Begins to ask what holds after the change, while that is proved in another way."""
        self._after = self._asked(MEASURE_S)

    def now(self, within_s: float) -> Answers:
        """Answers what holds now, or since `begin_after`."""
        begun, self._after = self._after, None
        return _taken(begun or self._asked(within_s), within_s)

    def _asked(self, within_s: float) -> SimpleQueue[Answers]:
        queue: SimpleQueue[Answers] = SimpleQueue()

        def ask() -> None:
            try:
                queue.put(self._measure(within_s))
            except Exception:  # the caller's code; whatever it raises is no answer of a device
                LOGGER.debug("packets", exc_info=True)
                queue.put(())

        Thread(target=ask, name="onshi-packets", daemon=True).start()
        return queue


def _taken(queue: SimpleQueue[Answers] | None, within_s: float) -> Answers:
    try:
        return queue.get(timeout=within_s) if queue is not None else ()
    except Empty:
        return ()
