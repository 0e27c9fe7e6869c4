"""A site's facts that are not a host's: institution, line, access path, segments, contract facts.

Brochure clauses name the sections of the NTT West brochure (提供条件①, 提供条件②, …).
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from onshi_net.model.as_built import AsBuilt
from onshi_net.model.base import (
    Frozen,
    IpAddress,
    Ipv4Address,
    Ipv4Network,
    as_tuple,
    one_of,
)
from onshi_net.model.survey import Contract, Prerequisites, Survey
from onshi_net.model.text import SecretRef, SiteName, Text, Token
from onshi_net.model.windows import WindowsFacts


class BranchKind(StrEnum):
    """What stands between the ONU and the router (提供条件②, pattern table)."""

    NONE = "none"
    HUB = "hub"
    HGW = "hgw"
    OGW = "ogw"


class Ipv6Mode(StrEnum):
    """How the router gets its IPv6 prefix: RFC 4861 advertisement or RFC 8415 delegation."""

    RA = "ra"
    PD = "pd"


class Institution(Frozen):
    """The medical institution (申込シート ① to ⑨)."""

    name: Text
    code: Annotated[str, Field(pattern=r"\A[0-9]{10}\z")]
    """医療機関コード, 10 digits (申込シート ②)."""
    postal_code: Annotated[str, Field(pattern=r"\A[0-9]{7}\z")] | None = None
    address: Text | None = None
    contact: Text | None = None
    phone: Annotated[str, Field(pattern=r"\A0[0-9]{9,10}\z")] | None = None
    email: (
        Annotated[str, Field(max_length=254, pattern=r"\A[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\z")]
        | None
    ) = None


class Line(Frozen):
    """The access line (提供条件②)."""

    product: Text
    ordered_on: datetime.date | None = None
    v6_option: bool
    """フレッツ・v6オプション is contracted or included (提供条件②)."""
    hikari_denwa: bool = False
    """ひかり電話 is contracted: the NGN then delegates a /56 instead of advertising a /64
    (docs/sources.md, addressing from the NGN)."""

    @property
    def is_cross(self) -> bool:
        """Answers whether the product is フレッツ光クロス, which delegates a prefix."""
        return "クロス" in self.product


class Branch(Frozen):
    """The branch device between ONU and router."""

    kind: Annotated[BranchKind, one_of(BranchKind)]
    model: Text | None = None


class Access(Frozen):
    """The path from the ONU to the router."""

    onu_model: Text | None = None
    branch: Branch = Branch(kind=BranchKind.NONE)
    business_phone: bool | None = None
    """One hangs on the ONU, directly or through a hub; None: nobody asked."""


class Segment(Frozen):
    """One IPv4 network of the site and the router's address in it."""

    ipv4: Ipv4Network
    router: Ipv4Address
    gateway: Ipv4Address | None = None
    """The network's own default gateway (clinic LAN), where there is one."""

    @model_validator(mode="after")
    def _addresses_inside(self) -> Self:
        for name in ("router", "gateway"):
            address = getattr(self, name)
            if address is None:
                continue
            if address not in self.ipv4:
                raise ValueError(f"{name} {address} is not in {self.ipv4}")
            if address in (self.ipv4.network_address, self.ipv4.broadcast_address):
                raise ValueError(f"{name} {address} is not a host address of {self.ipv4}")
        if self.router == self.gateway:
            raise ValueError("router and gateway have the same address")
        return self


class Segments(Frozen):
    """The terminal network (オン資NW) and the clinic LAN, which may not overlap."""

    terminal: Segment
    clinic: Segment

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.terminal.ipv4.overlaps(self.clinic.ipv4):
            raise ValueError(f"{self.terminal.ipv4} and {self.clinic.ipv4} overlap")
        return self


class SiteFile(Frozen):
    """What `site.yaml` holds."""

    institution: Institution
    region: Token
    line: Line
    access: Access
    segments: Segments
    client_certificate: SecretRef | None = None
    """Reference to a PEM bundle (certificate, key, service CAs) for the TLS checks; none:

    TLS is tried without.
    """
    internet_probes: Annotated[tuple[IpAddress, ...], BeforeValidator(as_tuple)] | None = None
    """Public addresses that must not answer from the terminal segment; None: the region's."""
    windows: WindowsFacts = WindowsFacts()
    survey: Survey = Survey()
    prerequisites: Prerequisites = Prerequisites()
    contract: Contract = Contract()
    as_built: AsBuilt = AsBuilt()


class Site(Frozen):
    """A site: its name and the facts of its file."""

    name: SiteName
    facts: SiteFile

    @property
    def ipv6_mode(self) -> Ipv6Mode:
        """Answers whether the router must take RA or PD.

        PD with ひかり電話 or フレッツ光クロス, but RA behind an HGW or OGW, which holds the
        delegation itself and re-advertises a /64; a hub changes nothing (docs/sources.md).
        """
        line, branch = self.facts.line, self.facts.access.branch
        if branch.kind in (BranchKind.HGW, BranchKind.OGW):
            return Ipv6Mode.RA
        return Ipv6Mode.PD if line.hikari_denwa or line.is_cross else Ipv6Mode.RA
