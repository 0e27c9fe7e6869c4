"""Site folders: whole or not at all, nothing overwritten unasked, nothing invented."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from openpyxl.cell.cell import MergedCell

from onshi_net.brochure import assess, estimate, ready, refusals
from onshi_net.errors import InputError
from onshi_net.intake import load_case, plan_sites, write
from onshi_net.intake.write import write_plan, write_site
from onshi_net.inventory.document import read_document
from onshi_net.inventory.load import load_site

ON = datetime.date(2026, 11, 25)
CODE = "2711234563"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def complete(book, surveying, survey_answers):
    surveying(book.survey, survey_answers)
    return book


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_complete_site_loads(complete, target):
    plan = write_site(complete.read(), target)
    assert plan.sites[0].complete
    site = load_site(target, CODE)
    assert site.router.model == "RTX830"
    assert site.router.secret == f"{CODE}/router"
    assert str(site.terminals[0].hostname) == "10.51.1.11"
    assert str(site.site.facts.segments.clinic.gateway) == "192.168.1.1"
    assert site.site.facts.line.v6_option, "隼 has it"
    assert site.site.facts.institution.code == CODE


def test_an_answer_that_stands_in_two_places_is_written_out_twice(complete, surveying, target):
    surveying(complete.survey, {"survey.line.ordered_on": datetime.date(2024, 4, 1)})
    write_site(complete.read(), target)
    ordered = datetime.date(2024, 4, 1)
    assert load_site(target, CODE).site.facts.line.ordered_on == ordered
    assert load_case(target, CODE).survey.line.ordered_on == ordered


def test_three_terminals_get_their_switch(complete, surveying, target):
    surveying(
        complete.survey,
        {"survey.terminals": 3, "survey.network.terminals": "10.51.1.11、10.51.1.12、10.51.1.13"},
    )
    write_site(complete.read(), target)
    site = load_site(target, CODE)
    assert len(site.switches) == 1
    assert site.switches[0].model == "ApresiaLightGC105-SS"
    assert len(site.terminals) == 3


def test_a_form_alone_leaves_open_what_it_does_not_say(book, target):
    plan = write_site(book.read(), target)
    assert plan.sites[0].open == (
        "line",
        "access",
        "segments",
        "router",
        "terminals",
        "receipt_pcs",
    )
    assert set(files(target)) == {"defaults.yaml", "groups.yaml", f"sites/{CODE}/site.yaml"}
    text = files(target)[f"sites/{CODE}/site.yaml"]
    assert text.startswith("# open: ")
    assert "10.51.1" not in text
    with pytest.raises(InputError):
        load_site(target, CODE)


@pytest.mark.parametrize(
    ("without", "still_open"),
    [
        ("survey.line.hikari_denwa", {"line"}),
        ("survey.line.product", {"line"}),
        ("survey.access.branch", {"access"}),
        ("survey.network.clinic_router", {"segments"}),
        ("survey.network.router_model", {"router"}),
        ("survey.network.terminals", {"terminals"}),
        ("survey.network.receipt_pcs", {"receipt_pcs"}),
        ("survey.receipt.count", {"receipt_pcs"}),
    ],
)
def test_each_fact_that_is_missing_is_open(
    book, surveying, survey_answers, target, without, still_open
):
    surveying(book.survey, {key: value for key, value in survey_answers.items() if key != without})
    plan = write_site(book.read(), target)
    assert set(plan.sites[0].open) == still_open
    assert f"sites/{CODE}/hosts.yaml" not in files(target)


def test_a_refused_path_is_open_and_said(complete, surveying, target):
    surveying(complete.survey, {"survey.access.branch": "UTM"})
    assert write_site(complete.read(), target).sites[0].open == ("pattern",)
    assert assess(load_case(target, CODE), on=ON).pattern.sign == "×"


def test_the_brochure_answers_for_what_was_written(complete, target):
    write_site(complete.read(), target)
    case = load_case(target, CODE)
    assert assess(case, on=ON).eligible
    assert estimate(case, on=ON).total > 300_000
    assert not ready(case, on=ON).ready
    assert [item.row.number for item in ready(case, on=ON).items if item.blocks] == [4, 5]
    assert [one.rule for one in refusals(case, on=ON)] == [
        "wiring.work-open",
        "survey.open",
        "ready.design",
        *["ready.item-unasked"] * 2,
    ]


def test_a_second_time_changes_nothing(complete, target):
    write_site(complete.read(), target)
    before = files(target)
    plan = write_site(complete.read(), target)
    assert plan.changes == ()
    assert files(target) == before


def test_nothing_is_overwritten_without_update(complete, filling, target):
    write_site(complete.read(), target)
    before = files(target)
    filling(complete.form, {5: "別の担当"})
    with pytest.raises(InputError) as caught:
        write_site(complete.read(), target)
    assert "+  contact: 別の担当" in str(caught.value)
    assert files(target) == before


def test_update_shows_the_diff_and_keeps_what_others_wrote(complete, filling, target):
    write_site(complete.read(), target)
    path = target / "sites" / CODE / "site.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(f"{CODE}/client-certificate", "x/y")
        + "# a note of ours\n",
        encoding="utf-8",
    )
    filling(complete.form, {5: "別の担当"})
    plan = plan_sites(complete.read(), target, update=True)
    (change,) = plan.changes
    assert (change.kind, change.diff.count("\n+"), change.diff.count("\n-")) == ("updated", 2, 1)
    write_plan(plan)
    text = path.read_text(encoding="utf-8")
    assert "別の担当" in text
    assert "# a note of ours" in text
    assert "client_certificate: x/y" in text
    load_site(target, CODE)


def test_a_file_of_another_editor_keeps_its_mark_and_line_ends(complete, filling, target):
    write_site(complete.read(), target)
    path = target / "sites" / CODE / "site.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert plan_sites(complete.read(), target).changes == ()
    filling(complete.form, {5: "別の担当"})
    write_site(complete.read(), target, update=True)
    found = path.read_bytes()
    assert found.startswith(b"\xef\xbb\xbf")
    assert found.count(b"\n") == found.count(b"\r\n")


def test_what_is_written_carries_the_format_and_an_older_file_gets_it(complete, target):
    write_site(complete.read(), target)
    path = target / "sites" / CODE / "site.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.endswith("format: 2\n")
    path.write_text(text.removesuffix("format: 2\n"), encoding="utf-8")
    with pytest.raises(InputError, match=r"\+format: 2"):
        write_site(complete.read(), target)
    write_site(complete.read(), target, update=True)
    assert path.read_text(encoding="utf-8") == text


def test_a_file_of_a_newer_format_is_not_updated(complete, target):
    write_site(complete.read(), target)
    path = target / "sites" / CODE / "site.yaml"
    path.write_text("format: 3\ninstitution: {}\n", encoding="utf-8")
    with pytest.raises(InputError, match="the file has format 3"):
        write_site(complete.read(), target, update=True)
    assert path.read_text(encoding="utf-8") == "format: 3\ninstitution: {}\n"


def test_a_file_that_changed_after_the_diff_is_left_alone(complete, filling, target):
    write_site(complete.read(), target)
    filling(complete.form, {5: "別の担当"})
    plan = plan_sites(complete.read(), target, update=True)
    path = target / "sites" / CODE / "site.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    before = files(target)
    with pytest.raises(InputError, match="after its difference"):
        write_plan(plan)
    assert files(target) == before


def test_a_survey_that_comes_later_completes_the_site(book, surveying, survey_answers, target):
    write_site(book.read(), target)
    surveying(book.survey, survey_answers)
    plan = write_site(book.read(), target, update=True)
    assert plan.sites[0].complete
    assert "# open" not in files(target)[f"sites/{CODE}/site.yaml"]
    load_site(target, CODE)


@pytest.mark.parametrize("name", ["midori", "みどり"])
def test_a_site_may_have_another_name(complete, target, name):
    write_site(complete.read().named({CODE: name}), target)
    assert load_site(target, name).router.secret == f"{name}/router"


@pytest.mark.parametrize("name", ["../x", "A", "みと\u3099り", "a b", "-", "con", "x" * 64])
def test_a_name_that_no_site_can_have(complete, target, name):
    with pytest.raises(InputError, match="name of a site"):
        write_site(complete.read().named({CODE: name}), target)
    assert not target.exists()


def test_an_existing_faulty_file_stops_everything(complete, filling, target):
    filling(complete.copy_form("薬局"), {1: "みどり薬局", 2: "2741234567"})
    surveying_code = {"institution.code": CODE}
    for row in range(1, complete.survey.max_row + 1):
        if complete.survey.cell(row, 1).value == "医療機関コード":
            complete.survey.cell(row, 3).value = surveying_code["institution.code"]
    folder = target / "sites" / CODE
    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text("institution: &a {}\n", encoding="utf-8")
    before = files(target)
    with pytest.raises(InputError):
        write_site(complete.read(), target, update=True)
    assert files(target) == before


def test_a_failure_half_way_leaves_nothing(complete, target, monkeypatch):
    real = write._put
    calls = []

    def failing(path, body):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(path, body)

    monkeypatch.setattr(write, "_put", failing)
    with pytest.raises(InputError, match="No space left"):
        write_site(complete.read(), target)
    assert files(target) == {}
    assert list(target.iterdir()) == []


def test_what_would_not_load_is_not_written(complete, surveying, target):
    surveying(complete.survey, {"survey.network.receipt_pcs": "192.168.1.254"})
    with pytest.raises(InputError):
        write_site(complete.read(), target)
    assert files(target) == {}


def test_a_target_that_is_a_file(complete, tmp_path):
    path = tmp_path / "file"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="can't be written"):
        write_site(complete.read(), path)


def test_stock_groups_equal_the_example_inventorys():
    from ruamel.yaml import YAML

    stock = Path(__file__).parents[2] / "inventory" / "groups.yaml"
    assert write.stock_groups() == YAML(typ="safe", pure=True).load(
        stock.read_text(encoding="utf-8")
    )


def test_the_example_sites_can_be_assessed(inventory):
    for name, sign in (("demo-clinic", "◎"), ("demo-pharmacy", "△"), ("demo-dental", "△")):
        answer = assess(load_case(inventory, name), on=ON)
        assert (answer.pattern.sign, answer.eligible) == (sign, True), name


def test_a_site_that_is_not_there(inventory):
    for name in ("none", "../demo-clinic", ""):
        with pytest.raises(InputError):
            load_case(inventory, name)


@pytest.mark.parametrize("model", ["OG-400Xa", "ＯＧ４００Ｘａ", "OG400 Xa（レンタル）"])
def test_a_model_as_people_write_it_is_taken(complete, surveying, target, model):
    surveying(complete.survey, {"survey.access.branch": "OGW", "survey.access.branch_model": model})
    write_site(complete.read(), target)
    load_site(target, CODE)
    assert "ogw.exchange" in [one.rule for one in assess(load_case(target, CODE), on=ON).refusals]


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("10:00", "10:00"),
        ("９時", "09:00"),
        ("9時30分", "09:30"),
        ("9時半", "09:30"),
        (datetime.time(16), "16:00"),
        ("16:00:00", "16:00"),
    ],
)
def test_a_time_as_people_write_it(complete, surveying, target, written, time):
    surveying(complete.survey, {"survey.line.work_at": written})
    write_site(complete.read(), target)
    assert load_case(target, CODE).survey.line.work_at == time


@pytest.mark.parametrize("written", ["午前", "25:00", "10:60", "10"])
def test_what_is_no_time_is_refused(complete, surveying, written):
    surveying(complete.survey, {"survey.line.work_at": written})
    with pytest.raises(InputError, match="a time such as 10:00"):
        complete.read()


def test_a_survey_alone_goes_to_the_site_that_it_names(complete, surveying, target, tmp_path):
    book = complete
    write_site(book.read().named({CODE: "みどり"}), target)
    del book.book["申込シート"]
    surveying(book.survey, {"institution.code": CODE, "survey.planned_on": "2026-10-09"})
    result = book.read()
    assert [one.code for one in result.sites] == [CODE]
    plan = write_site(result, target, update=True)
    assert [site.name for site in plan.sites] == ["みどり"]
    kept = read_document(target / "sites" / "みどり" / "site.yaml").data
    assert str(kept["survey"]["planned_on"]) == "2026-10-09"
    assert kept["institution"]["name"] == "みどり内科クリニック"


@pytest.mark.parametrize(
    "said", [{"receipt_pcs": "192.168.9.5"}, {"clinic_network": "10.51.0.0/16"}]
)
def test_a_survey_that_clashes_with_what_the_site_says_is_refused_with_its_cell(
    complete, surveying, target, said
):
    write_site(complete.read(), target)
    before = files(target)
    del complete.book["申込シート"]
    for row in range(5, complete.survey.max_row + 1):
        if not isinstance(complete.survey.cell(row, 3), MergedCell):
            complete.survey.cell(row, 3).value = None
    answers = {f"survey.network.{name}": value for name, value in said.items()}
    surveying(complete.survey, {"institution.code": CODE, **answers})
    with pytest.raises(InputError) as refused:
        write_site(complete.read(), target, update=True)
    assert all("現地調査票!C" in str(one.place) for one in refused.value.faults)
    assert files(target) == before


def test_a_survey_of_nobody_that_is_known_is_refused_with_its_cell(
    complete, filling, surveying, target
):
    filling(complete.form, dict.fromkeys(range(1, 17)))  # an empty form beside it says nothing
    surveying(complete.survey, {"institution.code": CODE})
    result = complete.read()
    with pytest.raises(InputError) as refused:
        write_site(result, target)
    (fault,) = refused.value.faults
    assert fault.place.item == "現地調査票!C6"
    assert CODE in fault.problem
    assert not target.exists() or not list(target.rglob("site.yaml"))


def test_a_fault_of_what_is_there_names_its_own_file_and_no_passing_one(complete, target):
    write_site(complete.read(), target)
    file = target / "sites" / CODE / "hosts.yaml"
    file.write_text(file.read_text("utf-8") + "printer: {groups: [printer]}\n", "utf-8")
    with pytest.raises(InputError) as refused:
        write_site(complete.read(), target, update=True)
    assert {one.place.file for one in refused.value.faults} == {file}
    assert ".intake-" not in str(refused.value)
