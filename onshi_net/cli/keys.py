"""Whether somebody pressed Enter, without waiting longer than told."""

from __future__ import annotations

import sys
import time


def enter_pressed(within_s: float) -> bool:
    """Answers whether a line was typed within so many seconds, and takes it; returns at once then.

    Where nobody sits there the seconds go by.
    """
    if not sys.stdin.isatty():
        time.sleep(within_s)  # nothing to wait for: the caller looks around so often
        return False
    if sys.platform == "win32":
        return _on_windows(within_s)
    import select

    ready, _, _ = select.select([sys.stdin], [], [], within_s)
    return bool(ready) and bool(sys.stdin.readline())


def _on_windows(within_s: float) -> bool:  # pragma: no cover - needs a Windows console
    import msvcrt

    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if msvcrt.kbhit() and msvcrt.getwch() in "\r\n":  # type: ignore[attr-defined]
            return True
        time.sleep(0.05)
    return False
