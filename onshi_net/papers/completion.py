"""工事完了報告書: what was done, measured and left open, to be signed on the spot.

Results come from stored verifications alone: what was not measured says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from onshi_net.checks.model import SEGMENTS, State
from onshi_net.i18n import text
from onshi_net.model.survey import DeviceKind
from onshi_net.papers.dossier import Dossier, Measurement
from onshi_net.papers.drawing import cable_table
from onshi_net.papers.head import Issue, head_of, number_of
from onshi_net.papers.layout import Column, ColumnKind, Field, Head, Row, Table, Tick
from onshi_net.papers.photos import Photo
from onshi_net.papers.register import device_register, entries
from onshi_net.papers.wiring import plan_of
from onshi_net.papers.words import day, short_moment
from onshi_net.papers.work import Work, measured, work_of

KEPT = ("party", "done-by", "result", "verdict", "before", "when", "note")
"""Columns whose words stay on one line."""


@dataclass(frozen=True, slots=True)
class CompletionPaper:
    """The report of the work."""

    head: Head
    facts: tuple[Field, ...]
    work: Table
    devices: Table
    cables: Table
    promised: Table
    segments: Table
    explained: tuple[Tick, ...]
    photos: tuple[Photo, ...]
    left: Table | None
    """What is left open; None only where nothing is."""


def completion_paper(dossier: Dossier, issue: Issue) -> CompletionPaper:
    """Answers the report of a site."""
    rows = work_of(dossier, issue.on)
    left = tuple(_left(dossier, rows))
    return CompletionPaper(
        head=head_of(dossier, "completion", issue),
        facts=tuple(_facts(dossier, issue)),
        work=_work(rows),
        devices=device_register(dossier),
        cables=cable_table(dossier, plan_of(dossier), is_done=True),
        promised=_promised(dossier),
        segments=_segments(dossier),
        explained=tuple(Tick(text(f"papers.completion.explain-{n}")) for n in range(1, 7)),
        photos=issue.photos,
        left=Table(text("papers.completion.left"), _columns("topic", "party", "due"), left)
        if left
        else None,
    )


def _facts(dossier: Dossier, issue: Issue) -> Iterator[Field]:
    place = dossier.institution.address or dossier.institution.name
    yield Field(text("papers.completion.place"), place)
    yield Field(text("papers.completion.estimate"), number_of(dossier, "estimate"))
    yield Field(text("papers.completion.drawing"), number_of(dossier, "drawing"))
    yield Field(text("papers.completion.start"), day(issue.visit_on) if issue.visit_on else "")
    yield Field(text("papers.completion.end"))
    yield Field(text("papers.completion.technician"))
    yield Field(text("papers.completion.witness"))
    photos = text("papers.completion.photo-count", count=len(issue.photos))
    yield Field(text("papers.completion.photos"), photos if issue.photos else "")


def _columns(*names: str) -> tuple[Column, ...]:
    kinds: dict[str, ColumnKind] = {"no": "number", "due": "code", **dict.fromkeys(KEPT, "keep")}
    return tuple(Column(text(f"papers.col.{name}"), kinds.get(name, "text")) for name in names)


def _work(work: Iterable[Work]) -> Table:
    rows = [Row((f"{one.number}", one.name, one.who, one.stands, one.result.note)) for one in work]
    columns = _columns("no", "work", "done-by", "result", "note")
    return Table(text("papers.completion.work"), columns, tuple(rows))


def _promised(dossier: Dossier) -> Table:
    """The tests that the brochure promises: eligibility, billing, the receipt PC's link."""
    rows = []
    for number in (9, 10, 11):
        result = measured(dossier, number)
        at = short_moment(dossier.last.taken_at) if dossier.last is not None else ""
        when = at if result.state in ("done", "failed") else text("papers.unmeasured")
        names = {"done": "good", "failed": "bad", "not-applicable": "not-applicable"}
        verdict = text(f"papers.completion.{names.get(result.state, 'unmeasured')}")
        value = text(f"papers.completion.value-{number}") if result.state == "done" else verdict
        rows.append(Row((text(f"papers.completion.test-{number}"), when, value, verdict)))
    columns = _columns("test", "when", "measured", "verdict")
    return Table(text("papers.completion.promised"), columns, tuple(rows))


def _segments(dossier: Dossier) -> Table:
    """What the last verification found a segment, beside the first one where there were two."""
    first = dossier.measured[0] if len(dossier.measured) > 1 else None
    rows = []
    for segment in SEGMENTS:
        now, before = _counted(dossier.last, segment), _counted(first, segment)
        at = short_moment(dossier.last.taken_at) if dossier.last is not None else ""
        if now is None and dossier.last is not None and before is None:
            continue  # the site has no such part
        when = at if now is not None else text("papers.unmeasured")
        rows.append(
            Row(
                (
                    text(f"papers.segment.{segment}"),
                    when,
                    *(now or (text("papers.unmeasured"), text("papers.unmeasured"))),
                    before[1] if before is not None else text("papers.unmeasured"),
                )
            )
        )
    columns = _columns("segment", "when", "measured", "verdict", "before")
    return Table(text("papers.completion.segments"), columns, tuple(rows))


def _counted(measured: Measurement | None, segment: str) -> tuple[str, str] | None:
    """Answers how many points of a segment were good, and the verdict; None without any."""
    results = measured.results if measured is not None else ()
    states = [
        one.state
        for one in results
        if one.segment == segment and one.state is not State.NOT_APPLICABLE
    ]
    if not states:
        return None
    good = states.count(State.PASSED)
    value = text("papers.completion.counted", good=good, count=len(states))
    if State.FAILED in states:
        return value, text("papers.completion.bad")
    return value, text(f"papers.completion.{'good' if good == len(states) else 'unmeasured'}")


def _left(dossier: Dossier, work: Iterable[Work]) -> Iterator[Row]:
    """残件: work that isn't done, segments that aren't good, facts that nobody wrote down."""
    for one in work:
        if not one.result.is_done:
            what = text(
                "papers.completion.left-work", number=one.number, work=one.name, state=one.stands
            )
            yield Row((what, one.who, ""))
    yield from _left_segments(dossier)
    if missing := [one.name for one in entries(dossier) if not one.serial]:
        what = text("papers.completion.left-serial", devices=text("papers.comma").join(missing))
        yield Row((what, text("papers.party.ours"), ""))
    undelivered = [
        one.name for one in entries(dossier)
        if (one.device is None or one.device.delivered_on is None)
        and one.kind is not DeviceKind.USB_MEMORY
    ]  # fmt: skip
    if undelivered:
        devices = text("papers.comma").join(undelivered)
        what = text("papers.completion.left-delivered", devices=devices)
        yield Row((what, text("papers.party.ours"), ""))


def _left_segments(dossier: Dossier) -> Iterator[Row]:
    if dossier.last is None:
        yield Row((text("papers.completion.left-all"), text("papers.party.ours"), ""))
        return
    for segment in SEGMENTS:
        found = _counted(dossier.last, segment)
        if found is not None and found[1] != text("papers.completion.good"):
            name = text(f"papers.segment.{segment}")
            what = text("papers.completion.left-segment", segment=name, state=found[1])
            yield Row((what, _acts(dossier.last, segment), ""))


def _acts(measured: Measurement, segment: str) -> str:
    """Who acts on what is not good in a segment."""
    parties = [
        one.party for one in measured.results
        if one.segment == segment and one.state is State.FAILED
    ]  # fmt: skip
    names = {"ntt-line": "line", "institution": "customer", "fund": "fund",
             "receipt-vendor": "vendor"}  # fmt: skip
    some = [text(f"papers.party.{names.get(one.value, 'ours')}") for one in parties]
    return text("papers.comma").join(dict.fromkeys(some)) or text("papers.party.ours")
