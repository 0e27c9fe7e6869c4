"""The packet measurements of the laptop, all side by side.

Each question's time is bounded by the probe.

Nothing waits for anything but what it needs: a name before its address is tried, a neighbor's MAC
before a frame is sent through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any, TypeVar

from onshi_net.evidence.legs import address_in, legs_of
from onshi_net.evidence.probing import Probe
from onshi_net.facts.types import (
    Advertisements,
    DnsReply,
    Echo,
    Facts,
    Hops,
    Inbound,
    Interface,
    Laptop,
    Legs,
    Neighbors,
    Offers,
    Outcome,
    Owners,
    Page,
    Path,
    PathMtu,
    Policy,
    Port,
    Ports,
    Present,
    Reading,
    RouterState,
    Service,
    Time,
)
from onshi_net.intent import SiteIntent
from onshi_net.intent.types import HostIntent
from onshi_net.model import Service as ServiceIntent
from onshi_net.model.catalogue import ServiceKind
from onshi_net.probe.protocol import DEFAULT_WITHIN_S

ADVERTS_S = 4.0
"""An advertisement may be held back for 3 s (RFC 4861, 10, MIN_DELAY_BETWEEN_RAS)."""
OWNERS_S = 1.2
DHCP_S = 1.5
PRESENT_S = 2.0
SILENCE_S = 1.2
"""How long a refused packet is waited for; the probe sends it three times in the first half."""
NEIGHBORS_S = 1.0
"""Every inbound trial waits for this, but it waits as long for further advertisements anyway."""
CONNECT_S = 3.5
"""The kernel repeats a lost SYN after 1 and 3 s (RFC 6298)."""
PAGE_S = 5.0
PAGE_BYTES = 8192
"""So much of a page is stored; the line authentication page says its word within it."""
ECHOES = 20
WEB_PORTS = (80, 443)
WINDOWS_PORTS = (80, 135, 139, 3389, 5985)
"""What a Windows PC may listen on beside SMB (Microsoft: Service overview and network ports)."""
ROUTER_PORTS = (22, 23, 80, 443)
"""The router's own services: SSH, telnet, HTTP (RTX command reference 4.65, 4.62, 33)."""
SMB = 445

T = TypeVar("T")
K = TypeVar("K")


class _Interfaces(Facts):
    interfaces: tuple[Interface, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every measurement needs."""

    probe: Probe
    intent: SiteIntent
    legs: Legs
    pem: str
    router: Awaitable[RouterState] | None = None
    """What the router says of itself, when it has; None: nobody asks it."""
    silence_s: float = SILENCE_S
    owners_s: float = OWNERS_S

    @property
    def terminal_source(self) -> str:
        leg = self.legs.terminal
        return address_in(leg, self.intent.router.terminal.address.network) if leg else ""

    @property
    def clinic_source(self) -> str:
        leg = self.legs.clinic
        return address_in(leg, self.intent.router.clinic.address.network) if leg else ""


PROOF_S = 0.6
"""How long a refused packet is waited for, and an owner, where a change waits for the answers.

What fails the change is asked again before it is undone.
"""
PROOF_NAME_S = 1.0
PROOF_LOOK_S = 0.5
"""How long the router is looked for on the line then, before what needs its address there."""


async def measure(
    probe: Probe, intent: SiteIntent, pem: str, router: Awaitable[RouterState] | None = None
) -> Laptop:
    """Answers everything that the laptop can measure.

    `pem` is the certificate bundle, '' for none; `router` what the router says meanwhile.
    """
    listed = await probe.ask(_Interfaces, "interfaces")
    state: Reading[None] = Reading(
        outcome=listed.outcome, detail=listed.detail, duration_s=listed.duration_s
    )
    if listed.found is None:
        return Laptop(probe=state)
    inside, clinic = intent.router.terminal, intent.router.clinic
    legs = legs_of(listed.found.interfaces, inside.address.network, clinic.address.network)
    scene = _Scene(probe, intent, legs, pem, router)
    line_adverts = asyncio.ensure_future(_adverts(scene, legs.line))
    line_neighbors = asyncio.ensure_future(_neighbors(scene))
    line_router = asyncio.ensure_future(_line_router(scene))
    found = await asyncio.gather(
        line_adverts,
        _adverts(scene, legs.terminal),
        line_neighbors,
        line_router,
        _owners(scene),
        _strays(scene),
        _dhcp(scene),
        _present(scene),
        _resolvers(scene),
        _services(scene),
        _paths(scene),
        _internet(scene),
        _policy(scene),
        _inbound(scene, line_adverts, line_neighbors, line_router),
        _by_device(scene),
    )
    names = (
        "line_adverts",
        "terminal_adverts",
        "line_neighbors",
        "line_router",
        "owners",
        "strays",
        "dhcp",
        "present",
        "resolvers",
        "services",
        "paths",
        "internet",
        "policy",
        "inbound",
        "by_device",
    )
    fields: dict[str, Any] = dict(zip(names, found, strict=True))
    return Laptop(probe=state, legs=legs, has_bundle=bool(pem), **fields)


async def measure_change(probe: Probe, intent: SiteIntent, known: Inbound | None = None) -> Laptop:
    """Answers the part of it that a change of the router decides, in a second and a half.

    `known` is what an earlier asking of the same run found on the line.
    """
    listed = await probe.ask(_Interfaces, "interfaces")
    if listed.found is None:
        return not_measured(listed.detail)
    inside, clinic = intent.router.terminal, intent.router.clinic
    legs = legs_of(listed.found.interfaces, inside.address.network, clinic.address.network)
    scene = _Scene(probe, intent, legs, "", silence_s=PROOF_S, owners_s=PROOF_S)
    owners, resolvers, names, policy, inbound = await asyncio.gather(
        _owners(scene),
        _resolvers(scene, PROOF_NAME_S),
        _names(scene),
        _policy(scene),
        _inbound_again(scene, known),
    )
    return Laptop(
        probe=Reading(outcome=Outcome.OK),
        legs=legs,
        owners=owners,
        resolvers=resolvers,
        services=names,
        policy=policy,
        inbound=inbound,
    )


async def _names(scene: _Scene) -> dict[str, Service]:
    """Asks the router for each service's name, and no further."""
    if scene.legs.terminal is None:
        return {}
    asked = {
        one.id: _ask_name(scene, one, edns=True, within_s=PROOF_NAME_S)
        for one in scene.intent.services
    }
    return {name: Service(name=found) for name, found in (await _together(asked)).items()}


async def _inbound_again(scene: _Scene, known: Inbound | None) -> Inbound | None:
    """Tries to get in from the line; looks there no longer than the change can wait."""
    line, terminal = scene.legs.line, scene.legs.terminal
    if line is None or terminal is None or terminal.global_ipv6 is None:
        return None
    inside, mac = terminal.global_ipv6, known.router_mac if known is not None else None
    if mac is None:
        mac = await _looked_for(scene, line.name, str(inside))
    if mac is None:
        return Inbound(router_mac=None)
    outside = str(scene.intent.closed_network_resolvers[0])
    return await _from_line(scene, (line, terminal), inside, mac, outside)


async def _looked_for(scene: _Scene, line: str, inside: str) -> str | None:
    """Answers the router's MAC on the line, as soon as it is known."""
    where: dict[str, Any] = {"interface": line}
    others = (
        asyncio.ensure_future(
            scene.probe.ask(Advertisements, "router-solicit", PROOF_LOOK_S, **where)
        ),
        asyncio.ensure_future(scene.probe.ask(Neighbors, "neighbors", PROOF_LOOK_S, **where)),
    )
    proxied = await scene.probe.ask(
        Owners, "owners", PROOF_LOOK_S, only_first=True, address=inside, **where
    )
    if owner := _first_owner(proxied):
        for one in others:
            one.cancel()
        return owner
    heard, present = await asyncio.gather(*others)
    return _router_mac(heard, present, proxied)


async def _together(questions: Mapping[K, Awaitable[T]]) -> dict[K, T]:
    """Asks all at once and answers them under their keys."""
    answers = await asyncio.gather(*questions.values())
    return dict(zip(questions, answers, strict=True))


async def _adverts(scene: _Scene, leg: Interface | None) -> Reading[Advertisements] | None:
    if leg is None:
        return None
    return await scene.probe.ask(Advertisements, "router-solicit", ADVERTS_S, interface=leg.name)


async def _neighbors(scene: _Scene) -> Reading[Neighbors] | None:
    leg = scene.legs.line
    return (
        await scene.probe.ask(Neighbors, "neighbors", NEIGHBORS_S, interface=leg.name)
        if leg
        else None
    )


async def _dhcp(scene: _Scene) -> Reading[Offers] | None:
    leg = scene.legs.terminal
    return await scene.probe.ask(Offers, "dhcp", DHCP_S, interface=leg.name) if leg else None


async def _owners(scene: _Scene) -> dict[str, Reading[Owners]]:
    intent, router = scene.intent, scene.intent.router
    wanted = [(host.name, str(host.address), host.segment) for host in intent.hosts]
    wanted.append((router.host, str(router.terminal.address.ip), "terminal"))
    wanted.append((f"{router.host}-clinic", str(router.clinic.address.ip), "clinic"))
    legs = {"terminal": scene.legs.terminal, "clinic": scene.legs.clinic}
    questions = {}
    for name, address, segment in wanted:
        leg = legs[segment]
        if leg is not None:
            questions[name] = scene.probe.ask(
                Owners, "owners", scene.owners_s, interface=leg.name, address=address
            )
    return await _together(questions)


async def _strays(scene: _Scene) -> dict[str, Reading[Owners]]:
    """Seeks the router where the clinic LAN may really be: a sheet can be wrong."""
    if scene.legs.clinic is not None:
        return {}
    address = str(scene.intent.router.clinic.address.ip)
    return await _together(
        {
            one.name: scene.probe.ask(
                Owners, "owners", OWNERS_S, interface=one.name, address=address
            )
            for one in scene.legs.strays
        }
    )


async def _present(scene: _Scene) -> Reading[Present] | None:
    """Asks who is in the terminal network, wanted or not."""
    leg, network = scene.legs.terminal, scene.intent.router.terminal.address.network
    if leg is None:
        return None
    where: dict[str, Any] = {"interface": leg.name, "network": str(network)}
    return await scene.probe.ask(Present, "present", PRESENT_S, **where)


async def _resolvers(
    scene: _Scene, within_s: float = DEFAULT_WITHIN_S
) -> dict[str, Reading[DnsReply]]:
    """Asks each resolver of line and closed network directly, for a name that it must know."""
    leg, intent = scene.legs.terminal, scene.intent
    if leg is None:
        return {}
    questions = {}
    for servers in (intent.ngn_resolvers, intent.closed_network_resolvers):
        name = intent.name_for(servers[0])
        for server in servers:
            questions[str(server)] = scene.probe.ask(
                DnsReply,
                "dns",
                within_s,
                server=str(server),
                name=name,
                edns=True,
                interface=leg.name,
            )
    return await _together(questions)


async def _services(scene: _Scene) -> dict[str, Service]:
    if scene.legs.terminal is None:
        return {}
    return await _together({one.id: _service(scene, one) for one in scene.intent.services})


async def _service(scene: _Scene, service: ServiceIntent) -> Service:
    """Goes the way of a client: the name, asked of the router; then the port.

    Then what speaks there.
    """
    edns = _ask_name(scene, service, edns=True)
    if not service.large_answer:
        name, plain, by_tcp = await edns, None, None
    else:
        name, plain, by_tcp = await asyncio.gather(
            edns,
            _ask_name(scene, service, edns=False),
            _ask_name(scene, service, edns=True, transport="tcp"),
        )
    address = _first_address(name, by_tcp)
    if address is None:
        return Service(name=name, plain=plain, by_tcp=by_tcp)
    connect, page, time = await asyncio.gather(
        _connect(scene, service, address),
        _page(scene, service, address),
        _ntp(scene, service, address),
    )
    return Service(name=name, plain=plain, by_tcp=by_tcp, connect=connect, page=page, time=time)


def _first_address(*readings: Reading[DnsReply] | None) -> str | None:
    addresses = (a for one in readings if one and one.found for a in one.found.addresses)
    return next((address for address in addresses if ":" in address), None)


def _ask_name(
    scene: _Scene,
    service: ServiceIntent,
    *,
    edns: bool,
    transport: str = "udp",
    within_s: float = DEFAULT_WITHIN_S,
) -> Awaitable[Reading[DnsReply]]:
    return scene.probe.ask(
        DnsReply,
        "dns",
        within_s,
        server=str(scene.intent.router.terminal.address.ip),
        name=service.name,
        edns=edns,
        transport=transport,
        **_by_terminal(scene),
    )


def _by_terminal(scene: _Scene) -> dict[str, Any]:
    leg = scene.legs.terminal
    return {"interface": leg.name} if leg is not None else {}


async def _connect(scene: _Scene, service: ServiceIntent, address: str) -> Reading[Port] | None:
    if service.kind in {ServiceKind.DNS, ServiceKind.NTP}:
        return None
    return await scene.probe.ask(
        Port, "tcp", CONNECT_S, address=address, port=service.port, **_by_terminal(scene)
    )


async def _page(scene: _Scene, service: ServiceIntent, address: str) -> Reading[Page] | None:
    if service.kind not in {ServiceKind.HTTP, ServiceKind.HTTPS, ServiceKind.LINE_AUTH}:
        return None
    secured = service.kind is not ServiceKind.HTTP
    return await scene.probe.ask(
        Page,
        "http",
        PAGE_S,
        address=address,
        port=service.port,
        name=service.name,
        tls=secured,
        limit=PAGE_BYTES,
        pem=scene.pem if secured else "",
        **_by_terminal(scene),
    )


async def _ntp(scene: _Scene, service: ServiceIntent, address: str) -> Reading[Time] | None:
    if service.kind is not ServiceKind.NTP:
        return None
    return await scene.probe.ask(Time, "ntp", address=address, **_by_terminal(scene))


async def _paths(scene: _Scene) -> dict[str, Path]:
    """Measures the path to one resolver of the closed network and one of the line."""
    if scene.legs.terminal is None:
        return {}
    targets = (scene.intent.closed_network_resolvers[0], scene.intent.ngn_resolvers[0])
    return await _together({str(target): _path(scene, str(target)) for target in targets})


async def _path(scene: _Scene, target: str) -> Path:
    where: dict[str, Any] = {"target": target, **_by_terminal(scene)}
    mtu, echo, trace = await asyncio.gather(
        scene.probe.ask(PathMtu, "path-mtu", **where),
        scene.probe.ask(Echo, "echo", count=ECHOES, **where),
        scene.probe.ask(Hops, "trace", **where),
    )
    return Path(mtu=mtu, echo=echo, trace=trace)


async def _internet(scene: _Scene) -> dict[str, Ports]:
    """Tries the Internet from the terminal segment.

    IPv4 by frames through the router, IPv6 by the kernel.
    """
    leg, router = scene.legs.terminal, scene.intent.router
    if leg is None:
        return {}

    async def tried(address: str) -> Ports:
        if ":" in address:
            return await _ports(
                {
                    port: scene.probe.ask(
                        Port, "tcp", SILENCE_S, address=address, port=port, interface=leg.name
                    )
                    for port in WEB_PORTS
                }
            )
        hop = str(router.terminal.address.ip)
        return await _syns(scene, leg, scene.terminal_source, address, WEB_PORTS, hop)

    return await _together({str(one): tried(str(one)) for one in scene.intent.internet_probes})


async def _ports(questions: Mapping[int, Awaitable[Reading[Port]]]) -> Ports:
    return Ports(tried=await _together(questions))


async def _syns(
    scene: _Scene, leg: Interface, source: str, destination: str, ports: Iterable[int], hop: str
) -> Ports:
    where: dict[str, Any] = {
        "interface": leg.name,
        "source": source,
        "destination": destination,
        "next_hop": hop,
    }
    return await _ports(
        {port: scene.probe.ask(Port, "syn", scene.silence_s, port=port, **where) for port in ports}
    )


async def _crossings(
    scene: _Scene,
    legs: tuple[Interface, Interface],
    addresses: tuple[str, str],
    ports: Iterable[int],
    hop: str,
) -> Ports:
    """Sends from the first leg to the second one's address and watches the second."""
    where: dict[str, Any] = {
        "interface": legs[0].name,
        "arrives_on": legs[1].name,
        "source": addresses[0],
        "destination": addresses[1],
        "next_hop": hop,
    }
    return await _ports(
        {
            port: scene.probe.ask(Port, "crossing", scene.silence_s, port=port, **where)
            for port in ports
        }
    )


async def _by_device(scene: _Scene) -> dict[str, Reading[Port]]:
    """Tries the terminals' shares as a receipt PC does that has no route of its own.

    By the clinic's own device; asked where the site's route lies there.
    """
    clinic, gateway = scene.legs.clinic, scene.intent.clinic_gateway
    if clinic is None or gateway is None or not scene.intent.route_on_device:
        return {}
    here, hop = scene.clinic_source, str(gateway)
    terminals = {host.name: str(host.address) for host in scene.intent.terminals}
    tried = await _together(
        {name: _syns(scene, clinic, here, to, (SMB,), hop) for name, to in terminals.items()}
    )
    return {name: ports.tried[SMB] for name, ports in tried.items()}


async def _policy(scene: _Scene) -> Policy | None:
    """Tries from the legs that there are; what crosses between both needs both."""
    terminal, clinic = scene.legs.terminal, scene.legs.clinic
    if terminal is None or clinic is None:
        return await _policy_of_one(scene)
    intent, router = scene.intent, scene.intent.router
    here, there = scene.clinic_source, scene.terminal_source
    clinic_hop, terminal_hop = str(router.clinic.address.ip), str(router.terminal.address.ip)
    terminals = {host.name: str(host.address) for host in intent.terminals}
    receipts = {host.name: str(host.address) for host in intent.receipt_pcs}
    smb, other, to_terminal, to_clinic, to_receipts, to_router = await asyncio.gather(
        _together(
            {n: _syns(scene, clinic, here, a, (SMB,), clinic_hop) for n, a in terminals.items()}
        ),
        _together(
            {
                n: _syns(scene, clinic, here, a, WINDOWS_PORTS, clinic_hop)
                for n, a in terminals.items()
            }
        ),
        _crossings(scene, (clinic, terminal), (here, there), (SMB, *WINDOWS_PORTS), clinic_hop),
        _crossings(scene, (terminal, clinic), (there, here), (SMB, *WINDOWS_PORTS), terminal_hop),
        _together(
            {
                n: _syns(scene, terminal, there, a, (SMB, *WINDOWS_PORTS), terminal_hop)
                for n, a in receipts.items()
            }
        ),
        _syns(scene, clinic, here, clinic_hop, ROUTER_PORTS, clinic_hop),
    )
    return Policy(
        smb_to_terminals={name: ports.tried[SMB] for name, ports in smb.items()},
        other_to_terminals=other,
        clinic_to_laptop=to_terminal,
        terminal_to_laptop=to_clinic,
        terminals_to_receipts=to_receipts,
        router_from_clinic=to_router,
    )


async def _policy_of_one(scene: _Scene) -> Policy | None:
    """Tries what a laptop with one cable can: what the other leg would have seen is left out."""
    terminal, clinic = scene.legs.terminal, scene.legs.clinic
    router = scene.intent.router
    if clinic is not None:
        hop, here = str(router.clinic.address.ip), scene.clinic_source
        tried = await _from_leg(
            scene, clinic, here, scene.intent.terminals, (SMB, *WINDOWS_PORTS), hop
        )
        return Policy(
            smb_to_terminals={name: ports.tried[SMB] for name, ports in tried.items()},
            other_to_terminals={
                name: Ports(tried={n: one for n, one in ports.tried.items() if n != SMB})
                for name, ports in tried.items()
            },
            router_from_clinic=await _syns(scene, clinic, here, hop, ROUTER_PORTS, hop),
        )
    if terminal is None:
        return None
    hop, here = str(router.terminal.address.ip), scene.terminal_source
    tried = await _from_leg(
        scene, terminal, here, scene.intent.receipt_pcs, (SMB, *WINDOWS_PORTS), hop
    )
    return Policy(terminals_to_receipts=tried)


async def _from_leg(
    scene: _Scene,
    leg: Interface,
    here: str,
    hosts: Iterable[HostIntent],
    ports: tuple[int, ...],
    hop: str,
) -> dict[str, Ports]:
    """Tries ports of several hosts by way of the router."""
    return await _together(
        {one.name: _syns(scene, leg, here, str(one.address), ports, hop) for one in hosts}
    )


async def _inbound(
    scene: _Scene,
    adverts: Awaitable[Reading[Advertisements] | None],
    neighbors: Awaitable[Reading[Neighbors] | None],
    by_address: Awaitable[Reading[Owners] | None],
) -> Inbound | None:
    """Tries to get in from the line.

    To the laptop's own address in the terminal network, and to the router.
    """
    line, terminal = scene.legs.line, scene.legs.terminal
    if line is None or terminal is None or terminal.global_ipv6 is None:
        return None
    inside = terminal.global_ipv6
    heard, present, proxied = await asyncio.gather(
        adverts,
        neighbors,
        scene.probe.ask(Owners, "owners", NEIGHBORS_S, interface=line.name, address=str(inside)),
    )
    mac = _router_mac(heard, present, proxied) or _first_owner(await by_address)
    if mac is None:
        return Inbound(router_mac=None)
    return await _from_line(scene, (line, terminal), inside, mac, _outside_source(scene, heard))


async def _from_line(
    scene: _Scene, legs: tuple[Interface, Interface], inside: IPv6Address, mac: str, outside: str
) -> Inbound:
    """Tries what is behind the router's MAC on the line, from an address `outside`."""
    line, terminal = legs
    router = str(IPv6Network((inside, 64), strict=False).network_address + 1)
    way: dict[str, Any] = {"interface": line.name, "arrives_on": terminal.name, "source": outside}
    control, to_terminal, to_router = await asyncio.gather(
        scene.probe.ask(
            Port, "echo-crossing", scene.silence_s, destination=str(inside), next_hop=mac, **way
        ),
        _crossings(scene, (line, terminal), (outside, str(inside)), (SMB, 22, 3389), mac),
        _syns(scene, line, _link_local(line.mac), router, ROUTER_PORTS, mac),
    )
    return Inbound(
        router_mac=mac, control=control, to_terminal_network=to_terminal, to_router=to_router
    )


def _first_owner(reading: Reading[Owners] | None) -> str | None:
    return next(iter(reading.found.macs), None) if reading and reading.found else None


def _router_mac(
    heard: Reading[Advertisements] | None,
    present: Reading[Neighbors] | None,
    proxied: Reading[Owners],
) -> str | None:
    """Answers the router's MAC on the line.

    Who answers for an address inside, else who is not the advertiser.
    """
    if owner := _first_owner(proxied):
        return owner
    adverts = heard.found.advertisements if heard is not None and heard.found else ()
    upstream = {advert.mac for advert in adverts}
    nodes = present.found.neighbors if present is not None and present.found else ()
    others = sorted({node.mac for node in nodes} - upstream)
    return others[0] if len(others) == 1 else None


async def _line_router(scene: _Scene) -> Reading[Owners] | None:
    """Answers who has the address on the line that the router says it has there.

    A router that lets no echo request in is not among the neighbours, who answer one. None where
    the laptop has no leg there or the router did not say.
    """
    line = scene.legs.line
    router = await asyncio.shield(scene.router) if line and scene.router is not None else None
    said = router.addresses.found if router is not None and router.addresses is not None else None
    wan = scene.intent.router.wan.interface
    for one in said.addresses if said is not None else ():
        if line is not None and one.interface == wan and one.address.ip.is_link_local:
            address = str(one.address.ip)
            return await scene.probe.ask(
                Owners, "owners", NEIGHBORS_S, interface=line.name, address=address
            )
    return None


def _outside_source(scene: _Scene, heard: Reading[Advertisements] | None) -> str:
    """Answers an address to come from.

    One of the line's own prefix, else a resolver of the closed network.
    """
    adverts = heard.found.advertisements if heard is not None and heard.found else ()
    for advert in adverts:
        for prefix in advert.prefixes:
            return str(prefix.prefix.network_address + 0x0200_5EFF_FE00_5301)
    return str(scene.intent.closed_network_resolvers[0])


def _link_local(mac: str) -> str:
    octets = bytes.fromhex(mac.replace(":", ""))
    packed = (
        b"\xfe\x80" + bytes(6) + bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    )
    return str(IPv6Network((packed, 128)).network_address)


def not_measured(detail: str) -> Laptop:
    """Answers the evidence of a laptop whose probe could not run."""
    return Laptop(probe=Reading(outcome=Outcome.ERROR, detail=detail))
