"""`intake`, `assess`, `ready`, `estimate`, `maintenance`: before and after the visit."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_net import brochure, intake
from onshi_net.brochure.data import Level
from onshi_net.errors import EXIT_CHECK_FAILED, EXIT_GOOD, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.inventory import site_names

if TYPE_CHECKING:
    from rich.console import Console

    from onshi_net.brochure import Finding
    from onshi_net.cli.context import Context

PREPARED = "prepare.must"
"""Clause of the findings that say of a preparation what its line has said already."""
COLOURS = {Level.BLOCKED: "red", Level.OPEN: "yellow", Level.ORDER: "yellow"}


def take_in(
    context: Context, workbook: Path | None, out: Path | None, *, update: bool, as_json: bool
) -> int:
    """Reads a workbook and writes its sites; tells every change that it made to an answer."""
    if workbook is None:
        fault = Fault(Place(item="WORKBOOK"), text("cli.no-workbook"))
        raise InputError([fault])
    found = intake.read_workbook(workbook)
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
    return EXIT_GOOD


def template(context: Context, file: Path) -> int:
    """Writes an empty form with the survey sheet."""
    intake.write_template(file)
    context.out.print(text("cli.template-written", file=file), soft_wrap=True)
    return EXIT_GOOD


def assess(context: Context, site: str, on: str | None, *, as_json: bool) -> int:
    """Prints whether the site may be built; exit code 1 when it may not."""
    found = brochure.assess(intake.load_case(context.inventory, site), on=_day(on))
    if as_json:
        context.out.print_json(data=found.to_json())
    else:
        verdict = text("cli.eligible" if found.eligible else "cli.not-eligible")
        context.out.print(f"{site}: {found.pattern.sign} {verdict}", style="bold")
        _print_findings(context.out, found.findings)
        for order in found.orders:
            price = "" if order.yen is None else f" ¥{order.yen:,}"
            supplier = text(f"cli.supplier-{order.supplier}")
            line = text("cli.order", item=order.name, count=order.quantity, supplier=supplier)
            context.out.print(f"  {line}{price}", markup=False)
    return EXIT_GOOD if found.eligible else EXIT_CHECK_FAILED


def ready(context: Context, site: str, on: str | None, at: str | None, *, as_json: bool) -> int:
    """Prints whether the visit may happen; exit code 1 when it may not."""
    case = intake.load_case(context.inventory, site)
    found = brochure.ready(case, on=_day(on), at=_time(at))
    if as_json:
        context.out.print_json(data=found.to_json())
    else:
        verdict = text("cli.ready" if found.ready else "cli.not-ready", on=found.on)
        context.out.print(f"{site}: {verdict}", style="bold")
        for item in found.items:
            line = f"  {item.row.number} {text(f'cli.item-{item.state}')} {item.name}"
            context.out.print(line, style="red" if item.blocks else "", markup=False)
            if item.blocks:
                context.out.print(f"      {item.where}", markup=False)
        beside = (one for one in found.findings if PREPARED not in one.clauses)
        _print_findings(context.out, (*beside, *found.surcharges))
    return EXIT_GOOD if found.ready else EXIT_CHECK_FAILED


def estimate(context: Context, site: str, on: str | None, *, as_json: bool) -> int:
    """Prints the estimate with tax."""
    found = brochure.estimate(intake.load_case(context.inventory, site), on=_day(on))
    if as_json:
        context.out.print_json(data=found.to_json())
        return EXIT_GOOD
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(text("cli.col-item"), overflow="fold")
    for column in ("quantity", "yen"):
        table.add_column(text(f"cli.col-{column}"), justify="right", no_wrap=True)
    for line in found.lines:
        yen = text("cli.unpriced") if line.price.unpriced else f"¥{line.yen:,}"
        month = text("cli.a-month") if line.price.monthly else ""
        table.add_row(line.name, str(line.quantity), yen + month)
    table.add_row(text("cli.total"), "", f"¥{found.total:,}", style="bold")
    context.out.print(table)
    _print_findings(context.out, found.findings)
    return EXIT_GOOD


def maintenance(
    context: Context,
    site: str | None,
    on: str | None,
    within: int | None,
    *,
    everything: bool,
    as_json: bool,
) -> int:
    """Prints what runs out when, for one site or all."""
    if (site is None) != everything:
        raise InputError([Fault(Place(item="SITE"), text("cli.site-or-all"))])
    names = [site] if site is not None else site_names(context.inventory)
    cases = (intake.load_case(context.inventory, name) for name in names)
    day = _day(on)
    found = brochure.maintenance(cases, on=day, within=within)
    if as_json:
        context.out.print_json(data=found.to_json())
        return EXIT_GOOD
    for entry in found.entries:
        until = text("cli.unknown-day") if entry.until is None else entry.until.isoformat()
        context.out.print(f"{until}  {entry.site}  {entry.name} ({entry.kind})", markup=False)
        _print_findings(context.out, entry.findings)
    if not found.entries:
        context.out.print(text("cli.nothing-runs-out", days=found.within))
    return EXIT_GOOD


def _print_findings(out: Console, findings: Iterable[Finding]) -> None:
    for finding in findings:
        clauses = ", ".join(finding.clauses)
        level = text(f"cli.level-{finding.level}")
        line = f"  {level} {finding.text} [{clauses}]"
        out.print(line, style=COLOURS.get(finding.level, ""), markup=False)


def japanese_day() -> datetime.date:
    """Answers today's date in Japan, wherever the laptop's clock thinks it is."""
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).date()


def _day(value: str | None) -> datetime.date:
    """Answers the day of `--on`, today in Japan without it."""
    if value is None:
        return japanese_day()
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        fault = Fault(Place(item="--on"), text("inventory.not-date", value=value[:40]))
        raise InputError([fault]) from None


def _time(value: str | None) -> datetime.time | None:
    if value is None:
        return None
    try:
        return datetime.time.fromisoformat(value)
    except ValueError:
        fault = Fault(Place(item="--time"), text("cli.not-time", value=value[:40]))
        raise InputError([fault]) from None
