"""Makes a topology real: namespaces, cables, bridges, addresses, routes and rules."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink import rtnl

from onshi_lab import engines
from onshi_lab.errors import LabError
from onshi_lab.kernel import namespaces, sysctls
from onshi_lab.topology import (
    BRIDGE,
    SPARE,
    SPARE_PORT,
    End,
    Interface,
    IPv6,
    Kind,
    Link,
    Node,
    Route,
)
from onshi_lab.world import World
from onshi_lab.yamaha.kernel.desired import interface_id

# A segment each time: TCP must not hand a line super-packets, or dropping by size would lie.
_ONE_SEGMENT = 1

FIRST_INDEX = 1001
"""Index of a cable's first interface; far above those that the kernel gives by itself."""
HOSTS = (Kind.TERMINAL, Kind.RECEIPT, Kind.LAPTOP)

_IPV6 = {
    IPv6.OFF: {"disable_ipv6": "1"},
    IPv6.SILENT: {"addr_gen_mode": "1"},
    IPv6.STATIC: {},
    IPv6.HOST: {"accept_ra": "1", "autoconf": "1"},
    IPv6.UPSTREAM: {"accept_ra": "2"},
}


@contextmanager
def netlink(namespace: str | Path) -> Iterator[IPRoute]:
    """A netlink connection into a namespace; the calling thread is inside meanwhile."""
    with namespaces.inside(namespace), IPRoute() as kernel:
        yield kernel


def index_of(kernel: IPRoute, interface: str) -> int:
    """The number of an interface; raises LabError when it is not there."""
    found = kernel.link_lookup(ifname=interface)
    if not found:
        raise LabError(f"the interface {interface} is not there; run `onshi-lab down` and `up`")
    return int(found[0])


def make(world: World) -> None:
    """Make all nodes and cables of a lab."""
    engines.of(world).create(world)
    for node in world.topology.nodes:
        _make_node(engines.namespace(world, node.name), node)
    with IPRoute() as kernel:
        for number, link in enumerate(world.topology.links):
            make_link(kernel, world, link, FIRST_INDEX + number)
    for node in world.topology.nodes:
        configure(world, node)


def _make_node(namespace: Path, node: Node) -> None:
    with netlink(namespace) as kernel:
        for path, value in sysctls.of_namespace():
            sysctls.put(path, value)
        if node.forwarding:
            sysctls.put("net/ipv4/ip_forward", "1")
            sysctls.put("net/ipv6/conf/default/forwarding", "1")
            sysctls.put("net/ipv6/conf/all/forwarding", "1")
        kernel.link("set", index=1, state="up")
        for address in node.loopback:
            _add_address(kernel, 1, address)
        if node.ports:
            kernel.link("add", kind="bridge", ifname=BRIDGE, br_mcast_snooping=0)
        if node.spare:
            _make_spare(kernel)


def _make_spare(kernel: IPRoute) -> None:
    """A pair inside the node: a socket of the bridge where faults plug in an unknown device."""
    kernel.link("add", kind="veth", ifname=SPARE, peer={"ifname": SPARE_PORT})
    # Else the bridge itself would answer ARP for the device's address, too.
    sysctls.put("net/ipv4/conf/all/arp_ignore", "1")
    port = index_of(kernel, SPARE_PORT)
    sysctls.put(f"net/ipv6/conf/{SPARE_PORT}/disable_ipv6", "1")
    kernel.link("set", index=port, master=index_of(kernel, BRIDGE), state="up")


def make_link(kernel: IPRoute, world: World, link: Link, index: int) -> None:
    """Lay a cable; the end that is no host's gets this index, the other one the next of its node.

    Where both ends have the same one, the kernel takes the interface for one without a peer and may
    tell a bridge only a second later that its cable is back (linkwatch_urgent_event in
    net/core/link_watch.c).
    """
    hosts = {node.name for node in world.topology.nodes if node.kind in HOSTS}
    near, far = (link.b, link.a) if link.a.node in hosts else (link.a, link.b)
    with (
        engines.namespace(world, near.node).open() as here,
        engines.namespace(world, far.node).open() as there,
    ):
        kernel.link(
            "add",
            kind="veth",
            index=index,
            **_end(near, here.fileno()),
            peer=_end(far, there.fileno()),
        )


def _end(end: End, namespace: int) -> dict[str, object]:
    return {
        "ifname": end.interface,
        "net_ns_fd": namespace,
        "address": end.mac,
        "gso_max_segs": _ONE_SEGMENT,
    }


def configure(world: World, node: Node) -> None:
    """Give a node's interfaces what its topology says: addresses, routes, and their links."""
    with netlink(engines.namespace(world, node.name)) as kernel:
        for interface in node.interfaces:
            _configure_interface(kernel, node, interface)
        for route in node.routes:
            set_route(kernel, route)


def repair(world: World) -> None:
    """Put addresses, routes and cables of all nodes back; the router's are the mock's business."""
    for node in world.topology.nodes:
        if node.kind is not Kind.ROUTER:
            configure(world, node)


def refit(world: World, name: str) -> None:
    """Put another machine in a node's place: addresses and routes as at `make`, other MACs."""
    node = world.topology.node(name)
    with netlink(engines.namespace(world, name)) as kernel:
        for interface in node.interfaces:
            index = index_of(kernel, interface.name)
            kernel.link("set", index=index, state="down")
            kernel.link("set", index=index, address=f"02:{os.urandom(5).hex(':')}")
            kernel.flush_addr(index=index)
    configure(world, node)
    for address in (address for each in node.interfaces for address in each.addresses):
        forget(world, address.partition("/")[0])


def _configure_interface(kernel: IPRoute, node: Node, interface: Interface) -> None:
    index = index_of(kernel, interface.name)
    own_link_local = any(address.startswith("fe80:") for address in interface.addresses)
    settings = _IPV6[interface.ipv6] | ({"addr_gen_mode": "1"} if own_link_local else {})
    for path, value in sysctls.of_neighbours(interface.name):
        sysctls.put(path, value)
    for key, value in settings.items():
        sysctls.put(f"net/ipv6/conf/{interface.name}/{key}", value)
    if interface.name in node.ports:
        kernel.link("set", index=index, master=index_of(kernel, BRIDGE))
    for address in interface.addresses:
        _add_address(kernel, index, address)
    kernel.link("set", index=index, state="up" if interface.up else "down")


def _add_address(kernel: IPRoute, index: int, address: str) -> None:
    host, _, length = address.partition("/")
    kernel.addr("replace", index=index, address=host, prefixlen=int(length))


def set_route(kernel: IPRoute, route: Route) -> None:
    """Add a route, or replace the one to the same destination."""
    kernel.route("replace", **_route(kernel, route))


def _route(kernel: IPRoute, route: Route) -> dict[str, object]:
    gateway = {"gateway": route.via} if route.via else {}
    return {"dst": route.destination, "oif": index_of(kernel, route.interface), **gateway}


def remove_route(kernel: IPRoute, route: Route) -> None:
    """Remove a route if it is there."""
    wanted = _route(kernel, route)
    if any(True for _ in kernel.get_routes(dst=route.destination, oif=wanted["oif"])):
        kernel.route("del", **wanted)


def set_link(world: World, node: str, interface: str, up: bool) -> None:
    """Open or shut an interface."""
    with netlink(engines.namespace(world, node)) as kernel:
        kernel.link("set", index=index_of(kernel, interface), state="up" if up else "down")


def await_no_carrier(world: World, end: End) -> None:
    """Wait until an end of a cable has noticed that the other one is shut."""
    with netlink(engines.namespace(world, end.node)) as kernel:
        kernel.bind(rtnl.RTMGRP_LINK)
        while any(_carries(link) for link in kernel.get_links(ifname=end.interface)):
            for _ in kernel.get():
                pass


def _carries(link: Any) -> bool:
    return bool(link.get_attr("IFLA_OPERSTATE") == "UP")


def set_address(world: World, node: str, interface: str, address: str, present: bool) -> None:
    """Give an interface an address, or take it away if it is there."""
    host, _, length = address.partition("/")
    with netlink(engines.namespace(world, node)) as kernel:
        index = index_of(kernel, interface)
        if present:
            _add_address(kernel, index, address)
        elif any(True for _ in kernel.get_addr(index=index, address=host)):
            kernel.addr("del", index=index, address=host, prefixlen=int(length))


def forget(world: World, address: str) -> None:
    """Make every node ask anew who has an address, as after an announcement (RFC 5227, 2.3).

    Else a router goes on sending to a machine that has gone, until its cache runs out.
    """
    for name in world.topology.node_names:
        with netlink(engines.namespace(world, name)) as kernel:
            for known in kernel.get_neighbours(dst=address):
                kernel.neigh("del", dst=address, ifindex=known["ifindex"])


def hardware_addresses(world: World, node: str) -> frozenset[str]:
    """The MAC addresses of a node."""
    with netlink(engines.namespace(world, node)) as kernel:
        return frozenset(str(link.get_attr("IFLA_ADDRESS")) for link in kernel.get_links())


def forget_machine(world: World, macs: frozenset[str]) -> None:
    """Make every node ask anew for the addresses of a machine that is no more there.

    And take away the way out that it announced: a host whose link goes down, as it does when the
    device at its other end is exchanged, begins anew with routers (RFC 4861 6.3.7); Windows and
    NetworkManager do, the kernel alone keeps the route for half an hour.
    """
    gone = {str(IPv6Address(0xFE80 << 112 | interface_id(mac))) for mac in macs}
    for name in world.topology.node_names:
        with netlink(engines.namespace(world, name)) as kernel:
            for known in list(kernel.get_neighbours()):
                if known.get_attr("NDA_LLADDR") in macs:
                    address = known.get_attr("NDA_DST")
                    kernel.neigh("del", dst=address, ifindex=known["ifindex"])
            for route in list(kernel.get_default_routes(family=socket.AF_INET6)):
                gateway = route.get_attr("RTA_GATEWAY")
                if gateway is not None and str(IPv6Address(gateway)) in gone:
                    kernel.route(
                        "del", family=socket.AF_INET6, dst="default", gateway=gateway,
                        oif=route.get_attr("RTA_OIF"),
                    )  # fmt: skip


def link_states(namespace: str | Path) -> dict[str, str]:
    """Each interface's state: `up`, `no cable` (open, no carrier) or `off` (shut)."""
    with netlink(namespace) as kernel:
        return {
            str(link.get_attr("IFLA_IFNAME")): _state(
                bool(link["flags"] & 1), bool(link.get_attr("IFLA_CARRIER")) and plugged(link)
            )
            for link in kernel.get_links()
        }


def plugged(link: Any) -> bool:
    """Whether the cable is in a link: one that is out is held dormant (`kernel/events.py`)."""
    return not link.get_attr("IFLA_LINKMODE")


def _state(opened: bool, carrier: bool) -> str:
    if not opened:
        return "off"
    return "up" if carrier else "no cable"


def load_rules(world: World, node: str, text: str) -> None:
    """Replace all nftables rules of a node."""
    done = subprocess.run(
        engines.of(world).tool(world.name, node, ("nft", "-f", "-")),
        input=f"flush ruleset\n{text}\n",
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"nftables refused the rules of {node}: {done.stderr.strip()}")


def set_filter(world: World, node: str, name: str, text: str) -> None:
    """Set a table of nftables beside those that a node has; '' takes it away."""
    table = f"table inet {name}"
    anew = f"{table} {{\n{text}\n}}\n" if text else ""
    done = subprocess.run(
        engines.of(world).tool(world.name, node, ("nft", "-f", "-")),
        input=f"{table}\ndelete {table}\n{anew}",
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"nftables refused the filter {name} of {node}: {done.stderr.strip()}")
