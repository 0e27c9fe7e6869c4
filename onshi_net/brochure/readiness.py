"""Whether a visit may take place: the customer's preparations 1 to 6, the hours, the surcharges."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from onshi_net.brochure.calendar import add_months, holiday_name, is_year_end
from onshi_net.brochure.cancellation import deadline_of
from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Prerequisite, Verdict, prerequisites, schedule
from onshi_net.brochure.eligibility import assess
from onshi_net.brochure.findings import Finding, finding, verdict
from onshi_net.brochure.line import carrier_of, match_product, needs_v6, takes_new_line
from onshi_net.brochure.surcharges import (
    clock_of,
    is_inside,
    line_surcharges,
    survey_surcharges,
)
from onshi_net.brochure.work import customer_lays
from onshi_net.i18n import text
from onshi_net.model.survey import LineUse, ReceiptWork, done

CALENDAR = frozenset({"ready.weekend", "ready.holiday", "ready.year-end", "ready.hours"})
"""Refusals that the day or the hour of the visit makes."""


class State(StrEnum):
    """A preparation's state on the day of the visit."""

    DONE = "done"
    MISSING = "missing"
    NOT_NEEDED = "not-needed"
    OPEN = "open"
    """Nobody knows yet whether it is needed."""
    UNASKED = "unasked"
    """It is needed, and nobody knows yet whether it is done."""


@dataclass(frozen=True, slots=True)
class Item:
    """One preparation: its number in the brochure, its state, where one applies."""

    row: Prerequisite
    state: State
    at: str
    """Who takes the application; the line's carrier where it is no line of NTT West's own."""

    @property
    def blocks(self) -> bool:
        """Answers whether the visit must not happen for it."""
        held = (State.MISSING, State.OPEN, State.UNASKED)
        return self.row.blocks and self.state in held

    @property
    def name(self) -> str:
        """Gives what is to be prepared, in the current language."""
        return text(f"brochure.prepare.{self.row.id}")

    @property
    def where(self) -> str:
        """Gives who applies and where, in the current language."""
        return text(f"brochure.apply.{self.at}", portal=prerequisites().portal)

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with the texts."""
        return {
            "number": self.row.number,
            "id": self.row.id,
            "state": self.state.value,
            "blocks": self.blocks,
            "name": self.name,
            "where": self.where,
            "clause": self.row.clause,
        }


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a visit on `on` (at `at`, Japanese local time) may take place, and why not."""

    site: str
    on: datetime.date
    at: datetime.time | None
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]
    surcharges: tuple[Finding, ...]

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """Answers the findings for which the visit must not happen, or not be said to be ready."""
        return tuple(one for one in self.findings if one.stops_all or one.holds_visit)

    @property
    def unprepared(self) -> tuple[Finding, ...]:
        """Answers the refusals that no other day or hour would mend."""
        return tuple(one for one in self.refusals if one.rule not in CALENDAR)

    @property
    def verdict(self) -> Verdict:
        """Answers yes, no, or not yet where nothing but open questions stands against it."""
        return verdict(self.refusals)

    @property
    def ready(self) -> bool:
        """Answers whether the visit may happen."""
        return not self.refusals

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "site": self.site,
            "on": self.on.isoformat(),
            "time": self.at.isoformat("minutes") if self.at else None,
            "ready": self.ready,
            "verdict": self.verdict.value,
            "prerequisites": [one.to_json() for one in self.items],
            "findings": [one.to_json() for one in self.findings],
            "surcharges": [one.to_json() for one in self.surcharges],
        }


def certificate_expiry(issued_on: datetime.date) -> datetime.date:
    """Answers the certificate's last day: 3 years and 3 months from its issue (clause prepare.5).

    That the day itself still counts is an inference; the certificate's own notAfter decides.
    """
    return add_months(issued_on, prerequisites().certificate_months)


def _needed(case: Case, row: Prerequisite) -> bool | None:
    """Whether a site must prepare what applies to it; None where nobody knows."""
    if row.when == "existing-line":
        product = match_product(case.product).product if case.product else None
        return needs_v6(case, product)
    if row.when == "taps-short":
        return case.survey.power_taps_short
    return True


def _applies(case: Case, row: Prerequisite, on: datetime.date) -> bool:
    """Preparation 2 has two forms, of which a site has one."""
    new = takes_new_line(case, on)
    return not ((row.when == "new-line" and not new) or (row.when == "existing-line" and new))


def _fields(case: Case, row: Prerequisite) -> Iterator[str]:
    for name in row.fields:
        # オンライン請求 has an application of its own (clause prepare.4), unless the site doesn't
        # use it.
        if name != "billing_application" or case.prerequisites.billing_used is not False:
            yield name


def _state(case: Case, row: Prerequisite, on: datetime.date) -> State:
    needed = _needed(case, row)
    if needed is False:
        return State.NOT_NEEDED
    answers = [getattr(case.prerequisites, name) for name in _fields(case, row)]
    if all(done(one, on) for one in answers):
        return State.DONE
    if needed is None:
        return State.OPEN
    said = [one for one in answers if one is not None]
    return State.UNASKED if all(done(one, on) for one in said) else State.MISSING


def preparations(case: Case, on: datetime.date) -> tuple[Item, ...]:
    """Answers the customer's preparations as they stand on a day."""
    rows = prerequisites().prerequisites
    return tuple(
        Item(row, _state(case, row, on), _at(case, row, on))
        for row in rows
        if _applies(case, row, on)
    )


def _at(case: Case, row: Prerequisite, on: datetime.date) -> str:
    """Who takes the application; the line that replaces a carrier's is NTT West's."""
    is_replaced = case.line_use is not LineUse.NEW and takes_new_line(case, on)
    is_lines = row.when in ("new-line", "existing-line") and not is_replaced
    return "carrier" if is_lines and carrier_of(case) is not None else row.at


def _item_findings(items: tuple[Item, ...]) -> Iterator[Finding]:
    for item in items:
        if item.state is State.MISSING:
            rule = "ready.missing" if item.row.blocks else "ready.taps"
            yield finding(rule, number=item.row.number, name=item.name, where=item.where)
        elif item.state is State.UNASKED:
            rule = "ready.item-unasked" if item.row.blocks else "ready.taps-unasked"
            yield finding(rule, number=item.row.number, name=item.name, where=item.where)
        elif item.state is State.OPEN:
            rule = "ready.item-open" if item.row.blocks else "ready.taps-open"
            yield finding(rule, number=item.row.number, name=item.name)
        else:
            rule = "ready.done" if item.state is State.DONE else "ready.not-needed"
            yield finding(rule, number=item.row.number, name=item.name)


def _certificate(case: Case, on: datetime.date) -> Iterator[Finding]:
    issued = case.prerequisites.certificate_issued_on
    if issued is None:
        return
    if issued > on:
        yield finding("ready.certificate-later", day=issued)
    elif certificate_expiry(issued) < on:
        yield finding("ready.certificate-expired", day=certificate_expiry(issued))


def hours_findings(on: datetime.date, at: datetime.time | None) -> Iterator[Finding]:
    """Answers whether construction is done on that day and at that hour (clause work.hours)."""
    hours = schedule().construction
    holiday = holiday_name(on)
    bad = False
    if on.weekday() not in hours.weekdays:
        bad = True
        yield finding("ready.weekend", day=on)
    if holiday is not None:
        bad = True
        yield finding("ready.holiday", day=on, holiday=holiday)
    if is_year_end(on):
        bad = True
        yield finding("ready.year-end", day=on)
    if at is not None and not is_inside(hours, at):
        bad = True
        yield finding("ready.hours", time=at.isoformat("minutes"))
    if not bad:
        yield finding("ready.hours-fine", day=on)


def _around(case: Case, on: datetime.date) -> Iterator[Finding]:
    approved = case.contract.design_approved_on
    if approved is not None and approved > on:
        yield finding("ready.design-later", day=approved)
    if customer_lays(case):
        yield finding("ready.own-wiring")
    if case.survey.receipt.work_by is ReceiptWork.NTT:
        yield finding("ready.admin")
    if (deadline := deadline_of(case, on)) is not None:
        yield finding("ready.cancellation", deadline=deadline)


def ready(case: Case, *, on: datetime.date, at: datetime.time | None = None) -> Readiness:
    """Answers whether the visit on a day (at `at`) may take place; pure."""
    items = preparations(case, on)
    assessed = assess(case, on=on).findings
    findings = (
        *(one for one in assessed if one.stops_all or one.holds_visit),
        *_item_findings(items),
        *_certificate(case, on),
        *hours_findings(on, at),
        *_around(case, on),
    )
    return Readiness(case.name, on, at, items, findings, surcharges(case, on, at))


def surcharges(case: Case, on: datetime.date, at: datetime.time | None) -> tuple[Finding, ...]:
    """Answers what costs extra: the survey by its own day, a new line's work by its day.

    Where that is not written down, it is the visit's.
    """
    line = case.survey.line
    extra = survey_surcharges(case.survey)
    if takes_new_line(case, on):
        work_at = at if line.work_on is None else clock_of(line.work_at)
        extra += line_surcharges(line.work_on or on, work_at)
    return extra
