"""The hand-over sheet: enough to set up, test and undo without a call, and no password."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onshi_net.model.survey import Survey
from onshi_net.model.windows import WindowsFacts
from onshi_net.papers.handover import handover_paper
from tests.papers.reading import ISSUE, dossier, text_of


def test_a_pc_has_its_route_credential_tests_and_way_back() -> None:
    of = dossier("demo-clinic")
    (sheet,) = handover_paper(of, ISSUE).sheets
    values = [row.cells[2] for row in sheet.values.rows]
    assert values == [
        "10.51.1.0",
        "255.255.255.0",
        "192.168.1.254",
        "はい(再起動後も有効)",
        "10.51.1.11、10.51.1.11\\onslink",
        "別にお渡しします(方法: ＿＿＿＿)",
        "\\\\10.51.1.11\\REQ",
    ]
    words = text_of("handover", of)
    for one in (
        "route -p add 10.51.1.0 mask 255.255.255.0 192.168.1.254",
        "Test-NetConnection 10.51.1.11 -Port 445",
        "route delete 10.51.1.0 mask 255.255.255.0",
        "0120-087-033",
    ):
        assert one in words
    assert len(sheet.tests) == 3


def test_each_pc_has_a_sheet_with_every_terminal() -> None:
    sheets = handover_paper(dossier("demo-pharmacy"), ISSUE).sheets
    assert [one.name for one in sheets] == ["レセコン1", "レセコン2"]
    values = [row.cells[2] for row in sheets[0].values.rows]
    assert [f"\\\\10.51.1.{n}\\REQ" in values for n in (11, 12, 13)] == [True] * 3


@pytest.mark.parametrize(
    ("work_by", "words"),
    [
        ("vendor", "ベンダー様が行います"),
        ("customer", "お客さまが行います"),
        (None, "行う方は未確認"),
        ("ntt", "弊社が行います"),
    ],
)
def test_it_says_who_sets_it_up(work_by: str | None, words: str) -> None:
    of = dossier("demo-clinic")
    receipt = {"work_by": work_by} if work_by else {}
    of = replace(of, case=replace(of.case, survey=Survey.model_validate({"receipt": receipt})))
    assert words in text_of("handover", of)


def test_a_route_on_the_clinics_device_is_a_sheet_of_its_own_and_on_no_pc() -> None:
    of = dossier("demo-clinic")
    facts = WindowsFacts.model_validate({"receipt": {"route": "clinic-device"}})
    of = replace(of, draft=of.draft.model_copy(update={"windows": facts}))
    gateway, pc = handover_paper(of, ISSUE).sheets
    assert gateway.name == "院内のゲートウェイ(既設)"
    assert gateway.values.rows[2].cells[2] == "192.168.1.254"
    assert not any("ルーティング" in row.cells[0] for row in pc.values.rows)


def test_without_networks_nothing_is_guessed(unknown) -> None:
    (sheet,) = handover_paper(unknown, ISSUE).sheets
    assert [row.cells[2] for row in sheet.values.rows[:3]] == ["未確認"] * 3
    assert not any(step.more for step in (*sheet.entering, *sheet.undoing))
