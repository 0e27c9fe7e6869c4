"""Preparations 1 to 6, hours, surcharges and deadlines."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import certificate_expiry, ready, refusals
from onshi_net.brochure.calendar import JST, cancellation_deadline, cancels_free

WEDNESDAY = datetime.date(2026, 11, 25)


def rules_of(findings):
    return [one.rule for one in findings]


def test_a_prepared_site_is_ready_on_a_working_day(case):
    answer = ready(case(), on=WEDNESDAY, at=datetime.time(9))
    assert answer.ready
    assert [(item.row.number, item.state.value) for item in answer.items] == [
        (1, "done"),
        (2, "not-needed"),
        (3, "done"),
        (4, "done"),
        (5, "done"),
        (6, "not-needed"),
    ]


@pytest.mark.parametrize(
    ("field", "number", "where"),
    [
        ("account", 1, "支払基金"),
        ("caf_number", 3, "NTT West"),
        ("usage_application", 4, "支払基金"),
        ("billing_application", 4, "支払基金"),
        ("certificate", 5, "支払基金"),
    ],
)
def test_each_of_one_to_five_stops_the_visit(case, field, number, where):
    answer = ready(case(prepared={field: False}), on=WEDNESDAY)
    assert not answer.ready
    (missing,) = [item for item in answer.items if item.blocks]
    assert missing.row.number == number
    assert where in missing.where


def test_a_preparation_counts_from_its_day_on(case):
    prepared = {"account": WEDNESDAY}
    assert ready(case(prepared=prepared), on=WEDNESDAY).ready
    assert not ready(case(prepared=prepared), on=WEDNESDAY - datetime.timedelta(days=1)).ready


def test_billing_needs_no_application_where_it_is_not_used(case):
    prepared = {"billing_application": None, "billing_used": False}
    assert ready(case(prepared=prepared), on=WEDNESDAY).ready


def test_power_taps_are_named_but_do_not_stop_the_visit(case):
    answer = ready(case({"power_taps_short": True}, prepared={"power_taps": False}), on=WEDNESDAY)
    assert answer.ready
    assert "ready.taps" in rules_of(answer.findings)


def test_a_new_line_must_be_ordered(case):
    answer = ready(case({"line.use": "new"}), on=WEDNESDAY)
    assert [item.row.id for item in answer.items if item.blocks] == ["line-order"]
    assert ready(case({"line.use": "new"}, prepared={"line_ordered": True}), on=WEDNESDAY).ready


def test_an_old_line_needs_its_v6_option(case):
    old = {
        "line.product": "フレッツ光ネクスト ファミリータイプ",
        "line.ordered_on": None,
        "line.v6_option": False,
    }
    assert [item.row.id for item in ready(case(old), on=WEDNESDAY).items if item.blocks] == [
        "v6-order"
    ]
    assert ready(case(old, prepared={"v6_ordered": True}), on=WEDNESDAY).ready


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        ((2026, 11, 28), "ready.weekend"),
        ((2026, 11, 29), "ready.weekend"),
        ((2026, 11, 23), "ready.holiday"),
        ((2026, 12, 29), "ready.year-end"),
        ((2026, 12, 31), "ready.year-end"),
        ((2027, 1, 1), "ready.year-end"),
        ((2027, 1, 3), "ready.year-end"),
    ],
)
def test_days_without_construction(case, day, rule):
    answer = ready(case(), on=datetime.date(*day))
    assert not answer.ready
    assert rule in rules_of(answer.findings)


@pytest.mark.parametrize("day", [(2026, 12, 28), (2027, 1, 4)])
def test_the_days_around_the_turn_of_the_year_are_working_days(case, day):
    assert ready(case(), on=datetime.date(*day)).ready


@pytest.mark.parametrize(
    ("hour", "minute", "good"), [(8, 59, False), (9, 0, True), (16, 59, True), (17, 0, False)]
)
def test_hours_of_construction(case, hour, minute, good):
    assert ready(case(), on=WEDNESDAY, at=datetime.time(hour, minute)).ready is good


@pytest.mark.parametrize(
    ("survey", "deadline"),
    [
        ((2026, 11, 26), (2026, 11, 25, 17, 30)),
        ((2026, 11, 24), (2026, 11, 20, 17, 30)),  # over a holiday Monday and a weekend
        ((2027, 1, 4), (2026, 12, 28, 17, 30)),  # over the turn of the year
    ],
)
def test_until_when_a_survey_can_be_cancelled(survey, deadline):
    assert cancellation_deadline(datetime.date(*survey)) == datetime.datetime(*deadline, tzinfo=JST)


def test_half_past_five_itself_is_too_late():
    survey = datetime.date(2026, 11, 26)
    assert cancels_free(survey, datetime.datetime(2026, 11, 25, 17, 29, tzinfo=JST))
    assert not cancels_free(survey, datetime.datetime(2026, 11, 25, 17, 30, tzinfo=JST))


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        ((2023, 8, 25), (2026, 11, 25)),
        ((2022, 11, 30), (2026, 2, 28)),
        ((2024, 11, 29), (2028, 2, 29)),
    ],
)
def test_the_certificate_lasts_three_years_and_three_months(issued, last):
    assert certificate_expiry(datetime.date(*issued)) == datetime.date(*last)


@pytest.mark.parametrize(
    ("issued", "rule"),
    [
        ((2023, 8, 24), "ready.certificate-expired"),
        ((2023, 8, 25), None),
        ((2026, 11, 25), None),
        ((2026, 11, 26), "ready.certificate-later"),
    ],
)
def test_the_certificate_must_be_valid_on_the_day(case, issued, rule):
    answer = ready(case(prepared={"certificate_issued_on": datetime.date(*issued)}), on=WEDNESDAY)
    assert answer.ready is (rule is None)
    assert [name for name in rules_of(answer.findings) if "certificate" in name] == (
        [rule] if rule else []
    )


def test_what_the_gate_of_provisioning_asks(case):
    sunday = datetime.date(2026, 11, 29)
    assert refusals(case(), on=sunday) == ()
    assert rules_of(refusals(case(prepared={"certificate": False}), on=WEDNESDAY)) == [
        "ready.missing"
    ]
    assert rules_of(refusals(case({"access.branch": "utm"}), on=WEDNESDAY)) == [
        "pattern.other-device",
        "ready.item-unasked",
    ]
    expired = {"certificate_issued_on": datetime.date(2020, 1, 1)}
    assert rules_of(refusals(case(prepared=expired), on=WEDNESDAY)) == ["ready.certificate-expired"]


@pytest.mark.parametrize(
    "day", [(2026, 11, 28), (2026, 11, 23), (2026, 12, 29), (2026, 12, 31), (2027, 1, 2)]
)
def test_no_day_of_the_calendar_stops_the_technician_who_is_there(case, day):
    on = datetime.date(*day)
    assert not ready(case(), on=on).ready
    assert refusals(case(), on=on) == ()
    assert ready(case(), on=WEDNESDAY, at=datetime.time(20)).unprepared == ()


@pytest.mark.parametrize(
    ("answers", "is_customers"),
    [
        ({}, False),
        ({"wiring.work_m": 21}, True),
        ({"wiring.above_2m": True}, True),
        ({"wiring.exposed": False}, True),
        ({"wiring.wall_piercing": True}, True),
        ({"wiring.conduit": True}, True),
    ],
)
def test_wiring_of_the_customers_is_asked_for_before_the_visit(case, answers, is_customers):
    found = ready(case(answers), on=WEDNESDAY)
    assert ("ready.own-wiring" in rules_of(found.findings)) is is_customers
    assert found.ready


def test_json_names_everything(case):
    data = ready(case(prepared={"account": False}), on=WEDNESDAY, at=datetime.time(9)).to_json()
    assert data["ready"] is False
    assert data["time"] == "09:00"
    assert data["prerequisites"][0]["blocks"] is True
    assert "https://iryohokenjyoho.service-now.com/csm" in data["prerequisites"][0]["where"]


@pytest.mark.parametrize(("taps", "blocks"), [({"power_taps_short": True}, False)])
def test_power_taps_alone_stop_no_visit(case, taps, blocks):
    (sixth,) = [item for item in ready(case(taps), on=WEDNESDAY).items if item.row.number == 6]
    assert (sixth.state, sixth.blocks) == ("unasked", blocks)
    assert ready(case(taps), on=WEDNESDAY).ready


def test_a_line_that_nobody_named_leaves_preparation_2_open(case):
    found = ready(case({"line": {"use": "existing"}}), on=WEDNESDAY)
    (second,) = [item for item in found.items if item.row.number == 2]
    assert (second.row.id, second.state) == ("v6-order", "open")
