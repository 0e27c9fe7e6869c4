"""Where a form's items stand in a sheet: by their labels, wherever they were moved to."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onshi_net.intake.forms import (
    Item,
    Question,
    application,
    circled_number,
    folded_label,
    items_by_name,
    questions_by_name,
    survey_label,
)
from onshi_net.intake.grid import Cell, Sheet
from onshi_net.intake.normalize import is_empty

FEWEST_LABELS = 3
"""A sheet with fewer of a form's labels is not that form."""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled row: its label, its answer, and other cells that hold something."""

    label: Cell
    answer: Cell | None
    others: tuple[Cell, ...]
    """Cells that might hold the answer as well."""
    remarks: tuple[Cell, ...]
    """Cells of the remark column."""


@dataclass(frozen=True, slots=True)
class Found:
    """An item of the 申込シート and one of its rows."""

    item: Item
    row: Row


@dataclass(frozen=True, slots=True)
class Form:
    """A sheet in which the 申込シート was found."""

    sheet: Sheet
    rows: tuple[Found, ...]
    strangers: tuple[Cell, ...]
    """Cells of the answer column in rows without a label that is known."""
    unclear: tuple[Cell, ...]
    """Labels whose circled number and words name different items."""
    is_sample: bool = False
    continued: tuple[tuple[str, Cell], ...] = ()
    """Titles of items whose answer goes on in the row below, which has no label, and that cell."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the 現地調査票 and its row."""

    question: Question
    row: Row


@dataclass(frozen=True, slots=True)
class SurveySheet:
    """A sheet in which the 現地調査票 was found."""

    sheet: Sheet
    rows: tuple[Asked, ...]
    is_sample: bool = False
    strangers: tuple[tuple[Cell, Cell], ...] = ()
    """Labels that are no question's, each with what stands in their answer column."""
    continued: tuple[tuple[str, Cell], ...] = ()
    """As in a `Form`, by the questions' labels."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a form, 0 where its head doesn't name them; `head` is the head's row."""

    label: int
    need: int = 0
    answer: int = 0
    remark: int = 0
    head: int = 0
    samples: tuple[int, ...] = ()
    """Columns of sample answers beside the real one."""


_SAMPLE = "(?:記入例|記載例|入力例|書き方の?例|見本|サンプル|sample|example)"
_IS_SAMPLE = re.compile(
    rf"[(\[【〔<《「『]\s*{_SAMPLE}\s*[)\]】〕>》」』]|^.{{0,25}}[\s_・:-]?{_SAMPLE}[0-9]*$",
    re.IGNORECASE,
)
_POINTS_ELSEWHERE = re.compile(
    "別紙|別シート|別添|参照|参考|ご覧|御覧|確認|従|とおり|通り|ください|下さい|。|は記入|[赤青黒]字|[上下]段"
)
_MADE_UP = re.compile(rf"^(?:{_SAMPLE}|[(\[]例[)\]])|[〇○◯△×●□▲■＊*]{{2,}}", re.IGNORECASE)
"""What an institution is called on a sample sheet, and nowhere else."""
_TITLE = re.compile(
    rf"(?:^|[\s_\-・(（\[【]){_SAMPLE}(?=$|[\s_\-・)）\]】0-9])|{_SAMPLE}[0-9]*$|^例$|[(\[【]例[)\]】]",
    re.IGNORECASE,
)


def is_sample(words: str) -> bool:
    """Answers whether words say that what they stand over is a sample (記入例, 見本)."""
    folded = unicodedata.normalize("NFKC", words).strip()
    found = _IS_SAMPLE.search(folded)
    return bool(found) and not _POINTS_ELSEWHERE.search(folded)


def says_sample(sheet: Sheet, first_row: int, head: int, name: Cell | None = None) -> bool:
    """Answers whether a form says of itself that it is a sample.

    By the sheet's title, a cell above the items (`first_row`; the head's columns have names of
    their own), or an institution's name that nobody has.
    """
    above = (text for cell, text in _texts(sheet) if cell.row < first_row and cell.row != head)
    made_up = name is not None and _MADE_UP.search(unicodedata.normalize("NFKC", str(name.value)))
    title = _TITLE.search(unicodedata.normalize("NFKC", sheet.title).replace("記入 例", "記入例"))
    return bool(title) or any(map(is_sample, above)) or bool(made_up)


def _texts(sheet: Sheet) -> Iterator[tuple[Cell, str]]:
    for cell in sheet.cells:
        if cell.kind == "text" and isinstance(cell.value, str):
            yield cell, cell.value


def _label_column(sheet: Sheet, is_label: Callable[[str], bool]) -> int | None:
    """Answers the column that holds most of the labels, None where there are too few."""
    counts = Counter(cell.column for cell, text in _texts(sheet) if is_label(text))
    if not counts:
        return None
    column, count = counts.most_common(1)[0]
    return column if count >= FEWEST_LABELS else None


def _columns(sheet: Sheet, label: int) -> Columns:
    """Reads the form's head: the last row above the items that names the answer column."""
    for row, cells in sheet.rows().items():
        names = {_head(str(c.value)): c.column for c in cells if c.kind == "text"}
        answer = next((names[name] for name in _ANSWERS if name in names), 0)
        if answer > label:
            need = names.get("要否", names.get("種類", 0))
            samples = tuple(column for name, column in names.items() if is_sample(name))
            return Columns(label, need, answer, names.get("備考", 0), row, samples)
    return Columns(label)


_ANSWERS = ("回答欄", "回答", "記入欄", "記入", "入力欄")


def _head(words: str) -> str:
    """Answers a column's head without width, blanks and politeness: 回　答　欄, ご回答欄."""
    return "".join(unicodedata.normalize("NFKC", words).split()).removeprefix("ご")


def _is_need(cell: Cell, columns: Columns) -> bool:
    """Answers whether a cell is the 要否 of its row, not an answer that slid into that column."""
    if cell.column == columns.need and cell.kind == "text":
        return columns.answer == 0 or str(cell.value).strip() in {*_NEEDS, *_KINDS}
    return cell.column == columns.label + 1 and str(cell.value).strip() in _NEEDS


_NEEDS = frozenset({"必須", "任意", "-", "\uff0d", "ー", "要", "否"})
_KINDS = frozenset(
    {"はい/いいえ", "選択", "日付", "時刻", "数値", "台数", "記入", "アドレス", "済み/日付"}
)


def _row(cells: list[Cell], label: Cell, columns: Columns) -> Row:
    right = [
        cell
        for cell in cells
        if cell.column > label.column
        and cell.column not in columns.samples
        and not _is_need(cell, columns)
    ]
    filled = [cell for cell in right if not is_empty(cell)]
    remarks = tuple(cell for cell in filled if columns.remark and cell.column >= columns.remark)
    candidates = [cell for cell in filled if cell not in remarks]
    answer = next((cell for cell in candidates if cell.column == columns.answer), None)
    if answer is None and len(candidates) == 1:
        answer = candidates[0]
    if answer is None and not columns.answer and candidates:
        answer = candidates[0]
    return Row(label, answer, tuple(cell for cell in candidates if cell != answer), remarks)


@dataclass(slots=True)
class _Reader:
    """Walks down the label column and knows which section it is in."""

    section: str = ""
    seen: tuple[int, ...] = ()

    def item(self, label: str) -> Item | None:
        """Answers the item that a label means, None for none. Raises KeyError if unclear."""
        for section in application().sections:
            if folded_label(label) == folded_label(section.title):
                self.section = section.id
        number = circled_number(label)
        named = items_by_name().get(folded_label(label), ())
        if number is not None:
            item = application().items[number - 1]
            if named and item not in named:
                raise KeyError(label)
        elif not named:
            return None
        else:
            item = self._by_section(named)
        self.seen = (*self.seen, item.number)
        return item

    def _by_section(self, named: tuple[Item, ...]) -> Item:
        for item in named:
            if item.section == self.section:
                return item
        return next((item for item in named if item.number not in self.seen), named[-1])


_NOTE = re.compile(r"^\s*(?:[※*＊]|注|[(（]注)")


@dataclass(slots=True)
class _Below:
    """Follows the rows down: what stands without a label right below an item's row is its own."""

    title: str = ""
    row: int = 0
    found: tuple[tuple[str, Cell], ...] = ()

    def item(self, title: str, row: int) -> None:
        """Notes an item's row."""
        self.title, self.row = title, row

    def takes(self, label: Cell | None, cells: list[Cell], answer: int) -> bool:
        """Answers whether a row goes on with the item above it; a note (※) doesn't."""
        cell = next((one for one in cells if one.column == answer and not is_empty(one)), None)
        if label is not None or cell is None or cell.row != self.row + 1:
            return False
        if _NOTE.match(str(cell.value)):
            return False
        self.row = cell.row
        self.found = (*self.found, (self.title, cell))
        return True


def find_application(sheet: Sheet) -> Form | None:
    """Answers the 申込シート in a sheet, None where there is none."""
    label_column = _label_column(sheet, lambda text: folded_label(text) in items_by_name())
    if label_column is None:
        return None
    columns, reader = _columns(sheet, label_column), _Reader()
    rows: list[Found] = []
    strangers: list[Cell] = []
    unclear: list[Cell] = []
    below = _Below()
    for number, cells in sheet.rows().items():
        label = next((cell for cell in cells if cell.column == label_column), None)
        try:
            item = reader.item(str(label.value)) if label and label.kind == "text" else None
        except KeyError:
            unclear.extend(cells[:1] if label is None else [label])
            continue
        if item is not None and label is not None:
            rows.append(Found(item, _row(cells, label, columns)))
            below.item(item.title, number)
        elif rows and number > columns.head and not below.takes(label, cells, columns.answer):
            strangers.extend(
                cell for cell in cells if cell.column == columns.answer != label_column
            )
    first = min((found.row.label.row for found in rows), default=1)
    name = next((found.row.answer for found in rows if found.item.number == 1), None)
    sample = says_sample(sheet, first, columns.head, name)
    return Form(sheet, tuple(rows), tuple(strangers), tuple(unclear), sample, below.found)


def find_survey(sheet: Sheet) -> SurveySheet | None:
    """Answers the 現地調査票 in a sheet, None where there is none."""
    known = questions_by_name()
    label_column = _label_column(sheet, lambda text: survey_label(text) in known)
    if label_column is None:
        return None
    columns = _columns(sheet, label_column)
    rows: list[Asked] = []
    strangers: list[tuple[Cell, Cell]] = []
    below = _Below()
    for number, cells in sheet.rows().items():
        label = next((cell for cell in cells if cell.column == label_column), None)
        question = known.get(survey_label(str(label.value))) if label else None
        if question is not None and label is not None:
            rows.append(Asked(question, _row(cells, label, columns)))
            below.item(question.label, number)
        elif number > columns.head and not below.takes(label, cells, columns.answer):
            answer = _answered(cells, columns)
            strangers += [(label, answer)] if label is not None and answer is not None else []
    first = min((asked.row.label.row for asked in rows), default=1)
    sample = says_sample(sheet, first, columns.head)
    return SurveySheet(sheet, tuple(rows), sample, tuple(strangers), below.found)


def _answered(cells: list[Cell], columns: Columns) -> Cell | None:
    """Answers what stands in a row's answer column."""
    column = columns.answer
    return next(
        (one for one in cells if column and one.column == column and not is_empty(one)), None
    )
