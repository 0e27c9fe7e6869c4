"""The estimate: sums to the yen, once and monthly apart, and all that the total leaves out."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net import brochure
from onshi_net.brochure.data import prices
from onshi_net.brochure.estimate import Line
from onshi_net.model.survey import Contract, Survey
from onshi_net.papers import Dossier
from onshi_net.papers.estimate import (
    ONCE,
    TABLE,
    UNITS,
    EstimatePaper,
    estimate_paper,
    quoted,
    tax_in,
)  # fmt: skip
from onshi_net.papers.layout import Table
from tests.papers.reading import ISSUE, ON, dossier, text_of


def amounts(table: Table, kind: str) -> list[int]:
    cells = [row.cells[5] for row in table.rows if row.kind == kind and row.cells[5]]
    return [int(one.replace("¥", "").replace(",", "").replace("▲", "-")) for one in cells]


def changed(of: Dossier, **facts: object) -> Dossier:
    return replace(of, case=replace(of.case, **facts))


def test_the_brochures_site_gives_the_brochures_sums() -> None:
    paper = estimate_paper(dossier("demo-dental"), ISSUE)
    assert amounts(paper.table, "sum") == [265_815, 101_860, 59_400, 38_825]
    assert (paper.total, paper.tax, paper.is_partial) == (427_075, 38_825, False)
    assert paper.payments[0].value == "493,075円(うち消費税44,825円)"
    assert paper.payments[1].value == "2,750円(うち消費税250円)"
    words = text_of("estimate", dossier("demo-dental"))
    for one in ("427,075円", "¥265,815", "¥101,860", "¥59,400", "¥38,825", "¥66,000", "550円"):
        assert one in words


def test_the_lines_of_a_block_make_its_subtotal() -> None:
    for site in ("demo-dental", "demo-clinic", "demo-pharmacy"):
        table, lines, sums = estimate_paper(dossier(site), ISSUE).table, 0, []
        for row in table.rows:
            if row.kind == "plain" and row.cells[5].startswith("¥"):
                lines += int(row.cells[5][1:].replace(",", ""))
            elif row.kind == "sum" and len(sums) < 3:
                sums.append((lines, int(row.cells[5][1:].replace(",", ""))))
                lines = 0
        assert all(one == other for one, other in sums)
        assert amounts(table, "total") == [sum(one for one, _ in sums)]


def test_it_is_rough_and_says_which_prices_are_the_brochures() -> None:
    paper = estimate_paper(dossier("demo-dental"), ISSUE)
    assert paper.head.title == "概算御見積書"
    noted = [row.cells[1] for row in paper.table.rows if row.cells[-1:] == ("参考価格",)]
    assert len(noted) == 6
    assert [one.value for one in paper.terms if one.name == "有効期限"] == ["別途ご案内"]


def test_selling_prices_make_it_formal_and_only_all_of_them() -> None:
    of = dossier("demo-dental")
    ids = ("set", "display", "switch", "cable-1m", "cable-3m", "cable-5m")
    offered = dict(zip(ids, (209_000, 22_000, 4_400, 440, 660, 990), strict=True))
    terms = {"valid_until": datetime.date(2027, 1, 31), "payment": "翌月末払い", "delivery": "12月"}

    def paper(prices: dict[str, int]) -> EstimatePaper:
        contract = of.case.contract.model_dump()
        offer = {"prices": prices, **terms}
        return estimate_paper(
            changed(of, contract=Contract.model_validate({**contract, "offer": offer})), ISSUE
        )

    formal = paper(offered)
    assert formal.head.title == "御見積書"
    assert amounts(formal.table, "sum")[0] == sum(offered.values())
    assert formal.total == sum(offered.values()) + 101_860 + 59_400
    assert formal.tax == formal.total * 10 // 110
    assert [one.value for one in formal.terms][2:] == ["翌月末払い", "2027年1月31日(日)"]
    assert not any("参考価格" in row.cells for row in formal.table.rows)
    del offered["switch"]
    assert paper(offered).head.title == "概算御見積書"


def test_the_sums_are_those_of_the_brochures_rules() -> None:
    for site in ("demo-dental", "demo-clinic", "demo-pharmacy"):
        found = brochure.estimate(dossier(site).case, on=ON)
        sums = quoted(dossier(site), ISSUE)
        assert sums.sum(*TABLE) == found.total
        assert sums.sum(*TABLE, *ONCE) == found.totals.once
        assert sums.sum("monthly") == found.totals.monthly


def test_a_price_that_the_brochure_does_not_name_is_quoted_apart_and_said_so() -> None:
    paper = estimate_paper(dossier("demo-pharmacy"), ISSUE)
    assert paper.is_partial
    assert any("追加のオン資端末" in one for one in paper.left_out)
    assert "別途見積りの項目" in text_of("estimate", dossier("demo-pharmacy"))
    (row,) = (row for row in paper.table.rows if row.cells[0] == "2")
    assert row.cells[4:6] == ("別途見積", "別途見積")


def test_what_nobody_has_asked_is_listed_and_never_counted_silently() -> None:
    points = estimate_paper(dossier("demo-pharmacy"), ISSUE).open_points
    for one in ("LANケーブル1mの本数", "再設定オプション", "オフィスネットおまかせ", "空きLAN端子"):
        assert any(one in point for point in points)


def test_plan_b_and_the_basic_menu_are_told_as_they_are() -> None:
    of = dossier("demo-dental")
    support = {"plan": "B", "omakase": True}
    contract = Contract.model_validate({"support": support, "resetting": {"terminals": 0}})
    paper = estimate_paper(changed(of, contract=contract), ISSUE)
    assert paper.monthly is not None
    assert amounts(paper.monthly, "plain") == [3_850, -550]
    assert any("2年契約" in one for one in paper.remarks)
    assert not any(one.name == "初月のプラン料金" for one in paper.payments)


def test_who_lays_the_cables_and_who_sets_up_the_receipt_pc_changes_the_remarks() -> None:
    of = dossier("demo-dental")
    survey = Survey.model_validate(
        {"wiring": {"wall_piercing": True}, "receipt": {"count": 1, "work_by": "vendor"}}
    )
    paper = estimate_paper(changed(of, survey=survey), ISSUE)
    assert any("お客さまで事前にご準備" in one for one in paper.left_out)
    assert any("含めていません" in one for one in paper.remarks)


@given(st.integers(0, 10**9))
def test_the_tax_is_in_the_sum_and_rounded_once(net: int) -> None:
    gross = net * 11
    assert tax_in(gross) == net
    assert 0 <= gross + 5 - tax_in(gross + 5) * 11 < 11


def test_every_item_has_a_unit_that_there_is() -> None:
    assert set(UNITS) <= {one.id for one in prices().items}
    assert Line(prices().item("omakase"), 1).yen == -550


@pytest.mark.parametrize("site", ["demo-dental", "demo-clinic", "demo-pharmacy"])
def test_once_and_monthly_are_never_added(site: str) -> None:
    paper = estimate_paper(dossier(site), ISSUE)
    assert "合算していません" in text_of("estimate", dossier(site))
    assert paper.monthly is not None
    assert paper.beside is not None
    total = paper.total + sum(amounts(paper.beside, "sum"))
    assert paper.payments[0].value.startswith(f"{total:,}円")
