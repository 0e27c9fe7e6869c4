"""`windows_intents`: what must be true of each terminal and receipt PC.

Pure, like the rest of the intent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Network

from onshi_net.inventory import SiteInventory
from onshi_net.model import ReceiptPc, Terminal, region
from onshi_net.model.accounts import account
from onshi_net.model.catalogue import ServiceKind
from onshi_net.model.hosts import Windows
from onshi_net.model.software import EDGE, Item
from onshi_net.model.survey import ReceiptWork
from onshi_net.model.windows import (
    ReceiptFacts,
    Route,
    RoutePath,
    Share,
    StoreUser,
    TerminalFacts,
    WindowsFacts,
)

IpNetwork = IPv4Network | IPv6Network
IpAddress = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Access:
    """How a PC is administered; the password as a reference."""

    host: str
    address: IpAddress
    computer_name: str | None
    username: str
    secret: str
    named: bool = True
    """The inventory names the secret; otherwise it is the customary one, which may not exist."""
    site: str = ""
    """The site's name, for remedies that name a command."""
    tls: bool = False
    """WinRM over HTTPS."""
    mac: str | None = None
    """The MAC address on the PC's label; None: not written down."""


@dataclass(frozen=True, slots=True)
class RouteIntent:
    """A static route that must stand in the active and the persistent store."""

    destination: IpNetwork
    next_hop: IpAddress
    metric: int


@dataclass(frozen=True, slots=True)
class CredentialIntent:
    """A Credential Manager entry of type Domain.

    `target` is the name or address that the receipt computer opens.
    """

    target: str
    user: str
    secret: str


@dataclass(frozen=True, slots=True)
class ProofIntent:
    """The share in which access is proved as the receipt computer's user."""

    terminal: str
    address: IPv4Address
    share: str

    @property
    def unc(self) -> str:
        """The share's UNC path."""
        return f"\\\\{self.address}\\{self.share}"


@dataclass(frozen=True, slots=True)
class SoftwareIntent:
    """What somebody says is on a terminal, as `onshi_net.model.software` has it."""

    item: Item
    name: str
    version: str | None

    @property
    def device(self) -> bool:
        """Whether it is a device and no program."""
        return self.item is Item.CARD_READER


@dataclass(frozen=True, slots=True)
class TerminalIntent:
    """What must be true of a terminal."""

    site: str
    access: Access
    editions: tuple[str, ...] | None
    build: int | None
    interface: IPv4Interface
    metric_ipv4: int | None
    metric_ipv6: int | None
    resolvers: tuple[IpAddress, ...]
    routes: tuple[RouteIntent, ...]
    link_user: str
    link_secret: str
    shares: tuple[Share, ...]
    smb_sources: tuple[IpNetwork, ...]
    services: tuple[str, ...]
    time_server: str
    clock_tolerance_s: int
    certificate_store: str
    certificate_issuer: str | None
    days_left: int
    software: tuple[SoftwareIntent, ...] = ()
    certificate_backup: date | None = None
    """When the certificate's backup was seen; None: nobody said."""


@dataclass(frozen=True, slots=True)
class ReceiptIntent:
    """What must be true of a receipt PC."""

    site: str
    access: Access
    clinic: IPv4Network
    terminal_network: IPv4Network
    routes: tuple[RouteIntent, ...]
    """Empty where the route lies on the clinic's own device."""
    path: RoutePath
    user: str
    user_secret: str
    credentials: tuple[CredentialIntent, ...]
    proofs: tuple[ProofIntent, ...]
    clock_tolerance_s: int
    work_by: ReceiptWork | None = None
    """Who sets it up (brochure, table of work 11); None: nobody said yet."""

    @property
    def by_others(self) -> bool:
        """Whether the contract leaves it to others: then nothing is changed on it."""
        return self.work_by in {ReceiptWork.VENDOR, ReceiptWork.CUSTOMER}


WindowsIntent = TerminalIntent | ReceiptIntent


def windows_intents(inventory: SiteInventory, facts: WindowsFacts) -> tuple[WindowsIntent, ...]:
    """Answers the intents of the site's PCs, terminals first."""
    terminals = tuple(terminal_intent(inventory, facts, host) for host in inventory.terminals)
    receipts = tuple(receipt_intent(inventory, facts, host) for host in inventory.receipt_pcs)
    return (*terminals, *receipts)


def terminal_intent(
    inventory: SiteInventory, facts: WindowsFacts, host: Terminal
) -> TerminalIntent:
    """Answers what must be true of one terminal."""
    own, segments = facts.terminal, inventory.site.facts.segments
    services = region(inventory.site.facts.region).services
    ntp = next(service.name for service in services if service.kind is ServiceKind.NTP)
    back = RouteIntent(segments.clinic.ipv4, segments.terminal.router, 1)
    return TerminalIntent(
        site=inventory.site.name,
        access=_access(inventory, host),
        editions=own.editions,
        build=own.build,
        interface=IPv4Interface(f"{host.hostname}/{segments.terminal.ipv4.prefixlen}"),
        metric_ipv4=own.interface_metric_ipv4,
        metric_ipv6=own.interface_metric_ipv6,
        resolvers=own.resolvers if own.resolvers is not None else (segments.terminal.router,),
        routes=(back, *(_route(route, 1) for route in own.routes)),
        link_user=facts.link.name,
        link_secret=_link_secret(inventory, facts),
        shares=own.shares,
        smb_sources=(segments.clinic.ipv4, *own.smb_sources),
        services=own.services,
        time_server=own.time_server or ntp,
        clock_tolerance_s=facts.clock_tolerance_s,
        certificate_store=own.certificate_store,
        certificate_issuer=own.certificate_issuer,
        days_left=facts.days_left,
        software=_software(own),
        certificate_backup=own.certificate_backup,
    )


def _software(own: TerminalFacts) -> tuple[SoftwareIntent, ...]:
    """Answers what is told, in the order of the table."""
    told = {Item.EDGE: EDGE, **own.software}
    return tuple(
        SoftwareIntent(one, told[one].name, told[one].version) for one in Item if one in told
    )


def receipt_intent(inventory: SiteInventory, facts: WindowsFacts, host: ReceiptPc) -> ReceiptIntent:
    """Answers what must be true of one receipt PC."""
    segments = inventory.site.facts.segments
    user = _store_user(inventory, facts.receipt, host)
    terminals = _linked(inventory, facts.receipt)
    return ReceiptIntent(
        site=inventory.site.name,
        access=_access(inventory, host),
        clinic=segments.clinic.ipv4,
        terminal_network=segments.terminal.ipv4,
        routes=_receipt_routes(inventory, facts.receipt),
        path=facts.receipt.route,
        user=user.name,
        user_secret=user.secret,
        credentials=tuple(_credential(inventory, facts, terminal) for terminal in terminals),
        proofs=tuple(
            ProofIntent(terminal.name, terminal.hostname, facts.terminal.request_share)
            for terminal in terminals
        ),
        clock_tolerance_s=facts.clock_tolerance_s,
        work_by=inventory.site.facts.survey.receipt.work_by,
    )


def _access(inventory: SiteInventory, host: Windows) -> Access:
    default = f"{inventory.site.name}/{host.name}-admin"
    return Access(
        host=host.name,
        address=host.hostname,
        computer_name=host.computer_name,
        username=account(host.username or "Administrator").login,
        secret=host.secret or default,
        named=host.secret is not None,
        site=inventory.site.name,
        tls=host.winrm == "https",
        mac=host.mac,
    )


def _link_secret(inventory: SiteInventory, facts: WindowsFacts) -> str:
    return facts.link.secret or f"{inventory.site.name}/link"


def _store_user(inventory: SiteInventory, facts: ReceiptFacts, host: ReceiptPc) -> StoreUser:
    default = StoreUser(name=facts.user, secret=f"{inventory.site.name}/{host.name}-user")
    return facts.users.get(host.name, default)


def _linked(inventory: SiteInventory, facts: ReceiptFacts) -> tuple[Terminal, ...]:
    return tuple(
        terminal
        for terminal in inventory.terminals
        if facts.terminals is None or terminal.name in facts.terminals
    )


def _credential(
    inventory: SiteInventory, facts: WindowsFacts, terminal: Terminal
) -> CredentialIntent:
    """Qualifies the user with the terminal.

    CredWrite refuses a bare name for this type (CREDENTIALW, UserName).
    """
    domain = terminal.computer_name or str(terminal.hostname)
    return CredentialIntent(
        target=str(terminal.hostname),
        user=f"{domain}\\{facts.link.name}",
        secret=_link_secret(inventory, facts),
    )


def _route(route: Route, metric: int) -> RouteIntent:
    return RouteIntent(route.destination, route.next_hop, metric)


def _receipt_routes(inventory: SiteInventory, facts: ReceiptFacts) -> tuple[RouteIntent, ...]:
    if facts.route is RoutePath.CLINIC_DEVICE:
        return ()
    segments = inventory.site.facts.segments
    first = RouteIntent(segments.terminal.ipv4, segments.clinic.router, facts.route_metric)
    return (first, *(_route(route, facts.route_metric) for route in facts.routes))
