"""What a running configuration passes, from the vendor's reference alone.

Read from the lines of `show config`, and from nothing of product or mock. Places are the router
itself, the ports of its LAN, the line and every peer and tunnel. Between two of them a packet
passes the `in` list of the first and the `out` list of the second (8.1.25, 30.7.2): the first
filter that fits decides, what fits none is dropped, without a list everything passes. Ports of one
interface are one switch. An interface without an address of a family passes nothing of it.

Where the reference leaves a reading open, each is taken: see `Reading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address
from itertools import product
from typing import Any

from tests.platforms.yamaha.starts.doors import DOORS, standing
from tests.platforms.yamaha.starts.space import Match, Space, dynamic_matches, static_match

ROUTER, LINE, LAPTOP = "router", "lan2", "lan1.1"
_DEFINED = re.compile(r"(ip|ipv6) filter (dynamic )?(\d+) ")
_LIST = re.compile(r"(ip|ipv6) (\S+) secure filter (in|out)((?: \d+)*)(?: dynamic((?: \d+)+))?$")
_ADDRESS = re.compile(r"(ip|ipv6) (\S+) (?:secondary address|address|prefix) (\S+)")
_CLIENT = re.compile(r"(ipv6) (\S+) dhcp service client")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what the reference leaves open."""

    at_once: bool
    """A filter that is defined anew counts at once; else when its list is applied again."""
    missing: str
    """A number that is not defined in a list: it is skipped, or it passes, or it rejects all."""
    alone: bool
    """A dynamic filter passes the packet that opens a connection; else the static list decides."""


READINGS = tuple(
    Reading(at_once, missing, alone)
    for at_once, missing, alone in product((True, False), ("skip", "pass", "reject"), (True, False))
)
List = tuple[tuple[str | None, ...], tuple[str | None, ...]]
"""Static and dynamic filters of a list, None for a missing one."""


@dataclass(slots=True)
class State:
    """What of a configuration decides about packets."""

    filters: dict[tuple[str, str, str], str] = field(default_factory=dict)
    lists: dict[tuple[str, str, str], tuple[tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=dict
    )
    alive: set[tuple[str, str]] = field(default_factory=set)
    doors: dict[str, frozenset[str]] = field(default_factory=dict)
    """Open services, and the words that say whom each lets in."""
    vlans: dict[str, str] = field(default_factory=dict)
    divided: bool = False
    layout: str = ""
    """Of a router without LAN division: the line of its ports (53.1) that it was started with."""
    own: set[tuple[str, str]] = field(default_factory=set)
    """(family, address) of the router itself."""
    stands: set[tuple[str, str]] = field(default_factory=set)
    """(interface, address) of it, IPv4."""
    routing: dict[str, bool] = field(default_factory=lambda: {"ip": True, "ipv6": True})
    known: dict[tuple[str, str, str], List] = field(default_factory=dict, repr=False)

    def resolved(self, key: tuple[str, str, str]) -> List:
        """Answers a list's filters as they are defined now."""
        if key not in self.known:
            self.known[key] = self._resolved(key)
        return self.known[key]

    def _resolved(self, key: tuple[str, str, str]) -> List:
        static, dynamic = self.lists[key]
        family = key[0]
        return (
            tuple(self.filters.get((family, "", number)) for number in static),
            tuple(self.filters.get((family, "dynamic ", number)) for number in dynamic),
        )


def state_of(lines: Iterable[tuple[str, str]], layout: str = "") -> State:
    """Reads (section, line) pairs of a configuration; a section is `pp 1` or ''."""
    state, own = State(layout=layout), []
    for section, line in lines:
        for name, value in _read(section, line):
            _take(state, name, value)
        if not section:
            own.append(line)
    state.doors = standing(own)
    return state


Told = tuple[tuple[str, Any], ...]


def _take(state: State, name: str, value: Any) -> None:
    if name == "divided":
        state.divided = value
    elif name in ("alive", "own", "stands"):
        getattr(state, name).add(value)
    else:
        getattr(state, name)[value[0]] = value[1]


@cache
def _read(section: str, line: str) -> Told:
    """Answers what of a state a line says: the part and its value, or its key and value."""

    def name(interface: str) -> str:
        return section if interface in ("pp", "tunnel") else interface

    if found := _DEFINED.match(line):
        return (("filters", ((found[1], found[2] or "", found[3]), line)),)
    if found := _LIST.match(line):
        numbers = tuple(found[4].split()), tuple((found[5] or "").split())
        return (("lists", ((found[1], name(found[2]), found[3]), numbers)),)
    if found := _ADDRESS.match(line) or _CLIENT.match(line):
        told: list[tuple[str, Any]] = [("alive", (name(found[2]), found[1]))]
        if found[1] == "ip" and "/" in found[0]:
            address = found[3].partition("/")[0]
            told += [("own", ("ip", address)), ("stands", (name(found[2]), address))]
        for taken in re.findall(r"(?:ra|dhcp)-prefix@(\w+)", line):
            told.append(("alive", (taken, "ipv6")))
        return tuple(told)
    if line.startswith(("pp enable ", "tunnel enable ")):
        return ("alive", (section, "ip")), ("alive", (section, "ipv6"))
    if found := re.match(r"vlan port mapping (\S+) (\S+)", line):
        return (("vlans", (found[1], found[2])),)
    if line.startswith("lan type lan1 "):
        return (("divided", "port-based-option=divide-network" in line),)
    if found := re.match(r"(ip|ipv6) routing off", line):
        return (("routing", (found[1], False)),)
    return ()


def interface_of(place: str, state: State) -> str:
    """Answers the interface of a place; of a port, `lan1.3`, the one it belongs to now.

    Ports that move only with a restart belong where the line says that it was started with.
    """
    if not place.startswith("lan1."):
        return place
    if state.layout:
        return _flexible(state.layout)[place.partition(".")[2]]
    if not state.divided:
        return "lan1"
    return state.vlans.get(place, f"vlan{place.partition('.')[2]}")


@cache
def _flexible(line: str) -> dict[str, str]:
    """Answers each port's interface by `lan flexible-port lan1=1,2 lan2=9 lan3=3-8,10`."""
    found: dict[str, str] = {}
    for word in line.split()[2:]:
        interface, _, spans = word.partition("=")
        for span in spans.split(","):
            first, _, last = span.partition("-")
            for port in range(int(first), int(last or first) + 1):
                found[str(port)] = interface
    return found


@dataclass(slots=True)
class Passes:
    """What passes in one moment under one reading; sets are kept while lists stay as they are."""

    space: Space
    own: int = 0
    """Headers to addresses that are the router's all the time: nothing forwards them."""
    inside: int = -1
    """Headers to the laptop's network: nothing else is forwarded there, for no route leads on."""
    known: dict[tuple[List | None, Reading, bool], tuple[int, int]] = field(default_factory=dict)
    served: dict[tuple[frozenset[tuple[str, frozenset[str]]], str], int] = field(
        default_factory=dict
    )

    def to_services(self, state: State, interface: str) -> int:
        """Answers the headers to the router that no service of it refuses, from an interface."""
        key = frozenset(state.doors.items()), interface
        if key not in self.served:
            self.served[key] = services(state, interface, self.space)
        return self.served[key]

    def of(self, listed: List | None, reading: Reading, *, answers: bool) -> tuple[int, int]:
        """Answers what a list passes, and what of it opens a connection."""
        if listed is None:
            return self.space.whole, 0
        found = self.known.get((listed, reading, answers))
        if found is None:
            found = self.known[listed, reading, answers] = self._of(listed, reading, answers)
        return found

    def _of(self, listed: List, reading: Reading, answers: bool) -> tuple[int, int]:
        passed, left = 0, self.space.whole
        for line in listed[0]:
            if line is None:
                if reading.missing == "skip":
                    continue
                passes, fits = reading.missing == "pass", left
            else:
                passes, match = static_match(line)
                fits = left & self.space.of(match, answers=answers)
            passed |= fits if passes else 0
            left &= ~fits
        opened = 0
        for line in listed[1]:
            for match in dynamic_matches(line) if line else ():
                opened |= self.space.of(match, answers=answers)
        if reading.alone:
            return passed | opened, opened
        return passed, opened & passed


def services(state: State, interface: str, space: Space) -> int:
    """Answers the headers to the router that no service of it refuses, from an interface."""
    headers = space.whole
    admitted: dict[tuple[str, int], int] = {}
    for name, door in DOORS.items():
        if door.kind:
            key = door.kind, door.port
            hosts = state.doors.get(name, frozenset())
            admitted[key] = admitted.get(key, 0) | _allowed(hosts, interface, space)
    for (kind, port), allowed in admitted.items():
        if space.doors.held(((port, port),)) is not None:
            asked = space.of(Match((kind,), None, None, None, ((port, port),)))
            headers &= ~asked | allowed
    return headers


def _allowed(hosts: frozenset[str], interface: str, space: Space) -> int:
    """The headers from whom a service answers on an interface.

    An interface that is named stands for whoever comes in by it, `lan` for every one: the reading
    that lets more in (4.40 says which network's hosts, not how that is told). A list of IPv4
    addresses lets nobody in by IPv6.
    """
    if hosts & {"any", "lan", interface}:
        return space.whole
    spans = tuple(span for host in sorted(hosts) if (span := host_span(host)))
    if space.family == "ipv6" or not spans:
        return 0
    return space.of(Match(None, spans, None))


def host_span(host: str) -> tuple[int, int] | None:
    """Answers the interval of a service's host, `a` or `a-b`; None for any other word."""
    first, _, last = host.partition("-")
    try:
        return int(IPv4Address(first)), int(IPv4Address(last or first))
    except ValueError:
        return None


Frozen = Mapping[tuple[str, str, str], List]


def new_packets(
    state: State, frozen: Frozen, passes: Passes, reading: Reading, first: str, second: str
) -> int:
    """Answers the packets that pass unasked from one place to another."""
    family = passes.space.family
    one = interface_of(first, state)
    if second == ROUTER:
        if (one, family) not in state.alive:
            return 0
        inward = passes.of(
            listed(state, frozen, reading, family, one, "in"), reading, answers=False
        )
        return inward[0] & passes.to_services(state, one)
    two = interface_of(second, state)
    if one == two:
        return passes.space.whole
    alive = (one, family) in state.alive and (two, family) in state.alive
    if not alive or not state.routing[family]:
        return 0
    inward = passes.of(listed(state, frozen, reading, family, one, "in"), reading, answers=False)
    outward = passes.of(listed(state, frozen, reading, family, two, "out"), reading, answers=False)
    towards = passes.inside if two == interface_of(LAPTOP, state) else passes.space.whole
    return inward[0] & outward[0] & towards & ~passes.own


def conversations(
    state: State, frozen: Frozen, passes: Passes, reading: Reading, first: str, second: str
) -> int:
    """Answers the packets that pass from one place to another and whose answers come back."""
    family, one, two = passes.space.family, interface_of(first, state), second
    there = new_packets(state, frozen, passes, reading, first, second)
    back = _back(state, frozen, passes, reading, family, one, "out", "in")
    if second != ROUTER:
        two = interface_of(second, state)
        if one == two:
            return there
        back &= _back(state, frozen, passes, reading, family, two, "in", "out")
    return there & back


def _back(
    state: State,
    frozen: Frozen,
    passes: Passes,
    reading: Reading,
    family: str,
    interface: str,
    way: str,
    opened: str,
) -> int:
    answer = passes.of(
        listed(state, frozen, reading, family, interface, way), reading, answers=True
    )
    openers = passes.of(
        listed(state, frozen, reading, family, interface, opened), reading, answers=False
    )
    return answer[0] | openers[1]


def listed(
    state: State, frozen: Frozen, reading: Reading, family: str, interface: str, way: str
) -> List | None:
    key = (family, interface, way)
    if key not in state.lists:
        return None
    if not reading.at_once and key in frozen:
        return frozen[key]
    return state.resolved(key)
