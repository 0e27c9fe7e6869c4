"""`verify`: collects evidence, judges it by the checks, diagnoses, stores."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onshi_net.checks.after import After, Exchange, after
from onshi_net.checks.baseline import Baseline, Comparison, Traits, compared, load_baseline, traits
from onshi_net.checks.catalogue import judge
from onshi_net.checks.history import with_history
from onshi_net.checks.join import Judged, judge_joined
from onshi_net.checks.model import CheckResult, Ending, ending
from onshi_net.diagnose import Diagnosis, diagnose
from onshi_net.evidence import Evidence, MeasuringInterrupted, collect, store
from onshi_net.evidence.probing import PROBE
from onshi_net.evidence.runs import EVIDENCE, new_run
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.inventory import Secrets
from onshi_net.transport.refused import FILE as REFUSED
from onshi_net.transport.refused import Refused

if TYPE_CHECKING:
    from onshi_net.inventory import SiteInventory


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What a verification found; `evidence_file` is where its evidence is stored."""

    site: str
    ending: Ending
    duration_s: float
    checks: tuple[CheckResult, ...]
    diagnosis: Diagnosis
    evidence_file: Path | None
    """None: it was interrupted, or could not be stored (`unstored` says why)."""
    taken_at: datetime
    traits: Traits
    baseline: Baseline | None
    """What was accepted before; None: nothing yet."""
    unstored: OSError | None = None
    exchange: Exchange | None = None
    """What was exchanged since the state was accepted, where that is known."""
    evidence: Evidence | None = field(default=None, repr=False)
    """What was measured."""
    interrupted: bool = False
    """The user ended the measuring; what had an answer until then is judged."""

    @property
    def passed(self) -> bool:
        """Whether nothing failed and enough was measured."""
        return self.ending is Ending.GOOD

    @property
    def comparison(self) -> Comparison | None:
        """What is found beside what was accepted; None where nothing was accepted yet."""
        return compared(self.baseline, self.traits) if self.baseline is not None else None

    @property
    def after(self) -> After | None:
        """What is found beside what the exchange brings; None without one, or nothing accepted."""
        found = self.comparison
        return after(self.exchange, found) if self.exchange and found else None

    def to_json(self) -> dict[str, Any]:
        """Gives what `verify --json` prints."""
        found, after = self.comparison, self.after
        return {
            **({"after": after.to_json()} if after else {}),
            "site": self.site,
            "passed": self.passed,
            "checks": [one.to_json() for one in self.checks],
            "diagnosis": self.diagnosis.to_json(),
            "accepted_at": self.baseline.accepted_at.isoformat() if self.baseline else None,
            "changes": [one.to_json() for one in found.changes] if found else [],
            "not_compared": [
                {"subject": subject, "name": name} for subject, name in found.unmeasured
            ]
            if found
            else [],
            "duration_s": round(self.duration_s, 3),
            "evidence_file": str(self.evidence_file) if self.evidence_file else None,
        }

    def diagnosis_lines(self, *, partly: bool = False) -> list[str]:
        """Gives the causes as lines for people; `partly`: without what is not measured."""
        return self.diagnosis.lines(partly=partly)


def verify(
    inventory: SiteInventory,
    intent: SiteIntent,
    secrets: Secrets,
    *,
    known_hosts: Path,
    runs: Path,
    progress: Callable[[str], None] | None = None,
    only: str | None = None,
    probe: Sequence[str] = PROBE,
    touch: bool = True,
    refused: Refused | None = None,
    exchange: Exchange | None = None,
) -> VerifyResult:
    """Measures and judges a site; stores the evidence under `runs/<site>/<time>-verify/`.

    What was interrupted is judged, and not stored: it is no verification of the site. A disk that
    takes nothing hides no result. `touch` and `refused` are those of
    `collect`; a refused login is noted for the day's other runs all the same.

    Raises InputError, before anything is measured, where the accepted state can't be read.
    """
    start = time.monotonic()
    baseline = load_baseline(inventory.folder, intent.site)
    say = progress or (lambda _step: None)
    say(text("checks.step-collect", site=inventory.site.name))
    interrupted = False
    refused = refused or Refused(runs / intent.site / REFUSED)
    try:
        evidence = collect(intent, secrets, known_hosts, probe=probe, touch=touch, refused=refused)
    except MeasuringInterrupted as stop:
        evidence, interrupted = stop.evidence, True
    accepted = baseline.traits if baseline is not None else None
    evidence = with_history(evidence, runs / intent.site, intent, accepted)
    file, unstored = (None, None) if interrupted else _kept(evidence, runs)
    say(text("checks.step-judge", site=inventory.site.name))
    if interrupted:
        found = Judged(judge(evidence, intent, only), traits(evidence, intent))
    else:
        found = judge_joined(evidence, intent, runs, only)
    results = found.results
    return VerifyResult(
        site=intent.site,
        ending=ending(results, whole=only is None),
        duration_s=time.monotonic() - start,
        checks=results,
        diagnosis=diagnose(results),
        evidence_file=file,
        unstored=unstored,
        interrupted=interrupted,
        exchange=exchange,
        evidence=evidence,
        taken_at=evidence.taken_at,
        traits=found.traits,
        baseline=baseline,
    )


def _kept(evidence: Evidence, runs: Path) -> tuple[Path | None, OSError | None]:
    """Stores evidence; answers its file, or what the system refused."""
    try:
        file = new_run(runs, evidence.site) / EVIDENCE
        store(evidence, file)
    except OSError as refused:
        return None, refused
    return file, None
