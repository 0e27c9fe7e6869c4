"""ご準備事項: what the institution prepares, from whom, until when, before the work."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net import brochure
from onshi_net.brochure.data import prerequisites, prices
from onshi_net.brochure.line import carrier_of
from onshi_net.brochure.readiness import Item, State
from onshi_net.brochure.work import customer_lays
from onshi_net.i18n import text
from onshi_net.model.survey import LineUse, ReceiptWork
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.head import Issue, head_of
from onshi_net.papers.layout import Field, Head, Tick
from onshi_net.papers.words import day, known, short_day, unknown

REGISTRATION = "https://iryohokenjyoho.service-now.com/csm?id=csm_user_registration_select"
"""Where the account is made (brochure line 344)."""
CERTIFICATE = 5
"""The preparation whose papers come by registered mail (brochure line 349)."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """One row: a preparation with its place, cost, deadline and known state."""

    number: int
    name: str
    where: str
    what: tuple[str, ...]
    price: str
    until: str
    state: str
    is_done: bool
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class PreparePaper:
    """The list of what to prepare."""

    head: Head
    visit: str
    """'' where no day is appointed yet."""
    deadline: str
    rows: tuple[Preparation, ...]
    caf: tuple[Field, ...]
    day_of_work: tuple[Tick, ...]
    links: tuple[tuple[str, str], ...]
    """Names and addresses on the web."""


def prepare_paper(dossier: Dossier, issue: Issue) -> PreparePaper:
    """Answers the list of a site, with what is done by the day of issue."""
    items = brochure.ready(dossier.case, on=issue.on).items
    return PreparePaper(
        head=head_of(dossier, "prepare", issue),
        visit=visit_of(issue),
        deadline=_deadline(issue),
        rows=tuple(_row(dossier, item, issue) for item in items),
        caf=(Field(text("papers.prepare.caf-line")), Field(text("papers.prepare.caf-registered"))),
        day_of_work=tuple(_day_of_work(dossier)),
        links=(
            (text("papers.prepare.link-portal"), prerequisites().portal),
            (text("papers.prepare.link-account"), REGISTRATION),
        ),
    )


def visit_of(issue: Issue) -> str:
    """Answers the day and hour of the work; '' where none is appointed."""
    if issue.visit_on is None:
        return ""
    at = "" if issue.visit_at is None else f" {issue.visit_at:%H:%M}"
    return f"{day(issue.visit_on)}{at}"


def _deadline(issue: Issue) -> str:
    if issue.visit_on is None:
        return text("papers.prepare.until-visit")
    return text("papers.prepare.until-day", day=day(issue.visit_on))


def _row(dossier: Dossier, item: Item, issue: Issue) -> Preparation:
    is_needed = item.state is not State.NOT_NEEDED
    return Preparation(
        number=item.row.number,
        name=text(f"papers.prepare.name.{item.row.id}"),
        where=text(f"papers.prepare.at.{item.at}"),
        what=tuple(_what(dossier, item)),
        price=_price(item) if is_needed else text("papers.prepare.no-cost"),
        until=_until(item, issue) if is_needed else text("papers.not-applicable"),
        state=_state(dossier, item),
        is_done=item.state is State.DONE,
        is_needed=is_needed,
    )


def _what(dossier: Dossier, item: Item) -> Iterator[str]:
    if item.state is State.NOT_NEEDED:
        yield _why_not(dossier, item)
        return
    yield text(f"papers.prepare.what.{item.row.id}" + _carrier(dossier, item))
    if item.row.id == "usage-application":
        used = dossier.case.prerequisites.billing_used
        name = {True: "used", False: "unused", None: "open"}[used]
        yield text(f"papers.prepare.billing-{name}")


def _carrier(dossier: Dossier, item: Item) -> str:
    return "-carrier" if item.at == "carrier" and carrier_of(dossier.case) is not None else ""


def _why_not(dossier: Dossier, item: Item) -> str:
    if item.row.id != "v6-order":
        return text(f"papers.prepare.not-needed.{item.row.id}")
    contracted = bool(dossier.case.v6_option)
    return text(f"papers.prepare.not-needed.v6-{'contracted' if contracted else 'included'}")


def _price(item: Item) -> str:
    if item.at == "carrier":
        return text("papers.prepare.ask-price")
    if item.row.price is None:
        return text("papers.prepare.price-not-named")
    price = prices().item(item.row.price)
    return text("papers.estimate.yen", yen=f"{price.yen:,}")


def _until(item: Item, issue: Issue) -> str:
    if item.row.number == CERTIFICATE:
        return text("papers.prepare.until-arrived")
    if item.row.blocks:
        return _deadline(issue)
    return text("papers.prepare.until-work")


def _state(dossier: Dossier, item: Item) -> str:
    """What is known: done (since when), or room for the day; whether it is needed is not known."""
    if item.state is State.DONE:
        some = [getattr(dossier.case.prerequisites, name) for name in item.row.fields]
        days = [one for one in some if isinstance(one, datetime.date)]
        return short_day(max(days)) if days else text("papers.prepare.day-open")
    if item.state is State.OPEN:
        return unknown()
    return text("papers.prepare.unneeded") if item.state is State.NOT_NEEDED else ""


def _day_of_work(dossier: Dossier) -> Iterator[Tick]:
    case, receipt = dossier.case, dossier.case.survey.receipt
    issued = case.prerequisites.certificate_issued_on
    note = text("papers.prepare.issued", day=known(issued))
    yield Tick(text("papers.prepare.notice"), note)
    if case.receipt_count != 0:
        yield from _receipt(receipt.work_by, receipt.admin_rights)
        vendor = text("papers.prepare.vendor-name", vendor=known(receipt.vendor))
        yield Tick(text("papers.prepare.vendor"), vendor)
    yield Tick(text("papers.prepare.reader"))
    yield Tick(text("papers.prepare.taps"), _taps(case.survey.power_taps_short))
    if customer_lays(case):
        yield Tick(text("papers.prepare.wiring"))
    if case.line_use is LineUse.NEW:
        work_on = case.survey.line.work_on
        yield Tick(text("papers.prepare.line-work"), known(work_on))
    yield Tick(text("papers.prepare.accounts"))


def _receipt(work_by: ReceiptWork | None, admin: bool | None) -> Iterator[Tick]:
    if work_by is ReceiptWork.NTT:
        note = text(f"papers.prepare.admin-{ {True: 'yes', False: 'no', None: 'open'}[admin] }")
        yield Tick(text("papers.prepare.admin"), note)
    elif work_by is not None:
        yield Tick(text(f"papers.prepare.receipt-by-{work_by}"))
    else:
        yield Tick(text("papers.prepare.receipt-by-open"), unknown())


def _taps(short: bool | None) -> str:
    if short is None:
        return unknown()
    return text("papers.prepare.taps-short" if short else "papers.prepare.taps-enough")
