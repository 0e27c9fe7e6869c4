"""Interfaces, addresses and routes in Windows' terms.

Enumerations: MSFT_NetRoute, MSFT_NetIPAddress and MSFT_NetIPInterface on learn.microsoft.com.
"""

import enum
import ipaddress
from dataclasses import dataclass

IPV4 = 2
IPV6 = 23
"""AF_INET and AF_INET6 as Windows numbers them."""

DEFAULT_ROUTE_METRIC = 256
"""Metric of New-NetRoute and of on-link routes that Windows makes itself."""
DEFAULT_INTERFACE_METRIC = 25
"""Automatic metric of a 1 Gb/s interface (learn.microsoft.com, automatic metric feature)."""


class Origin(enum.IntEnum):
    """PrefixOrigin and SuffixOrigin."""

    OTHER = 0
    MANUAL = 1
    WELL_KNOWN = 2
    DHCP = 3
    ROUTER_ADVERTISEMENT = 4
    LINK = 4


class Protocol(enum.IntEnum):
    """Protocol of MSFT_NetRoute."""

    OTHER = 1
    LOCAL = 2
    NETMGMT = 3
    ICMP = 4
    """Learned from an ICMP redirect (MIB_IPFORWARD_ROW2, RouteProtocolIcmp)."""


def family_of(text: str) -> int:
    """IPV4 or IPV6 of an address or prefix; ValueError for another text."""
    return IPV4 if ipaddress.ip_network(text, strict=False).version == 4 else IPV6


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface."""

    index: int
    device: str
    alias: str
    description: str
    mac: str
    guid: str
    up: bool
    mtu: int
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """One unicast address of an interface."""

    ip: str
    prefix_length: int
    index: int
    prefix_origin: int = Origin.MANUAL
    suffix_origin: int = Origin.MANUAL

    @property
    def family(self) -> int:
        """IPV4 or IPV6."""
        return family_of(self.ip)

    @property
    def key(self) -> tuple[str, int]:
        """What makes the address unique."""
        return self.ip, self.index


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `metric` is the RouteMetric, without the interface's."""

    prefix: str
    next_hop: str
    index: int
    metric: int = DEFAULT_ROUTE_METRIC
    protocol: int = Protocol.NETMGMT

    @property
    def family(self) -> int:
        """IPV4 or IPV6."""
        return family_of(self.prefix)

    @property
    def on_link(self) -> bool:
        """Whether the destination is on the link, with no next hop."""
        return self.next_hop in ("0.0.0.0", "::")

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes the route unique in a store."""
        return self.prefix, self.next_hop, self.index
