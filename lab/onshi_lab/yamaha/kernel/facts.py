"""What the kernel says of links, addresses, routes and neighbours, as the router's own words."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyroute2.netlink.rtnl.ifinfmsg import IFF_LOWER_UP
from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from onshi_lab.yamaha.machine import Address, Lease, Neighbour, Route, Traffic

from .desired import Desired, Learned
from .tools import run_json

Json = Mapping[str, Any]


async def read_links() -> list[Json]:
    """Every link with its counters."""
    return list(await run_json(("ip", "-j", "-s", "link")))


def is_up(link: Json) -> bool:
    """Whether a link carries: administratively up, with a carrier, and not held dormant."""
    return "LOWER_UP" in link.get("flags", ()) and link.get("linkmode") != "DORMANT"


def links_down(news: bytes) -> set[str]:
    """The links that a message of rtnetlink (RTM_NEWLINK) reports without a carrier."""
    return {
        str(link.get_attr("IFLA_IFNAME"))
        for link in MarshalRtnl().parse(news)
        if not link["flags"] & IFF_LOWER_UP or link.get_attr("IFLA_LINKMODE")
    }


def traffic_of(link: Json) -> Traffic:
    """A link's counters."""
    stats = link.get("stats64", {})
    sent, received = stats.get("tx", {}), stats.get("rx", {})
    return Traffic(
        sent.get("packets", 0),
        sent.get("bytes", 0),
        received.get("packets", 0),
        received.get("bytes", 0),
    )


def router_names(desired: Desired) -> dict[str, str]:
    """Kernel interface -> router interface."""
    return {kernel: name for name, kernel in desired.names.items()}


async def read_addresses(desired: Desired, learned: Mapping[str, Learned]) -> tuple[Address, ...]:
    """Every address on the router's interfaces."""
    names = router_names(desired)
    found: list[Address] = []
    for link in await run_json(("ip", "-j", "addr")):
        name = names.get(link.get("ifname", ""))
        if name is None:
            continue
        for info in link.get("addr_info", ()):
            text, bits = info.get("local", ""), int(info.get("prefixlen", 0))
            preferred, valid = _lifetimes(text, learned)
            found.append(Address(name, text, bits, preferred, valid))
    return tuple(found)


def _lifetimes(text: str, learned: Mapping[str, Learned]) -> tuple[int | None, int | None]:
    """The lifetimes of an address whose prefix was learned, None for others."""
    for known in learned.values():
        for source in (known.advert, known.delegation):
            if source is None or not source.prefix or ":" not in text:
                continue
            if ipaddress.IPv6Address(text) in ipaddress.IPv6Network(source.prefix):
                return source.preferred, source.valid
    return None, None


async def read_routes(desired: Desired) -> tuple[Route, ...]:
    """The routes of both families that are in use: a route over a link that is down isn't one."""
    four, six = await asyncio.gather(
        run_json(("ip", "-j", "-4", "route")), run_json(("ip", "-j", "-6", "route"))
    )
    names = router_names(desired)
    routes = [_route(one, names, own) for one, own in ((o, True) for o in four)]
    routes += [_route(one, names, own) for one, own in ((o, False) for o in six)]
    return tuple(route for route in routes if route is not None)


_KINDS = {"kernel": "implicit", "ra": "temporary", "static": "static"}


def _route(one: Json, names: Mapping[str, str], own_gateway: bool) -> Route | None:
    name = names.get(one.get("dev", ""))
    destination = str(one.get("dst", ""))
    hidden = {"linkdown", "dead"} & set(one.get("flags", ()))
    if name is None or hidden or destination.startswith(("fe80::", "ff00::")):
        return None
    kind = _KINDS.get(str(one.get("protocol", "")), "static")
    gateway = str(one.get("gateway", ""))
    if not gateway:
        gateway = str(one.get("prefsrc", "-")) if own_gateway else "-"
    return Route(destination, gateway, name, kind)


async def read_neighbours(desired: Desired) -> tuple[Neighbour, ...]:
    """The ARP table and the neighbour cache."""
    names = router_names(desired)
    found: list[Neighbour] = []
    for one in await run_json(("ip", "-j", "neigh")):
        name = names.get(one.get("dev", ""))
        states = one.get("state", ["NONE"])
        if name is not None and states[0] not in ("FAILED", "NONE", "INCOMPLETE"):
            found.append(
                Neighbour(name, one.get("dst", ""), one.get("lladdr", ""), states[0].lower())
            )
    return tuple(found)


def read_leases(path: Path, scopes: Sequence[tuple[int, str]], now: float) -> tuple[Lease, ...]:
    """The leases of dnsmasq; scopes are (number, network) pairs."""
    if not path.exists():
        return ()
    found: list[Lease] = []
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) < 4 or not fields[0].isdigit():
            continue
        ends, mac, address, name = int(fields[0]), *fields[1:4]
        number = next(
            (
                number
                for number, net in scopes
                if ipaddress.ip_address(address) in ipaddress.ip_network(net)
            ),
            0,
        )
        left = max(0, int(ends - now)) if ends else 0
        found.append(Lease(number, address, mac, "" if name == "*" else name, left))
    return tuple(found)
