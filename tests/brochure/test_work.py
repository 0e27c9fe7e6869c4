"""Terminals, wiring, visiting nursing, receipt PCs, power and support (提供条件①)."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import Case, assess
from onshi_net.brochure.work import customer_lays, switches_for

ON = datetime.date(2026, 11, 25)


def rules_of(answer):
    return [one.rule for one in answer.findings]


# Terminals and five-port hubs (brochure lines 229, 288): four to a hub; the router has two ports
# for hubs, so that a third one hangs on another and takes a port of it.
HUBS = {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 2, 8: 2, 9: 3, 11: 3, 12: 4, 14: 4, 15: 5}


@pytest.mark.parametrize("count", range(1, 41))
def test_hubs_have_a_port_for_every_terminal(case, count):
    hubs = switches_for(count)
    assert hubs == HUBS.get(count, hubs)
    free = 5 * hubs - min(hubs, 2) - 2 * max(0, hubs - 2)
    assert hubs == 0 or free >= count
    ordered = {
        order.item: order.quantity for order in assess(case({"terminals": count}), on=ON).orders
    }
    assert (ordered.get("switch", 0), ordered.get("switch-work", 0)) == (hubs, hubs)


@pytest.mark.parametrize(("count", "hubs"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (8, 3)])
@pytest.mark.parametrize(
    ("changes", "shares"),
    [({}, True), ({"cable_m": 101}, False), ({"cable_m": None}, False), ({"wanted": False}, False)],
)
def test_a_nursing_stations_terminal_counts_where_it_shares_the_router(
    case, count, hubs, changes, shares
):
    answers = {"terminals": count, "visiting_nursing": {**NURSING, **changes}}
    ordered = {order.item: order.quantity for order in assess(case(answers), on=ON).orders}
    assert ordered.get("switch", 0) == (hubs if shares else switches_for(count))


@pytest.mark.parametrize(
    ("own", "rule"), [(None, "own-devices.open"), (True, "own-devices.not-allowed"), (False, None)]
)
def test_a_device_of_the_customers_below_the_router_is_asked_for(case, own, rule):
    answer = assess(case({"access.own_devices": own}), on=ON)
    assert [name for name in rules_of(answer) if name.startswith("own-")] == (
        [rule] if rule else []
    )
    assert answer.eligible


@pytest.mark.parametrize(("count", "switch"), [(1, False), (2, False), (3, True), (4, True)])
def test_three_terminals_need_a_switch(case, count, switch):
    answer = assess(case({"terminals": count}), on=ON)
    assert ("terminals.switch" in rules_of(answer)) is switch
    assert ("switch" in [order.item for order in answer.orders]) is switch


@pytest.mark.parametrize(
    ("answers", "rule", "eligible"),
    [
        ({"wiring.cable_m": 100}, "wiring.fine", True),
        ({"wiring.cable_m": 100.5}, "wiring.too-long", False),
        ({"wiring.same_building": False}, "wiring.other-building", False),
        ({"wiring.cable_m": None}, "wiring.open", True),
        ({"wiring.work_m": 21}, "wiring.work-long", True),
        ({"wiring.above_2m": True}, "wiring.work-high", True),
        ({"wiring.exposed": False}, "wiring.work-hidden", True),
        ({"wiring.wall_piercing": True}, "wiring.work-wall", True),
        ({"wiring.conduit": True}, "wiring.work-conduit", True),
        ({"power_taps_short": True}, "taps.customer", True),
        ({"power_taps_short": None}, "taps.open", True),
        ({"receipt.os": "Windows 8.1"}, "receipt.os-wrong", True),
        ({"receipt.os": "Windows Server 2019"}, "receipt.os-wrong", True),
        ({"receipt.os": "Windows10 Pro"}, "receipt.os-fine", True),
        ({"receipt.os": "Win11"}, "receipt.os-fine", True),
        ({"receipt.os": None}, "receipt.os-open", True),
        ({"receipt.admin_rights": False}, "receipt.admin", True),
        ({"receipt.admin_rights": None}, "receipt.admin-open", True),
        ({"receipt.work_by": "vendor"}, "receipt.by-others", True),
        ({"receipt.work_by": "customer"}, "receipt.by-others", True),
        ({"receipt.work_by": None}, "receipt.by-open", True),
    ],
)
def test_what_is_said_of_the_work(case, answers, rule, eligible):
    answer = assess(case(answers), on=ON)
    assert rule in rules_of(answer)
    assert answer.eligible is eligible


def test_twenty_metres_of_work_are_within_the_conditions(case):
    assert not [
        rule for rule in rules_of(assess(case({"wiring.work_m": 20}), on=ON)) if "work-" in rule
    ]


def test_without_receipt_pcs_nothing_is_asked_of_them(case):
    answer = assess(case({"receipt": {"count": 0}}), on=ON)
    assert not [rule for rule in rules_of(answer) if rule.startswith("receipt")]


def test_receipt_work_costs_per_pc_only_where_ntt_does_it(case):
    by_ntt = assess(case({"receipt.count": 2}), on=ON)
    assert [(o.item, o.yen) for o in by_ntt.orders] == [("receipt-work", 9_680)]
    by_vendor = assess(case({"receipt.count": 2, "receipt.work_by": "vendor"}), on=ON)
    assert by_vendor.orders == ()


NURSING = {"wanted": True, "cable_m": 50, "same_building": True, "receipt_link": False}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "nursing.fine"),
        ({"receipt_link": True, "same_network": True}, "nursing.fine"),
        ({"receipt_link": True, "same_network": False}, "nursing.network"),
        ({"cable_m": 101}, "nursing.far"),
        ({"same_building": False}, "nursing.far"),
        ({"receipt_link": True}, "nursing.open"),
        ({"cable_m": None}, "nursing.open"),
    ],
)
def test_a_visiting_nursing_terminal_has_two_conditions(case, changes, rule):
    answer = assess(case({"visiting_nursing": {**NURSING, **changes}}), on=ON)
    assert rule in rules_of(answer)
    second = [order.item for order in answer.orders if order.item in ("set", "line-work")]
    refused = rule in ("nursing.far", "nursing.network")
    assert second == (["line-work", "set"] if refused else [])
    assert answer.eligible, "the institution's own site can be built all the same"


def test_a_site_without_any_answer_is_all_open():
    answer = assess(Case("empty"), on=ON)
    assert not answer.eligible
    assert {"pattern.open", "line.open", "terminals.open", "wiring.open"} <= set(rules_of(answer))
    assert answer.to_json()["sign"] == "?"


def test_survey_and_site_that_differ_are_named(case):
    from onshi_net.model.site import Line

    line = Line(product="フレッツ光クロス ファミリータイプ", v6_option=True)
    answer = assess(case(line=line), on=ON)
    assert [
        dict(one.values)["fact"] for one in answer.findings if one.rule == "pattern.disagree"
    ] == ["product"]


@pytest.mark.parametrize(
    ("field", "value", "lays"),
    [
        ("work_m", 20, False), ("work_m", 20.5, True), ("above_2m", True, True),
        ("exposed", False, True), ("wall_piercing", True, True), ("conduit", True, True),
        ("exposed", None, False), ("work_m", None, False),
    ],
)  # fmt: skip
def test_who_lays_the_cables(case, field, value, lays):
    assert customer_lays(case({f"wiring.{field}": value})) is lays
