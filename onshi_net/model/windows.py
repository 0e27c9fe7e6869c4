"""A site's Windows facts: shares, users, resolvers, routes and clocks of terminals and receipt PCs.

The defaults are one integrator's published practice (docs/sources.md, terminal and receipt
side): share names and paths, a local link user that the receipt computer uses. A site that
differs writes its own.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from onshi_net.model.accounts import AccountName, LocalUserName, ShareName, WindowsPath
from onshi_net.model.base import Frozen, IpAddress, as_tuple
from onshi_net.model.software import Item, Program, item
from onshi_net.model.text import DomainName, SecretRef, Text, Token


def _network(value: Any) -> Any:
    return ip_network(value) if isinstance(value, str) else value


def _path(value: Any) -> Any:
    return RoutePath(value) if isinstance(value, str) else value


IpNetwork = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class RoutePath(StrEnum):
    """Where the route from the clinic LAN to the terminal network lies (brochure ※2)."""

    PC = "pc"
    CLINIC_DEVICE = "clinic-device"
    """On the clinic's own network device; the PCs then get none."""


class Share(Frozen):
    """A shared folder of the terminal."""

    name: ShareName
    path: WindowsPath


class Route(Frozen):
    """A static route beyond those that follow from the segments."""

    destination: IpNetwork
    next_hop: IpAddress


class LinkUser(Frozen):
    """The terminal's local user that the receipt computer's access uses."""

    name: LocalUserName = "onslink"
    secret: SecretRef | None = None
    """None: `<site>/link`."""


class StoreUser(Frozen):
    """The Windows user that runs the receipt computer, in whose store the credential belongs."""

    name: AccountName
    secret: SecretRef


SHARES = (
    Share(name="OQS", path="C:\\OQS"),
    Share(name="REQ", path="C:\\OQS\\Req"),
    Share(name="RES", path="C:\\OQS\\Res"),
    Share(name="FACE", path="C:\\OQS\\Face"),
)


class TerminalFacts(Frozen):
    """What the terminals of a site have in common."""

    editions: Annotated[tuple[Token, ...], BeforeValidator(as_tuple)] | None = None
    """Registry `EditionID`s that region and contract name; None: Enterprise LTSC of any maker
    (brochure 提供条件①), see `onshi_net.model.releases`."""
    build: int | None = None
    """The build that they name; None: any that is known."""
    resolvers: Annotated[tuple[IpAddress, ...], BeforeValidator(as_tuple)] | None = None
    """None: the router's address in the terminal network."""
    interface_metric_ipv4: Annotated[int, Field(ge=1, le=9999)] | None = None
    interface_metric_ipv6: Annotated[int, Field(ge=1, le=9999)] | None = None
    """None: Windows decides."""
    shares: Annotated[tuple[Share, ...], BeforeValidator(as_tuple)] = SHARES
    request_share: ShareName = "REQ"
    """The share in which access is proved with a file that is written, read back and deleted."""
    smb_sources: Annotated[tuple[IpNetwork, ...], BeforeValidator(as_tuple)] = ()
    """Networks beside the clinic LAN that may open the shares."""
    services: Annotated[tuple[Token, ...], BeforeValidator(as_tuple)] = ("LanmanServer", "W32Time")
    """Services that must run and start by themselves."""
    time_server: DomainName | None = None
    """None: the region's."""
    routes: Annotated[tuple[Route, ...], BeforeValidator(as_tuple)] = ()
    certificate_store: Annotated[
        str, Field(pattern=r"\A(LocalMachine|CurrentUser)\\[A-Za-z]{1,20}\z")
    ] = "LocalMachine\\My"
    certificate_issuer: Text | None = None
    """Words that the issuer's name must hold; None: any certificate with a key for client
    authentication."""
    software: dict[Annotated[Item, BeforeValidator(item)], Program] = Field(default_factory=dict)
    """What the integrator puts on; of an item that is not named nothing is known. Edge is wanted
    without being named."""
    certificate_backup: datetime.date | None = None
    """The day on which somebody saw the certificate's backup on its USB memory; None: nobody."""


class ReceiptFacts(Frozen):
    """What the receipt PCs of a site have in common."""

    route: Annotated[RoutePath, BeforeValidator(_path)] = RoutePath.PC
    route_metric: Annotated[int, Field(ge=1, le=9999)] = 1
    routes: Annotated[tuple[Route, ...], BeforeValidator(as_tuple)] = ()
    """More routes, IPv6 ones too."""
    user: AccountName = "reception"
    users: dict[Token, StoreUser] = Field(default_factory=dict)
    """Receipt PC by host name where its user differs from `user` with the secret
    `<site>/<host>-user`."""
    terminals: Annotated[tuple[Token, ...], BeforeValidator(as_tuple)] | None = None
    """Host names of the terminals whose shares the receipt PCs use; None: all."""


class WindowsFacts(Frozen):
    """The `windows` part of `site.yaml`; every field has a default."""

    link: LinkUser = LinkUser()
    terminal: TerminalFacts = TerminalFacts()
    receipt: ReceiptFacts = ReceiptFacts()
    days_left: Annotated[int, Field(ge=0, le=1200)] = 30
    """A client certificate with fewer days left is reported."""
    clock_tolerance_s: Annotated[int, Field(ge=1, le=3600)] = 60
