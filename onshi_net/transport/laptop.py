"""Where this laptop stands: its own IPv4 addresses, as legs."""

from __future__ import annotations

import socket
from ipaddress import IPv4Interface

from onshi_net.transport.windows.legs import Leg


def own_legs() -> tuple[Leg, ...]:
    """Lists the IPv4 addresses of the interfaces that are up, with their networks."""
    import psutil

    up = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
    return tuple(
        Leg(name, IPv4Interface(f"{one.address}/{one.netmask}"))
        for name, addresses in psutil.net_if_addrs().items()
        if name in up
        for one in addresses
        if one.family == socket.AF_INET and one.netmask
    )
