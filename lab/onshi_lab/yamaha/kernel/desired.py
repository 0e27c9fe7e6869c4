"""What the kernel and the daemons are to be: a pure function of configuration and what was learned.

RTX reference 8, 12, 24, 30, 38, 53. Where the line's prefix is used on an inner interface, the
router answers for the inner hosts on the line (neighbour proxy), as an RA proxy must when both
sides share one /64.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from onshi_lab.kernel.sysctls import of_interface
from onshi_lab.yamaha.models import Device
from onshi_lab.yamaha.params import port_layout
from onshi_lab.yamaha.shows import hub_ports
from onshi_lab.yamaha.store import Config

from .nft import ruleset

Wiring = Mapping[str, tuple[str, ...]]
"""LAN -> the kernel interfaces of its ports (lan1's in port order)."""


@dataclass(frozen=True, slots=True)
class Advert:
    """What a router advertisement on the line said.

    Lifetimes in seconds, expiry on the loop's clock.
    """

    router: str
    router_lifetime: int
    prefix: str = ""
    preferred: int = 0
    valid: int = 0
    rdnss: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegation:
    """What a DHCPv6 server gave: servers and domains, and (PD) a prefix."""

    server: str
    prefix: str = ""
    t1: int = 0
    t2: int = 0
    preferred: int = 0
    valid: int = 0
    dns: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned on one interface."""

    advert: Advert | None = None
    delegation: Delegation | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    """An interface made of switch ports."""

    name: str
    mac: str
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """A route to install; `via` empty for none; proto is static or ra (learned)."""

    destination: str
    via: str
    device: str
    proto: str
    metric: int = 1


@dataclass(frozen=True, slots=True)
class Server6:
    """A DHCPv6 server that answers information requests on an interface."""

    interface: str
    dns: tuple[str, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proxied:
    """A prefix whose inner hosts are answered for on the line; kernel interfaces."""

    line: str
    inner: str
    network: str


@dataclass(frozen=True, slots=True)
class Client:
    """What to learn on an interface: DHCPv6 mode is "", "ir" or "pd"."""

    interface: str
    kernel: str
    mode: str


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that the namespace is to have."""

    names: Mapping[str, str] = field(default_factory=dict)
    bridges: tuple[Bridge, ...] = ()
    plain: tuple[tuple[str, str], ...] = ()
    addresses: frozenset[tuple[str, str]] = frozenset()
    routes: frozenset[RouteSpec] = frozenset()
    sysctls: tuple[tuple[str, str], ...] = ()
    mtus: frozenset[tuple[str, int]] = frozenset()
    proxies: frozenset[tuple[str, str]] = frozenset()
    ruleset: str = ""
    radvd: str = ""
    dnsmasq: tuple[str, ...] = ()
    servers6: tuple[Server6, ...] = ()
    proxied: frozenset[Proxied] = frozenset()
    clients: tuple[Client, ...] = ()


def port_of(number: int, wiring: Wiring) -> str:
    """The kernel interface of a numbered port of an RTX1300; ports 9 and 10 are lan2 and lan3."""
    if number >= 9:
        return (wiring.get(f"lan{number - 7}") or ("",))[0]
    ports = wiring.get("lan1", ())
    return ports[number - 1] if number <= len(ports) else ""


def members(
    config: Config, device: Device, wiring: Wiring, flexible: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Router interface -> the kernel interfaces of its ports.

    `flexible` is the mapping that was booted with.
    """
    if device.model.flexible_ports:
        found = {
            name: tuple(filter(None, (port_of(port, wiring) for port in ports)))
            for name, ports in port_layout(device, flexible).items()
        }
        return {name: ports for name, ports in found.items() if ports}
    found = {name: ports for name, ports in wiring.items() if name != "lan1"}
    hub = wiring.get("lan1", ())
    for name in device.vlan_names if config.divided else ("lan1",):
        ports = tuple(hub[port - 1] for port in hub_ports(name, device, config) if port <= len(hub))
        if ports:
            found[name] = ports
    return found


def kernel_name(name: str, ports: tuple[str, ...], wiring: Wiring) -> str:
    """The kernel interface of a router interface; another name when a port already has that one."""
    if ports == (name,):
        return name
    taken = {port for group in wiring.values() for port in group}
    return f"br-{name}" if name in taken else name


def uses(config: Config, name: str) -> Iterator[tuple[str, str]]:
    """(kind, interface) of each ra-prefix or dhcp-prefix that is taken from interface `name`."""
    for key, entry in config.entries.items():
        for token in entry.line.values:
            kind, at, rest = token.partition("@")
            if at and kind in ("ra-prefix", "dhcp-prefix") and rest.partition(":")[0] == name:
                yield kind, key[1]


def is_client(config: Config, name: str) -> bool:
    """Whether the router listens to advertisements on an interface.

    Inference: it does where an address is taken from them, a prefix is passed on, or DHCPv6 runs as
    client.
    """
    service = config.word("off", "ipv6", name, "dhcp", "service")
    own = any(("ipv6", name, "address", kind) in config.entries for kind in ("auto", "dhcp"))
    route = config.get("ipv6", "route", "default")
    asked = len(route) > 2 and route[1] in ("ra", "dhcp") and route[2] == name
    return service == "client" or own or asked or any(True for _ in uses(config, name))


def dhcp_mode(config: Config, name: str) -> str:
    """Where DHCPv6 runs as client, "ir" or "pd"; elsewhere an empty text."""
    words = config.get("ipv6", name, "dhcp", "service")
    if not words or words[0] != "client":
        return ""
    return "ir" if "ir=on" in words else "pd"


def has_ipv6(config: Config, name: str) -> bool:
    """Whether IPv6 runs on an interface at all."""
    lines = any(key[:2] == ("ipv6", name) for key in config.entries)
    return lines or is_client(config, name)


def resolve_proxy(token: str, learned: Mapping[str, Learned]) -> ipaddress.IPv6Interface | None:
    """The address that `ra-prefix@lan2::1/64` stands for now, None while the prefix isn't known."""
    kind, _, rest = token.partition("@")
    name, _, suffix = rest.partition(":")
    address, _, bits = (":" + suffix).partition("/")
    known = learned.get(name, Learned())
    prefix = ""
    if kind == "ra-prefix" and known.advert is not None:
        prefix = known.advert.prefix
    if kind == "dhcp-prefix" and known.delegation is not None:
        prefix = known.delegation.prefix
    if not prefix:
        return None
    base = int(ipaddress.IPv6Network(prefix).network_address)
    return ipaddress.IPv6Interface((base | int(ipaddress.IPv6Address(address)), int(bits)))


def interface_id(mac: str) -> int:
    """The EUI-64 interface identifier of a MAC address (RFC 4291 appendix A)."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    return int.from_bytes(bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]]))


def mac_of(name: str, device: Device) -> str:
    """An interface's MAC address; VLAN interfaces have LAN1's (RTX reference 4.50)."""
    index = int(name[3:]) - 1 if name.startswith("lan") else 0
    return device.mac_addresses[index]


def addresses6(
    config: Config, name: str, device: Device, learned: Mapping[str, Learned]
) -> list[ipaddress.IPv6Interface]:
    """The IPv6 addresses of one interface now, link-local left to the kernel."""
    found: list[ipaddress.IPv6Interface] = []
    for entry in config.under("ipv6", name, "address"):
        word = entry.line.values[0]
        if word == "auto":
            found += _automatic(config, name, device, learned)
        elif "@" in word:
            proxied = resolve_proxy(word, learned)
            found += [proxied] if proxied else []
        elif word != "dhcp":
            found.append(ipaddress.IPv6Interface(word))
    for entry in config.under("ipv6", name, "prefix"):
        word = entry.line.values[0]
        base = resolve_proxy(word, learned) if "@" in word else ipaddress.IPv6Interface(word)
        if base is not None:
            number = int(base.network.network_address) | interface_id(mac_of(name, device))
            found.append(ipaddress.IPv6Interface((number, base.network.prefixlen)))
    return found


def _automatic(
    config: Config, name: str, device: Device, learned: Mapping[str, Learned]
) -> list[ipaddress.IPv6Interface]:
    """The address of `address auto`: a host route's worth when the prefix itself lies inside."""
    advert = learned.get(name, Learned()).advert
    if advert is None or not advert.prefix:
        return []
    network = ipaddress.IPv6Network(advert.prefix)
    passed_on = any(kind == "ra-prefix" for kind, _ in uses(config, name))
    number = int(network.network_address) | interface_id(mac_of(name, device))
    return [ipaddress.IPv6Interface((number, 128 if passed_on else network.prefixlen))]


def routes4(config: Config) -> Iterator[RouteSpec]:
    """The static IPv4 routes (the first gateway of each; filter routes aren't modelled).

    Peers and tunnels are never up: a route by one leads nowhere, and is not in the table.
    """
    for entry in config.under("ip", "route"):
        destination, _, gateway, *rest = entry.line.values
        metric = _metric(rest)
        if gateway == "null":
            yield RouteSpec(destination, "blackhole", "", "static", metric)
        elif gateway not in ("dhcp", "pp", "tunnel"):
            yield RouteSpec(destination, gateway, "", "static", metric)


def _metric(rest: list[str]) -> int:
    return int(rest[rest.index("metric") + 1]) if "metric" in rest else 1


def routes6(
    config: Config, names: Mapping[str, str], learned: Mapping[str, Learned]
) -> Iterator[RouteSpec]:
    """The static IPv6 routes, and the default route that the line gave."""
    static_default = False
    for entry in config.under("ipv6", "route"):
        destination, _, gateway, *rest = entry.line.values
        static_default |= destination == "default"
        if gateway == "null":
            yield RouteSpec(_six(destination), "blackhole", "", "static", 1)
        elif gateway in ("ra", "dhcp"):
            via = default_router(learned.get(rest[0], Learned()))
            if via and rest[0] in names:
                yield RouteSpec("::/0", via, names[rest[0]], "static", 1)
        else:
            address, _, zone = gateway.partition("%")
            device = names.get(zone, "")
            if device or not zone:
                yield RouteSpec(_six(destination), address, device, "static", _metric(rest))
    if static_default:
        return
    for name, known in learned.items():
        via = default_router(known)
        if via and name in names and is_client(config, name):
            yield RouteSpec("::/0", via, names[name], "ra", 1)
            return


def _six(destination: str) -> str:
    return "::/0" if destination == "default" else destination


def default_router(known: Learned) -> str:
    """The line's default router: the advertiser, else the DHCPv6 server that gave a prefix."""
    if known.advert is not None and known.advert.router_lifetime > 0:
        return known.advert.router
    if known.delegation is not None and known.delegation.prefix:
        return known.delegation.server
    return ""


def desire(
    device: Device,
    config: Config,
    wiring: Wiring,
    learned: Mapping[str, Learned],
    flexible: tuple[str, ...] = (),
) -> Desired:
    """The desired state."""
    from .services import dnsmasq_arguments, radvd_text, servers6

    ports = members(config, device, wiring, flexible)
    names = {name: kernel_name(name, group, wiring) for name, group in ports.items()}
    bridges = tuple(
        Bridge(names[name], mac_of(name, device), group)
        for name, group in sorted(ports.items())
        if group != (names[name],)
    )
    plain = tuple(
        (names[n], mac_of(n, device)) for n, g in sorted(ports.items()) if g == (names[n],)
    )
    six = {name: addresses6(config, name, device, learned) for name in names}
    return Desired(
        names=names,
        bridges=bridges,
        plain=plain,
        addresses=frozenset(_addresses(config, names, six)),
        routes=frozenset([*routes4(config), *routes6(config, names, learned)]),
        sysctls=tuple(dict(_sysctls(config, names)).items()),
        mtus=frozenset(_mtus(config, names)),
        proxies=frozenset(_proxies(config, names, six)),
        ruleset=ruleset(config, names),
        radvd=radvd_text(config, names, learned, device),
        dnsmasq=dnsmasq_arguments(config, names),
        servers6=tuple(servers6(config, names, six, learned)),
        proxied=frozenset(_proxied(config, names, six)),
        clients=tuple(
            Client(name, names[name], dhcp_mode(config, name))
            for name in sorted(names)
            if is_client(config, name)
        ),
    )


def _addresses(
    config: Config, names: Mapping[str, str], six: Mapping[str, list[ipaddress.IPv6Interface]]
) -> Iterator[tuple[str, str]]:
    for name, kernel in names.items():
        for kind in (("address",), ("secondary", "address")):
            word = config.word("dhcp", "ip", name, *kind)
            if "/" in word:
                yield kernel, word
        for address in six[name]:
            yield kernel, str(address)


def _sysctls(config: Config, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Kernel settings; of the same one the last holds. What is not configured is the lab's."""
    for kernel in sorted(names.values()):
        yield from of_interface(kernel)
    yield "net/ipv4/ip_forward", _bit(config.word("on", "ip", "routing"))
    yield "net/ipv6/conf/all/forwarding", _bit(config.word("on", "ipv6", "routing"))
    echo = config.word("on", "ip", "icmp", "echo-reply", "send")
    yield "net/ipv4/icmp_echo_ignore_all", _bit("off" if echo == "on" else "on")
    for name, kernel in sorted(names.items()):
        yield f"net/ipv4/conf/{kernel}/proxy_arp", _bit(config.word("off", "ip", name, "proxyarp"))
        yield f"net/ipv4/conf/{kernel}/rp_filter", "0"
        yield f"net/ipv6/conf/{kernel}/accept_ra", "0"
        yield f"net/ipv6/conf/{kernel}/accept_dad", "0"
        yield f"net/ipv6/conf/{kernel}/dad_transmits", "0"
        yield f"net/ipv6/conf/{kernel}/proxy_ndp", "1"
        yield f"net/ipv6/neigh/{kernel}/proxy_delay", "0"
        yield (
            f"net/ipv6/conf/{kernel}/disable_ipv6",
            _bit("off" if has_ipv6(config, name) else "on"),
        )
    yield "net/ipv4/conf/all/rp_filter", "0"


def _bit(word: str) -> str:
    return "1" if word == "on" else "0"


def _mtus(config: Config, names: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for name, kernel in names.items():
        yield kernel, int(config.word("1500", "ip", name, "mtu"))


def _proxies(
    config: Config, names: Mapping[str, str], six: Mapping[str, list[ipaddress.IPv6Interface]]
) -> Iterator[tuple[str, str]]:
    """The router's own inner addresses that it must answer for on the line (RA proxy)."""
    for line in names:
        for kind, inner in uses(config, line):
            if kind == "ra-prefix" and inner in names and inner != line:
                for address in six[inner]:
                    yield str(address.ip), names[line]


def _proxied(
    config: Config, names: Mapping[str, str], six: Mapping[str, list[ipaddress.IPv6Interface]]
) -> Iterator[Proxied]:
    """The inner hosts that the router answers for on the line (RA proxy)."""
    for line in names:
        for kind, inner in uses(config, line):
            if kind == "ra-prefix" and inner in names and inner != line:
                for address in six[inner]:
                    yield Proxied(names[line], names[inner], str(address.network))
