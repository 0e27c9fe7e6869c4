"""What a visit waits for: where the laptop stands, and which devices let it in.

`lacking` is pure; `look` reads. Nothing is said to a device but the first packets of a connection.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import Any

from onshi_net.intent import SiteIntent
from onshi_net.intent.types import Lan
from onshi_net.transport.ownlink import Link, own_links
from onshi_net.transport.windows import Endpoint
from onshi_net.visit.stages import BOTH, Network, Stage

LOOK_S = 3.5
"""Seconds for a connection: Linux gives a neighbour up after three (ip-sysctl, mcast_solicit and
retrans_time_ms), which tells an address without a device from a port that is closed in silence."""


class Door(StrEnum):
    """How a device answers at the port of its management."""

    OPEN = "open"
    CLOSED = "closed"
    """Somebody is there, and does not let us in: Windows' firewall drops in silence."""
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    """This computer could not ask: it has no way there, or no word came in time."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What was seen at one moment."""

    links: tuple[Link, ...] = ()
    doors: Mapping[str, Door] | None = None
    """By host; None where nobody was asked."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What a person must do before a stage can begin: a sentence's id and its values."""

    message: str
    values: tuple[tuple[str, Any], ...] = ()


def standing(intent: SiteIntent, links: Iterable[Link]) -> tuple[Network, ...]:
    """Answers the networks of the site in which this computer has an address."""
    held = [one for link in links if link.up for one in link.addresses]
    return tuple(
        name for name in BOTH if any(one.ip in _lan(intent, name).address.network for one in held)
    )


def lacking(intent: SiteIntent, stage: Stage, scene: Scene) -> tuple[Lack, ...]:
    """Answers what a stage still waits for; a device is spoken of once the laptop stands right."""
    stands = standing(intent, scene.links)
    away = tuple(_cable(intent, one, scene.links) for one in stage.stands if one not in stands)
    return away or tuple(_doors(intent, stage, scene.doors or {}))


def look(intent: SiteIntent, stage: Stage) -> Scene:
    """Reads this computer's adapters and, where it stands right, tries each device's port."""
    try:
        links = own_links()
    except OSError:
        links = ()
    if any(one not in standing(intent, links) for one in stage.stands):
        return Scene(links)
    where = {host: _endpoint(intent, host) for host in stage.answering}
    if not where:
        return Scene(links, {})
    with ThreadPoolExecutor(len(where)) as pool:
        doors = pool.map(_door, where.values())
        return Scene(links, dict(zip(where, doors, strict=True)))


def _lan(intent: SiteIntent, name: Network) -> Lan:
    return intent.router.terminal if name == "terminal" else intent.router.clinic


def _cable(intent: SiteIntent, name: Network, links: Iterable[Link]) -> Lack:
    """Says where a cable belongs, and which address the adapter needs, with those that are in."""
    lan = _lan(intent, name)
    network = lan.address.network
    values = (
        ("ports", "・".join(map(str, lan.ports))),
        ("network", str(network)),
        ("example", str(_example(intent, network))),
        ("prefix", network.prefixlen),
    )
    free = [one for one in links if one.up and not _is_loopback(one)]
    free = [one for one in free if not _stands_anywhere(intent, one.addresses)]
    if not free:
        return Lack(f"visit.lack.cable-{name}", values)
    now = ", ".join(f"{one.name} ({', '.join(map(str, one.addresses)) or '-'})" for one in free)
    return Lack(f"visit.lack.address-{name}", (*values, ("now", now)))


def _is_loopback(link: Link) -> bool:
    return any(one.ip.is_loopback for one in link.addresses)


def _stands_anywhere(intent: SiteIntent, addresses: Iterable[IPv4Interface]) -> bool:
    networks = [_lan(intent, name).address.network for name in BOTH]
    return any(one.ip in network for one in addresses for network in networks)


def _example(intent: SiteIntent, network: IPv4Network) -> IPv4Address:
    """An address of the network that no device of the site has, the highest one."""
    router = intent.router
    taken = {one.address for one in intent.hosts}
    taken |= {router.terminal.address.ip, router.clinic.address.ip}
    high = int(network.broadcast_address) - 1
    return next(
        one for one in (IPv4Address(high - n) for n in range(len(taken) + 1)) if one not in taken
    )


def _doors(intent: SiteIntent, stage: Stage, doors: Mapping[str, Door]) -> Iterator[Lack]:
    for host in stage.answering:
        door = doors.get(host, Door.UNKNOWN)
        if door is Door.OPEN:
            continue
        kind = "router" if host == intent.router.host else "pc"
        address, _ = _endpoint(intent, host)
        values = (("host", host), ("address", str(address)), ("site", intent.site))
        yield Lack(f"visit.lack.{kind}-{door}", values)


def _endpoint(intent: SiteIntent, host: str) -> tuple[IPv4Address | IPv6Address, int]:
    if host == intent.router.host:
        return intent.router.management.address, intent.router.management.port
    access = next(one.access for one in intent.windows if one.access.host == host)
    return access.address, Endpoint.of(access).real_port


def _door(where: tuple[IPv4Address | IPv6Address, int]) -> Door:
    """Tries a port and closes the connection at once."""
    address, port = where
    try:
        socket.create_connection((str(address), port), LOOK_S).close()
    except (TimeoutError, ConnectionError):
        return Door.CLOSED
    except OSError as error:
        return Door.NOBODY if error.errno == errno.EHOSTUNREACH else Door.UNKNOWN
    return Door.OPEN
