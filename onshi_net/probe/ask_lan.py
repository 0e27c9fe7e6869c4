"""Questions to one link.

Own interfaces, who advertises, who owns an address, who serves DHCP, who is there.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import IPv4Network
from itertools import islice
from typing import Any, TypeVar

from onshi_net.facts.outcome import Outcome
from onshi_net.probe import frames
from onshi_net.probe.net import CannotAsk, Leg, Net
from onshi_net.probe.protocol import ENTRIES, Answer

T = TypeVar("T")
QUIET_S = 1.0
"""After the first answer, so long until no other is expected.

Routers answer within 0.5 s (RFC 4861, 6.2.6, MAX_RA_DELAY_TIME).
"""
SOLICIT_S = 0.5
"""So often a silent line is asked: one that loses every fifth packet keeps silent rarely."""
ANY_V4 = "0.0.0.0"  # noqa: S104 the sender of an ARP probe (RFC 5227, 2.1.1)


async def interfaces(net: Net, *, within_s: float) -> Answer:
    """Lists this machine's interfaces.

    Name, MAC, link state, MTU, addresses (by iproute2's JSON).
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "ip", "-json", "address", stdout=asyncio.subprocess.PIPE
        )
    except FileNotFoundError:
        return Answer(Outcome.ERROR, "no-iproute2")
    out, _ = await net.clock.within(process.communicate(), within_s)
    return Answer(Outcome.OK, data={"interfaces": [_interface(one) for one in json.loads(out)]})


def _interface(fields: dict[str, Any]) -> dict[str, Any]:
    flags = fields.get("flags", [])
    return {
        "name": fields["ifname"],
        "mac": fields.get("address", ""),
        "ethernet": fields.get("link_type") == "ether",
        # iproute2 says NO-CARRIER of a link that isn't RUNNING, whatever the driver says.
        "up": "LOWER_UP" in flags and "NO-CARRIER" not in flags,
        "mtu": fields.get("mtu", 0),
        "addresses": [
            f"{one['local']}/{one['prefixlen']}"
            for one in fields.get("addr_info", [])
            if "local" in one and not one.get("tentative") and not one.get("deprecated")
        ],
    }


MOST_SOURCES = 10_000
"""Sources that are counted."""


async def router_solicit(net: Net, *, interface: str, within_s: float) -> Answer:
    """Collects router advertisements, of a flood the first sources only.

    `data.sources` counts who advertises, `data.heard` how often, `data.looped` own frames that came
    back.
    """
    leg = net.leg(interface)
    source = frames.link_local_of(leg.mac)
    solicitation = frames.router_solicitation(leg.mac, source)
    found: dict[str, dict[str, Any]] = {}
    sources: set[str] = set()
    heard = 0

    def take(packet: Any) -> bool:
        nonlocal heard
        advert = frames.advertisement(packet)
        if advert is None:
            return False
        heard += 1
        name = f"{advert['source']} {advert['mac']}"
        if len(sources) < MOST_SOURCES:
            sources.add(name)
        _keep(found, name, advert)
        return True

    with leg.owning(source):
        await _collect(leg, solicitation, take, within_s, QUIET_S, SOLICIT_S)
    outcome = Outcome.OK if found else Outcome.NO_ANSWER
    told = {"advertisements": list(found.values()), "sources": len(sources), "heard": heard}
    return Answer(outcome, data={**told, "looped": leg.looped})


async def _collect(
    leg: Leg,
    frame: bytes,
    take: Callable[[Any], bool],
    within_s: float,
    quiet_s: float | None,
    every_s: float | None = None,
) -> None:
    """Sends `frame` now and every so often, without `every_s` once more at half time.

    Reads until the time is over, or quiet since the first hit.
    """
    clock = leg.clock
    start = clock.now()
    pause = every_s or within_s / 2
    end, again = start + within_s, start + pause
    with leg.hearing() as queue:
        leg.send(frame)
        while (now := clock.now()) < end:
            if now >= again:
                leg.send(frame)
                again += pause
            try:
                packet = await asyncio.wait_for(queue.get(), min(again, end) - now)
            except TimeoutError:
                continue
            if any([take(packet), *map(take, _waiting(queue))]) and quiet_s is not None:
                end, quiet_s = min(end, clock.now() + quiet_s), None
        # What came in time but was not yet read: this process may have been kept waiting.
        for packet in _waiting(queue):
            take(packet)


def _waiting(queue: asyncio.Queue[Any]) -> Iterator[Any]:
    """Gives what a queue holds now."""
    for _ in range(queue.qsize()):
        yield queue.get_nowait()


def _keep(found: dict[str, T], name: str, one: T) -> None:
    """Keeps one of a bounded number; of one that is known, its last word."""
    if name in found or len(found) < ENTRIES:
        found[name] = one


async def owners(
    net: Net,
    *,
    interface: str,
    address: str,
    source: str = "",
    only_first: bool = False,
    within_s: float,
) -> Answer:
    """Asks who owns an address (ARP or neighbor discovery) and collects every MAC that answers.

    With `only_first` no longer than until one has.
    """
    leg = net.leg(interface)
    asker = source or (frames.link_local_of(leg.mac) if ":" in address else ANY_V4)
    macs: dict[str, str] = {}

    def take(packet: Any) -> bool:
        mac = frames.owner(packet, address)
        if mac is not None:
            _keep(macs, mac, mac)
        return mac is not None

    with leg.owning(asker):
        question, quiet_s = frames.who_has(leg.mac, asker, address), 0.0 if only_first else None
        await _collect(leg, question, take, within_s, quiet_s)
    outcome = Outcome.OK if macs else Outcome.NO_ANSWER
    return Answer(outcome, data={"address": address, "macs": sorted(macs)})


async def resolve(leg: Leg, address: str, source: str, within_s: float) -> str:
    """Answers the MAC of a next hop. Raises CannotAsk when it does not answer."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    question = frames.who_has(leg.mac, source, address)

    async def listen(queue: asyncio.Queue[Any]) -> str:
        while not found.done():
            mac = frames.owner(await queue.get(), address)
            if mac is not None:
                return mac
        return found.result()

    with leg.hearing() as queue, leg.owning(source):
        for _ in range(3):
            leg.send(question)
            try:
                return await leg.clock.within(listen(queue), within_s / 3)
            except TimeoutError:
                continue
    raise CannotAsk("next-hop-silent")


async def next_hop(net: Net, leg: Leg, address: str, source: str, within_s: float) -> str:
    """The same, asked once for all who want to know it at the same time."""
    key = (leg.interface, address, source)
    if key not in net.resolving:
        net.resolving[key] = asyncio.ensure_future(resolve(leg, address, source, within_s))
        net.resolving[key].add_done_callback(lambda _done: net.resolving.pop(key))
    return await asyncio.shield(net.resolving[key])


async def dhcp(net: Net, *, interface: str, within_s: float) -> Answer:
    """Asks for an IPv4 lease without taking it, and collects who offers one."""
    leg = net.leg(interface)
    transaction = int.from_bytes(os.urandom(4), "big")
    offers: dict[str, dict[str, Any]] = {}

    def take(packet: Any) -> bool:
        offer = frames.dhcp_offer(packet, transaction)
        if offer is not None:
            _keep(offers, f"{offer['server']} {offer['mac']}", offer)
        return offer is not None

    await _collect(leg, frames.dhcp_discover(leg.mac, transaction), take, within_s, QUIET_S)
    outcome = Outcome.OK if offers else Outcome.NO_ANSWER
    return Answer(outcome, data={"offers": list(offers.values())})


MOST_ASKED = 1022
"""Addresses of a network that are asked for: those of a /22."""
AT_ONCE = 16
"""So many questions go out before others have their turn."""


async def present(net: Net, *, interface: str, network: str, within_s: float) -> Answer:
    """Asks for each IPv4 address of a network (ARP, twice), and collects who has it, with maker.

    `data.asked` counts the addresses: of a large network only the first are asked for. The maker is
    that of the MAC's first three bytes (Wireshark's list, which Scapy carries).
    """
    leg = net.leg(interface)
    addresses = list(islice(IPv4Network(network).hosts(), MOST_ASKED))
    frame = frames.who_has(leg.mac, ANY_V4, str(addresses[0]))
    found: dict[str, dict[str, str]] = {}

    def take(packet: Any) -> None:
        arp = packet.getlayer("ARP")
        if arp is not None and arp.op == ARP_REPLY:
            one = {"address": str(arp.psrc), "mac": str(arp.hwsrc), "maker": _maker(arp.hwsrc)}
            _keep(found, f"{one['address']} {one['mac']}", one)

    with leg.hearing() as queue:
        for _ in range(2):
            for number, address in enumerate(addresses):
                leg.send(frame[:ARP_TARGET] + address.packed + frame[ARP_TARGET + 4 :])
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)
            end = net.clock.now() + within_s / 2
            while (left := end - net.clock.now()) > 0:
                try:
                    take(await asyncio.wait_for(queue.get(), left))
                except TimeoutError:
                    break
        for packet in _waiting(queue):
            take(packet)
    asked = set(map(str, addresses))
    there = [one for _, one in sorted(found.items()) if one["address"] in asked]
    outcome = Outcome.OK if there else Outcome.NO_ANSWER
    return Answer(outcome, data={"devices": there, "asked": len(addresses)})


ARP_REPLY = 2
ARP_TARGET = 38
"""Where the wanted address stands in an Ethernet frame with ARP for IPv4 (RFC 826)."""


def _maker(mac: str) -> str:
    """Answers who made a device, '' where the list does not say."""
    from scapy.data import MANUFDB

    name = str(MANUFDB.lookup(mac)[1])
    return "" if name.lower() == mac.lower() else name


async def neighbors(net: Net, *, interface: str, within_s: float) -> Answer:
    """Asks every IPv6 node of the link to say that it is there."""
    leg = net.leg(interface)
    number = int.from_bytes(os.urandom(2), "big")
    source = frames.link_local_of(leg.mac)
    found: dict[str, str] = {}

    def take(packet: Any) -> bool:
        reply = frames.echo_reply(packet, number)
        if reply is not None:
            _keep(found, reply[0], reply[1])
        return reply is not None

    with leg.owning(source):
        await _collect(leg, frames.echo_all_nodes(leg.mac, source, number), take, within_s, None)
    outcome = Outcome.OK if found else Outcome.NO_ANSWER
    nodes = [{"address": address, "mac": mac} for address, mac in sorted(found.items())]
    return Answer(outcome, data={"neighbors": nodes})


Ask = Callable[..., Awaitable[Answer]]
ASKS: dict[str, Ask] = {
    "interfaces": interfaces,
    "router-solicit": router_solicit,
    "owners": owners,
    "dhcp": dhcp,
    "neighbors": neighbors,
    "present": present,
}
