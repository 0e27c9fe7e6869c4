"""構成図: the site as it will be, for approval before the work, and as it is, after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.i18n import text
from onshi_net.papers.dossier import Dossier
from onshi_net.papers.figure import Figure, figure_of
from onshi_net.papers.head import Issue, head_of
from onshi_net.papers.layout import Column, Field, Head, Row, Table
from onshi_net.papers.wiring import (
    Cable,
    Device,
    Plan,
    has_branch,
    is_laid_by_customer,
    plan_of,
)
from onshi_net.papers.words import day, known, unknown


@dataclass(frozen=True, slots=True)
class Link:
    """One cable in words, for who reads the drawing as a list."""

    number: int
    start: str
    end: str
    cable: str


@dataclass(frozen=True, slots=True)
class DrawingPaper:
    """The drawing, its tables, and where it is approved."""

    head: Head
    is_finished: bool
    figure: Figure
    alt: str
    before: tuple[str, ...]
    """The devices of the line as it is now, where it is shared; () for a line of its own."""
    chain: tuple[Link, ...]
    cables: Table
    devices: Table
    legend: tuple[str, ...]
    """Kinds of lines and marks that stand in the drawing."""
    title_block: tuple[Field, ...]
    approved: str
    notes: tuple[str, ...]


def is_finished(dossier: Dossier, issue: Issue) -> bool:
    """Answers whether the work is done: the router was delivered by the day of issue."""
    router = dossier.router
    device = dossier.device(router.name) if router is not None else None
    delivered = device.delivered_on if device is not None else None
    return delivered is not None and delivered <= issue.on


def drawing_paper(dossier: Dossier, issue: Issue) -> DrawingPaper:
    """Answers the drawing of a site."""
    plan, head = plan_of(dossier), head_of(dossier, "drawing", issue)
    figure, done = figure_of(plan), is_finished(dossier, issue)
    approved = dossier.case.contract.design_approved_on
    return DrawingPaper(
        head=head,
        is_finished=done,
        figure=figure,
        alt=text("papers.drawing.alt", institution=head.institution),
        before=_before(dossier),
        chain=tuple(links(plan)),
        cables=cable_table(dossier, plan, is_done=done),
        devices=device_table(plan),
        legend=(*figure.line_kinds, "number", "free"),
        title_block=(
            Field(text("papers.drawing.name"), head.title),
            Field(text("papers.drawing.institution"), head.institution),
            Field(text("papers.drawing.number"), head.number),
            Field(text("papers.drawing.edition"), f"{head.edition}"),
            Field(text("papers.drawing.made-on"), day(head.issued_on)),
            Field(text("papers.drawing.made-by")),
            Field(text("papers.drawing.checked-by")),
        ),
        approved=day(approved) if approved is not None and approved <= issue.on else "",
        notes=tuple(_notes(dossier)),
    )


def _before(dossier: Dossier) -> tuple[str, ...]:
    if not has_branch(dossier) or dossier.case.found is None:
        return ()
    branch = text(f"papers.device.branch-{dossier.case.found}")
    return (
        text("papers.device.outlet"),
        text("papers.drawing.with-model", name=text("papers.device.onu"),
             model=known(dossier.onu_model)),
        text("papers.drawing.with-model", name=branch, model=known(dossier.case.branch_model)),
        text("papers.drawing.others"),
    )  # fmt: skip


def _end(device: Device, socket: str) -> str:
    return text("papers.drawing.end", device=device.name, socket=socket) if socket else device.name


def links(plan: Plan) -> Iterator[Link]:
    """Answers every cable in words."""
    for one in plan.cables:
        start = _end(plan.device(one.start), one.start_socket)
        end = _end(plan.device(one.end), one.end_socket)
        yield Link(one.number, start, end, _sort(one))


def _sort(cable: Cable) -> str:
    return text(f"papers.drawing.{'fibre' if cable.is_fibre else 'lan-cable'}")


def cable_table(dossier: Dossier, plan: Plan, *, is_done: bool) -> Table:
    """Answers the table of the cables: 配線表."""
    names = ("no", "from", "to", "length", "sort", "colour", "age", "exposed")
    columns = tuple(
        Column(text(f"papers.col.{name}"), "number" if name == "no" else "text") for name in names
    )
    rows = []
    for cable, link in zip(plan.cables, links(plan), strict=True):
        by_hand = text("papers.drawing.by-hand")
        is_open = not cable.is_new or is_done
        rows.append(
            Row(
                (
                    f"{cable.number}",
                    link.start,
                    link.end,
                    unknown() if cable.metres is None else f"{cable.metres:g}m",
                    link.cable,
                    cable.colour or (unknown() if is_open else by_hand),
                    text(f"papers.drawing.{'new' if cable.is_new else 'old'}"),
                    _exposed(dossier, cable),
                )
            )
        )
    return Table(text("papers.drawing.cables"), columns, tuple(rows))


def _exposed(dossier: Dossier, cable: Cable) -> str:
    if not cable.is_new or cable.is_fibre:
        return text("papers.not-applicable")
    if is_laid_by_customer(dossier):
        return text("papers.drawing.by-customer")
    exposed = dossier.case.survey.wiring.exposed
    return unknown() if exposed is None else text(f"papers.drawing.exposed-{exposed}".lower())


def device_table(plan: Plan) -> Table:
    """Answers the table of the devices: 機器表."""
    names = ("device", "model", "place", "address", "party", "age")
    columns = tuple(Column(text(f"papers.col.{name}")) for name in names)
    rows = []
    for one in plan.devices:
        if one.kind in ("network", "outlet"):
            continue
        address = one.address
        if one.kind == "router":
            address = text("papers.drawing.two-addresses", terminal=plan.terminal.router or
                           unknown(), clinic=plan.clinic.router or unknown())  # fmt: skip
        cells = (
            one.name,
            one.model,
            known(one.place),
            address or text("papers.drawing.no-address"),
            text(f"papers.party.{one.party}"),
            text(f"papers.drawing.{'new' if one.is_new else 'old'}"),
        )
        rows.append(Row(cells))
    return Table(text("papers.drawing.devices"), columns, tuple(rows))


def _notes(dossier: Dossier) -> Iterator[str]:
    yield text("papers.drawing.note-ports")
    yield text("papers.drawing.note-limits")
    if has_branch(dossier):
        yield text("papers.drawing.note-branch")
    yield text("papers.drawing.note-sockets")
