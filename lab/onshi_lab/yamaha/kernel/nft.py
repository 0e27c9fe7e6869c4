"""The packet filters of a configuration as an nftables ruleset, by the router's precedence.

RTX reference 8.1.10, 8.1.14, 8.1.25, 30.7: filters are looked through in the order listed, the
first that fits decides, a packet that fits none is dropped; without a list everything passes. A
dynamic filter opens a connection through its own interface: its packets, both ways, then pass
without regard to the lists. Inference: only a packet that the static list passes can open one; an
ICMP error isn't part of the connection.

Connections are remembered in the connection mark, one bit for each interface.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence

from onshi_lab.yamaha.params import DYNAMIC_NAMES, PORT_NAMES, PROTOCOL_NAMES
from onshi_lab.yamaha.store import Config, Entry

TABLE = "onshi_router"

_ICMP_ERROR = "{ 3, 4, 5, 11, 12, 31, 32 }"
_ICMP_INFO = "{ 0, 8, 9, 10, 13, 14, 15, 16, 17, 18, 30, 33, 34, 35, 36 }"
_ICMP_KINDS = {
    "icmp-error": f"icmp type {_ICMP_ERROR}",
    "icmp-info": f"icmp type {_ICMP_INFO}",
    "icmp-nd": "icmpv6 type { 133, 134, 135, 136 }",
    "icmp4": "meta l4proto 1",
}
_TCP_FLAGS = {"tcpsyn": "syn", "tcpfin": "fin", "tcprst": "rst", "established": "ack"}

Names = Mapping[str, str]
"""Router interface -> kernel interface."""


def ruleset(config: Config, names: Names) -> str:
    """The whole table, ready for `nft -f -`, replacing an earlier one."""
    chains: list[str] = []
    hooks: dict[str, list[str]] = {"in": [], "out": []}
    for interface, kernel in sorted(names.items()):
        for family in ("ip", "ipv6"):
            for way in ("in", "out"):
                body = _chain(config, family, interface, way, mark_of(interface))
                if body is None:
                    continue
                name = f"{way}_{family}_{interface}"
                chains += [f" chain {name} {{", *(f"  {rule}" for rule in body), " }"]
                device = "iifname" if way == "in" else "oifname"
                proto = "ipv4" if family == "ip" else "ipv6"
                hooks[way].append(f'{device} "{kernel}" meta nfproto {proto} jump {name}')
    lines = [f"table inet {TABLE}", f"delete table inet {TABLE}", f"table inet {TABLE} {{", *chains]
    for way, hook in (("in", "prerouting"), ("out", "postrouting")):
        lines.append(f" chain {hook} {{ type filter hook {hook} priority filter; policy accept;")
        lines += [f"  {rule}" for rule in hooks[way]]
        lines.append(" }")
    return "\n".join([*lines, "}"]) + "\n"


def mark_of(interface: str) -> int:
    """The connection mark's bit of an interface: lan1 to lan8, then vlan1 to vlan8."""
    number = int(interface.lstrip("vlan")) - 1
    return 1 << (number + (8 if interface.startswith("vlan") else 0))


def _applied(
    config: Config, family: str, interface: str, way: str
) -> tuple[list[str], list[str]] | None:
    """The numbers of static and dynamic filters applied to an interface, None without a list."""
    words = list(config.get(family, interface, "secure", "filter", way))
    if not words:
        words = _set_members(config, family, interface, way)
    if not words:
        return None
    if "dynamic" not in words:
        return words, []
    at = words.index("dynamic")
    return words[:at], words[at + 1 :]


def _set_members(config: Config, family: str, interface: str, way: str) -> list[str]:
    name = config.word("", family, interface, "secure", "filter", "name")
    return list(config.get(family, "filter", "set", name, way)) if name else []


def _chain(config: Config, family: str, interface: str, way: str, bit: int) -> list[str] | None:
    """The rules for one interface, family and direction; None when everything passes there."""
    applied = _applied(config, family, interface, way)
    opened = f"ct state established ct mark and {bit:#x} != 0x0 accept"
    if applied is None:
        return None
    static, dynamic = applied
    body = [opened]
    body += _triggers(config, family, dynamic, bit)
    for number in static:
        entry = config.entries.get((family, "filter", number))
        if entry is not None:
            verdict = "drop" if entry.line.values[1].startswith("reject") else "accept"
            body += [f"{match} {verdict}".strip() for match in static_matches(entry, family)]
    return [*body, "drop"]


def _triggers(config: Config, family: str, dynamic: Sequence[str], bit: int) -> Iterator[str]:
    """Rules that mark the first packet of a connection; it is still judged by the static list.

    A mark that is set on a packet which is then dropped is lost with the packet's connection.
    """
    for number in dynamic:
        entry = config.entries.get((family, "filter", "dynamic", number))
        if entry is None:
            continue
        for match in dynamic_matches(config, entry, family):
            yield f"ct direction original {match} ct mark set ct mark or {bit:#x}".replace(
                "  ", " "
            )


def static_matches(entry: Entry, family: str) -> list[str]:
    """The nftables matches (alternatives) that a static filter stands for."""
    values = [*entry.line.values[2:], *["*"] * 5][:5]
    source, destination, protocol, sport, dport = values
    heads = [
        f"{one} {two}".strip()
        for one in address_matches(source, "saddr", family)
        for two in address_matches(destination, "daddr", family)
    ]
    tails = list(protocol_matches(protocol, sport, dport, family))
    return [f"{head} {tail}".strip() for head in heads for tail in tails]


def address_matches(text: str, side: str, family: str) -> list[str]:
    """The matches (alternatives) for a filter's address list; [""] for any."""
    word = ("ip " if family == "ip" else "ip6 ") + side
    items = text.split(",")
    if "*" in items:
        return [""]
    if family == "ipv6":
        return [f"{word} {_range6(item)}" for item in items]
    return [match for item in items for match in _match4(item, word)]


def _range6(item: str) -> str:
    if "-" not in item:
        return item
    first, _, last = item.partition("-")
    return f"{first or '::'}-{last or 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'}"


def _match4(item: str, word: str) -> list[str]:
    body, slash, mask = item.partition("/")
    if slash and "*" not in body:
        return [f"{word} {ipaddress.IPv4Interface(f'{body}/{_dotted(mask)}').network}"]
    first, dash, last = body.partition("-")
    if dash:
        low = first.replace("*", "0") or "0.0.0.0"
        high = last.replace("*", "255") or "255.255.255.255"
        return [f"{word} {low}-{high}"]
    if "*" not in body:
        return [f"{word} {body}"]
    bits = ".".join("0" if octet == "*" else "255" for octet in body.split("."))
    return [f"{word} and {bits} == {body.replace('*', '0')}"]


def _dotted(mask: str) -> str:
    return str(ipaddress.IPv4Address(int(mask, 16))) if mask.startswith("0x") else mask


def protocol_matches(protocol: str, sport: str, dport: str, family: str) -> Iterator[str]:
    """The matches (alternatives) for a filter's protocol with its ports (or ICMP type and code)."""
    items = protocol.split(",")
    if "*" in items:
        yield from _any_protocol(sport, dport)
    elif len(items) == 1 and items[0] in ("icmp", "icmp6", "icmp4"):
        yield from _icmp(items[0], sport, dport, family)
    else:
        for item in items:
            yield _one_protocol(item, sport, dport, family)


def _any_protocol(sport: str, dport: str) -> Iterator[str]:
    ports = port_match(sport, dport)
    if not ports:
        yield ""
        return
    yield f"meta l4proto {{ tcp, udp }} {ports}"
    yield "meta l4proto != { tcp, udp }"


def _icmp(item: str, kind: str, code: str, family: str) -> Iterator[str]:
    version6 = item == "icmp6" or (item == "icmp" and family == "ipv6")
    word = "icmpv6" if version6 else "icmp"
    # By number: a host without /etc/protocols (Debian's netbase) has no name for ICMPv6.
    parts = [f"meta l4proto {58 if version6 else 1}"]
    for field, text in (("type", kind), ("code", code)):
        if "*" in text.split(","):
            continue
        numbers = list(_octets(text))
        if not numbers:
            return
        parts.append(f"{word} {field} {{ {', '.join(numbers)} }}")
    yield " ".join(parts)


def _octets(text: str) -> Iterator[str]:
    """The numbers and ranges of a list that fit into an octet; others can't match."""
    for item in _ports(text):
        low, _, high = item.partition("-")
        if int(low) <= 255:
            yield f"{low}-{min(255, int(high))}" if high else low


def _one_protocol(item: str, sport: str, dport: str, family: str) -> str:
    ports = port_match(sport, dport)
    if item in ("tcp", "udp"):
        return f"meta l4proto {item} {ports}".strip()
    if item in _TCP_FLAGS:
        flag = _TCP_FLAGS[item]
        return f"meta l4proto tcp tcp flags & {flag} == {flag} {ports}".strip()
    if item.startswith("tcpflag"):
        return _tcp_flag(item, ports)
    if item in _ICMP_KINDS:
        return _ICMP_KINDS[item]
    if item == "icmp" and family == "ipv6":
        return "meta l4proto 58"
    return f"meta l4proto {PROTOCOL_NAMES.get(item, item)}"


def _tcp_flag(item: str, ports: str) -> str:
    sign = "!=" if "!=" in item else "=="
    value, _, mask = item.partition("=")[2].partition("/")
    flags = int(mask, 16) & 0xFF
    return (
        f"meta l4proto tcp tcp flags & {flags:#x} {sign} {int(value, 16) & 0xFF:#x} {ports}".strip()
    )


def port_match(sport: str, dport: str) -> str:
    """The match for source and destination port lists, "" for any."""
    parts = []
    if "*" not in sport.split(","):
        parts.append(f"th sport {{ {', '.join(_ports(sport))} }}")
    if "*" not in dport.split(","):
        parts.append(f"th dport {{ {', '.join(_ports(dport))} }}")
    return " ".join(parts)


def _ports(text: str) -> Iterable[str]:
    for item in text.split(","):
        if item in PORT_NAMES:
            yield from map(str, PORT_NAMES[item])
        elif "-" in item:
            first, _, last = item.partition("-")
            yield f"{_port(first, 0)}-{_port(last, 65535)}"
        else:
            yield item


def _port(text: str, default: int) -> int:
    if not text:
        return default
    return PORT_NAMES[text][0] if text in PORT_NAMES else int(text)


def dynamic_matches(config: Config, entry: Entry, family: str) -> Iterator[str]:
    """The matches of the first packet of a dynamic filter's connections."""
    _, source, destination, kind, *rest = entry.line.values
    heads = [
        f"{one} {two}".strip()
        for one in address_matches(source, "saddr", family)
        for two in address_matches(destination, "daddr", family)
    ]
    for tail in _first_packets(config, family, kind, rest):
        for head in heads:
            yield f"{head} {tail}".strip()


def _first_packets(config: Config, family: str, kind: str, rest: Sequence[str]) -> Iterator[str]:
    if kind == "filter":
        for number in _leading_numbers(rest):
            found = config.entries.get((family, "filter", number))
            if found is not None:
                protocol, sport, dport = [*found.line.values[4:], "*", "*", "*"][:3]
                yield from protocol_matches(protocol, sport, dport, family)
        return
    for name, port in DYNAMIC_NAMES[kind]:
        if name == "icmp":
            yield "icmp type echo-request"
        elif name == "icmp6":
            yield "icmpv6 type echo-request"
        else:
            syn = " tcp flags & (syn | ack) == syn" if name == "tcp" else ""
            yield f"meta l4proto {name}{syn}" + (f" th dport {port}" if port else "")


def _leading_numbers(words: Sequence[str]) -> list[str]:
    numbers: list[str] = []
    for word in words:
        if not word.isdigit():
            break
        numbers.append(word)
    return numbers
