"""The intent's own types: frozen, comparable, printable; secrets appear only as references."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address

from onshi_net.intent.windows import ReceiptIntent, TerminalIntent, WindowsIntent
from onshi_net.model import BranchKind, Ipv6Mode, RouterModel, Service
from onshi_net.model.base import IpAddress
from onshi_net.model.windows import RoutePath


@dataclass(frozen=True, slots=True)
class Wan:
    """The router's side towards ONU or branch device."""

    interface: str
    mode: Ipv6Mode


@dataclass(frozen=True, slots=True)
class Lan:
    """One of the two halves of the router's LAN."""

    interface: str
    ports: tuple[int, ...]
    address: IPv4Interface


@dataclass(frozen=True, slots=True)
class DnsForward:
    """Names under `suffix` are asked of `servers` (at most two:

    the router takes a primary and a secondary).
    """

    suffix: str
    servers: tuple[IPv6Address, ...]


@dataclass(frozen=True, slots=True)
class Allowance:
    """A new TCP connection that the router must let pass; all else between segments is refused."""

    source: IPv4Network
    destination: IPv4Network
    port: int


@dataclass(frozen=True, slots=True)
class PolicyIntent:
    """Traffic between the segments: `allowed` one way, all else refused.

    Source: docs/sources.md, requirement text. Inbound IPv6 connections from the line are refused.
    The router's own SSH answers on the terminal side only.
    """

    allowed: tuple[Allowance, ...]


@dataclass(frozen=True, slots=True)
class Management:
    """How the router is administered; passwords as references."""

    address: IPv4Address
    port: int
    username: str
    secret: str
    admin_secret: str
    initial_secret: str | None
    site: str = ""
    """Site and name, for remedies that name a command; '' where no site is known."""
    host: str = ""
    mac: str | None = None
    """The MAC address on the router's label, of its LAN side; None: not written down."""
    unnamed_secret: str | None = None
    """The password of the router's unnamed user (`login password`); None: not known to have one."""
    other_users: tuple[str, ...] = ()
    """Accounts of others that stay."""
    initial_admin: str | None = None
    """The administrator's password before, where it is another than `initial_secret`."""

    @property
    def first_admin(self) -> str | None:
        """The administrator's password that a router may still have."""
        return self.initial_admin or self.initial_secret

    @property
    def users(self) -> frozenset[str]:
        """Whose accounts the router may have."""
        return frozenset({self.username, *self.other_users})


@dataclass(frozen=True, slots=True)
class OtherService:
    """A service of the router that stays open for others, and to whom."""

    service: str
    hosts: tuple[IPv4Address, ...]
    """Addresses of the terminal network; none where the service can't be limited so."""
    reason: str


@dataclass(frozen=True, slots=True)
class RouterIntent:
    """What must be true of the router."""

    site: str
    label: str
    """The site's name as a word of a router's line, which is ASCII."""
    host: str
    model: RouterModel
    serial: str | None
    wan: Wan
    terminal: Lan
    clinic: Lan
    dns: tuple[DnsForward, ...]
    policy: PolicyIntent
    management: Management
    ntp_server: str
    """DNS name of the time server in the closed network."""
    other_services: tuple[OtherService, ...] = ()
    """All that is open beside SSH and DNS."""


@dataclass(frozen=True, slots=True)
class HostIntent:
    """An end host and the segment that its address must lie in."""

    name: str
    address: IPv4Address
    segment: str
    """`terminal` or `clinic`."""


@dataclass(frozen=True, slots=True)
class SiteIntent:
    """What must be true at a site."""

    site: str
    institution: str
    branch: BranchKind
    has_onu: bool
    has_switch: bool
    router: RouterIntent
    hosts: tuple[HostIntent, ...]
    ngn_resolvers: tuple[IPv6Address, ...]
    closed_network_resolvers: tuple[IPv6Address, ...]
    services: tuple[Service, ...]
    client_certificate: str | None
    """Reference to the PEM bundle for TLS checks, or None."""
    internet_probes: tuple[IpAddress, ...]
    clinic_gateway: IPv4Address | None
    windows: tuple[WindowsIntent, ...] = ()
    """What must be true of the terminals and receipt PCs."""

    @property
    def terminals(self) -> tuple[HostIntent, ...]:
        """Lists the terminals."""
        return tuple(host for host in self.hosts if host.segment == "terminal")

    @property
    def receipt_pcs(self) -> tuple[HostIntent, ...]:
        """Lists the receipt PCs."""
        return tuple(host for host in self.hosts if host.segment == "clinic")

    def terminal_intent(self, host: str) -> TerminalIntent | None:
        """Answers what must be true of a terminal; None for a host that is none."""
        some = (one for one in self.windows if isinstance(one, TerminalIntent))
        return next((one for one in some if one.access.host == host), None)

    @property
    def receipts(self) -> tuple[ReceiptIntent, ...]:
        """Answers what must be true of each receipt PC."""
        return tuple(one for one in self.windows if isinstance(one, ReceiptIntent))

    @property
    def route_on_device(self) -> bool:
        """Whether the way to the terminals lies on the clinic's own device (brochure ※2)."""
        return any(one.path is RoutePath.CLINIC_DEVICE for one in self.receipts)

    def receipt_intent(self, host: str) -> ReceiptIntent | None:
        """Answers what must be true of a receipt PC; None for a host that is none."""
        some = (one for one in self.windows if isinstance(one, ReceiptIntent))
        return next((one for one in some if one.access.host == host), None)

    def name_for(self, server: IPv6Address) -> str:
        """Answers a service name that this resolver must know: one that is forwarded to it."""
        suffixes = [one.suffix for one in self.router.dns if server in one.servers]
        for service in self.services:
            if any(service.name == s or service.name.endswith(f".{s}") for s in suffixes):
                return service.name
        return suffixes[0] if suffixes else self.services[0].name
