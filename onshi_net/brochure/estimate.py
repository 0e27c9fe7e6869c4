"""What a site costs: quantities from its facts, prices from the brochure, tax included.

`totals` is linear: the totals of two quantities' sum are the sums of their totals.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from onshi_net.brochure.calendar import period_end
from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Price, prices
from onshi_net.brochure.eligibility import answers
from onshi_net.brochure.findings import Finding, finding, findings_of, orders_of
from onshi_net.brochure.line import takes_new_line
from onshi_net.brochure.surcharges import clock_of, line_surcharges, survey_surcharges
from onshi_net.brochure.work import customer_lays, needs_second_set, nursing_share
from onshi_net.i18n import language, text
from onshi_net.model.survey import Support

PRICE_OPEN = frozenset(
    {
        "pattern.open",
        "pattern.phone-open",
        "port.open",
        "line.open",
        "line.new-open",
        "line.product-open",
        "line.v6-open",
        "line.v6-ask-carrier",
        "ogw.owner-open",
        "device.model-open",
        "device.model-missing",
        "wiring.work-open",
        "nursing.open",
        "nursing.wish-open",
        "receipt.count-open",
        "receipt.by-open",
        "receipt.os-open",
    }
)
"""Open questions of the assessment on which the price turns."""
SURCHARGES = {
    "surcharge.survey": "survey-off-hours",
    "surcharge.line-appointed": "line-appointed-time",
    "surcharge.line-holiday": "line-holiday",
    "surcharge.line-night": "line-night",
    "surcharge.line-year-end": "line-night",
}
"""The price items of the surcharges, which the brochure names without an amount."""

Block = Literal["device", "work", "design", "support", "line", "monthly", "first-month"]
"""What is summed up together. Once-only and monthly sums are never added to each other."""


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
    def block(self) -> Block:
        """Answers under which subtotal it stands."""
        return block_of(self.price)

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
    """Sums in yen with tax: ①, ②, ③, line and support once, both a month.

    Support's first month.
    """

    device: int = 0
    work: int = 0
    design: int = 0
    line_once: int = 0
    support_once: int = 0
    first_month: int = 0
    line_monthly: int = 0
    support_monthly: int = 0

    def __add__(self, other: Totals) -> Totals:
        """Adds field by field."""
        return Totals(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def table(self) -> int:
        """Answers ① + ② + ③, the sum that the brochure's table prints."""
        return self.device + self.work + self.design

    @property
    def once(self) -> int:
        """Answers all that is paid once."""
        return self.table + self.support_once + self.line_once

    @property
    def monthly(self) -> int:
        """Answers all that is paid a month, from the second month of the support on."""
        return self.support_monthly + self.line_monthly

    def of(self, block: Block) -> int:
        """Answers the subtotal of a block."""
        sums: dict[Block, int] = {
            "device": self.device,
            "work": self.work,
            "design": self.design,
            "support": self.support_once,
            "line": self.line_once,
            "monthly": self.monthly,
            "first-month": self.first_month,
        }
        return sums[block]

    def to_json(self) -> dict[str, int]:
        """Gives plain data."""
        sums = {name: getattr(self, name) for name in self.__slots__}
        return {**sums, "table": self.table, "once": self.once, "monthly": self.monthly}


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

    @property
    def blocks(self) -> tuple[tuple[Block, tuple[Line, ...]], ...]:
        """Answers the lines by the subtotal that they stand under, in the order of print."""
        found = (
            (block, tuple(one for one in self.lines if one.block == block)) for block in BLOCKS
        )
        return tuple((block, lines) for block, lines in found if lines)

    @property
    def left_out(self) -> tuple[Line, ...]:
        """Answers the lines that no sum holds: the brochure names no price for them."""
        return tuple(line for line in self.lines if line.price.unpriced)

    def to_json(self) -> dict[str, Any]:
        """Gives plain data with all sentences."""
        return {
            "site": self.site,
            "total_yen": self.total,
            "totals_yen": self.totals.to_json(),
            "subtotals_yen": {block: self.totals.of(block) for block, _ in self.blocks},
            "left_out": [line.name for line in self.left_out],
            "lines": [line.to_json() for line in self.lines],
            "findings": [one.to_json() for one in self.findings],
        }


BLOCKS: tuple[Block, ...] = get_args(Block)


def block_of(price: Price) -> Block:
    """Answers under which subtotal an item stands."""
    if price.id == "first-month":
        return "first-month"
    return "monthly" if price.monthly else price.group


def _field(price: Price) -> str:
    if price.id == "first-month":
        return "first_month"
    if price.group in ("line", "support"):
        return f"{price.group}_{'monthly' if price.monthly else 'once'}"
    return price.group


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
    second, terminals = needs_second_set(case), _pcs(case)
    yield from (("set", 1), ("extra-terminal", terminals - 1 - int(second)), ("display", terminals))
    yield from (("base-work", 1), ("base-diagnosis", 1), ("survey", 1))
    # A second set comes with a router of its own; that one visit sets up both is an inference.
    yield from (("router-work", 1 + int(second)), ("terminal-work", terminals))
    yield from _cables(case)
    for order in orders_of(answers(case, on)):
        yield order.item, order.quantity
    found = {SURCHARGES[one.rule] for one in _surcharges(case, on) if one.rule in SURCHARGES}
    yield from ((item, 1) for item in found)
    yield from _support(case, terminals, on)


def _surcharges(case: Case, on: datetime.date) -> tuple[Finding, ...]:
    """The surcharges of the survey and of a new line's work, as far as their times are known."""
    line, found = case.survey.line, survey_surcharges(case.survey)
    if takes_new_line(case, on) and line.work_on is not None:
        found += line_surcharges(line.work_on, clock_of(line.work_at))
    return found


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
    # SO工事 is the laying alone (clause prices.note-2), which may be the customer's.
    crossings = 0 if customer_lays(case) else wiring.crossings or 0
    yield "wiring-crossing", crossings
    yield "wiring-base", int(crossings > 0)


def _support(case: Case, terminals: int, on: datetime.date) -> Iterator[tuple[str, int]]:
    """The set that the brochure offers is plan A with the resetting option (clause support.set)."""
    support = case.contract.support
    plan = (support.plan or "A").lower()
    yield f"plan-{plan}-initial", 1
    yield f"plan-{plan}", 1
    # The basic menu's 550 yen are the whole first month: nothing is left of it (inference from
    # support.omakase).
    yield "first-month", int(not support.omakase)
    yield "omakase", int(bool(support.omakase))
    yield "research-devices", research_blocks(support.devices or 0)
    yield "manual-update", max(0, support.manual_updates - included_updates(support, on))
    bought = case.contract.resetting.terminals
    offered = 0 if support.plan else terminals
    yield "resetting", offered if bought is None else min(bought, terminals)


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
    return int(on > period_end(support.started_on, 12))


def _term_months(started_on: datetime.date, on: datetime.date) -> int:
    """Plan B's running term in months from its start: two years, then year by year."""
    months = prices().plan_b_term_months
    while period_end(started_on, months) < on:
        months += prices().plan_b_renewal_months
    return months


def term_end(support: Support, on: datetime.date) -> datetime.date | None:
    """Answers the last day of plan B's running term; None without a term."""
    if support.plan != "B" or support.started_on is None:
        return None
    return period_end(support.started_on, _term_months(support.started_on, on))


def cancellation_fee(support: Support, on: datetime.date) -> int:
    """Answers the yen that ending or changing plan B on the day `on` costs; 0 for plan A.

    The monthly price times the remaining months (clause support.plan-b-term). That a month which
    has begun is not a remaining one is an inference.
    """
    start = support.started_on
    if support.plan != "B" or start is None or on < start:
        return 0
    monthly = prices().item("plan-b").yen - (550 if support.omakase else 0)
    used = 1
    while period_end(start, used) < on:
        used += 1
    return (_term_months(start, on) - used) * monthly


def _findings(case: Case, lines: tuple[Line, ...], on: datetime.date) -> Iterator[Finding]:
    if any(line.price.reference for line in lines):
        yield finding("estimate.reference")
    yield from (
        finding("estimate.unpriced", item=line.name) for line in lines if line.price.unpriced
    )
    yield from (
        finding("estimate.quantity-open", what=what, name=text(f"brochure.quantity.{what}"))
        for what in _uncounted(case)
    )
    if customer_lays(case):
        yield finding("estimate.own-wiring")
    yield from _time_findings(case, lines, on)
    yield from _support_findings(case, on)


def _uncounted(case: Case) -> Iterator[str]:
    """Names the quantities that nobody has said."""
    wiring = case.survey.wiring
    quantities = {
        "terminals": case.terminal_count,
        "wiring.crossings": 0 if customer_lays(case) else wiring.crossings,
        "wiring.cables_1m": wiring.cables_1m,
        "wiring.cables_3m": wiring.cables_3m,
        "wiring.cables_5m": wiring.cables_5m,
    }
    yield from (name for name, value in quantities.items() if value is None)


def _time_findings(case: Case, lines: tuple[Line, ...], on: datetime.date) -> Iterator[Finding]:
    """What is not in the sums because it turns on a day or an hour."""
    if case.survey.planned_on is None and case.survey.done_on is None:
        yield finding("estimate.survey-time")
    new_lines = any(line.price.id == "line-work" for line in lines)
    if new_lines and case.survey.line.work_on is None:
        yield finding("estimate.line-time")
    yield from (one for one in _surcharges(case, on) if one.rule not in SURCHARGES)


def _support_findings(case: Case, on: datetime.date) -> Iterator[Finding]:
    support, option = case.contract.support, case.contract.resetting
    if support.plan is None:
        yield finding("estimate.plan-open")
    elif option.terminals is None:
        yield finding("estimate.resetting-open")
    if option.terminals is not None and option.terminals > _pcs(case):
        yield finding("estimate.resetting-more", count=option.terminals, pcs=_pcs(case))
    if support.omakase is None:
        yield finding("estimate.omakase-open")
    if blocks := research_blocks(support.devices or 0):
        yield finding("estimate.research", devices=support.devices, blocks=blocks)
    if support.plan == "B":
        yield finding("estimate.plan-b")
    if (end := term_end(support, on)) is not None:
        yield finding("estimate.plan-b-term", day=end, fee=f"{cancellation_fee(support, on):,}")
    if included_updates(support, on):
        yield finding("estimate.update-included")


def _pcs(case: Case) -> int:
    return (case.terminal_count or 1) + int(bool(nursing_share(case)) or needs_second_set(case))


def _opens(case: Case, on: datetime.date) -> Iterator[Finding]:
    """What stays open about line, path and receipt side stays open about the price."""
    yield from (one for one in findings_of(answers(case, on)) if one.rule in PRICE_OPEN)


def estimate(case: Case, *, on: datetime.date) -> Estimate:
    """Answers the price of the site as it is known on the day `on`; pure, from the case alone."""
    counts = quantities(case, on=on)
    lines = tuple(Line(prices().item(name), quantity) for name, quantity in counts.items())
    findings = (*_findings(case, lines, on), *_opens(case, on))
    return Estimate(case.name, lines, totals(counts), findings)
