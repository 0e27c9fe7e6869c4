"""A workbook of 申込シート and 現地調査票 as sites: everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intake.clashes import clashes
from onshi_net.intake.container import remedy
from onshi_net.intake.forms import Item, Question, application, label_of, survey_form
from onshi_net.intake.grid import MAX_ROWS, Cell, Sheet, read_sheets
from onshi_net.intake.locate import (
    Form,
    Found,
    Row,
    SurveySheet,
    find_application,
    find_survey,
)
from onshi_net.intake.normalize import Refusal, is_empty, normalize
from onshi_net.intake.result import CODE, Facts, IntakeResult, Note, SiteAnswers, merged, note
from onshi_net.intake.survey_values import EMPTY_BOX, Answer, read_answer
from onshi_net.inventory.faults import shown
from onshi_net.model.site import Institution
from onshi_net.model.survey import Contract, Prerequisites, Survey

_MODELS: dict[str, type[BaseModel]] = {
    "institution": Institution,
    "survey": Survey,
    "prerequisites": Prerequisites,
    "contract": Contract,
}


@dataclass(slots=True)
class _Desk:
    """Collects what is said while a workbook is read."""

    file: Path
    faults: list[Fault] = field(default_factory=list)
    changes: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    notices: list[Note] = field(default_factory=list)

    def fault(self, sheet: str, cell: str, message: str, **values: str) -> None:
        """Notes a fault; the place is the sheet and the cell."""
        problem = text(f"intake.{message}", **values)
        place = Place(self.file, item=f"{sheet}!{cell}" if cell else sheet)
        self.faults.append(Fault(place, problem, remedy(message)))

    def struck(self, sheet: str, cell: Cell, item: str, row: Row) -> None:
        """Notes an answer or a label that is struck through, and what stands beside it."""
        beside = "、".join(
            f"{one.name} 「{shown(one.value)}」" for one in (*row.others, *row.remarks)
        )
        message = "struck-beside" if beside else "struck"
        values = {"item": item, "value": shown(cell.value), "beside": beside}
        self.fault(sheet, cell.name, message, **values)

    def refused(self, sheet: str, cell: Cell, item: str, refusal: Refusal) -> None:
        """Notes a refused value with item, value and rule."""
        values: dict[str, Any] = dict(refusal.values)
        rule = text(f"intake.rule.{refusal.rule}", **values)
        value = shown("=…" if cell.kind == "formula" else cell.value)
        self.fault(sheet, cell.name, "refused", item=item, value=value, rule=rule)

    def changed(
        self, sheet: str, cell: Cell, item: str, changes: tuple[str, ...], value: Answer
    ) -> None:
        """Notes how a value was normalized."""
        if not changes:
            return
        what = "、".join(text(f"intake.change.{change}") for change in changes)
        values = {
            "item": item,
            "old": shown(cell.cut or str(cell.value)),
            "new": shown(str(value)),
            "what": what,
        }
        self.changes.append(note(sheet, cell.name, "changed", **values))


def _put(facts: Facts, path: str, value: Any) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        facts = facts.setdefault(folder, {})
    facts[name] = value


def _choose(desk: _Desk, sheet: Sheet, title: str, rows: list[Row]) -> Row | None:
    """Answers the row that holds the answer of an item that may stand there twice."""
    filled = [row for row in rows if row.answer is not None]
    for row in rows[1:]:
        desk.notices.append(note(sheet.title, row.label.name, "notice.twice", item=title))
    answers = {str(row.answer.value) for row in filled if row.answer}
    if len(answers) > 1:
        cells = "、".join(row.answer.name for row in filled if row.answer)
        desk.fault(sheet.title, filled[-1].label.name, "twice", item=title, cells=cells)
        return None
    return next(iter((*filled, *rows)), None)


def _read_item(desk: _Desk, sheet: Sheet, item: Item, row: Row) -> str | None:
    """Answers an item's normalized value, None without one; faults and changes go to the desk."""
    for cell in (row.label, row.answer):
        if cell is not None and cell.struck:
            desk.struck(sheet.title, cell, item.title, row)
            return None
    for cell in row.others:
        if row.answer is None:
            values = {"item": item.title, "value": shown(cell.value)}
            desk.fault(sheet.title, cell.name, "elsewhere", **values)
            return None
        desk.notices.append(note(sheet.title, cell.name, "notice.beside", value=shown(cell.value)))
    if row.answer is None or is_empty(row.answer):
        if item.required:
            desk.fault(sheet.title, row.label.name, "missing", item=item.title)
        return None
    try:
        value = normalize(item.kind, row.answer.kind, row.answer.value)
    except Refusal as refusal:
        desk.refused(sheet.title, row.answer, item.title, refusal)
        return None
    changes = (*(("struck",) if row.answer.cut else ()), *value.changes)
    desk.changed(sheet.title, row.answer, item.title, changes, value.value)
    for warning in value.warnings:
        values = {"item": item.title, "value": shown(value.value)}
        desk.warnings.append(note(sheet.title, row.answer.name, f"warning.{warning}", **values))
    return value.value


def _by_item(form: Form) -> dict[int, list[Found]]:
    rows: dict[int, list[Found]] = {}
    for found in form.rows:
        rows.setdefault(found.item.number, []).append(found)
    return rows


def _is_blank(form: Form) -> bool:
    return all(found.row.answer is None and not found.row.others for found in form.rows)


@dataclass(slots=True)
class _Read:
    """What a sheet says, in the shape of site.yaml, and in which cell."""

    sheet: str
    facts: Facts = field(default_factory=dict)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)

    def put(self, path: str, value: Any, row: Row) -> None:
        """Keeps an answer."""
        _put(self.facts, path, value)
        self.cells[path] = (self.sheet, (row.answer or row.label).name)


def _read_form(desk: _Desk, form: Form) -> _Read:
    """Answers a 申込シート's facts."""
    read = _Read(form.sheet.title)
    rows = _by_item(form)
    for cell in form.unclear:
        desk.fault(form.sheet.title, cell.name, "unclear-label", value=shown(cell.value))
    for cell in form.strangers:
        if not is_empty(cell):
            desk.notices.append(
                note(form.sheet.title, cell.name, "notice.stranger", value=shown(cell.value))
            )
    _goes_on(desk, form)
    for item in application().items:
        if item.number not in rows:
            if item.required:
                desk.fault(form.sheet.title, "", "no-label", item=item.title)
            continue
        row = _choose(desk, form.sheet, item.title, [found.row for found in rows[item.number]])
        value = _read_item(desk, form.sheet, item, row) if row else None
        if row is not None and value is not None:
            read.put(item.field, value, row)
    return read


def _goes_on(desk: _Desk, form: Form | SurveySheet) -> None:
    """Notes an answer that goes on below its own row, where nobody could tell what it means."""
    for title, cell in form.continued:
        desk.fault(form.sheet.title, cell.name, "goes-on", item=title, value=shown(cell.value))


def _read_question(desk: _Desk, sheet: Sheet, question: Question, row: Row) -> Answer | None:
    for cell in (row.label, row.answer):
        if cell is not None and cell.struck:
            desk.struck(sheet.title, cell, question.label, row)
            return None
    if row.answer is None:
        for cell in row.others:
            values = {"item": question.label, "value": shown(cell.value)}
            desk.fault(sheet.title, cell.name, "elsewhere", **values)
        return None
    try:
        read = read_answer(question.kind, row.answer, question.choices, question.also)
    except Refusal as refusal:
        desk.refused(sheet.title, row.answer, question.label, refusal)
        return None
    if read is None:
        if not _is_only_boxes(row.answer):
            values = {"item": question.label, "value": shown(row.answer.value)}
            desk.notices.append(note(sheet.title, row.answer.name, "notice.says-nothing", **values))
        return None
    changes = (*(("struck",) if row.answer.cut else ()), *read.changes)
    desk.changed(sheet.title, row.answer, question.label, changes, read.value)
    return read.value


def _strangers(desk: _Desk, survey: SurveySheet, missing: list[str]) -> None:
    """Tells questions that the sheet doesn't ask, and labels that are no question's.

    Where both are there, a label was changed: its answer would be lost.
    """
    title = survey.sheet.title
    for label, answer in survey.strangers:
        if missing:
            values = {"label": shown(label.value), "value": shown(answer.value)}
            desk.fault(title, label.name, "no-question", **values, missing="、".join(missing))
        else:
            desk.notices.append(
                note(title, answer.name, "notice.stranger", value=shown(answer.value))
            )
    if missing and not survey.strangers:
        desk.notices.append(note(title, "", "notice.not-asked", items="、".join(missing)))


def _is_only_boxes(cell: Cell) -> bool:
    return any(letter in EMPTY_BOX for letter in str(cell.value))


def _read_survey(desk: _Desk, survey: SurveySheet) -> _Read:
    """Answers a 現地調査票's facts; what nobody filled in is left out."""
    read = _Read(survey.sheet.title)
    rows: dict[str, list[Row]] = {}
    for asked in survey.rows:
        rows.setdefault(asked.question.label, []).append(asked.row)
    _goes_on(desk, survey)
    _strangers(
        desk, survey, [one.label for one in survey_form().questions if one.label not in rows]
    )
    for question in survey_form().questions:
        row = _choose(desk, survey.sheet, question.label, rows.get(question.label, []))
        value = _read_question(desk, survey.sheet, question, row) if row else None
        if row is not None and value is not None:
            read.put(question.field, value, row)
    for clash in clashes(read.facts):
        sheet, cell = read.cells[clash.field]
        _, other = read.cells[clash.other]
        values = {"item": label_of(clash.field), "address": clash.address, "other": other}
        desk.fault(sheet, cell, clash.message, **values, whose=label_of(clash.other))
    return read


def _validated(desk: _Desk, site: SiteAnswers) -> None:
    """Holds the answers against the models."""
    if desk.faults:  # what is told already leaves answers out, which the models would miss
        return
    for section, model in _MODELS.items():
        if section == "institution" and not site.has_form:
            continue
        try:
            model.model_validate(site.facts.get(section, {}))
        except ValidationError as error:
            for one in error.errors(include_url=False):
                path = ".".join((section, *(str(part) for part in one["loc"])))
                known = next((name for name in site.cells if path.startswith(name)), None)
                place = site.cells[known] if known else (site.survey_sheet or site.sheet, "")
                desk.fault(*place, "invalid", item=label_of(known or path))


def _attach(desk: _Desk, sites: list[SiteAnswers], read: _Read) -> None:
    """Gives a survey's facts to the site that it names, or to the only one."""
    sheet, facts = read.sheet, read.facts
    cell = read.cells.get(CODE, ("", ""))[1]
    code = facts.pop("institution", {}).get("code")
    if not facts:
        desk.notices.append(note(sheet, "", "notice.empty-survey"))
        return
    matching = [index for index, site in enumerate(sites) if code in (None, site.code)]
    if len(matching) != 1:
        desk.fault(sheet, cell, "survey-whose", code=code or "-")
        return
    site = sites[matching[0]]
    if site.survey_sheet is not None:
        desk.fault(sheet, cell, "survey-twice", other=site.survey_sheet)
        return
    sites[matching[0]] = SiteAnswers(
        site.code,
        site.sheet,
        sheet,
        merged(site.facts, facts),
        cells={**read.cells, **site.cells},
    )


def _alone(desk: _Desk, sites: list[SiteAnswers], read: _Read, found: _Sorted) -> None:
    """Takes a survey without any form: it is of a site that is there, which it names."""
    facts = dict(read.facts)
    code = facts.pop("institution", {}).get("code")
    if not facts:
        desk.notices.append(note(read.sheet, "", "notice.empty-survey"))
    elif code is None and found.left:
        desk.fault(read.sheet, "", "survey-left", sheets="、".join(found.left))
    elif code is None:
        desk.fault(read.sheet, "", "survey-blank" if found.forms else "survey-whose", code="-")
    elif code in {one.code for one in sites}:
        desk.fault(*read.cells[CODE], "survey-twice", other=sites[0].sheet)
    else:
        sites.append(SiteAnswers(code, read.sheet, read.sheet, facts, cells=read.cells))


def _add_site(desk: _Desk, sites: list[SiteAnswers], form: Form) -> None:
    if _is_blank(form):
        desk.notices.append(note(form.sheet.title, "", "notice.empty-form"))
        return
    read = _read_form(desk, form)
    facts = read.facts
    code = facts.get("institution", {}).get("code")
    if code is None:
        return
    for other in sites:
        if other.code == code and other.facts == facts:
            desk.notices.append(note(form.sheet.title, "", "notice.copy", other=other.sheet))
            return
        if other.code == code:
            there = {"other": other.sheet, "at": other.cells[CODE][1]}
            desk.fault(*read.cells[CODE], "same-code", code=code, **there)
            return
    sites.append(SiteAnswers(code, form.sheet.title, None, facts, cells=read.cells))


@dataclass(slots=True)
class _Sorted:
    """The sheets of a workbook by what they are."""

    forms: list[Form] = field(default_factory=list)
    surveys: list[SurveySheet] = field(default_factory=list)
    left: tuple[str, ...] = ()
    """Samples and hidden sheets."""

    def add(self, one: Form | SurveySheet) -> None:
        """Puts a sheet where it belongs."""
        if isinstance(one, Form):
            self.forms.append(one)
        else:
            self.surveys.append(one)


def _sort(desk: _Desk, sheets: list[Sheet], take: Collection[str]) -> _Sorted:
    """Tells forms and surveys from other sheets, which are only noticed.

    A hidden sheet and one that says that it is a sample is nobody's, unless it is one to `take`.
    """
    found = _Sorted()
    left: list[str] = []
    for sheet in sheets:
        one = find_application(sheet) or find_survey(sheet)
        if one is None:
            if sheet.cells and not sheet.hidden:
                desk.notices.append(note(sheet.title, "", "notice.other-sheet"))
        elif (sheet.hidden or one.is_sample) and sheet.title not in take:
            message = "notice.hidden" if sheet.hidden else "notice.sample"
            desk.notices.append(note(sheet.title, "", message, title=sheet.title))
            left.append(sheet.title)
        else:
            found.add(one)
            if sheet.is_cut:
                desk.fault(sheet.title, "", "cut", rows=f"{MAX_ROWS:,}")
    titles = [sheet.title for sheet in sheets]
    for word in take:
        if word not in titles:
            desk.fault(word, "", "no-such-sheet", sheets="、".join(titles))
    found.left = tuple(left)
    return found


def _nothing_read(desk: _Desk, found: _Sorted) -> None:
    """Says why a workbook gave no site."""
    if found.left:
        desk.fault(found.left[0], "", "only-samples", sheets="、".join(found.left))
    else:
        desk.fault("", "", "only-empty" if found.forms else "no-form")


def read_sheet_list(file: Path, sheets: list[Sheet], take: Collection[str] = ()) -> IntakeResult:
    """Answers the sites of sheets that are read already. Raises InputError with every fault."""
    desk = _Desk(file)
    found = _sort(desk, sheets, take)
    sites: list[SiteAnswers] = []
    for form in found.forms:
        _add_site(desk, sites, form)
    forms_good = not desk.faults
    answers = [_read_survey(desk, one) for one in found.surveys]
    # Whose survey it is can't be told while a form's code is at fault.
    has_form = bool(sites)
    for read in answers if forms_good else []:
        if has_form:
            _attach(desk, sites, read)
        else:
            _alone(desk, sites, read, found)
    if not sites and not desk.faults:
        _nothing_read(desk, found)
    for site in sites:
        _validated(desk, site)
    if desk.faults:
        raise InputError(desk.faults)
    return IntakeResult(
        file, tuple(sites), tuple(desk.changes), tuple(desk.warnings), tuple(desk.notices)
    )


def read_workbook(path: Path, take: Collection[str] = ()) -> IntakeResult:
    """Answers the sites of a workbook.

    `take` names sheets that are read although they are hidden or say that they are samples.
    Raises InputError with every fault, each with sheet and cell.

    No formula is run or trusted; nothing is written.
    """
    return read_sheet_list(path, read_sheets(path), take)
