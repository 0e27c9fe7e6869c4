"""How a question ended; imports nothing, since the probe is a process that must start at once."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a question ended."""

    OK = "ok"
    NO_ANSWER = "no-answer"
    """It was sent, and nothing came back in time."""
    REFUSED = "refused"
    """Something answered, and said no (`detail` says how)."""
    ERROR = "error"
    """It could not be asked: no route, no rights, no such interface.

    Never to be read as 'no answer'.
    """
