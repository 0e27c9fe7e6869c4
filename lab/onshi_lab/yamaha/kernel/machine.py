"""The router's kernel: brings the namespace to what is desired, and watches the line."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import struct
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path

from onshi_lab import system
from onshi_lab.yamaha.machine import Status
from onshi_lab.yamaha.models import Device
from onshi_lab.yamaha.store import EMPTY, Config

from . import facts
from .desired import (
    Bridge,
    Client,
    Desired,
    Learned,
    Proxied,
    RouteSpec,
    Server6,
    Wiring,
    desire,
    mac_of,
    members,
    port_of,
)
from .line import LineClient
from .names import Forwarder, Policy, Upstream
from .neighbour import NeighbourProxy
from .nft import TABLE
from .porter import Porter
from .server6 import InformationServer
from .tools import Daemon, run, stream

_NTP_EPOCH = 2_208_988_800
_RTMGRP_LINK = 1


class KernelMachine:
    """The kernel of this network namespace."""

    def __init__(self, device: Device, wiring: Wiring, state: Path, link_seconds: float) -> None:
        self.device = device
        self.wiring = wiring
        self.state = state
        self.link_seconds = link_seconds
        self.config: Config = EMPTY
        self.now = Desired()
        self.flexible: tuple[str, ...] | None = None
        self.clients: dict[Client, LineClient] = {}
        self.servers: dict[Server6, InformationServer] = {}
        self.neighbours: dict[tuple[Proxied, int], NeighbourProxy] = {}
        self.forwarder = Forwarder()
        self.porter = Porter()
        self.daemons = {name: Daemon(name) for name in ("radvd", "dnsmasq")}
        self._lock = asyncio.Lock()
        self._up: dict[str, bool] = {}
        self._seen: dict[str, bool] = {}
        self._dropped: set[str] = set()
        """Links that were down since they were looked at, be it for a moment."""
        self._watch: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = True

    # -- following a configuration --------------------------------------------------------------

    async def apply(self, config: Config) -> None:
        """Make the kernel do what a running configuration says."""
        if self.flexible is None:
            self.flexible = config.get("lan", "flexible-port")
        self._stopped = False
        self.config = config
        self._start_watching()
        await self._converge()

    def learned(self) -> dict[str, Learned]:
        """What each interface has learned."""
        return {client.interface: one.learned for client, one in self.clients.items()}

    async def _converge(self) -> None:
        async with self._lock:
            if self._stopped:
                return
            wanted = desire(
                self.device, self.config, self.wiring, self.learned(), self.flexible or ()
            )
            before, self.now = self.now, wanted
            if wanted != before:
                await self._links(before, wanted)
                await self._layer3(before, wanted)
                await self._services(wanted)
            await self._line(wanted)
            self.forwarder.set_policy(Policy(self.config, self.learned(), wanted.names))
            await self.porter.follow(self.config, wanted.names)

    def _changed(self) -> None:
        """Something was learned: follow it."""
        self._spawn(self._converge())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _links(self, before: Desired, wanted: Desired) -> None:
        if (before.bridges, before.plain) == (wanted.bridges, wanted.plain):
            return
        batch = list(_link_batch(before, wanted))
        if not before.bridges and not before.plain:
            batch = ["link set lo up", *batch]
        await run(("ip", "-batch", "-"), "\n".join(batch) + "\n", must=True)

    async def _layer3(self, before: Desired, wanted: Desired) -> None:
        for path, value in wanted.sysctls:
            if (path, value) not in before.sysctls or wanted.names != before.names:
                _write_sysctl(path, value)
        batch = list(_address_batch(before, wanted))
        if batch:
            await run(("ip", "-force", "-batch", "-"), "\n".join(batch) + "\n")
        if wanted.ruleset != before.ruleset:
            await run(("nft", "-f", "-"), wanted.ruleset, must=True)

    async def _services(self, wanted: Desired) -> None:
        radvd = self._file("radvd.conf", wanted.radvd)
        await self._daemon(
            "radvd",
            ("radvd", "-n", "-C", radvd, "-p", str(self.state / "radvd.pid"), "-m", "stderr"),
            wanted.radvd,
        )
        await self._daemon(
            "dnsmasq",
            (
                "dnsmasq",
                "--keep-in-foreground",
                "--conf-file=/dev/null",
                "--port=0",
                "--bind-dynamic",
                "--dhcp-authoritative",
                "--user=root",
                "--pid-file=",
                "--no-resolv",
                "--no-hosts",
                f"--dhcp-leasefile={self.state / 'leases'}",
                *wanted.dnsmasq,
            ),
            " ".join(wanted.dnsmasq),
        )
        self._information_servers(wanted)
        await self._neighbour_proxies(wanted)

    async def _daemon(self, name: str, words: Sequence[str], content: str) -> None:
        """Run a daemon with a configuration.

        The configuration itself counts as one of its words.
        """
        await self.daemons[name].follow(words if content else (), content)

    def _file(self, name: str, text: str) -> str:
        path = self.state / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def _information_servers(self, wanted: Desired) -> None:
        for server in set(self.servers) - set(wanted.servers6):
            self.servers.pop(server).close()
        for server in set(wanted.servers6) - set(self.servers):
            with contextlib.suppress(OSError):
                self.servers[server] = InformationServer(server, self.device.mac_addresses[0])

    async def _neighbour_proxies(self, wanted: Desired) -> None:
        links = {link["ifname"]: link for link in await facts.read_links()}
        fresh = {
            (one, int(links[one.inner]["ifindex"])): (
                links[one.line]["address"],
                links[one.inner]["address"],
            )
            for one in wanted.proxied
            if one.line in links and one.inner in links
        }
        for key in set(self.neighbours) - set(fresh):
            self.neighbours.pop(key).close()
        for key in set(fresh) - set(self.neighbours):
            with contextlib.suppress(OSError):
                self.neighbours[key] = NeighbourProxy(key[0], fresh[key])

    # -- the line -------------------------------------------------------------------------------

    async def _line(self, wanted: Desired) -> None:
        for client in set(self.clients) - set(wanted.clients):
            self.clients.pop(client).close()
        for client in set(wanted.clients) - set(self.clients):
            with contextlib.suppress(OSError):
                mac = mac_of(client.interface, self.device)
                self.clients[client] = LineClient(client, mac, self._changed)
                self._up.pop(client.kernel, None)
        await self._look_at_links()

    def _start_watching(self) -> None:
        if self._watch is not None:
            return
        self._watch = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._watch.setblocking(False)
        self._watch.bind((0, _RTMGRP_LINK))
        asyncio.get_running_loop().add_reader(self._watch, self._link_news)

    def _link_news(self) -> None:
        with contextlib.suppress(OSError):
            while self._watch is not None:
                self._dropped |= facts.links_down(self._watch.recv(65536))
        self._spawn(self._look_at_links())

    async def _look_at_links(self) -> None:
        """Tell each client of the line when its link came up or went down."""
        dropped, self._dropped = self._dropped, set()
        links = {link["ifname"]: facts.is_up(link) for link in await facts.read_links()}
        before, self._seen = self._seen, links
        lost = dropped | {name for name, up in before.items() if not up}
        if any(up and name in lost for name, up in links.items()):
            self._spawn(self._restored())
        for client, learner in list(self.clients.items()):
            up = links.get(client.kernel, False)
            if self._up.get(client.kernel) != up or client.kernel in dropped:
                self._up[client.kernel] = up
                learner.link(up)

    async def bounce(self, names: Sequence[str]) -> None:
        """Take the links of these interfaces down for a while; doesn't wait for them to come up."""
        ports = [port for name in names for port in self._ports_of(name)]
        down = "".join(f"link set {port} down\n" for port in ports)
        await run(("ip", "-batch", "-"), down)
        self._spawn(self._raise(ports))

    def _ports_of(self, name: str) -> Sequence[str]:
        if not self.device.model.flexible_ports:
            return self.wiring.get(name, ())
        groups = members(self.config, self.device, self.wiring, self.flexible or ())
        return groups.get(name, ())

    async def _raise(self, ports: Sequence[str]) -> None:
        await asyncio.sleep(self.link_seconds)
        await run(("ip", "-batch", "-"), "".join(f"link set {port} up\n" for port in ports))

    async def _restored(self) -> None:
        """A link that was down lost its IPv6 addresses and its routes: put them back."""
        async with self._lock:
            if not self._stopped:
                await self._restore_addresses()

    async def _restore_addresses(self) -> None:
        batch = [
            f"address replace {text} dev {kernel}{_nodad(text)}"
            for kernel, text in self.now.addresses
        ]
        batch += [_route_command("replace", route) for route in sorted(self.now.routes, key=str)]
        await run(("ip", "-force", "-batch", "-"), "\n".join(batch) + "\n")

    # -- looking and acting ---------------------------------------------------------------------

    async def status(self) -> Status:
        """The state of the world now."""
        learned = self.learned()
        links, addresses, routes, neighbours = await asyncio.gather(
            facts.read_links(),
            facts.read_addresses(self.now, learned),
            facts.read_routes(self.now),
            facts.read_neighbours(self.now),
        )
        by_name = {link["ifname"]: link for link in links}
        names = self.now.names
        states = [one.dhcp_state() for one in self.clients.values()]
        return Status(
            ports=self._port_states(by_name),
            links={n: facts.is_up(by_name[k]) for n, k in names.items() if k in by_name},
            traffic={n: facts.traffic_of(by_name[k]) for n, k in names.items() if k in by_name},
            addresses=addresses,
            routes=routes,
            neighbours=neighbours,
            leases=facts.read_leases(
                self.state / "leases", list(_scopes(self.config)), time.time()
            ),
            dhcp6=tuple(state for state in states if state is not None),
        )

    def _port_states(self, links: Mapping[str, facts.Json]) -> dict[str, bool]:
        """By number; where ports move, the WAN's are numbered on."""
        moved = sum(len(ports) for ports in self.device.model.flexible_ports.values())
        last = moved or len(self.wiring.get("lan1", ()))
        ports = {number: port_of(number, self.wiring) for number in range(1, last + 1)}
        return {
            f"lan1.{number}": port in links and facts.is_up(links[port])
            for number, port in ports.items()
            if port
        }

    def ping(self, arguments: Sequence[str]) -> AsyncIterator[str]:
        """The lines of the system's ping."""
        target, percent, zone = arguments[-1].partition("%")
        scope = percent + self.now.names.get(zone, zone)
        return stream(("ping", *arguments[:-1], target + scope))

    async def lookup(
        self, name: str, kind: str, server: str, edns: bool, cache: bool
    ) -> tuple[str, ...]:
        """The answers of the configured resolvers, or of one server."""
        upstream = Upstream(server, edns) if server else None
        return await self.forwarder.resolve(name, kind, upstream, cached=cache and not server)

    async def ntp_offset(self, host: str) -> float | None:
        """Seconds that an NTP server is ahead (RFC 4330, one exchange), None without an answer."""
        addresses = (host,) if _is_address(host) else await self._resolve_any(host)
        for address in addresses:
            offset = await _ask_time(address)
            if offset is not None:
                return offset
        return None

    async def _resolve_any(self, host: str) -> tuple[str, ...]:
        six = await self.forwarder.resolve(host, "AAAA")
        return six or await self.forwarder.resolve(host, "A")

    async def clear(self, what: str) -> None:
        """Forget ARP entries, neighbours, or what names resolved to."""
        if what == "dns-cache":
            self.forwarder.cache.clear()
        else:
            await run(("ip", "-4" if what == "arp" else "-6", "neigh", "flush", "all"))

    # -- the end --------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Take away everything that `apply` made; the ports go down, as on a router that is off."""
        self._stopped = True
        for task in list(self._tasks):
            task.cancel()
        async with self._lock:
            await self._take_away()

    async def _take_away(self) -> None:
        self._close_sockets()
        for daemon in self.daemons.values():
            await daemon.stop()
        before, self.now = self.now, Desired()
        self.flexible = None
        self._up.clear()
        self._seen.clear()
        if before == Desired():
            return
        for path, _ in before.sysctls:
            if path.endswith(("ip_forward", "all/forwarding", "echo_ignore_all")):
                _write_sysctl(path, "0")
        await run(("nft", "-f", "-"), f"table inet {TABLE}\ndelete table inet {TABLE}\n")
        await run(
            ("ip", "-force", "-batch", "-"), "\n".join(_last_batch(before, self.wiring)) + "\n"
        )

    def _close_sockets(self) -> None:
        if self._watch is not None:
            asyncio.get_running_loop().remove_reader(self._watch)
            self._watch.close()
            self._watch = None
        for learner in self.clients.values():
            learner.close()
        for server in self.servers.values():
            server.close()
        for proxy in self.neighbours.values():
            proxy.close()
        self.clients.clear()
        self.servers.clear()
        self.neighbours.clear()
        self.forwarder.close()
        self.porter.close()
        self.forwarder.policy = Policy(EMPTY, {}, {"": ""})


# -- the batches -------------------------------------------------------------------------------


def _link_batch(before: Desired, wanted: Desired) -> Iterable[str]:
    """`ip` commands from one set of links to another."""
    old = {bridge.name: bridge for bridge in before.bridges}
    new = {bridge.name: bridge for bridge in wanted.bridges}
    for name in old.keys() - new.keys():
        yield f"link delete {name}"
    for name, bridge in sorted(new.items()):
        if name not in old:
            yield (
                f"link add {name} address {bridge.mac} type bridge stp_state 0 forward_delay 0"
                " mcast_snooping 0"
            )
    for name, bridge in sorted(new.items()):
        yield from _port_batch(old.get(name), bridge)
    for name, mac in wanted.plain:
        if (name, mac) not in before.plain:
            yield f"link set {name} address {mac}"
            yield f"link set {name} up"


def _port_batch(old: Bridge | None, new: Bridge) -> Iterable[str]:
    had = old.ports if old is not None else ()
    for port in new.ports:
        if port not in had:
            yield f"link set {port} master {new.name}"
            yield f"link set {port} up"
    if old is None:
        yield f"link set {new.name} up"


def _nodad(text: str) -> str:
    return " nodad" if ":" in text else ""


def _address_batch(before: Desired, wanted: Desired) -> Iterable[str]:
    """`ip` commands for addresses, MTUs, routes and neighbour proxies."""
    remade = {bridge.name for bridge in before.bridges} ^ {bridge.name for bridge in wanted.bridges}
    for kernel, text in sorted(before.addresses - wanted.addresses):
        if kernel not in remade:
            yield f"address delete {text} dev {kernel}"
    for kernel, size in sorted(wanted.mtus - before.mtus):
        yield f"link set {kernel} mtu {size}"
    for kernel, text in sorted(wanted.addresses):
        if (kernel, text) not in before.addresses or kernel in remade:
            yield f"address replace {text} dev {kernel}{_nodad(text)}"
    for route in sorted(before.routes - wanted.routes, key=str):
        yield _route_command("delete", route)
    for route in sorted(wanted.routes, key=str):
        yield _route_command("replace", route)
    yield from _proxy_batch(before, wanted)


def _proxy_batch(before: Desired, wanted: Desired) -> Iterable[str]:
    for address, kernel in sorted(before.proxies - wanted.proxies):
        yield f"neighbour delete proxy {address} dev {kernel}"
    for address, kernel in sorted(wanted.proxies - before.proxies):
        yield f"neighbour add proxy {address} dev {kernel}"


def _route_command(action: str, route: RouteSpec) -> str:
    target = "blackhole " if route.via == "blackhole" else ""
    words = [f"route {action} {target}{route.destination}"]
    if route.via and not target:
        words.append(f"via {route.via}")
    if route.device:
        words.append(f"dev {route.device}")
    words.append(f"proto {route.proto} metric {route.metric}")
    return " ".join(words)


def _last_batch(before: Desired, wiring: Wiring) -> Iterable[str]:
    for bridge in before.bridges:
        yield f"link delete {bridge.name}"
    for kernel, text in sorted(before.addresses):
        if kernel in {name for name, _ in before.plain}:
            yield f"address delete {text} dev {kernel}"
    for address, kernel in sorted(before.proxies):
        yield f"neighbour delete proxy {address} dev {kernel}"
    for group in wiring.values():
        for port in group:
            yield f"link set {port} down"


def _write_sysctl(path: str, value: str) -> None:
    with contextlib.suppress(OSError):
        system.sysctl(path).write_text(value)


def _scopes(config: Config) -> Iterable[tuple[int, str]]:
    for entry in config.under("dhcp", "scope"):
        number, span = entry.line.values[:2]
        first, bits = span.split("-")[0], span.split("/")[1]
        yield int(number), str(ipaddress.IPv4Interface(f"{first}/{bits}").network)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


async def _ask_time(address: str) -> float | None:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        try:
            sock.connect((address, 123))
            async with asyncio.timeout(3.0):
                await loop.sock_sendall(sock, b"\x23" + b"\0" * 47)
                data = await loop.sock_recv(sock, 512)
        except (OSError, TimeoutError):
            return None
    if len(data) < 48:
        return None
    seconds, fraction = struct.unpack_from("!II", data, 40)
    return float(seconds - _NTP_EPOCH + fraction / 2**32 - time.time())
