"""How people fill a form in: what they strike, tick and date, and what Excel makes of the file."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from onshi_net.errors import InputError
from onshi_net.intake.container import STRICT
from onshi_net.intake.grid import Cell
from onshi_net.intake.locate import is_sample
from onshi_net.intake.normalize import Refusal
from onshi_net.intake.read import read_workbook
from onshi_net.intake.survey_values import CIRCLES, EMPTY_BOX, TICKED, read_answer

STRUCK = Font(strike=True)


def faults(book) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as refused:
        book.read()
    assert all(str(book.path.parent) not in one.problem for one in refused.value.faults)
    return [(one.place.item, one.problem) for one in refused.value.faults]


# Strike-through


@pytest.mark.parametrize("number", [1, 3, 4, 6, 16])
def test_an_answer_that_is_struck_is_refused_with_its_cell(book, answer_cell, number) -> None:
    book.form[answer_cell(number)].font = STRUCK
    ((place, problem),) = faults(book)
    assert place == f"申込シート!{answer_cell(number)}"
    assert "struck through" in problem


def test_what_stands_beside_it_is_named_and_never_taken_for_the_answer(book, answer_cell) -> None:
    cell = book.form[answer_cell(6)]
    cell.font = STRUCK
    book.form.cell(cell.row, 4).value = "訂正: 0661239999"
    ((place, problem),) = faults(book)
    assert place.endswith(answer_cell(6))
    assert "0661239999" in problem
    assert f"D{cell.row}" in problem


PIECES = st.lists(
    st.tuples(st.text(st.sampled_from("大阪市梅田123-"), min_size=1, max_size=6), st.booleans()),
    min_size=1,
    max_size=5,
)


@given(PIECES, st.booleans())
def test_of_an_answer_that_is_struck_in_parts_the_rest_is_read(
    tmp_path_factory, pieces: list[tuple[str, bool]], base: bool
) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    runs = [
        text if struck is base else TextBlock(InlineFont(strike=struck), text)
        for text, struck in pieces
    ]
    sheet["A1"].value = CellRichText(runs)
    sheet["A1"].font = Font(strike=base)
    path = tmp_path_factory.mktemp("book") / "b.xlsx"
    made.save(path)
    (cell,) = grid(path)
    rest = "".join(text for text, struck in pieces if not struck)
    whole = "".join(text for text, _ in pieces)
    if not rest:
        assert (cell.struck, cell.value) == (True, whole)
    else:
        assert (cell.struck, cell.value) == (False, rest)
        assert cell.cut == (whole if rest != whole else "")


def grid(path: Path) -> tuple[Cell, ...]:
    from onshi_net.intake.container import _check_archive
    from onshi_net.intake.grid import _sheets

    raw = path.read_bytes()
    _check_archive(raw)
    return _sheets(raw)[0].cells


# Samples and hidden sheets

SAMPLES: dict[str, Callable] = {
    "title": lambda sheet: setattr(sheet, "title", "記入例"),
    "title with the form's name": lambda sheet: setattr(sheet, "title", "申込シート（見本）"),
    "a word above": lambda sheet: setattr(sheet["D1"], "value", "記入例"),
    "the headline": lambda sheet: setattr(sheet["A1"], "value", "申込シート【記入例】"),
    "a name that nobody has": lambda sheet: setattr(sheet["C7"], "value", "見本クリニック"),
    "circles for a name": lambda sheet: setattr(sheet["C7"], "value", "○○医院"),
    "hidden": lambda sheet: setattr(sheet, "sheet_state", "hidden"),
    "very hidden": lambda sheet: setattr(sheet, "sheet_state", "veryHidden"),
}


@pytest.mark.parametrize("how", SAMPLES)
def test_a_sample_is_no_customer_without_a_word_from_the_user(book, filling, how: str) -> None:
    other = book.copy_form("別")
    filling(other, {2: "2741234567"})
    SAMPLES[how](other)
    result = book.read()
    assert [one.code for one in result.sites] == ["2711234563"]
    (told,) = [one for one in result.notices if one.sheet == other.title]
    assert f"--sheet '{other.title}'" in told.text
    both = read_workbook(book.path, [other.title])
    assert [one.code for one in both.sites] == ["2711234563", "2741234567"]


def test_a_workbook_of_samples_alone_is_refused_with_the_word_to_give(book) -> None:
    book.form.title = "記入例"
    ((place, problem),) = faults(book)
    assert (place, "記入例" in problem) == ("記入例", True)
    assert len(read_workbook(book.path, ["記入例"]).sites) == 1
    with pytest.raises(InputError, match="no such sheet"):
        read_workbook(book.path, ["記入例", "無い"])


def test_a_column_of_samples_and_words_about_one_make_no_sample(book) -> None:
    book.form["A3"].value = "記入例は別シートをご覧ください。"
    book.form["E5"].value = "記入例"
    for row in range(7, 24):
        book.form.cell(row, 5).value = "見本の回答"
    (site,) = book.read().sites
    assert site.facts["institution"]["name"] == "みどり内科クリニック"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("記入例", True), ("（記入例）", True), ("申込シート 記入例", True), ("サンプル2", True),
        ("記入例は別シートをご覧ください。", False), ("下記の記入例に従って記入", False),
        ("申込シート", False), ("別紙 記入例", False), ("見本をもとに書く", False),
    ],
)  # fmt: skip
def test_who_says_that_it_is_a_sample(words: str, says: bool) -> None:
    assert is_sample(words) is says


# What Excel opens


def strict(path: Path) -> Path:
    """Writes the workbook with the names of Strict Open XML (ECMA-376 part 1)."""
    out = path.with_name("strict.xlsx")
    with zipfile.ZipFile(path) as given_, zipfile.ZipFile(out, "w") as made:
        for entry in given_.infolist():
            part = given_.read(entry)
            for family in (b"spreadsheetml", b"officeDocument", b"drawingml"):
                old = b"http://schemas.openxmlformats.org/" + family + b"/2006/"
                part = part.replace(old, STRICT + family + b"/")
            made.writestr(entry.filename, part.replace(b"extended-prop", b"extendedProp"))
    return out


def test_a_strict_workbook_says_the_same(book, surveying, survey_answers) -> None:
    surveying(book.survey, survey_answers)
    usual = book.read()
    path = strict(book.path)
    assert STRICT in zipfile.ZipFile(path).read("xl/workbook.xml")
    assert read_workbook(path).sites == usual.sites


@pytest.mark.parametrize("columns", [1, 36, 60, 700, 16_000])
def test_a_form_far_to_the_right_is_read(book, good_answers, columns: int) -> None:
    usual = book.read().sites[0].facts
    book.form.insert_cols(1, 0) if columns == 0 else None
    for row in list(book.form.iter_rows()):
        for cell in reversed(row):
            if cell.value is not None and cell.column >= 3:
                book.form.cell(cell.row, cell.column + columns).value = cell.value
                cell.value = None
    assert book.read().sites[0].facts == usual


@pytest.mark.parametrize("typed", [datetime.date(2026, 10, 10), "serial", "text"])
@pytest.mark.parametrize("is_1904", [False, True])
def test_a_day_is_that_day_in_both_date_systems(
    book, surveying, survey_answers, typed, is_1904: bool
) -> None:
    day = datetime.date(2026, 10, 10)
    if is_1904:
        book.book.epoch = CALENDAR_MAC_1904
    zero = datetime.date(1904, 1, 1) if is_1904 else datetime.date(1899, 12, 30)
    value = {"serial": (day - zero).days, "text": "2026-10-10"}.get(typed, typed)
    surveying(book.survey, {**survey_answers, "survey.planned_on": value})
    assert book.read().sites[0].facts["survey"]["planned_on"] == day


# Ticks and dates

YES_NO = st.sampled_from([("はい", "いいえ"), ("有", "無"), ("あり", "なし"), ("済", "未")])
SPACES = st.sampled_from(["", " ", "　", " ・ ", "／"])


@given(
    options=YES_NO,
    marks=st.sampled_from(
        [(tick, box) for tick in TICKED for box in (*EMPTY_BOX, *CIRCLES)]
        + [("[x]", "[ ]"), ("（○）", "（　）"), ("【レ】", "【　】"), *((c, "") for c in CIRCLES)]
    ),
    yes=st.booleans(),
    ahead=st.booleans(),
    between=SPACES,
)
def test_one_ticked_option_is_the_answer(options, marks, yes, ahead, between) -> None:
    signs = marks if yes else marks[::-1]
    if marks[1] == "":
        between = between if between.strip() or between in (" ", "　") else " "
        if ahead != yes:  # in the middle it could belong to either
            return
    pairs = [f"{s}{o}" if ahead else f"{o}{s}" for s, o in zip(signs, options, strict=True)]
    cell = Cell(1, 3, "text", between.join(pairs))
    assert read_answer("done", cell, {}).value is yes
    if options[0] != "済":
        assert read_answer("yes-no", cell, {}).value is yes


@pytest.mark.parametrize(
    "text", ["☑はい ☑いいえ", "■有 ■無", "○はい ○いいえ", "☑はい ☑いいえ □はい", "はい・いいえ"]
)
def test_two_ticks_are_no_answer(text: str) -> None:
    with pytest.raises(Refusal):
        read_answer("yes-no", Cell(1, 3, "text", text), {})


@pytest.mark.parametrize("text", ["○・×", "○/×", "○ ×", "○×"])
def test_a_forms_own_circle_and_cross_are_no_answer(text: str) -> None:
    with pytest.raises(Refusal):
        read_answer("yes-no", Cell(1, 3, "text", text), {})


def test_a_question_that_stands_twice_with_two_answers_is_refused(
    book, surveying, survey_answers
) -> None:
    surveying(book.survey, survey_answers)
    row = book.survey.max_row + 1
    book.survey.cell(row, 1).value = "ひかり電話の契約"
    book.survey.cell(row, 3).value = "はい"
    ((place, problem),) = faults(book)
    assert place == f"現地調査票!A{row}"
    assert "twice" in problem


@pytest.mark.parametrize("head", ["回　答　欄", "回答\n欄", "ご回答", "記入欄"])
def test_a_remark_is_never_the_answer_however_the_head_is_spaced(
    book, answer_cell, head: str
) -> None:
    book.form["C5"].value = head
    cell = book.form[answer_cell(6)]
    cell.value = None
    book.form.cell(cell.row, 4).value = "0661239999"
    ((_, problem),) = faults(book)
    assert "no answer" in problem


@pytest.mark.parametrize("name", ["医療法人○○会", "（例）みどりクリニック", "□□クリニック"])
def test_a_name_of_signs_is_a_sample(book, filling, name: str) -> None:
    filling(book.copy_form("別"), {1: name, 2: "2741234567"})
    assert [one.code for one in book.read().sites] == ["2711234563"]


@pytest.mark.parametrize("title", ["高見本院", "調査票 高見本院", "例外の薬局"])
def test_a_real_name_is_no_sample(book, filling, title: str) -> None:
    other = book.copy_form(title)
    filling(other, {2: "2741234567"})
    other["A3"].value = "赤字は記入例"
    assert len(book.read().sites) == 2


def test_a_line_end_that_excel_wrote_out_is_one(book, answer_cell) -> None:
    book.form[answer_cell(4)].value = "大阪市北区_x000D_\n梅田1-2-3"
    (site,) = book.read().sites
    assert site.facts["institution"]["address"] == "大阪市北区 梅田1-2-3"


@pytest.mark.parametrize("text", ["08101010", "0208/10/10", "2206/10/10", "8"])
def test_a_day_of_no_year_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_answer("date", Cell(1, 3, "text", text), {})
    with pytest.raises(Refusal):
        long_ago = datetime.datetime(1900, 1, 8)  # noqa: DTZ001 - as Excel has it
        read_answer("done", Cell(1, 3, "date", long_ago), {})


@pytest.mark.parametrize("text", ["□はい　□いいえ", "☐有・☐無", "[ ]はい [ ]いいえ", "□"])
def test_the_forms_own_boxes_without_a_tick_are_unanswered(
    book, surveying, survey_answers, text: str
) -> None:
    surveying(book.survey, {**survey_answers, "survey.line.hikari_denwa": text})
    assert "hikari_denwa" not in book.read().sites[0].facts["survey"]["line"]


@given(st.sampled_from(["なし", "HUB", "HGW", "レセコンベンダ"]))
def test_a_ticked_choice_is_that_choice(label: str) -> None:
    labels = ["なし", "HUB", "HGW", "レセコンベンダ"]
    choices = {one: one.lower() for one in labels}
    text = " ".join(f"{'☑' if one == label else '□'}{one}" for one in labels)
    assert read_answer("choice", Cell(1, 3, "text", text), choices).value == label.lower()
    assert read_answer("choice", Cell(1, 3, "text", label), choices).value == label.lower()


DAYS = st.dates(datetime.date(2019, 5, 1), datetime.date(2099, 12, 31))
KANJI = "〇一二三四五六七八九"


def kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else f"{KANJI[tens]}十"
    return ten + (KANJI[ones] if ones else "")


WAYS: list[Callable[[datetime.date], str]] = [
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d:%Y-%m-%d}",
    lambda d: f"{d:%Y.%m.%d}",
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"西暦{d.year}年 {d.month}月 {d.day}日",
    lambda d: f"{d.year}/{d.month}/{d.day}（{'月火水木金土日'[d.weekday()]}）",
    lambda d: f"{d.year}年{d.month}月{d.day}日({'月火水木金土日'[d.weekday()]}曜日)",
    lambda d: f"令和 {d.year - 2018}年 {d.month}月 {d.day}日",
    lambda d: f"R{d.year - 2018}.{d.month}.{d.day}",
    lambda d: f"令和{'元' if d.year == 2019 else d.year - 2018}年{d.month}月{d.day}日",
    lambda d: f"令和{kanji(d.year - 2018)}年{kanji(d.month)}月{kanji(d.day)}日",
    lambda d: f"ｒ{d.year - 2018}／{d.month}／{d.day}",
]


@given(DAYS, st.sampled_from(WAYS))
def test_a_day_is_read_however_it_is_written(day: datetime.date, way) -> None:
    assert read_answer("date", Cell(1, 3, "text", way(day)), {}).value == day


@given(DAYS, st.integers(1, 6))
def test_a_weekday_that_is_not_the_days_is_refused(day: datetime.date, off: int) -> None:
    other = "月火水木金土日"[(day.weekday() + off) % 7]
    text = f"{day.year}/{day.month}/{day.day}({other})"
    with pytest.raises(Refusal, match="weekday"):
        read_answer("date", Cell(1, 3, "text", text), {})


@pytest.mark.parametrize(
    "text",
    ["10/10", "26/10/10", "平成31年5月1日", "令和1年4月30日", "2026/2/30", "10月10日"],
)
def test_what_names_no_one_day_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_answer("date", Cell(1, 3, "text", text), {})


# Answers that clash

NET = "survey.network."


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"clinic_router": "10.0.0.1"}, "clinic_router", "10.0.0.1 is not in"),
        ({"receipt_pcs": "192.168.9.5"}, "receipt_pcs", "192.168.9.5 is not in"),
        ({"terminals": "10.51.1.0"}, "terminals", "no device's address"),
        ({"terminals": "10.51.1.1"}, "terminals", "is given to"),
        ({"clinic_network": "10.51.0.0/16", "clinic_router": "10.51.2.1",
          "clinic_gateway": "10.51.2.254", "receipt_pcs": "10.51.2.9"},
         "clinic_network", "overlaps"),
    ],
)  # fmt: skip
def test_every_clash_has_its_cell_and_the_other_one(
    book, surveying, survey_answers, changes, field, words
) -> None:
    answers = {**survey_answers, **{NET + name: value for name, value in changes.items()}}
    surveying(book.survey, answers)
    found = faults(book)
    rows = {book.survey.cell(row, 1).value: row for row in range(1, book.survey.max_row + 1)}
    from onshi_net.intake.forms import survey_form

    label = next(one.label for one in survey_form().questions if one.field == NET + field)
    assert any(
        place == f"現地調査票!C{rows[label]}" and words in problem and "(C" in problem
        for place, problem in found
    ), found


def test_bytes_of_a_workbook_that_is_not_strict_stay_as_they_are(book) -> None:
    from onshi_net.intake.container import transitional

    raw = book.save().read_bytes()
    assert transitional(raw) is raw
    assert zipfile.is_zipfile(BytesIO(transitional(strict(book.path).read_bytes())))


@pytest.mark.parametrize("cross", "×✕✗✘")
@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("between", [" ", "　", "・", ""])
def test_a_cross_beside_a_circle_is_what_was_not_meant(cross, yes, between) -> None:
    marks = ("○", cross) if yes else (cross, "○")
    text = f"{marks[0]}はい{between}{marks[1]}いいえ"
    assert read_answer("yes-no", Cell(1, 3, "text", text), {}).value is yes


@pytest.mark.parametrize("text", ["×はい", "×はい ×いいえ", "×はい □いいえ"])
def test_a_cross_alone_is_no_answer(text: str) -> None:
    with pytest.raises(Refusal):
        read_answer("yes-no", Cell(1, 3, "text", text), {})


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize(
    "form", ["{half}{hour}時", "{half} {hour}:00", "{half}{hour}時0分", "{hour}:00 {latin}"]
)
def test_an_hour_of_half_a_day_is_that_hour(hour: int, form: str) -> None:
    text = form.format(
        half="午後" if hour >= 12 else "午前", latin="PM" if hour >= 12 else "am", hour=hour % 12
    )
    assert read_answer("clock", Cell(1, 3, "text", text), {}).value == f"{hour:02}:00"


@pytest.mark.parametrize("text", ["午後13時", "午前25時", "PM", "午後", "AM10:00PM"])
def test_what_is_no_hour_of_half_a_day(text: str) -> None:
    with pytest.raises(Refusal):
        read_answer("clock", Cell(1, 3, "text", text), {})


@pytest.mark.parametrize(("text", "count"), [("一台", 1), ("二", 2), ("十台", 10), ("十二本", 12)])
def test_a_number_in_kanji_is_a_number(text: str, count: int) -> None:
    assert read_answer("count", Cell(1, 3, "text", text), {}).value == count


def test_what_people_write_for_a_choice_can_be_ticked() -> None:
    choices, also = {"NTT西日本": "ntt", "レセコンベンダ": "vendor"}, {"ベンダー": "vendor"}
    cell = Cell(1, 3, "text", "□NTT西日本 ☑ベンダー")
    assert read_answer("choice", cell, choices, also).value == "vendor"


def test_a_clash_is_told_beside_the_faults_of_a_form(book, surveying, survey_answers) -> None:
    answers = {**survey_answers, NET + "receipt_pcs": "192.168.9.5", NET + "clinic_router": ""}
    surveying(book.survey, {**answers, NET + "clinic_network": "10.51.1.0/25"})
    book.form["C8"].value = "12345"
    book.form["C9"].value = "ABC"
    problems = [problem for _, problem in faults(book)]
    for words in ("12345", "ABC", "192.168.9.5 is not in", "overlaps"):
        assert [one for one in problems if words in one], words


@pytest.mark.parametrize(("formula", "said"), [("=TRUE()", True), ("=FALSE()", False)])
def test_what_libreoffice_makes_of_true_and_false_is_read(
    book, surveying, survey_answers, formula: str, said: bool
) -> None:
    surveying(book.survey, {**survey_answers, "survey.access.business_phone": formula})
    (site,) = book.read().sites
    assert site.facts["survey"]["access"]["business_phone"] is said


def test_a_formula_that_computes_is_refused(book, surveying, survey_answers) -> None:
    surveying(book.survey, {**survey_answers, "survey.access.business_phone": "=NOT(TRUE())"})
    assert faults(book)
