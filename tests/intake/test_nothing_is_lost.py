"""An answer that is there is read, or its cell is told; words that say nothing leave it open."""

from __future__ import annotations

import itertools

import pytest

from onshi_net.brochure.work import switches_for
from onshi_net.errors import InputError
from onshi_net.intake import load_case, write_site
from onshi_net.intake.forms import survey_form
from onshi_net.intake.grid import MAX_ROWS, Cell
from onshi_net.intake.survey_values import read_answer
from onshi_net.inventory import load_site
from onshi_net.papers.dossier import load_dossier
from onshi_net.papers.wiring import plan_of

ADDRESS_ROW = 10


def faults_of(book):
    with pytest.raises(InputError) as caught:
        book.read()
    return caught.value.faults


def row_of(sheet, label: str) -> int:
    return next(n for n in range(1, sheet.max_row + 1) if sheet.cell(n, 1).value == label)


@pytest.mark.parametrize("rows", [1, 2])
def test_an_answer_that_goes_on_below_is_refused_with_its_cell(book, rows: int) -> None:
    book.form.insert_rows(ADDRESS_ROW + 1, rows)
    for n in range(rows):
        book.form.cell(ADDRESS_ROW + 1 + n, 3).value = f"みどりビル{n}F"
    faults = faults_of(book)
    assert [one.place.item for one in faults] == [f"申込シート!C{11 + n}" for n in range(rows)]
    assert all("④ 住所" in one.problem for one in faults)


@pytest.mark.parametrize("mark", ["※", "注) ", "(注)", "*"])
def test_a_note_below_is_no_answer(book, mark: str) -> None:
    book.form.insert_rows(ADDRESS_ROW + 1)
    book.form.cell(ADDRESS_ROW + 1, 3).value = f"{mark}ビル名も"
    assert "notice.stranger" in [one.message for one in book.read().notices]


@pytest.mark.parametrize("question", survey_form().questions[1::6], ids=lambda one: one.field)
def test_a_label_that_was_changed_is_told_with_its_cell(
    book, surveying, survey_answers, question
) -> None:
    surveying(book.survey, survey_answers)
    row = row_of(book.survey, question.label)
    book.survey.cell(row, 1).value = f"変更した{question.label}"
    book.survey.cell(row, 3).value = "はい"
    (fault,) = faults_of(book)
    assert fault.place.item == f"現地調査票!A{row}"
    assert question.label in fault.problem
    book.survey.delete_rows(row)
    (notice,) = [one for one in book.read().notices if one.message == "notice.not-asked"]
    assert question.label in notice.text


def test_a_row_of_ones_own_beside_all_questions_is_only_noticed(
    book, surveying, survey_answers
) -> None:
    surveying(book.survey, survey_answers)
    last = book.survey.max_row + 2
    book.survey.cell(last, 1).value = "特記事項"
    book.survey.cell(last, 3).value = "裏口から入る"
    assert [one.message for one in book.read().notices] == ["notice.stranger"]


@pytest.mark.parametrize("which", ["form", "survey"])
def test_a_sheet_too_long_to_be_read_is_refused(book, surveying, survey_answers, which) -> None:
    surveying(book.survey, survey_answers)
    getattr(book, which).cell(MAX_ROWS + 1, 3).value = "3"
    (fault,) = faults_of(book)
    assert "2,000" in fault.problem
    assert fault.remedy


def test_a_survey_beside_a_form_that_was_not_read_says_why(book, surveying, survey_answers) -> None:
    surveying(book.survey, survey_answers)
    book.form.title = "記入例"
    (fault,) = faults_of(book)
    assert "記入例" in fault.problem
    assert "--sheet" in fault.remedy


def test_a_survey_beside_an_empty_form_says_so(
    book, filling, surveying, survey_answers, good_answers
) -> None:
    surveying(book.survey, survey_answers)
    filling(book.form, dict.fromkeys(good_answers))
    (fault,) = faults_of(book)
    assert "申込シート" in fault.problem
    assert fault.remedy


KNOWN_BY_NOBODY = ("不明", "未確認", "確認中です", "わかりません", "未定", "？", "後日確認")


@pytest.mark.parametrize(
    ("question", "word"),
    list(zip(survey_form().questions[1:], itertools.cycle(KNOWN_BY_NOBODY), strict=False)),
    ids=lambda one: getattr(one, "field", one),
)
def test_what_nobody_knows_is_open_whatever_is_asked(book, surveying, question, word) -> None:
    known = {"survey.terminals": 1, "survey.planned_at": "10:00"}
    surveying(book.survey, known | {question.field: word})
    result = book.read()
    facts = result.sites[0].facts
    for name in question.field.split(".")[:-1]:
        facts = facts.get(name, {})
    assert question.field.split(".")[-1] not in facts
    assert [one.message for one in result.notices] == ["notice.says-nothing"]


@pytest.mark.parametrize(
    ("kind", "word", "meant"),
    [
        ("count", "なし", 0),
        ("text", "なし", None),
        ("text", "該当なし", None),
        ("yes-no", "ある", True),
        ("yes-no", "ありません。", False),
        ("yes-no", "無い", False),
        ("yes-no", "契約済みです", True),
        ("yes-no", "未契約", False),
        ("done", "申請済み", True),
        ("done", "登録完了しました。", True),
        ("done", "未申請", False),
        ("done", "まだです", False),
    ],
)
def test_an_answer_as_people_say_it(kind: str, word: str, meant: object) -> None:
    read = read_answer(kind, Cell(1, 3, "text", word), {})
    assert (None if read is None else read.value) == meant


@pytest.mark.parametrize("question", [one for one in survey_form().questions if one.also])
def test_what_people_write_for_a_choice_is_that_choice(question) -> None:
    assert not set(question.also) & set(question.choices)
    for word, meant in question.also.items():
        read = read_answer(question.kind, Cell(1, 3, "text", word), question.choices, question.also)
        assert read is not None
        assert read.value == meant


@pytest.mark.parametrize("terminals", [1, 2, 3, 4, 5, 6, 8, 9, 14])
def test_switches_are_counted_by_their_ports(
    book, surveying, survey_answers, tmp_path, terminals: int
) -> None:
    listed = "、".join(f"10.51.1.{n}" for n in range(11, 11 + terminals))
    more = {"survey.terminals": terminals, "survey.network.terminals": listed}
    surveying(book.survey, survey_answers | more)
    write_site(book.read(), tmp_path / "inventory")
    site = load_site(tmp_path / "inventory", "2711234563")
    assert len(site.switches) == switches_for(terminals)
    plan = plan_of(load_dossier(tmp_path / "inventory", "2711234563"))
    ends = [(one.start, one.start_socket) for one in plan.cables if one.start != "clinic"]
    assert len(set(ends)) == len(ends), "one cable a socket"
    assert not [one for one in plan.cables if one.end.startswith("terminal") and "未" in one.start]
    assert {one.end for one in plan.cables} >= {f"terminal-{n + 1}" for n in range(terminals)}


def test_a_product_that_nobody_knows_is_no_refusal(book, surveying, tmp_path) -> None:
    write_site(book.read(), tmp_path)
    file = tmp_path / "sites/2711234563/site.yaml"
    said = "survey: {line: {product: 確認中}, access: {branch: hgw, branch_model: 不明}}\n"
    file.write_text(file.read_text(encoding="utf-8") + said, encoding="utf-8")
    case = load_case(tmp_path, "2711234563")
    assert (case.product, case.branch_model) == (None, None)
