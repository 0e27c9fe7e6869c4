"""The frames that a leg sends and reads.

Every address is given, so that Scapy's own routes are never asked.

Scapy keeps a route table of its own that goes stale: it is not loaded (`route_autoload`), so
nothing here can depend on it. It makes the user's folder of settings where there is none, though it
keeps none there: told that this is the folder of caches, which it does use, it makes that one only.
"""

from __future__ import annotations

import os
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

_HOME = os.path.expanduser("~")  # noqa: PTH111 - where nobody has a home this is no error
os.environ.setdefault("XDG_CACHE_HOME", f"{_HOME}/.cache")
os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"]

from scapy.config import conf  # noqa: E402

conf.route_autoload = False
conf.route6_autoload = False
conf.use_pcap = False

from scapy.layers.dhcp import BOOTP, DHCP  # noqa: E402
from scapy.layers.inet import ICMP, IP, TCP, UDP, ICMPerror, IPerror, TCPerror  # noqa: E402, F401
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptMTU,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptRDNSS,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import ARP, Ether  # noqa: E402

BROADCAST = "ff:ff:ff:ff:ff:ff"
ALL_NODES, ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"
ALL_ROUTERS, ALL_ROUTERS_MAC = "ff02::2", "33:33:00:00:00:02"
SYN, SYN_ACK, RST = 0x02, 0x12, 0x04
ND_HOP_LIMIT = 255
"""Neighbor discovery is valid with this hop limit only (RFC 4861, 6.1 and 7.1)."""


def read(frame: bytes) -> Any:
    """Dissects an Ethernet frame; layers that can't be read stay raw bytes."""
    return Ether(frame)


def link_local_of(mac: str) -> str:
    """Answers the EUI-64 link-local address of a MAC (RFC 4291, appendix A)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    interface = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + interface))


def _solicited(address: str) -> tuple[str, str]:
    """Answers the solicited-node group of an address and its MAC (RFC 4291, 2.7.1; RFC 2464, 7)."""
    low = IPv6Address(address).packed[-3:]
    group = IPv6Address(bytes.fromhex("ff02000000000000000000" + "01ff") + low)
    return str(group), "33:33:ff:" + low.hex(":")


def router_solicitation(mac: str, source: str) -> bytes:
    """Builds a router solicitation (RFC 4861, 4.1)."""
    head = Ether(src=mac, dst=ALL_ROUTERS_MAC) / IPv6(
        src=source, dst=ALL_ROUTERS, hlim=ND_HOP_LIMIT
    )
    return bytes(head / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=mac))


def advertisement(packet: Any) -> dict[str, Any] | None:
    """Reads a router advertisement (RFC 4861, 4.2), or answers None for anything else."""
    if ICMPv6ND_RA not in packet or packet[IPv6].hlim != ND_HOP_LIMIT:
        return None
    body = packet[ICMPv6ND_RA]
    options = list(_layers(body.payload))
    return {
        "source": packet[IPv6].src,
        "mac": packet.src,
        "managed": bool(body.M),
        "other": bool(body.O),
        "lifetime_s": body.routerlifetime,
        "mtu": next((o.mtu for o in options if isinstance(o, ICMPv6NDOptMTU)), None),
        "prefixes": [
            {
                "prefix": f"{o.prefix}/{o.prefixlen}",
                "on_link": bool(o.L),
                "autonomous": bool(o.A),
                "valid_s": o.validlifetime,
                "preferred_s": o.preferredlifetime,
            }
            for o in options
            if isinstance(o, ICMPv6NDOptPrefixInfo)
        ],
        "resolvers": [s for o in options if isinstance(o, ICMPv6NDOptRDNSS) for s in o.dns],
    }


def _layers(packet: Any) -> Any:
    while packet:
        yield packet
        packet = packet.payload


def who_has(mac: str, source: str, address: str) -> bytes:
    """Builds the question who owns `address`.

    ARP (RFC 826) or neighbor solicitation (RFC 4861, 4.3).
    """
    if isinstance(ip_address(address), IPv4Address):
        arp = ARP(op=1, hwsrc=mac, psrc=source, hwdst="00:00:00:00:00:00", pdst=address)
        return bytes(Ether(src=mac, dst=BROADCAST) / arp)
    group, group_mac = _solicited(address)
    head = Ether(src=mac, dst=group_mac) / IPv6(src=source, dst=group, hlim=ND_HOP_LIMIT)
    return bytes(head / ICMPv6ND_NS(tgt=address) / ICMPv6NDOptSrcLLAddr(lladdr=mac))


def owner(packet: Any, address: str) -> str | None:
    """Answers the MAC that claims `address` in this packet, or None."""
    if ARP in packet and packet[ARP].op == 2 and packet[ARP].psrc == address:
        return str(packet[ARP].hwsrc)
    if ICMPv6ND_NA in packet and _same(packet[ICMPv6ND_NA].tgt, address):
        if ICMPv6NDOptDstLLAddr in packet:
            return str(packet[ICMPv6NDOptDstLLAddr].lladdr)
        return str(packet.src)
    return None


def _same(one: str, other: str) -> bool:
    return ip_address(one) == ip_address(other)


def claim(packet: Any, mac: str, addresses: set[str]) -> bytes | None:
    """Answers the advertisement for a solicitation of one of our own addresses, or None."""
    if ICMPv6ND_NS not in packet:
        return None
    target = packet[ICMPv6ND_NS].tgt
    if not any(_same(target, address) for address in addresses) or packet[IPv6].src == "::":
        return None
    head = Ether(src=mac, dst=packet.src)
    head /= IPv6(src=target, dst=packet[IPv6].src, hlim=ND_HOP_LIMIT)
    return bytes(head / ICMPv6ND_NA(tgt=target, R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=mac))


def echo_all_nodes(mac: str, source: str, number: int) -> bytes:
    """Builds an echo request to every node of the link (RFC 4443, 4.1)."""
    head = Ether(src=mac, dst=ALL_NODES_MAC) / IPv6(src=source, dst=ALL_NODES, hlim=1)
    return bytes(head / ICMPv6EchoRequest(id=number, seq=1))


def echo_reply(packet: Any, number: int) -> tuple[str, str] | None:
    """Answers address and MAC of who replied to `echo_all_nodes`, or None."""
    if ICMPv6EchoReply in packet and packet[ICMPv6EchoReply].id == number:
        return str(packet[IPv6].src), str(packet.src)
    return None


def echo_error(macs: tuple[str, str], addresses: tuple[str, str], number: int) -> bytes:
    """Builds an ICMPv6 error about an echo request; each pair is (source, destination).

    A filter that drops all else must let errors pass (RFC 4890, 4.3.1).
    """
    head = Ether(src=macs[0], dst=macs[1]) / IPv6(src=addresses[0], dst=addresses[1])
    asked = IPv6(src=addresses[1], dst=addresses[0]) / ICMPv6EchoRequest(id=number, seq=1)
    return bytes(head / ICMPv6DestUnreach(code=3) / asked)


def is_echo_error(packet: Any, destination: str, number: int) -> bool:
    """Answers whether this packet is our error about an echo request, sent to `destination`."""
    if ICMPv6DestUnreach not in packet or ICMPv6EchoRequest not in packet:
        return False
    there = _same(packet[IPv6].dst, destination)
    return there and packet[ICMPv6EchoRequest].id == number


def tcp(
    macs: tuple[str, str], addresses: tuple[str, str], ports: tuple[int, int], seq: int, flags: int
) -> bytes:
    """Builds a TCP segment without data; each pair is (source, destination)."""
    layer = IP if isinstance(ip_address(addresses[1]), IPv4Address) else IPv6
    head = Ether(src=macs[0], dst=macs[1]) / layer(src=addresses[0], dst=addresses[1])
    options = [("MSS", 1220)] if flags == SYN else []
    body = TCP(sport=ports[0], dport=ports[1], seq=seq, flags=flags, window=8192, options=options)
    return bytes(head / body)


def tcp_answer(packet: Any, addresses: tuple[str, str], ports: tuple[int, int]) -> str | None:
    """Answers what `packet` says to a SYN from (source, destination).

    `open`, `reset`, `icmp-…`, or None.
    """
    if TCP in packet:
        return _segment_answer(packet, addresses, ports)
    return _icmp_answer(packet, ports)


def _segment_answer(packet: Any, addresses: tuple[str, str], ports: tuple[int, int]) -> str | None:
    segment, network = packet[TCP], packet[TCP].underlayer
    if (segment.sport, segment.dport) != (ports[1], ports[0]) or not _same(
        network.src, addresses[1]
    ):
        return None
    if int(segment.flags) & RST:
        return "reset"
    return "open" if int(segment.flags) & SYN_ACK == SYN_ACK else None


def _icmp_answer(packet: Any, ports: tuple[int, int]) -> str | None:
    """Reads a destination-unreachable (RFC 792 type 3, RFC 4443 type 1) that quotes our SYN."""
    if TCPerror not in packet:
        return None
    quoted = packet[TCPerror]
    if (quoted.sport, quoted.dport) != ports:
        return None
    outer = packet.payload.payload
    return f"icmp-{outer.type}-{outer.code}"


def is_syn(packet: Any, destination: str, ports: tuple[int, int]) -> bool:
    """Answers whether this packet is our SYN to `destination`."""
    if TCP not in packet:
        return False
    segment = packet[TCP]
    there = _same(segment.underlayer.dst, destination)
    return there and (segment.sport, segment.dport) == ports and int(segment.flags) == SYN


def dhcp_discover(mac: str, transaction: int) -> bytes:
    """Builds a DHCPDISCOVER that asks for a broadcast answer (RFC 2131, 4.1 and 4.4.1)."""
    head = Ether(src=mac, dst=BROADCAST) / IP(src="0.0.0.0", dst="255.255.255.255")  # noqa: S104
    bootp = BOOTP(chaddr=bytes.fromhex(mac.replace(":", "")), xid=transaction, flags=0x8000)
    options = [("message-type", "discover"), ("param_req_list", [1, 3, 6]), "end"]
    return bytes(head / UDP(sport=68, dport=67) / bootp / DHCP(options=options))


def dhcp_offer(packet: Any, transaction: int) -> dict[str, Any] | None:
    """Reads a DHCPOFFER of this transaction, or answers None."""
    if DHCP not in packet or packet[BOOTP].xid != transaction:
        return None
    options = {o[0]: o[1] for o in packet[DHCP].options if isinstance(o, tuple)}
    if options.get("message-type") != 2:
        return None
    return {
        "server": options.get("server_id", packet[IP].src),
        "mac": packet.src,
        "offered": packet[BOOTP].yiaddr,
        "gateway": options.get("router"),
    }
