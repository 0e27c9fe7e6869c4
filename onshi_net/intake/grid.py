"""The sheets of a workbook as plain cells: no formula is run, of all style only what was struck.

Strike-through carries meaning on a Japanese form (見え消し): what it crosses is no longer said.
"""

from __future__ import annotations

import datetime
import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from onshi_net.intake.container import checked_bytes, refusal

MAX_ROWS = 2_000
"""Rows below are not read: a form has 23, a survey about 100."""
MAX_CELLS = 50_000
"""Filled cells of a sheet that are read, wherever they stand: forms drawn on graph paper (方眼紙)
have their answers far to the right."""
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
    struck: bool = False
    """All of it is struck through."""
    cut: str = ""
    """All that stands there where parts are struck through; the value is the rest."""
    is_1904: bool = False
    """The workbook counts days from 1904-01-01 (ECMA-376, 18.17.4.1)."""

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
    is_cut: bool = False
    """There is more below, or more of it, than was read."""

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


_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""A letter that XML has no place for, such as the CR of a line end (ECMA-376, 22.9.2.19)."""
_SIGNS = " \u3000→⇒⇨・/／、,"
"""Between what is struck and what holds."""
_PLAIN = (str, int, float, datetime.date, datetime.time, datetime.timedelta)


_CONSTANT = {"=TRUE()": True, "=FALSE()": False}
"""What LibreOffice makes of TRUE and FALSE: formulas that compute nothing."""


def _kind_of(value: Any, data_type: str) -> tuple[CellKind, CellValue] | None:
    if data_type == "f" and value in _CONSTANT:
        return "bool", _CONSTANT[value]
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
        words = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), value[:MAX_CELL])
        return ("text", words) if words.strip() else None
    if isinstance(value, int | float):
        return "number", value
    return "text", str(value)


def _unstruck(value: Any, is_struck: bool) -> tuple[Any, bool, str]:
    """Answers a value without what is struck in it, and whether all of it is.

    Where a part is, also all that stands there.
    """
    from openpyxl.cell.rich_text import CellRichText, TextBlock

    if not isinstance(value, CellRichText):
        return value, is_struck, ""
    pieces = [
        (one.text, bool(one.font.strike)) if isinstance(one, TextBlock) else (str(one), is_struck)
        for one in value
    ]
    kept = "".join(text for text, struck in pieces if not struck)
    some = any(struck and text.strip() for text, struck in pieces)
    whole = "".join(text for text, _ in pieces)
    if some and not kept.strip():
        return whole, True, ""
    return (kept.strip(_SIGNS), False, whole) if some else (kept, False, "")


def _sheet(book: Any, sheet: Any) -> Sheet:
    """Answers a sheet, by openpyxl's own parser: its worksheets pad each row to the last cell."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    from openpyxl.worksheet._reader import WorkSheetParser

    is_1904 = book.epoch == CALENDAR_MAC_1904
    cells: list[Cell] = []
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=False,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
            rich_text=True,
        )
        for row, found in parser.parse():
            if row > MAX_ROWS or len(cells) > MAX_CELLS:
                if any(one["value"] is not None for one in found):
                    return _made(sheet, cells, is_cut=True)
                continue
            for one in found:
                font = book._fonts[book._cell_styles[one.get("style_id") or 0].fontId]
                value, struck, cut = _unstruck(one["value"], bool(font.strike))
                kind = _kind_of(value, one["data_type"])
                if kind is not None:
                    cells.append(Cell(row, one["column"], *kind, struck, cut, is_1904))
    return _made(sheet, cells)


def _made(sheet: Any, cells: list[Cell], *, is_cut: bool = False) -> Sheet:
    return Sheet(str(sheet.title), tuple(cells), sheet.sheet_state != "visible", is_cut)


def _sheets(raw: bytes) -> list[Sheet]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(
            BytesIO(raw), read_only=True, data_only=False, keep_links=False, rich_text=True
        )
        try:
            return [_sheet(book, sheet) for sheet in book.worksheets[:MAX_SHEETS]]
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
