"""A workbook of 申込シート and 現地調査票 as sites: everything that is wrong with it at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intake.container import remedy
from onshi_net.intake.forms import Item, Question, application
from onshi_net.intake.grid import Cell, Sheet, read_sheets
from onshi_net.intake.locate import (
    Form,
    Found,
    Row,
    SurveySheet,
    find_application,
    find_survey,
)
from onshi_net.intake.normalize import Refusal, is_empty, normalize
from onshi_net.intake.result import Facts, IntakeResult, Note, SiteAnswers, note
from onshi_net.intake.survey_values import Answer, read_answer
from onshi_net.inventory.faults import shown, shown_reason
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
            "old": shown(str(cell.value)),
            "new": shown(str(value)),
            "what": what,
        }
        self.changes.append(note(sheet, cell.name, "changed", **values))


def _put(facts: Facts, path: str, value: Any) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        facts = facts.setdefault(folder, {})
    facts[name] = value


def _choose(desk: _Desk, sheet: Sheet, item: Item, rows: list[Row]) -> Row | None:
    """Answers the row that holds the answer of an item that may stand there twice."""
    filled = [row for row in rows if row.answer is not None]
    for row in rows[1:]:
        desk.notices.append(note(sheet.title, row.label.name, "notice.twice", item=item.title))
    answers = {str(row.answer.value) for row in filled if row.answer}
    if len(answers) > 1:
        cells = "、".join(row.answer.name for row in filled if row.answer)
        desk.fault(sheet.title, filled[-1].label.name, "twice", item=item.title, cells=cells)
        return None
    return filled[0] if filled else rows[0]


def _read_item(desk: _Desk, sheet: Sheet, item: Item, row: Row) -> str | None:
    """Answers an item's normalized value, None without one; faults and changes go to the desk."""
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
    desk.changed(sheet.title, row.answer, item.title, value.changes, value.value)
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


def _read_form(desk: _Desk, form: Form) -> Facts:
    """Answers a 申込シート's facts in the shape of site.yaml."""
    facts: Facts = {}
    rows = _by_item(form)
    for cell in form.unclear:
        desk.fault(form.sheet.title, cell.name, "unclear-label", value=shown(cell.value))
    for cell in form.strangers:
        if not is_empty(cell):
            desk.notices.append(
                note(form.sheet.title, cell.name, "notice.stranger", value=shown(cell.value))
            )
    for item in application().items:
        if item.number not in rows:
            if item.required:
                desk.fault(form.sheet.title, "", "no-label", item=item.title)
            continue
        row = _choose(desk, form.sheet, item, [found.row for found in rows[item.number]])
        value = _read_item(desk, form.sheet, item, row) if row else None
        if value is not None:
            _put(facts, item.field, value)
    return facts


def _read_question(desk: _Desk, sheet: Sheet, question: Question, row: Row) -> Answer | None:
    if row.answer is None:
        for cell in row.others:
            values = {"item": question.label, "value": shown(cell.value)}
            desk.fault(sheet.title, cell.name, "elsewhere", **values)
        return None
    try:
        read = read_answer(question.kind, row.answer, question.choices)
    except Refusal as refusal:
        desk.refused(sheet.title, row.answer, question.label, refusal)
        return None
    desk.changed(sheet.title, row.answer, question.label, read.changes, read.value)
    return read.value


def _read_survey(desk: _Desk, survey: SurveySheet) -> Facts:
    """Answers a 現地調査票's facts in the shape of site.yaml; what nobody filled in is left out."""
    facts: Facts = {}
    for asked in survey.rows:
        value = _read_question(desk, survey.sheet, asked.question, asked.row)
        if value is not None:
            _put(facts, asked.question.field, value)
    return facts


def _merged(base: Facts, more: Facts) -> Facts:
    merged = dict(base)
    for key, value in more.items():
        inner = merged.get(key)
        if isinstance(value, dict) and isinstance(inner, dict):
            merged[key] = _merged(inner, value)
        else:
            merged[key] = value
    return merged


def _validated(desk: _Desk, site: SiteAnswers) -> None:
    """Holds the facts against the models: what only several answers together show."""
    for section, model in _MODELS.items():
        try:
            model.model_validate(site.facts.get(section, {}))
        except ValidationError as error:
            for one in error.errors(include_url=False):
                path = ".".join((section, *(str(part) for part in one["loc"])))
                reason = str(one.get("ctx", {}).get("error", "")) or one["msg"]
                sheet = site.survey_sheet or site.sheet
                desk.fault(sheet, "", "invalid", field=path, reason=shown_reason(reason))


def _attach(desk: _Desk, sites: list[SiteAnswers], sheet: str, facts: Facts) -> None:
    """Gives a survey's facts to the site that it names, or to the only one."""
    code = facts.pop("institution", {}).get("code")
    if not facts:
        desk.notices.append(note(sheet, "", "notice.empty-survey"))
        return
    matching = [index for index, site in enumerate(sites) if code in (None, site.code)]
    if len(matching) != 1:
        desk.fault(sheet, "", "survey-whose", code=code or "-")
        return
    site = sites[matching[0]]
    if site.survey_sheet is not None:
        desk.fault(sheet, "", "survey-twice", other=site.survey_sheet)
        return
    sites[matching[0]] = SiteAnswers(site.code, site.sheet, sheet, _merged(site.facts, facts))


def _add_site(desk: _Desk, sites: list[SiteAnswers], form: Form) -> None:
    if _is_blank(form):
        desk.notices.append(note(form.sheet.title, "", "notice.empty-form"))
        return
    facts = _read_form(desk, form)
    code = facts.get("institution", {}).get("code")
    if code is None:
        return
    for other in sites:
        if other.code == code and other.facts == facts:
            desk.notices.append(note(form.sheet.title, "", "notice.copy", other=other.sheet))
            return
        if other.code == code:
            desk.fault(form.sheet.title, "", "same-code", code=code, other=other.sheet)
            return
    sites.append(SiteAnswers(code, form.sheet.title, None, facts))


@dataclass(slots=True)
class _Sorted:
    """The sheets of a workbook by what they are."""

    forms: list[Form] = field(default_factory=list)
    surveys: list[SurveySheet] = field(default_factory=list)


def _sort(desk: _Desk, sheets: list[Sheet]) -> _Sorted:
    """Tells forms and surveys from other sheets, which are only noticed."""
    found = _Sorted()
    for sheet in sheets:
        form = find_application(sheet)
        survey = find_survey(sheet) if form is None else None
        if form is not None:
            found.forms.append(form)
        elif survey is not None:
            found.surveys.append(survey)
        elif sheet.cells and not sheet.hidden:
            desk.notices.append(note(sheet.title, "", "notice.other-sheet"))
        if sheet.hidden and (form or survey):
            desk.notices.append(note(sheet.title, "", "notice.hidden"))
    if not found.forms:
        desk.fault("", "", "no-form")
    return found


def read_sheet_list(file: Path, sheets: list[Sheet]) -> IntakeResult:
    """Answers the sites of sheets that are read already. Raises InputError with every fault."""
    desk = _Desk(file)
    found = _sort(desk, sheets)
    sites: list[SiteAnswers] = []
    for form in found.forms:
        _add_site(desk, sites, form)
    if found.forms and not sites and not desk.faults:
        desk.fault("", "", "only-empty")
    forms_good = not desk.faults
    answers = [(one.sheet.title, _read_survey(desk, one)) for one in found.surveys]
    # Whose survey it is can't be told while a form's code is at fault.
    for sheet, facts in answers if forms_good else []:
        _attach(desk, sites, sheet, facts)
    for site in sites:
        _validated(desk, site)
    if desk.faults:
        raise InputError(desk.faults)
    return IntakeResult(
        file, tuple(sites), tuple(desk.changes), tuple(desk.warnings), tuple(desk.notices)
    )


def read_workbook(path: Path) -> IntakeResult:
    """Answers the sites of a workbook.

    Raises InputError with every fault, each with sheet and cell.

    No formula is run or trusted; nothing is written.
    """
    return read_sheet_list(path, read_sheets(path))
