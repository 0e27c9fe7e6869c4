"""The equipment and region data that come with the package, as frozen data.

Files: `onshi_net/data/regions/<region>.yaml`, `onshi_net/data/routers/<model>.yaml` and
`onshi_net/data/makers.yaml`; each names its sources. Another wheel brings models of its own in a
package that has `routers/<model>.yaml` and `makers.yaml` too, and is named by an entry point of the
group `onshi_net.models`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from ipaddress import IPv6Address
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator
from ruamel.yaml import YAML

from onshi_net.model.base import Frozen, IpAddress, as_tuple
from onshi_net.model.firmware import Firmware
from onshi_net.model.text import DomainName, Token

MODELS = "onshi_net.models"
"""The group of the entry points that name packages with models."""
_OWN = files("onshi_net.data")


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


def _items(value: Any) -> Any:
    return tuple(value.items()) if isinstance(value, dict) else value


class RouterModel(Frozen):
    """What differs between router models."""

    name: Token
    platform: Token
    wan: Token
    lan: Token
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
    shortest_password: int = 1
    """Characters that login and administrator passwords have at least."""
    family: Annotated[tuple[tuple[str, str | None], ...], BeforeValidator(_items)] = ()
    """What only the model's own family knows how to read."""


def _folders() -> Iterator[Traversable]:
    """Gives the package's own data, then that of other wheels."""
    yield _OWN
    yield from _others()


@cache
def _others() -> tuple[Traversable, ...]:
    found = sorted(entry_points(group=MODELS), key=lambda entry: entry.name)
    return tuple(files(entry.value) for entry in found)


def _names(folder: Traversable) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.name.endswith(".yaml"):
            yield entry.name.removesuffix(".yaml")


def _load(source: Traversable) -> Any:
    return YAML(typ="safe", pure=True).load(source.read_text(encoding="utf-8"))


def region_names() -> list[str]:
    """Lists the known regions."""
    return sorted(_names(_OWN / "regions"))


def router_model_names() -> list[str]:
    """Lists the known router models, as `Router.model` writes them."""
    names = (name for folder in _folders() for name in _names(folder / "routers"))
    return sorted({name.upper() for name in names})


def is_router_model(name: str) -> bool:
    """Answers whether a router model is known."""
    return _folder_of(name) is not None


def _folder_of(model: str) -> Traversable | None:
    """Answers the data in which a router model stands; other wheels are asked last."""
    file = f"{model.lower()}.yaml"
    known = model == model.upper() and "/" not in model
    return next((one for one in _folders() if known and (one / "routers" / file).is_file()), None)


@cache
def region(name: str) -> Region:
    """Reads a region's data. Raises KeyError for an unknown name."""
    if name not in region_names():
        raise KeyError(name)
    return Region.model_validate(_load(_OWN / "regions" / f"{name}.yaml"))


@cache
def rebadged() -> Mapping[str, str]:
    """Answers the maker's model of each name under which somebody else sells it."""
    return MappingProxyType(dict(_load(_OWN / "rebadged.yaml")))


@cache
def router_model(name: str) -> RouterModel:
    """Reads a router model's data. Raises KeyError for an unknown name."""
    folder = _folder_of(name)
    if folder is None:
        raise KeyError(name)
    fields = _load(folder / "routers" / f"{name.lower()}.yaml")
    makers = _load(folder / "makers.yaml").get(fields["platform"], ())
    return RouterModel.model_validate({"maker_macs": makers, **fields})
