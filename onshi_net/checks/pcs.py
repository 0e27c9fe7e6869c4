"""What the checks of terminals and receipt PCs ask of evidence again and again.

A PC is judged by the same decision that provisioning makes (`pcs.decision`), so a
check can't want what provisioning does not do.
"""

from __future__ import annotations

from collections.abc import Collection

from onshi_net.checks.model import PUT_BACK, NotApplicable, Unmeasured, Verdict, failed, passed
from onshi_net.facts.pc import ReceiptState, TerminalState
from onshi_net.facts.types import Evidence
from onshi_net.facts.windows import Access, ReceiptEvidence, Session, TerminalEvidence
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent
from onshi_net.pcs.decision import Conflict, Decision
from onshi_net.pcs.receipt import decide_receipt
from onshi_net.pcs.resources import Difference, OldRoute, Route
from onshi_net.pcs.terminal import decide_terminal
from onshi_net.provision.windows.plan import EMPTY_STORE

SHOWN = 3
"""So many differing things are quoted in a sentence; `onshi plan` shows all."""
ROUTES = (Route.kind, OldRoute.kind)
WINRM_OFF = "service-off"
"""The cause of a PC that doesn't answer where it is there: what `winrm restore` leaves."""
UNSEEN = frozenset(
    {
        Access.NO_SECRET,
        Access.NOT_READY,
        Access.UNREACHABLE,
        Access.CERTIFICATE_UNKNOWN,
        Access.ERROR,
    }
)
"""Accesses that say nothing about the PC: WinRM is off again after the work, as it should be."""


def session_of(evidence: Evidence, intent: SiteIntent, host: str) -> Session:
    """Answers how the session with a PC went.

    Raises Unmeasured where the PC could not be tried, NotApplicable where its administration is not
    this tool's.
    """
    wanted = intent.receipt_intent(host)
    if wanted is not None and wanted.by_others:
        raise NotApplicable("not-applicable.by-others", host=host)
    session = _asked(evidence, host).session
    if session.access is Access.NO_SECRET and not _is_named(intent, host):
        raise NotApplicable("not-applicable.no-pc-secret", host=host)
    if session.access is Access.NO_LEG:
        raise Unmeasured("unmeasured.no-pc-leg", host=host, advice=session.remedy)
    if session.access is Access.NOT_READY and WINRM_OFF in session.causes:
        advice = text("checks.let-in", site=intent.site)
        raise Unmeasured(PUT_BACK, remedy=advice, host=host)
    if session.access in UNSEEN:
        message = "unmeasured.pc-advice" if session.remedy else "unmeasured.pc"
        told = {"reason": one_line(session.reason), "advice": one_line(session.remedy)}
        raise Unmeasured(message, **told)
    return session


def _asked(evidence: Evidence, host: str) -> TerminalEvidence | ReceiptEvidence:
    windows = evidence.windows
    found = (windows.terminal(host) or windows.receipt(host)) if windows is not None else None
    if found is None:
        raise Unmeasured("unmeasured.not-asked")
    return found


def _is_named(intent: SiteIntent, host: str) -> bool:
    return any(one.access.named for one in intent.windows if one.access.host == host)


def one_line(sentences: str) -> str:
    """Answers several lines as one."""
    return " ".join(sentences.split("\n"))


def reachable(check_id: str, evidence: Evidence, intent: SiteIntent, host: str) -> Verdict:
    """Judges whether the tool gets into the PC."""
    session = session_of(evidence, intent, host)
    if session.access is Access.OK:
        return passed(f"{check_id}.open", session, host=host)
    remedy = one_line(session.remedy)
    return failed(f"{check_id}.refused", session, remedy=remedy, reason=one_line(session.reason))


def terminal(
    evidence: Evidence, intent: SiteIntent, host: str
) -> tuple[Session, TerminalIntent, TerminalState]:
    """Answers a terminal's session, intent and state. Raises Unmeasured where there is no state."""
    session, wanted = session_of(evidence, intent, host), intent.terminal_intent(host)
    found = evidence.windows.terminal(host) if evidence.windows is not None else None
    if found is None or found.state is None or wanted is None:
        raise Unmeasured("unmeasured.no-pc-session", host=host)
    return session, wanted, found.state


def receipt(
    evidence: Evidence, intent: SiteIntent, host: str
) -> tuple[ReceiptEvidence, ReceiptIntent, ReceiptState]:
    """Answers a receipt PC's evidence, intent and state. Raises Unmeasured without a state."""
    session_of(evidence, intent, host)
    wanted = intent.receipt_intent(host)
    found = evidence.windows.receipt(host) if evidence.windows is not None else None
    if found is None or found.state is None or wanted is None:
        raise Unmeasured("unmeasured.no-pc-session", host=host)
    return found, wanted, found.state


def decided(evidence: Evidence, intent: SiteIntent, host: str) -> tuple[Session, Decision]:
    """Answers what provisioning would decide about a PC as it was measured.

    Its credential store is left out; the store has checks of its own.
    """
    if intent.terminal_intent(host) is not None:
        session, wanted, state = terminal(evidence, intent, host)
        return session, decide_terminal(wanted, state, session.asked_at)
    found, needed, seen = receipt(evidence, intent, host)
    decision = decide_receipt(needed, seen, EMPTY_STORE, found.session.asked_at)
    return found.session, decision


def mend(intent: SiteIntent, host: str) -> str:
    """Answers the remedy of what provisioning mends."""
    return text("checks.mend", site=intent.site, host=host)


def as_intended(
    check_id: str, evidence: Evidence, intent: SiteIntent, host: str, kinds: Collection[str]
) -> Verdict:
    """Judges whether nothing of these kinds differs from the intent."""
    session, decision = decided(evidence, intent, host)
    wrong = [one for one in decision.differences if one.kind in kinds]
    if wrong:
        what = shown(wrong)
        return failed(
            f"{check_id}.differs", session, remedy=mend(intent, host), host=host, what=what
        )
    return passed(f"{check_id}.same", session, host=host)


def shown(wrong: Collection[Difference]) -> str:
    """Answers differences as a part of a sentence."""
    lines = [line for one in wrong for line in str(one).splitlines()]
    return " / ".join(lines[:SHOWN]) + (" …" if len(lines) > SHOWN else "")


def conflicting(
    check_id: str, session: Session, host: str, conflicts: Collection[Conflict]
) -> Verdict | None:
    """Answers the verdict of what a person must settle first; None where there is nothing."""
    if not conflicts:
        return None
    what = "; ".join(str(one) for one in conflicts)
    remedy = " ".join(one.remedy for one in conflicts)
    return failed(f"{check_id}.conflict", session, remedy=remedy, host=host, what=what)


def of(decision: Decision, *names: str) -> tuple[Conflict, ...]:
    """Answers the decision's conflicts of these names."""
    return tuple(one for one in decision.conflicts if one.name in names)


def nothing_left(check_id: str, evidence: Evidence, intent: SiteIntent, host: str) -> Verdict:
    """Judges whether no run that was killed left a task or folder on the PC."""
    session, decision = decided(evidence, intent, host)
    left = [one for one in decision.differences if one.kind == "leftover"]
    if left:
        names = ", ".join(str(one.before) for one in left)
        return failed(f"{check_id}.left", session, remedy=mend(intent, host), names=names)
    return passed(f"{check_id}.clean", session, host=host)


def clock(check_id: str, evidence: Evidence, intent: SiteIntent, host: str) -> Verdict:
    """Judges the PC's clock by the laptop's."""
    session, decision = decided(evidence, intent, host)
    off = next((one for one in decision.notes if one.name == "clock"), None)
    if off is not None:
        return failed(f"{check_id}.off", session, host=host, seconds=off.values["seconds"])
    return passed(f"{check_id}.right", session, host=host)
