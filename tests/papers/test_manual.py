"""The manual: page 1 for eight in the morning, and the site's records behind it."""

from __future__ import annotations

import pytest

from onshi_net.papers.contacts import DESK, FUND
from onshi_net.papers.manual import manual_paper
from tests.papers.reading import ISSUE, dossier, page, text_of


def order(site: str) -> list[str]:
    return [row.cells[1] for row in manual_paper(dossier(site), ISSUE).lamps.rows]


def test_the_order_of_lamps_and_restart_is_the_sites_from_outside_in() -> None:
    assert order("demo-clinic") == [
        "ONU(回線終端装置)", "オン資ルーター", "オン資端末1", "カードリーダー", "レセコン1",
    ]  # fmt: skip
    assert order("demo-dental")[1:4] == [
        "分岐機器: ホームゲートウェイ(HGW)", "増設スイッチングHUB", "オン資ルーター",
    ]  # fmt: skip
    assert order("demo-pharmacy")[3:5] == [
        "スイッチングHUB",
        "オン資端末1、オン資端末2、オン資端末3",
    ]


@pytest.mark.parametrize(("site", "stops"), [("demo-dental", True), ("demo-clinic", False)])
def test_who_shares_the_line_with_telephones_is_warned(site: str, stops: bool) -> None:
    words = text_of("manual", dossier(site))
    assert ("携帯電話をお使いください" in words) == stops
    assert "「初期化」「RESET」のボタンは押さないでください" in words


def test_page_1_leads_to_the_number_that_answers_at_that_hour() -> None:
    made = page("manual", dossier("demo-dental"))
    wall = made[made.index('<section class="wall">') : made.index('<section class="inside')]
    marks = ("受付を止めない", "エラーコード", "ランプを上から順に", "電源を入れ直す", "電話する")
    assert [wall.index(one) for one in marks] == sorted(wall.index(one) for one in marks)
    for one in ("8時より前", FUND, DESK, "平日 9～17時", "毎日 9～21時", "2731234568", "CAF番号",
                "保守契約番号", "S5X000003", "いつから"):  # fmt: skip
        assert one in wall


def test_the_records_have_warranties_dates_and_contacts() -> None:
    paper = manual_paper(dossier("demo-clinic"), ISSUE)
    until = {row.cells[0]: row.cells[8] for row in paper.devices.rows}
    assert until == {
        "オン資ルーター": "2031/11/09",
        "オン資端末1": "2031/11/09",
        "ディスプレイ": "2029/11/09",
    }
    dates = {row.cells[0]: row.cells[1] for row in paper.dates.rows}
    assert dates["電子証明書(有効期間3年3か月)"].startswith("2030年2月")
    assert dates["オン資端末 Windows 10 Enterprise LTSC 2021のサポート"] == "2027年1月12日(火)"
    assert dates["オンライン資格確認再設定オプション"] == "2031/11/09"
    phones = [row.cells[2] for row in paper.contacts.rows]
    assert phones[0] == FUND
    assert phones[-1] == DESK
    words = text_of("manual", dossier("demo-clinic"))
    assert "UPSやサージタップ" in words
    assert "33,000円/回" in words


def test_lamps_that_nobody_recorded_are_not_made_up() -> None:
    lamps = manual_paper(dossier("demo-clinic"), ISSUE).lamps
    assert {row.cells[2] for row in lamps.rows} == {"未記録"}


def test_a_hub_has_no_period_that_the_brochure_names() -> None:
    rows = manual_paper(dossier("demo-pharmacy"), ISSUE).devices.rows
    (hub,) = (row for row in rows if row.cells[0] == "スイッチングHUB")
    assert hub.cells[7:] == ("記載なし", "記載なし")
