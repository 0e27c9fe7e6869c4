"""The completion report: done is what a fact or a measurement shows; all else is left open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onshi_net.evidence import store
from onshi_net.model.survey import Survey
from onshi_net.papers import Dossier, load_dossier, paper_of
from onshi_net.papers.completion import completion_paper
from tests.checks.twins import twin
from tests.conftest import EXAMPLES
from tests.papers.reading import ISSUE, dossier, page


@pytest.fixture
def measured(tmp_path: Path):
    """The demo clinic with stored verifications, in their order."""

    def give(*names: str) -> Dossier:
        for n, name in enumerate(names):
            folder = tmp_path / f"2026110{n}T000000Z-verify"
            folder.mkdir()
            found = twin(f"demo-clinic-{name}")
            at = datetime(2026, 11, n + 1, tzinfo=UTC)
            store(found.model_copy(update={"taken_at": at}), folder / "evidence.json")
        return load_dossier(EXAMPLES, "demo-clinic", tmp_path)

    return give


def states(of: Dossier) -> dict[str, str]:
    return {row.cells[0]: row.cells[3] for row in completion_paper(of, ISSUE).work.rows}


def test_without_a_measurement_nothing_is_good_and_everything_is_left() -> None:
    paper = completion_paper(dossier("demo-clinic"), ISSUE)
    assert len(paper.work.rows) == 14
    assert states(dossier("demo-clinic")) == {
        "1": "完了", "2": "完了", "3": "完了", "4": "未測定", "5": "未測定", "6": "未確認",
        "7": "未測定", "8": "完了", "9": "未測定", "10": "未測定", "11": "未測定", "12": "未確認",
        "13": "未確認", "14": "未確認",
    }  # fmt: skip
    assert {row.cells[3] for row in paper.segments.rows} == {"未測定"}
    assert {row.cells[3] for row in paper.promised.rows} == {"未測定"}
    assert paper.left is not None
    assert any("全区間: 未測定" in row.cells[0] for row in paper.left.rows)
    assert "良好" not in page("completion", dossier("demo-clinic"))


def test_a_good_measurement_is_told_with_its_time_and_values(measured) -> None:
    of = measured("line-down", "good")
    found = states(of)
    assert [found[n] for n in ("4", "5", "7", "9", "11")] == ["完了"] * 5
    paper = completion_paper(of, ISSUE)
    line = paper.segments.rows[0].cells
    assert (line[0], line[3], line[4]) == ("フレッツ光回線・ONU", "良好", "要対応")
    assert "項目が良好" in line[2]
    assert {row.cells[3] for row in paper.promised.rows} == {"良好", "未測定"}
    assert paper.left is not None
    assert not any("区間" in row.cells[0] for row in paper.left.rows)
    assert paper.devices.rows[0].cells[2] == "S5X000001"
    assert paper.devices.rows[0].cells[8] == "2031/11/09"


def test_what_is_not_good_is_left_to_who_acts(measured) -> None:
    paper = completion_paper(measured("line-down"), ISSUE)
    assert paper.left is not None
    rows = {row.cells[0]: row.cells[1] for row in paper.left.rows}
    assert rows["区間「フレッツ光回線・ONU」: 要対応"] == "回線"


def test_rows_are_whose_the_site_says() -> None:
    of = dossier("demo-clinic")
    survey = {"wiring": {"conduit": True}, "receipt": {"count": 1, "work_by": "vendor"}}
    of = replace(of, case=replace(of.case, survey=Survey.model_validate(survey)))
    parties = {row.cells[0]: row.cells[2] for row in completion_paper(of, ISSUE).work.rows}
    assert (parties["7"], parties["11"], parties["2"]) == ("お客さま", "ベンダー様", "お客さま")


def test_no_receipt_pc_is_not_applicable_and_left_to_nobody() -> None:
    of = dossier("demo-clinic")
    survey = Survey.model_validate({"receipt": {"count": 0}})
    of = replace(of, case=replace(of.case, survey=survey))
    assert states(of)["11"] == "対象外"


def test_what_is_left_stands_right_above_the_signature() -> None:
    made = page("completion", dossier("demo-clinic"))
    assert made.index("残件</h2>") < made.index("残件を確認しました") < made.index("押印可")
    paper = paper_of("completion", dossier("demo-clinic"), ISSUE)
    assert paper.head.title == "工事完了報告書"
