"""`Console`: what a session of the family can be told, over the network or from memory."""

from __future__ import annotations

from typing import Protocol

from onshi_net.inventory.secrets import Secret
from onshi_net.platforms.base import RouterSession


class Console(RouterSession, Protocol):
    """A session that takes the family's commands."""

    def show(self, command: str) -> str:
        """Answers a command's text. Raises CommandRejected or SessionLost."""

    def configure(self, line: str) -> None:
        """Sends a configuration line. Raises CommandRejected or SessionLost."""

    def set_login_password(self, user: str, new: Secret) -> None:
        """Sets a login user's password without showing it.

        Raises CommandRejected or SessionLost.
        """

    def set_admin_password(self, new: Secret, *, old: Secret | None = None) -> None:
        """Sets the administrator password without showing it.

        `old` is the password that it replaces; left out, the one that opened the session.
        Raises CommandRejected or SessionLost.
        """
