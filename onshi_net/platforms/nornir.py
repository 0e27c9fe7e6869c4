"""The Nornir connection plugin `onshi_router`: a `RouterSession` a host, closed by Nornir.

Entry point: `nornir.plugins.connections`, name `onshi_router`. The host's connection options carry,
as extras, `secrets` (a `Secrets`), `known_hosts` (a path) and the references `secret`,
`admin_secret`, `initial_secret`, `unnamed_secret`; no password passes through Nornir.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from nornir.core.configuration import Config

from onshi_net.intent import Management
from onshi_net.platforms.base import RouterSession
from onshi_net.platforms.base import platform as find

PLUGIN_NAME = "onshi_router"
DEADLINE_S = 30.0


class RouterConnection:
    """Nornir's view of a router session; `connection` is the `RouterSession`."""

    connection: RouterSession

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,  # noqa: ARG002 - Nornir's signature; passwords come by reference
        port: int | None,
        platform: str | None,
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,  # noqa: ARG002 - Nornir's signature
    ) -> None:
        """Opens the session. Raises the errors of `Platform.open`, KeyError for a missing extra."""
        given = extras or {}
        management = Management(
            address=IPv4Address(hostname or ""),
            port=port or 22,
            username=username or "",
            secret=given["secret"],
            admin_secret=given["admin_secret"],
            initial_secret=given.get("initial_secret"),
            unnamed_secret=given.get("unnamed_secret"),
        )
        self.connection = find(platform or "").open(
            management,
            given["secrets"],
            Path(given["known_hosts"]),
            deadline_s=float(given.get("deadline_s", DEADLINE_S)),
        )

    def close(self) -> None:
        """Closes the session without logging out."""
        self.connection.close()
