"""Days and months as the brochure counts them.

Business days, the turn of the year, periods in months.
"""

from __future__ import annotations

import calendar
import datetime

import jpholiday

from onshi_net.brochure.data import schedule

JST = datetime.timezone(datetime.timedelta(hours=9), "JST")
"""Japan has one time zone and no summer time."""


def add_months(day: datetime.date, months: int) -> datetime.date:
    """Answers the same day `months` later, or the month's last day where there is no such day.

    Source of the clamp: 民法 143条2項 (a period ends on the month's last day where the day is
    missing). What lies beyond the year 9999 is its last day.
    """
    year, month, last = _month(day, months)
    if year > datetime.MAXYEAR:
        return datetime.date.max
    return datetime.date(year, month, min(day.day, last))


def period_end(start: datetime.date, months: int) -> datetime.date:
    """Answers the last day of a period of `months` whose first day is `start`.

    It is the day before the one of the same number, or the month's last day where there is no such
    day (民法 143条2項): five years from 29 February 2024 end on 28 February 2029.
    """
    year, month, last = _month(start, months)
    if year > datetime.MAXYEAR:
        return datetime.date.max
    if start.day > last:
        return datetime.date(year, month, last)
    return datetime.date(year, month, start.day) - datetime.timedelta(days=1)


def _month(day: datetime.date, months: int) -> tuple[int, int, int]:
    """Answers the year and month `months` later, and that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    # The Gregorian calendar repeats every 400 years; beyond 9999 `calendar` has no days.
    return year, month + 1, calendar.monthrange(2000 + year % 400, month + 1)[1]


def is_year_end(day: datetime.date) -> bool:
    """Answers whether `day` lies from 29 December to 3 January (clause work.hours)."""
    rest = schedule().year_end
    return (day.month, day.day) >= rest.first or (day.month, day.day) <= rest.last


def holiday_name(day: datetime.date) -> str | None:
    """Answers the name of the Japanese holiday on `day`, None where there is none (jpholiday)."""
    name = jpholiday.is_holiday_name(day)
    return str(name) if name else None


def is_business_day(day: datetime.date) -> bool:
    """Answers whether NTT West's desk works.

    No weekend, holiday or turn of the year (clause contact).
    """
    return day.weekday() < 5 and holiday_name(day) is None and not is_year_end(day)


def business_day_before(day: datetime.date, count: int = 1) -> datetime.date:
    """Answers the business day that lies `count` business days before `day`."""
    while count and day > datetime.date.min:
        day -= datetime.timedelta(days=1)
        count -= is_business_day(day)
    return day


def cancellation_deadline(survey_on: datetime.date) -> datetime.datetime:
    """Answers until when a survey may be cancelled without a fee.

    17:30 of the business day before (clause survey.cancellation); what a business day is: clause
    contact.
    """
    rule = schedule().cancellation
    day = business_day_before(survey_on, rule.business_days_before)
    return datetime.datetime.combine(day, rule.until, tzinfo=JST)


def cancels_free(survey_on: datetime.date, at: datetime.datetime) -> bool:
    """Answers whether cancelling at `at` costs nothing: 17:30 itself is too late (17時30分以降).

    `at` knows its time zone.
    """
    return at < cancellation_deadline(survey_on)
