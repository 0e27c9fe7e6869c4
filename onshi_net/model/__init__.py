"""Frozen data: a site's facts (`site`), its hosts (`hosts`), equipment and regions (`catalogue`).

Nothing here does I/O but `catalogue`, which reads the data files that come with the package.
"""

from onshi_net.model.catalogue import Region, RouterModel, Service, region, router_model
from onshi_net.model.firmware import Firmware
from onshi_net.model.hosts import Onu, ReceiptPc, Router, Switch, Terminal
from onshi_net.model.site import (
    Access,
    Branch,
    BranchKind,
    Institution,
    Ipv6Mode,
    Line,
    Segment,
    Segments,
    Site,
    SiteFile,
)

__all__ = [
    "Access",
    "Branch",
    "BranchKind",
    "Firmware",
    "Institution",
    "Ipv6Mode",
    "Line",
    "Onu",
    "ReceiptPc",
    "Region",
    "Router",
    "RouterModel",
    "Segment",
    "Segments",
    "Service",
    "Site",
    "SiteFile",
    "Switch",
    "Terminal",
    "region",
    "router_model",
]
