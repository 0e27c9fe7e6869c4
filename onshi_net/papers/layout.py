"""What papers are made of: head, tables, lists of fields. Frozen, in the current language."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["estimate", "drawing", "prepare", "completion", "manual", "handover"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LETTERS: dict[Kind, str] = {
    "estimate": "E",
    "drawing": "D",
    "prepare": "P",
    "completion": "C",
    "manual": "M",
    "handover": "H",
}
"""The letter of a kind in the numbers of its papers."""

ColumnKind = Literal[
    "text",
    "yen",
    "count",
    "unit",
    "number",
    "code",
    "short",
    "phone",
    "keep",
    "device",
    "lamps",
    "restart",
    "today",
]
"""How a column stands: amounts to the right, units in the middle, a code breaks anywhere."""
RowKind = Literal["plain", "part", "sum", "total"]
"""A line, the head of a part, its subtotal, or the sum of the parts."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the top of every paper."""

    kind: Kind
    title: str
    number: str
    edition: int
    issued_on: datetime.date
    institution: str
    subject: str
    history: tuple[tuple[int, datetime.date, str], ...] = ()
    """Edition, day and change of each edition from the second on; '' where nobody wrote it down."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    label: str
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: as many cells as the table has columns; of a `part` the first cell alone counts."""

    cells: tuple[str, ...]
    kind: RowKind = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A name and what stands beside it; '' leaves room to write by hand."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to tick off; `done` prints the tick, `note` what is known of it."""

    what: str
    note: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One of numbered steps: what to do, and more about it."""

    what: str
    more: tuple[str, ...] = ()
