"""Whether this computer itself is cut off: its cable, its Wi-Fi, its address. Reader and decision.

What is asked first where a device does not answer: a cable that somebody pulled out of the laptop
is no fault of the device.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address
from pathlib import Path

NETWORKS = Path("/sys/class/net")
WIRELESS = ("wi-fi", "wlan", "wlp", "wlx")
"""How adapters of a wireless network are named (Windows; systemd.net-naming-scheme(7))."""


@dataclass(frozen=True, slots=True)
class Link:
    """A network adapter of this computer, its state and IPv4 addresses."""

    name: str
    up: bool
    """Switched on, and with a cable or a wireless network."""
    addresses: tuple[IPv4Interface, ...] = ()
    wireless: bool = False


@dataclass(frozen=True, slots=True)
class CutOff:
    """Why this computer reaches nothing: the sentence's id, the adapter, the address it had."""

    message: str
    interface: str
    address: str


def own_links() -> tuple[Link, ...]:
    """Lists this computer's adapters. Raises OSError."""
    import psutil

    stats, addresses = psutil.net_if_stats(), psutil.net_if_addrs()
    return tuple(
        Link(
            name,
            state.isup,
            tuple(
                IPv4Interface(f"{one.address}/{one.netmask}")
                for one in addresses.get(name, ())
                if one.family == socket.AF_INET and one.netmask
            ),
            name.lower().startswith(WIRELESS) or (NETWORKS / name / "wireless").exists(),
        )
        for name, state in stats.items()
    )


def towards(links: Iterable[Link], target: IPv4Address | IPv6Address) -> Link | None:
    """Answers the adapter whose own network holds an address; None for one that is further off."""
    some = (one for one in links if one.up)
    return next((one for one in some if _stands_in(one, target)), None)


def _stands_in(link: Link, target: IPv4Address | IPv6Address) -> bool:
    return any(target in one.network for one in link.addresses)


def cut_off(
    stood: Link | None, links: Iterable[Link], target: IPv4Address | IPv6Address
) -> CutOff | None:
    """Answers what this computer lost by which it reached the target at first.

    None where it has what it had, or never stood in the target's network.
    """
    if stood is None:
        return None
    address = next((str(one.ip) for one in stood.addresses if target in one.network), "")
    now = next((one for one in links if one.name == stood.name), None)
    if now is None:
        return CutOff("own.adapter", stood.name, address)
    if not now.up:
        return CutOff("own.wireless" if stood.wireless else "own.cable", stood.name, address)
    if not _stands_in(now, target):
        return CutOff("own.address", stood.name, address)
    return None


def watched(
    target: IPv4Address | IPv6Address, read: Callable[[], tuple[Link, ...]] = own_links
) -> Callable[[], CutOff | None]:
    """Gives who answers whether this computer, as it stands now, was cut off from a target since.

    What can't be read is no answer.
    """

    def reading() -> tuple[Link, ...] | None:
        try:
            return read()
        except OSError:
            return None

    stood = towards(reading() or (), target)

    def ask() -> CutOff | None:
        links = reading()
        return None if links is None else cut_off(stood, links, target)

    return ask
