"""What a site costs: quantities from its facts, prices from the brochure, tax included.

`totals` is linear: the totals of two quantities' sum are the sums of their totals.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onshi_net.brochure.calendar import add_months
from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Price, prices
from onshi_net.brochure.eligibility import answers
from onshi_net.brochure.findings import Finding, finding, findings_of, orders_of
from onshi_net.i18n import language
from onshi_net.model.survey import Support

TABLE = ("device", "work", "design")
"""The groups ①, ② and ③ that the brochure's table sums up."""
PRICE_OPEN = frozenset(
    {"port.open", "line.v6-open", "receipt.by-open", "ogw.owner-open", "pattern.open"}
)
"""Open questions of the assessment on which the price turns."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the estimate."""

    price: Price
    quantity: int

    @property
    def yen(self) -> int:
        """Answers unit price times quantity; 0 for an item without a price."""
        return self.price.yen * self.quantity

    @property
    def name(self) -> str:
        """Gives the item's name in the current language."""
        return self.price.name.ja if language() == "ja" else self.price.name.en

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "item": self.price.id,
            "name": self.name,
            "group": self.price.group,
            "unit_yen": None if self.price.unpriced else self.price.yen,
            "quantity": self.quantity,
            "yen": None if self.price.unpriced else self.yen,
            "monthly": self.price.monthly,
            "reference": self.price.reference,
            "clause": self.price.clause,
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in yen with tax: the table ①②③, line and support once, both a month.

    Support's first month.
    """

    table: int = 0
    line_once: int = 0
    support_once: int = 0
    first_month: int = 0
    line_monthly: int = 0
    support_monthly: int = 0

    def __add__(self, other: Totals) -> Totals:
        """Adds field by field."""
        return Totals(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def to_json(self) -> dict[str, int]:
        """Gives plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Estimate:
    """The lines, the sums, and what they leave open."""

    site: str
    lines: tuple[Line, ...]
    totals: Totals
    findings: tuple[Finding, ...]

    @property
    def total(self) -> int:
        """Answers ① + ② + ③, the sum that the brochure's table prints."""
        return self.totals.table

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "site": self.site,
            "total_yen": self.total,
            "totals_yen": self.totals.to_json(),
            "lines": [line.to_json() for line in self.lines],
            "findings": [one.to_json() for one in self.findings],
        }


def _field(price: Price) -> str:
    if price.group in TABLE:
        return "table"
    if price.id == "first-month":
        return "first_month"
    return f"{price.group}_{'monthly' if price.monthly else 'once'}"


def totals(quantities: Mapping[str, int]) -> Totals:
    """Answers the sums for quantities by item id. Raises KeyError for an unknown item."""
    sums = Totals()
    for name, quantity in quantities.items():
        price = prices().item(name)
        sums += Totals(**{_field(price): price.yen * quantity})
    return sums


def _sums(pairs: Iterator[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, quantity in pairs:
        if quantity:
            found[name] = found.get(name, 0) + quantity
    return {price.id: found[price.id] for price in prices().items if price.id in found}


def quantities(case: Case, *, on: datetime.date) -> dict[str, int]:
    """Answers how many of each item the site takes.

    What nobody knows counts as none (one terminal).
    """
    return _sums(_quantities(case, on))


def _quantities(case: Case, on: datetime.date) -> Iterator[tuple[str, int]]:
    terminals = case.terminal_count or 1
    yield from (("set", 1), ("extra-terminal", terminals - 1), ("display", terminals))
    yield from (("base-work", 1), ("base-diagnosis", 1), ("router-work", 1), ("survey", 1))
    yield "terminal-work", terminals
    yield from _cables(case)
    for order in orders_of(answers(case, on)):
        yield order.item, order.quantity
    yield from _support(case, terminals, on)


def _cables(case: Case) -> Iterator[tuple[str, int]]:
    wiring = case.survey.wiring
    lengths = {
        "1m": wiring.cables_1m or 0,
        "3m": wiring.cables_3m or 0,
        "5m": wiring.cables_5m or 0,
    }
    for length, count in lengths.items():
        yield f"cable-{length}", count
        yield f"connect-{length}", count
    crossings = wiring.crossings or 0
    yield "wiring-crossing", crossings
    yield "wiring-base", int(bool(crossings or any(lengths.values())))


def _support(case: Case, terminals: int, on: datetime.date) -> Iterator[tuple[str, int]]:
    """The set that the brochure offers is plan A with the resetting option (clause support.set)."""
    support = case.contract.support
    plan = (support.plan or "A").lower()
    yield f"plan-{plan}-initial", 1
    yield f"plan-{plan}", 1
    # The basic menu's 550 yen are the whole first month: nothing is left of it (inference from
    # support.omakase).
    yield "first-month", int(not support.omakase)
    yield "omakase", int(support.omakase)
    yield "research-devices", research_blocks(support.devices or 0)
    yield "manual-update", max(0, support.manual_updates - included_updates(support, on))
    yield "resetting", case.contract.resetting.terminals or (0 if support.plan else terminals)


def research_blocks(devices: int) -> int:
    """Answers how many blocks of ten devices cost extra (clause support.research-limit)."""
    table = prices()
    return math.ceil(
        max(0, devices - table.research_devices_included) / table.research_devices_step
    )


def included_updates(support: Support, on: datetime.date) -> int:
    """Answers the manual updates of the year that the monthly price covers.

    Plan B, from its second year, one.

    Not carried over to the next year (clauses research.plan-b, research.carry); plan A has none.
    """
    if support.plan != "B" or support.started_on is None:
        return 0
    return int(on >= add_months(support.started_on, 12))


def term_end(support: Support, on: datetime.date) -> datetime.date | None:
    """Answers the first day after plan B's running term: two years, then year by year.

    None without a term.
    """
    if support.plan != "B" or support.started_on is None:
        return None
    months = prices().plan_b_term_months
    while add_months(support.started_on, months) <= on:
        months += prices().plan_b_renewal_months
    return add_months(support.started_on, months)


def cancellation_fee(support: Support, on: datetime.date) -> int:
    """Answers the yen that ending or changing plan B on the day `on` costs; 0 for plan A.

    The monthly price times the remaining months (clause support.plan-b-term). That a month which
    has begun is not a remaining one is an inference.
    """
    end = term_end(support, on)
    if end is None or support.started_on is None or on < support.started_on:
        return 0
    monthly = prices().item("plan-b").yen - (550 if support.omakase else 0)
    used, term = 1, 1
    while add_months(support.started_on, used) <= on:
        used += 1
    while add_months(support.started_on, term) < end:
        term += 1
    return (term - used) * monthly


def _findings(case: Case, lines: tuple[Line, ...], on: datetime.date) -> Iterator[Finding]:
    if any(line.price.reference for line in lines):
        yield finding("estimate.reference")
    yield from (
        finding("estimate.unpriced", item=line.name) for line in lines if line.price.unpriced
    )
    wiring = case.survey.wiring
    unknown = {
        "terminals": case.terminal_count,
        "wiring.crossings": wiring.crossings,
        "wiring.cables_1m": wiring.cables_1m,
        "wiring.cables_3m": wiring.cables_3m,
        "wiring.cables_5m": wiring.cables_5m,
    }
    yield from (
        finding("estimate.quantity-open", what=name)
        for name, value in unknown.items()
        if value is None
    )
    yield from _support_findings(case, on)


def _support_findings(case: Case, on: datetime.date) -> Iterator[Finding]:
    support = case.contract.support
    if support.plan is None:
        yield finding("estimate.plan-open")
    if blocks := research_blocks(support.devices or 0):
        yield finding("estimate.research", devices=support.devices, blocks=blocks)
    if support.plan == "B":
        yield finding("estimate.plan-b")
    if (end := term_end(support, on)) is not None:
        yield finding("estimate.plan-b-term", day=end, fee=f"{cancellation_fee(support, on):,}")
    if included_updates(support, on):
        yield finding("estimate.update-included")


def _opens(case: Case, on: datetime.date) -> Iterator[Finding]:
    """What stays open about line, path and receipt side stays open about the price."""
    yield from (one for one in findings_of(answers(case, on)) if one.rule in PRICE_OPEN)


def estimate(case: Case, *, on: datetime.date) -> Estimate:
    """Answers the price of the site as it is known on the day `on`; pure, from the case alone."""
    counts = quantities(case, on=on)
    lines = tuple(Line(prices().item(name), quantity) for name, quantity in counts.items())
    findings = (*_findings(case, lines, on), *_opens(case, on))
    return Estimate(case.name, lines, totals(counts), findings)
