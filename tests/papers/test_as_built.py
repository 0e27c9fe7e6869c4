"""What was noted when the work was done stands in the papers; what nobody noted says so."""

from __future__ import annotations

import datetime
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Pdf
from ruamel.yaml import YAML

from onshi_net.papers import Dossier, Issue, load_dossier, paper_of, to_html, to_pdf
from onshi_net.papers.contacts import phone_of
from onshi_net.papers.manual import manual_paper
from onshi_net.papers.wiring import plan_of
from tests.conftest import EXAMPLES
from tests.papers.reading import ISSUE, ON, dossier, page, require_pdf, text_of

FULL = "認証・光回線・電源が緑点灯、UNIが緑点滅、ほかは消灯していれば正常です。確認"[:30]
HOSTS = ["onu", "branch", "extra-hub", "router", "terminal-1", "gateway", "receipt-1", "clinic"]


def with_notes(tmp_path: Path, site: str, **sections: Any) -> Dossier:
    """An example site with other notes."""
    shutil.copytree(EXAMPLES, tmp_path / "inventory")
    file = tmp_path / "inventory" / "sites" / site / "site.yaml"
    yaml = YAML()
    data = yaml.load(file.read_text(encoding="utf-8"))
    contract = sections.pop("contract", {})
    data["contract"].update(contract)
    data.update(sections)
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(data, out)
    return load_dossier(tmp_path / "inventory", site)


@pytest.mark.parametrize("name", HOSTS)
def test_each_note_stands_at_its_device_and_nowhere_else(tmp_path: Path, name: str) -> None:
    notes = {
        "places": {name: "待合室"},
        "lamps": {name: "緑点灯"},
        "cables": {name: {"metres": 7.5, "colour": "黄"}},
    }
    plan = plan_of(with_notes(tmp_path, "demo-dental", as_built=notes))
    noted = [one.host or one.id for one in plan.devices if (one.place, one.lamps) != ("", "")]
    assert noted == [name]
    (cable,) = [one for one in plan.cables if one.colour]
    assert (plan.device(cable.end).host or cable.end, cable.metres) == (name, 7.5)


def test_a_site_without_notes_shows_no_lamp_as_good_and_no_place_as_known() -> None:
    lamps = [row.cells[2] for row in manual_paper(dossier("demo-clinic"), ISSUE).lamps.rows]
    assert set(lamps) == {"未記録"}
    assert {one.place for one in plan_of(dossier("demo-clinic")).devices} == {""}


@pytest.mark.parametrize(("before", "index"), [(True, 4), (False, 5), (None, 5)])
def test_the_readers_model_decides_its_turn(
    tmp_path: Path, before: bool | None, index: int
) -> None:
    reader = {"model": "XYZ-1"} if before is None else {"model": "XYZ-1", "before_terminal": before}
    notes = {"card_reader": reader, "lamps": {"card-reader": "待受画面"}}
    made = manual_paper(with_notes(tmp_path, "demo-dental", as_built=notes), ISSUE)
    row = made.lamps.rows[index].cells
    assert "XYZ-1" in row[1]
    assert row[2] == "待受画面"
    assert ("簡単チェックシート" in row[4]) is (before is None)


def test_numbers_to_call_are_printed_where_they_were_noted(tmp_path: Path) -> None:
    phones = {
        "support_phone": "0120123456",
        "line_phone": "0612345678",
        "vendor_phone": "09012345678",
    }
    notes = {**phones, "card_reader": {"phone": "0752345678"}, "maintenance_number": "M-2026-001"}
    words = text_of("manual", with_notes(tmp_path, "demo-dental", as_built=notes))
    said = ("0120-123-456", "06-1234-5678", "090-1234-5678", "0752345678", "M-2026-001")
    assert [one for one in said if one not in words] == []


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("08001234567", "0800-123-4567"),
        ("0312345678", "03-1234-5678"),
        ("0771234567", "0771234567"),
    ],
)
def test_a_number_is_parted_only_where_its_parts_are_known(number: str, shown: str) -> None:
    assert phone_of(number) == shown


@pytest.mark.parametrize(
    "kind", ["estimate", "drawing", "prepare", "completion", "manual", "handover"]
)
def test_editions_are_told_from_the_second_on(tmp_path: Path, kind: Any) -> None:
    told = [
        {"paper": kind, "edition": 2, "on": datetime.date(2026, 11, 2), "change": "端末を追加"},
        {"paper": kind, "edition": 4, "on": datetime.date(2026, 11, 9), "change": "まだ先の話"},
    ]
    of = with_notes(tmp_path, "demo-dental", contract={"revisions": told})
    first, third = page(kind, of), text_of(kind, of, Issue(ON, edition=3))
    assert "改訂履歴" not in first
    assert "改訂履歴" in third
    assert "端末を追加" in third
    assert "まだ先の話" not in third
    assert (
        third.count("2026年11月30日(月)") > text_of(kind, of, ISSUE).count("2026年11月30日(月)") - 1
    )


def test_a_page_full_of_notes_still_hangs_on_the_wall_as_one(tmp_path: Path) -> None:
    require_pdf()
    notes = {"lamps": dict.fromkeys([*HOSTS, "card-reader"], FULL), "card_reader": {"model": FULL}}
    of = with_notes(tmp_path, "demo-dental", as_built=notes)
    made = to_pdf(to_html(paper_of("manual", of, ISSUE)))
    bare = to_pdf(to_html(paper_of("manual", dossier("demo-dental"), ISSUE)))
    with Pdf.open(io.BytesIO(made)) as pdf, Pdf.open(io.BytesIO(bare)) as other:
        assert len(pdf.pages) == len(other.pages)
