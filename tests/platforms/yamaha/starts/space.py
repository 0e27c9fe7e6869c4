"""Sets of packet headers, exactly: each is a number whose bits are the atoms of the header space.

An atom is what no filter of a run tells apart: a kind of packet (protocol, TCP flag or ICMP type),
a part of the source and destination addresses, and of TCP and UDP one of the source and destination
ports. The parts of both sides are the same, so that a header's answer is an atom too. What lies
between the addresses that filters name is one part, not one for each gap: the sets stay small.

Filters are read as RTX reference 8.1.10 (IPv4) and 30.7.1 (IPv6) have them: a port is asked of TCP
and UDP only, and a filter with ports passes by what has none; of ICMP alone, the first is the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
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


Spans = tuple[tuple[int, int], ...]
"""Intervals of numbers; their ends are in them."""


@dataclass(frozen=True, slots=True)
class Match:
    """A filter taken apart; None for any. Intervals include their ends."""

    kinds: tuple[str, ...] | None
    sources: Spans | None
    destinations: Spans | None
    source_ports: Spans | None = None
    destination_ports: Spans | None = None


def addresses(words: str, family: str) -> Spans | None:
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


def ports(words: str) -> Spans | None:
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


@cache
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


@cache
def dynamic_matches(line: str) -> tuple[Match, ...]:
    """Answers what opens a connection of a dynamic filter with an application."""
    family, _, _, _, source, destination, name, *_ = line.split()
    where = addresses(source, family), addresses(destination, family)
    return tuple(
        Match((kind,), *where, None, None if port is None else ((port, port),))
        for kind, port in APPLICATIONS[name]
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """Numbers from 0 on in parts: what every interval of a run holds alike or lacks alike."""

    starts: tuple[int, ...]
    """Where the intervals begin that no edge of any other divides."""
    top: int
    part: tuple[int, ...]
    """The part that each of them belongs to."""
    spans: tuple[Spans, ...]
    """The intervals of each part."""

    def held(self, intervals: Spans | None) -> tuple[int, ...] | None:
        """Answers the parts that intervals hold; None where they divide one."""
        if intervals is None:
            return tuple(range(len(self.spans)))
        at = {edge: index for index, edge in enumerate((*self.starts, self.top))}
        if any(low not in at or high + 1 not in at for low, high in intervals):
            return None
        found = {index for low, high in intervals for index in range(at[low], at[high + 1])}
        parts = {self.part[index] for index in found}
        if sum(len(self.spans[part]) for part in parts) != len(found):
            return None
        return tuple(sorted(parts))


def parts_of(told: Iterable[Spans | None], top: int) -> Parts:
    """Answers the parts of the numbers below `top` that these intervals tell apart."""
    apart = sorted({one for one in told if one is not None})
    edges = {edge for one in apart for low, high in one for edge in (low, high + 1)}
    starts = tuple(sorted({0} | {edge for edge in edges if edge < top}))
    at = {edge: index for index, edge in enumerate((*starts, top))}
    held = [0] * len(starts)
    for bit, one in enumerate(apart):
        for low, high in one:
            for index in range(at[low], at[high + 1]):
                held[index] |= 1 << bit
    names: dict[int, int] = {}
    part = tuple(names.setdefault(which, len(names)) for which in held)
    spans: list[list[tuple[int, int]]] = [[] for _ in names]
    for index, low in enumerate(starts):
        spans[part[index]].append((low, (*starts, top)[index + 1] - 1))
    return Parts(starts, top, part, tuple(map(tuple, spans)))


@dataclass(frozen=True, slots=True)
class Header:
    """An atom taken apart."""

    kind: str
    source: Spans
    destination: Spans
    source_port: Spans
    destination_port: Spans


PORTED = (*TCP, "udp")
ANY_PORT: Spans = ((0, 65535),)


@dataclass(slots=True)
class Space:
    """The atoms of one run, of one family: first of the kinds that have ports, then of others."""

    family: str
    others: tuple[str, ...]
    """Kinds without ports."""
    hosts: Parts
    doors: Parts
    whole: int = 0
    known: dict[tuple[Match, bool], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Counts the atoms."""
        self.whole = self.of(Match(None, None, None))

    @property
    def _sizes(self) -> tuple[int, int]:
        """How many atoms a kind has with ports, and without."""
        ends = len(self.hosts.spans) ** 2
        return ends * len(self.doors.spans) ** 2, ends

    @property
    def size(self) -> int:
        """How many atoms there are."""
        ported, plain = self._sizes
        return len(PORTED) * ported + len(self.others) * plain

    def of(self, match: Match, *, answers: bool = False) -> int:
        """Answers the headers that fit; with `answers` those whose answer does.

        Raises ValueError where the match divides an atom: the space was not made for it.
        """
        found = self.known.get((match, answers))
        if found is None:
            found = self.known[match, answers] = self._box(match, answers)
        return found

    def _box(self, match: Match, answers: bool) -> int:
        held = [self.hosts.held(one) for one in (match.sources, match.destinations)]
        held += [self.doors.held(one) for one in (match.source_ports, match.destination_ports)]
        parts = [one for one in held if one is not None]
        if len(parts) != len(held):
            raise ValueError(f"{match} divides an atom")
        sources, destinations, sports, dports = parts
        if answers:
            sources, destinations, sports, dports = destinations, sources, dports, sports
        hosts, doors = len(self.hosts.spans), len(self.doors.spans)
        plain = _spread(_spread(1, destinations, 1), sources, hosts)
        ports = _spread(_spread(1, dports, 1), sports, doors)
        ported = _spread(_spread(ports, destinations, doors**2), sources, doors**2 * hosts)
        if match.source_ports is not None or match.destination_ports is not None:
            plain = 0  # what has no ports fits no filter with ports
        wide, narrow = self._sizes
        total = _spread(ported, _named(PORTED, match.kinds), wide)
        total |= _spread(plain, _named(self.others, match.kinds), narrow) << len(PORTED) * wide
        return total

    def one(self, at: int) -> Header:
        """Answers an atom by its place."""
        wide, narrow = self._sizes
        hosts, doors = self.hosts.spans, self.doors.spans
        if at >= len(PORTED) * wide:
            kind, at = divmod(at - len(PORTED) * wide, narrow)
            source, destination = divmod(at, len(hosts))
            return Header(self.others[kind], hosts[source], hosts[destination], ANY_PORT, ANY_PORT)
        kind, at = divmod(at, wide)
        at, dport = divmod(at, len(doors))
        at, sport = divmod(at, len(doors))
        source, destination = divmod(at, len(hosts))
        return Header(PORTED[kind], hosts[source], hosts[destination], doors[sport], doors[dport])

    def told(self, headers: int) -> str:
        """Answers one of the headers as a person reads it."""
        one = self.one((headers & -headers).bit_length() - 1)
        make = IPv4Address if self.family == "ip" else IPv6Address
        return (
            f"{one.kind} {make(one.source[0][0])}:{one.source_port[0][0]} > "
            f"{make(one.destination[0][0])}:{one.destination_port[0][0]}"
        )


def _named(kinds: tuple[str, ...], asked: tuple[str, ...] | None) -> tuple[int, ...]:
    return tuple(
        index
        for index, kind in enumerate(kinds)
        if asked is None or kind in asked or kind.split()[0] in asked
    )


def _spread(box: int, places: tuple[int, ...], width: int) -> int:
    total = 0
    for place in places:
        total |= box << (place * width)
    return total


def space_of(family: str, matches: Iterable[Match]) -> Space:
    """Answers the space in which these matches are exact."""
    name, top = ("icmp", 1 << 32) if family == "ip" else ("icmp6", 1 << 128)
    matches = list(matches)
    types = {f"{name} 256"}
    for match in matches:
        types.update(kind for kind in match.kinds or () if kind.startswith(f"{name} "))
    ends = (one for match in matches for one in (match.sources, match.destinations))
    doors = (one for match in matches for one in (match.source_ports, match.destination_ports))
    return Space(family, (*sorted(types), *OTHERS), parts_of(ends, top), parts_of(doors, 65536))
