"""The answers of the 現地調査票: truth values, choices, dates, counts, addresses."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from onshi_net.intake.grid import Cell
from onshi_net.intake.normalize import Refusal, begin, normalize
from onshi_net.model.catalogue import router_model_names

YES = frozenset({"はい", "有", "有り", "あり", "○", "〇", "◯", "yes", "true", "y", "必要", "可"})
NO = frozenset({"いいえ", "無", "無し", "なし", "×", "✕", "x", "no", "false", "n", "不要", "不可"})
DONE = frozenset({"済み", "済", "完了"})
NOT_DONE = frozenset({"未", "未了", "まだ"})
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
"""Year before each era's first (令和 1 is 2019, 平成 1 is 1989)."""
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_ERA_DATE = re.compile(r"(令和|平成|R|H)([0-9]{1,2}|元)[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_EXCEL_EPOCH = datetime.date(1899, 12, 30)
_SERIALS = range(36526, 73051)
"""Excel's day numbers of 2000-01-01 to 2099-12-31 (1900 date system)."""

Answer = str | bool | int | float | datetime.date | list[str]


@dataclass(frozen=True, slots=True)
class Read:
    """A survey's answer with the names of its changes."""

    value: Answer
    changes: tuple[str, ...] = ()


def _folded(cell: Cell) -> tuple[str, tuple[str, ...]]:
    work = begin(cell.kind, cell.value)
    return work.text, tuple(work.changes)


def _yes_no(cell: Cell) -> Read:
    if cell.kind == "bool":
        return Read(bool(cell.value))
    text, changes = _folded(cell)
    if text.casefold() in YES:
        return Read(True, changes)
    if text.casefold() in NO:
        return Read(False, changes)
    raise Refusal("yes-no")


def _choice(cell: Cell, choices: Mapping[str, str]) -> Read:
    text, changes = _folded(cell)
    for label, value in choices.items():
        if text.casefold() in (label.casefold(), value.casefold()):
            return Read(value, changes)
    raise Refusal("choice", choices="、".join(choices))


def _day(year: int, month: int, day: int) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise Refusal("no-such-day") from None


def _date(cell: Cell) -> Read:
    if isinstance(cell.value, datetime.datetime):
        return Read(cell.value.date())
    text, changes = _folded(cell)
    if plain := _DATE.fullmatch(text):
        return Read(_day(*(int(part) for part in plain.groups())), (*changes, "date"))
    if era := _ERA_DATE.fullmatch(text):
        name, year, month, day = era.groups()
        number = 1 if year == "元" else int(year)
        return Read(_day(_ERAS[name] + number, int(month), int(day)), (*changes, "date"))
    if text.isascii() and text.isdigit():
        if int(text) in _SERIALS:
            return Read(_EXCEL_EPOCH + datetime.timedelta(days=int(text)), ("serial",))
        if len(text) == 8:
            return Read(_day(int(text[:4]), int(text[4:6]), int(text[6:])), (*changes, "date"))
    raise Refusal("date-form")


def _clock(cell: Cell) -> Read:
    text, changes = _folded(cell)
    found = re.fullmatch(r"([0-9]{1,2})(?::([0-9]{2})(?::00)?|時(?:([0-9]{1,2})分)?(半)?)", text)
    if found is None:
        raise Refusal("clock")
    hour, *rest = found.groups()
    minute = "30" if rest[-1] else rest[0] or rest[1] or "0"
    if int(hour) > 23 or int(minute) > 59:
        raise Refusal("clock")
    return Read(f"{int(hour):02}:{int(minute):02}", changes)


def _done(cell: Cell) -> Read:
    if cell.kind == "text":
        text, changes = _folded(cell)
        if text in DONE | NOT_DONE:
            return Read(text in DONE, changes)
        if text.casefold() in YES | NO:
            return Read(text.casefold() in YES, changes)
    if cell.kind == "bool":
        return Read(bool(cell.value))
    return _date(cell)


def _number(cell: Cell) -> Read:
    text, changes = _folded(cell)
    bare = re.sub(r"\s*(m|メートル)$", "", text, flags=re.IGNORECASE)
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", bare):
        raise Refusal("number")
    value = float(bare)
    changes = tuple(change for change in changes if change != "number")
    unit = ("unit",) if bare != text else ()
    return Read(int(value) if value.is_integer() else value, (*changes, *unit))


def _count(cell: Cell) -> Read:
    text, changes = _folded(cell)
    bare = re.sub(r"\s*(台|本|口|枚|回)$", "", text)
    if not re.fullmatch(r"[0-9]{1,3}", bare):
        raise Refusal("count")
    changes = tuple(change for change in changes if change != "number")
    return Read(int(bare), (*changes, *(("unit",) if bare != text else ())))


def _line(cell: Cell) -> Read:
    value = normalize("text", cell.kind, cell.value)
    return Read(value.value, value.changes)


def _token(cell: Cell) -> Read:
    text, changes = _folded(cell)
    bare = text.replace(" ", "")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", bare):
        raise Refusal("token")
    return Read(bare, (*changes, *(("blanks",) if bare != text else ())))


def _router(cell: Cell) -> Read:
    found = _token(cell)
    name = str(found.value).upper()
    if name not in router_model_names():
        raise Refusal("choice", choices="、".join(router_model_names()))
    return Read(name, found.changes)


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise Refusal("address") from None


def _address(cell: Cell) -> Read:
    text, changes = _folded(cell)
    return Read(_ipv4(text), changes)


def _addresses(cell: Cell) -> Read:
    text, changes = _folded(cell)
    return Read([_ipv4(one) for one in re.split(r"[、,;\s]+", text) if one], changes)


def _network(cell: Cell) -> Read:
    text, changes = _folded(cell)
    try:
        network = str(IPv4Network(text.replace(" ", "")))
    except ValueError:
        raise Refusal("network") from None
    if "/" not in text:
        raise Refusal("network")
    return Read(network, (*changes, *(("mask",) if network != text else ())))


_KINDS: dict[str, Callable[[Cell], Read]] = {
    "text": _line,
    "product": _line,
    "token": _token,
    "router": _router,
    "yes-no": _yes_no,
    "date": _date,
    "clock": _clock,
    "done": _done,
    "number": _number,
    "count": _count,
    "address": _address,
    "addresses": _addresses,
    "network": _network,
}


def read_answer(form: str, cell: Cell, choices: Mapping[str, str]) -> Read:
    """Answers a survey cell's value. Raises Refusal, which names the rule.

    `form` is the item's kind in survey-form.yaml; `choices` maps what may be chosen to its value.
    """
    if form == "code":
        value = normalize("code", cell.kind, cell.value)
        return Read(value.value, value.changes)
    if form == "choice":
        return _choice(cell, choices)
    return _KINDS[form](cell)
