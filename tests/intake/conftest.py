"""Workbooks to read: made from a good one by a few changes, as people change them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from onshi_net.intake import write_template
from onshi_net.intake.forms import application, survey_form
from onshi_net.intake.read import read_workbook

GOOD = {
    1: "みどり内科クリニック",
    2: "2711234563",
    3: "5300001",
    4: "大阪府大阪市北区梅田1-2-3",
    5: "緑川 花子",
    6: "0661234567",
    7: "midori@example.jp",
    8: "0661234567",
    9: "10:00-12:00",
    10: "医療法人みどり会",
    11: "大阪府大阪市北区梅田1-2-3",
    12: "緑川 太郎",
    13: "0661234568",
    14: "office@example.jp",
    15: "09012345678",
    16: "13:00-17:00",
}
"""Answers by item number; the code's check digit is right."""
HEAD_ROW = 5


def fill(sheet: Any, answers: dict[int, Any]) -> None:
    """Writes answers into an 申込シート in the brochure's layout."""
    form = application()
    rows = {item.number: row for row, item in _layout(form)}
    for number, value in answers.items():
        sheet.cell(rows[number], 3).value = value


def _layout(form: Any) -> list[tuple[int, Any]]:
    row, layout = HEAD_ROW + 1, []
    for section in form.sections:
        for item in form.items:
            if item.section == section.id:
                row += 1
                layout.append((row, item))
        row += 1
    return layout


def cell_of(number: int) -> str:
    """Answers the answer cell of an item in the brochure's layout."""
    return next(f"C{row}" for row, item in _layout(application()) if item.number == number)


def fill_survey(sheet: Any, answers: dict[str, Any]) -> None:
    """Writes answers into a 現地調査票, by field."""
    fields = {question.label: question.field for question in survey_form().questions}
    for row in range(1, sheet.max_row + 1):
        field = fields.get(sheet.cell(row, 1).value)
        if field in answers:
            sheet.cell(row, 3).value = answers[field]


class Book:
    """A workbook under construction."""

    def __init__(self, folder: Path) -> None:
        """Starts from the empty form."""
        self.path = folder / "book.xlsx"
        write_template(folder / "empty.xlsx")
        self.book = openpyxl.load_workbook(folder / "empty.xlsx")
        self.form = self.book["申込シート"]
        self.survey = self.book["現地調査票"]

    def copy_form(self, title: str) -> Any:
        """Adds a copy of the form as it is now."""
        copy = self.book.copy_worksheet(self.form)
        copy.title = title
        return copy

    def save(self) -> Path:
        """Saves it."""
        self.book.save(self.path)
        return self.path

    def read(self) -> Any:
        """Saves and reads it."""
        return read_workbook(self.save())


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A workbook with a good 申込シート and an empty 現地調査票."""
    made = Book(tmp_path)
    fill(made.form, GOOD)
    return made


@pytest.fixture
def good_answers() -> dict[int, str]:
    """The good answers by item number."""
    return dict(GOOD)


@pytest.fixture
def filling() -> Callable[..., None]:
    """The function that writes answers into a form."""
    return fill


@pytest.fixture
def surveying() -> Callable[..., None]:
    """The function that writes answers into a survey."""
    return fill_survey


@pytest.fixture
def answer_cell() -> Callable[[int], str]:
    """The function that answers an item's cell."""
    return cell_of


SURVEY = {
    "survey.line.use": "既設回線を利用",
    "survey.line.product": "フレッツ光ネクスト ファミリー・スーパーハイスピードタイプ準",
    "survey.line.hikari_denwa": "いいえ",
    "survey.access.onu_model": "GE-PON-ONU",
    "survey.access.branch": "なし",
    "survey.access.business_phone": "いいえ",
    "survey.wiring.cable_m": "10m",
    "survey.wiring.same_building": "○",
    "survey.terminals": 1,
    "survey.receipt.count": "1台",
    "survey.receipt.work_by": "NTT西日本",
    "survey.receipt.os": "Ｗｉｎｄｏｗｓ１１",
    "survey.receipt.admin_rights": True,
    "survey.network.router_model": "rtx830",
    "survey.network.terminal_network": "10.51.1.0/24",
    "survey.network.terminal_router": "10.51.1.1",
    "survey.network.terminals": "10.51.1.11",
    "survey.network.clinic_network": "192.168.1.0/255.255.255.0",
    "survey.network.clinic_router": "192.168.1.254",
    "survey.network.clinic_gateway": "192.168.1.1",
    "survey.network.receipt_pcs": "192.168.1.21",
    "prerequisites.account": "済み",
    "prerequisites.caf_number": "2026/10/1",
    "prerequisites.certificate_issued_on": "令和8年10月2日",
}


@pytest.fixture
def survey_answers() -> dict[str, Any]:
    """A survey that says all that a site needs."""
    return dict(SURVEY)
