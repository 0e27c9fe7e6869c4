"""Sets of packet headers, exactly: each is a number whose bits are the atoms of the header space.

An atom is what no filter of a run tells apart: a kind of packet (protocol, TCP flag or ICMP type),
an interval of source and destination addresses and of source and destination ports. The intervals
of both sides are the same, so that a header's answer is an atom too.

Filters are read as RTX reference 8.1.10 (IPv4) and 30.7.1 (IPv6) have them: a port is asked of TCP
and UDP only, and a filter with ports passes by what has none; of ICMP alone, the first is the type.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

NAMES = {
    "ftp": (20, 21), "ftpdata": (20,), "telnet": (23,), "smtp": (25,), "domain": (53,),
    "www": (80,), "pop3": (110,), "ntp": (123,), "snmp": (161,), "syslog": (514,),
    "netbios_ns": (137,), "netbios_dgm": (138,), "netbios_ssn": (139,),
}  # fmt: skip
"""Ports by name (8.1.10)."""
TCP = ("tcp syn", "tcp ack", "tcp fin", "tcp rst")
FLAGS = {
    "tcpsyn": ("tcp syn",),
    "tcpfin": ("tcp fin",),
    "tcprst": ("tcp rst",),
    "established": ("tcp ack", "tcp fin"),
}
NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmp6"}
OTHERS = ("41", "47", "50", "51", "other")
BY_NAME = {"ipv6": "41", "gre": "47", "esp": "50", "ah": "51"}
ERRORS, ND = (3, 4, 5, 11, 12), (133, 134, 135, 136)
APPLICATIONS = {
    "tcp": (("tcp syn", None),),
    "udp": (("udp", None),),
    "ftp": (("tcp syn", 21),),
    "www": (("tcp syn", 80),),
    "smtp": (("tcp syn", 25),),
    "pop3": (("tcp syn", 110),),
    "domain": (("udp", 53), ("tcp syn", 53)),
    "ping": (("icmp 8", None),),
    "ping6": (("icmp6 128", None),),
}
"""What opens a connection of a dynamic filter (8.1.14, 30.7.3)."""


@dataclass(frozen=True, slots=True)
class Match:
    """A filter taken apart; None for any. Intervals include their ends."""

    kinds: tuple[str, ...] | None
    sources: tuple[tuple[int, int], ...] | None
    destinations: tuple[tuple[int, int], ...] | None
    source_ports: tuple[tuple[int, int], ...] | None = None
    destination_ports: tuple[tuple[int, int], ...] | None = None


def addresses(words: str, family: str) -> tuple[tuple[int, int], ...] | None:
    """Answers the intervals of an address list; None for any."""
    if "*" in words.split(","):
        return None
    return tuple(_interval(word, family) for word in words.split(","))


def _interval(word: str, family: str) -> tuple[int, int]:
    kind = IPv4Address if family == "ip" else IPv6Address
    if "/" in word:
        network: IPv4Network | IPv6Network = ip_network(word, strict=False)
        return int(network.network_address), int(network.broadcast_address)
    first, dash, last = word.partition("-")
    low = int(kind(first.replace("*", "0")))
    if not dash:
        return low, int(kind(first.replace("*", "255")))
    return low, int(kind(last.replace("*", "255")))


def ports(words: str) -> tuple[tuple[int, int], ...] | None:
    """Answers the intervals of a port list; None for any."""
    if "*" in words.split(","):
        return None
    found: list[tuple[int, int]] = []
    for word in words.split(","):
        if word in NAMES:
            found += [(port, port) for port in NAMES[word]]
        else:
            first, dash, last = word.partition("-")
            low = NAMES.get(first, (int(first or 0) if first.isdigit() or not first else 0,))[0]
            high = NAMES.get(last, (int(last or 65535) if last.isdigit() or not last else 0,))[0]
            found.append((low, high if dash else low))
    return tuple(found)


def static_match(line: str) -> tuple[bool, Match]:
    """Answers whether a static filter passes, and what it fits."""
    family, _, _, action, source, *rest = line.split()
    destination, protocol, sport, dport = [*rest, "*", "*", "*", "*"][:4]
    return action.startswith("pass"), _match(family, source, destination, protocol, sport, dport)


def _match(
    family: str, source: str, destination: str, protocol: str, sport: str, dport: str
) -> Match:
    where = addresses(source, family), addresses(destination, family)
    words = protocol.split(",")
    if "*" in words:
        return Match(None, *where, ports(sport), ports(dport))
    if len(words) == 1 and NUMBERS.get(protocol, protocol) in ("icmp", "icmp6"):
        six = NUMBERS.get(protocol, protocol) == "icmp6" or family == "ipv6"
        return Match(tuple(_types("icmp6" if six else "icmp", sport)), *where)
    kinds = tuple(kind for word in words for kind in _kinds(word, family))
    return Match(kinds, *where, ports(sport), ports(dport))


def _types(name: str, words: str) -> Iterator[str]:
    if "*" in words.split(","):
        yield name
        return
    for low, high in ports(words) or ():
        yield from (f"{name} {number}" for number in range(low, high + 1))


def _kinds(word: str, family: str) -> Iterable[str]:
    name = NUMBERS.get(word, BY_NAME.get(word, word))
    if name == "tcp":
        return TCP
    if name in FLAGS:
        return FLAGS[name]
    if name == "icmp" and family == "ipv6":
        return ("icmp6",)
    if name == "icmp-error":
        return [f"icmp {number}" for number in ERRORS]
    if name == "icmp-info":
        return [f"icmp {number}" for number in (0, 8, 9, 10, 13, 14, 15, 16, 17, 18)]
    if name == "icmp-nd":
        return [f"icmp6 {number}" for number in ND]
    return (name if name in ("udp", "icmp", "icmp6", *OTHERS) else "other",)


def dynamic_matches(line: str) -> tuple[Match, ...]:
    """Answers what opens a connection of a dynamic filter with an application."""
    family, _, _, _, source, destination, name, *_ = line.split()
    where = addresses(source, family), addresses(destination, family)
    return tuple(
        Match((kind,), *where, None, None if port is None else ((port, port),))
        for kind, port in APPLICATIONS[name]
    )


@dataclass(slots=True)
class Space:
    """The atoms of one run, of one family."""

    family: str
    kinds: tuple[str, ...]
    bounds: tuple[int, ...]
    """Where the intervals of addresses begin."""
    gates: tuple[int, ...]
    """Where the intervals of ports begin."""
    whole: int = 0
    known: dict[tuple[Match, bool], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Counts the atoms."""
        self.whole = self.of(Match(None, None, None))

    @property
    def size(self) -> int:
        """How many atoms there are."""
        return len(self.kinds) * len(self.bounds) ** 2 * len(self.gates) ** 2

    def of(self, match: Match, *, answers: bool = False) -> int:
        """Answers the headers that fit; with `answers` those whose answer does."""
        found = self.known.get((match, answers))
        if found is None:
            found = self.known[match, answers] = self._box(match, answers)
        return found

    def _box(self, match: Match, answers: bool) -> int:
        sources = _chosen(match.sources, self.bounds)
        destinations = _chosen(match.destinations, self.bounds)
        sports = _chosen(match.source_ports, self.gates)
        dports = _chosen(match.destination_ports, self.gates)
        if answers:
            sources, destinations = destinations, sources
            sports, dports = dports, sports
        inner = len(self.gates) ** 2
        ported = _spread(_spread(1, dports, 1), sports, len(self.gates))
        free = match.source_ports is None and match.destination_ports is None
        plain = (1 << inner) - 1 if free else 0
        width = inner * len(self.bounds)
        boxes = {
            has: _spread(_spread(box, destinations, inner), sources, width)
            for has, box in ((True, ported), (False, plain))
        }
        total, step = 0, width * len(self.bounds)
        for index, kind in enumerate(self.kinds):
            if match.kinds is None or kind in match.kinds or kind.split()[0] in match.kinds:
                total |= boxes[kind in TCP or kind == "udp"] << (index * step)
        return total

    def told(self, headers: int) -> str:
        """Answers one of the headers as a person reads it."""
        at = (headers & -headers).bit_length() - 1
        at, dport = divmod(at, len(self.gates))
        at, sport = divmod(at, len(self.gates))
        at, destination = divmod(at, len(self.bounds))
        kind, source = divmod(at, len(self.bounds))
        make = IPv4Address if self.family == "ip" else IPv6Address
        return (
            f"{self.kinds[kind]} {make(self.bounds[source])}:{self.gates[sport]} > "
            f"{make(self.bounds[destination])}:{self.gates[dport]}"
        )


def _chosen(
    intervals: tuple[tuple[int, int], ...] | None, bounds: tuple[int, ...]
) -> tuple[int, ...]:
    if intervals is None:
        return tuple(range(len(bounds)))
    found: set[int] = set()
    for low, high in intervals:
        found.update(range(bisect_right(bounds, low) - 1, bisect_right(bounds, high)))
    return tuple(sorted(found))


def _spread(box: int, places: tuple[int, ...], width: int) -> int:
    total = 0
    for place in places:
        total |= box << (place * width)
    return total


def space_of(family: str, matches: Iterable[Match]) -> Space:
    """Answers the space in which these matches are exact."""
    name, top = ("icmp", 1 << 32) if family == "ip" else ("icmp6", 1 << 128)
    types, bounds, gates = {f"{name} 256"}, {0}, {0}
    for match in matches:
        types.update(kind for kind in match.kinds or () if kind.startswith(f"{name} "))
        for intervals in (match.sources, match.destinations):
            bounds.update(edge for low, high in intervals or () for edge in (low, high + 1))
        for intervals in (match.source_ports, match.destination_ports):
            gates.update(edge for low, high in intervals or () for edge in (low, high + 1))
    kinds = (*TCP, "udp", *sorted(types), *OTHERS)
    return Space(
        family,
        kinds,
        tuple(sorted(edge for edge in bounds if edge < top)),
        tuple(sorted(edge for edge in gates if edge <= 65535)),
    )
