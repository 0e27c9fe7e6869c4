"""The empty form: the brochure's layout, drop-down lists, and it reads back."""

from __future__ import annotations

import openpyxl
import pytest

from onshi_net.brochure.data import clauses
from onshi_net.errors import InputError
from onshi_net.intake import write_template
from onshi_net.intake.forms import application, survey_form
from onshi_net.model.survey import Contract, Prerequisites, Survey


def test_the_layout_is_the_brochures(tmp_path):
    sheet = openpyxl.load_workbook(write_template(tmp_path / "form.xlsx"))["申込シート"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    assert rows[0] == ["項目", "要否", "回答欄", "備考"]
    assert rows[1][0] == "医療機関情報"
    assert rows[2][:2] == ["① 医療機関名", "必須"]
    assert rows[10][:2] == ["⑨ ご連絡可能な時間帯(平日)", "-"]
    assert rows[18][:2] == ["⑯ ご連絡可能な時間帯(平日)", "-"]
    assert len(rows) == 19
    assert {sheet.cell(row, 3).number_format for row in range(7, 16)} == {"@"}


def test_choices_have_drop_down_lists(tmp_path):
    book = openpyxl.load_workbook(write_template(tmp_path / "form.xlsx"))
    assert book.sheetnames == ["申込シート", "現地調査票", "選択肢"]
    assert book["選択肢"].sheet_state == "hidden"
    lists = {
        str(validation.sqref): validation.formula1
        for validation in book["現地調査票"].data_validations.dataValidation
    }
    rows = {
        book["現地調査票"].cell(row, 1).value: row
        for row in range(1, book["現地調査票"].max_row + 1)
    }
    for question in survey_form().questions:
        offered = lists.get(f"C{rows[question.label]}")
        assert (offered is not None) is (
            question.kind in ("yes-no", "choice", "product", "router", "done")
        )
        assert offered is None or len(offered) <= 255


@pytest.mark.parametrize(
    "question", [q for q in survey_form().questions if q.kind == "choice"], ids=lambda q: q.field
)
def test_every_choice_is_taken(book, surveying, survey_answers, question):
    for label, value in question.choices.items():
        surveying(book.survey, {**survey_answers, question.field: label})
        facts = book.read().sites[0].facts
        for part in question.field.split("."):
            facts = facts[part]
        assert facts == value


def test_every_question_has_a_field_of_the_model_and_a_clause():
    known = {clause.id for clause in clauses()}
    roots = {"survey": Survey, "prerequisites": Prerequisites, "contract": Contract}
    for question in survey_form().questions:
        assert question.clause in known
        root, *path = question.field.split(".")
        model = roots.get(root)
        for part in path:
            assert root == "institution" or part in model.model_fields, question.field
            model = getattr(model.model_fields[part], "annotation", None) if model else None


def test_labels_are_told_apart():
    from onshi_net.intake.forms import items_by_name, questions_by_name

    assert len(questions_by_name()) == len(survey_form().questions)
    assert {item.number for items in items_by_name().values() for item in items} == set(
        range(1, 17)
    )
    assert all(item.title.startswith(tuple("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯")) for item in application().items)


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError):
        write_template(path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError):
        write_template(tmp_path / "none" / "form.xlsx")
