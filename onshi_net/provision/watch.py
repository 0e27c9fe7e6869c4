"""Tells during a change that this computer itself is cut off, and how long its guard still stands.

A command that waits for its answer does not notice a cable that is out for most of a minute; the
person who pulled it does well to hear of it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from onshi_net.provision.outcome import Progress
from onshi_net.provision.reach import TELL_EVERY_S
from onshi_net.transport.ownlink import CutOff

LOOK_EVERY_S = 1.0
PORTS_S = 10.0
"""So long a port's link may be down after its router was told to divide its LAN (inference: three
seconds of negotiation, IEEE 802.3 clause 28, and the router's own time)."""
Left = Callable[[], float | None]
"""Answers the seconds until the guard has undone the change for sure; None without a guard."""


class Watch:
    """What was told so far of this computer's own link."""

    def __init__(
        self,
        host: str,
        progress: Progress,
        own: Callable[[], CutOff | None],
        left: Left,
        quiet: Callable[[], bool] = lambda: False,
    ) -> None:
        """Takes who answers whether this computer is cut off, and who tells the guard's time.

        `quiet`: links go down by the change itself just now, which is nobody's cable.
        """
        self._host = host
        self._progress = progress
        self._own = own
        self._left = left
        self._quiet = quiet
        self._found: CutOff | None = None
        self._told_at = 0.0

    def look(self, now: float) -> None:
        """Tells what is new, and from time to time what is left."""
        found = None if self._quiet() else self._own()
        if found != self._found:
            self._found, self._told_at = found, now
            self._tell_new(found)
        elif found is not None and now - self._told_at >= TELL_EVERY_S:
            self._told_at = now
            self._tell_left()

    def _tell_new(self, found: CutOff | None) -> None:
        if found is None:
            self._tell("own.back")
            return
        self._tell(found.message, interface=found.interface, address=found.address)
        self._tell_left()

    def _tell_left(self) -> None:
        left = self._left()
        if left is not None:
            self._tell("own.left", seconds=round(max(0.0, left) + 0.5))

    def _tell(self, message: str, **values: object) -> None:
        self._progress(self._host, f"provision.{message}", **values)


@contextmanager
def watching(watch: Watch, now: Callable[[], float]) -> Iterator[None]:
    """Looks every second while the block runs."""
    done = Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY_S):
            with suppress(OSError):  # nobody reads it any more
                watch.look(now())

    thread = Thread(target=look, name="onshi-own-link", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
