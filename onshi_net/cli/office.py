"""`intake`, `assess`, `ready`, `estimate`, `maintenance`: before and after the visit."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net import brochure, intake
from onshi_net.brochure.calendar import JST
from onshi_net.brochure.data import Level, Verdict
from onshi_net.brochure.findings import told
from onshi_net.errors import (
    EXIT_CHECK_FAILED,
    EXIT_GOOD,
    EXIT_OPEN,
    Fault,
    InputError,
    Place,
)
from onshi_net.i18n import text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from onshi_net.brochure import Finding
    from onshi_net.cli.context import Context

PREPARED = "prepare.must"
"""Clause of the findings that say of a preparation what its line has said already."""
CODES = {
    Verdict.YES: EXIT_GOOD,
    Verdict.NO: EXIT_CHECK_FAILED,
    Verdict.NOT_YET: EXIT_OPEN,
}
ELIGIBLE = {
    Verdict.YES: "cli.eligible",
    Verdict.NO: "cli.not-eligible",
    Verdict.NOT_YET: "cli.not-yet-eligible",
}
READY = {
    Verdict.YES: "cli.ready",
    Verdict.NO: "cli.not-ready",
    Verdict.NOT_YET: "cli.not-yet-ready",
}
COLOURS = {Level.BLOCKED: "red", Level.OPEN: "yellow", Level.ORDER: "yellow"}


def take_in(
    context: Context,
    workbook: Path | None,
    out: Path | None,
    sheets: Sequence[str] = (),
    *,
    update: bool,
    as_json: bool,
) -> int:
    """Reads a workbook and writes its sites; tells every change that it made to an answer."""
    if workbook is None:
        fault = Fault(Place(item="WORKBOOK"), text("cli.no-workbook"))
        raise InputError([fault])
    found = intake.read_workbook(workbook, sheets)
    plan = intake.plan_sites(found, out or context.inventory, update=update)
    if not as_json:
        for note in (*found.changes, *found.warnings, *found.notices):
            context.out.print(f"{note.place}: {note.text}", markup=False)
        for change in plan.changes:
            context.out.print(text(f"cli.file-{change.kind}", file=change.path), soft_wrap=True)
            if change.kind == "updated":
                context.out.print(change.diff, markup=False)
        for site in plan.sites:
            for open_text in site.open_texts:
                context.out.print(text("cli.still-open", site=site.name, what=open_text))
    intake.write_plan(plan)
    if as_json:
        context.out.print_json(data={**found.to_json(), **plan.to_json()})
    else:
        context.out.print(text("cli.sites-written", count=len(plan.sites)), style="green")
        for site in plan.sites:
            context.out.print(text("cli.next-assess", site=site.name), markup=False)
    return EXIT_GOOD


def template(context: Context, file: Path) -> int:
    """Writes an empty form with the survey sheet."""
    intake.write_template(file)
    context.out.print(text("cli.template-written", file=file), soft_wrap=True)
    return EXIT_GOOD


def assess(context: Context, site: str, on: str | None, *, as_json: bool) -> int:
    """Prints whether the site may be built; answers 1 when not, 11 where nobody knows yet."""
    found = brochure.assess(intake.load_case(context.inventory, site), on=day_of(on))
    if as_json:
        context.out.print_json(data=found.to_json())
    else:
        verdict = text(ELIGIBLE[found.verdict])
        context.out.print(f"{site}: {found.pattern.sign} {verdict}", style="bold")
        _print_findings(context.out, found.findings)
        for order in found.orders:
            price = "" if order.yen is None else f" ¥{order.yen:,}"
            supplier = text(f"cli.supplier-{order.supplier}")
            line = text("cli.order", item=order.name, count=order.quantity, supplier=supplier)
            context.out.print(f"  {line}{price}", markup=False)
    return CODES[found.verdict]


def ready(context: Context, site: str, on: str | None, at: str | None, *, as_json: bool) -> int:
    """Prints whether the visit may happen; answers 1 when it may not, 11 where nobody knows yet."""
    case = intake.load_case(context.inventory, site)
    found = brochure.ready(case, on=day_of(on), at=time_of(at))
    if as_json:
        context.out.print_json(data=found.to_json())
    else:
        verdict = text(READY[found.verdict], on=told(found.on))
        context.out.print(f"{site}: {verdict}", style="bold")
        for item in found.items:
            line = f"  {item.row.number} {text(f'cli.item-{item.state}')} {item.name}"
            context.out.print(line, style="red" if item.blocks else "", markup=False)
            if item.blocks:
                context.out.print(f"      {item.where}", markup=False)
        beside = (one for one in found.findings if PREPARED not in one.clauses)
        _print_findings(context.out, (*beside, *found.surcharges))
    return CODES[found.verdict]


def cancel(context: Context, site: str, on: str | None, at: str | None, *, as_json: bool) -> int:
    """Prints whether cancelling the survey now, or then, costs a fee; answers 1 where it does."""
    now = datetime.datetime.now(JST)
    then = datetime.datetime.combine(day_of(on), time_of(at) or now.time(), tzinfo=JST)
    found = brochure.cancel(intake.load_case(context.inventory, site), at=then)
    if as_json:
        context.out.print_json(data=found.to_json())
    else:
        _print_findings(context.out, (found.finding,))
    return CODES[found.verdict]


def estimate(context: Context, site: str, on: str | None, *, as_json: bool) -> int:
    """Prints the estimate with tax."""
    found = brochure.estimate(intake.load_case(context.inventory, site), on=day_of(on))
    if as_json:
        context.out.print_json(data=found.to_json())
        return EXIT_GOOD
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(text("cli.col-item"), overflow="fold")
    for column in ("quantity", "yen"):
        table.add_column(text(f"cli.col-{column}"), justify="right", no_wrap=True)
    for block, lines in found.blocks:
        if block == "monthly":
            _add_sum(table, "once", found.totals.once)
            table.add_section()
        for line in lines:
            yen = text("cli.unpriced") if line.price.unpriced else f"¥{line.yen:,}"
            month = text("cli.a-month") if line.price.monthly else ""
            table.add_row(line.name, str(line.quantity), yen + month)
        _add_sum(table, f"subtotal-{block}", found.totals.of(block))
        if block == "design":
            _add_sum(table, "total", found.total)
        table.add_section()
    context.out.print(table)
    if found.left_out:
        items = text("cli.comma").join(line.name for line in found.left_out)
        context.out.print(text("cli.left-out", items=items), markup=False)
    _print_findings(context.out, found.findings)
    return EXIT_GOOD


def _add_sum(table: Table, name: str, yen: int) -> None:
    table.add_row(text(f"cli.{name}"), "", f"¥{yen:,}", style="bold")


def maintenance(
    context: Context,
    site: str | None,
    on: str | None,
    within: int | None,
    *,
    everything: bool,
    as_json: bool,
) -> int:
    """Prints what runs out when, for one site or all.

    Answers 1 where something is over, 11 where a day isn't known. Raises InputError with the
    faults of the sites that could not be read, the others printed.
    """
    if (site is None) != everything:
        raise InputError([Fault(Place(item="SITE"), text("cli.site-or-all"))])
    day = day_of(on)
    read = _read_cases(context, site)
    found = brochure.maintenance(read.found, on=day, within=within)
    _print_maintenance(context, found, as_json=as_json)
    if read.faults:
        raise InputError(read.faults)
    return CODES[found.verdict]


def resets(context: Context, site: str | None, host: str, on: str | None, *, as_json: bool) -> int:
    """Prints whether the resetting option covers a terminal; answers 1 when not, 11 if unknown."""
    if site is None:
        raise InputError([Fault(Place(item="--resets"), text("cli.site-not-all"))])
    day = day_of(on)
    found = brochure.resetting_of(intake.load_case(context.inventory, site), host, day)
    verdict = brochure.resetting_verdict(found)
    if as_json:
        data = {"site": site, "host": host, "on": day.isoformat(), "verdict": verdict.value}
        context.out.print_json(data={**data, "finding": found.to_json()})
    else:
        _print_findings(context.out, (found,))
        if verdict is not Verdict.YES:
            context.out.print(text("cli.not-covered", host=host, site=site), soft_wrap=True)
    return CODES[verdict]


def _read_cases(context: Context, site: str | None) -> intake.Cases:
    """Answers the case of one site, or of all with the faults of those that have none."""
    if site is None:
        return intake.load_cases(context.inventory)
    return intake.Cases((intake.load_case(context.inventory, site),), ())


def _print_maintenance(context: Context, found: brochure.Maintenance, *, as_json: bool) -> None:
    if as_json:
        context.out.print_json(data=found.to_json())
        return
    for entry in (*found.entries, *found.systems):
        until = text("cli.unknown-day") if entry.until is None else told(entry.until)
        context.out.print(f"{until}  {entry.site}  {entry.title}", markup=False)
        _print_findings(context.out, entry.findings)
    if not found.entries and not found.systems:
        context.out.print(text("cli.nothing-runs-out", days=found.within))


def _print_findings(out: Console, findings: Iterable[Finding]) -> None:
    for finding in findings:
        line = f"  {text(f'cli.level-{finding.level}')} {finding.text}"
        out.print(line, style=COLOURS.get(finding.level, ""), markup=False)


def japanese_day() -> datetime.date:
    """Answers today's date in Japan, wherever the laptop's clock thinks it is."""
    return datetime.datetime.now(JST).date()


def day_of(value: str | None) -> datetime.date:
    """Answers the day of `--on`, today in Japan without it."""
    if value is None:
        return japanese_day()
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        fault = Fault(Place(item="--on"), text("inventory.not-date", value=value[:40]))
        raise InputError([fault]) from None


def time_of(value: str | None) -> datetime.time | None:
    """Answers the hour of `--time`, None without it."""
    if value is None:
        return None
    try:
        return datetime.time.fromisoformat(value)
    except ValueError:
        fault = Fault(Place(item="--time"), text("cli.not-time", value=value[:40]))
        raise InputError([fault]) from None
