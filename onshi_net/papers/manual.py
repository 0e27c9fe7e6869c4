"""保守手引書: page 1 hangs on the wall for eight in the morning; behind it the site's records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.i18n import text
from onshi_net.model.survey import DeviceKind
from onshi_net.papers.contacts import FUND, clock_table, contact_table
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.drawing import cable_table, device_table, is_finished
from onshi_net.papers.figure import Figure, figure_of
from onshi_net.papers.head import Issue, head_of
from onshi_net.papers.layout import Column, ColumnKind, Field, Head, Row, Table
from onshi_net.papers.register import dates_table, device_register, entries
from onshi_net.papers.wiring import Plan, plan_of
from onshi_net.papers.words import known, listed

MANY = 3
"""More devices of a kind are named by the first and the last: the page has room for one line."""
ORDER = ("onu", "branch", "extra-hub", "router", "hub", "terminal")
"""Kinds of devices in the order of their lamps and of restarting: from outside in."""


@dataclass(frozen=True, slots=True)
class ManualPaper:
    """The manual: the wall's page first."""

    head: Head
    clock: Table
    keep_going: tuple[str, ...]
    fund_fields: tuple[Field, ...]
    lamps: Table
    restart_warnings: tuple[str, ...]
    at_hand: tuple[Field, ...]
    figure: Figure
    alt: str
    devices: Table
    cables: Table
    addresses: Table
    dates: Table
    contacts: Table
    rules: tuple[str, ...]
    call_first: tuple[str, ...]
    lasting: tuple[str, ...]


def manual_paper(dossier: Dossier, issue: Issue) -> ManualPaper:
    """Answers the manual of a site."""
    plan, head = plan_of(dossier), head_of(dossier, "manual", issue)
    return ManualPaper(
        head=head,
        clock=clock_table(dossier),
        keep_going=tuple(text(f"papers.manual.keep-going-{n}", phone=FUND) for n in (1, 2)),
        fund_fields=(
            Field(text("papers.manual.code"), dossier.institution.code),
            Field(text("papers.manual.institution"), dossier.institution.name),
            Field(text("papers.manual.caller")),
        ),
        lamps=_lamps(dossier, plan),
        restart_warnings=tuple(_warnings(dossier, plan)),
        at_hand=tuple(_at_hand(dossier)),
        figure=figure_of(plan),
        alt=text("papers.drawing.alt", institution=head.institution),
        devices=device_register(dossier),
        cables=cable_table(dossier, plan, is_done=is_finished(dossier, issue)),
        addresses=device_table(plan),
        dates=dates_table(dossier),
        contacts=contact_table(dossier),
        rules=tuple(text(f"papers.manual.rule-{n}") for n in range(1, 6)),
        call_first=tuple(text(f"papers.manual.call-first-{n}") for n in range(1, 4)),
        lasting=tuple(_lasting(dossier)),
    )


def _names(plan: Plan, kind: str) -> str:
    """Answers the names of the devices of a kind; of many the first and the last."""
    names = [one.name for one in plan.devices if one.kind == kind]
    if len(names) > MANY:
        return text("papers.manual.range", first=names[0], last=names[-1])
    return listed(names)


def _lamps(dossier: Dossier, plan: Plan) -> Table:
    """The devices from outside in: their lamps at hand-over, and how each is restarted.

    Of what nobody noted the table says so, and has room for the lamps of today.
    """
    names = ("order", "device", "lamps", "lamps-now", "how")
    kinds: dict[str, ColumnKind] = {
        "order": "number",
        "device": "device",
        "lamps": "lamps",
        "lamps-now": "today",
        "how": "restart",
    }
    columns = tuple(Column(text(f"papers.col.{name}"), kinds.get(name, "text")) for name in names)
    rows = tuple(
        Row((f"{n}", name, lamps or text("papers.manual.lamps-open"), "", how))
        for n, (name, lamps, how) in enumerate(_restarts(dossier, plan), 1)
    )
    return Table(text("papers.manual.lamps"), columns, rows)


def _restarts(dossier: Dossier, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Name, good lamps and way of each, in the order of restarting; the reader's place is its own.

    Whether the reader comes before the terminal is its maker's word, which somebody noted.
    """
    notes = dossier.draft.as_built
    reader = notes.card_reader
    how = "reader" if reader.before_terminal is None else "reader-noted"
    name = text("papers.device.reader")
    if reader.model is not None:
        name = text("papers.drawing.with-model", name=name, model=reader.model)
    row = (name, notes.lamps.get("card-reader", ""), text(f"papers.manual.how-{how}"))
    for kind in ORDER:
        if kind == "terminal" and reader.before_terminal:
            yield row
        if found := _names(plan, kind):
            way = text(f"papers.manual.how-{'pc' if kind == 'terminal' else 'plug'}")
            yield found, _good_lamps(plan, kind), way
    if not reader.before_terminal:
        yield row
    if dossier.receipt_pcs:
        way = text("papers.manual.how-pc")
        yield _names(plan, "receipt"), _good_lamps(plan, "receipt"), way


def _good_lamps(plan: Plan, kind: str) -> str:
    """The noted lamps of the devices of a kind: said once where they are alike."""
    some = [one for one in plan.devices if one.kind == kind]
    noted = {one.lamps for one in some}
    if len(noted) == 1:
        return noted.pop()
    return listed(f"{one.name}: {one.lamps}" for one in some if one.lamps)


def _warnings(dossier: Dossier, plan: Plan) -> Iterator[str]:
    yield text("papers.manual.never-reset")
    denwa = dossier.case.line.hikari_denwa if dossier.case.line is not None else None
    denwa = denwa or dossier.case.survey.line.hikari_denwa
    if denwa or plan.of("branch"):
        yield text("papers.manual.phones-stop")
    if not plan.of("branch"):
        yield text("papers.manual.line-stops")


def _at_hand(dossier: Dossier) -> Iterator[Field]:
    yield Field(text("papers.manual.code"), dossier.institution.code)
    yield Field(text("papers.manual.caf"))
    yield Field(text("papers.manual.contract"), dossier.draft.as_built.maintenance_number or "")
    for one in entries(dossier):
        if one.host and one.kind is not DeviceKind.TERMINAL:
            serial = text("papers.manual.model-serial", model=one.model, serial=known(one.serial))
            yield Field(one.name, serial)
    serials = [known(one.serial) for one in entries(dossier) if one.kind is DeviceKind.TERMINAL]
    if serials:
        said = listed(dict.fromkeys(serials))
        model = text("papers.kind-model.terminal")
        serial = text("papers.manual.model-serial", model=model, serial=said)
        yield Field(text("papers.kind.terminal"), serial)
    yield Field(text("papers.manual.since"))
    yield Field(text("papers.manual.happened"))


def _lasting(dossier: Dossier) -> Iterator[str]:
    plan = dossier.case.contract.support.plan
    yield text(f"papers.manual.plan-{(plan or 'open').lower()}")
    yield text("papers.manual.no-promise")
    yield text("papers.manual.repair-day")
    yield text("papers.manual.costs")
    yield text("papers.manual.scope")
