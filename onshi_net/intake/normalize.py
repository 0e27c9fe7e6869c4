"""What people type into Excel as what they meant.

Unambiguous forms are converted, the others refused.

Every conversion is named (`changes`, ids of intake.toml `change.*`); every refusal names its rule
(`rule.*`). Normalizing a normalized value changes nothing.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from onshi_net.intake.grid import Cell, CellKind, CellValue
from onshi_net.intake.medical_code import PREFECTURES, TABLES, expected_check_digit
from onshi_net.model.text import MAX_TEXT, one_clean_line

HYPHENS = "".join(
    (
        "-",
        "~",
        "\u2010",
        "\u2011",
        "\u2012",
        "\u2013",
        "\u2014",
        "\u2015",
        "\u2212",
        "\u30fc",
        "\u301c",
    )
)
"""What people type as a hyphen, after NFKC (which folds U+FF0D, U+FF5E and U+FF70)."""
_HYPHENS = re.compile(rf"[{re.escape(HYPHENS)}\s]")
_HALF_KATAKANA = re.compile("[\uff66-\uff9f]")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
_NOTE = re.compile(r"([0-9]{5,})(?:\([^0-9()]{1,30}\)|※[^0-9]{1,30})")
_PHONE_LIKE = re.compile(rf"[0-9()+.\s{re.escape(HYPHENS)}]+")
_PHONE_PREFIX = re.compile(r"(?:tel|電話番号|電話)[:.]?", re.IGNORECASE)
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
DITTO = frozenset({"同上", "〃", "々", "上に同じ", "上と同じ", "上記と同じ", "上記に同じ"})
PLACEHOLDERS = frozenset({"未定", "不明", "なし", "無し", "記入なし", "tbd", "n/a", "?"})
EMPTY = frozenset({*HYPHENS, "--"})


class Refusal(Exception):
    """Carries the rule that a value breaks (`intake.rule.<rule>`)."""

    def __init__(self, rule: str, **values: object) -> None:
        """Takes the rule's id and the values of its sentence."""
        self.rule = rule
        self.values = values
        super().__init__(rule)


@dataclass(slots=True)
class Work:
    """A value on its way: its text, whether it came as a number, what was said of it."""

    text: str
    number: bool = False
    changes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def become(self, text: str, change: str) -> None:
        """Takes the new text and notes the change, if there is one."""
        if text != self.text:
            self.text = text
            if change not in self.changes:
                self.changes.append(change)


@dataclass(frozen=True, slots=True)
class Value:
    """A normalized value with the names of its changes and warnings."""

    value: str
    changes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def is_empty(cell: Cell | None) -> bool:
    """Answers whether a cell holds no answer: nothing, blanks, a lone dash."""
    if cell is None:
        return True
    folded = (
        unicodedata.normalize("NFKC", cell.value).strip() if isinstance(cell.value, str) else "x"
    )
    return cell.kind == "text" and (not folded or folded in EMPTY)


def _plain(value: float | str) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def begin(kind: CellKind, value: CellValue) -> Work:
    """Answers a cell's value as text.

    Raises Refusal for formulas, errors, dates and truth values.
    """
    if kind in ("formula", "error", "bool", "date"):
        raise Refusal({"error": "excel-error"}.get(kind, kind))
    if isinstance(value, datetime.time):
        work = Work(value.strftime("%H:%M"))
        work.changes.append("time")
        return work
    if isinstance(value, int | float):
        work = Work(_plain(value), number=True)
        work.changes.append("number")
        return work
    work = Work(str(value))
    _fold(work)
    return work


def _fold(work: Work) -> None:
    """Folds width, half-width katakana, invisible characters, blanks; NFKC is Unicode UAX #15."""
    raw = work.text
    work.become("".join(c for c in raw if unicodedata.category(c) != "Cf"), "invisible")
    change = "katakana" if _HALF_KATAKANA.search(raw) else "width"
    work.become(unicodedata.normalize("NFKC", work.text), change)
    work.become(" ".join(work.text.split()), "blanks")
    for character in work.text:
        if unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}:
            raise Refusal("character", character=f"U+{ord(character):04X}")


def _refuse_words(work: Work) -> None:
    if work.text in DITTO:
        raise Refusal("ditto")
    if work.text.casefold() in PLACEHOLDERS:
        raise Refusal("placeholder")


def _text(work: Work) -> None:
    if len(work.text) > MAX_TEXT:
        raise Refusal("too-long", limit=MAX_TEXT)
    try:
        one_clean_line(work.text)
    except ValueError as error:
        raise Refusal("metacharacter", reason=str(error)) from None


def _expanded(text: str) -> str:
    """Writes 2.711234566E9 out, where no digit was lost."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    mantissa = len(re.sub(r"[^0-9]", "", re.split("[eE]", text)[0]))
    whole = format(number, "f").split(".")[0]
    if number != number.to_integral_value() or mantissa < len(whole):
        raise Refusal("digits-lost")
    return whole


def _digits(work: Work, dropped: str = "") -> None:
    """Leaves only the digits, or refuses.

    `dropped`: further characters that may stand between them.
    """
    if _SCIENTIFIC.fullmatch(work.text):
        work.number = True
        work.become(_expanded(work.text), "scientific")
    if re.fullmatch(r"[0-9]+\.0+", work.text):
        work.number = True
        work.become(work.text.split(".")[0], "decimal")
    note = _NOTE.fullmatch(_HYPHENS.sub("", work.text))
    if note:
        work.become(note.group(1), "note")
    work.become(_HYPHENS.sub("", work.text), "hyphens")
    work.become(
        re.sub(f"[{re.escape(dropped)}]", "", work.text) if dropped else work.text, "hyphens"
    )
    if not re.fullmatch("[0-9]+", work.text):
        raise Refusal("not-digits")


def _code(work: Work) -> None:
    _digits(work)
    if work.number and len(work.text) == 9:
        work.become(f"0{work.text}", "zero")
    code = work.text
    if len(code) != 10:
        raise Refusal("code-length", count=len(code))
    if int(code[:2]) not in PREFECTURES:
        raise Refusal("code-prefecture", prefecture=code[:2])
    if code[2] not in TABLES:
        raise Refusal("code-table", digit=code[2])
    if code[9] != expected_check_digit(code):
        work.warnings.append("check-digit")


def _postal(work: Work) -> None:
    work.become(work.text.removeprefix("〒").strip(), "postal-mark")
    _digits(work)
    if work.number and len(work.text) in (5, 6):
        work.become(work.text.zfill(7), "zero")
    if len(work.text) != 7:
        raise Refusal("postal-length", count=len(work.text))


def _phone(work: Work) -> None:
    """Ten digits, eleven for 050 to 090 (総務省 電気通信番号計画).

    That 0x0 tells the two apart is an inference.
    """
    if prefix := _PHONE_PREFIX.match(work.text):
        work.become(work.text[prefix.end() :].strip(), "note")
    if work.text.startswith("+81"):
        # +81 (0)6 and +81 6 both mean 06 (ITU-T E.123: the trunk prefix stands in parentheses).
        work.become("0" + work.text[3:].lstrip(f" (){HYPHENS}0"), "country")
    _digits(work, dropped="()")
    if work.number and len(work.text) in (9, 10) and not work.text.startswith("0"):
        work.become(f"0{work.text}", "zero")
    if not re.fullmatch(r"0[1-9][0-9]+", work.text):
        raise Refusal("phone-start")
    expected = 11 if re.match("0[5-9]0", work.text) else 10
    if len(work.text) != expected:
        raise Refusal("phone-length", expected=expected, count=len(work.text))


def _email(work: Work) -> None:
    work.become(re.sub(r"^mailto:", "", work.text, flags=re.IGNORECASE), "mailto")
    work.become(work.text.replace(" ", ""), "blanks")
    good = _EMAIL.fullmatch(work.text) and ".." not in work.text and not work.text.startswith(".")
    if not good or len(work.text) > 254 or ".@" in work.text:
        raise Refusal("email")


def _contact(work: Work) -> None:
    """A phone number or an address where it is one, else a line of text."""
    if "@" in work.text:
        _email(work)
    elif work.number or _PHONE_LIKE.fullmatch(work.text):
        _phone(work)
    else:
        _text(work)


_KINDS: dict[str, Callable[[Work], None]] = {
    "text": _text,
    "hours": _text,
    "code": _code,
    "postal": _postal,
    "phone": _phone,
    "email": _email,
    "contact": _contact,
}


def normalize(form: str, kind: CellKind, value: CellValue) -> Value:
    """Answers a value of the 申込シート in its one form. Raises Refusal, which names the rule.

    `form` is the item's kind in application.yaml: text, hours, code, postal, phone, email, contact.
    """
    work = begin(kind, value)
    if kind == "time" and form != "hours":
        raise Refusal("date")
    if isinstance(value, float) and not value.is_integer():
        raise Refusal("fraction")
    _refuse_words(work)
    _KINDS[form](work)
    return Value(work.text, tuple(work.changes), tuple(work.warnings))
