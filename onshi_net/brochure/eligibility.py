"""Whether a site can be built and what must be ordered first: `assess`."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from onshi_net.brochure.access import access_answers
from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Level, Pattern, Verdict
from onshi_net.brochure.findings import (
    Answer,
    Finding,
    Order,
    findings_of,
    orders_of,
    verdict,
)
from onshi_net.brochure.line import area_answers, line_answers
from onshi_net.brochure.pattern import pattern_of
from onshi_net.brochure.stages import stage_answers
from onshi_net.brochure.work import work_answers


@dataclass(frozen=True, slots=True)
class Assessment:
    """The site's pattern, every finding, and what to order."""

    site: str
    on: datetime.date
    pattern: Pattern
    findings: tuple[Finding, ...]
    orders: tuple[Order, ...]

    def of(self, level: Level) -> tuple[Finding, ...]:
        """Answers the findings of one level."""
        return tuple(one for one in self.findings if one.level is level)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """Answers the findings for which nothing may be built as things stand."""
        return tuple(one for one in self.findings if one.stops_all or one.holds_site)

    @property
    def verdict(self) -> Verdict:
        """Answers yes, no, or not yet where a question about line or path has no answer."""
        return verdict(self.refusals)

    @property
    def eligible(self) -> bool:
        """Answers whether the site may be built as it stands."""
        return not self.refusals

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "site": self.site,
            "on": self.on.isoformat(),
            "pattern": self.pattern.value,
            "sign": self.pattern.sign,
            "eligible": self.eligible,
            "verdict": self.verdict.value,
            "findings": [one.to_json() for one in self.findings],
            "orders": [one.to_json() for one in self.orders],
            "impossible": [one.to_json() for one in self.of(Level.BLOCKED)],
            "open": [one.to_json() for one in self.of(Level.OPEN)],
        }


def answers(case: Case, on: datetime.date) -> tuple[Answer, ...]:
    """Answers every finding and order of a site on the day `on`."""
    return (
        *area_answers(case),
        *access_answers(case, on),
        *line_answers(case, on),
        *work_answers(case),
        *stage_answers(case, on),
    )


def assess(case: Case, *, on: datetime.date) -> Assessment:
    """Answers what the brochure says about a site on the day `on`; pure, from the case alone."""
    found = answers(case, on)
    return Assessment(case.name, on, pattern_of(case), findings_of(found), orders_of(found))
