"""The topology of a site: nodes, their interfaces, addresses and routes, and the cables between.

`build` is the one place that says what is wired to what; it is pure. An engine (network
namespaces in `kernel/`) makes it real. Names and addresses are the ones that the lab promises to
its users.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv6Network, ip_address

from onshi_lab import addresses as plan
from onshi_lab.errors import UsageError
from onshi_lab.site import LAPTOP_NODES, BranchKind, Lan, LineMode, Pc, Site
from onshi_lab.wiring import SOCKETS, Sockets, port

BRIDGE = "br0"
SPARE, SPARE_PORT = "spare", "spare-port"
EVERYWHERE = "0.0.0.0/0"


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
    DEVICE = "stray device"
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

    def cable(self, node: str, interface: str) -> Link:
        """The cable in that interface."""
        here = End(node, interface)
        return next(link for link in self.links if here in (link.a, link.b))

    def far_end(self, node: str, interface: str) -> End:
        """The other end of the cable in that interface."""
        link = self.cable(node, interface)
        return link.b if link.a == End(node, interface) else link.a


def _link(a_node: str, a_interface: str, b_node: str, b_interface: str) -> Link:
    return Link(End(a_node, a_interface), End(b_node, b_interface))


def upstream(site: Site) -> str:
    """The node that the router's WAN port and the laptop's line leg are wired to."""
    return "onu" if site.branch is BranchKind.NONE else "branch"


def build(site: Site) -> Topology:
    """The topology of a site."""
    nodes = (
        _center(site),
        _ngn(site),
        _internet(site),
        *_access(site),
        _router(sockets(site)),
        *_terminal_side(site),
        *_clinic_side(site),
        *_laptops(site),
    )
    links = (*_line_links(site), *_terminal_links(site), *_clinic_links(site))
    return Topology(nodes, tuple(links))


# -- the line ------------------------------------------------------------------------------------


def _center(site: Site) -> Node:
    region = site.region
    served = [address for service in region.services for address in service.addresses]
    there, here = region.ngn_center_link
    return Node(
        "center",
        Kind.CENTER,
        (Interface("ngn", (f"{here}/64",), IPv6.STATIC),),
        routes=(Route("::/0", "ngn", there),),
        loopback=tuple(f"{address}/128" for address in (*region.center_resolvers, *served)),
    )


def _public(site: Site, version: int) -> tuple[str, ...]:
    """What the lab's Internet has beside its own addresses, of one IP version."""
    own = (plan.INTERNET_IPV6, plan.INTERNET_IPV4)
    length = 128 if version == 6 else 32
    wanted = (each for each in site.public if each not in own)
    return tuple(f"{each}/{length}" for each in wanted if ip_address(each).version == version)


def _ngn(site: Site) -> Node:
    region = site.region
    hosts = [address for addresses in region.ngn_hosts.values() for address in addresses]
    here, there = region.ngn_center_link
    public = (Route(each, "internet", plan.INTERNET_IPV6) for each in _public(site, 6))
    return Node(
        "ngn",
        Kind.NGN,
        (
            Interface("center", (f"{here}/64",), IPv6.STATIC),
            Interface("line", (f"{plan.NGN_LINK_LOCAL}/64",), IPv6.STATIC),
            Interface("internet", (f"{plan.NGN_ON_INTERNET}/64",), IPv6.STATIC),
        ),
        routes=(
            Route(region.center_network, "center", there),
            *line_routes(site.line.mode, site.line.prefix),
            *public,
        ),
        forwarding=True,
        loopback=tuple(f"{address}/128" for address in (*region.ngn_resolvers, *hosts)),
    )


def line_routes(mode: LineMode, prefix: IPv6Network) -> tuple[Route, ...]:
    """How the NGN reaches the line: an advertised prefix is on the link.

    A delegated one is routed to the client that holds it; the DHCPv6 server's hook does that.
    """
    return (Route(str(prefix), "line"),) if mode is LineMode.RA else ()


def _internet(site: Site) -> Node:
    addresses = (f"{plan.INTERNET_IPV6}/64", f"{plan.INTERNET_IPV4}/24")
    ports = ("ngn", "gw") if site.clinic.gateway else ("ngn",)
    return Node(
        "internet",
        Kind.INTERNET,
        (*(Interface(each) for each in ports), Interface(BRIDGE, addresses, IPv6.STATIC)),
        routes=(Route(str(plan.LINE_PREFIXES), BRIDGE, plan.NGN_ON_INTERNET),),
        ports=ports,
        loopback=(*_public(site, 6), *_public(site, 4)),
    )


def _bridge(name: str, ports: tuple[str, ...], spare: bool = False) -> Node:
    interfaces = tuple(Interface(each) for each in ports)
    return Node(name, Kind.BRIDGE, (*interfaces, Interface(BRIDGE)), ports=ports, spare=spare)


def _access(site: Site) -> tuple[Node, ...]:
    if site.branch is BranchKind.NONE:
        return (_bridge("onu", ("line", "lan", *_probes(site)), spare=True),)
    onu = _bridge("onu", ("line", "lan"))
    if site.gateway_delegates:
        return onu, _home_gateway("branch", "wan", ("lan", *_probes(site)))
    # A home gateway hands on what the line advertises: without ひかり電話 it passes IPv6 (DOMAIN
    # 1.5), and a hub is nothing else.
    return onu, _bridge("branch", ("wan", "lan", *_probes(site)), spare=True)


def laptops(site: Site) -> tuple[str, ...]:
    """The nodes of the laptops."""
    return LAPTOP_NODES[: site.laptops]


def _sockets_of_laptops(first: str, site: Site) -> tuple[str, ...]:
    """The sockets of something for the laptops: the first one's name, the others numbered."""
    return (first, *(f"{first}{number}" for number in range(2, site.laptops + 1)))


def _probes(site: Site) -> tuple[str, ...]:
    return _sockets_of_laptops("probe", site)


def _home_gateway(name: str, wan: str, ports: tuple[str, ...]) -> Node:
    return Node(
        name,
        Kind.HGW,
        (
            Interface(wan, ("fe80::2/64",), IPv6.UPSTREAM),
            *(Interface(each) for each in ports),
            Interface(BRIDGE, ("fe80::1/64",), IPv6.STATIC),
        ),
        ports=ports,
        forwarding=True,
        spare=True,
    )


def with_gateway(topology: Topology, name: str) -> Topology:
    """The topology after a home gateway took a bridge's place, its WAN in the first port."""
    wan, *ports = topology.node(name).ports
    there = _home_gateway(name, wan, tuple(ports))
    nodes = tuple(there if node.name == name else node for node in topology.nodes)
    return replace(topology, nodes=nodes)


def _line_links(site: Site) -> Iterator[Link]:
    yield _link("center", "ngn", "ngn", "center")
    yield _link("ngn", "internet", "internet", "ngn")
    if site.clinic.gateway:
        yield _link("internet", "gw", "clinic-gw", "wan")
    yield _link("ngn", "line", "onu", "line")
    yield _link(upstream(site), "lan", "router", sockets(site).wan)
    for probe, laptop in zip(_probes(site), laptops(site), strict=True):
        yield _link(upstream(site), probe, laptop, "line0")
    if site.branch is not BranchKind.NONE:
        yield _link("onu", "lan", "branch", "wan")


# -- the router and the terminals' side ----------------------------------------------------------


def sockets(site: Site) -> Sockets:
    """The sockets of the router that is really there."""
    return SOCKETS[site.router.model]


def _router(wiring: Sockets) -> Node:
    """The mock router's namespace: the mock drives everything but the cables."""
    ports = tuple(Interface(each, (), IPv6.STATIC) for each in wiring.names)
    return Node("router", Kind.ROUTER, ports)


def _pc(pc: Pc, kind: Kind, ipv6: IPv6, gateway: str | None) -> Node:
    """A PC; one that asks a DHCP server for its address has none at first."""
    if pc.dhcp:
        return Node(pc.node, kind, (Interface("eth0", (), ipv6),))
    routes = (Route(EVERYWHERE, "eth0", gateway),) if gateway else ()
    return Node(pc.node, kind, (Interface("eth0", (str(pc.address),), ipv6),), routes=routes)


def _gateway_of(pc: Pc, gateway: IPv4Address | None) -> str | None:
    """A gateway that the PC can reach: one outside its network is none to it."""
    return str(gateway) if gateway and gateway in pc.address.network else None


def _device(name: str, address: IPv4Interface) -> Node:
    return Node(name, Kind.DEVICE, (Interface("eth0", (str(address),)),))


def _terminal_ports(site: Site) -> tuple[tuple[str, str, str], ...]:
    """Socket, node and interface of everything in the switch or the hub below the router."""
    strays = [each.node for each in site.devices if not each.clinic]
    first = 0 if site.switch else 1
    plugged = [
        *((f"t{number + 1}", pc.node) for number, pc in enumerate(site.terminals[first:], first)),
        *((f"d{number + 1}", name) for number, name in enumerate(strays)),
    ]
    # The first laptop is in the router's own second socket where there is a switch.
    legs = zip(_sockets_of_laptops("laptop", site), laptops(site), strict=True)
    own = [(socket, laptop, "terminal0") for socket, laptop in legs]
    return (*((socket, node, "eth0") for socket, node in plugged), *own[bool(site.switch) :])


def _terminal_side(site: Site) -> Iterator[Node]:
    if site.switch or site.hub:
        sockets_ = tuple(socket for socket, _, _ in _terminal_ports(site))
        yield _bridge("switch" if site.switch else "hub", ("router", *sockets_), spare=True)
    for pc in site.terminals:
        gateway = _gateway_of(pc, site.terminal.router)
        yield _pc(pc, Kind.TERMINAL, IPv6.HOST, gateway)
    yield from (_device(each.node, each.address) for each in site.devices if not each.clinic)


def _terminal_links(site: Site) -> Iterator[Link]:
    wiring = sockets(site)
    first, second = port(wiring.terminal), port(wiring.second)
    if site.switch:
        yield _link("router", first, "switch", "router")
    elif site.terminals:
        yield _link("router", first, site.terminals[0].node, "eth0")
    if site.hub:
        yield _link("router", second, "hub", "router")
    else:
        yield _link("router", second, "laptop", "terminal0")
    if site.switch or site.hub:
        middle = "switch" if site.switch else "hub"
        yield from (_link(middle, each, *far) for each, *far in _terminal_ports(site))


# -- the clinic's side ---------------------------------------------------------------------------


def clinic_switch(number: int) -> str:
    """The switch of a network of the clinic: of its LAN (0), or of a further one."""
    return f"clinic-switch-{number + 1}" if number else "clinic-switch"


def _lans(site: Site) -> tuple[Lan, ...]:
    return (site.clinic, *site.others)


def _clinic_ports(site: Site, number: int) -> tuple[tuple[str, str], ...]:
    """Socket and node of every PC and stray device in one of the clinic's switches."""
    lan = _lans(site)[number]
    pcs = [pc.node for pc in site.receipts if site.lan_of(pc) is lan]
    strays = [each.node for each in site.devices if each.clinic] if not number else []
    return (
        *((f"r{index}", node) for index, node in enumerate(pcs, 1)),
        *((f"d{index}", node) for index, node in enumerate(strays, 1)),
    )


def loose_ports(site: Site) -> tuple[str, ...]:
    """The router's sockets whose cables hang loose beside the clinic's switch."""
    wiring = sockets(site)
    return tuple(
        name
        for name in wiring.names
        if name not in wiring.used or (name == port(wiring.terminal) and not _first_used(site))
    )


def _first_used(site: Site) -> bool:
    return site.switch or bool(site.terminals)


def _clinic_side(site: Site) -> Iterator[Node]:
    if site.clinic.gateway:
        yield _clinic_gateway(site)
    for number, lan in enumerate(_lans(site)):
        inner = tuple(socket for socket, _ in _clinic_ports(site, number))
        own = ("router", *_sockets_of_laptops("laptop", site)) if not number else ()
        gateway = ("gw",) if lan.gateway else ()
        yield _with_loose(site, _bridge(clinic_switch(number), (*own, *gateway, *inner), True))
    for pc in site.receipts:
        lan = site.lan_of(pc)
        yield _pc(pc, Kind.RECEIPT, IPv6.STATIC, _gateway_of(pc, lan.gateway))
    yield from (_device(each.node, each.address) for each in site.devices if each.clinic)


def _with_loose(site: Site, switch: Node) -> Node:
    if switch.name != clinic_switch(0):
        return switch
    loose = tuple(Interface(f"x-{each}", up=False) for each in loose_ports(site))
    return replace(switch, interfaces=(*switch.interfaces, *loose))


def _clinic_gateway(site: Site) -> Node:
    inner = tuple(
        Interface(_gateway_port(number), (f"{lan.gateway}/{lan.network.prefixlen}",))
        for number, lan in enumerate(_lans(site))
    )
    outer = Interface("wan", (f"{plan.CLINIC_GATEWAY_ON_INTERNET}/24",))
    lan = site.clinic
    inward = Route(str(site.terminal.network), _gateway_port(0), str(lan.router))
    return Node(
        "clinic-gw",
        Kind.GATEWAY,
        (*inner, outer),
        routes=(
            Route(EVERYWHERE, "wan", plan.INTERNET_IPV4),
            *((inward,) if lan.route and lan.router in lan.network else ()),
        ),
        forwarding=True,
    )


def _gateway_port(number: int) -> str:
    return f"lan{number + 1}" if number else "lan"


def _clinic_links(site: Site) -> Iterator[Link]:
    main = clinic_switch(0)
    yield _link("router", port(sockets(site).clinic), main, "router")
    for socket, laptop in zip(_sockets_of_laptops("laptop", site), laptops(site), strict=True):
        yield _link(main, socket, laptop, "clinic0")
    yield from (_link("router", each, main, f"x-{each}") for each in loose_ports(site))
    for number, lan in enumerate(_lans(site)):
        switch = clinic_switch(number)
        if lan.gateway:
            yield _link(switch, "gw", "clinic-gw", _gateway_port(number))
        for socket, node in _clinic_ports(site, number):
            yield _link(switch, socket, node, "eth0")


def _laptops(site: Site) -> Iterator[Node]:
    terminal, clinic = site.laptop_addresses(site.terminal), site.laptop_addresses(site.clinic)
    for name, *legs in zip(laptops(site), terminal, clinic, strict=True):
        yield _laptop(site, name, *legs)


def _laptop(
    site: Site, name: str, terminal: IPv4Interface | None, clinic: IPv4Interface | None
) -> Node:
    routes = (Route(EVERYWHERE, "terminal0", str(site.terminal.router)),) if terminal else ()
    return Node(
        name,
        Kind.LAPTOP,
        (
            Interface("terminal0", (str(terminal),) if terminal else (), IPv6.HOST),
            Interface("clinic0", (str(clinic),) if clinic else (), IPv6.STATIC),
            Interface("line0", (), IPv6.SILENT),
        ),
        routes=routes if site.terminal.router in site.terminal.network else (),
    )
