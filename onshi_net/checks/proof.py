"""The checks of `verify` that speak of a change of the router while it can still be undone.

A check says so itself (`proves` at its declaration). Each is judged alone, without the checks that
it needs: whether it failed before the change tells what else may be the reason.

What needs the line counts only while the line is seen alive, before the change and after it. The
router answers a name from its cache for as long as its TTL says (RTX command reference 24.14: `dns
cache use` is on by default), and forgets it by the change: an answer of its own says nothing of
the line, and a name that fails on a dead line nothing of the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from onshi_net.checks.catalogue import cases
from onshi_net.checks.facts import resolvers_of, service_of
from onshi_net.checks.model import Case, Proves, State, Verdict
from onshi_net.evidence.change import asking_of_change
from onshi_net.evidence.laptop import SMB
from onshi_net.evidence.probing import PROBE
from onshi_net.facts.types import Access, Evidence, Laptop, RouterState
from onshi_net.intent import SiteIntent
from onshi_net.provision.core import Answer, Seen
from onshi_net.provision.packets import Answers, Measure

TO_TERMINAL = "policy.receipt-to-terminal"


@contextmanager
def measuring(intent: SiteIntent, command: Sequence[str] = PROBE) -> Iterator[Measure]:
    """Gives what a change of the site's router is measured by."""
    with asking_of_change(intent, command) as ask:
        yield lambda within_s: answers(ask(within_s), intent)


def answers(laptop: Laptop, intent: SiteIntent) -> Answers:
    """Answers what the laptop's packets show of each check that speaks of a change."""
    evidence = Evidence(
        site=intent.site,
        taken_at=datetime.now(UTC),
        duration_s=0.0,
        router=RouterState(access=Access.ERROR),
        laptop=laptop,
    )
    found = (case for case in cases(intent) if case.check.proves is not None)
    return tuple(_answer(case, evidence, intent) for case in found)


def _answer(case: Case, evidence: Evidence, intent: SiteIntent) -> Answer:
    verdict = case.verdict(evidence, intent)
    waits = _waits_for_pc(case, verdict, evidence) or _waits_for_line(case, evidence, intent)
    seen = Seen.UNKNOWN if waits else _SEEN[verdict.state]
    return Answer(case.id, seen, case.check.proves is Proves.ALONE, verdict.detail)


_SEEN = {
    State.PASSED: Seen.GOOD,
    State.FAILED: Seen.BAD,
    State.ERROR: Seen.UNKNOWN,
    State.SKIPPED: Seen.UNKNOWN,
    State.NOT_APPLICABLE: Seen.UNKNOWN,
}


def _waits_for_pc(case: Case, verdict: Verdict, evidence: Evidence) -> bool:
    """Answers whether a terminal may just not be set up: the same port reaches the laptop there."""
    if case.check.id != TO_TERMINAL or verdict.state is not State.FAILED:
        return False
    policy = evidence.laptop.policy
    reading = policy.clinic_to_laptop.tried.get(SMB) if policy is not None else None
    return reading is None or reading.ok or reading.unmeasured


def _waits_for_line(case: Case, evidence: Evidence, intent: SiteIntent) -> bool:
    """Answers whether a check needs the line, and none of its name's resolvers answered.

    They are asked directly: through the router, past its cache.
    """
    if case.check.proves is not Proves.WITH_LINE or case.subject is None:
        return False
    servers = resolvers_of(intent, service_of(intent, case.subject).name)
    asked = (evidence.laptop.resolvers.get(str(one)) for one in servers)
    return not any(one is not None and one.ok for one in asked)
