"""The answers of the 現地調査票: truth values, choices, dates, counts, addresses."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from onshi_net.intake.grid import Cell
from onshi_net.intake.normalize import Refusal, begin, normalize
from onshi_net.model.catalogue import router_model_names
from onshi_net.model.text import says_unknown

MARKS_YES = frozenset("○〇◯✓✔☑")
MARKS_NO = frozenset("×✕x")
YES = MARKS_YES | frozenset(
    [
        "はい",
        "有",
        "有り",
        "有る",
        "有ります",
        "あり",
        "ある",
        "あります",
        "yes",
        "true",
        "y",
        "ok",
        "必要",
        "要",
        "可",
        "可能",
        "できる",
        "できます",
        "よい",
        "良い",
        "契約済",
        "契約済み",
        "契約あり",
        "契約有り",
        "加入済",
        "加入済み",
    ]
)
NO = MARKS_NO | frozenset(
    [
        "いいえ",
        "無",
        "無し",
        "無い",
        "無いです",
        "なし",
        "ない",
        "ありません",
        "no",
        "false",
        "n",
        "ng",
        "不要",
        "必要なし",
        "不可",
        "不可能",
        "できない",
        "できません",
        "未契約",
        "契約なし",
        "契約無し",
        "未加入",
    ]
)
_POLITE = re.compile(r"(?:です)?[。.]?$")
MARKS = MARKS_YES | MARKS_NO
"""Answers that are no words: beside one another they are a form's own, of which none is chosen."""
_ACT = "申し?込み?|申請|登録|確認|手続き?|準備|取得|入手|契約|手配|受領|発行|対応|実施"
_DONE = re.compile(rf"(?:(?:{_ACT})を?)?(?:済み?|完了)(?:です|しました)?[。.]?")
_NOT_DONE = re.compile(rf"未(?:了|完了|済|着手|{_ACT})?(?:です)?[。.]?|まだ(?:です)?[。.]?")
DONE_WORDS, NOT_DONE_WORDS = ("済み", "済", "完了"), ("未", "未了", "まだ")
"""What a form's own boxes may offer."""
_NONE = re.compile(r"(?:特に|該当)?(?:なし|無し?|ありません)(?:です)?[。.]?")
_ERAS = {
    "令": (2018, datetime.date(2019, 5, 1), datetime.date.max),
    "平": (1988, datetime.date(1989, 1, 8), datetime.date(2019, 4, 30)),
    "昭": (1925, datetime.date(1926, 12, 25), datetime.date(1989, 1, 7)),
}
"""The year before each era's first, its first and its last day."""
_ERA_NAMES = {"R": "令", "H": "平", "S": "昭"}
_DATE = re.compile(
    r"(?:西暦)?(?:([0-9]{4})|(令和?|平成?|昭和?|[RHS])\.?([0-9]{1,2}|元))"
    r"[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[(]?([月火水木金土日])(?:曜日?)?[)]?)?",
    re.IGNORECASE,
)
"""Blanks are taken out before; a weekday may stand behind, and must be the day's."""
_KANJI = str.maketrans("〇一二三四五六七八九", "0123456789")
_EPOCHS = {False: datetime.date(1899, 12, 30), True: datetime.date(1904, 1, 1)}
"""The day that both date systems of Excel call 0 (ECMA-376, 18.17.4.1)."""
_YEARS = range(1985, 2100)
TICKED = "☑✅☒■✔✓●◉◼⬛"
EMPTY_BOX = "□☐◻⬜▢"
CIRCLES = "○◯〇"
"""Marks at one of several options; a circle is a tick, beside a filled one an empty box."""
_BRACKETED = re.compile(rf"[\[(【]\s*([{TICKED}{CIRCLES}レxX*v]?)\s*[\])】]")
CROSSES = "×✕✗✘"
"""A cross says nothing alone; beside a ticked option it is what was not meant."""
_MARK = re.compile(rf"([{TICKED}{EMPTY_BOX}{CIRCLES}{CROSSES}])")
_BETWEEN = re.compile(r"[\s・/、,|]+")

Answer = str | bool | int | float | datetime.date | list[str]


@dataclass(frozen=True, slots=True)
class Read:
    """A survey's answer with the names of its changes."""

    value: Answer
    changes: tuple[str, ...] = ()


class Unticked(Exception):
    """Raised for an answer that says nothing.

    A form's own boxes of which none is ticked, なし where a name is asked for, 不明 anywhere.
    """


def _folded(cell: Cell) -> tuple[str, tuple[str, ...]]:
    work = begin(cell.kind, cell.value)
    return work.text, tuple(work.changes)


def _marked(text: str) -> list[tuple[str, str]]:
    """Answers each option of a text with its mark ('' for none); [] for a text without options.

    The marks stand in front of their options, or all behind them.
    """
    plain = _BRACKETED.sub(lambda found: "☑" if found.group(1) else "□", text.replace("\ufe0f", ""))
    parts = [_BETWEEN.split(part.strip(" ・/、,|")) for part in _MARK.split(plain)]
    marks = [part[0] for part in parts[1::2]]
    found: list[tuple[str, str]] = []
    if parts[0] == [""]:
        for mark, (one, *more) in zip(marks, parts[2::2], strict=True):
            found += [(mark, one), *(("", other) for other in more)]
    elif parts[-1] == [""]:
        for mark, (*more, one) in zip(marks, parts[:-1:2], strict=True):
            found += [*(("", other) for other in more), (mark, one)]
    return found


def ticked(text: str, known: Collection[str]) -> str | None:
    """Answers the one option that a text ticks; None for a text that is no row of options.

    `known` are the options that there may be, in small letters. Raises Unticked, and Refusal where
    not exactly one is ticked.
    """
    options = _marked(text)
    if not options or not all(label.casefold() in known for _, label in options):
        if text and all(letter in EMPTY_BOX for letter in text):
            raise Unticked
        return None
    for marks in (TICKED, CIRCLES):
        chosen = [label for mark, label in options if mark and mark in marks]
        if len(chosen) == 1 and (marks is TICKED or len(options) > 1 or options[0][0] in CIRCLES):
            return chosen[0]
        if chosen:
            raise Refusal("one-option")
    if any(mark and mark in CROSSES for mark, _ in options):
        return None
    raise Unticked


def _meant(cell: Cell, known: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Answers what a cell says of the options, where it ticks one; else its text."""
    text, changes = _folded(cell)
    chosen = ticked(text, known)
    return (text, changes) if chosen is None else (chosen, (*changes, "ticked"))


def _yes_no(cell: Cell) -> Read:
    if cell.kind == "bool":
        return Read(bool(cell.value))
    text, changes = _meant(cell, (YES | NO) - MARKS)
    word = _POLITE.sub("", text.casefold())
    if word in YES:
        return Read(True, changes)
    if word in NO:
        return Read(False, changes)
    raise Refusal("yes-no")


def _choice(cell: Cell, choices: Mapping[str, str], also: Mapping[str, str]) -> Read:
    text, changes = _meant(cell, {label.casefold() for label in (*choices, *also)})
    for label, value in (*choices.items(), *also.items()):
        if text.casefold() in (label.casefold(), value.casefold()):
            return Read(value, changes)
    raise Refusal("choice", choices="、".join(choices))


def _day(year: int, month: int, day: int) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise Refusal("no-such-day") from None


def _arabic(text: str) -> str:
    """Writes 令和八年十月二十日 with digits."""

    def written(found: re.Match[str]) -> str:
        word = found.group()
        if "十" not in word:
            return word.translate(_KANJI)
        tens, _, ones = word.partition("十")
        return f"{tens.translate(_KANJI) or 1}{ones.translate(_KANJI) or 0}"

    return re.sub("[〇一二三四五六七八九十]+", written, text)


def _year(era: str, number: str, month: str, day: str) -> datetime.date:
    letter = era[0].upper()
    before, first, last = _ERAS[_ERA_NAMES.get(letter, letter)]
    found = _day(before + (1 if number == "元" else int(number)), int(month), int(day))
    if not first <= found <= last:
        raise Refusal("no-such-day")
    return found


def _date(cell: Cell) -> Read:
    """Reads a day, of these years: no line, order or visit has another."""
    found = _any_date(cell)
    if not isinstance(found.value, datetime.date) or found.value.year not in _YEARS:
        raise Refusal("date-form")
    return found


def _any_date(cell: Cell) -> Read:
    if isinstance(cell.value, datetime.datetime):
        return Read(cell.value.date())
    text, changes = _folded(cell)
    if written := _DATE.fullmatch(_arabic(text.replace(" ", ""))):
        year, era, number, month, day, weekday = written.groups()
        found = _year(era, number, month, day) if era else _day(int(year), int(month), int(day))
        if weekday and "月火水木金土日"[found.weekday()] != weekday:
            raise Refusal("weekday", weekday="月火水木金土日"[found.weekday()])
        return Read(found, (*changes, "date"))
    if text.isascii() and text.isdigit():
        if len(text) == 5:
            return Read(_of_serial(int(text), cell), ("serial",))
        if len(text) == 8:
            return Read(_day(int(text[:4]), int(text[4:6]), int(text[6:])), (*changes, "date"))
    raise Refusal("date-form")


def _of_serial(number: int, cell: Cell) -> datetime.date:
    return _EPOCHS[cell.is_1904] + datetime.timedelta(days=number)


_HALF = re.compile(r"(午前|午後|[ap]\.?m\.?)\s*", re.IGNORECASE)
_HALF_BEHIND = re.compile(r"\s*[ap]\.?m\.?\Z", re.IGNORECASE)


def _clock(cell: Cell) -> Read:
    text, changes = _folded(cell)
    half = _HALF.match(text) or _HALF_BEHIND.search(text)
    bare = text if half is None else (text[: half.start()] + text[half.end() :]).strip()
    found = re.fullmatch(r"([0-9]{1,2})(?::([0-9]{2})(?::00)?|時(?:([0-9]{1,2})分)?(半)?)", bare)
    if found is None:
        raise Refusal("clock")
    said, *rest = found.groups()
    minute, hour = int("30" if rest[-1] else rest[0] or rest[1] or "0"), int(said)
    if hour > (23 if half is None else 12) or minute > 59:
        raise Refusal("clock")
    if half is not None:  # 午後0時 and 12 p.m. are noon
        hour = hour % 12 + 12 * (half.group().strip().casefold() in ("午後", "pm", "p.m."))
    return Read(f"{hour:02}:{minute:02}", changes)


def _done(cell: Cell) -> Read:
    if cell.kind == "text":
        text, changes = _meant(cell, ({*DONE_WORDS, *NOT_DONE_WORDS} | YES | NO) - MARKS)
        if _DONE.fullmatch(text) or _NOT_DONE.fullmatch(text):
            return Read(_DONE.fullmatch(text) is not None, changes)
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
    if _NONE.fullmatch(text):
        return Read(0, (*changes, "none"))
    bare = _arabic(re.sub(r"\s*(台|本|口|枚|回)$", "", text))
    if not re.fullmatch(r"[0-9]{1,3}", bare):
        raise Refusal("count")
    changes = tuple(change for change in changes if change != "number")
    return Read(int(bare), (*changes, *(("unit",) if bare != text else ())))


def _line(cell: Cell) -> Read:
    if cell.kind == "text" and _NONE.fullmatch(_folded(cell)[0]):
        raise Unticked
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


def read_answer(
    form: str, cell: Cell, choices: Mapping[str, str], also: Mapping[str, str] | None = None
) -> Read | None:
    """Answers a survey cell's value; None where it says nothing: no box ticked, 不明, なし.

    Raises Refusal, which names the rule. `form` is the item's kind in survey-form.yaml; `choices`
    maps what may be chosen to its value, `also` what people write for it.
    """
    try:
        if cell.kind == "text" and says_unknown(str(cell.value)):
            raise Unticked
        if form == "code":
            value = normalize("code", cell.kind, cell.value)
            return Read(value.value, value.changes)
        if form == "choice":
            return _choice(cell, choices, also or {})
        return _KINDS[form](cell)
    except Unticked:
        return None
