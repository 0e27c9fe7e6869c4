"""Where the laptop stands, found by address: pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from onshi_net.facts.types import Interface, Legs


def legs_of(interfaces: Iterable[Interface], terminal: IPv4Network, clinic: IPv4Network) -> Legs:
    """Answers the interface in each segment.

    Another Ethernet link that is up without IPv4 is the line leg.
    """
    wired = [one for one in interfaces if one.ethernet and one.up]
    return Legs(
        terminal=next((one for one in wired if _stands_in(one, terminal)), None),
        clinic=next((one for one in wired if _stands_in(one, clinic)), None),
        line=next((one for one in wired if not one.ipv4 and one.global_ipv6 is None), None),
        strays=tuple(
            one
            for one in wired
            if one.ipv4 and not any(_stands_in(one, each) for each in (terminal, clinic))
        ),
    )


def _stands_in(interface: Interface, network: IPv4Network) -> bool:
    return any(one.ip in network for one in interface.ipv4)


def address_in(interface: Interface, network: IPv4Network) -> str:
    """Answers the interface's own address in `network`, or '' where it has none."""
    return next((str(one.ip) for one in interface.ipv4 if one.ip in network), "")
