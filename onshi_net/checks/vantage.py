"""Two places to measure from: the laptop's leg, and the terminals themselves.

What the laptop could not measure, for want of a leg in the terminal network or of a probe, a
terminal may have: its verdict is then the check's, and says from where. A terminal that is itself
at fault proves nothing against the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Any

from onshi_net.checks.model import State, Unmeasured, Verdict
from onshi_net.facts.outcome import Outcome
from onshi_net.facts.readings import Port, Reading
from onshi_net.facts.types import Evidence, Interface, Laptop, Legs
from onshi_net.facts.views import View
from onshi_net.facts.windows import TerminalEvidence
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import TerminalIntent
from onshi_net.pcs import resources as r
from onshi_net.pcs.differ import differ
from onshi_net.pcs.ways import has_ipv6, has_way_out, other_ways

NO_LEG = frozenset({"unmeasured.no-terminal-leg", "unmeasured.no-probe"})
"""Why the laptop could not ask at all; whatever else keeps it from an answer is no gap to fill."""
OWN_FAULTS = frozenset({r.Resolvers.kind, r.InterfaceAddress.kind})
"""Differences of a terminal that keep it from the closed network by themselves."""
Judge = Callable[..., Verdict]


def seen_by(evidence: Evidence, host: str) -> View | None:
    """Answers what a terminal saw, None where it was not asked or could not tell."""
    found = evidence.windows.terminal(host) if evidence.windows is not None else None
    return found.view if found is not None else None


def also_from_terminals(judge: Judge) -> Judge:
    """Lets a check that reads what the laptop asked fall back on what the terminals asked."""

    @wraps(judge)
    def judged(**given: Any) -> Verdict:
        try:
            return judge(**given)
        except Unmeasured as stop:
            if stop.verdict.message not in NO_LEG:
                raise
            verdict = _from_terminals(judge, given)
            if verdict is None:
                raise
            return verdict

    return judged


def from_receipts(evidence: Evidence, terminal: str) -> tuple[str, Reading[Port] | None]:
    """Answers which receipt PC got to the terminal's shares, and its reading; None: nobody did.

    One that did not proves nothing: its own route, or firewall, may be why.
    """
    some = evidence.windows.receipts if evidence.windows is not None else ()
    for one in some:
        reading = one.view.ports.get(terminal) if one.view is not None else None
        if reading is not None and reading.ok:
            return one.session.host, reading
    return "", None


def _from_terminals(judge: Judge, given: dict[str, Any]) -> Verdict | None:
    """Answers the verdict of a terminal: the first good one, else the first bad that counts.

    None: no terminal measured it.
    """
    evidence, intent = given["evidence"], given["intent"]
    bad: Verdict | None = None
    for seen, wanted in _views(evidence, intent):
        try:
            verdict = judge(**{**given, "evidence": as_seen(evidence, seen)})
        except Unmeasured:
            continue
        verdict = replace(verdict, seen_from=seen.session.host)
        if verdict.state is State.PASSED:
            return verdict
        if bad is None and is_sound(wanted, seen):
            bad = verdict
    return bad


def _views(
    evidence: Evidence, intent: SiteIntent
) -> Iterator[tuple[TerminalEvidence, TerminalIntent]]:
    """Gives the terminals that looked."""
    some = evidence.windows.terminals if evidence.windows is not None else ()
    for one in some:
        wanted = intent.terminal_intent(one.session.host)
        if one.view is not None and wanted is not None:
            yield one, wanted


def is_sound(intent: TerminalIntent, seen: TerminalEvidence) -> bool:
    """Answers whether nothing on the terminal itself keeps it from the closed network."""
    state = seen.state
    if state is None or not has_ipv6(intent, state, seen.view) or not has_way_out(intent, state):
        return False
    wrong = {one.kind for one in differ(state, intent, seen.session.asked_at).differences}
    return not other_ways(intent, state, seen.view) and not wrong & OWN_FAULTS


def as_seen(evidence: Evidence, seen: TerminalEvidence) -> Evidence:
    """Answers the evidence as if the laptop had stood where the terminal does."""
    view = seen.view
    if view is None:
        return evidence
    leg = Interface(name=seen.session.host, mac="", ethernet=True, up=True, mtu=1500)
    laptop = Laptop(
        probe=Reading(outcome=Outcome.OK),
        legs=Legs(terminal=leg),
        has_bundle=view.certificate,
        services=view.services,
        resolvers=view.resolvers,
    )
    return evidence.model_copy(update={"laptop": laptop})
