"""What has happened so far: survey, approval of the design, certificate (提供条件①, 準備事項 5)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from onshi_net.brochure.case import Case
from onshi_net.brochure.findings import Finding, finding


def stage_answers(case: Case, on: datetime.date) -> Iterator[Finding]:
    """Answers what nobody has written down yet, or what lies after the day `on`."""
    done_on = case.survey.done_on
    if done_on is None:
        yield finding("survey.open")
    elif done_on > on:
        yield finding("survey.later", day=done_on)
    if case.contract.design_approved_on is None:
        yield finding("ready.design")
    if case.prerequisites.certificate_issued_on is None:
        yield finding("ready.certificate-open")
