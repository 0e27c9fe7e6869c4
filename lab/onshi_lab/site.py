"""A clinic as it really is: the facts that the lab's topology and services are made from.

`inventory.py` makes it from the files of a site: what the sheet says, and `world.yaml`, which says
where the truth differs. Pure data; nothing here reads a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network
from typing import Any

from onshi_lab.addresses import LINE_PREFIXES, Region

LAPTOP_NODES = ("laptop", "laptop-2", "laptop-3", "laptop-4")
OWN_NODES = frozenset(
    {
        *("center", "ngn", "internet", "onu", "branch", "router", "switch", "hub"),
        *("clinic-gw", "clinic-switch"),
        *LAPTOP_NODES,
    }
)
"""The names of the nodes that are no PC and no stray device."""
NODE_LENGTH = 32
"""A node's name stands in the path of a Unix socket, which has 107 bytes (unix(7))."""
LAPTOP_HOST = 200
"""The laptop takes this host number where the network is large enough and nobody has it."""


def node_of(host: str) -> str:
    """The name of a host's node: its own, unless the lab has such a node or it is too long."""
    own = host in OWN_NODES or re.fullmatch(r"(clinic-switch|laptop)-\d+", host) is not None
    if own or len(host) > NODE_LENGTH:
        return f"{host[: NODE_LENGTH - 7]}-{hashlib.sha256(host.encode()).hexdigest()[:6]}"
    return host


class LineMode(StrEnum):
    """How the NGN hands out the prefix: router advertisement or DHCPv6 prefix delegation."""

    RA = "ra"
    PD = "pd"


class BranchKind(StrEnum):
    """What stands between the ONU and the router."""

    NONE = "none"
    HUB = "hub"
    HGW = "hgw"
    OGW = "ogw"


PREFIX_LENGTH = {LineMode.RA: 64, LineMode.PD: 56}


@dataclass(frozen=True, slots=True)
class Line:
    """The access line: its prefix now, and the one that it gets when the NGN renumbers it.

    `registered`: 回線認証 knows the line by its CAF number.
    """

    mode: LineMode
    prefix: IPv6Network
    changed_prefix: IPv6Network
    registered: bool = True


@dataclass(frozen=True, slots=True)
class RouterFacts:
    """Which router the mock plays; the names are those of the vendor's catalogue.

    `address` and `user` are those of the delivered configuration; `config` is what somebody typed
    into it before the visit.
    """

    model: str
    firmware: str
    serial: str
    address: IPv4Interface
    user: str
    language: str = "ja"
    drop_is_logout: bool = False
    config: str = ""
    own_passwords: bool = False
    """Its passwords are the site's own already, not those of the delivery."""


@dataclass(frozen=True, slots=True)
class Lan:
    """One IPv4 network: where the router will be in it, and its own gateway if it has one.

    `route`: its gateway knows the way to the terminals, through the router.
    """

    network: IPv4Network
    router: IPv4Address
    gateway: IPv4Address | None = None
    route: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A Windows account of a delivered PC and the reference of its password."""

    name: str
    secret: str
    admin: bool


@dataclass(frozen=True, slots=True)
class Pc:
    """A terminal or receipt PC.

    `release` is a key of `onshi_lab.windows.config.RELEASES`, empty for what is usual for its role;
    `requests` are done to it once it runs (`onshi_lab.windows.control`).
    """

    name: str
    address: IPv4Interface
    users: tuple[User, ...]
    computer_name: str
    dhcp: bool = False
    release: str = ""
    language: str = "ja"
    requests: tuple[Mapping[str, Any], ...] = ()

    @property
    def node(self) -> str:
        """The name of its node."""
        return node_of(self.name)


@dataclass(frozen=True, slots=True)
class Device:
    """A thing in one of the networks that the sheet does not know."""

    name: str
    clinic: bool
    address: IPv4Interface

    @property
    def node(self) -> str:
        """The name of its node."""
        return node_of(self.name)


@dataclass(frozen=True, slots=True)
class References:
    """The references of the secrets that belong to no PC."""

    router: str
    router_admin: str
    router_initial: str
    router_unnamed: str | None
    link: str
    client_certificate: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """One clinic of the lab."""

    name: str
    title: str
    region: Region
    line: Line
    branch: BranchKind
    switch: bool
    terminal: Lan
    clinic: Lan
    others: tuple[Lan, ...]
    """Further networks of the clinic, which its own gateway joins with the clinic LAN."""
    terminals: tuple[Pc, ...]
    receipts: tuple[Pc, ...]
    devices: tuple[Device, ...]
    router: RouterFacts
    references: References
    public: tuple[str, ...] = ()
    """Addresses that the lab's Internet has beside its own."""
    laptops: int = 1
    """How many technicians are there, each with a laptop."""
    absent: tuple[Pc, ...] = ()
    """PCs of the sheet that are not there: who works by the sheet has their passwords too."""

    @property
    def gateway_delegates(self) -> bool:
        """Whether a home gateway holds the delegation and advertises a /64 of it to the router."""
        return self.branch in (BranchKind.HGW, BranchKind.OGW) and self.line.mode is LineMode.PD

    @property
    def advertised_prefix(self) -> IPv6Network:
        """The /64 that reaches the router's terminals: the line's, or the HGW's first."""
        return next(self.line.prefix.subnets(new_prefix=64))

    @property
    def pcs(self) -> tuple[Pc, ...]:
        """All PCs, terminals first."""
        return (*self.terminals, *self.receipts)

    @property
    def hub(self) -> bool:
        """Whether the technician's own hub is on the router's second port.

        Without a switch, the second terminal, a stray device or another laptop takes the socket
        that the laptop needs.
        """
        strays = any(not device.clinic for device in self.devices)
        return not self.switch and (len(self.terminals) > 1 or strays or self.laptops > 1)

    def lan_of(self, pc: Pc) -> Lan:
        """The network that a PC's address is in; the clinic LAN for a stranger to all of them."""
        if pc in self.terminals:
            return self.terminal
        for lan in self.others:
            if pc.address.ip in lan.network:
                return lan
        return self.clinic

    def laptop_addresses(self, lan: Lan) -> tuple[IPv4Interface | None, ...]:
        """The addresses of the laptops in a network; None where it has none left."""
        found: list[IPv4Interface | None] = []
        for number in range(self.laptops):
            found.append(self._unused(lan, LAPTOP_HOST + number, found))
        return tuple(found)

    def free(self, lan: Lan, *, near: int) -> IPv4Interface | None:
        """An address of a network that nobody has, no laptop either."""
        return self._unused(lan, near, self.laptop_addresses(lan))

    def _unused(
        self, lan: Lan, near: int, others: Iterable[IPv4Interface | None]
    ) -> IPv4Interface | None:
        """This host number of a network, else the last ones first."""
        taken = {lan.router, lan.gateway, self.router.address.ip}
        taken |= {other.ip for other in others if other is not None}
        taken |= {pc.address.ip for pc in self.pcs} | {each.address.ip for each in self.devices}
        size = lan.network.num_addresses
        numbers = (near, *range(size - 2, max(size - 300, 0), -1))
        hosts = (lan.network[number] for number in numbers if 0 < number < size - 1)
        found = next((host for host in hosts if host not in taken), None)
        return None if found is None else IPv4Interface(f"{found}/{lan.network.prefixlen}")


def line_prefixes(name: str, mode: LineMode) -> tuple[IPv6Network, IPv6Network]:
    """The prefix of a line that nobody gave one, and the one after renumbering.

    Both are made from the site's name, so that they stay the same from lab to lab.
    """
    digest = hashlib.sha256(name.encode()).digest()
    third = int(str(LINE_PREFIXES.network_address).split(":")[2], 16) + digest[0] % 16
    fourth = digest[1] or 1
    now, later = (
        IPv6Network(f"2001:db8:{third:x}:{number:x}00::/{PREFIX_LENGTH[mode]}")
        for number in (fourth, fourth ^ 0x80 or 1)
    )
    return now, later
