"""Checks of the terminals: Windows, address, shares and who may use them, time, certificate."""

from __future__ import annotations

from ipaddress import IPv6Address

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import found, terminals
from onshi_net.checks.model import Party, Severity, Unmeasured, Verdict, failed, passed
from onshi_net.checks.pcs import (
    clock,
    conflict,
    decided,
    differences,
    fault,
    judged,
    mend,
    notes,
    nothing_left,
    reachable,
    release,
    shown,
    terminal,
)
from onshi_net.checks.vantage import seen_by
from onshi_net.facts.types import Evidence
from onshi_net.i18n import joined, text
from onshi_net.intent import SiteIntent
from onshi_net.pcs.decision import Left
from onshi_net.pcs.terminal import certificate_days
from onshi_net.pcs.ways import has_ipv6

EVERYONE = frozenset({"S-1-1-0", "everyone"})
"""Its SID (Microsoft, well-known SIDs), and its name in evidence that has no SIDs."""
FIRST = ("lan.present.{subject}", "lan.duplicate-address.{subject}")
SESSION = ("terminal.reachable.{subject}",)
DELIVERED = ("terminal.set-up.{subject}",)
"""What explains a check that a terminal which was set up would pass."""


@check(
    "terminal.reachable", party=Party.TECHNICIAN, needs=FIRST, each=terminals, host_subjects=True
)
def test_reachable(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal can be administered (WinRM)."""
    return reachable("terminal.reachable", evidence, intent, subject)


@check("terminal.set-up", party=Party.TECHNICIAN, needs=SESSION, each=terminals, host_subjects=True)
def test_set_up(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal is no longer as it was delivered."""
    session, wanted, state = terminal(evidence, intent, subject)
    names = {one.name for one in wanted.shares}
    ours = [one.name for one in state.shares if one.name in names]
    if state.user is None and not ours:
        return failed(
            "terminal.set-up.delivered", session, remedy=mend(intent, subject), host=subject
        )
    return passed("terminal.set-up.begun", session, host=subject)


@check("terminal.os", party=Party.TECHNICIAN, needs=SESSION, each=terminals, host_subjects=True)
def test_os(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal runs the Windows that the contract names for it (Enterprise LTSC)."""
    session, decision = decided(evidence, intent, subject)
    wrong = fault("terminal.os", session, decision, intent, subject)
    other = next((one for one in decision.notes if one.name is Left.OS_OTHER), None)
    if wrong is None and other is not None:
        return failed("terminal.os.other", session, host=subject, **other.values)
    return wrong or release(
        "terminal.os", session, decision, terminal(evidence, intent, subject)[2]
    )


@check(
    "terminal.address",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_address(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal has its own IPv4 address, prefix and interface metrics, set by hand."""
    session, decision = decided(evidence, intent, subject)
    hindered = conflict("terminal.address", session, decision, subject)
    for lent in notes("terminal.address", decision) if hindered is None else ():
        return failed("terminal.address.dhcp", session, host=subject, what=str(lent))
    wrong = fault("terminal.address", session, decision, intent, subject)
    return wrong or passed("terminal.address.same", session, host=subject)


@check(
    "terminal.ipv6",
    party=Party.TECHNICIAN,
    needs=(*SESSION, "lan.ra-source"),
    each=terminals,
    host_subjects=True,
)
def test_ipv6(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal has an IPv6 address of the prefix that the router advertises."""
    session, wanted, state = terminal(evidence, intent, subject)
    if has_ipv6(wanted, state, seen_by(evidence, subject)) is False:
        remedy = text("checks.terminal.ipv6.tick", host=subject)
        return failed("terminal.ipv6.off", session, remedy=remedy, host=subject)
    adverts = found(evidence.laptop.terminal_adverts).advertisements
    prefixes = [one.prefix for advert in adverts for one in advert.prefixes]
    own = [a.address for a in state.addresses if isinstance(a.address, IPv6Address)]
    inside = [one for one in own if any(one in prefix for prefix in prefixes)]
    names = ", ".join(str(prefix) for prefix in prefixes)
    if inside:
        return passed("terminal.ipv6.inside", session, address=inside[0], prefix=names)
    outside = [str(one) for one in own if not one.is_link_local]
    if outside:
        has = ", ".join(outside)
        return failed("terminal.ipv6.outside", session, host=subject, names=has, prefix=names)
    return failed("terminal.ipv6.none", session, host=subject, prefix=names)


@check(
    "terminal.route",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_route(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal answers the clinic LAN through the router."""
    return judged("terminal.route", evidence, intent, subject)


@check(
    "terminal.resolvers",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_resolvers(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal asks the intended resolvers."""
    return judged("terminal.resolvers", evidence, intent, subject)


@check(
    "terminal.link-user",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_link_user(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The link user is there, enabled, does not expire and takes the site's password."""
    session, wanted, state = terminal(evidence, intent, subject)
    hindered = conflict("terminal.link-user", *decided(evidence, intent, subject), subject)
    if hindered is not None:
        return hindered
    user, remedy = state.user, mend(intent, subject)
    if user is None:
        return failed("terminal.link-user.missing", session, remedy=remedy, user=wanted.link_user)
    if not user.enabled or user.expires:
        return failed("terminal.link-user.state", session, remedy=remedy, user=user.name)
    if user.locked:
        return failed("terminal.link-user.locked", session, remedy=remedy, user=user.name)
    if user.password_good is None:
        raise Unmeasured("unmeasured.untried", user=user.name)
    if not user.password_good:
        return failed("terminal.link-user.password", session, remedy=remedy, user=user.name)
    return passed("terminal.link-user.good", session, user=user.name)


@check(
    "terminal.shares",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_shares(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The shares are there, and only the link user may use them."""
    session, _wanted, state = terminal(evidence, intent, subject)
    open_to_all = sorted(
        share.name
        for share in state.shares
        if any((entry.sid or entry.account.lower()) in EVERYONE for entry in share.access)
    )
    if open_to_all:
        names, remedy = ", ".join(open_to_all), mend(intent, subject)
        return failed("terminal.shares.everyone", session, remedy=remedy, names=names)
    if state.serving is False:
        remedy = mend(intent, subject)
        raise Unmeasured("unmeasured.server-stopped", remedy=remedy, host=subject)
    return judged("terminal.shares", evidence, intent, subject)


@check(
    "terminal.firewall",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_firewall(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal's firewall opens the shares (SMB) to the clinic LAN only."""
    return judged("terminal.firewall", evidence, intent, subject)


@check(
    "terminal.services",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_services(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal's services run and start by themselves."""
    session, decision = decided(evidence, intent, subject)
    missing = [str(one) for one in notes("terminal.services", decision)]
    if missing:
        return failed("terminal.services.missing", session, what=joined(missing))
    return judged("terminal.services", evidence, intent, subject)


@check(
    "terminal.clock",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_clock(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal's clock is right and follows the closed network's time server."""
    session, decision = decided(evidence, intent, subject)
    source = differences("terminal.clock", decision)
    if source:
        what, remedy = shown(source), mend(intent, subject)
        return failed("terminal.clock.source", session, remedy=remedy, host=subject, what=what)
    return clock("terminal.clock", evidence, intent, subject)


@check(
    "terminal.certificate",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    explained_by=DELIVERED,
)
def test_certificate(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal has its client certificate, and it is valid for long enough."""
    session, wanted, state = terminal(evidence, intent, subject)
    days = certificate_days(wanted, state, session.asked_at)
    if days is None:
        store = wanted.certificate_store
        return failed("terminal.certificate.missing", session, host=subject, store=store)
    if days < wanted.days_left:
        word = "expired" if days < 0 else "soon"
        return failed(
            f"terminal.certificate.{word}",
            session,
            severity=Severity.PROBLEM if days < 0 else Severity.WARNING,
            party=Party.INSTITUTION,
            remedy=text("checks.renew-certificate"),
            host=subject,
            days=abs(days),
        )
    return passed("terminal.certificate.valid", session, days=days)


FREE_BYTES = 10 * 2**30
"""Inference: a cumulative update of Windows wants some of it, and fails without."""


@check(
    "terminal.disk",
    party=Party.TECHNICIAN,
    needs=SESSION,
    severity=Severity.WARNING,
    each=terminals,
    host_subjects=True,
)
def test_disk(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal's disk has room for what is still to come."""
    session, _wanted, state = terminal(evidence, intent, subject)
    if state.disk is None:
        raise Unmeasured("unmeasured.not-asked")
    free = f"{state.disk.free / 2**30:.0f}"
    if state.disk.free < FREE_BYTES:
        return failed("terminal.disk.full", session, host=subject, free=free)
    return passed("terminal.disk.room", session, free=free)


@check(
    "terminal.leftovers",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=terminals,
    host_subjects=True,
    severity=Severity.WARNING,
)
def test_leftovers(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """No interrupted run left anything on the terminal."""
    return nothing_left("terminal.leftovers", evidence, intent, subject)
