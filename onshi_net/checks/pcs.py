"""What the checks of terminals and receipt PCs ask of evidence again and again.

A PC is judged by the same decision that provisioning makes (`pcs.differ`), so a
check can't want what provisioning does not do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from onshi_net.checks.facts import is_exchanged, told
from onshi_net.checks.model import (
    Lack,
    NotApplicable,
    Unmeasured,
    Verdict,
    failed,
    noticed,
    passed,
)
from onshi_net.checks.once import once
from onshi_net.facts.pc import PcState, ReceiptState, TerminalState
from onshi_net.facts.told import Told
from onshi_net.facts.types import Evidence
from onshi_net.facts.windows import Access, ReceiptEvidence, Session, TerminalEvidence
from onshi_net.i18n import joined, text
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import Decision, Left, Note, Why
from onshi_net.pcs.differ import differ
from onshi_net.pcs.resources import Difference, Thing

SHOWN = 3
"""So many differing things are quoted in a sentence; `onshi plan` shows all."""
WINRM_OFF = "service-off"
"""The cause of a PC that doesn't answer where it is there: what `winrm restore` leaves."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What of a PC's decision one check judges."""

    things: tuple[type[Thing], ...] = ()
    conflicts: tuple[Why, ...] = ()
    notes: tuple[Left, ...] = ()


NO_WAY = (
    Why.ON_LINK,
    Why.ON_LINK_ROUTE,
    Why.DHCP_ROUTE,
    Why.OWN_NEXT_HOP,
    Why.NEXT_HOP_OFF_LINK,
)
RELEASE = (Left.OS_UNKNOWN, Left.OS_ENDS, Left.OS_ENDED, Left.OS_OTHER)
UNJUDGED = frozenset(
    {
        Left.RESTART_PENDING,
        Left.PUBLIC,
        Left.OTHER_FIREWALL,
        Left.WINRM_OPEN,
        Left.WINRM_FILTER,
        Left.SMB_STRICT,
        Left.OLD_NTLM,
        Left.TRIGGERS,
    }
)
"""Notes that may explain a fault and are none: `plan` and `provision` tell them."""
CLAIMS: Mapping[str, Claim] = {
    "terminal.os": Claim(conflicts=(Why.TERMINAL_OS,), notes=RELEASE),
    "terminal.address": Claim(
        (r.InterfaceAddress, r.InterfaceMetric), (Why.NO_ADDRESS,), (Left.DHCP,)
    ),
    "terminal.route": Claim((r.Ways,), NO_WAY),
    "terminal.resolvers": Claim((r.Resolvers,)),
    "terminal.link-user": Claim((r.User,), (Why.NTLM_IN, Why.GUEST_ONLY, Why.LINK_BARRED)),
    "terminal.shares": Claim((r.Share, r.GrantedFolder), (Why.NO_SMB2,)),
    "terminal.firewall": Claim((r.FirewallRule, r.SharingRules)),
    "terminal.services": Claim((r.ServiceState,), notes=(Left.NO_SERVICE,)),
    "terminal.clock": Claim((r.TimeSource,), notes=(Left.CLOCK,)),
    "terminal.certificate": Claim(notes=(Left.NO_CERTIFICATE, Left.CERTIFICATE_DAYS)),
    "terminal.leftovers": Claim((r.Leftover,)),
    "receipt-pc.os": Claim(conflicts=(Why.RECEIPT_OS,), notes=RELEASE),
    "receipt-pc.on-link": Claim(conflicts=NO_WAY),
    "receipt-pc.route": Claim((r.Ways,)),
    "receipt-pc.credential": Claim(
        (r.StoredCredential,),
        (Why.CREDENTIALS_OFF, Why.NTLM_OUT, Why.NTLM_SMB, Why.NO_WORKSTATION, Why.NO_SMB2),
    ),
    "receipt-pc.clock": Claim(notes=(Left.CLOCK,)),
    "receipt-pc.leftovers": Claim((r.Leftover,)),
}
"""By check. All that can differ, refuse or be left on a kind of PC stands at one check of it."""
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


def release(check: str, session: Session, decision: Decision, state: PcState) -> Verdict:
    """Answers that the PC's Windows will do, and until when where that is less than a year.

    Raises Unmeasured for a release that isn't known: whether it will do can't be told.
    """
    note = next((one for one in decision.notes if one.name.startswith("os-")), None)
    if note is not None and note.name == "os-unknown":
        raise Unmeasured("unmeasured.os-unknown", **note.values)
    if note is not None:
        return noticed(f"{check}.{note.name.removeprefix('os-')}", session, **note.values)
    system = state.system
    return passed(f"{check}.right", session, caption=system.caption, build=system.build)


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
        advice = sentences(session.remedy)
        raise Unmeasured("unmeasured.no-pc-leg", lack=Lack.PC_LEG, host=host, advice=advice)
    if session.access is Access.NOT_READY and WINRM_OFF in session.causes:
        advice = text("checks.let-in", site=intent.site)
        raise Unmeasured("unmeasured.pc-put-back", lack=Lack.WINRM, remedy=advice, host=host)
    if session.access in UNSEEN:
        reason, advice = sentences(session.reason), sentences(session.remedy)
        message = "unmeasured.pc-advice" if advice else "unmeasured.pc"
        raise Unmeasured(message, reason=reason, advice=advice)
    return session


def _asked(evidence: Evidence, host: str) -> TerminalEvidence | ReceiptEvidence:
    windows = evidence.windows
    found = (windows.terminal(host) or windows.receipt(host)) if windows is not None else None
    if found is None:
        raise Unmeasured("unmeasured.not-asked")
    return found


def _is_named(intent: SiteIntent, host: str) -> bool:
    return any(one.access.named for one in intent.windows if one.access.host == host)


def sentences(some: Iterable[Told]) -> str:
    """Answers them in the current language, on one line."""
    return one_line("\n".join(told(one) for one in some))


def one_line(lines: str) -> str:
    """Answers several lines as one."""
    return joined(lines.split("\n"), " ")


def reachable(check_id: str, evidence: Evidence, intent: SiteIntent, host: str) -> Verdict:
    """Judges whether the tool gets into the PC."""
    asked = _asked(evidence, host).session
    if asked.access not in {Access.OK, Access.NO_LEG} and is_exchanged(evidence, host):
        remedy = text("checks.exchanged", site=intent.site, host=host)
        return failed(f"{check_id}.exchanged", asked, remedy=remedy, host=host)
    session = session_of(evidence, intent, host)
    if session.access is Access.OK:
        return passed(f"{check_id}.open", session, host=host)
    reason, remedy = sentences(session.reason), sentences(session.remedy)
    return failed(f"{check_id}.refused", session, remedy=remedy, reason=reason)


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
    return once(("decided", host), lambda: _decided(evidence, intent, host))


def _decided(evidence: Evidence, intent: SiteIntent, host: str) -> tuple[Session, Decision]:
    if intent.terminal_intent(host) is not None:
        session, wanted, state = terminal(evidence, intent, host)
        return session, differ(state, wanted, session.asked_at)
    found, needed, seen = receipt(evidence, intent, host)
    return found.session, differ(seen, needed, found.session.asked_at)


def mend(intent: SiteIntent, host: str) -> str:
    """Answers the remedy of what provisioning mends."""
    return text("checks.mend", site=intent.site, host=host)


def judged(
    check_id: str,
    evidence: Evidence,
    intent: SiteIntent,
    host: str,
    right: str = "same",
    **values: Any,
) -> Verdict:
    """Judges all that the check claims; `right` and `values` are its sentence where it holds."""
    session, decision = decided(evidence, intent, host)
    wrong = fault(check_id, session, decision, intent, host)
    return wrong or passed(f"{check_id}.{right}", session, host=host, **values)


def fault(
    check_id: str, session: Session, decision: Decision, intent: SiteIntent, host: str
) -> Verdict | None:
    """Answers what is wrong of what the check claims: first what a person must settle."""
    hindered = conflict(check_id, session, decision, host)
    if hindered is not None:
        return hindered
    wrong = differences(check_id, decision)
    if wrong:
        return failed(
            f"{check_id}.differs",
            session,
            remedy=mend(intent, host),
            host=host,
            what=shown(wrong),
        )
    return None


def conflict(check_id: str, session: Session, decision: Decision, host: str) -> Verdict | None:
    """Answers what a person must settle of what the check claims."""
    conflicts = [one for one in decision.conflicts if one.name in CLAIMS[check_id].conflicts]
    if not conflicts:
        return None
    what = joined(str(one) for one in conflicts)
    remedy = joined((one.remedy for one in conflicts), " ")
    return failed(f"{check_id}.conflict", session, remedy=remedy, host=host, what=what)


def differences(check_id: str, decision: Decision) -> list[Difference]:
    """Answers the differences that the check claims."""
    kinds = {one.kind for one in CLAIMS[check_id].things}
    every = once(("differences", str(id(decision))), lambda: decision.differences)
    return [one for one in every if one.kind in kinds]


def notes(check_id: str, decision: Decision) -> list[Note]:
    """Answers the notes that the check claims."""
    return [one for one in decision.notes if one.name in CLAIMS[check_id].notes]


def shown(wrong: Collection[Difference]) -> str:
    """Answers differences as a part of a sentence."""
    lines = [line for one in wrong for line in str(one).splitlines()]
    return text("windows.thing.and").join(lines[:SHOWN]) + (" …" if len(lines) > SHOWN else "")


def nothing_left(check_id: str, evidence: Evidence, intent: SiteIntent, host: str) -> Verdict:
    """Judges whether no run that was killed left a task or folder on the PC."""
    session, decision = decided(evidence, intent, host)
    left = differences(check_id, decision)
    if left:
        names = ", ".join(str(one.before) for one in left)
        return failed(f"{check_id}.left", session, remedy=mend(intent, host), names=names)
    return passed(f"{check_id}.clean", session, host=host)


def clock(check_id: str, evidence: Evidence, intent: SiteIntent, host: str) -> Verdict:
    """Judges the PC's clock by the laptop's."""
    session, decision = decided(evidence, intent, host)
    for off in notes(check_id, decision):
        return failed(f"{check_id}.off", session, host=host, seconds=off.values["seconds"])
    return passed(f"{check_id}.right", session, host=host)
