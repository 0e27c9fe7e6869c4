"""How values are written for the clinic: days, amounts, and what nobody knows yet."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from onshi_net.i18n import language, text

WEEKDAYS = "月火水木金土日"


def day(value: datetime.date) -> str:
    """Answers a day with its weekday: 2026年11月30日(月)."""
    if language() == "ja":
        return f"{value.year}年{value.month}月{value.day}日({WEEKDAYS[value.weekday()]})"
    return f"{value:%a} {value.day} {value:%B %Y}"


def short_day(value: datetime.date) -> str:
    """Answers a day as a narrow table has it: 2026/11/30."""
    return f"{value:%Y/%m/%d}"


def short_moment(value: datetime.datetime) -> str:
    """Answers a moment by this computer's clock, as a narrow table has it."""
    return f"{value.astimezone():%Y/%m/%d %H:%M}"


def yen(amount: int) -> str:
    """Answers an amount as it stands in a table: ¥427,075; less than nothing: ▲¥550."""
    sign = "▲" if amount < 0 else ""
    return f"{sign}¥{abs(amount):,}"


def unknown() -> str:
    """Answers the word for what nobody has asked or said yet."""
    return text("papers.unknown")


def known(value: object) -> str:
    """Answers a value's words; those for an unknown one for None and ''."""
    if value is None or value == "":
        return unknown()
    return day(value) if isinstance(value, datetime.date) else f"{value}"


def listed(some: Iterable[str]) -> str:
    """Joins words into a list."""
    return text("papers.comma").join(some)
