"""A day and a moment as a person reads them: local time, in the language of the sentence."""

from __future__ import annotations

import re
from datetime import date, datetime

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}[:\d.]*(?:[+-]\d{2}:\d{2})?")
WEEKDAYS = "月火水木金土日"


def day(value: date, language: str) -> str:
    """Answers a day: `2026年12月1日(火)`, in English as ISO 8601 has it."""
    if language == "en":
        return f"{value:%Y-%m-%d}"
    return f"{value.year}年{value.month}月{value.day}日({WEEKDAYS[value.weekday()]})"


def moment(value: datetime, language: str) -> str:
    """Answers a moment to the minute, in local time; one without a zone is local already."""
    here = value if value.tzinfo is None else value.astimezone()
    return f"{day(here.date(), language)} {here:%H:%M}"


def read(value: str) -> str | date:
    """Answers the day or moment that a text is in ISO 8601, else the text."""
    if _DAY.fullmatch(value):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else value
