"""An empty form to send out: 申込シート and 現地調査票 with drop-down lists."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from onshi_net.brochure.data import products
from onshi_net.intake.container import refusal, unwritable
from onshi_net.intake.forms import Question, application, survey_form
from onshi_net.model.catalogue import router_model_names

WIDTHS = {"A": 50, "B": 12, "C": 48, "D": 40}
HEAD_FILL = "DDEBF7"
LISTS = "選択肢"
"""A hidden sheet for lists that are too long for a validation of their own (255 characters)."""
HINTS = {
    "yes-no": "はい/いいえ",
    "choice": "選択",
    "product": "選択",
    "router": "選択",
    "date": "日付",
    "clock": "時刻",
    "done": "済み/日付",
    "number": "数値",
    "count": "台数",
    "address": "アドレス",
    "addresses": "アドレス",
    "network": "アドレス",
}
TEXT_FORMAT = "@"
"""Excel's text format: it keeps leading zeros and makes no dates."""


def write_template(path: Path) -> Path:
    """Writes an empty workbook to `path`.

    Raises InputError where a file is there or can't be written.
    """
    if path.exists():
        raise refusal(path, "file-exists")
    book = _book()
    try:
        with tempfile.TemporaryDirectory(prefix=".intake-", dir=path.parent) as folder:
            draft = Path(folder) / "form.xlsx"
            book.save(draft)
            draft.rename(path)
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def _book() -> Any:
    import openpyxl

    book = openpyxl.Workbook()
    _application_sheet(book.active)
    lists = book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    _survey_sheet(book.create_sheet("現地調査票", 1), lists)
    return book


def _head(sheet: Any, row: int, columns: tuple[str, ...]) -> None:
    from openpyxl.styles import Font, PatternFill

    for index, name in enumerate(columns, start=1):
        cell = sheet.cell(row, index, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=HEAD_FILL)
    for column, width in WIDTHS.items():
        sheet.column_dimensions[column].width = width


def _title(sheet: Any, title: str, intro: tuple[str, ...]) -> None:
    from openpyxl.styles import Font

    sheet.cell(1, 1, title).font = Font(bold=True, size=14)
    for row, line in enumerate(intro, start=2):
        sheet.cell(row, 1, line)


def _section(sheet: Any, row: int, title: str) -> None:
    from openpyxl.styles import Font

    sheet.cell(row, 1, title).font = Font(bold=True)
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=4)


def _application_sheet(sheet: Any) -> None:
    form = application()
    sheet.title = "申込シート"
    _title(sheet, form.title, form.intro)
    _head(sheet, 5, form.columns)
    row = 6
    for section in form.sections:
        _section(sheet, row, section.title)
        for item in form.items:
            if item.section == section.id:
                row += 1
                sheet.cell(row, 1, item.title)
                sheet.cell(row, 2, form.required if item.required else form.optional)
                sheet.cell(row, 3).number_format = TEXT_FORMAT
        row += 1


def _survey_sheet(sheet: Any, lists: Any) -> None:
    form = survey_form()
    _title(sheet, form.title, form.intro)
    _head(sheet, 4, form.columns)
    row = 4
    for chapter in form.sections:
        row += 1
        _section(sheet, row, chapter.title)
        for question in chapter.items:
            row += 1
            sheet.cell(row, 1, question.label)
            sheet.cell(row, 2, HINTS.get(question.kind, "記入"))
            sheet.cell(row, 4, question.note or None)
            answer = sheet.cell(row, 3)
            answer.number_format = "yyyy/m/d" if question.kind in ("date", "done") else TEXT_FORMAT
            _drop_down(sheet, lists, answer, question)


def _choices(question: Question) -> tuple[list[str], bool]:
    """Answers what a drop-down list offers, and whether other answers are taken too."""
    if question.kind == "yes-no":
        return list(survey_form().yes_no), False
    if question.kind == "choice":
        return list(question.choices), False
    if question.kind == "router":
        return router_model_names(), False
    if question.kind == "product":
        return [product.name for product in products().products], True
    if question.kind == "done":
        return ["済み", "未"], True
    return [], True


def _drop_down(sheet: Any, lists: Any, cell: Any, question: Question) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    choices, free = _choices(question)
    if not choices:
        return
    formula = f'"{",".join(choices)}"'
    if len(formula) > 255:
        column = lists.max_column + (1 if lists.cell(1, 1).value else 0)
        for row, choice in enumerate(choices, start=1):
            lists.cell(row, column, choice)
        letter = lists.cell(1, column).column_letter
        formula = f"'{LISTS}'!${letter}$1:${letter}${len(choices)}"
    validation = DataValidation("list", formula1=formula, allow_blank=True)
    validation.showErrorMessage = not free
    sheet.add_data_validation(validation)
    validation.add(cell)
