"""What a receipt PC needs, from its intent, its state and its user's credential store. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from onshi_net.facts.pc import ReceiptState, StoreState
from onshi_net.intent.windows import ReceiptIntent
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import (
    Conflict,
    Decision,
    Found,
    Kind,
    Why,
    clock_notes,
    decision,
    leftovers,
    nothing,
    release_notes,
    system_conflicts,
)
from onshi_net.pcs.preconditions import (
    RECEIPT_POLICIES,
    client_notes,
    condition_notes,
    policy_conflicts,
    service_conflicts,
)
from onshi_net.pcs.routes import (
    direct_conflicts,
    other_ways,
    route_conflicts,
    ways,
    ways_there,
    ways_wanted,
)

KEPT_PERSIST = frozenset({2, 3})
"""CRED_PERSIST_LOCAL_MACHINE and CRED_PERSIST_ENTERPRISE outlast the logon (CREDENTIALW,
Persist)."""


def receipt_conflicts(intent: ReceiptIntent, state: ReceiptState) -> Iterator[Conflict]:
    """Finds why the receipt PC is refused."""
    yield from system_conflicts(Why.RECEIPT_OS, state)
    if intent.credentials:
        servers = tuple(str(one.address) for one in intent.proofs)
        yield from policy_conflicts(state, RECEIPT_POLICIES, servers)
        yield from service_conflicts(state)
    if not intent.routes:
        yield from direct_conflicts(state, intent.terminal_network)
    for route in intent.routes:
        yield from route_conflicts(state, route, intent.clinic)


def decide_receipt(intent: ReceiptIntent, state: ReceiptState, now: datetime) -> Decision:
    """Answers what the receipt PC needs."""
    notes = (
        *clock_notes(state, now, intent.clock_tolerance_s),
        *release_notes(state, now),
        *condition_notes(state),
        *(client_notes(state) if intent.credentials else ()),
    )
    return decision(KINDS, intent, state, receipt_conflicts(intent, state), notes)


def _ways(intent: ReceiptIntent, state: ReceiptState) -> Iterable[r.Thing]:
    if intent.routes:
        networks = [one.destination for one in intent.routes]
        return (*ways_there(state, intent.routes), *other_ways(state, networks))
    network = intent.terminal_network
    return (ways(state, network), *other_ways(state, [network]))


def _right_ways(intent: ReceiptIntent, state: ReceiptState) -> Iterable[r.Thing]:
    """Answers none with the route on the clinic's own device."""
    if intent.routes:
        return ways_wanted(state, intent.routes, intent.clinic)
    return (r.Ways(intent.terminal_network),)


def _entries(intent: ReceiptIntent, state: ReceiptState) -> Iterable[r.Thing]:
    return stored_credentials(intent, state.store).values() if state.store is not None else ()


def _right_entries(intent: ReceiptIntent, state: ReceiptState) -> Iterable[r.Thing]:
    some = intent.credentials if state.store is not None else ()
    return (r.StoredCredential(one.target, one.user, True) for one in some)


KINDS: tuple[Kind[ReceiptIntent, ReceiptState], ...] = (
    Kind(r.Leftover, leftovers, nothing, gone=leftovers),
    Kind(r.Ways, _ways, _right_ways),
    Kind(r.StoredCredential, _entries, _right_entries),
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
