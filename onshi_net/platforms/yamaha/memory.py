"""`MemorySession`: the `Console` twin without a network.

For tests of what stands above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onshi_net.inventory.secrets import Secret
from onshi_net.platforms.base import Credentials, Identity
from onshi_net.platforms.yamaha.header import identity_of
from onshi_net.transport.errors import CommandRejected, SessionLost


@dataclass(slots=True)
class MemorySession:
    """Answers from recorded texts and remembers what was sent; nothing is interpreted."""

    running: str
    saved: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    """Answer by command; a command that is missing is rejected."""
    rejected: frozenset[str] = frozenset()
    """Configuration lines that the router refuses."""
    lost_at: int | None = None
    """The number of the sent line (from 0) at which the session breaks."""
    host: str = "192.0.2.1"
    credentials: Credentials = field(default_factory=lambda: Credentials("site", "site-admin"))
    used_initial: bool = False
    sent: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def identity(self) -> Identity:
        """Who the recorded configuration says the router is."""
        return identity_of(self.running)

    def config(self) -> str:
        """Answers the recorded running configuration."""
        return self.running

    def saved_config(self) -> str:
        """Answers the recorded saved configuration, the running one where none was given."""
        return self.running if self.saved is None else self.saved

    def show(self, command: str) -> str:
        """Answers the recorded text. Raises CommandRejected for a command without one."""
        self._take(command)
        if command not in self.answers:
            raise CommandRejected(command, "Invalid command name", host=self.host)
        return self.answers[command]

    def configure(self, line: str) -> None:
        """Remembers the line. Raises CommandRejected or SessionLost where told to."""
        self._take(line)
        if line in self.rejected:
            raise CommandRejected(line, "Illegal keyword", host=self.host)

    def set_login_password(self, user: str, new: Secret) -> None:  # noqa: ARG002 - not kept
        """Remembers that it was set, not to what."""
        self._take(f"login user {user}")

    def set_admin_password(self, new: Secret, *, old: Secret | None = None) -> None:  # noqa: ARG002
        """Remembers that it was set, not to what."""
        self._take("administrator password")

    def restart(self) -> None:
        """Remembers it; the session is lost."""
        self.sent.append("restart")
        self.closed = True

    def touch(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Closes it."""
        self.closed = True

    def _take(self, line: str) -> None:
        if self.closed or len(self.sent) == self.lost_at:
            self.closed = True
            raise SessionLost("transport.lost", host=self.host)
        self.sent.append(line)
