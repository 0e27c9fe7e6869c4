"""Every product of 提供条件② and the words that people write for it."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import assess
from onshi_net.brochure.data import products
from onshi_net.brochure.line import match_product

ON = datetime.date(2026, 11, 25)

# Brochure lines 241 to 246, as printed.
PRINTED = [
    ("フレッツ光ネクスト ファミリータイプ", "next-family"),
    ("フレッツ光ネクスト ファミリー・ハイスピードタイプ", "next-family-highspeed"),
    ("フレッツ光ネクスト ファミリー・スーパーハイスピードタイプ準", "next-family-hayabusa"),
    ("フレッツ光ネクスト マンションタイプ", "next-mansion"),
    ("フレッツ光ネクスト マンション・ハイスピードタイプ", "next-mansion-highspeed"),
    ("フレッツ光ネクスト マンション・スーパーハイスピードタイプ準", "next-mansion-hayabusa"),
    ("フレッツ光ネクスト ビジネスタイプ", "next-business"),
    ("フレッツ光クロス ファミリータイプ", "cross-family"),
    ("フレッツ光クロス マンションタイプ", "cross-mansion"),
    ("フレッツ光ライト", "light"),
]
SPELLINGS = [
    ("フレッツ 光ネクスト ファミリー・スーパーハイスピードタイプ 隼", "next-family-hayabusa"),
    ("ﾌﾚｯﾂ光ﾈｸｽﾄ ﾌｧﾐﾘｰ･ｽｰﾊﾟｰﾊｲｽﾋﾟｰﾄﾞﾀｲﾌﾟ隼", "next-family-hayabusa"),
    ("フレッツ光ネクスト スーパーハイスピードタイプ はやぶさ ファミリー", "next-family-hayabusa"),
    ("フレッツ光ネクスト ファミリー・スーパーハイスピード", "next-family-hayabusa"),
    ("光ネクスト マンション・ハイスピードタイプ", "next-mansion-highspeed"),
    ("フレッツ光ネクスト オフィスタイプ ファミリー", "next-family"),
    ("フレッツ光クロス オフィスタイプ ファミリー", "cross-family"),
    ("フレッツ 光クロス", "cross"),
]


@pytest.mark.parametrize(("name", "product"), PRINTED + SPELLINGS)
def test_names_mean_their_product(name, product):
    match = match_product(name)
    assert match.product is not None
    assert match.product.id == product
    assert match.exact


def test_every_product_of_the_table_is_found_by_its_own_name():
    for product in products().products:
        assert match_product(product.name).product == product


@pytest.mark.parametrize(("name", "product"), [row for row in PRINTED if row[1] != "light"])
def test_listed_products_can_be_used(case, name, product):
    found = assess(case({"line.product": name}), on=ON)
    usable = next(one for one in found.findings if one.rule == "line.usable")
    row = next(one for one in products().products if one.id == product)
    assert usable.clauses == (row.clause,)
    assert found.eligible


@pytest.mark.parametrize(
    "name", ["Bフレッツ ファミリー", "フレッツ・ADSL モア", "eo光ネット", "ISDN"]
)
def test_other_products_cannot_be_used_and_a_new_line_is_ordered(case, name):
    found = assess(case({"line.product": name}), on=ON)
    assert not found.eligible
    assert "line.not-listed" in [one.rule for one in found.findings]
    assert [(one.item, one.yen) for one in found.orders][:2] == [
        ("line-work", 22_880),
        ("line-monthly", 6_820),
    ]


@pytest.mark.parametrize(
    ("on", "rule", "eligible"),
    [
        (datetime.date(2025, 3, 31), "line.light-ends", True),
        (datetime.date(2025, 4, 1), "line.light-ended", False),
    ],
)
def test_light_ends_on_its_day(case, on, rule, eligible):
    found = assess(case({"line.product": "フレッツ光ライト"}), on=on)
    assert rule in [one.rule for one in found.findings]
    assert found.eligible is eligible


@pytest.mark.parametrize(
    "name", ["ドコモ光 10ギガ", "光コラボ(So-net光)", "ソフトバンク光 ファミリー"]
)
def test_a_collaboration_line_is_asked_of_its_carrier(case, name):
    found = assess(case({"line.product": name, "line.v6_option": None}), on=ON)
    rules = [one.rule for one in found.findings]
    assert "line.collaboration" in rules
    assert "line.v6-ask-carrier" in rules
    assert "line.not-listed" not in rules
    assert "support.needs-line" in rules


def test_an_unclear_type_is_asked(case):
    found = assess(
        case({"line.product": "フレッツ光ネクスト ギガファミリー・スマートタイプ"}), on=ON
    )
    assert "line.type-open" in [one.rule for one in found.findings]


BEFORE, FROM = datetime.date(2021, 5, 16), datetime.date(2021, 5, 17)


@pytest.mark.parametrize(
    ("product", "ordered_on", "contracted", "rule"),
    [
        ("フレッツ光ネクスト ファミリータイプ", BEFORE, False, "line.v6-order"),
        ("フレッツ光ネクスト ファミリータイプ", None, False, "line.v6-order"),
        ("フレッツ光ネクスト ファミリータイプ", BEFORE, None, "line.v6-open"),
        ("フレッツ光ネクスト ファミリータイプ", BEFORE, True, "line.v6-contracted"),
        ("フレッツ光ネクスト ファミリータイプ", FROM, False, "line.v6-included"),
        ("フレッツ光ネクスト ファミリータイプ", FROM, None, "line.v6-included"),
        (
            "フレッツ光ネクスト マンション・スーパーハイスピードタイプ準",
            BEFORE,
            False,
            "line.v6-included",
        ),
        ("フレッツ光クロス マンションタイプ", None, None, "line.v6-included"),
    ],
)
def test_when_the_v6_option_must_be_ordered(case, product, ordered_on, contracted, rule):
    answers = {
        "line.product": product,
        "line.ordered_on": ordered_on,
        "line.v6_option": contracted,
    }
    found = assess(case(answers), on=ON)
    assert [one.rule for one in found.findings if one.rule.startswith("line.v6")] == [rule]
    ordered = [order for order in found.orders if order.item == "v6-option"]
    assert [order.yen for order in ordered] == ([3_300] if rule == "line.v6-order" else [])


def test_a_new_line_is_ordered_with_its_prices(case):
    found = assess(case({"line.use": "new"}), on=ON)
    assert found.pattern.sign == "◎"
    assert [(order.item, order.yen, order.monthly) for order in found.orders[:2]] == [
        ("line-work", 22_880, False),
        ("line-monthly", 6_820, True),
    ]


def test_without_a_product_nothing_is_built(case):
    found = assess(case({"line": {"use": "existing"}}), on=ON)
    assert [one.rule for one in found.refusals] == ["line.open"]


@pytest.mark.parametrize(
    ("code", "outside"), [("1311234567", True), ("2711234563", False), ("1611234561", False)]
)
def test_ntt_easts_area_is_named(case, code, outside):
    found = assess(case(code=code), on=ON)
    assert ("area.east" in [one.rule for one in found.findings]) is outside
