"""A line that can't be used is replaced: what is asked, ordered and charged is the new one's."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import assess, estimate, ready

ON = datetime.date(2026, 11, 25)
SATURDAY = datetime.date(2026, 11, 28)
NAMES = ["フレッツ光ネクスト ファミリータイプ", "フレッツ光ライト", "Bフレッツ", "ドコモ光", "光"]
PATHS = [
    {"access.branch": "none"},
    {"access.branch": "hub", "access.free_port": False},
    {"access.branch": "ogw", "access.branch_model": "OG400Xa", "access.branch_owner": "rental"},
    {"access.branch": "utm"},
    {"access.branch": "hub", "access.business_phone": True, "access.free_port": False},
]
FOR_THE_OLD = {"v6-option", "switch", "switch-work", "ogw-exchange-rental"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("v6", [None, False])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_bought_for_a_line_that_is_replaced(case, name, v6, path):
    line = {"use": "existing", "product": name, "v6_option": v6}
    one = case({"line": line, **path})
    rules = {found.rule for found in assess(one, on=ON).findings}
    items = {order.item for order in assess(one, on=ON).orders}
    charged = {found.price.id for found in estimate(one, on=ON).lines}
    if "line.new-instead" in rules:
        assert not FOR_THE_OLD & (items | charged)
        assert not {"line.v6-open", "line.v6-ask-carrier", "port.open", "port.hub"} & rules
        assert {"line-work", "line-monthly"} <= items & charged
    else:
        assert "line-work" not in items | charged


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", PATHS)
def test_preparation_2_is_the_line_that_is_ordered(case, name, path):
    one = case({"line": {"use": "existing", "product": name}, **path})
    rules = {found.rule for found in assess(one, on=ON).findings}
    (second,) = [item for item in ready(one, on=ON).items if item.row.number == 2]
    if "line.new-instead" in rules:
        assert (second.row.id, second.at) == ("line-order", "ntt-west")
    else:
        assert (second.row.id, second.at) == (
            "v6-order",
            "carrier" if name == "ドコモ光" else "ntt-west",
        )


def test_the_work_of_the_line_that_replaces_costs_extra_by_its_own_day(case):
    one = case({"access.branch": "utm", "line.work_on": SATURDAY, "line.work_at": "16:30"})
    found = estimate(one, on=ON)
    assert "line-holiday" in {line.price.id for line in found.lines}
    assert "surcharge.line-no-hour" in {one.rule for one in found.findings}
    assert "surcharge.line-holiday" in {one.rule for one in ready(one, on=ON).surcharges}
