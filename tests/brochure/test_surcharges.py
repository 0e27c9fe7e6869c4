"""What costs extra by its day and hour, and on whose day it turns."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import estimate, ready
from onshi_net.brochure.surcharges import line_surcharges, survey_surcharges
from onshi_net.model.survey import Survey

WEDNESDAY = datetime.date(2026, 11, 25)
SATURDAY, HOLIDAY = datetime.date(2026, 11, 28), datetime.date(2026, 11, 23)
YEAR_END = datetime.date(2026, 12, 30)


def rules_of(findings):
    return [one.rule for one in findings]


@pytest.mark.parametrize("minute", range(0, 24 * 60, 10))
def test_full_hours_from_nine_to_four_can_be_appointed(minute):
    at = datetime.time(*divmod(minute, 60))
    if minute in range(9 * 60, 16 * 60 + 1, 60):
        expected = "surcharge.line-appointed"
    elif 9 * 60 <= minute < 17 * 60:
        expected = "surcharge.line-no-hour"
    else:
        expected = "surcharge.line-night"
    assert rules_of(line_surcharges(WEDNESDAY, at)) == [expected]


@pytest.mark.parametrize(
    ("day", "rules"),
    [
        (WEDNESDAY, []),
        (SATURDAY, ["surcharge.line-holiday"]),
        (HOLIDAY, ["surcharge.line-holiday"]),
        (YEAR_END, ["surcharge.line-year-end"]),
        (datetime.date(2027, 1, 3), ["surcharge.line-holiday", "surcharge.line-year-end"]),
    ],
)
def test_days_of_a_lines_work(day, rules):
    assert rules_of(line_surcharges(day, None)) == rules


@pytest.mark.parametrize(
    ("done_on", "planned_on", "planned_at", "extra"),
    [
        (None, None, None, False),
        (None, WEDNESDAY, None, False),
        (WEDNESDAY, SATURDAY, None, False),
        (SATURDAY, WEDNESDAY, None, True),
        (None, SATURDAY, None, True),
        (None, HOLIDAY, "10:00", True),
        (None, WEDNESDAY, "08:59", True),
        (None, WEDNESDAY, "09:00", False),
        (None, WEDNESDAY, "16:59", False),
        (None, WEDNESDAY, "17:00", True),
        (WEDNESDAY, WEDNESDAY, "17:00", True),
        (WEDNESDAY, SATURDAY, "17:00", False),
    ],
)
@pytest.mark.parametrize("visit", [WEDNESDAY, SATURDAY])
def test_the_survey_costs_extra_by_its_own_day(case, done_on, planned_on, planned_at, extra, visit):
    times = {"done_on": done_on, "planned_on": planned_on, "planned_at": planned_at}
    assert bool(survey_surcharges(Survey(**times))) is extra
    told = rules_of(ready(case(times), on=visit).surcharges)
    assert ("surcharge.survey" in told) is extra
    lines = [line.price.id for line in estimate(case(times), on=visit).lines]
    assert ("survey-off-hours" in lines) is extra


NEW = {"line.use": "new"}


@pytest.mark.parametrize(
    ("answers", "day", "at", "rules"),
    [
        ({}, SATURDAY, None, []),
        (NEW, WEDNESDAY, None, []),
        (NEW, WEDNESDAY, 10, ["surcharge.line-appointed"]),
        (NEW, WEDNESDAY, 18, ["surcharge.line-night"]),
        (NEW, SATURDAY, None, ["surcharge.line-holiday"]),
        ({**NEW, "line.work_on": WEDNESDAY}, SATURDAY, 18, []),
        (
            {**NEW, "line.work_on": SATURDAY, "line.work_at": "09:00"},
            WEDNESDAY,
            None,
            ["surcharge.line-holiday", "surcharge.line-appointed"],
        ),
    ],
)
def test_a_new_lines_work_costs_extra_by_its_day(case, answers, day, at, rules):
    clock = None if at is None else datetime.time(at)
    assert rules_of(ready(case(answers), on=day, at=clock).surcharges) == rules


@pytest.mark.parametrize(
    ("work_on", "work_at", "items"),
    [
        (WEDNESDAY, None, []),
        (WEDNESDAY, "09:00", ["line-appointed-time"]),
        (SATURDAY, "16:00", ["line-appointed-time", "line-holiday"]),
        (WEDNESDAY, "20:00", ["line-night"]),
        (YEAR_END, "20:00", ["line-night"]),
    ],
)
def test_surcharges_are_lines_of_the_estimate_without_an_amount(case, work_on, work_at, items):
    answers = {**NEW, "line.work_on": work_on, "line.work_at": work_at}
    found = estimate(case(answers), on=WEDNESDAY)
    lines = [line for line in found.left_out if line.price.group == "line"]
    assert [line.price.id for line in lines] == items
    assert all(line.quantity == 1 for line in lines)
    assert "estimate.line-time" not in rules_of(found.findings)


def test_surcharges_whose_day_is_not_known_are_named(case):
    found = estimate(case({**NEW, "done_on": None}), on=WEDNESDAY)
    assert {"estimate.line-time", "estimate.survey-time"} <= {*rules_of(found.findings)}
