"""No workbook made by changing a good one crashes the intake.

It is read, or every fault has its sentence.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onshi_net.errors import InputError
from onshi_net.intake import read_workbook
from onshi_net.intake.grid import Cell, Sheet
from onshi_net.intake.read import read_sheet_list
from tests.budget import examples

SLOW = settings(
    max_examples=examples("workbooks"), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.sampled_from(
        [
            "① 医療機関名",
            "② 住所",
            "必須",
            "-",
            "=A1",
            "同上",
            "回答欄",
            "備考",
            "事業者(会社名情報)",
            "はい",
        ]
    ),
)
VALUES = st.one_of(
    TEXTS,
    st.integers(-(10**16), 10**16),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.datetimes(datetime.datetime(1900, 3, 1), datetime.datetime(9999, 1, 1)),  # noqa: DTZ001
    st.times(),
    st.none(),
)
PLACES = st.tuples(st.integers(1, 60), st.integers(1, 8))
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), PLACES, VALUES),
        st.tuples(st.just("insert-row"), st.integers(1, 30), st.none()),
        st.tuples(st.just("delete-row"), st.integers(1, 30), st.none()),
        st.tuples(st.just("insert-column"), st.integers(1, 5), st.none()),
        st.tuples(st.just("delete-column"), st.integers(1, 5), st.none()),
        st.tuples(st.just("copy"), st.just(0), st.none()),
    ),
    max_size=8,
)


def change(book, sheet, operation):
    kind, where, value = operation
    if kind == "set":
        cell = sheet.cell(*where)
        if not isinstance(cell, openpyxl.cell.cell.MergedCell):
            cell.value = value
    elif kind == "copy":
        book.copy_worksheet(sheet)
    else:
        verb, what = kind.split("-")
        getattr(sheet, f"{verb}_{'rows' if what == 'row' else 'cols'}")(where)


def read_or_refuse(path):
    try:
        result = read_workbook(path)
    except InputError as error:
        assert error.faults
        assert all(fault.problem and "\n" not in fault.problem for fault in error.faults)
        return None
    assert result.sites
    result.to_json()
    return result


@pytest.fixture
def filled(book, surveying, survey_answers):
    surveying(book.survey, survey_answers)
    return book.save()


@SLOW
@given(operations=OPERATIONS, on_survey=st.booleans())
def test_changed_cells_rows_and_columns(filled, operations, on_survey):
    book = openpyxl.load_workbook(filled)
    sheet = book["現地調査票" if on_survey else "申込シート"]
    for operation in operations:
        change(book, sheet, operation)
    path = filled.with_name("changed.xlsx")
    book.save(path)
    read_or_refuse(path)


@SLOW
@given(data=st.data())
def test_changed_bytes_of_the_file(filled, data):
    raw = bytearray(filled.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = filled.with_name("changed.xlsx")
    path.write_bytes(raw)
    read_or_refuse(path)


@SLOW
@given(data=st.data())
def test_changed_bytes_of_a_part(filled, data):
    with zipfile.ZipFile(filled) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    body = bytearray(parts[name])
    start = data.draw(st.integers(0, max(0, len(body) - 1)))
    piece = data.draw(
        st.one_of(
            st.binary(max_size=6), st.sampled_from([b"<", b"&#x0;", b'"', b"<c/>", b"9" * 40])
        )
    )
    body[start : start + data.draw(st.integers(0, 40))] = piece
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part, content in {**parts, name: bytes(body)}.items():
            archive.writestr(part, content)
    path = filled.with_name("changed.xlsx")
    path.write_bytes(stream.getvalue())
    read_or_refuse(path)


CELLS = st.dictionaries(
    PLACES,
    st.one_of(
        st.tuples(st.just("text"), st.text(max_size=40).filter(str.strip)),
        st.tuples(
            st.just("text"),
            st.sampled_from(["① 医療機関名", "② 医療機関コード", "③ 郵便番号", "④ 住所", "回答欄"]),
        ),
        st.tuples(st.just("number"), st.one_of(st.integers(), st.floats())),
        st.tuples(st.sampled_from(["formula", "error"]), st.just("=")),
        st.tuples(st.just("bool"), st.booleans()),
    ),
    max_size=60,
)


@settings(max_examples=examples("grids"))
@given(st.lists(st.tuples(st.text(min_size=1, max_size=10), CELLS, st.booleans()), max_size=3))
def test_any_grid_of_cells(sheets):
    grids = [
        Sheet(
            title,
            tuple(
                Cell(*place, *value)
                for place, value in sorted(cells.items(), key=lambda one: one[0])
            ),
            hidden,
        )
        for title, cells, hidden in sheets
    ]
    try:
        read_sheet_list(Path("any.xlsx"), grids)
    except InputError as error:
        assert error.faults
