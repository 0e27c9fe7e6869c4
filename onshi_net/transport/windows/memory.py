"""The in-memory twin of a Windows session: scripts are answered by functions, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onshi_net.inventory.secrets import Secret
from onshi_net.pcs.powershell import Script
from onshi_net.transport.windows.errors import ScriptFailed

Handler = Callable[[Mapping[str, Any], tuple[Secret, ...]], dict[str, Any]]
"""Takes a script's values and secrets, answers what the PC would; may raise any session error."""


class MemoryWindows:
    """A `WindowsSession` without a network; `ran` lists the scripts that it was given."""

    def __init__(self, handlers: Mapping[str, Handler], host: str = "pc") -> None:
        """Takes a handler for each script name."""
        self._handlers = handlers
        self.host = host
        self.ran: list[str] = []
        self.is_closed = False

    def run(
        self, script: Script, *, secrets: Sequence[Secret] = (), deadline_s: float = 60.0
    ) -> dict[str, Any]:
        """Answers the handler's answer. Raises ScriptFailed for a script that nobody handles."""
        self.ran.append(script.name)
        handler = self._handlers.get(script.name)
        if handler is None or deadline_s <= 0:
            raise ScriptFailed(script.name, host=self.host, kind="NoHandler")
        return handler(script.values, tuple(secrets))

    def close(self) -> None:
        """Notes that it was closed."""
        self.is_closed = True
