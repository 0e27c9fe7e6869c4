"""見積書: what the site costs, for the one who decides on the order (tax included)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from onshi_net import brochure
from onshi_net.brochure.data import Level
from onshi_net.brochure.estimate import Block, Line
from onshi_net.brochure.findings import Finding
from onshi_net.brochure.work import customer_lays
from onshi_net.i18n import text
from onshi_net.model.survey import LineUse, ReceiptWork
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.head import Issue, head_of
from onshi_net.papers.layout import Column, Field, Head, Row, Table
from onshi_net.papers.words import day, yen

TAX_PERCENT = 10
"""Consumption tax in the brochure's prices, all of which include it (lines 66, 182, 267, 345)."""
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "set": "lot",
        "extra-terminal": "piece",
        "display": "piece",
        "switch": "piece",
        "cable-1m": "cable",
        "cable-3m": "cable",
        "cable-5m": "cable",
        "base-diagnosis": "time",
        "terminal-work": "piece",
        "router-work": "piece",
        "switch-work": "piece",
        "wiring-crossing": "cable",
        "connect-1m": "cable",
        "connect-3m": "cable",
        "connect-5m": "cable",
        "receipt-work": "piece",
        "line-work": "time",
        "line-monthly": "month",
        "line-monthly-open": "month",
        "carrier-line": "month",
        "v6-option": "time",
        "ogw-exchange-purchase": "piece",
        "line-appointed-time": "time",
        "line-holiday": "time",
        "line-night": "time",
        "survey-off-hours": "time",
        "plan-a": "month",
        "plan-b": "month",
        "first-month": "month",
        "omakase": "month",
        "manual-update": "time",
        "resetting": "piece",
    }
)
"""The unit in which an item is counted; `lot` for all others."""
TABLE: tuple[Block, ...] = ("device", "work", "design")
ONCE: tuple[Block, ...] = ("support", "line")
MONTHLY: tuple[Block, ...] = ("monthly", "first-month")
TOLD = frozenset({"estimate.reference", "estimate.unpriced", "estimate.survey-time"})
"""Findings that the paper says at a place of its own."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The lines at the prices that are asked: sales' own where they were entered."""

    lines: tuple[Line, ...]

    @property
    def is_rough(self) -> bool:
        """Answers whether a selling price of a device is still missing."""
        return any(line.price.reference or _is_open(line) for line in self.lines)

    def of(self, block: Block) -> tuple[Line, ...]:
        """Answers the lines of a block."""
        return tuple(line for line in self.lines if line.block == block)

    def sum(self, *blocks: Block) -> int:
        """Answers the sum of some blocks; an item without a price counts nothing."""
        return sum(line.yen for block in blocks for line in self.of(block))


def _is_open(line: Line) -> bool:
    return line.price.unpriced and line.block in TABLE


def quoted(dossier: Dossier, issue: Issue) -> Quoted:
    """Answers the site's lines, at the selling prices as far as they were entered."""
    offered = dossier.case.contract.offer.prices
    found = brochure.estimate(dossier.case, on=issue.on).lines
    return Quoted(tuple(_offered(line, offered.get(line.price.id)) for line in found))


def _offered(line: Line, price: int | None) -> Line:
    if price is None:
        return line
    changes = {"yen": price, "reference": False, "unpriced": False}
    return Line(line.price.model_copy(update=changes), line.quantity)


@dataclass(frozen=True, slots=True)
class EstimatePaper:
    """The estimate; amounts are yen with tax."""

    head: Head
    total: int
    tax: int
    is_partial: bool
    """Something is to be quoted apart: the total is not all."""
    terms: tuple[Field, ...]
    table: Table
    beside: Table | None
    monthly: Table | None
    payments: tuple[Field, ...]
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]
    open_points: tuple[str, ...]


def tax_in(amount: int) -> int:
    """Answers the tax in an amount that includes it, cut to a yen; rounded once for a sum."""
    return amount * TAX_PERCENT // (100 + TAX_PERCENT)


def estimate_paper(dossier: Dossier, issue: Issue) -> EstimatePaper:
    """Answers the estimate of a site; a rough one, as long as a selling price is missing."""
    found, numbers = quoted(dossier, issue), count(1)
    findings = brochure.estimate(dossier.case, on=issue.on).findings
    total = found.sum(*TABLE)
    return EstimatePaper(
        head=head_of(dossier, "estimate", issue, "estimate-rough" if found.is_rough else ""),
        total=total,
        tax=tax_in(total),
        is_partial=any(map(_is_open, found.lines)),
        terms=_terms(dossier),
        table=_table(found, numbers),
        beside=_beside("beside", found, ONCE, numbers),
        monthly=_beside("monthly", found, MONTHLY, numbers),
        payments=_payments(found),
        left_out=tuple(_left_out(dossier, found)),
        remarks=tuple(_remarks(dossier, found)),
        open_points=tuple(_open_points(findings)),
    )


def _terms(dossier: Dossier) -> tuple[Field, ...]:
    offer, later = dossier.case.contract.offer, text("papers.estimate.later")
    place = dossier.institution.address or dossier.institution.name
    delivery = offer.delivery or text("papers.estimate.after-approval")
    return (
        Field(text("papers.estimate.delivery"), delivery),
        Field(text("papers.estimate.place"), place),
        Field(text("papers.estimate.payment"), offer.payment or later),
        Field(
            text("papers.estimate.valid"), day(offer.valid_until) if offer.valid_until else later
        ),
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(text("papers.col.no"), "number"),
        Column(text("papers.col.item")),
        Column(text("papers.col.count"), "count"),
        Column(text("papers.col.unit"), "unit"),
        Column(text("papers.col.price"), "yen"),
        Column(text("papers.col.amount"), "yen"),
        Column(text("papers.col.note"), "short"),
    )


def item_name(line: Line) -> str:
    """Answers an item's name as the papers write it."""
    return text(f"papers.item.{line.price.id}", default=line.name)


def _line_row(line: Line, number: int) -> Row:
    apart = text("papers.estimate.apart")
    return Row(
        (
            f"{number}",
            item_name(line),
            f"{line.quantity}",
            text(f"papers.unit.{UNITS.get(line.price.id, 'lot')}"),
            apart if line.price.unpriced else yen(line.price.yen),
            apart if line.price.unpriced else yen(line.yen),
            text("papers.estimate.reference") if line.price.reference else "",
        )
    )


def _sum_row(name: str, amount: int, kind: str = "sum") -> Row:
    return Row(("", name, "", "", "", yen(amount), ""), "total" if kind == "total" else "sum")


def _block_rows(block: Block, lines: tuple[Line, ...], numbers: Iterator[int]) -> Iterator[Row]:
    yield Row((text(f"papers.block.{block}"),), "part")
    yield from (_line_row(line, next(numbers)) for line in lines)


def _table(found: Quoted, numbers: Iterator[int]) -> Table:
    rows: list[Row] = []
    for block in TABLE:
        if lines := found.of(block):
            rows += _block_rows(block, lines, numbers)
            rows.append(_sum_row(text("papers.estimate.subtotal"), found.sum(block)))
    total = found.sum(*TABLE)
    rows += [
        _sum_row(text("papers.estimate.total"), total, "total"),
        _sum_row(text("papers.estimate.tax"), tax_in(total)),
    ]
    return Table(text("papers.estimate.table"), _columns(), tuple(rows))


def _beside(
    name: str, found: Quoted, some: tuple[Block, ...], numbers: Iterator[int]
) -> Table | None:
    rows: list[Row] = []
    for block in some:
        if lines := found.of(block):
            rows += _block_rows(block, lines, numbers)
            rows.append(_sum_row(text(f"papers.estimate.subtotal-{block}"), found.sum(block)))
    return Table(text(f"papers.estimate.{name}"), _columns(), tuple(rows)) if rows else None


def _payments(found: Quoted) -> tuple[Field, ...]:
    """The sums once and a month, which are never added to each other."""
    fields = [
        Field(text("papers.estimate.payment-once"), _with_tax(found.sum(*TABLE, *ONCE))),
        Field(text("papers.estimate.payment-monthly"), _with_tax(found.sum("monthly"))),
    ]
    if first := found.sum("first-month"):
        once = text("papers.estimate.yen", yen=f"{first:,}")
        fields.append(Field(text("papers.estimate.payment-first"), once))
    return tuple(fields)


def _with_tax(amount: int) -> str:
    return text("papers.estimate.with-tax", yen=f"{amount:,}", tax=f"{tax_in(amount):,}")


def _left_out(dossier: Dossier, found: Quoted) -> Iterator[str]:
    """What the sums leave out: items without a price, and what may cost extra."""
    yield from (
        text("papers.left-out.item", item=item_name(line), count=line.quantity)
        for line in found.lines
        if line.price.unpriced
    )
    if dossier.case.line_use is LineUse.NEW:
        yield text("papers.left-out.line-time")
    for name in ("survey-time", "ogw", "revisit", "rework", "change", "cancel"):
        yield text(f"papers.left-out.{name}")
    if dossier.case.terminal_count in (None, 1):
        yield text("papers.left-out.terminal")
    if customer_lays(dossier.case):
        yield text("papers.left-out.wiring")


def _remarks(dossier: Dossier, found: Quoted) -> Iterator[str]:
    items = {line.price.id for line in found.lines}
    if any(line.price.reference for line in found.lines):
        yield text("papers.remark.reference")
    yield text("papers.remark.weekday")
    yield text("papers.remark.subsidy")
    if dossier.case.survey.receipt.work_by is ReceiptWork.NTT:
        yield text("papers.remark.receipt-less")
    elif dossier.case.survey.receipt.work_by is not None:
        yield text("papers.remark.receipt-others")
    yield text("papers.remark.survey")
    if not customer_lays(dossier.case):
        yield text("papers.remark.wiring")
    options = ("research-devices", "manual-update", "resetting")
    if unchosen := [name for name in options if name not in items]:
        names = text("papers.comma").join(text(f"papers.option.{name}") for name in unchosen)
        yield text("papers.remark.options", options=names)
    if "plan-b" in items:
        yield text("papers.remark.plan-b")


def _open_points(findings: tuple[Finding, ...]) -> Iterator[str]:
    """What nobody knows yet and the price turns on."""
    for one in findings:
        if one.rule in TOLD or (one.level is not Level.OPEN and one.rule not in SAID_ANYWAY):
            continue
        yield text(f"papers.open.{one.rule}", default=one.text, **dict(one.values))


SAID_ANYWAY = frozenset({"estimate.resetting-more", "estimate.research"})
"""Findings about the amounts that stand there, told though nothing is open."""
