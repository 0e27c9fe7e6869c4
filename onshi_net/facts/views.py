"""What a PC sees from where it stands: which way its packets go, what answers it, what is on it.

A part that the PC could not tell is None: nothing is known of it.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from onshi_net.facts.pc import Answered, Shown
from onshi_net.facts.readings import DnsReply, Facts, Port, Reading, Service


def _maybe(value: Any) -> Any:
    """Leaves a list that could not be read as None, which `Listed` takes for an empty one."""
    return value if value is None or isinstance(value, list | tuple) else (value,)


Maybe = BeforeValidator(_maybe)


class Adapter(Answered):
    """One network adapter (MSFT_NetAdapter), with a link or without."""

    interface: int
    alias: Shown = ""
    description: Shown = ""
    status: str = ""
    """`Up` where it has a link."""
    medium: str = ""
    """PhysicalMediaType: `802.3`, `Native 802.11` (Wi-Fi), `Wireless WAN`."""
    ipv6: bool | None = None
    """Whether IPv6 (ms_tcpip6) is bound to it; None: not told."""


class PrefixPolicy(Answered):
    """A row of the table by which Windows prefers addresses (RFC 6724)."""

    prefix: str
    precedence: int
    label: int


class ProxySetting(Answered):
    """Where one user's programs, or all, are told to send what goes to the web."""

    who: Shown
    """A user of the PC; `winhttp` (Windows' services), `machine` (all, by policy), `edge`."""
    enabled: bool = False
    server: Shown = ""
    bypass: Shown = ""
    script: Shown = ""
    """The address of a script that decides (AutoConfigURL)."""


class Ways(Answered):
    """What decides which way the PC's packets go, beside the routes that its state holds."""

    adapters: Annotated[tuple[Adapter, ...] | None, Maybe] = None
    ipv6_off: int | None = None
    """DisabledComponents of Tcpip6: bits of what IPv6 lacks (Microsoft, guidance for configuring
    IPv6); 0 where nobody set it."""
    policies: Annotated[tuple[PrefixPolicy, ...] | None, Maybe] = None
    suffixes: Annotated[tuple[str, ...] | None, Maybe] = None
    """DNS suffixes, in the order in which they are put to a short name."""
    proxies: Annotated[tuple[ProxySetting, ...] | None, Maybe] = None


class Program(Answered):
    """An installed program, as the Uninstall keys of the registry name it."""

    name: Shown
    version: Shown = ""
    publisher: Shown = ""


class Device(Answered):
    """A device that is plugged in (Win32_PnPEntity)."""

    name: Shown
    kind: str = ""
    status: str = ""
    """`OK` where it works."""


class Drive(Answered):
    """A removable drive that is plugged in, and how many certificates (.p12, .pfx) it holds."""

    drive: str
    label: Shown = ""
    certificates: int = 0


class Software(Answered):
    """What is installed on the PC and plugged into it."""

    programs: Annotated[tuple[Program, ...] | None, Maybe] = None
    devices: Annotated[tuple[Device, ...] | None, Maybe] = None
    """Card readers, and devices that somebody asked for by name."""
    drives: Annotated[tuple[Drive, ...] | None, Maybe] = None


class View(Facts):
    """What a PC found out when it was asked to look."""

    certificate: bool = False
    """Whether it had a client certificate to show."""
    services: dict[str, Service] = {}
    """By service id: asked by the PC itself, names of its own resolvers."""
    resolvers: dict[str, Reading[DnsReply]] = {}
    """Asked directly, by resolver address."""
    ports: dict[str, Reading[Port]] = {}
    """Of a receipt PC: the shares' port of each terminal, by host name."""
    ways: Ways | None = None
    software: Software | None = None
