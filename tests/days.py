"""Days as the product sees them: today in Japan, and one on which construction is possible."""

from __future__ import annotations

import datetime
from itertools import count

import jpholiday

TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).date()


def working_day() -> datetime.date:
    """The next day on which construction is possible (brochure: Mon-Fri, no holiday)."""
    for days in count(1):
        day = TODAY + datetime.timedelta(days)
        year_end = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
        if day.weekday() < 5 and not jpholiday.is_holiday(day) and not year_end:
            return day
    raise AssertionError
