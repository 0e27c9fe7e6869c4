"""`WindowsConnection`: the Nornir connection plugin `onshi_windows`.

Nornir hands over `hostname`, `username`, `port` and `extras`; `password` stays None, since
secrets are references. `extras`:
`secrets` (a `Secrets`), `secret` (the reference), `files` (a `Files`), `tls`, `legs`, and
pywinrm settings, of which the unsafe ones are refused.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from nornir.core.configuration import Config

from onshi_net.errors import DeviceError
from onshi_net.intent.windows import Access
from onshi_net.transport.windows.endpoint import Endpoint
from onshi_net.transport.windows.session import WinrmSession, open_windows

CONNECTION_NAME = "onshi_windows"
_OURS = frozenset(
    {"secrets", "secret", "files", "tls", "legs", "host", "computer_name", "deadline_s", "site"}
)


class WindowsConnection:
    """A connection plugin (nornir.core.plugins.connections.ConnectionPlugin)."""

    connection: WinrmSession

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,  # noqa: ARG002 - Nornir's signature
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,  # noqa: ARG002
    ) -> None:
        """Opens the session.

        Raises the errors of `open_windows`, and DeviceError for a password in the inventory.
        """
        given = dict(extras or {})
        if password is not None:
            raise DeviceError("winrm.password-in-inventory", host=hostname or "")
        address = ip_address(hostname or "")
        access = Access(
            host=given.get("host") or str(address),
            address=address,
            computer_name=given.get("computer_name"),
            username=username or "Administrator",
            secret=given["secret"],
            site=given.get("site", ""),
        )
        self.connection = open_windows(
            access,
            given["secrets"],
            given["files"],
            endpoint=Endpoint(address, tls=bool(given.get("tls")), port=port or 0),
            legs=given.get("legs", ()),
            deadline_s=float(given.get("deadline_s", 30.0)),
            settings={key: value for key, value in given.items() if key not in _OURS},
        )

    def close(self) -> None:
        """Closes the session."""
        self.connection.close()
