"""Periods in months, and until when a survey can be cancelled for nothing."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.brochure import cancel, ready
from onshi_net.brochure.calendar import JST, add_months, period_end
from onshi_net.brochure.data import Verdict
from onshi_net.brochure.maintenance import covered_until, resetting_until
from onshi_net.model.survey import Device, DeviceKind

DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ((2024, 2, 29), 60, (2029, 2, 28)),
        ((2024, 2, 29), 48, (2028, 2, 28)),
        ((2024, 2, 28), 60, (2029, 2, 27)),
        ((2024, 3, 1), 60, (2029, 2, 28)),
        ((2023, 3, 1), 60, (2028, 2, 29)),
        ((2024, 4, 1), 60, (2029, 3, 31)),
        ((2024, 8, 31), 1, (2024, 9, 30)),
        ((2024, 9, 30), 1, (2024, 10, 29)),
        ((2024, 12, 31), 24, (2026, 12, 30)),
    ],
)
def test_the_last_day_of_a_period(start, months, last):
    assert period_end(datetime.date(*start), months) == datetime.date(*last)


@given(st.dates(datetime.date(1990, 1, 1), datetime.date(2100, 1, 1)), st.integers(1, 200))
def test_a_period_ends_the_day_before_its_number_comes_again(start, months):
    end, again = period_end(start, months), add_months(start, months)
    assert end == (again - DAY if again.day == start.day else again)


@given(st.dates(), st.integers(0, 1200))
def test_no_date_is_too_late_for_a_period(start, months):
    assert add_months(start, months) <= datetime.date.max
    assert period_end(start, months) <= datetime.date.max


@pytest.mark.parametrize("kind", [DeviceKind.ROUTER, DeviceKind.TERMINAL])
def test_a_warranty_from_a_leap_day_lasts_its_five_years(kind):
    device = Device(name="x", kind=kind, delivered_on=datetime.date(2024, 2, 29))
    assert covered_until(device) == datetime.date(2029, 2, 28)
    assert resetting_until(device) == datetime.date(2029, 2, 28)


SURVEY = datetime.date(2026, 11, 26)
BEFORE = datetime.datetime(2026, 11, 25, 17, 29, tzinfo=JST)
LATE = datetime.datetime(2026, 11, 25, 17, 30, tzinfo=JST)
SIGNED = datetime.date(2026, 11, 2)


@pytest.mark.parametrize(
    ("planned", "done", "signed", "at", "rule", "verdict"),
    [
        (SURVEY, None, SIGNED, BEFORE, "cancel.free", Verdict.YES),
        (SURVEY, None, SIGNED, LATE, "cancel.fee", Verdict.NO),
        (SURVEY, None, SIGNED, BEFORE.astimezone(datetime.UTC), "cancel.free", Verdict.YES),
        (SURVEY, None, SIGNED, LATE.astimezone(datetime.UTC), "cancel.fee", Verdict.NO),
        (SURVEY, None, SIGNED, LATE + 30 * DAY, "cancel.fee", Verdict.NO),
        (SURVEY, None, None, LATE, "cancel.unsigned", Verdict.YES),
        (SURVEY, None, SURVEY, LATE, "cancel.unsigned", Verdict.YES),
        (None, None, SIGNED, LATE, "cancel.day-open", Verdict.NOT_YET),
        (SURVEY, SIGNED, SIGNED, BEFORE, "cancel.done", Verdict.NO),
        (SURVEY, SURVEY, SIGNED, BEFORE, "cancel.free", Verdict.YES),
    ],
)
def test_what_cancelling_the_survey_costs(case, planned, done, signed, at, rule, verdict):
    one = case({"planned_on": planned, "done_on": done}, contract={"signed_on": signed})
    found = cancel(one, at=at)
    assert (found.finding.rule, found.verdict) == (rule, verdict)
    assert found.to_json()["verdict"] == verdict.value
    told = [one.rule for one in ready(one, on=at.date()).findings]
    counts = rule in ("cancel.free", "cancel.fee")
    assert ("ready.cancellation" in told) is counts
