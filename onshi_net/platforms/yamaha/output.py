"""Parsers of the router's own words.

Each takes any text and answers what it recognises, None where that is nothing of what it asks for:
words that nobody understands are no empty table. None raises.

Both languages of the console, wrapped lines and paging leftovers are borne. Where the form of a
command's output is not documented by the vendor, the docstring says where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Interface, IPv6Network

from onshi_net.facts.types import (
    ArpEntry,
    ArpTable,
    DhcpState,
    DhcpStates,
    Echo,
    LanStatus,
    Lookup,
    PortLink,
    Route,
    RouterAddress,
    RouterAddresses,
    Routes,
)

_INTERFACE = re.compile(r"^(LAN|VLAN|BRIDGE|WAN|ONU|PP|TUNNEL|LOOPBACK|NULL)[\[\]\d./]*$", re.I)
_PORT = re.compile(r"^(?P<label>[^:：]*)[:：]\s*(?P<value>.*)$")
_IN_PARENTHESES = re.compile(r"\(([^()]*)\)\s*$")
_LINK_LABEL = re.compile(r"PORT\s*\d+|動作モード|Operation mode", re.I)
_HEADING = re.compile(r"Link status", re.I)
_UP = re.compile(r"\d+(?:\.\d+)?\s*[GM]?(?:BASE|bps)|(?<!half )\bfull duplex|\bup\b", re.I)
_DOWN = re.compile(r"down|no link|disabled", re.I)
_PORT_NAME = re.compile(r"PORT\s*(\d+)", re.I)
_COUNTED = re.compile(
    r"(?<!\d)(\d++)\s*+(?:個のパケットを送信し|packets? transmitted)\D*?(\d+)", re.I
)
_ROUND_TRIP = re.compile(r"=\s*([\d.]+)\s*/\s*([\d.]+)\s*/\s*([\d.]+)")
_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", re.I)
_LIFETIMES = re.compile(r"(?<![\d])(\d++)\s*+/\s*+(\d++)\s*+\)")
_DHCP_HEAD = re.compile(r"^[ \t]*+DHCPv6 status[ \t\r]*+$", re.I | re.M)
_ARP_COUNT = re.compile(r"(?:カウント数|Count)\s*[:：]\s*(\d++)", re.I | re.ASCII)
_WORD = 80
"""Letters of a link's word that are kept."""
_ANSI_DIGITS = 12
"""Longer numbers are not counters; int() of a very long one is refused by Python itself."""


def _number(digits: str) -> int:
    return int(digits[:_ANSI_DIGITS])


def lan_status(text: str) -> LanStatus | None:
    """Reads `show status lanN`: the link of each port, with the router's own word for it.

    Form: published captures of RTX810/RTX1210 (`動作モード設定: Auto Negotiation (1000BASE-T Full
    Duplex)`; `PORT1: Auto Negotiation (Link Down)` on a switching hub); the English labels are an
    inference. A word that is neither a speed nor a link that is down is kept, and says neither.
    """
    rows = (_PORT.match(line.strip()) for line in text.splitlines())
    links = (_link(row["label"], row["value"]) for row in rows if row is not None)
    ports = tuple(link for link in links if link is not None)
    return LanStatus(ports=ports) if ports else None


def _link(label: str, value: str) -> PortLink | None:
    inside = _IN_PARENTHESES.search(value)
    mode = (inside[1] if inside else value).strip()
    known = _UP.match(mode) or _DOWN.search(mode) if inside else None
    if not mode or _HEADING.search(mode) or not (known or _LINK_LABEL.search(label)):
        return None
    name = _PORT_NAME.search(label)
    up = False if _DOWN.search(mode) else True if _UP.search(mode) else None
    return PortLink(port=name[1] if name else "", up=up, mode=mode[:_WORD])


def ipv6_addresses(text: str) -> RouterAddresses | None:
    """Reads `show ipv6 address`: an interface line (`LAN1 scope-id 1 [up]`), then its addresses.

    Form: inference from Yamaha's published examples; only interface names and address/length are
    read, so that neither language nor the scope's label matters. Multicast groups are left out.
    """
    found, interface = [], ""
    for line in text.splitlines():
        words = line.split()
        if words and _INTERFACE.match(words[0]):
            interface = words[0].lower()
        life = _LIFETIMES.search(line)
        for word in words:
            address = _interface(word)
            if address is not None and interface and not address.ip.is_multicast:
                found.append(
                    RouterAddress(
                        interface=interface,
                        address=address,
                        lifetime_s=_number(life[2]) if life else None,
                    )
                )
    return RouterAddresses(addresses=tuple(found)) if interface else None


def _interface(word: str) -> IPv6Interface | None:
    if "/" not in word or ":" not in word:
        return None
    try:
        return IPv6Interface(word)
    except ValueError:
        return None


def ipv6_routes(text: str) -> Routes | None:
    """Reads `show ipv6 route`: destination, gateway, interface, type.

    Form: published capture of an RTX1300, where a long gateway puts interface and type on a second
    line.
    """
    routes = []
    words: list[str] = []
    is_table = False
    for line in text.splitlines():
        here = line.split()
        if not here or here[0] == "Destination":
            is_table = is_table or bool(here)
            words = []
            continue
        words = [*words, *here] if line[:1].isspace() else here
        if len(words) < 4:
            continue
        if _is_destination(words[0]):
            route = Route(
                destination=words[0],
                gateway=words[1],
                interface=words[2].lower(),
                kind=" ".join(words[3:]),
            )
            routes.append(route)
        words = []
    return Routes(routes=tuple(routes)) if routes or is_table else None


def _is_destination(word: str) -> bool:
    return word == "default" or _network(word) is not None


def _network(word: str) -> IPv6Network | None:
    try:
        return IPv6Network(word, strict=False)
    except ValueError:
        return None


def _address(word: str) -> IPv6Address | None:
    try:
        return IPv6Address(word)
    except AddressValueError:
        return None


def dhcp_states(text: str) -> DhcpStates | None:
    """Reads `show status ipv6 dhcp`: role and state of each interface, delegated prefix, resolvers.

    Form: published capture of an RTX1300 on a /56 line.
    """
    states = tuple(_dhcp_state(*block) for block in _dhcp_blocks(text))
    return DhcpStates(states=states) if states or _DHCP_HEAD.search(text) else None


def _dhcp_blocks(text: str) -> Iterator[tuple[str, str, list[str]]]:
    head: tuple[str, str] | None = None
    lines: list[str] = []
    for line in text.splitlines():
        found = re.match(r"^\s*(\w+)\s+\[(\w+)\]\s*$", line)
        if found is None:
            lines.append(line)
            continue
        if head is not None:
            yield (*head, lines)
        head, lines = (found[1].lower(), found[2].lower()), []
    if head is not None:
        yield (*head, lines)


def _dhcp_state(interface: str, role: str, lines: list[str]) -> DhcpState:
    pairs = [(key.strip().lower(), value.strip()) for key, _, value in _partitioned(lines)]
    resolvers = [_address(value) for key, value in pairs if key.startswith("dns server")]
    return DhcpState(
        interface=interface,
        role=role,
        state=next((value for key, value in pairs if key == "state"), ""),
        prefix=next((_network(value) for key, value in pairs if key == "prefix"), None),
        resolvers=tuple(one for one in resolvers if one is not None),
    )


def _partitioned(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    for line in lines:
        yield line.partition(":")


def arp_table(text: str) -> ArpTable | None:
    """Reads `show arp`: interface (with port), address, MAC.

    Form: published capture of an RTX1210 (`LAN1(port4)    192.168.1.6    f4:d5:…  1085`).
    """
    entries = []
    for line in text.splitlines():
        words, mac = line.split(), _MAC.search(line)
        if len(words) < 3 or mac is None:
            continue
        try:
            address = IPv4Address(words[1])
        except AddressValueError:
            continue
        entries.append(ArpEntry(interface=words[0].lower(), address=address, mac=mac[0].lower()))
    counted = _ARP_COUNT.search(text)
    if not entries and (counted is None or _number(counted[1])):
        return None  # it has some, and they can't be read
    return ArpTable(entries=tuple(entries))


def ping(text: str) -> Echo | None:
    """Reads the end of `ping` or `ping6 -c N`: sent, received, delay in ms.

    None where it is missing.

    Form: published captures
    (`2個のパケットを送信し、2個のパケットを受信しました。0.0%パケットロス`, `往復遅延
    最低/平均/最大 = …`); the English words are those of the ping program (inference).
    """
    counted = _COUNTED.search(text)
    if counted is None:
        return None
    times = _ROUND_TRIP.search(text[counted.end() :])
    average = _milliseconds(times[2]) if times else None
    return Echo(
        sent=_number(counted[1]),
        received=_number(counted[2]),
        median_ms=average,
        worst_ms=_milliseconds(times[3]) if times else None,
    )


def _milliseconds(word: str) -> float | None:
    try:
        return float(word[:_ANSI_DIGITS])
    except ValueError:
        return None


def lookup(text: str) -> Lookup:
    """Reads `nslookup`: every address, in any form around it (the form is not documented)."""
    words = re.split(r"[\s,;()\[\]]+", text)
    found = [word for word in words if _is_host_address(word.strip("."))]
    return Lookup(addresses=tuple(dict.fromkeys(found)))


def _is_host_address(word: str) -> bool:
    if _address(word) is not None:
        return True
    try:
        IPv4Address(word)
    except AddressValueError:
        return False
    return True
