"""What a receipt PC needs, from its intent, its state and its user's credential store. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from onshi_net.facts.pc import ReceiptState, StoreState
from onshi_net.intent.windows import ReceiptIntent
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import (
    Conflict,
    Decision,
    Found,
    Wanted,
    clock_notes,
    leftovers,
)
from onshi_net.pcs.routes import (
    direct_conflicts,
    found_routes,
    rivals,
    route_conflicts,
    wanted_route,
)

WORKSTATION = 1
FIRST_WINDOWS_10 = 10240
"""Build of the first Windows 10; Windows 11 begins at 22000 (Microsoft, release information)."""
KEPT_PERSIST = frozenset({2, 3})
"""CRED_PERSIST_LOCAL_MACHINE and CRED_PERSIST_ENTERPRISE outlast the logon (CREDENTIALW,
Persist)."""


def receipt_conflicts(intent: ReceiptIntent, state: ReceiptState) -> Iterator[Conflict]:
    """Finds why the receipt PC is refused."""
    system = state.system
    if system.product_type != WORKSTATION or system.build < FIRST_WINDOWS_10:
        yield Conflict("receipt-os", {"caption": system.caption, "build": system.build})
    if not intent.routes:
        yield from direct_conflicts(state, intent.terminal_network)
    for route in intent.routes:
        yield from route_conflicts(state, route, intent.clinic)


def decide_receipt(
    intent: ReceiptIntent, state: ReceiptState, store: StoreState, now: datetime
) -> Decision:
    """Answers what the receipt PC needs."""
    left = leftovers(state)
    wanted: Wanted = dict.fromkeys(left)
    if not intent.routes:
        wanted |= rivals(state, intent.terminal_network, None)
    for route in intent.routes:
        wanted |= wanted_route(state, route, intent.clinic)
    wanted |= {
        one.key: one
        for one in (r.StoredCredential(c.target, c.user, True) for c in intent.credentials)
    }
    found = {**left, **found_routes(state), **stored_credentials(intent, store)}
    return Decision(
        found=found,
        wanted=wanted,
        conflicts=tuple(receipt_conflicts(intent, state)),
        notes=clock_notes(state, now, intent.clock_tolerance_s),
    )


def stored_credentials(intent: ReceiptIntent, store: StoreState) -> Found:
    """Answers the entries of the user's store, each proved or not."""
    good = {proof.share.lower() for proof in store.proofs if proof.good}
    proved = {str(p.address).lower() for p in intent.proofs if p.unc.lower() in good}
    some = [
        r.StoredCredential(
            entry.target,
            entry.user,
            entry.persist in KEPT_PERSIST and entry.target.lower() in proved,
        )
        for entry in store.entries
        if entry.found
    ]
    return {one.key: one for one in some}
