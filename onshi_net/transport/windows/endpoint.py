"""Where a PC's WinRM service is, and the settings that may be used with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intent.windows import Access

HTTP_PORT, HTTPS_PORT = 5985, 5986
"""WinRM 2.0 defaults (Microsoft, Installation and configuration for Windows Remote Management)."""
REFUSED: Mapping[str, frozenset[str]] = {
    "transport": frozenset({"basic", "plaintext", "ssl", "certificate", "auto"}),
    "auth": frozenset({"basic", "plaintext", "ssl"}),
    "message_encryption": frozenset({"never", "auto"}),
    "server_cert_validation": frozenset({"ignore"}),
}
"""pywinrm's settings that would send a password or a script that others on the wire can read, or
trust anybody."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One PC's WinRM service."""

    address: IPv4Address | IPv6Address
    tls: bool = False
    port: int = 0
    """0: the default of HTTP or HTTPS."""
    scope: str = ""
    """Interface of a link-local IPv6 address."""

    @classmethod
    def of(cls, access: Access) -> Endpoint:
        """Answers the endpoint that the inventory names."""
        return cls(access.address, tls=access.tls)

    @property
    def real_port(self) -> int:
        """The TCP port."""
        return self.port or (HTTPS_PORT if self.tls else HTTP_PORT)

    @property
    def name(self) -> str:
        """The host part of a URL, IPv6 in brackets (RFC 3986, 3.2.2; RFC 6874)."""
        if isinstance(self.address, IPv4Address):
            return str(self.address)
        return f"[{self.address}%25{self.scope}]" if self.scope else f"[{self.address}]"

    @property
    def url(self) -> str:
        """The full URL, which pywinrm's `Protocol` takes unchanged."""
        return f"{'https' if self.tls else 'http'}://{self.name}:{self.real_port}/wsman"


@dataclass(frozen=True, slots=True)
class Files:
    """What the laptop keeps between runs."""

    pins: Path
    """Certificates of PCs that are reached over HTTPS; reviewable text."""
    shells: Path
    """Shells that are open now, so that the next run can close those of a killed one."""

    @classmethod
    def under(cls, folder: Path) -> Files:
        """Answers the usual file names in a folder."""
        return cls(folder / "windows-certificates", folder / "windows-shells.json")


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raises InputError for a setting that would weaken the connection, whoever asks for it."""
    faults = [
        Fault(
            Place(item=f"{name}={value}"),
            text("winrm.unsafe-setting", name=name, value=value),
            text("winrm.unsafe-setting.remedy"),
        )
        for name, value in settings.items()
        if str(value).lower() in REFUSED.get(name, ())
    ]
    if faults:
        raise InputError(faults)
