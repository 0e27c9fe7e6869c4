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
        clock=clock_table(),
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
    """The devices from outside in: which lamps were good, and how each is restarted.

    Nobody has recorded the lamps of hand-over yet, so the table has room for it.
    """
    names = ("order", "device", "lamps", "lamps-now", "how")
    kinds: dict[str, ColumnKind] = {"order": "number", "lamps-now": "code"}
    columns = tuple(Column(text(f"papers.col.{name}"), kinds.get(name, "text")) for name in names)
    some = [(_names(plan, kind), kind) for kind in ORDER]
    order = [(found, "pc" if kind == "terminal" else "plug") for found, kind in some if found]
    order.append((text("papers.device.reader"), "reader"))
    if dossier.receipt_pcs:
        order.append((_names(plan, "receipt"), "pc"))
    rows = tuple(
        Row((f"{n}", name, text("papers.manual.lamps-open"), "", text(f"papers.manual.how-{how}")))
        for n, (name, how) in enumerate(order, 1)
    )
    return Table(text("papers.manual.lamps"), columns, rows)


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
    yield Field(text("papers.manual.contract"))
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
