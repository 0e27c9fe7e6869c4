"""What to prepare: each of 1 to 6 with place, cost, deadline and what is known of it."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from onshi_net.model.site import Line
from onshi_net.model.survey import Prerequisites, Survey
from onshi_net.papers import Dossier, Issue
from onshi_net.papers.prepare import prepare_paper
from tests.pages import Page
from tests.papers.reading import ISSUE, ON, dossier, page, text_of


def with_line(of: Dossier, survey: dict, **line: object) -> Dossier:
    product = "フレッツ光ネクスト ファミリータイプ"
    facts = Line.model_validate({"product": product, **line}) if line else None
    return replace(of, case=replace(of.case, line=facts, survey=Survey.model_validate(survey)))


NTT, CARRIER = "NTT西日本(116・営業)", {"line": {"carrier": "A光"}}
NEWER = datetime.date(2024, 1, 1)
"""A day of order from which on the line comes with the v6 option."""


def test_a_prepared_site_has_its_days_printed_and_ticked() -> None:
    rows = prepare_paper(dossier("demo-dental"), ISSUE).rows
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.is_done for row in rows] == [True, False, True, True, True, False]
    assert rows[0].state == "2026/10/20"
    assert [rows[1].state, rows[5].state] == ["不要", "不要"]


@pytest.mark.parametrize(
    ("survey", "line", "where", "price", "words"),
    [
        ({"line": {"use": "new"}}, {}, NTT, "22,880円", "新設する回線"),
        ({}, {"v6_option": False}, NTT, "3,300円", "フレッツ・v6オプション"),
        (CARRIER, {"v6_option": False}, "光コラボレーション事業者", "事業者へ確認", "事業者へ"),
        ({}, {"v6_option": True}, NTT, "不要", "ご契約済み"),
        ({}, {"v6_option": False, "ordered_on": NEWER}, NTT, "不要", "回線に含まれている"),
    ],
)
def test_number_2_is_one_of_its_variants(
    survey: dict, line: dict, where: str, price: str, words: str
) -> None:
    paper = prepare_paper(with_line(dossier("demo-dental"), survey, **line), ISSUE)
    (row,) = (row for row in paper.rows if row.number == 2)
    assert (row.where, row.price) == (where, price)
    assert any(words in one for one in row.what)


def test_what_is_not_done_has_room_for_its_day_and_what_nobody_knows_says_so() -> None:
    of = dossier("demo-dental")
    of = replace(of, case=replace(of.case, prerequisites=Prerequisites(), survey=Survey()))
    rows = {row.number: row for row in prepare_paper(of, ISSUE).rows}
    assert not any(row.is_done for row in rows.values())
    assert rows[1].state == ""
    assert rows[6].state == "未確認"
    assert any("未確認" in one for one in rows[4].what)
    assert "✓" not in page("prepare", of)
    assert page("prepare", dossier("demo-dental")).count("✓") == 4


def test_the_day_of_the_work_is_the_deadline() -> None:
    words = text_of("prepare", dossier("demo-dental"))
    assert "未定(決まり次第ご案内します)" in words
    assert "工事当日まで" in words
    visit = Issue(ON, visit_on=datetime.date(2026, 12, 8), visit_at=datetime.time(10, 0))
    paper = prepare_paper(dossier("demo-dental"), visit)
    assert paper.visit == "2026年12月8日(火) 10:00"
    assert paper.rows[0].until == "2026年12月8日(火)まで"


def test_the_addresses_are_links_text_and_pictures() -> None:
    made = page("prepare", dossier("demo-dental"))
    links = [one for one in Page(made).links if one.startswith("https:")]
    assert len(links) == 2
    assert made.count('class="qr-code"') == 2
    assert made.count("<title>総合ポータルサイト</title>") == 1
    assert all(one.replace("&", "&amp;") in made for one in links)


@pytest.mark.parametrize(
    ("receipt", "words"),
    [
        ({"work_by": "ntt", "admin_rights": False}, "ログインできる方がいません"),
        ({"work_by": "ntt"}, "(未確認)"),
        ({"work_by": "vendor"}, "設定はベンダー様が行います"),
        ({"work_by": "customer"}, "設定はお客さまが行います"),
        ({}, "行う方(弊社、ベンダー様、お客さま)を決めて"),
    ],
)
def test_the_receipt_side_is_asked_for_as_it_will_be_done(receipt: dict, words: str) -> None:
    of = dossier("demo-dental")
    survey = Survey.model_validate({"receipt": {"count": 1, **receipt}})
    assert words in text_of("prepare", replace(of, case=replace(of.case, survey=survey)))


def test_ours_is_not_in_it() -> None:
    words = text_of("prepare", dossier("demo-pharmacy"))
    assert "0120-087-033" in words
    assert "パスワード" not in words
    assert "再工事(有償)" in words
