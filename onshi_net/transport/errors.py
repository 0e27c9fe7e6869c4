"""Errors of a router session beyond the tree of `onshi_net.errors`.

DeviceError
├── CommandRejected   3  the router answered a line with an error
└── Unreachable
    └── SessionLost   3  the session broke while it was used; what the router did with the last line
    is unknown
"""

from __future__ import annotations

from onshi_net.errors import DeviceError, Unreachable


class CommandRejected(DeviceError):
    """Raised when the router answers a line with an error; line and answer come masked."""

    def __init__(self, line: str, answer: str, *, host: str = "") -> None:
        """Takes the masked line and the router's own masked words."""
        super().__init__("transport.rejected", host=host, line=line, answer=answer)
        self.line = line
        self.answer = answer


class SessionLost(Unreachable):
    """Raised when a session ends or falls silent in the middle of a command."""
