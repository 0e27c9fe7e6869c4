"""Errors of a router session beyond the tree of `onshi_net.errors`.

DeviceError
├── CommandRejected   3  the router answered a line with an error
│   ├── NotTypable    3  a line that the console would not take as it is; nothing was sent
│   └── UnnamedUnknown 3 it asks for its unnamed user's password, and none of ours is it
└── Unreachable
    ├── SlowToOpen    3  the connection was taken, and no session was open in time
    └── SessionLost   3  the session broke while it was used; what the router did with the last line
    is unknown
"""

from __future__ import annotations

from onshi_net import foreign
from onshi_net.errors import DeviceError, Unreachable


class CommandRejected(DeviceError):
    """Raised when the router answers a line with an error; line and answer come masked."""

    def __init__(self, line: str, answer: str, *, host: str = "") -> None:
        """Takes the masked line and the router's own masked words."""
        shown = foreign.line(answer, foreign.ANSWER)
        super().__init__("transport.rejected", host=host, line=line, answer=shown)
        self.line = line
        self.answer = answer


class NotTypable(CommandRejected):
    """Raised instead of sending a line that the console would take otherwise than it is written."""

    def __init__(self, line: str, *, host: str = "") -> None:
        """Takes the masked line."""
        DeviceError.__init__(self, "transport.not-typable", host=host, line=line)
        self.line = line
        self.answer = ""


class UnnamedUnknown(CommandRejected):
    """Raised when the router refuses every password for its unnamed user, which a command needs."""

    def __init__(self, line: str, *, host: str, name: str, reference: str) -> None:
        """Takes the command, the router's address and name, and a reference for that password."""
        DeviceError.__init__(
            self, "transport.unnamed-password", host=host, name=name, reference=reference
        )
        self.line = line
        self.answer = "unnamed-password"


class SlowToOpen(Unreachable):
    """Raised when a connection was taken and the session was not open in its time.

    The router or this laptop may have had much to do.
    """


class SessionLost(Unreachable):
    """Raised when a session ends or falls silent in the middle of a command."""
