"""Checks of the receipt PCs: Windows, route, credential, and the access that all of it is for."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from onshi_net.checks.catalogue import PAIR, check
from onshi_net.checks.facts import receipt_pcs
from onshi_net.checks.model import NotApplicable, Party, Unmeasured, Verdict, failed, passed
from onshi_net.checks.pcs import (
    ROUTES,
    as_intended,
    clock,
    conflicting,
    decided,
    mend,
    nothing_left,
    of,
    one_line,
    reachable,
    receipt,
)
from onshi_net.facts.pc import Proof, ReceiptState, StoreState
from onshi_net.facts.types import Evidence
from onshi_net.facts.windows import ReceiptEvidence, Session
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import CredentialIntent, ProofIntent, ReceiptIntent
from onshi_net.model.windows import RoutePath
from onshi_net.pcs.proof import cause_of
from onshi_net.pcs.receipt import KEPT_PERSIST
from onshi_net.pcs.resources import ACTIVE, PERSISTENT, Difference, Route

FIRST = ("lan.present.{subject}", "clinic-lan.duplicate-address.{subject}")
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


@check("receipt-pc.os", party=Party.VENDOR, needs=SESSION, each=receipt_pcs, host_subjects=True)
def test_os(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC runs Windows 10 or 11."""
    session, decision = decided(evidence, intent, subject)
    wrong = conflicting("receipt-pc.os", session, subject, of(decision, "receipt-os"))
    system = receipt(evidence, intent, subject)[2].system
    return wrong or passed(
        "receipt-pc.os.right", session, caption=system.caption, build=system.build
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
    session, decision = decided(evidence, intent, subject)
    names = ("on-link", "on-link-route", "own-next-hop", "next-hop-off-link")
    wrong = conflicting("receipt-pc.on-link", session, subject, of(decision, *names))
    return wrong or passed("receipt-pc.on-link.free", session, host=subject)


@check(
    "receipt-pc.route",
    party=Party.TECHNICIAN,
    needs=("receipt-pc.on-link.{subject}",),
    each=receipt_pcs,
    host_subjects=True,
)
def test_route(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The receipt PC has one route to the terminal network, now and after a restart."""
    session, decision = decided(evidence, intent, subject)
    wanted = receipt(evidence, intent, subject)[1]
    wrong = [one for one in decision.differences if one.kind in ROUTES]
    word = _one_store(wrong)
    if word is not None:
        route, remedy = wrong[0].after, mend(intent, subject)
        return failed(
            f"receipt-pc.route.{word}", session, remedy=remedy, host=subject, route=str(route)
        )
    verdict = as_intended("receipt-pc.route", evidence, intent, subject, ROUTES)
    if not wrong and not wanted.routes:
        return passed("receipt-pc.route.none-needed", session, host=subject)
    return verdict


def _one_store(wrong: list[Difference]) -> str | None:
    """Answers which store alone has the route, where that is all that is wrong."""
    if len(wrong) != 1:
        return None
    before, after = wrong[0].before, wrong[0].after
    if not isinstance(before, Route) or not isinstance(after, Route):
        return None
    if before.metric != after.metric:
        return None
    return ONE_STORE.get(before.stores)


@check(
    "receipt-pc.credential",
    party=Party.TECHNICIAN,
    needs=SESSION,
    each=receipt_pcs,
    host_subjects=True,
)
def test_credential(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """The terminal's credential lies in the store of the user who runs the receipt computer."""
    found, wanted, _state = receipt(evidence, intent, subject)
    if not wanted.credentials:
        raise NotApplicable("not-applicable.no-link", host=subject)
    store = _store(found)
    if store.user.lower() != wanted.user.lower():
        return failed(
            "receipt-pc.credential.other-store", found.session, user=wanted.user, found=store.user
        )
    wrong = [what for one in wanted.credentials if (what := _entry_fault(store, one))]
    if wrong:
        what, remedy = "; ".join(wrong), mend(intent, subject)
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
        reason = one_line(found.store_reason)
        raise Unmeasured("unmeasured.pc", host=found.session.host, reason=reason)
    return found.store


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
    return _refused(found.session, cause, proof, values)


def _refused(session: Session, cause: str, proof: Proof, values: dict[str, Any]) -> Verdict:
    given: dict[str, Any] = {**values, "step": proof.step, "code": proof.error}
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
)
def test_leftovers(evidence: Evidence, intent: SiteIntent, subject: str) -> Verdict:
    """No interrupted run left anything on the receipt PC."""
    return nothing_left("receipt-pc.leftovers", evidence, intent, subject)
