"""Whether the survey can still be cancelled without a fee (有償の現地調査)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from onshi_net.brochure.calendar import JST, cancellation_deadline, cancels_free
from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Verdict
from onshi_net.brochure.findings import Finding, finding

VERDICTS = {
    "cancel.free": Verdict.YES,
    "cancel.unsigned": Verdict.YES,
    "cancel.fee": Verdict.NO,
    "cancel.done": Verdict.NO,
    "cancel.day-open": Verdict.NOT_YET,
}


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What cancelling a site's survey at a moment means."""

    site: str
    at: datetime.datetime
    finding: Finding

    @property
    def verdict(self) -> Verdict:
        """Answers whether it costs nothing; not yet where the survey's day isn't known."""
        return VERDICTS[self.finding.rule]

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with the sentence."""
        return {
            "site": self.site,
            "at": self.at.isoformat(timespec="minutes"),
            "verdict": self.verdict.value,
            "finding": self.finding.to_json(),
        }


def is_signed(case: Case, on: datetime.date) -> bool:
    """Answers whether the contract is signed on the day `on`; before that nothing has a fee."""
    return case.contract.signed_on is not None and case.contract.signed_on <= on


def deadline_of(case: Case, on: datetime.date) -> datetime.datetime | None:
    """Answers until when the survey can be cancelled for nothing.

    None where there is nothing to cancel, no day is planned, or no contract is signed.
    """
    planned = case.survey.planned_on
    if planned is None or case.is_surveyed(on) or not is_signed(case, on):
        return None
    return cancellation_deadline(planned)


def cancel(case: Case, *, at: datetime.datetime) -> Cancellation:
    """Answers what cancelling the survey at `at` costs; `at` knows its time zone. Pure."""
    return Cancellation(case.name, at, _finding(case, at.astimezone(JST)))


def _finding(case: Case, at: datetime.datetime) -> Finding:
    planned, on = case.survey.planned_on, at.date()
    if case.is_surveyed(on):
        return finding("cancel.done", day=case.survey.done_on)
    if not is_signed(case, on):
        return finding("cancel.unsigned")
    if planned is None:
        return finding("cancel.day-open")
    deadline = cancellation_deadline(planned)
    rule = "cancel.free" if cancels_free(planned, at) else "cancel.fee"
    return finding(rule, day=planned, deadline=deadline)
