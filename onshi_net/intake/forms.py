"""The two forms as data: the items of the 申込シート and of the 現地調査票.

(`onshi_net/data/brochure/*.yaml`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from onshi_net.brochure.data import read_table

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯"
_REMARK = re.compile(r"※.*$")
_NUMBER = re.compile(r"^[(（]?[0-9]{1,2}[)）.、:]?")
_MARKS = re.compile(r"[\s()（）\[\]「」・:：*＊_]")
_FILLERS = ("10桁", "平日", "必須", "任意", "ご", "御", "の")


class Shape(BaseModel):
    """Base of the forms: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(Shape):
    """One item of the 申込シート; `field` is where its answer goes."""

    number: int
    section: str
    label: str
    names: tuple[str, ...]
    kind: str
    required: bool
    field: str

    @property
    def title(self) -> str:
        """Gives the label with its circled number, as the form prints it."""
        return f"{CIRCLED[self.number - 1]} {self.label}"


class Section(Shape):
    """A heading of the 申込シート."""

    id: str
    title: str
    clause: str


class Application(Shape):
    """The 申込シート."""

    title: str
    intro: tuple[str, ...]
    columns: tuple[str, str, str, str]
    required: str
    optional: str
    sections: tuple[Section, ...]
    items: tuple[Item, ...]


class Question(Shape):
    """One item of the 現地調査票."""

    label: str
    kind: str
    field: str
    clause: str
    note: str = ""
    choices: dict[str, str] = {}
    also: dict[str, str] = {}
    """What people write for a choice, beside the form's own words."""


class Chapter(Shape):
    """A heading of the 現地調査票 and its questions."""

    title: str
    items: tuple[Question, ...]


class SurveyForm(Shape):
    """The 現地調査票."""

    title: str
    intro: tuple[str, ...]
    columns: tuple[str, str, str, str]
    yes_no: dict[str, bool]
    sections: tuple[Chapter, ...]
    done_words: dict[str, bool]

    @property
    def questions(self) -> tuple[Question, ...]:
        """Lists all questions in order."""
        return tuple(item for chapter in self.sections for item in chapter.items)


@cache
def application() -> Application:
    """Answers the 申込シート's items."""
    return Application.model_validate(read_table("application"))


@cache
def survey_form() -> SurveyForm:
    """Answers the 現地調査票's questions."""
    table: dict[str, Any] = read_table("survey-form")
    return SurveyForm.model_validate(table)


def circled_number(label: str) -> int | None:
    """Answers the item number that a label begins with as a circled digit, None without one."""
    first = label.strip()[:1]
    return CIRCLED.index(first) + 1 if first and first in CIRCLED else None


@cache
def folded_label(label: str) -> str:
    """Answers a label without width, blanks, number, remarks and polite fillers, to compare it."""
    folded = unicodedata.normalize("NFKC", label[:100].strip())
    folded = _REMARK.sub("", folded)
    folded = _MARKS.sub("", _NUMBER.sub("", folded))
    for filler in _FILLERS:
        folded = folded.replace(filler, "")
    return folded.casefold()


@cache
def items_by_name() -> dict[str, tuple[Item, ...]]:
    """Answers which items a folded label may mean.

    Two where both sections have one of that name.
    """
    found: dict[str, tuple[Item, ...]] = {}
    for item in application().items:
        for name in (item.label, *item.names):
            key = folded_label(name)
            if item not in found.get(key, ()):
                found[key] = (*found.get(key, ()), item)
    return found


@cache
def questions_by_name() -> dict[str, Question]:
    """Answers the question of a folded label."""
    return {survey_label(question.label): question for question in survey_form().questions}


@cache
def survey_label(label: str) -> str:
    """Answers a survey label to compare it.

    Its leading number stays, as two questions differ by it.
    """
    folded = unicodedata.normalize("NFKC", label[:100])
    return _MARKS.sub("", _REMARK.sub("", folded)).casefold()


def label_of(path: str) -> str:
    """Answers what the forms call a field."""
    for item in application().items:
        if item.field == path:
            return item.title
    return next((one.label for one in survey_form().questions if one.field == path), path)
