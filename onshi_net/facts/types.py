"""What is stored of a measurement. Everything is frozen and goes through JSON unchanged.

A `Reading` is one question's end: `found` is None where there is nothing to tell. A field that is
None was not asked, because the laptop has no leg there or an earlier answer left nothing to ask.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, IPv6Network
from typing import Annotated

from pydantic import AfterValidator, Field, IPvAnyInterface

from onshi_net import formats
from onshi_net.facts.outcome import Outcome
from onshi_net.facts.readings import DnsReply, Facts, Page, Port, Reading, Service, Time
from onshi_net.facts.told import Told
from onshi_net.facts.windows import WindowsEvidence

__all__ = [
    "DnsReply",
    "Evidence",
    "Facts",
    "Outcome",
    "Page",
    "Port",
    "Reading",
    "RouterState",
    "Service",
    "Time",
]


class Interface(Facts):
    """One interface of the laptop."""

    name: str
    mac: str
    ethernet: bool
    up: bool
    mtu: int
    addresses: tuple[IPvAnyInterface, ...] = ()

    @property
    def ipv4(self) -> tuple[IPv4Interface, ...]:
        """Lists its IPv4 addresses."""
        return tuple(one for one in self.addresses if isinstance(one, IPv4Interface))

    @property
    def global_ipv6(self) -> IPv6Address | None:
        """Answers its first IPv6 address that is valid beyond the link."""
        some = (one.ip for one in self.addresses if isinstance(one, IPv6Interface))
        return next((ip for ip in some if not ip.is_link_local and not ip.is_loopback), None)


class Legs(Facts):
    """Where the laptop stands: the interface in each segment, None where it has none."""

    terminal: Interface | None = None
    clinic: Interface | None = None
    line: Interface | None = None
    strays: tuple[Interface, ...] = ()
    """Those that are up with an IPv4 address in neither network."""


class AdvertisedPrefix(Facts):
    """A prefix of a router advertisement (RFC 4861, 4.6.2)."""

    prefix: IPv6Network
    on_link: bool
    autonomous: bool
    valid_s: int
    preferred_s: int


class Advertisement(Facts):
    """One source's router advertisement (RFC 4861, 4.2)."""

    source: IPv6Address
    mac: str
    managed: bool
    other: bool
    lifetime_s: int
    mtu: int | None = None
    prefixes: tuple[AdvertisedPrefix, ...] = ()
    resolvers: tuple[IPv6Address, ...] = ()


class Advertisements(Facts):
    """Every advertisement heard on a leg, one a source; own frames that came back."""

    advertisements: tuple[Advertisement, ...] = ()
    sources: int = 0
    """How many advertise; of a flood only some are kept. 0: an older version did not count."""
    heard: int = 0
    """How many advertisements came; 0 as above."""
    looped: int = 0


class Owners(Facts):
    """The MACs that claim an address."""

    address: str
    macs: tuple[str, ...] = ()


class Offer(Facts):
    """One server's DHCP offer."""

    server: str
    mac: str
    offered: str = ""


class Offers(Facts):
    """Every DHCP server that answered."""

    offers: tuple[Offer, ...] = ()


class Neighbor(Facts):
    """A node of a link."""

    address: str
    mac: str


class Neighbors(Facts):
    """The nodes of a link that answered."""

    neighbors: tuple[Neighbor, ...] = ()


class Device(Facts):
    """Who has an IPv4 address of a link; `maker` by the MAC's first bytes, '' for not known."""

    address: IPv4Address
    mac: str
    maker: str = ""


class Present(Facts):
    """Who has one of the addresses of a network, of which so many were asked for."""

    devices: tuple[Device, ...] = ()
    asked: int = 0


class Echo(Facts):
    """Loss and delay of echo requests."""

    sent: int
    received: int
    median_ms: float | None = None
    worst_ms: float | None = None


class PathMtu(Facts):
    """The largest packet that passes, in bytes, and who said so."""

    mtu: int | None = None
    told_by: str = ""


class Hops(Facts):
    """Who answered at each hop limit."""

    hops: tuple[str | None, ...] = ()


class Path(Facts):
    """The path to one address of the closed network."""

    mtu: Reading[PathMtu]
    echo: Reading[Echo]
    trace: Reading[Hops]


class Ports(Facts):
    """Ports tried at one address."""

    tried: dict[int, Reading[Port]] = {}

    @property
    def answered(self) -> tuple[int, ...]:
        """Lists the ports that let a packet through."""
        return tuple(port for port, reading in self.tried.items() if reading.ok)


class Inbound(Facts):
    """What was tried from the line towards the site."""

    router_mac: str | None
    """The router's MAC on the line, None where it did not show."""
    control: Reading[Port] | None = None
    """An ICMPv6 error of the same way, which the router lets pass."""
    to_terminal_network: Ports = Ports()
    to_router: Ports = Ports()


class Policy(Facts):
    """What was tried between the segments.

    `…_laptop` are the laptop's own two legs: arrival is seen.
    """

    smb_to_terminals: dict[str, Reading[Port]] = {}
    other_to_terminals: dict[str, Ports] = {}
    clinic_to_laptop: Ports = Ports()
    terminal_to_laptop: Ports = Ports()
    terminals_to_receipts: dict[str, Ports] = {}
    router_from_clinic: Ports = Ports()


class Laptop(Facts):
    """What the probe measured."""

    probe: Reading[None]
    """Whether the probe could be started at all, and the interfaces read."""
    legs: Legs = Legs()
    has_bundle: bool = False
    """Whether the certificate bundle of the TLS checks was at hand."""
    line_adverts: Reading[Advertisements] | None = None
    terminal_adverts: Reading[Advertisements] | None = None
    line_neighbors: Reading[Neighbors] | None = None
    line_router: Reading[Owners] | None = None
    """Who has the address on the line that the router says it has there; None: it did not say."""
    by_device: dict[str, Reading[Port]] = {}
    """By terminal: its shares' port by way of the clinic's own device; asked where the route lies
    there."""
    owners: dict[str, Reading[Owners]] = {}
    """By host name; `router` and `router-clinic` are the router's two addresses."""
    strays: dict[str, Reading[Owners]] = {}
    """Who answers at the router's clinic address, by stray interface.

    Asked where no interface is in the clinic LAN as the sheet has it.
    """
    dhcp: Reading[Offers] | None = None
    present: Reading[Present] | None = None
    """Who is in the terminal network."""
    resolvers: dict[str, Reading[DnsReply]] = {}
    """Asked directly, by resolver address."""
    services: dict[str, Service] = {}
    paths: dict[str, Path] = {}
    internet: dict[str, Ports] = {}
    policy: Policy | None = None
    """None: the laptop lacks a leg in one of the segments."""
    inbound: Inbound | None = None


class Clock(Facts):
    """The router's own clock when it was asked."""

    shown: datetime
    """What it showed, in its own time zone and without saying which."""
    off_s: float
    """Seconds by which it was ahead of the laptop's (negative: behind), as Japanese time."""


class Health(Facts):
    """How busy the router is: percent over the last five minutes, degrees Celsius inside."""

    cpu: int
    memory: int
    celsius: int | None = None
    """None: the model tells none."""


class PortLink(Facts):
    """A port's link as the router sees it.

    `mode` is the router's word (`1000BASE-T Full Duplex`).
    """

    port: str
    up: bool | None
    """None: the router's word says neither."""
    mode: str


class LanStatus(Facts):
    """`show status lanN`."""

    ports: tuple[PortLink, ...]

    @property
    def up(self) -> bool:
        """Answers whether any port has link."""
        return any(port.up is True for port in self.ports)


class RouterAddress(Facts):
    """An IPv6 address of the router."""

    interface: str
    address: IPv6Interface
    lifetime_s: int | None = None


class RouterAddresses(Facts):
    """`show ipv6 address`."""

    addresses: tuple[RouterAddress, ...]


class Route(Facts):
    """An IPv6 route of the router."""

    destination: str
    gateway: str
    interface: str
    kind: str


class Routes(Facts):
    """`show ipv6 route`."""

    routes: tuple[Route, ...]


class DhcpState(Facts):
    """A DHCPv6 role of one interface."""

    interface: str
    role: str
    state: str
    prefix: IPv6Network | None = None
    resolvers: tuple[IPv6Address, ...] = ()


class DhcpStates(Facts):
    """`show status ipv6 dhcp`."""

    states: tuple[DhcpState, ...]


class ArpEntry(Facts):
    """A row of `show arp`."""

    interface: str
    address: IPv4Address
    mac: str


class ArpTable(Facts):
    """`show arp`."""

    entries: tuple[ArpEntry, ...]


class Lookup(Facts):
    """What the router's own `nslookup` found."""

    addresses: tuple[str, ...]


class Access(StrEnum):
    """How the way into the router ended."""

    OPEN = "open"
    UNREACHABLE = "unreachable"
    LOGIN_REFUSED = "login-refused"
    HOST_KEY_CHANGED = "host-key-changed"
    HOST_UNKNOWN = "host-unknown"
    """Nobody confirmed its host key yet; measuring never does that."""
    ERROR = "error"


class Trust(Facts):
    """The recorded host key that the session was held to, and who bound it by what."""

    fingerprint: str
    bound_at: str = ""
    by: str = ""
    """A `transport.bond.By` value; '' for a line that does not tell."""
    mac: str = ""
    sheet_serial: str = ""
    """The serial number that the inventory gave it then."""


Lines = Reading[tuple[str, ...]]
"""A configuration as its family's lines, without comments."""


class Judged(Facts):
    """What was measured of a router's configuration up to format 2: how it differed then.

    Its lines are masked; the intent that they were compared with is the one of that day.
    """

    difference: Lines | None = None
    """Lines that differ between the running configuration and the intent."""
    unsaved: Lines | None = None
    """Lines that differ between the running and the saved configuration."""


class RouterState(Facts):
    """What the router says of itself. Fields are None where there was no session."""

    access: Access
    reason: Told | None = None
    """Why there was no session, or why it ended."""
    duration_s: float = 0.0
    trust: Trust | None = None
    """None: no key is recorded."""
    used_initial: bool = False
    initial_refused: bool | None = None
    """Whether the delivery password opens it no longer: another one did. None: the site has none.

    Older versions tried it; None there also where that could not be done."""
    model: str | None = None
    header: str = ""
    """The first row of its configuration, for one whose model can't be read from it."""
    firmware: str | None = None
    serial: str | None = None
    clock: Reading[Clock] | None = None
    """None: a version measured it that did not ask."""
    uptime_s: int | None = None
    """Seconds since it started; None where it tells none."""
    health: Reading[Health] | None = None
    """None: a version measured it that did not ask, or a family that does not tell."""
    wan: Reading[LanStatus] | None = None
    lan: Reading[LanStatus] | None = None
    addresses: Reading[RouterAddresses] | None = None
    routes: Reading[Routes] | None = None
    dhcp: Reading[DhcpStates] | None = None
    arp: Reading[ArpTable] | None = None
    pings: dict[str, Reading[Echo]] = {}
    lookups: dict[str, Reading[Lookup]] = {}
    running: Lines | None = Field(default=None, repr=False)
    """What it runs; what is kept holds nobody's secrets."""
    saved: Lines | None = Field(default=None, repr=False)
    """What a restart would load, in the same way."""
    judged: Judged | None = None
    """Of a file up to format 2, in place of `running` and `saved`."""


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


class Evidence(Facts):
    """Everything measured at one site at one time."""

    format: int = formats.EVIDENCE
    """Of the layout of this file (`onshi_net.formats`)."""
    site: str
    taken_at: Annotated[datetime, AfterValidator(_aware)]
    """With its offset; of a file that says none, UTC."""
    duration_s: float
    router: RouterState
    laptop: Laptop
    windows: WindowsEvidence | None = None
    """None: a version measured it that asked no PC."""
    known_macs: dict[str, str] = {}
    """Whose a MAC was when it was seen before: in the accepted state, and in earlier runs."""
    registered_prefix: IPv6Network | None = None
    """The terminal network's prefix when 回線認証 last succeeded before; None: never seen to."""
