"""Checks of the device between ONU and router: hub, HGW or OGW."""

from __future__ import annotations

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import found, needs_line_leg
from onshi_net.checks.model import NotApplicable, Party, Unmeasured, Verdict, failed, passed
from onshi_net.evidence.types import Evidence
from onshi_net.intent import SiteIntent
from onshi_net.model import BranchKind


@check("branch.prefix", party=Party.INSTITUTION, needs=("line.advertised",))
def test_prefix(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The HGW or OGW advertises a /64 prefix to the router."""
    if intent.branch not in {BranchKind.HGW, BranchKind.OGW}:
        raise NotApplicable("not-applicable.no-gateway")
    needs_line_leg(evidence)
    reading = evidence.laptop.line_adverts
    prefixes = [p.prefix for one in found(reading).advertisements for p in one.prefixes]
    usable = [prefix for prefix in prefixes if prefix.prefixlen == 64]
    if not usable:
        return failed("branch.prefix.none", reading)
    return passed("branch.prefix.good", reading, prefix=usable[0])


@check("branch.carries", party=Party.TECHNICIAN, needs=("line.advertised",))
def test_carries(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The branch device joins the router and the line: the router is seen from a port of its own."""
    if intent.branch is BranchKind.NONE:
        raise NotApplicable("not-applicable.no-branch")
    needs_line_leg(evidence)
    if evidence.laptop.inbound is None:
        raise Unmeasured("unmeasured.no-ipv6")
    mac = evidence.laptop.inbound.router_mac
    if mac is None:
        return failed("branch.carries.unseen")
    return passed("branch.carries.seen", mac=mac)
