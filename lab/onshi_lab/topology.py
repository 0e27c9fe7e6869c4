"""The topology of a site: nodes, their interfaces, addresses and routes, and the cables between.

`build` is the one place that says what is wired to what; it is pure. An engine (network
namespaces in `kernel/`) makes it real. Names and addresses are the ones that the lab promises to
its users.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Network

from onshi_lab import addresses as plan
from onshi_lab.errors import UsageError
from onshi_lab.site import BranchKind, LineMode, Site

BRIDGE = "br0"
SPARE, SPARE_PORT = "spare", "spare-port"

NODE_NAME = re.compile(
    r"center|ngn|internet|onu|branch|router|switch|terminal-[1-9]|clinic-gw|clinic-switch"
    r"|receipt-[1-9]|laptop"
)


class Kind(StrEnum):
    """What a node is; the services of a node hang on it."""

    CENTER = "center"
    NGN = "ngn"
    INTERNET = "internet"
    BRIDGE = "bridge"
    HGW = "home gateway"
    ROUTER = "router"
    TERMINAL = "terminal"
    GATEWAY = "gateway"
    RECEIPT = "receipt PC"
    LAPTOP = "laptop"


class IPv6(StrEnum):
    """What the kernel does with IPv6 on an interface by itself."""

    OFF = "off"
    SILENT = "no address at all"
    STATIC = "the addresses given and a link-local one"
    HOST = "addresses and default route from router advertisements"
    UPSTREAM = "default route from router advertisements, though it forwards"


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface: its addresses with prefix length, and whether it is up."""

    name: str
    addresses: tuple[str, ...] = ()
    ipv6: IPv6 = IPv6.OFF
    up: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """One static route; without `via` the destination is on the link itself."""

    destination: str
    interface: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One host of the lab. `ports` are its bridge's ports; `spare` is a hidden pair in it."""

    name: str
    kind: Kind
    interfaces: tuple[Interface, ...]
    routes: tuple[Route, ...] = ()
    ports: tuple[str, ...] = ()
    forwarding: bool = False
    loopback: tuple[str, ...] = ()
    spare: bool = False

    def interface(self, name: str) -> Interface:
        """The interface of that name."""
        return next(each for each in self.interfaces if each.name == name)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable."""

    node: str
    interface: str

    @property
    def mac(self) -> str:
        """A locally administered address that stays the same from lab to lab."""
        digest = hashlib.sha256(f"{self.node}/{self.interface}".encode()).digest()
        return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


@dataclass(frozen=True, slots=True)
class Link:
    """A cable."""

    a: End
    b: End


@dataclass(frozen=True, slots=True)
class Topology:
    """All nodes and cables of one site."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    def node(self, name: str) -> Node:
        """The node of that name."""
        return next(each for each in self.nodes if each.name == name)

    def require(self, name: str) -> Node:
        """The node of that name; raises UsageError with the possible names."""
        if name not in self.node_names:
            raise UsageError.unknown("node", name, self.node_names)
        return self.node(name)

    @property
    def node_names(self) -> tuple[str, ...]:
        """The names of all nodes, from the center to the laptop."""
        return tuple(node.name for node in self.nodes)

    def far_end(self, node: str, interface: str) -> End:
        """The other end of the cable in that interface."""
        here = End(node, interface)
        return next(
            link.b if link.a == here else link.a for link in self.links if here in (link.a, link.b)
        )


def _link(a_node: str, a_interface: str, b_node: str, b_interface: str) -> Link:
    return Link(End(a_node, a_interface), End(b_node, b_interface))


def upstream(site: Site) -> str:
    """The node that the router's WAN port and the laptop's line leg are wired to."""
    return "onu" if site.branch is BranchKind.NONE else "branch"


def build(site: Site) -> Topology:
    """The topology of a site."""
    nodes = (
        _center(),
        _ngn(site),
        _internet(),
        *_access(site),
        _router(),
        *_terminal_side(site),
        *_clinic_side(site),
        _laptop(site),
    )
    return Topology(nodes, (*_line_links(site), *_terminal_links(site), *_clinic_links(site)))


def _center() -> Node:
    served = [address for service in plan.CENTER_SERVICES for address in service.addresses]
    here, there = plan.NGN_CENTER_LINK[1], plan.NGN_CENTER_LINK[0]
    return Node(
        "center",
        Kind.CENTER,
        (Interface("ngn", (f"{here}/64",), IPv6.STATIC),),
        routes=(Route("::/0", "ngn", there),),
        loopback=tuple(f"{address}/128" for address in (*plan.CENTER_RESOLVERS, *served)),
    )


def _ngn(site: Site) -> Node:
    hosts = [address for addresses in plan.NGN_HOSTS.values() for address in addresses]
    center = Interface("center", (f"{plan.NGN_CENTER_LINK[0]}/64",), IPv6.STATIC)
    return Node(
        "ngn",
        Kind.NGN,
        (
            center,
            Interface("line", (f"{plan.NGN_LINK_LOCAL}/64",), IPv6.STATIC),
            Interface("internet", (f"{plan.NGN_ON_INTERNET}/64",), IPv6.STATIC),
        ),
        routes=(
            Route(plan.CENTER_NETWORK, "center", plan.NGN_CENTER_LINK[1]),
            *line_routes(site, site.line.prefix),
        ),
        forwarding=True,
        loopback=tuple(f"{address}/128" for address in (*plan.NGN_RESOLVERS, *hosts)),
    )


def line_routes(site: Site, prefix: IPv6Network) -> tuple[Route, ...]:
    """How the NGN reaches the line: an advertised prefix is on the link.

    A delegated one is routed to the client that holds it; the DHCPv6 server's hook does that.
    """
    return (Route(str(prefix), "line"),) if site.line.mode is LineMode.RA else ()


def _internet() -> Node:
    addresses = (f"{plan.INTERNET_IPV6}/64", f"{plan.INTERNET_IPV4}/24")
    return Node(
        "internet",
        Kind.INTERNET,
        (Interface("ngn"), Interface("gw"), Interface(BRIDGE, addresses, IPv6.STATIC)),
        routes=(Route(plan.LINE_PREFIXES, BRIDGE, plan.NGN_ON_INTERNET),),
        ports=("ngn", "gw"),
    )


def _bridge(name: str, ports: tuple[str, ...], spare: bool = False) -> Node:
    interfaces = tuple(Interface(port) for port in ports)
    return Node(name, Kind.BRIDGE, (*interfaces, Interface(BRIDGE)), ports=ports, spare=spare)


def _access(site: Site) -> tuple[Node, ...]:
    if site.branch is BranchKind.NONE:
        return (_bridge("onu", ("line", "lan", "probe"), spare=True),)
    onu = _bridge("onu", ("line", "lan"))
    if site.branch is BranchKind.HUB:
        return onu, _bridge("branch", ("wan", "lan", "probe"), spare=True)
    return onu, _home_gateway()


def _home_gateway() -> Node:
    return Node(
        "branch",
        Kind.HGW,
        (
            Interface("wan", ("fe80::2/64",), IPv6.UPSTREAM),
            Interface("lan"),
            Interface("probe"),
            Interface(BRIDGE, ("fe80::1/64",), IPv6.STATIC),
        ),
        ports=("lan", "probe"),
        forwarding=True,
        spare=True,
    )


def _router() -> Node:
    """The mock router's namespace: the mock drives everything but the cables."""
    ports = tuple(Interface(f"lan1p{number}", (), IPv6.STATIC) for number in range(1, 5))
    return Node("router", Kind.ROUTER, (*ports, Interface("lan2", (), IPv6.STATIC)))


def _terminal_ports(site: Site) -> tuple[str, ...]:
    return tuple(f"t{number}" for number in range(1, site.terminals + 1))


def _terminal_side(site: Site) -> tuple[Node, ...]:
    terminals = tuple(
        Node(
            f"terminal-{number}",
            Kind.TERMINAL,
            (Interface("eth0", (f"10.51.1.{10 + number}/24",), IPv6.HOST),),
            routes=(Route("0.0.0.0/0", "eth0", plan.TERMINAL_ROUTER),),
        )
        for number in range(1, site.terminals + 1)
    )
    if not site.switch:
        return terminals
    return _bridge("switch", ("router", *_terminal_ports(site)), spare=True), *terminals


def clinic_address(site: Site, host: int) -> str:
    """The address of a host of the clinic LAN, by its last number."""
    return str(site.clinic_lan[host])


def _clinic_side(site: Site) -> tuple[Node, ...]:
    gateway = Node(
        "clinic-gw",
        Kind.GATEWAY,
        (
            Interface("lan", (f"{clinic_address(site, 1)}/24",)),
            Interface("wan", (f"{plan.CLINIC_GATEWAY_ON_INTERNET}/24",)),
        ),
        routes=(Route("0.0.0.0/0", "wan", plan.INTERNET_IPV4),),
        forwarding=True,
    )
    ports = tuple(f"r{number}" for number in range(1, site.receipts + 1))
    switch = _bridge("clinic-switch", ("router", "gw", "laptop", *ports), spare=True)
    # The cable in LAN1 port 4 of the router hangs loose beside the switch.
    loose = Interface("loose", up=False)
    switch = Node(
        switch.name, switch.kind, (*switch.interfaces, loose), ports=switch.ports, spare=True
    )
    return gateway, switch, *(_receipt(site, number) for number in range(1, site.receipts + 1))


def _receipt(site: Site, number: int) -> Node:
    return Node(
        f"receipt-{number}",
        Kind.RECEIPT,
        (Interface("eth0", (f"{clinic_address(site, 20 + number)}/24",), IPv6.STATIC),),
        routes=(Route("0.0.0.0/0", "eth0", clinic_address(site, 1)),),
    )


def _laptop(site: Site) -> Node:
    return Node(
        "laptop",
        Kind.LAPTOP,
        (
            Interface("terminal0", ("10.51.1.200/24",), IPv6.HOST),
            Interface("clinic0", (f"{clinic_address(site, 200)}/24",), IPv6.STATIC),
            Interface("line0", (), IPv6.SILENT),
        ),
        routes=(Route("0.0.0.0/0", "terminal0", plan.TERMINAL_ROUTER),),
    )


def _line_links(site: Site) -> tuple[Link, ...]:
    links = [
        _link("center", "ngn", "ngn", "center"),
        _link("ngn", "internet", "internet", "ngn"),
        _link("internet", "gw", "clinic-gw", "wan"),
        _link("ngn", "line", "onu", "line"),
        _link(upstream(site), "lan", "router", "lan2"),
        _link(upstream(site), "probe", "laptop", "line0"),
    ]
    if site.branch is not BranchKind.NONE:
        links.append(_link("onu", "lan", "branch", "wan"))
    return tuple(links)


def _terminal_links(site: Site) -> tuple[Link, ...]:
    if not site.switch:
        first: tuple[Link, ...] = (_link("router", "lan1p1", "terminal-1", "eth0"),)
    else:
        first = (
            _link("router", "lan1p1", "switch", "router"),
            *(
                _link("switch", f"t{number}", f"terminal-{number}", "eth0")
                for number in range(1, site.terminals + 1)
            ),
        )
    return *first, _link("router", "lan1p2", "laptop", "terminal0")


def _clinic_links(site: Site) -> tuple[Link, ...]:
    return (
        _link("router", "lan1p3", "clinic-switch", "router"),
        _link("router", "lan1p4", "clinic-switch", "loose"),
        _link("clinic-switch", "gw", "clinic-gw", "lan"),
        _link("clinic-switch", "laptop", "laptop", "clinic0"),
        *(
            _link("clinic-switch", f"r{number}", f"receipt-{number}", "eth0")
            for number in range(1, site.receipts + 1)
        ),
    )
