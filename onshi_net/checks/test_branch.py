"""Checks of the device between ONU and router: hub, HGW or OGW."""

from __future__ import annotations

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import GATEWAYS, beyond, came_back, found, heard, needs_line_leg
from onshi_net.checks.model import NotApplicable, Party, Verdict, failed, passed
from onshi_net.facts.types import Evidence
from onshi_net.intent import SiteIntent
from onshi_net.model import BranchKind


@check("branch.advertised", party=Party.TECHNICIAN, needs=("router.wan-link",))
def test_advertised(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The HGW or OGW sends router advertisements."""
    if intent.branch not in GATEWAYS:
        raise NotApplicable("not-applicable.no-gateway")
    return heard(evidence, "branch.advertised")


@check("branch.prefix", party=Party.INSTITUTION, needs=("branch.advertised",))
def test_prefix(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The HGW or OGW advertises a /64 prefix to the router."""
    if intent.branch not in GATEWAYS:
        raise NotApplicable("not-applicable.no-gateway")
    needs_line_leg(evidence)
    reading = evidence.laptop.line_adverts
    prefixes = [p.prefix for one in found(reading).advertisements for p in one.prefixes]
    usable = [prefix for prefix in prefixes if prefix.prefixlen == 64]
    if not usable:
        return failed("branch.prefix.none", reading)
    return passed("branch.prefix.good", reading, prefix=usable[0])


@check("branch.carries", party=Party.TECHNICIAN, needs=("line.advertised", "branch.advertised"))
def test_carries(evidence: Evidence, intent: SiteIntent) -> Verdict:
    """The branch device joins the router and the line.

    A router that lets no echo request in is asked for by its own address there. It need not answer
    the laptop at all; that something behind the line answers it is proof as well.
    """
    if intent.branch is BranchKind.NONE:
        raise NotApplicable("not-applicable.no-branch")
    needs_line_leg(evidence)
    reading = evidence.laptop.line_neighbors
    adverts = evidence.laptop.line_adverts
    heard_from = {one.mac for one in found(adverts).advertisements}
    seen = {one.mac for one in reading.found.neighbors} if reading and reading.found else set()
    if others := sorted(seen - heard_from):
        return passed("branch.carries.seen", reading, mac=others[0])
    router = evidence.laptop.line_router
    if router is not None and router.found is not None and router.found.macs:
        return passed("branch.carries.seen", router, mac=router.found.macs[0])
    if any(came_back(one) for _, one in beyond(evidence)):
        return passed("branch.carries.carried", reading)
    return failed("branch.carries.unseen", reading)
