"""Forms as people send them back."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from onshi_net.errors import InputError


def faults_of(book):
    with pytest.raises(InputError) as caught:
        book.read()
    return caught.value.faults


def test_a_good_form(book, good_answers):
    result = book.read()
    (site,) = result.sites
    assert site.code == good_answers[2]
    assert site.facts["institution"]["name"] == good_answers[1]
    assert site.facts["contract"]["party"]["weekday_contact"] == good_answers[15]
    assert site.facts["contract"]["institution_contact"] == {
        "contact": good_answers[8],
        "hours": good_answers[9],
    }
    assert result.changes == result.warnings == ()


def test_all_faults_at_once_each_with_its_cell(book, filling, answer_cell):
    filling(book.form, {2: "2711", 3: "530", 7: "nobody", 10: None, 13: "同上"})
    faults = faults_of(book)
    assert [fault.place.item for fault in faults] == [
        f"申込シート!{answer_cell(number)}"
        if number != 10
        else f"申込シート!{answer_cell(number).replace('C', 'A')}"
        for number in (2, 3, 7, 10, 13)
    ]
    assert "② 医療機関コード" in faults[0].problem
    assert "'2711'" in faults[0].problem
    assert "10 digits" in faults[0].problem


def test_changes_name_item_old_and_new(book, filling, answer_cell):
    filling(book.form, {2: 2711234563.0, 6: "０６－６１２３－４５６７", 1: "ﾐﾄﾞﾘ内科"})
    result = book.read()
    assert {note.cell for note in result.changes} == {answer_cell(number) for number in (1, 2, 6)}
    assert "'ﾐﾄﾞﾘ内科' was read as 'ミドリ内科'" in result.changes[0].text


def test_a_wrong_check_digit_is_a_warning(book, filling):
    filling(book.form, {2: "2711234566"})
    result = book.read()
    assert [note.message for note in result.warnings] == ["warning.check-digit"]


@pytest.mark.parametrize(
    "formula", ['="2711234563"', "=1+1", '=HYPERLINK("http://x","y")', "=cmd|'/c calc'!A1"]
)
def test_formulas_are_faults_and_never_values(book, filling, formula):
    filling(book.form, {2: formula})
    (fault,) = faults_of(book)
    assert "formula" in fault.problem
    assert formula not in fault.problem


def test_moved_rows_and_columns(book):
    book.form.insert_rows(1, 3)
    book.form.insert_rows(14, 2)
    book.form.insert_cols(1, 2)
    assert len(book.read().sites) == 1


def test_the_need_column_removed(book):
    book.form.delete_cols(2)
    assert len(book.read().sites) == 1


def test_the_head_removed(book):
    for column in range(1, 5):
        book.form.cell(5, column).value = None
    assert len(book.read().sites) == 1


def test_labels_without_numbers_are_told_apart_by_their_section(book, good_answers):
    for row in range(6, 24):
        cell = book.form.cell(row, 1)
        cell.value = str(cell.value)[2:] if str(cell.value)[0] in "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯" else cell.value
    facts = book.read().sites[0].facts
    assert facts["institution"]["phone"] == good_answers[6]
    assert facts["contract"]["party"]["phone"] == good_answers[13]


def test_labels_in_other_spellings(book):
    for row, label in (
        (7, "１．医療機関名"),
        (8, "②医療機関コード(10桁)"),
        (9, "3 郵便番号"),
        (11, "⑤担当者名"),
    ):
        book.form.cell(row, 1).value = label
    assert len(book.read().sites) == 1


def test_a_label_that_names_two_items(book):
    book.form.cell(9, 1).value = "③ 住所"
    assert "different items" in " ".join(fault.problem for fault in faults_of(book))


def test_merged_answers(book, good_answers):
    book.form.merge_cells("C10:D10")
    book.form.merge_cells("B11:C11")
    book.form["B11"] = good_answers[5]
    assert book.read().sites[0].facts["institution"]["contact"] == good_answers[5]


def test_an_answer_in_the_remark_column_is_missing(book, filling):
    filling(book.form, {5: None})
    book.form["D11"] = "緑川 花子"
    (fault,) = faults_of(book)
    assert "required" in fault.problem


def test_remarks_and_notes_are_left_alone(book):
    book.form["D7"] = "屋号"
    book.form.insert_rows(9)
    book.form["C9"] = "※上はコードです"
    result = book.read()
    assert len(result.sites) == 1
    assert [note.message for note in result.notices] == [
        "notice.stranger",
        "notice.other-sheet",
    ] or [note.message for note in result.notices] == ["notice.stranger", "notice.empty-survey"]


def test_an_item_twice(book):
    book.form["A26"], book.form["C26"] = "③ 郵便番号", "5300002"
    (fault,) = faults_of(book)
    assert "C9" in fault.problem
    assert "C26" in fault.problem
    book.form["C26"] = None
    assert len(book.read().sites) == 1


def test_a_row_that_was_deleted(book):
    book.form.delete_rows(10)
    (fault,) = faults_of(book)
    assert "④ 住所" in fault.problem


def test_optional_items_may_be_empty(book, filling):
    filling(book.form, {9: None, 16: "-"})
    assert "hours" not in book.read().sites[0].facts["contract"]["institution_contact"]


def test_many_sites_empty_copies_and_exact_copies(book, filling):
    book.copy_form("写し")
    other = book.copy_form("薬局")
    filling(other, {1: "みどり薬局", 2: "2741234567"})
    empty = book.copy_form("空")
    filling(empty, dict.fromkeys(range(1, 17)))
    result = book.read()
    assert [site.code for site in result.sites] == ["2711234563", "2741234567"]
    assert {note.message for note in result.notices} >= {"notice.copy", "notice.empty-form"}


def test_one_code_on_two_sheets(book, filling):
    filling(book.copy_form("別"), {1: "別の医院"})
    (fault,) = faults_of(book)
    assert "'申込シート' (C8)" in fault.problem
    assert fault.place.item == "別!C8"


def test_a_workbook_without_a_form(book):
    book.book.remove(book.form)
    (fault,) = faults_of(book)
    assert "No 申込シート" in fault.problem


def test_an_empty_form(book, filling):
    filling(book.form, dict.fromkeys(range(1, 17)))
    (fault,) = faults_of(book)
    assert "empty" in fault.problem


def test_dates_where_text_was_meant(book, filling):
    filling(book.form, {4: datetime.datetime(2026, 1, 2)})  # noqa: DTZ001  Excel's dates know no zone
    (fault,) = faults_of(book)
    assert "date" in fault.problem


def test_a_survey_joins_its_site(book, surveying, survey_answers):
    surveying(book.survey, survey_answers)
    (site,) = book.read().sites
    survey = site.facts["survey"]
    assert survey["line"]["product"].endswith("隼") or survey["line"]["product"].endswith("準")
    assert survey["wiring"] == {"cable_m": 10, "same_building": True}
    assert survey["receipt"]["os"] == "Windows11"
    assert survey["network"]["clinic_network"] == "192.168.1.0/24"
    assert site.facts["prerequisites"]["certificate_issued_on"] == datetime.date(2026, 10, 2)


def test_a_survey_names_its_site_among_many(book, filling, surveying):
    filling(book.copy_form("薬局"), {1: "みどり薬局", 2: "2741234567"})
    surveying(book.survey, {"survey.terminals": 2})
    assert "can't be told" in faults_of(book)[0].problem
    surveying(book.survey, {"institution.code": "2741234567"})
    sites = book.read().sites
    assert [site.survey_sheet for site in sites] == [None, "現地調査票"]


def test_survey_faults_come_with_the_forms_faults(book, filling, surveying):
    filling(book.form, {2: "2711"})
    surveying(
        book.survey, {"survey.access.branch": "モデム", "survey.network.terminal_router": "x"}
    )
    problems = [fault.problem for fault in faults_of(book)]
    assert len(problems) == 3
    assert "ビジネスホン" in problems[1]


def test_answers_that_contradict_each_other(book, surveying, survey_answers):
    surveying(book.survey, {**survey_answers, "survey.network.clinic_router": "10.0.0.1"})
    (fault,) = faults_of(book)
    assert "10.0.0.1 is not in the network of 院内ネットワーク (C62)" in fault.problem
    assert fault.place.item == "現地調査票!C63"


def test_sheet_titles_can_not_break_the_output(book):
    book.form.title = "a'b"
    assert book.read().sites[0].sheet == "a'b"


def test_json_is_plain(book, surveying, survey_answers):
    import json

    surveying(book.survey, survey_answers)
    data = json.loads(json.dumps(book.read().to_json()))
    assert data["sites"][0]["facts"]["prerequisites"]["certificate_issued_on"] == "2026-10-02"


def test_nothing_is_written_by_reading(book, tmp_path):
    book.save()
    before = sorted(path.name for path in Path(tmp_path).iterdir())
    book.read()
    assert sorted(path.name for path in Path(tmp_path).iterdir()) == before
