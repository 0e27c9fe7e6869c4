"""The equipment and region data that come with the package, as frozen data.

Files: `onshi_net/data/regions/<region>.yaml`, `onshi_net/data/routers/<model>.yaml` and
`onshi_net/data/makers.yaml`; each names its sources.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from ipaddress import IPv6Address
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from ruamel.yaml import YAML

from onshi_net.model.base import Frozen, IpAddress, as_tuple
from onshi_net.model.firmware import Firmware
from onshi_net.model.text import DomainName, Token


def _v6(value: Any) -> Any:
    return IPv6Address(value) if isinstance(value, str) else value


def _firmware(value: Any) -> Any:
    return Firmware.parse(value) if isinstance(value, str) else value


Ipv6Address = Annotated[IPv6Address, BeforeValidator(_v6)]
Revision = Annotated[Firmware, BeforeValidator(_firmware)]


class ServiceKind(StrEnum):
    """How a service is tried."""

    DNS = "dns"
    HTTP = "http"
    HTTPS = "https"
    LINE_AUTH = "line-auth"
    """HTTPS, and the page must say that 回線認証 succeeded."""
    NTP = "ntp"
    TCP = "tcp"


def _kind(value: Any) -> Any:
    return ServiceKind(value) if isinstance(value, str) else value


class Service(Frozen):
    """One name of the closed network and how it must answer."""

    id: Token
    name: DomainName
    kind: Annotated[ServiceKind, BeforeValidator(_kind)]
    port: int | None = None
    client_certificate: bool = False
    """The server demands a client certificate."""
    large_answer: bool = False
    """The DNS answer exceeds 512 bytes, so that it only survives a forwarder with EDNS."""


class Resolvers(Frozen):
    """Resolver addresses and the domain suffixes that are asked of them."""

    servers: Annotated[tuple[Ipv6Address, ...], BeforeValidator(as_tuple)]
    suffixes: Annotated[tuple[DomainName, ...], BeforeValidator(as_tuple)]


class Region(Frozen):
    """What differs between NTT East and West."""

    name: Token
    ngn_resolvers: Resolvers
    closed_network_resolvers: Resolvers
    services: Annotated[tuple[Service, ...], BeforeValidator(as_tuple)]
    internet: Annotated[tuple[IpAddress, ...], BeforeValidator(as_tuple)]


class Ports(Frozen):
    """A LAN interface of the router and the switch ports (1-based) that belong to it."""

    interface: Token
    ports: Annotated[tuple[int, ...], BeforeValidator(as_tuple)]


class RouterModel(Frozen):
    """What differs between router models."""

    name: Token
    platform: Token
    wan: Token
    lan: Token
    division: Literal["port-based", "flexible-port"]
    terminal: Ports
    clinic: Ports
    wan_ports: Annotated[tuple[int, ...], BeforeValidator(as_tuple)] = ()
    unused: Ports | None = None
    """Where every port must belong to an interface:

    the one that takes the ports that nobody uses.
    """
    maker_macs: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    """First three bytes of its maker's MACs, as `00:a0:de`; none: not known."""
    firmware_floor: Revision | None = None
    """Oldest revision that can do what a site needs (`edns=on`); None: every revision."""
    rollback_timer_since: Revision | None = None
    """First revision with `rollback timer`; None: not documented for this model."""
    schedule_delay_since: Revision | None = None
    """First revision with `schedule at N +S`; None: not documented for this model."""


def _names(folder: str) -> list[str]:
    entries = files("onshi_net.data").joinpath(folder).iterdir()
    return sorted(
        entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")
    )


def _load(folder: str, name: str) -> Any:
    source = files("onshi_net.data").joinpath(folder, f"{name}.yaml")
    return YAML(typ="safe", pure=True).load(source.read_text(encoding="utf-8"))


def region_names() -> list[str]:
    """Lists the known regions."""
    return _names("regions")


def router_model_names() -> list[str]:
    """Lists the known router models, as `Router.model` writes them."""
    return [name.upper() for name in _names("routers")]


@cache
def region(name: str) -> Region:
    """Reads a region's data. Raises KeyError for an unknown name."""
    if name not in region_names():
        raise KeyError(name)
    return Region.model_validate(_load("regions", name))


@cache
def router_model(name: str) -> RouterModel:
    """Reads a router model's data. Raises KeyError for an unknown name."""
    if name not in router_model_names():
        raise KeyError(name)
    fields = _load("routers", name.lower())
    makers = {"maker_macs": _load(".", "makers")[fields["platform"]]}
    return RouterModel.model_validate({**makers, **fields})
