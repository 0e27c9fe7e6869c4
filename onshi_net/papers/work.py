"""The brochure's work table, 1 to 14 (lines 352 to 377), of a site.

Who does what, how it stands by the site's facts and its last verification, and what it waits for.
Nothing is done because nobody said otherwise: what isn't written down or measured is not known.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from onshi_net.brochure.readiness import State as Preparation
from onshi_net.brochure.readiness import preparations
from onshi_net.brochure.work import customer_lays
from onshi_net.checks import CheckResult
from onshi_net.checks.model import State
from onshi_net.i18n import text
from onshi_net.model.survey import done
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.register import entries
from onshi_net.papers.wiring import Party, receipt_party
from onshi_net.papers.words import short_day, short_moment

ROWS = 14
PARTIES: dict[int, Party] = {2: "customer", 3: "customer", 6: "customer", 12: "vendor",
                             13: "vendor", 14: "customer"}  # fmt: skip
"""Whose the rows are that aren't ours (`ours` for all others, 7 and 11 by the site's facts)."""
MEASURED = {4: "router", 5: "terminal", 7: "lan", 11: "receipt-pc"}
"""Rows that a measurement of their segment shows to be done."""
RECEIPT = (11, 12, 13)
"""Rows of a receipt PC."""
ELIGIBILITY = ("service.tls.eligibility", "service.tcp.eligibility")
"""The checks that stand for the promised test of the production system (line 371)."""
BEFORE: dict[int, tuple[int, ...]] = {
    4: (1,),
    5: (3,),  # the certificate's notice is needed for its installation (line 362)
    8: (1, 2, 3, 6),  # preparations 1 to 5 by the day of the work (line 341)
    9: (2, 4, 5, 7, 8),
    10: (2, 5, 7, 8),
    11: (8,),
    13: (11, 12),
}
"""What has to be done before a row can be: by the brochure where a line is named, else by what the
row is made of."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one piece of work stands, and what is known of it.

    `state` is done, not-applicable, failed, unmeasured, unknown, or missing: said not to be done.
    """

    state: str
    note: str = ""

    @property
    def is_done(self) -> bool:
        """Answers whether nothing is left of it."""
        return self.state in ("done", "not-applicable")


@dataclass(frozen=True, slots=True)
class Work:
    """One row of the table."""

    number: int
    party: Party
    result: Result
    waits_for: tuple[int, ...] = ()
    """The rows before it that aren't done; none for a row that is done itself."""

    @property
    def name(self) -> str:
        """Gives what is to be done, in the current language."""
        return text(f"papers.work.{self.number}")

    @property
    def who(self) -> str:
        """Gives who does it, in the current language."""
        return text(f"papers.party.{self.party}")

    @property
    def stands(self) -> str:
        """Gives how it stands, in the current language."""
        return text(f"papers.completion.state-{self.result.state}")


def work_of(dossier: Dossier, on: datetime.date) -> tuple[Work, ...]:
    """Answers the rows of a site as they stand on a day."""
    results = {number: _result(dossier, number, on) for number in range(1, ROWS + 1)}
    return tuple(
        Work(
            number,
            party_of(dossier, number),
            result,
            ()
            if result.is_done
            else tuple(n for n in BEFORE.get(number, ()) if not results[n].is_done),
        )
        for number, result in results.items()
    )


def party_of(dossier: Dossier, number: int) -> Party:
    """Answers whose a row of the work is."""
    if number == 7 and customer_lays(dossier.case):
        return "customer"
    if number == 11:
        return receipt_party(dossier)
    return PARTIES.get(number, "ours")


def _result(dossier: Dossier, number: int, on: datetime.date) -> Result:
    """Answers how a row stands, by the site's facts and the last verification."""
    prerequisites = dossier.case.prerequisites
    if number == 1:
        return _on_day(dossier.case.survey.done_on if dossier.case.is_surveyed(on) else None)
    if number == 2:
        return _prepared(dossier, on)
    if number == 3:
        if not done(prerequisites.certificate, on):
            return Result("unknown" if prerequisites.certificate is None else "missing")
        issued = prerequisites.certificate_issued_on
        note = text("papers.completion.issued", day=short_day(issued)) if issued is not None else ""
        return Result("done", note)
    if number == 8:
        days = [one.device.delivered_on for one in entries(dossier) if one.device is not None]
        known = [one for one in days if one is not None and one <= on]
        return _on_day(max(known) if known else None)
    return measured(dossier, number)


def _prepared(dossier: Dossier, on: datetime.date) -> Result:
    """Answers how preparations 1 to 4 stand: one that was said to be left is left."""
    items = [one for one in preparations(dossier.case, on) if one.row.number in range(1, 5)]
    left = [one for one in items if one.state not in (Preparation.DONE, Preparation.NOT_NEEDED)]
    if not left:
        return Result("done")
    known = [one for one in left if one.state is Preparation.MISSING]
    numbers = text("papers.comma").join(f"{one.row.number}" for one in known or left)
    return Result("missing" if known else "unknown", text("papers.work.left", numbers=numbers))


def _on_day(value: datetime.date | None) -> Result:
    return Result("unknown") if value is None else Result("done", short_day(value))


def measured(dossier: Dossier, number: int) -> Result:
    """Answers how a row stands that the last verification decides."""
    if number in RECEIPT and dossier.case.receipt_count == 0:
        return Result("not-applicable")
    if number == 9:
        return _of(dossier, [one for one in _results(dossier) if one.id in ELIGIBILITY])
    if number == 10:
        return Result("unmeasured")
    if number not in MEASURED:
        return Result("unknown")
    return _of(dossier, [one for one in _results(dossier) if one.segment == MEASURED[number]])


def _results(dossier: Dossier) -> tuple[CheckResult, ...]:
    return dossier.last.results if dossier.last is not None else ()


def _of(dossier: Dossier, some: Iterable[CheckResult]) -> Result:
    """What measurements make of a piece of work: done where every one that applies is good."""
    states = [one.state for one in some if one.state is not State.NOT_APPLICABLE]
    if not states or dossier.last is None:
        return Result("unmeasured")
    if State.FAILED in states:
        return Result("failed")
    if set(states) != {State.PASSED}:
        return Result("unmeasured")
    return Result("done", short_moment(dossier.last.taken_at))
