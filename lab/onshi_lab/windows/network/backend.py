"""Where the active IP configuration lives: the namespace's kernel, or memory for tests."""

import ipaddress
import socket
import threading
import uuid
from dataclasses import replace
from typing import Any, Protocol

from onshi_lab import system
from onshi_lab.windows.network.model import (
    DEFAULT_ROUTE_METRIC,
    IPV6,
    Address,
    Interface,
    Origin,
    Route,
)
from onshi_lab.windows.network.model import Protocol as RouteProtocol

RTPROT_KERNEL = 2
RTPROT_RA = 9
RTPROT_WINDOWS = 200
"""Marks routes that the mock PC made, so that it knows their metric again (unassigned number)."""
RTPROT_REDIRECT = 1
RTM_F_CLONED = 0x200
RTCF_REDIRECTED = 0x40000
FLUSH = "net/ipv4/route/flush"
WIRELESS = "wlan"
"""How the devices begin that are Wi-Fi adapters to the PC."""
AIR = "air0"
"""The other end of one, which is no adapter of the PC."""
WIRELESS_ADDRESS = "192.168.43.21"
WIRELESS_GATEWAYS = ("192.168.43.1", "fe80::43:1")
"""A telephone that shares its connection, as Android numbers it."""
IFA_F_PERMANENT = 0x80
RTNH_F_ONLINK = 4
LOOPBACK = Interface(
    1,
    "lo",
    "Loopback Pseudo-Interface 1",
    "Software Loopback Interface 1",
    "",
    "",
    True,
    1500,
    True,
)


class Backend(Protocol):
    """The active store."""

    def interfaces(self) -> list[Interface]:
        """Every interface, loopback first."""

    def addresses(self) -> list[Address]:
        """Every unicast address."""

    def routes(self, metrics: dict[tuple[int, int], int]) -> list[Route]:
        """Every route; `metrics` gives the interface metric of (index, family)."""

    def add_address(self, address: Address) -> None:
        """Adds an address."""

    def delete_address(self, address: Address) -> None:
        """Removes an address."""

    def add_route(self, route: Route, interface_metric: int) -> None:
        """Adds a route."""

    def delete_route(self, route: Route, interface_metric: int) -> None:
        """Removes a route."""

    def restart(self, index: int) -> None:
        """Takes an interface down and up, losing all its configuration."""

    def set_up(self, index: int, up: bool) -> None:
        """Gives an interface its link, or takes it."""

    def set_ipv6(self, device: str, on: bool) -> None:
        """Binds IPv6 to an interface, or takes it off."""

    def set_wireless(self, on: bool, metric: int) -> None:
        """Joins another network by Wi-Fi, or leaves it."""


def _alias(number: int, japanese: bool) -> str:
    base = "イーサネット" if japanese else "Ethernet"
    return base if number == 1 else f"{base} {number}"


def _guid(device: str, mac: str) -> str:
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_OID, device + mac)).upper() + "}"


def _has_link(link: Any) -> bool:
    """Whether a cable with something at its other end is in: a link held dormant has none."""
    carries = link.get_attr("IFLA_OPERSTATE") == "UP" or bool(link.get_attr("IFLA_CARRIER"))
    return carries and not link.get_attr("IFLA_LINKMODE")


class MemoryBackend:
    """One Ethernet interface and no kernel."""

    def __init__(self, japanese: bool, index: int = 12) -> None:
        mac = "00-15-5D-01-00-0C"
        alias = _alias(1, japanese)
        description = "Microsoft Hyper-V Network Adapter"
        guid = _guid("eth0", mac)
        self._interfaces = [
            LOOPBACK,
            Interface(index, "eth0", alias, description, mac, guid, True, 1500),
        ]
        self._addresses: dict[tuple[str, int], Address] = {}
        self._routes: dict[tuple[str, str, int], Route] = {}

    def interfaces(self) -> list[Interface]:
        """Loopback and the one interface."""
        return list(self._interfaces)

    def addresses(self) -> list[Address]:
        """What was added."""
        return list(self._addresses.values())

    def routes(self, metrics: dict[tuple[int, int], int]) -> list[Route]:  # noqa: ARG002
        """The connected routes, then what was added."""
        return [_connected(a) for a in self._addresses.values()] + list(self._routes.values())

    def add_address(self, address: Address) -> None:
        """Adds an address."""
        self._addresses[address.key] = address

    def delete_address(self, address: Address) -> None:
        """Removes an address."""
        self._addresses.pop(address.key, None)

    def add_route(self, route: Route, interface_metric: int) -> None:  # noqa: ARG002
        """Adds a route."""
        self._routes[route.key] = route

    def delete_route(self, route: Route, interface_metric: int) -> None:  # noqa: ARG002
        """Removes a route."""
        self._routes.pop(route.key, None)

    def restart(self, index: int) -> None:
        """Forgets the interface's configuration."""
        self._addresses = {k: a for k, a in self._addresses.items() if a.index != index}
        self._routes = {k: r for k, r in self._routes.items() if r.index != index}

    def set_up(self, index: int, up: bool) -> None:
        """Remembers it."""
        self._interfaces = [replace(i, up=up) if i.index == index else i for i in self._interfaces]

    def set_ipv6(self, device: str, on: bool) -> None:
        """Nothing: no packet leaves it."""

    def set_wireless(self, on: bool, metric: int) -> None:
        """Nothing: it has one adapter."""


def _connected(address: Address) -> Route:
    network = ipaddress.ip_interface(f"{address.ip}/{address.prefix_length}").network
    hop = "::" if address.family == IPV6 else "0.0.0.0"
    return Route(str(network), hop, address.index, DEFAULT_ROUTE_METRIC, RouteProtocol.LOCAL)


class KernelBackend:
    """The kernel of the namespace that the process runs in, through rtnetlink."""

    def __init__(self, japanese: bool, first: str = "eth0") -> None:
        self._japanese = japanese
        self._first = first
        self._lock = threading.Lock()

    def _netlink(self) -> Any:
        from pyroute2 import IPRoute

        return IPRoute()

    def interfaces(self) -> list[Interface]:
        """Loopback, the first adapter, and every other link in the kernel's order."""
        with self._lock, self._netlink() as netlink:
            links = [
                link
                for link in netlink.get_links()
                if link.get_attr("IFLA_IFNAME") not in ("lo", AIR)
            ]
        links.sort(key=lambda link: link.get_attr("IFLA_IFNAME") != self._first)
        described = [self._interface(link, n) for n, link in enumerate(links, 1)]
        return [LOOPBACK, *described]

    def _interface(self, link: Any, number: int) -> Interface:
        device = link.get_attr("IFLA_IFNAME")
        wireless = device.startswith(WIRELESS)
        mac = (link.get_attr("IFLA_ADDRESS") or "").upper().replace(":", "-")
        return Interface(
            index=link["index"],
            device=device,
            alias=_alias(number, self._japanese) if not wireless else "Wi-Fi",
            description="Intel(R) Wi-Fi 6 AX201"
            if wireless
            else "Microsoft Hyper-V Network Adapter" + (f" #{number}" if number > 1 else ""),
            mac=mac,
            guid=_guid(device, mac),
            up=_has_link(link),
            mtu=link.get_attr("IFLA_MTU"),
        )

    def addresses(self) -> list[Address]:
        """Every address but loopback's."""
        with self._lock, self._netlink() as netlink:
            found = list(netlink.get_addr())
        return [_address(item) for item in found if item["index"] != 1]

    def routes(self, metrics: dict[tuple[int, int], int]) -> list[Route]:
        """The main table's unicast routes, and what ICMP redirects taught."""
        with self._lock, self._netlink() as netlink:
            found = [
                r for f in (socket.AF_INET, socket.AF_INET6) for r in netlink.get_routes(family=f)
            ]
        return [r for item in found if _is_unicast(item) for r in _routes(item, metrics)]

    def add_address(self, address: Address) -> None:
        """Adds an address; IPv6 without waiting for duplicate address detection."""
        options = {
            "address": address.ip,
            "prefixlen": address.prefix_length,
            "index": address.index,
        }
        if address.family == IPV6:
            options["flags"] = 2  # IFA_F_NODAD
        with self._lock, self._netlink() as netlink:
            netlink.addr("replace", **options)

    def delete_address(self, address: Address) -> None:
        """Removes an address; nothing if it is gone.

        Others of its network stay: Linux drops them with the first unless it may promote one.
        """
        others = [a for a in self.addresses() if a.index == address.index and a.ip != address.ip]
        self._quietly(
            "addr", "del", address=address.ip, prefixlen=address.prefix_length, index=address.index
        )
        left = {a.key for a in self.addresses()}
        for other in (a for a in others if a.family != IPV6 and a.key not in left):
            self.add_address(other)

    def add_route(self, route: Route, interface_metric: int) -> None:
        """Adds a route next to others to the same destination, as Windows does."""
        self._quietly("route", "append", **_route_options(route, interface_metric))

    def delete_route(self, route: Route, interface_metric: int) -> None:
        """Removes a route; nothing if it is gone. Redirects are forgotten together."""
        if route.protocol == RouteProtocol.ICMP:
            system.sysctl(FLUSH).write_text("1")
            return
        options = _route_options(route, interface_metric)
        del options["proto"]
        options.pop("flags", None)
        if self._quietly("route", "del", **options):
            return
        del options["priority"]  # made by somebody else, with a metric of their own
        self._quietly("route", "del", **options)

    def _quietly(self, what: str, command: str, **options: Any) -> bool:
        """Whether the kernel did it; False where the thing was there, or gone, already."""
        from pyroute2 import NetlinkError

        with self._lock, self._netlink() as netlink:
            try:
                getattr(netlink, what)(command, **options)
            except NetlinkError as error:
                if error.code not in (3, 17, 99):  # ESRCH, EEXIST, EADDRNOTAVAIL
                    raise
                return False
        return True

    def restart(self, index: int) -> None:
        """Takes a link down and up; IPv4 addresses survive that in Linux, so they are removed."""
        with self._lock, self._netlink() as netlink:
            netlink.flush_addr(index=index, family=socket.AF_INET)
            netlink.link("set", index=index, state="down")
            netlink.link("set", index=index, state="up")

    def set_up(self, index: int, up: bool) -> None:
        """Sets the link's administrative state, which the other end sees as carrier."""
        with self._lock, self._netlink() as netlink:
            netlink.link("set", index=index, state="up" if up else "down")

    def set_ipv6(self, device: str, on: bool) -> None:
        """Takes IPv6 off an interface, with its addresses and routes; on, routers are asked."""
        system.sysctl(f"net/ipv6/conf/{device}/disable_ipv6").write_text("0" if on else "1")

    def set_wireless(self, on: bool, metric: int) -> None:
        """Makes an adapter that swallows what it is given: behind it nobody knows our addresses."""
        device = f"{WIRELESS}0"
        with self._lock, self._netlink() as netlink:
            found = netlink.link_lookup(ifname=device)
            if found:
                netlink.link("del", index=found[0])
            if not on:
                return
            netlink.link("add", ifname=device, kind="veth", peer=AIR)
            system.sysctl(f"net/ipv6/conf/{AIR}/disable_ipv6").write_text("1")
            netlink.link("set", index=netlink.link_lookup(ifname=AIR)[0], state="up")
            index = netlink.link_lookup(ifname=device)[0]
            netlink.link("set", index=index, state="up")
            netlink.addr("add", index=index, address=WIRELESS_ADDRESS, prefixlen=24)
            for gateway in WIRELESS_GATEWAYS:
                family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
                route = {"gateway": gateway, "oif": index, "family": family, "priority": metric}
                netlink.route("add", dst="default", flags=RTNH_F_ONLINK, **route)


NUD = {2: "Reachable", 4: "Stale", 8: "Delay", 16: "Probe", 128: "Permanent"}
"""Kernel neighbour states -> Windows' names."""


def _address(item: Any) -> Address:
    ip = item.get_attr("IFA_LOCAL") or item.get_attr("IFA_ADDRESS")
    link_local = ipaddress.ip_address(ip).is_link_local
    automatic = not (item.get_attr("IFA_FLAGS") or item["flags"]) & IFA_F_PERMANENT
    origin = (Origin.MANUAL, Origin.MANUAL)
    if link_local:
        origin = (Origin.WELL_KNOWN, Origin.LINK)
    elif automatic:
        origin = (Origin.ROUTER_ADVERTISEMENT, Origin.LINK)
    return Address(ip, item["prefixlen"], item["index"], *origin)


def _is_unicast(item: Any) -> bool:
    """Whether it is a route in Windows' sense: a path's own MTU, also dumped, is none."""
    known = not item["flags"] & RTM_F_CLONED or _redirected(item)
    return bool(known and item["type"] == 1 and item.get_attr("RTA_TABLE", item["table"]) == 254)


def _redirected(item: Any) -> bool:
    return bool(item["flags"] & RTCF_REDIRECTED or item["proto"] == RTPROT_REDIRECT)


def _routes(item: Any, metrics: dict[tuple[int, int], int]) -> list[Route]:
    hops = item.get_attr("RTA_MULTIPATH")
    pairs = [(h.get_attr("RTA_GATEWAY"), h["oif"]) for h in hops or []]
    pairs = pairs or [(item.get_attr("RTA_GATEWAY"), item.get_attr("RTA_OIF"))]
    return [
        _route(item, gateway, index, metrics) for gateway, index in pairs if index not in (None, 1)
    ]


def _route(
    item: Any, gateway: str | None, index: int, metrics: dict[tuple[int, int], int]
) -> Route:
    v6 = item["family"] == socket.AF_INET6
    nothing = "::" if v6 else "0.0.0.0"
    prefix = f"{item.get_attr('RTA_DST') or nothing}/{item['dst_len']}"
    priority = item.get_attr("RTA_PRIORITY") or 0
    metric = DEFAULT_ROUTE_METRIC
    if item["proto"] not in (RTPROT_KERNEL, RTPROT_RA) and priority not in (0, 1024):
        metric = max(0, priority - metrics.get((index, IPV6 if v6 else 2), 0))
    kind = RouteProtocol.LOCAL if item["proto"] == RTPROT_KERNEL else RouteProtocol.NETMGMT
    kind = RouteProtocol.ICMP if _redirected(item) else kind
    return Route(prefix, gateway or nothing, index, metric, kind)


def _route_options(route: Route, interface_metric: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "dst": route.prefix,
        "oif": route.index,
        "priority": route.metric + interface_metric,
        "proto": RTPROT_WINDOWS,
        "family": socket.AF_INET6 if route.family == IPV6 else socket.AF_INET,
    }
    if not route.on_link:
        options |= {"gateway": route.next_hop, "flags": RTNH_F_ONLINK}
    return options
