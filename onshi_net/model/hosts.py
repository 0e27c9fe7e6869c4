"""The hosts of a site as frozen data, one class a Nornir group."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from onshi_net.model.accounts import AccountName, ComputerName
from onshi_net.model.base import Frozen, Ipv4Address, MacAddress, as_tuple
from onshi_net.model.text import DomainName, SecretRef, Text, Token

UserName = Annotated[
    str, Field(min_length=1, max_length=32, pattern=r"\A[A-Za-z0-9][A-Za-z0-9_-]*\z")
]
"""A login user's name: 32 ASCII characters at most (Yamaha command reference, `login user`)."""


HostedService = Literal["telnet", "web", "time", "sftp", "tftp", "snmp"]
"""Services of a router of which it can be said who may reach them."""
PlainService = Literal["upnp", "l2ms", "cloud", "heartbeat", "radius"]
ServiceName = HostedService | PlainService
HOSTED: frozenset[str] = frozenset(get_args(HostedService))


class OtherService(Frozen):
    """A service of the router that others need."""

    reason: Text
    hosts: Annotated[tuple[Ipv4Address, ...], BeforeValidator(as_tuple)] = ()
    """The only addresses that may reach it, of the terminal network; each of `HOSTED` has some."""


class Host(Frozen):
    """What every host has."""

    name: Token


class Onu(Host):
    """The optical network unit; nothing on it can be configured or asked."""

    model: Text | None = None


class Switch(Host):
    """A switching hub under the router."""

    model: Text | None = None
    ports: Annotated[int, Field(ge=2, le=48)] = 5


class Router(Host):
    """The オン資ルーター."""

    hostname: Ipv4Address
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    username: UserName
    model: Token
    serial: Token | None = None
    mac: MacAddress | None = None
    """MAC address on the label, of the LAN side; the first connection is held to it."""
    secret: SecretRef
    """Login password after provisioning."""
    admin_secret: SecretRef
    """Administrator password after provisioning."""
    initial_secret: SecretRef | None = None
    """Password of the router's delivered default config; it must no longer work after provisioning.
    """
    other_users: dict[UserName, Text] = Field(default_factory=dict)
    """Accounts of others that stay on the router, each with the reason; all others are removed."""
    other_services: dict[ServiceName, OtherService] = Field(default_factory=dict)
    """Services for others that stay open on the router; all others are closed."""
    unnamed_secret: SecretRef | None = None
    """Password of the router's unnamed user where it has one of its own (`login password`): the
    router asks for it before it shows its saved configuration."""


class Windows(Host):
    """A Windows PC that is reached over WinRM."""

    hostname: Ipv4Address
    computer_name: ComputerName | None = None
    username: AccountName | None = None
    secret: SecretRef | None = None
    winrm: Literal["http", "https"] = "http"
    """How it is reached: NTLM with sealed messages, or HTTPS to a listener that is there already,
    whose certificate somebody confirmed."""
    mac: MacAddress | None = None
    """MAC address on the label; the first connection over HTTPS is held to it."""


class Terminal(Windows):
    """A オンライン資格確認端末, in the terminal network."""

    dns_name: DomainName | None = None


class ReceiptPc(Windows):
    """A receipt computer or electronic-record PC, in the clinic LAN."""
