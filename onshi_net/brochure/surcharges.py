"""What the survey, and the work of a new line, cost extra by day and hour (提供条件②).

The brochure names no amounts. That 夜間 begins at 17:00 is an inference from the daytime hours.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from onshi_net.brochure.calendar import holiday_name, is_year_end
from onshi_net.brochure.data import Hours, schedule
from onshi_net.brochure.findings import Finding, finding
from onshi_net.model.survey import Survey


def clock_of(written: str | None) -> datetime.time | None:
    """Answers a time as the survey writes it (`10:00`); None where there is none."""
    return None if written is None else datetime.time.fromisoformat(written)


def is_inside(hours: Hours, at: datetime.time) -> bool:
    """Answers whether a time lies within the hours; their end lies outside."""
    return hours.start <= at < hours.end


def _is_rest(on: datetime.date) -> bool:
    return on.weekday() not in schedule().survey.weekdays or holiday_name(on) is not None


def survey_surcharges(survey: Survey) -> tuple[Finding, ...]:
    """Answers what the survey's own day and time cost extra; nothing while no day is known."""
    day = survey.done_on or survey.planned_on
    if day is None:
        return ()
    # The hour that was planned is that of the planned day.
    at = clock_of(survey.planned_at) if day == survey.planned_on else None
    late = at is not None and not is_inside(schedule().survey, at)
    return (finding("surcharge.survey", day=day),) if late or _is_rest(day) else ()


def line_surcharges(on: datetime.date, at: datetime.time | None) -> tuple[Finding, ...]:
    """Answers what a new line's work on that day costs extra; `at` was appointed, None: nothing.

    Full hours from 9 to 16 can be appointed.
    """
    return tuple(_line(on, at))


def _line(on: datetime.date, at: datetime.time | None) -> Iterator[Finding]:
    hours = schedule().line_appointments
    if _is_rest(on):
        yield finding("surcharge.line-holiday")
    if is_year_end(on):
        yield finding("surcharge.line-year-end")
    if at is None:
        return
    if hours.start <= at <= hours.end and (at.minute, at.second) == (0, 0):
        yield finding("surcharge.line-appointed", time=at.isoformat("minutes"))
    elif is_inside(schedule().construction, at):
        yield finding("surcharge.line-no-hour", time=at.isoformat("minutes"))
    else:
        yield finding("surcharge.line-night")
