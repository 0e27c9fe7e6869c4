"""What a router knows of the world (links, addresses, routes, leases), and how it acts on it.

`Machine` is the one way from the console to the kernel; `NullMachine` is its twin without a kernel.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .store import EMPTY, Config


@dataclass(frozen=True, slots=True)
class Traffic:
    """Packets and octets of an interface, sent and received."""

    sent_packets: int = 0
    sent_octets: int = 0
    received_packets: int = 0
    received_octets: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """An address on an interface; lifetimes in seconds, None for ever."""

    interface: str
    text: str
    bits: int
    preferred: int | None = None
    valid: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the kernel; kind is static, implicit or temporary; gateway "-" for none."""

    destination: str
    gateway: str
    interface: str
    kind: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour in the ARP table or the IPv6 neighbour cache."""

    interface: str
    address: str
    mac: str
    state: str


@dataclass(frozen=True, slots=True)
class Lease:
    """An address lent by the DHCP server; left in seconds."""

    scope: int
    address: str
    mac: str
    name: str
    left: int


@dataclass(frozen=True, slots=True)
class Dhcp6State:
    """Where a DHCPv6 client stands: state as the router words it, and what the server gave."""

    interface: str
    state: str
    server: str = "::"
    prefix: str = ""
    t1: int = 0
    t2: int = 0
    preferred: int = 0
    valid: int = 0
    dns: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """A moment of the router's world, for `show`."""

    ports: Mapping[str, bool] = field(default_factory=dict)
    links: Mapping[str, bool] = field(default_factory=dict)
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    leases: tuple[Lease, ...] = ()
    dhcp6: tuple[Dhcp6State, ...] = ()


class Machine(Protocol):
    """The kernel side of the router."""

    async def apply(self, config: Config, /) -> None:
        """Make the kernel do what a running configuration says."""

    async def bounce(self, names: Sequence[str], /) -> None:
        """Take the links of these LAN interfaces down and up again (a `lan type` does)."""

    async def status(self) -> Status:
        """The state of the world now."""

    def ping(self, arguments: Sequence[str], /) -> AsyncIterator[str]:
        """The lines of the system's ping with these arguments, as they come."""

    async def lookup(
        self, name: str, kind: str, server: str, edns: bool, cache: bool, /
    ) -> tuple[str, ...]:
        """The answers of the resolver that the configuration (or `server`) names; () for none."""

    async def ntp_offset(self, host: str, /) -> float | None:
        """Seconds that an NTP server is ahead of the system clock, None without an answer."""

    async def clear(self, what: str, /) -> None:
        """Forget `arp`, `neighbours` or `dns-cache`."""

    async def stop(self) -> None:
        """Take away everything that `apply` made."""


class NullMachine:
    """A machine without a kernel: every wired port is up, nobody answers."""

    def __init__(self, ports: Sequence[str] = ("lan1p1", "lan2")) -> None:
        self.config = EMPTY
        self.applied = 0
        self.bounced: list[tuple[str, ...]] = []
        self.world = Status(ports=dict.fromkeys(ports, True), links={"lan1": True, "lan2": True})

    async def apply(self, config: Config) -> None:
        """Remember the configuration."""
        self.config = config
        self.applied += 1

    async def bounce(self, names: Sequence[str]) -> None:
        """Remember which links were reset."""
        self.bounced.append(tuple(names))

    async def status(self) -> Status:
        """The state that a test has put there."""
        return self.world

    async def ping(self, _arguments: Sequence[str]) -> AsyncIterator[str]:
        """Nobody answers."""
        yield "1 packets transmitted, 0 received, 100% packet loss, time 0ms"

    async def lookup(
        self, _name: str, _kind: str, _server: str, _edns: bool, _cache: bool
    ) -> tuple[str, ...]:
        """No name resolves."""
        return ()

    async def ntp_offset(self, _host: str) -> float | None:
        """No server answers."""
        return None

    async def clear(self, _what: str) -> None:
        """Nothing to forget."""

    async def stop(self) -> None:
        """Nothing to take away."""
