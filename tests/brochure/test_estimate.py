"""Every price that the brochure names, its sums, and the example configuration."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.brochure import cancellation_fee, estimate
from onshi_net.brochure.data import prices
from onshi_net.brochure.estimate import PRICE_OPEN, included_updates, research_blocks, totals
from onshi_net.model.survey import Support

ON = datetime.date(2026, 11, 25)

# Brochure lines 67 to 88, 176 to 186, 257 to 267, 345, 346, 405.
PRICES = {
    "set": 231_385,
    "display": 26_070,
    "switch": 5_940,
    "cable-1m": 550,
    "cable-3m": 770,
    "cable-5m": 1_100,
    "base-work": 8_250,
    "base-diagnosis": 1_650,
    "terminal-work": 24_090,
    "router-work": 25_850,
    "switch-work": 7_150,
    "wiring-base": 8_250,
    "wiring-crossing": 14_520,
    "connect-1m": 1_760,
    "connect-3m": 2_200,
    "connect-5m": 3_300,
    "receipt-work": 4_840,
    "survey": 59_400,
    "line-work": 22_880,
    "line-monthly": 6_820,
    "v6-option": 3_300,
    "plan-a-initial": 66_000,
    "plan-a": 1_100,
    "plan-b-initial": 0,
    "plan-b": 3_850,
    "first-month": 550,
    "omakase": -550,
    "research-devices": 7_700,
    "manual-update": 33_000,
    "resetting": 1_650,
}
SUMS = {
    "total": [
        "set", "display", "switch", "cable-1m", "cable-3m", "cable-5m", "base-work",
        "base-diagnosis", "terminal-work", "router-work", "switch-work", "wiring-base",
        "wiring-crossing", "connect-1m", "connect-3m", "connect-5m", "receipt-work", "survey",
    ],
    "cables": ["cable-1m", "cable-3m", "cable-5m"],
    "base": ["base-work", "base-diagnosis"],
    "wiring": ["wiring-base", "wiring-crossing", "connect-1m", "connect-3m", "connect-5m"],
    "survey": ["survey"],
    "receipt": ["receipt-work"],
    "plan-a-monthly": ["plan-a", "resetting"],
    "plan-b-monthly": ["plan-b"],
}  # fmt: skip
EXAMPLE = {"access.branch": "hgw", "access.branch_model": "RX-600MI", "access.free_port": False}
"""A hub is part of the example; this site needs one because its gateway is full."""


def test_every_price_is_the_brochures():
    assert {item.id: item.yen for item in prices().items if not item.unpriced} == PRICES


def test_every_sum_that_the_brochure_prints_is_the_sum_of_its_parts():
    assert {one.id: one.yen for one in prices().sums} == {
        name: sum(PRICES[part] for part in parts) for name, parts in SUMS.items()
    }


def test_the_example_configuration(case):
    found = estimate(case(EXAMPLE), on=ON)
    assert found.total == 427_075
    assert sorted(
        line.price.id for line in found.lines if line.price.group in ("device", "work", "design")
    ) == sorted(SUMS["total"])
    assert all(line.quantity == 1 for line in found.lines)
    assert found.totals.support_once == 66_000
    assert found.totals.support_monthly == 2_750
    assert found.totals.first_month == 550


def test_where_others_set_up_the_receipt_pcs_the_price_falls(case):
    assert estimate(case({**EXAMPLE, "receipt.work_by": "vendor"}), on=ON).total == 427_075 - 4_840


def test_three_terminals(case):
    found = estimate(case({"terminals": 3}), on=ON)
    counts = {line.price.id: line.quantity for line in found.lines}
    assert (
        counts["terminal-work"],
        counts["display"],
        counts["extra-terminal"],
        counts["switch"],
    ) == (3, 3, 2, 1)
    assert counts["resetting"] == 3
    assert any(one.rule == "estimate.unpriced" for one in found.findings)


def test_a_new_line_stands_beside_the_table(case):
    found = estimate(case({"line.use": "new"}), on=ON)
    assert found.totals.line_once == 22_880
    assert found.totals.line_monthly == 6_820
    assert found.total == 427_075 - 5_940 - 7_150


def test_what_nobody_knows_is_named_not_counted(case):
    found = estimate(case({"wiring": {"cable_m": 5, "same_building": True}}), on=ON)
    open_ones = {
        dict(one.values)["what"] for one in found.findings if one.rule == "estimate.quantity-open"
    }
    assert open_ones == {
        "wiring.crossings",
        "wiring.cables_1m",
        "wiring.cables_3m",
        "wiring.cables_5m",
    }
    assert not [
        line for line in found.lines if line.price.id.startswith(("cable", "connect", "wiring"))
    ]


def test_plan_b_has_no_initial_fee_and_its_own_month(case):
    contract = {"support": {"plan": "B"}, "resetting": {"terminals": 1}}
    found = estimate(case(contract=contract), on=ON)
    assert (found.totals.support_once, found.totals.support_monthly) == (0, 3_850 + 1_650)
    assert "estimate.plan-b" in [one.rule for one in found.findings]


def test_the_basic_menu_is_not_paid_twice(case):
    contract = {"support": {"plan": "A", "omakase": True}}
    found = estimate(case(contract=contract), on=ON)
    assert (found.totals.support_monthly, found.totals.first_month) == (550, 0)


@pytest.mark.parametrize(("devices", "blocks"), [(0, 0), (20, 0), (21, 1), (30, 1), (31, 2)])
def test_it_research_beyond_twenty_devices(case, devices, blocks):
    assert research_blocks(devices) == blocks
    found = estimate(case(contract={"support": {"plan": "A", "devices": devices}}), on=ON)
    assert found.totals.support_once == 66_000 + 7_700 * blocks


@pytest.mark.parametrize(
    ("plan", "on", "count"),
    [
        ("A", (2030, 1, 1), 0),
        ("B", (2025, 3, 31), 0),
        ("B", (2025, 4, 1), 1),
        ("B", (2029, 4, 1), 1),
    ],
)
def test_manual_updates_that_are_included(plan, on, count):
    support = Support(plan=plan, started_on=datetime.date(2024, 4, 1))
    assert included_updates(support, datetime.date(*on)) == count


def test_manual_updates_are_paid_beyond_the_included_one(case):
    support = {"plan": "B", "started_on": datetime.date(2024, 4, 1), "manual_updates": 2}
    assert estimate(case(contract={"support": support}), on=ON).totals.support_once == 33_000


@pytest.mark.parametrize(
    ("plan", "on", "fee"),
    [
        ("A", (2024, 6, 1), 0),
        ("B", (2024, 4, 1), 23 * 3_850),
        ("B", (2024, 5, 1), 22 * 3_850),
        ("B", (2026, 3, 31), 0),
        ("B", (2026, 4, 1), 11 * 3_850),  # the first renewal of a year
        ("B", (2027, 3, 1), 0),
    ],
)
def test_ending_plan_b_early_costs_the_remaining_months(plan, on, fee):
    support = Support(plan=plan, started_on=datetime.date(2024, 4, 1))
    assert cancellation_fee(support, datetime.date(*on)) == fee


def test_a_running_plan_b_names_its_end_and_fee(case):
    support = {"plan": "B", "started_on": datetime.date(2026, 10, 1)}
    found = estimate(case(contract={"support": support}), on=ON)
    (term,) = [one for one in found.findings if one.rule == "estimate.plan-b-term"]
    assert dict(term.values) == {"day": "2028-09-30", "fee": "84,700"}


def counts_of(found):
    return {line.price.id: line.quantity for line in found.lines}


def laid(crossings, *cables):
    return {
        f"wiring.{name}": count
        for name, count in zip(
            ("crossings", "cables_1m", "cables_3m", "cables_5m"), (crossings, *cables), strict=True
        )
    }


@pytest.mark.parametrize("crossings", [0, 1, 3])
@pytest.mark.parametrize("cables", [(0, 0, 0), (1, 0, 0), (0, 2, 0), (0, 0, 3), (1, 1, 1)])
def test_basic_work_of_laying_is_charged_where_cables_are_laid(case, crossings, cables):
    counts = counts_of(estimate(case(laid(crossings, *cables)), on=ON))
    assert counts.get("wiring-base", 0) == int(crossings > 0)
    assert counts.get("wiring-crossing", 0) == crossings
    for length, count in zip(("1m", "3m", "5m"), cables, strict=True):
        assert counts.get(f"cable-{length}", 0) == counts.get(f"connect-{length}", 0) == count


UNKEPT = [
    {"wiring.work_m": 20.5},
    {"wiring.above_2m": True},
    {"wiring.exposed": False},
    {"wiring.wall_piercing": True},
    {"wiring.conduit": True},
]


@pytest.mark.parametrize("answers", UNKEPT)
def test_wiring_that_the_customer_has_laid_is_not_charged(case, answers):
    found = estimate(case({**laid(2, 1, 1, 1), **answers}), on=ON)
    counts = counts_of(found)
    assert not {"wiring-base", "wiring-crossing"} & {*counts}
    assert counts["connect-1m"] == 1
    assert "estimate.own-wiring" in [one.rule for one in found.findings]


NURSING = {"wanted": True, "cable_m": 50, "same_building": True, "receipt_link": False}
SETS = ["set", "extra-terminal", "display", "terminal-work", "router-work", "line-work"]


@pytest.mark.parametrize("own", [1, 2])
@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"wanted": False}, (0, 0, 0, 0, 0, 0)),
        ({}, (0, 1, 1, 1, 0, 0)),
        ({"receipt_link": True, "same_network": True}, (0, 1, 1, 1, 0, 0)),
        ({"cable_m": 101}, (1, 0, 1, 1, 1, 1)),
        ({"same_building": False}, (1, 0, 1, 1, 1, 1)),
        ({"receipt_link": True, "same_network": False}, (1, 0, 1, 1, 1, 1)),
        ({"cable_m": None}, (0, 0, 0, 0, 0, 0)),
    ],
)
def test_a_nursing_station_costs_its_terminal_or_a_second_set(case, own, changes, more):
    found = estimate(case({"terminals": own, "visiting_nursing": {**NURSING, **changes}}), on=ON)
    counts = counts_of(found)
    base = (1, own - 1, own, own, 1, 0)
    assert tuple(counts.get(name, 0) for name in SETS) == tuple(
        one + other for one, other in zip(base, more, strict=True)
    )
    assert counts["resetting"] == own + more[3]


@pytest.mark.parametrize("pcs", [1, 2, 4])
@pytest.mark.parametrize("bought", [None, 0, 1, 2, 9])
def test_the_resetting_option_is_one_a_pc_at_most(case, pcs, bought):
    contract = {"support": {"plan": "A"}, "resetting": {"terminals": bought}}
    found = estimate(case({"terminals": pcs}, contract=contract), on=ON)
    assert counts_of(found).get("resetting", 0) == min(bought or 0, pcs)
    rules = [one.rule for one in found.findings]
    assert ("estimate.resetting-open" in rules) is (bought is None)
    assert ("estimate.resetting-more" in rules) is ((bought or 0) > pcs)


@pytest.mark.parametrize(("omakase", "said"), [(None, True), (True, False), (False, False)])
def test_a_basic_menu_that_nobody_asked_for_is_said(case, omakase, said):
    found = estimate(case(contract={"support": {"plan": "A", "omakase": omakase}}), on=ON)
    assert ("estimate.omakase-open" in [one.rule for one in found.findings]) is said


CASES = [
    EXAMPLE,
    {"line.use": "new"},
    {"line.use": "new", "line.product": "フレッツ光クロス ファミリータイプ", "terminals": 7},
    {"access.branch": "utm", "visiting_nursing": {**NURSING, "cable_m": 500}},
    {
        "line.product": "フレッツ光ネクスト ファミリータイプ",
        "line.ordered_on": None,
        "line.v6_option": False,
    },
]


@pytest.mark.parametrize("answers", CASES)
@pytest.mark.parametrize(
    "support", [{}, {"plan": "A", "omakase": True}, {"plan": "B", "devices": 41}]
)
def test_subtotals_are_the_sums_of_what_stands_above_them(case, answers, support):
    found = estimate(case(answers, contract={"support": support}), on=ON)
    listed = [line for _, lines in found.blocks for line in lines]
    assert sorted(line.price.id for line in listed) == sorted(line.price.id for line in found.lines)
    for block, lines in found.blocks:
        assert found.totals.of(block) == sum(line.yen for line in lines), block
    once = [
        line for line in listed if line.block in ("device", "work", "design", "support", "line")
    ]
    assert found.totals.once == sum(line.yen for line in once)
    assert found.total == sum(line.yen for line in once if line.block not in ("support", "line"))
    assert found.left_out == tuple(line for line in found.lines if line.price.unpriced)
    assert set(found.to_json()["left_out"]) == {line.name for line in found.left_out}


def test_the_fee_of_the_support_and_the_lines_work_have_subtotals(case):
    totals = estimate(case({**EXAMPLE, "line.use": "new"}), on=ON).totals
    assert (totals.of("support"), totals.of("line")) == (66_000, 22_880)


def test_cross_has_no_price_and_that_is_said(case):
    found = estimate(case({"line.use": "new", "line.product": "フレッツ光クロス"}), on=ON)
    assert found.totals.line_monthly == 0
    assert [line.price.id for line in found.left_out] == ["line-monthly-open"]
    assert "estimate.unpriced" in [one.rule for one in found.findings]


def test_the_basic_menu_counts_in_the_fee_of_ending_plan_b():
    support = Support(plan="B", omakase=True, started_on=datetime.date(2024, 4, 1))
    assert cancellation_fee(support, datetime.date(2024, 4, 1)) == 23 * (3_850 - 550)


OPEN = [
    ({"access": {}}, "pattern.open"),
    ({"access.business_phone": None}, "pattern.phone-open"),
    ({"access.branch": "hub"}, "port.open"),
    ({"access.branch": "ogw", "access.branch_model": "OG400Xa"}, "ogw.owner-open"),
    ({"access.branch": "ogw"}, "device.model-missing"),
    ({"access.branch": "ogw", "done_on": None}, "device.model-open"),
    ({"line": {"use": "existing"}}, "line.open"),
    ({"line.product": "フレッツ光"}, "line.product-open"),
    ({"line": {"use": "new"}}, "line.new-open"),
    (
        {"line.product": "フレッツ光ネクスト", "line.ordered_on": None, "line.v6_option": None},
        "line.v6-open",
    ),
    ({"line.product": "ドコモ光", "line.v6_option": None}, "line.v6-ask-carrier"),
    ({"wiring.conduit": None}, "wiring.work-open"),
    ({"visiting_nursing": None}, "nursing.wish-open"),
    ({"visiting_nursing": {"wanted": True}}, "nursing.open"),
    ({"receipt.count": None}, "receipt.count-open"),
    ({"receipt.work_by": None}, "receipt.by-open"),
    ({"receipt.os": None}, "receipt.os-open"),
]


def test_every_question_on_which_the_price_turns_is_tried():
    assert {rule for _, rule in OPEN} == PRICE_OPEN


@pytest.mark.parametrize(("answers", "rule"), OPEN)
def test_what_is_open_is_open_in_the_price(case, answers, rule):
    assert rule in [one.rule for one in estimate(case(answers), on=ON).findings]
    assert rule not in [one.rule for one in estimate(case(), on=ON).findings]


QUANTITIES = st.dictionaries(
    st.sampled_from([item.id for item in prices().items]), st.integers(0, 50)
)


@given(QUANTITIES, QUANTITIES)
def test_totals_are_additive_over_items(one, other):
    both = {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
    assert totals(both) == totals(one) + totals(other)


def test_as_json_each_sum_is_told_with_what_it_leaves_out(case):
    found = estimate(case({"line": {"use": "new", "product": "フレッツ光クロス"}}), on=ON).to_json()
    assert found["subtotals_yen"] == {
        "device": 259_875, "work": 94_710, "design": 59_400, "support": 66_000, "line": 22_880,
        "monthly": 2_750, "first-month": 550,
    }  # fmt: skip
    assert len(found["left_out"]) == 1
    assert found["total_yen"] == found["totals_yen"]["table"] == 413_985
    assert {"site", "lines", "findings"} <= set(found)
