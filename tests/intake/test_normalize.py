"""What people type, what it becomes, what is refused; normalizing twice equals once."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.intake.grid import Cell
from onshi_net.intake.normalize import Refusal, is_empty, normalize
from onshi_net.intake.survey_values import read_answer
from onshi_net.model.text import one_clean_line

FORMS = ("text", "hours", "code", "postal", "phone", "email", "contact")
DAY = datetime.datetime(2026, 4, 1)  # noqa: DTZ001  Excel's dates know no zone

GOOD = [
    # Medical institution code
    ("code", "2711234563", "2711234563", set()),
    ("code", "２７１１２３４５６３", "2711234563", {"width"}),
    ("code", "27-1-1234563", "2711234563", {"hyphens"}),
    ("code", " 27 1 123 4563 ", "2711234563", {"blanks", "hyphens"}),
    ("code", "27ー1ー1234563", "2711234563", {"hyphens"}),
    ("code", 2711234563, "2711234563", {"number"}),
    ("code", 2711234563.0, "2711234563", {"number"}),
    ("code", "2711234563.0", "2711234563", {"decimal"}),
    ("code", "2.711234563E+09", "2711234563", {"scientific"}),
    ("code", 110113719, "0110113719", {"number", "zero"}),
    ("code", "2711234563(医科)", "2711234563", {"note"}),
    ("code", "2711234563 ※変更予定", "2711234563", {"note"}),
    ("code", "2711234563\u200b", "2711234563", {"invisible"}),
    # Postal code
    ("postal", "530-0001", "5300001", {"hyphens"}),
    ("postal", "〒５３０－０００１", "5300001", {"width", "postal-mark", "hyphens"}),
    ("postal", 600000, "0600000", {"number", "zero"}),
    ("postal", 10010, "0010010", {"number", "zero"}),
    # Phone
    ("phone", "06-6123-4567", "0661234567", {"hyphens"}),
    ("phone", "(06)6123-4567", "0661234567", {"hyphens"}),
    ("phone", "０６−６１２３−４５６７", "0661234567", {"width", "hyphens"}),
    ("phone", "０６ｰ６１２３ｰ４５６７", "0661234567", {"katakana", "hyphens"}),
    ("phone", 661234567, "0661234567", {"number", "zero"}),
    ("phone", 9012345678, "09012345678", {"number", "zero"}),
    ("phone", "661234567.0", "0661234567", {"decimal", "zero"}),
    ("phone", "+81-6-6123-4567", "0661234567", {"country", "hyphens"}),
    ("phone", "+81 (0)90 1234 5678", "09012345678", {"country", "hyphens"}),
    ("phone", "TEL:06-6123-4567", "0661234567", {"note", "hyphens"}),
    ("phone", "06-6123-4567(代表)", "0661234567", {"note"}),
    ("phone", "0120-087-033", "0120087033", {"hyphens"}),
    # E-mail
    ("email", "midori@example.jp", "midori@example.jp", set()),
    ("email", "ｍｉｄｏｒｉ＠ｅｘａｍｐｌｅ．ｊｐ", "midori@example.jp", {"width"}),
    ("email", " mailto:midori@example.jp ", "midori@example.jp", {"blanks", "mailto"}),
    # Text
    ("text", "ﾐﾄﾞﾘ内科", "ミドリ内科", {"katakana"}),
    (
        "text",
        "大阪市北区梅田１－２－３\nみどりビル２Ｆ",
        "大阪市北区梅田1-2-3 みどりビル2F",
        {"width", "blanks"},
    ),
    ("text", "緑川\u3000花子", "緑川 花子", {"width"}),
    ("text", 24, "24", {"number"}),
    # Contact, hours
    ("contact", 9012345678, "09012345678", {"number", "zero"}),
    ("contact", "携帯 090-1234-5678 (院長)", "携帯 090-1234-5678 (院長)", set()),
    ("contact", "office@example.jp", "office@example.jp", set()),
    ("hours", "10:00～12:00", "10:00~12:00", {"width"}),
    ("hours", datetime.time(10, 0), "10:00", {"time"}),
]
BAD = [
    ("code", "271123456", "code-length"),
    ("code", 27112345, "code-length"),
    ("code", "27112345633", "code-length"),
    ("code", "4811234563", "code-prefecture"),
    ("code", "0011234563", "code-prefecture"),
    ("code", "2721234563", "code-table"),
    ("code", "2.71123E+09", "digits-lost"),
    ("code", "27112345O3", "not-digits"),
    ("code", "2711234563 / 2731234563", "not-digits"),
    ("code", 2711234563.5, "fraction"),
    ("code", "", "not-digits"),
    ("postal", "530001", "postal-length"),
    ("postal", 1001, "postal-length"),
    ("phone", "661234567", "phone-start"),
    ("phone", "06-6123-456", "phone-length"),
    ("phone", "090-1234-567", "phone-length"),
    ("phone", "06-6123-4567 内線12", "not-digits"),
    ("phone", "06-6123-4567/06-6123-4568", "not-digits"),
    ("phone", "0061234567", "phone-start"),
    ("email", "midori@example", "email"),
    ("email", "a@example.jp;b@example.jp", "email"),
    ("email", "midori.example.jp", "email"),
    ("email", "みどり@example.jp", "email"),
    ("text", "同上", "ditto"),
    ("text", "未定", "placeholder"),
    ("text", 'みどり"内科"', "metacharacter"),
    ("text", "みどり内科; show config", "metacharacter"),
    ("text", "x" * 201, "too-long"),
    ("text", "みどり\x07内科", "character"),
    ("text", "髙\ue000", "character"),
    ("text", True, "bool"),
    ("text", DAY, "date"),
    ("phone", datetime.time(6, 6), "date"),
]


def kind_of(value):
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, datetime.datetime):
        return "date"
    if isinstance(value, datetime.time):
        return "time"
    return "number" if isinstance(value, int | float) else "text"


@pytest.mark.parametrize(("form", "typed", "meant", "changes"), GOOD)
def test_what_is_unambiguous_is_converted_and_said(form, typed, meant, changes):
    value = normalize(form, kind_of(typed), typed)
    assert value.value == meant
    assert set(value.changes) == changes


@pytest.mark.parametrize(("form", "typed", "meant", "changes"), GOOD)
def test_a_normalized_value_stays(form, typed, meant, changes):
    assert normalize(form, "text", meant).changes == ()


@pytest.mark.parametrize(("form", "typed", "rule"), BAD)
def test_what_is_ambiguous_is_refused_by_its_rule(form, typed, rule):
    with pytest.raises(Refusal) as caught:
        normalize(form, kind_of(typed), typed)
    assert caught.value.rule == rule


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kind", "rule"), [("formula", "formula"), ("error", "excel-error")])
def test_formulas_and_errors_are_no_answers(form, kind, rule):
    with pytest.raises(Refusal) as caught:
        normalize(form, kind, "=1+1")
    assert caught.value.rule == rule


def test_a_wrong_check_digit_is_only_a_warning():
    assert normalize("code", "text", "2711234566").warnings == ("check-digit",)
    assert normalize("code", "text", "2711234563").warnings == ()


@pytest.mark.parametrize("empty", ["", "  ", "\u3000", "-", "－", "ー"])
def test_blanks_and_dashes_are_no_answer(empty):
    assert is_empty(Cell(1, 1, "text", empty))


TYPED = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789０１２３-－ー()（）.+ 　〒Ee※代表@a.jｱﾞ同上", max_size=24),
    st.integers(0, 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
)


@given(st.sampled_from(FORMS), TYPED)
def test_normalizing_twice_equals_once(form, typed):
    try:
        once = normalize(form, kind_of(typed), typed)
    except Refusal:
        return
    twice = normalize(form, "text", once.value)
    assert twice.value == once.value
    assert twice.changes == ()
    if form in ("text", "hours"):
        assert one_clean_line(once.value) == once.value


SURVEY_GOOD = [
    ("yes-no", "はい", True),
    ("yes-no", "○", True),
    ("yes-no", "無し", False),
    ("yes-no", False, False),
    ("date", DAY, DAY.date()),
    ("date", "２０２６年４月１日", DAY.date()),
    ("date", "2026/4/1", DAY.date()),
    ("date", "令和8年4月1日", DAY.date()),
    ("date", "R8.4.1", DAY.date()),
    ("date", 46113, DAY.date()),
    ("date", 20260401, DAY.date()),
    ("date", "令和元年5月1日", datetime.date(2019, 5, 1)),
    ("done", "済", True),
    ("done", "未", False),
    ("done", DAY, DAY.date()),
    ("number", "12.5 m", 12.5),
    ("number", "１２", 12),
    ("count", "3台", 3),
    ("token", "PR-400NE", "PR-400NE"),
    ("router", "ｒｔｘ８３０", "RTX830"),
    ("address", "１９２.168.1.1", "192.168.1.1"),
    ("addresses", "10.51.1.11、10.51.1.12", ["10.51.1.11", "10.51.1.12"]),
    ("network", "192.168.1.0/255.255.255.0", "192.168.1.0/24"),
]
SURVEY_BAD = [
    ("yes-no", "たぶん", "yes-no"),
    ("date", "2026/2/30", "no-such-day"),
    ("date", "来週", "date-form"),
    ("date", "4/1", "date-form"),
    ("number", "約10", "number"),
    ("count", 1.5, "count"),
    ("token", "PR 400 ＮＥ！", "token"),
    ("router", "RTX9999", "choice"),
    ("address", "192.168.1.256", "address"),
    ("network", "192.168.1.5/24", "network"),
    ("network", "192.168.1.5", "network"),
]


@pytest.mark.parametrize(("form", "typed", "meant"), SURVEY_GOOD)
def test_survey_answers(form, typed, meant):
    assert read_answer(form, Cell(1, 3, kind_of(typed), typed), {}).value == meant


@pytest.mark.parametrize(("form", "typed", "rule"), SURVEY_BAD)
def test_survey_refusals(form, typed, rule):
    with pytest.raises(Refusal) as caught:
        read_answer(form, Cell(1, 3, kind_of(typed), typed), {})
    assert caught.value.rule == rule


SURVEY_FORMS = (
    "yes-no",
    "date",
    "done",
    "number",
    "count",
    "token",
    "router",
    "address",
    "addresses",
    "network",
    "text",
)


@given(st.sampled_from(SURVEY_FORMS), TYPED)
def test_a_survey_cell_is_read_or_refused(form, typed):
    try:
        read_answer(form, Cell(1, 3, kind_of(typed), typed), {})
    except Refusal as refusal:
        assert refusal.rule


@pytest.mark.parametrize("mark", ["-", "~", "–", "—", "―", "‐", "−", "ー", "〜", "－", "～"])
def test_a_lone_dash_of_any_kind_is_no_answer_and_parts_a_number(mark):
    assert is_empty(Cell(1, 3, "text", f" {mark} "))
    assert normalize("phone", "text", f"06{mark}6123{mark}4567").value == "0661234567"


@pytest.mark.parametrize("word", ["yes", "YES", "y", "ok", "true", "必要", "有り", "可能", "良い"])
def test_words_that_mean_yes(word):
    assert read_answer("yes-no", Cell(1, 3, "text", word), {}).value is True
