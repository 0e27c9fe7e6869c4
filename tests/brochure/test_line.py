"""Every product of 提供条件② and the words that people write for it."""

from __future__ import annotations

import datetime

import pytest

from onshi_net.brochure import assess, line, ready
from onshi_net.brochure.data import Verdict, products
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
    ("フレッツ光ネクスト", "next"),
    ("フレッツ光ネクスト スーパーハイスピードタイプ隼", "next-hayabusa"),
    ("フレッツ 光ネクスト オフィスタイプ 隼", "next-hayabusa"),
    ("スーパーハイスピードタイプ準", "next-hayabusa"),
    ("ファミリー・スーパーハイスピードタイプ隼", "next-family-hayabusa"),
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


LISTED = [product.name for product in products().products if product.id != "light"]
UNUSABLE = [("フレッツ光ライト", "line.light-ended"), ("Bフレッツ ファミリー", "line.not-listed")]
CARRIERS = [
    {"line.product": "ドコモ光 10ギガ"},
    {"line.product": "光コラボ フレッツ光ネクスト ファミリータイプ"},
    {"line.product": "フレッツ光ネクスト ファミリータイプ", "line.carrier": "ソフトバンク株式会社"},
    {
        "line.product": "フレッツ光クロス",
        "line.carrier": "ビッグローブ",
        "access.onu_model": "10G-EPON",
    },
]


@pytest.mark.parametrize("use", ["existing", "new"])
@pytest.mark.parametrize(("name", "rule"), UNUSABLE)
def test_what_cannot_be_used_cannot_be_ordered_either(case, use, name, rule):
    found = assess(case({"line.use": use, "line.product": name}), on=ON)
    assert rule in [one.rule for one in found.refusals]
    assert [one.item for one in found.orders][:2] == ["line-work", "line-monthly"]


@pytest.mark.parametrize("use", ["existing", "new"])
@pytest.mark.parametrize("name", LISTED)
def test_what_is_listed_can_be_used_and_ordered(case, use, name):
    assert assess(case({"line.use": use, "line.product": name}), on=ON).eligible


@pytest.mark.parametrize("use", ["existing", "new"])
@pytest.mark.parametrize("line", CARRIERS)
@pytest.mark.parametrize("ordered_on", [None, BEFORE, FROM, ON])
@pytest.mark.parametrize("contracted", [None, False, True])
def test_a_carriers_line_is_the_carriers_matter(case, use, line, ordered_on, contracted):
    one = case(
        {**line, "line.use": use, "line.ordered_on": ordered_on, "line.v6_option": contracted},
        prepared={"line_ordered": False},
    )
    found, visit = assess(one, on=ON), ready(one, on=ON)
    rules = [finding.rule for finding in found.findings]
    assert "line.collaboration" in rules
    assert ("line.v6-contracted" if contracted else "line.v6-ask-carrier") in rules
    assert not [order for order in found.orders if order.item.startswith(("line", "v6"))]
    told = [finding.text for finding in (*found.findings, *visit.findings)]
    assert not [sentence for sentence in told if "116" in sentence]
    assert visit.ready is (contracted is True and use == "existing")


VAGUE = [
    "フレッツ光",
    "フレッツ",
    "光回線",
    "NTT西日本 光",
    "光ファイバー",
    "ひかり",
    "ファミリータイプ",
    "フレッツ 光(戸建)",
]


@pytest.mark.parametrize("name", VAGUE)
def test_a_name_of_no_product_is_asked_for(case, name):
    old = assess(case({"line": {"use": "existing", "product": name}}), on=ON)
    assert (old.verdict, old.orders[0].item) == (Verdict.NOT_YET, "receipt-work")
    assert "line.product-open" in {one.rule for one in old.findings}
    new = assess(case({"line": {"use": "new", "product": name}}), on=ON)
    assert new.verdict is Verdict.YES
    assert "line.new-open" in {one.rule for one in new.findings}


def test_who_is_ordered_from_is_open_where_the_carrier_is(case):
    old = {"use": "existing", "product": "フレッツ光ネクスト ファミリータイプ", "v6_option": False}
    rules = {one.rule for one in assess(case({"line": {**old, "carrier": "不明"}}), on=ON).findings}
    assert "line.v6-open" in rules
    assert not {"line.v6-order", "line.collaboration"} & rules


OF_NONE = [
    "NTT西日本",
    "ntt",
    "なし",
    "無し",
    "該当なし",
    "-",
    "ー",
    "いいえ",
    "直接契約(NTT西)",
    "契約していない",
]


@pytest.mark.parametrize("carrier", OF_NONE)
def test_a_carrier_that_is_none(case, carrier):
    assert line.carrier_of(case({"line.carrier": carrier})) is None


@pytest.mark.parametrize(
    ("product", "contracted", "rule"),
    [
        ("フレッツ光ネクスト スーパーハイスピードタイプ隼", False, "line.v6-included"),
        ("フレッツ光ネクスト スーパーハイスピードタイプ隼", None, "line.v6-included"),
        ("フレッツ光ネクスト", False, "line.v6-open"),
        ("フレッツ光ライト", False, "line.v6-order"),
        ("フレッツ光ライト", None, "line.v6-open"),
    ],
)
@pytest.mark.parametrize("ordered_on", [BEFORE, FROM])
def test_which_lines_the_note_on_2021_means(case, product, contracted, rule, ordered_on):
    answers = {
        "line.product": product,
        "line.ordered_on": ordered_on,
        "line.v6_option": contracted,
    }
    found = assess(case(answers), on=datetime.date(2025, 3, 31))
    if product == "フレッツ光ネクスト" and ordered_on == FROM:
        rule = "line.v6-included"
    assert [one.rule for one in found.findings if one.rule.startswith("line.v6")] == [rule]


def test_a_new_line_without_its_product_is_asked_for(case):
    found = assess(case({"line": {"use": "new"}}), on=ON)
    assert "line.new-open" in [one.rule for one in found.findings]


@pytest.mark.parametrize("name", [product.name for product in products().products])
def test_the_month_of_a_new_line_is_priced_for_family_types_alone(case, name):
    found = assess(case({"line.use": "new", "line.product": name}), on=ON)
    (month,) = [order for order in found.orders if order.item.startswith("line-monthly")]
    is_open = any(word in name for word in ("クロス", "マンション", "ビジネス"))
    assert month.yen == (None if is_open else 6_820)
