"""Real packets between the lines of a plan, compared with what the algebra says of them.

The mock's kernel stands in a namespace, its ports' cables end in others. After every line of a plan
a few packets go in by the line, the clinic's and the laptop's port: for each of the ways between
these and the router some that the lists let through by the algebra, and some that they don't. Which
of them came to the router itself, or left it again, nftables counts, by each packet's length.

Asked is the reading that the mock has: a filter counts at once, a missing one is skipped, and what
opens a connection is judged by the static list. Not asked is what the kernel knows and the algebra
does not: routes, and interfaces without an address.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from pathlib import Path

from onshi_lab.yamaha.kernel.desired import Advert, Delegation, Desired, Learned, mac_of
from onshi_lab.yamaha.kernel.machine import KernelMachine
from onshi_lab.yamaha.kernel.tools import run
from tests.lab.yamaha.bench import Bench, in_namespace
from tests.platforms.yamaha.starts.generate import Start
from tests.platforms.yamaha.starts.judge import (
    CLINIC,
    FAMILIES,
    Console,
    Moment,
    applied,
    filter_matches,
    reachable,
)
from tests.platforms.yamaha.starts.reading import (
    LAPTOP,
    LINE,
    ROUTER,
    Passes,
    Reading,
    interface_of,
    listed,
)
from tests.platforms.yamaha.starts.space import Match, Space, Spans, space_of

MOCKS = Reading(at_once=True, missing="skip", alone=False)
CABLES = {LINE: ("ngn", "line"), LAPTOP: ("terminal", "eth0"), CLINIC: ("clinic", "eth0")}
EACH = 2
"""So many packets of either answer are tried for a way."""
LOOKS = 200
"""So often it is looked whether all packets of a moment have come; each look is a process."""
SHORTEST = 64
"""Octets behind the IP header of the first packet of a moment; each is one longer."""
FLAGS = {"tcp syn": 0x02, "tcp ack": 0x10, "tcp fin": 0x11, "tcp rst": 0x04}
FAR = (0x20010DB8FFFF << 80, (0x20010DB8FFFF << 80) | 0xFFFF)
"""Addresses behind the line."""
OTHER = 253
"""A protocol for experiments (RFC 3692)."""
UNNAMED = 200
"""An ICMP type that no filter names."""
LEARNED = Learned(
    Advert("fe80::1", 1800, "2001:db8:51:100::/64", 1800, 1800),
    Delegation("fe80::1", "2001:db8:51:100::/56", 600, 900, 1800, 1800),
)
COUNTING = """
table inet counting {
 set came4 { typeof ip length; flags dynamic; size 4096; }
 set came6 { typeof ip6 length; flags dynamic; size 4096; }
 set here4 { typeof ip length; flags dynamic; size 4096; }
 set here6 { typeof ip6 length; flags dynamic; size 4096; }
 set gone4 { typeof ip length; flags dynamic; size 4096; }
 set gone6 { typeof ip6 length; flags dynamic; size 4096; }
 chain came { type filter hook prerouting priority -500; policy accept;
  update @came4 { ip length }
  update @came6 { ip6 length }
 }
 chain here { type filter hook input priority 500; policy accept;
  update @here4 { ip length }
  update @here6 { ip6 length }
 }
 chain gone { type filter hook postrouting priority 500; policy accept;
  update @gone4 { ip length }
  update @gone6 { ip6 length }
 }
 chain silent { type filter hook output priority -500; policy drop; }
}
"""
"""The router itself says nothing, so that no packet is an answer."""
SETS = ("came4", "came6", "here4", "here6", "gone4", "gone6")


class Kernel(KernelMachine):
    """The mock's kernel without daemons; what its line tells is given."""

    def learned(self) -> dict[str, Learned]:
        return {LINE: LEARNED}

    async def _services(self, wanted: Desired) -> None:
        del wanted

    async def _line(self, wanted: Desired) -> None:
        del wanted


@dataclass(slots=True)
class Asked:
    """What came of a start."""

    seed: int
    model: str
    moments: int = 0
    """Moments after which packets were sent."""
    packets: int = 0
    passed: int = 0
    """So many of them pass by the algebra."""
    disagreements: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, and whether it passes by the algebra."""

    family: str
    first: str
    second: str
    passes: bool
    told: str
    protocol: int
    source: str
    destination: str
    payload: Callable[[int], bytes] = field(repr=False)


def ask(start: Start, folder: Path) -> Asked:
    """Sends packets after every line of a start's plan; needs root."""
    start = reachable(start)
    router = Console(start)
    applied(start, router)
    asked = Asked(start.seed, start.device.model.name)
    bench = Bench(folder)
    try:
        wires = {place: _wire(bench, *CABLES[place]) for place in CABLES}
        in_namespace(
            bench.ns("router"),
            lambda: asyncio.run(_all_moments(start, router.moments, wires, folder, asked)),
        )
    finally:
        bench.close()
    return asked


def _wire(bench: Bench, node: str, name: str) -> socket.socket:
    def opened() -> socket.socket:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        wire.bind((name, 0))
        return wire

    return in_namespace(bench.ns(node), opened)


async def _all_moments(
    start: Start,
    moments: Sequence[Moment],
    wires: Mapping[str, socket.socket],
    folder: Path,
    asked: Asked,
) -> None:
    ports = tuple(f"lan1p{port}" for port in range(1, start.device.model.lan1_ports + 1))
    wiring = {"lan1": ports, "lan2": ("lan2",), "lan3": ("lan3",)}
    if start.device.model.lans < 3:
        del wiring["lan3"]
    kernel = Kernel(start.device, wiring, folder, 0.0)
    await run(("nft", "-f", "-"), COUNTING, must=True)
    chance = random.Random(start.seed)
    spaces = {family: _passes(family, moments) for family in FAMILIES}
    last = None
    for moment in moments:
        if moment.state is last:
            continue
        last = moment.state
        if moment.after == "restart":
            kernel.flexible = None
        await kernel.apply(moment.config)
        packets = [
            packet
            for family in FAMILIES
            for packet in _packets(start, moment, spaces[family], chance)
        ]
        asked.moments += 1
        asked.packets += len(packets)
        asked.passed += sum(one.passes for one in packets)
        seen = await _sent(start, moment, wires, packets)
        asked.disagreements += [
            f"after {moment.after!r}: {one.first} > {one.second} {one.told}: "
            f"{'passes' if one.passes else 'does not pass'} by the algebra, kernel: {passed}"
            for one, passed in zip(packets, seen, strict=True)
            if passed is not one.passes
        ]


def _passes(family: str, moments: Sequence[Moment]) -> Passes:
    nets = {span for moment in moments for span in _spans(family, moment)}
    nets |= {FAR} if family == "ipv6" else set()
    spans = (Match(None, None, (span,)) for span in nets)
    return Passes(space_of(family, [*filter_matches(family, moments), *spans]))


def _addresses(family: str, moment: Moment) -> Iterator[tuple[str, IPv4Interface | IPv6Interface]]:
    """The router's addresses with their interfaces, those taken from the line's prefix too."""
    for line in moment.config.lines():
        words = line.split()
        if words[0] != family or "address" not in words[2:4]:
            continue
        text = words[words.index("address") + 1]
        if "-prefix@" in text:
            text = "2001:db8:51:100::" + text.rpartition("::")[2]
        if "/" in text:
            yield words[1], (IPv4Interface if family == "ip" else IPv6Interface)(text)


def _spans(family: str, moment: Moment) -> Iterator[tuple[int, int]]:
    for _, one in _addresses(family, moment):
        yield int(one.ip), int(one.ip)
        yield int(one.network.network_address), int(one.network.broadcast_address)


def _packets(
    start: Start, moment: Moment, passes: Passes, chance: random.Random
) -> Iterator[Packet]:
    """Packets of either answer for each way that both know."""
    state, space = moment.state, passes.space
    family = space.family
    own = list(_addresses(family, moment))
    taken = space.of(Match(None, None, tuple((int(one.ip), int(one.ip)) for _, one in own)))
    plugged = {interface_of(place, state) for place in CABLES}
    for first in CABLES:
        one = interface_of(first, state)
        here = [address for name, address in own if name == one]
        if not here and family == "ipv6":  # the line's side has no address; any other is asked for
            here = [address for name, address in own if name in plugged]
        if (one, family) not in state.alive or not here:
            continue
        inward = passes.of(listed(state, {}, MOCKS, family, one, "in"), MOCKS, answers=False)[0]
        there = space.of(Match(None, None, tuple((int(to.ip), int(to.ip)) for to in here)))
        yield from _chosen(space, (first, ROUTER), inward, there, own, chance)
        for second in CABLES:
            two = interface_of(second, state)
            nets = tuple(_nets(family, two, own))
            if two == one or not nets or (two, family) not in state.alive:
                continue
            if not state.routing[family]:
                continue
            out = passes.of(listed(state, {}, MOCKS, family, two, "out"), MOCKS, answers=False)[0]
            towards = space.of(Match(None, None, nets)) & ~taken
            yield from _chosen(space, (first, second), inward & out, towards, own, chance)


Own = Sequence[tuple[str, IPv4Interface | IPv6Interface]]


def _nets(family: str, interface: str, own: Own) -> Iterator[tuple[int, int]]:
    """Where a packet must go so that it leaves by an interface, and by no other."""
    if family == "ipv6" and interface == LINE:
        yield FAR
    for name, address in own:
        others = (at.network for other, at in own if other != interface)
        if name == interface and not any(address.network.overlaps(one) for one in others):  # type: ignore[arg-type]
            yield int(address.network.network_address), int(address.network.broadcast_address)


def _chosen(
    space: Space,
    way: tuple[str, str],
    passing: int,
    there: int,
    own: Own,
    chance: random.Random,
) -> Iterator[Packet]:
    for passes, headers in ((True, passing & there), (False, ~passing & there)):
        found = 0
        for _ in range(12):
            if found == EACH or not headers:
                break
            packet = _packet(space, way, passes, _one_of(headers, chance), own)
            if packet is not None:
                found += 1
                yield packet


def _one_of(headers: int, chance: random.Random) -> int:
    """One of the headers, each of a run by chance."""
    skipped = chance.randrange(headers.bit_length())
    rest = headers >> skipped
    if not rest:
        rest, skipped = headers, 0
    return skipped + (rest & -rest).bit_length() - 1


def _packet(space: Space, way: tuple[str, str], passes: bool, atom: int, own: Own) -> Packet | None:
    """A packet of an atom; None where no host can send such a one."""
    header = space.one(atom)
    taken = {int(address.ip) for _, address in own}
    edges = {FAR[0], *(int(address.network.network_address) for _, address in own)}
    edges |= {int(address.network.broadcast_address) for _, address in own}
    sends = _host(
        header.source, lambda number: _sends(space.family, number) and number not in taken
    )
    to: int | None = header.destination[0][0]
    if way[1] != ROUTER:
        to = _host(header.destination, lambda number: number not in taken | edges)
    doors = _gate(header.source_port), _gate(header.destination_port)
    made = _payload(header.kind, space.family, doors)
    if sends is None or to is None or made is None or 0 in doors:
        return None
    name = IPv4Address if space.family == "ip" else IPv6Address
    ends = str(name(sends)), str(name(to))
    told = f"{header.kind} {ends[0]}:{doors[0]} > {ends[1]}:{doors[1]}"
    return Packet(space.family, *way, passes, told, made[0], *ends, made[1])


def _host(spans: Spans, fits: Callable[[int], bool]) -> int | None:
    """An address of a part that fits."""
    for low, high in spans:
        wide = high + 1 - low
        some = (low, low + 1, low + 77, low + wide // 2, low + wide // 3, high - 1, high)
        for one in some:
            if low <= one <= high and fits(one):
                return one
    return None


def _sends(family: str, number: int) -> bool:
    """Whether an address may be a sender's, of a packet that is passed on."""
    if family == "ip":
        four = IPv4Address(number)
        first = number >> 24
        return (
            first not in (0, 127)
            and first < 224
            and (number & 0xFF) not in (0, 255)
            and (not four.is_link_local)
        )
    six = IPv6Address(number)
    return number >> 125 == 1 and not six.is_multicast  # 2000::/3


def _gate(spans: Spans) -> int:
    """A port of a part; 0, which nobody sends from, where there is no other."""
    return next((max(1, low) for low, high in spans if high), 0)


def _payload(
    kind: str, family: str, doors: tuple[int, int]
) -> tuple[int, Callable[[int], bytes]] | None:
    """A packet's protocol, and what is behind the IP header at a length, checksum left out."""
    name, _, number = kind.partition(" ")
    if kind in FLAGS:
        flags = FLAGS[kind]
        head = struct.pack("!HHIIBBHHH", *doors, 1, 0, 5 << 4, flags, 1024, 0, 0)
        return 6, lambda length: head.ljust(length, b"\0")
    if kind == "udp":
        return 17, lambda length: struct.pack("!HHHH", *doors, length, 0).ljust(length, b"\0")
    if name in ("icmp", "icmp6"):
        word = UNNAMED if number == "256" else int(number)
        if word > 255:
            return None
        return (1 if name == "icmp" else 58), lambda length: bytes([word]).ljust(length, b"\0")
    if kind == "51" and family == "ipv6":
        return None  # to the kernel an extension header, behind which it looks on
    protocol = OTHER if kind == "other" else int(kind)
    return protocol, lambda length: b"\0" * length


CHECKSUM_AT = {6: 16, 17: 6, 1: 2, 58: 2}


def _frame(packet: Packet, length: int, target: str) -> bytes:
    """An Ethernet frame; `length` octets behind the IP header."""
    payload = bytearray(packet.payload(length))
    ether = bytes.fromhex(target.replace(":", "")) + bytes.fromhex("020000000099")
    if packet.family == "ip":
        ends = IPv4Address(packet.source).packed + IPv4Address(packet.destination).packed
        pseudo = ends + struct.pack("!BBH", 0, packet.protocol, length)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, packet.protocol, 0) + ends
        head = head[:10] + struct.pack("!H", _sum(head)) + head[12:]
        ether += b"\x08\x00"
    else:
        ends = IPv6Address(packet.source).packed + IPv6Address(packet.destination).packed
        pseudo = ends + struct.pack("!IHBB", length, 0, 0, packet.protocol)
        head = struct.pack("!IHBB", 6 << 28, length, packet.protocol, 64) + ends
        ether += b"\x86\xdd"
    at = CHECKSUM_AT.get(packet.protocol)
    if at is not None:
        over = bytes(payload) if packet.protocol == 1 else pseudo + bytes(payload)
        payload[at : at + 2] = struct.pack("!H", _sum(over))
    return ether + head + bytes(payload)


def _sum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


async def _sent(
    start: Start,
    moment: Moment,
    wires: Mapping[str, socket.socket],
    packets: Sequence[Packet],
) -> list[bool | None]:
    """Sends packets, and answers which passed; None for one that never came to the lists."""
    await run(("nft", "-f", "-"), "".join(f"flush set inet counting {one}\n" for one in SETS))
    lengths = []
    for number, packet in enumerate(packets):
        length = SHORTEST + number
        target = mac_of(interface_of(packet.first, moment.state), start.device)
        wires[packet.first].send(_frame(packet, length, target))
        lengths.append(length + (20 if packet.family == "ip" else 0))
    for _ in range(LOOKS):
        seen = await _counted()
        came = [
            _in(seen, "came", one, length) for one, length in zip(packets, lengths, strict=True)
        ]
        if all(came):
            break
    return [
        _in(seen, "here" if one.second == ROUTER else "gone", one, length) if there else None
        for one, length, there in zip(packets, lengths, came, strict=True)
    ]


def _in(seen: Mapping[str, set[int]], where: str, packet: Packet, length: int) -> bool:
    return length in seen[f"{where}{4 if packet.family == 'ip' else 6}"]


async def _counted() -> dict[str, set[int]]:
    told = json.loads(await run(("nft", "-j", "list", "table", "inet", "counting")))
    sets = [one["set"] for one in told["nftables"] if "set" in one]
    return {one["name"]: set(one.get("elem", ())) for one in sets}
