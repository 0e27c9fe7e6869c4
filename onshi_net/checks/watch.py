"""Measuring again what was bad, while someone tries cables: `verify --watch`.

Each round asks only where something is bad; what was good stays as it was measured. A refused login
is not tried again in any round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from onshi_net.checks.catalogue import judge
from onshi_net.checks.compare import Turn, turned
from onshi_net.checks.model import CheckResult, Lack, State, ending
from onshi_net.diagnose import Diagnosis, diagnose
from onshi_net.evidence import Evidence, collect
from onshi_net.evidence.collecting import LAPTOP, ROUTER, Known
from onshi_net.intent import SiteIntent
from onshi_net.inventory import Secrets
from onshi_net.transport.refused import Refused

OPEN = frozenset({State.FAILED, State.ERROR, State.SKIPPED})
PC_SEGMENTS = frozenset({"terminal", "receipt-pc"})


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what is known now, and what turned since the one before."""

    evidence: Evidence
    checks: tuple[CheckResult, ...]
    turns: tuple[Turn, ...]
    diagnosis: Diagnosis

    @property
    def bad(self) -> tuple[CheckResult, ...]:
        """What is still wrong, waits for that, or could not be measured."""
        return bad(self.checks)

    @property
    def ending(self) -> str:
        """How a verification with these results ends."""
        return ending(self.checks).value


def bad(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Answers what a round may mend; a PC whose WinRM is off, as a good visit leaves it, is not."""
    return tuple(one for one in results if one.state in OPEN and one.lack is not Lack.WINRM)


Measure = Callable[[Known], Evidence]


def parts(results: Iterable[CheckResult], intent: SiteIntent) -> frozenset[str]:
    """Answers what has to be asked again: where a check is bad, or waits for one that is."""
    hosts = [one.access.host for one in intent.windows]
    found: set[str] = set()
    for one in bad(results):
        named = {host for host in hosts if host in one.id.split(".", 2)[-1].split("@")}
        if one.segment in PC_SEGMENTS and named:
            found |= named
        else:
            found |= {ROUTER, LAPTOP, *named}
    return frozenset(found)


def again(
    evidence: Evidence, results: tuple[CheckResult, ...], intent: SiteIntent, measure: Measure
) -> Round:
    """Measures what was bad once more, and judges everything."""
    fresh = measure(Known(evidence, parts(results, intent)))
    fresh = fresh.model_copy(update={"registered_prefix": evidence.registered_prefix})
    now = judge(fresh, intent)
    return Round(fresh, now, turned(results, now), diagnose(now))


def measuring(
    intent: SiteIntent, secrets: Secrets, known_hosts: Path, *, touch: bool, refused: Refused
) -> Measure:
    """Answers how a round measures at the site."""

    def measure(known: Known) -> Evidence:
        return collect(intent, secrets, known_hosts, touch=touch, refused=refused, known=known)

    return measure
