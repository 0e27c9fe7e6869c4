"""The sheets of a workbook as plain cells: no formula is run, no style is read."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from onshi_net.intake.container import checked_bytes, refusal

MAX_ROWS = 500
MAX_COLUMNS = 40
"""Cells beyond are not read: a form has 23 rows and 4 columns, a survey about 100."""
MAX_SHEETS = 1_000
MAX_CELL = 2_000
"""Characters of a cell that are kept."""

CellKind = Literal["text", "number", "bool", "date", "time", "formula", "error"]
CellValue = str | int | float | bool | datetime.datetime | datetime.time


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with a value: row and column (1-based), the kind, the value as stored."""

    row: int
    column: int
    kind: CellKind
    value: CellValue

    @property
    def name(self) -> str:
        """Gives the cell's name, such as C8."""
        return f"{column_name(self.column)}{self.row}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its cells, and whether it is hidden."""

    title: str
    cells: tuple[Cell, ...]
    """From top to bottom, each row from left to right."""
    hidden: bool = False

    def rows(self) -> dict[int, list[Cell]]:
        """Answers the cells of each row that has some, from left to right."""
        rows: dict[int, list[Cell]] = {}
        for cell in self.cells:
            rows.setdefault(cell.row, []).append(cell)
        return rows


def column_name(column: int) -> str:
    """Answers a column's letters: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


_PLAIN = (str, int, float, datetime.date, datetime.time, datetime.timedelta)


def _kind_of(value: Any, data_type: str) -> tuple[CellKind, CellValue] | None:
    if data_type == "f" or not isinstance(value, _PLAIN):
        return None if value is None else ("formula", "=")
    if data_type == "e":
        return "error", str(value)
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, datetime.datetime):
        return "date", value
    if isinstance(value, datetime.time):
        return "time", value
    if isinstance(value, str):
        return ("text", value[:MAX_CELL]) if value.strip() else None
    if isinstance(value, int | float):
        return "number", value
    return "text", str(value)


def _cells(sheet: Any) -> Iterator[Cell]:
    # The size that the file claims may be wrong or huge (openpyxl, "Read-only mode").
    sheet.reset_dimensions()
    for row, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS), start=1):
        if row > MAX_ROWS:
            return
        for column, cell in enumerate(cells, start=1):
            if cell.value is None:
                continue
            found = _kind_of(cell.value, cell.data_type)
            if found is not None:
                yield Cell(row, column, *found)


def _sheets(raw: bytes) -> list[Sheet]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(
            BytesIO(raw), read_only=True, data_only=False, keep_links=False, rich_text=False
        )
        try:
            return [
                Sheet(str(sheet.title), tuple(_cells(sheet)), sheet.sheet_state != "visible")
                for sheet in book.worksheets[:MAX_SHEETS]
            ]
        finally:
            book.close()


def read_sheets(path: Path) -> list[Sheet]:
    """Answers every sheet of a workbook.

    Raises InputError with one sentence for a file that can't be read.
    """
    raw = checked_bytes(path)
    try:
        return _sheets(raw)
    except Exception as error:  # noqa: BLE001  damage makes openpyxl raise KeyError and others
        raise refusal(path, "file-damaged", reason=type(error).__name__) from None
