"""Base of the model: frozen pydantic data and the address types that YAML text becomes."""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Frozen(BaseModel):
    """Base of the model: frozen, no unknown fields, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _address(value: Any) -> Any:
    return IPv4Address(value) if isinstance(value, str) else value


def _network(value: Any) -> Any:
    return IPv4Network(value) if isinstance(value, str) else value


def _any_address(value: Any) -> Any:
    return ip_address(value) if isinstance(value, str) else value


def as_tuple(value: Any) -> Any:
    """Turns a YAML list into a tuple and leaves anything else to the validator."""
    return tuple(value) if isinstance(value, list) else value


def _mac(value: Any) -> Any:
    """Turns any of the usual spellings of a MAC address into `00:a0:de:01:02:03`."""
    if not isinstance(value, str):
        return value
    digits = value.lower()
    if not _MAC.match(digits):
        return value
    digits = "".join(char for char in digits if char.isalnum())
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


_MAC = re.compile(r"\A(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{12})\Z")
MacAddress = Annotated[
    str, Field(pattern=r"\A[0-9a-f][02468ace](:[0-9a-f]{2}){5}\z"), BeforeValidator(_mac)
]
"""A device's MAC address, in lower case with colons; not one of a group (IEEE 802, the I/G bit)."""
IpAddress = Annotated[IPv4Address | IPv6Address, BeforeValidator(_any_address)]
Ipv4Address = Annotated[IPv4Address, BeforeValidator(_address)]
Ipv4Network = Annotated[IPv4Network, BeforeValidator(_network)]


def one_of(kind: type[StrEnum]) -> BeforeValidator:
    """Gives the validator that turns a YAML word into its enumeration member."""

    def convert(value: Any) -> Any:
        return kind(value) if isinstance(value, str) else value

    return BeforeValidator(convert)
