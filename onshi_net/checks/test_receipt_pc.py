"""Checks of the receipt PCs: Windows, route, credential, and the access that all of it is for."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from onshi_net.checks.catalogue import check
from onshi_net.checks.facts import receipt_pcs
from onshi_net.checks.model import (
    PAIR,
    NotApplicable,
    Party,
    Severity,
    Unmeasured,
    Verdict,
    failed,
    passed,
)
from onshi_net.checks.pcs import (
    clock,
    conflict,
    decided,
    differences,
    fault,
    judged,
    mend,
    nothing_left,
    reachable,
    receipt,
    release,
    sentences,
)
from onshi_net.facts.pc import Proof, ReceiptState, StoreState
from onshi_net.facts.types import Evidence
from onshi_net.facts.windows import ReceiptEvidence, Session
from onshi_net.i18n import joined, text
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import CredentialIntent, ProofIntent, ReceiptIntent
from onshi_net.model.accounts import account, same_name
from onshi_net.model.windows import RoutePath
from onshi_net.pcs.proof import cause_of, told_of
from onshi_net.pcs.receipt import KEPT_PERSIST
from onshi_net.pcs.resources import ACTIVE, PERSISTENT, Difference, Ways
from onshi_net.pcs.routes import BOTH_STORES

FIRST = ("clinic-lan.present.{subject}", "clinic-lan.duplicate-address.{subject}")
SESSION = ("receipt-pc.reachable.{subject}",)
NO_PATH = "no-path"
STALE = "password"
ONE_STORE: dict[tuple[str, ...], str] = {
    (ACTIVE,): "only-active",
    (PERSISTENT,): "only-persistent",
}


def links(intent: SiteIntent) -> tuple[str, ...]:
    """Lists the pairs of a receipt PC and a terminal whose share it uses."""
    found = ((host, intent.receipt_intent(host)) for host in receipt_pcs(intent))
    return tuple(
        f"{host}{PAIR}{proof.terminal}"
        for host, wanted in found
        if wanted is not None
        for proof in wanted.proofs
    )


@check(
    "receipt-pc.reachable",
    party=Party.TECHNICIAN,
    needs=FIRST,
    each=receipt_pcs,
    host_subjects=True,
)
def test_reachable(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC can be administered (WinRM)."""
    return reachable("receipt-pc.reachable", evidence, intent, subject)


@check(
    "receipt-pc.set-up",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=receipt_pcs,
    host_subjects=True,
)
def test_set_up(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC is set up for the terminals, or needs nothing."""
    found, wanted, state = receipt(evidence, intent, subject)
    there = {one.destination for one in state.routes}
    stored = {one.target.lower() for one in found.store.entries if one.found} if found.store else ()
    routed = [one for one in wanted.routes if one.destination in there]
    known = [one for one in wanted.credentials if one.target.lower() in stored]
    lacks = (wanted.routes or wanted.credentials) and not routed and not known
    if lacks and (found.store is not None or not wanted.credentials):
        remedy = mend(intent, subject)
        return failed("receipt-pc.set-up.never", found.session, remedy=remedy, host=subject)
    return passed("receipt-pc.set-up.begun", found.session, host=subject)


@check("receipt-pc.os", party=Party.VENDOR, needs=SESSION, each=receipt_pcs, host_subjects=True)
def test_os(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC runs Windows 10 or 11."""
    session, decision = decided(evidence, intent, subject)
    wrong = fault("receipt-pc.os", session, decision, intent, subject)
    return wrong or release(
        "receipt-pc.os", session, decision, receipt(evidence, intent, subject)[2]
    )


@check(
    "receipt-pc.on-link",
    party=Party.INSTITUTION,
    needs=SESSION,
    each=receipt_pcs,
    host_subjects=True,
)
def test_on_link(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """Nothing on the receipt PC hides the way to the terminal network."""
    return judged("receipt-pc.on-link", evidence, intent, subject, "free")


@check(
    "receipt-pc.route",
    party=Party.TECHNICIAN,
    needs=("receipt-pc.on-link.{subject}",),
    each=receipt_pcs,
    host_subjects=True,
    explained_by=("receipt-pc.set-up.{subject}",),
)
def test_route(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC has one route to the terminal network, now and after a restart."""
    session, decision = decided(evidence, intent, subject)
    wanted = receipt(evidence, intent, subject)[1]
    wrong = differences("receipt-pc.route", decision)
    word = _one_store(wrong)
    if word is not None:
        route, remedy = wrong[0].after, mend(intent, subject)
        return failed(
            f"receipt-pc.route.{word}", session, remedy=remedy, host=subject, route=str(route)
        )
    right = "same" if wanted.routes else "none-needed"
    return judged("receipt-pc.route", evidence, intent, subject, right)


def _one_store(wrong: list[Difference]) -> str | None:
    """Answers which store alone has the route, where that is all that is wrong."""
    if len(wrong) != 1:
        return None
    before, after = wrong[0].before, wrong[0].after
    if not isinstance(before, Ways) or not isinstance(after, Ways):
        return None
    if len(before.routes) != 1 or before.noted != after.noted:
        return None
    (now,) = before.routes
    return (
        ONE_STORE.get(now.stores) if after.routes == (replace(now, stores=BOTH_STORES),) else None
    )


@check(
    "receipt-pc.credential",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=receipt_pcs,
    host_subjects=True,
    explained_by=("receipt-pc.set-up.{subject}",),
)
def test_credential(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal's credential lies in the store of the user who runs the receipt computer."""
    found, wanted, _state = receipt(evidence, intent, subject)
    if not wanted.credentials:
        raise NotApplicable("not-applicable.no-link", host=subject)
    session, decision = decided(evidence, intent, subject)
    hindered = conflict("receipt-pc.credential", session, decision, subject)
    if hindered is not None:
        return hindered
    store = _store(found)
    if not _is_own_store(store, wanted):
        return failed(
            "receipt-pc.credential.other-store", found.session, user=wanted.user, found=store.user
        )
    wrong = [what for one in wanted.credentials if (what := _entry_fault(store, one))]
    if wrong:
        what, remedy = joined(wrong), mend(intent, subject)
        return failed(
            "receipt-pc.credential.wrong",
            found.session,
            remedy=remedy,
            user=wanted.user,
            what=what,
        )
    names = ", ".join(one.target for one in wanted.credentials)
    return passed("receipt-pc.credential.there", found.session, user=wanted.user, names=names)


def _store(found: ReceiptEvidence) -> StoreState:
    if found.store is None:
        reason = sentences(found.store_reason)
        raise Unmeasured("unmeasured.pc", host=found.session.host, reason=reason)
    return found.store


def _is_own_store(store: StoreState, wanted: ReceiptIntent) -> bool:
    """Answers whether the store is that of the wanted user, whatever that one is called.

    A Microsoft account's user has another name on the PC; evidence without SIDs has names only.
    """
    if store.sid and store.asked:
        return store.sid == store.asked
    return same_name(store.user, account(wanted.user).name)


def _entry_fault(store: StoreState, wanted: CredentialIntent) -> str:
    """Answers what is wrong with an entry, '' for nothing."""
    target = wanted.target.lower()
    entry = next((one for one in store.entries if one.found and one.target.lower() == target), None)
    if entry is None:
        return text("checks.entry-missing", target=wanted.target)
    if entry.user.lower() != wanted.user.lower():
        return text("checks.entry-user", target=wanted.target, user=entry.user)
    if entry.persist not in KEPT_PERSIST:
        return text("checks.entry-one-logon", target=wanted.target)
    return ""


@check(
    "receipt-pc.path",
    party=Party.TECHNICIAN,
    needs=(
        "receipt-pc.route.{host}",
        "policy.receipt-to-terminal.{peer}",
        "clinic-lan.device-route.{peer}",
    ),
    each=links,
    host_subjects=True,
    explained_by=("receipt-pc.set-up.{host}", "terminal.set-up.{peer}"),
)
def test_path(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """Packets of the receipt PC for the terminal go through the router.

    That the router lets them through is what `policy.receipt-to-terminal` proves with packets from
    the clinic LAN; here it is the PC's own choice of the next hop, and with the route on the
    clinic's device the access itself.
    """
    found, wanted, state, link = _link(evidence, intent, subject)
    hop = next_hop(state, link.address)
    if wanted.path is RoutePath.CLINIC_DEVICE:
        return _by_device(found, link, hop)
    router = intent.router.clinic.address.ip
    if hop != router:
        return failed(
            "receipt-pc.path.elsewhere",
            found.session,
            address=link.address,
            hop=hop or "-",
            router=router,
        )
    return passed("receipt-pc.path.router", found.session, address=link.address, router=router)


def _by_device(found: ReceiptEvidence, link: ProofIntent, hop: IPv4Address | None) -> Verdict:
    proof = _proof(found, link)
    values: dict[str, Any] = {"address": link.address, "hop": hop or "-"}
    if not proof.good and cause_of(proof) == NO_PATH:
        return failed(
            "receipt-pc.path.device-lost", found.session, party=Party.INSTITUTION, **values
        )
    return passed("receipt-pc.path.device", found.session, **values)


def next_hop(state: ReceiptState, address: IPv4Address) -> IPv4Address | None:
    """Answers the gateway that the PC now uses for an address; None for no route or a direct one.

    The longest prefix wins, then the lowest route metric; interface metrics are not read.
    """
    fitting = [
        route for route in state.routes if route.store == ACTIVE and address in route.destination
    ]
    best = min(fitting, key=lambda one: (-one.destination.prefixlen, one.metric), default=None)
    hop = best.next_hop if best is not None and not best.on_link else None
    return hop if isinstance(hop, IPv4Address) else None


@check(
    "receipt-pc.share",
    party=Party.TECHNICIAN,
    needs=(
        "receipt-pc.credential.{host}",
        "receipt-pc.path.{subject}",
        "terminal.link-user.{peer}",
        "terminal.shares.{peer}",
    ),
    each=links,
    host_subjects=True,
    explained_by=("receipt-pc.set-up.{host}", "terminal.set-up.{peer}"),
)
def test_share(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt computer's user opens, writes, reads and deletes in the terminal's share."""
    found, wanted, _state, link = _link(evidence, intent, subject)
    proof = _proof(found, link)
    values: dict[str, Any] = {"host": wanted.access.host, "user": wanted.user, "share": link.unc}
    if proof.good:
        return passed("receipt-pc.share.used", found.session, **values)
    cause = cause_of(proof)
    if cause == STALE:
        remedy = mend(intent, wanted.access.host)
        return failed("receipt-pc.share.password", found.session, remedy=remedy, **values)
    return _refused(found.session, wanted, cause, proof, values)


def _refused(
    session: Session, wanted: ReceiptIntent, cause: str, proof: Proof, values: dict[str, Any]
) -> Verdict:
    given = {**told_of(wanted, proof), **values}
    reason, remedy = (text(f"windows.proof.{cause}{end}", **given) for end in ("", ".remedy"))
    return failed("receipt-pc.share.refused", session, remedy=remedy, reason=reason, **values)


def _link(
    evidence: Evidence, intent: SiteIntent, subject: str
) -> tuple[ReceiptEvidence, ReceiptIntent, ReceiptState, ProofIntent]:
    host, _, peer = subject.partition(PAIR)
    found, wanted, state = receipt(evidence, intent, host)
    return found, wanted, state, next(one for one in wanted.proofs if one.terminal == peer)


def _proof(found: ReceiptEvidence, link: ProofIntent) -> Proof:
    """Answers how the access ended. Raises Unmeasured where it was not tried."""
    share = link.unc.lower()
    proof = next((one for one in _store(found).proofs if one.share.lower() == share), None)
    if proof is None:
        raise Unmeasured("unmeasured.not-asked")
    return proof


@check(
    "receipt-pc.clock",
    party=Party.INSTITUTION,
    needs=SESSION,
    each=receipt_pcs,
    host_subjects=True,
)
def test_clock(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC's clock is right."""
    return clock("receipt-pc.clock", evidence, intent, subject)


@check(
    "receipt-pc.leftovers",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=receipt_pcs,
    host_subjects=True,
    severity=Severity.WARNING,
)
def test_leftovers(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """No interrupted run left anything on the receipt PC."""
    return nothing_left("receipt-pc.leftovers", evidence, intent, subject)
