"""From the customer's own Excel file to a proven site: intake, survey, office, installation."""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.days import TODAY, working_day
from tests.lab.clinic import BIN, LIMIT_S, ROOT, Clinic, needs_root, was_too_busy

pytestmark = needs_root

EXAMPLE = ROOT.parent / "shared" / "examples" / "application-sheet.xlsx"
"""The brochure's form as filled in by two institutions; it does not come with every checkout."""
APPLICATION, SURVEY = "申込シート", "現地調査票"
CODE = "2711234566"
OTHER_CODE = "2741234566"
COMPANY = {
    "⑩": "医療法人みどり会",
    "⑪": "大阪府大阪市北区梅田1-2-3",
    "⑫": "緑川 太郎",
    "⑬": "0661234568",
    "⑭": "office@example.jp",
    "⑮": "09012345678",
    "⑯": "13:00～17:00",
}
INSTITUTIONS = {
    "みどり内科": {
        "①": "みどり内科クリニック",
        "②": CODE,
        "③": "5300001",
        "④": "大阪府大阪市北区梅田1-2-3 みどりビル2F",
        "⑤": "緑川 花子",
        "⑥": "0661234567",
        "⑦": "midori@example.jp",
        "⑧": "0661234567",
        "⑨": "10:00～12:00",
        **COMPANY,
    },
    "みどり薬局": {
        "①": "みどり薬局 梅田店",
        "②": OTHER_CODE,
        "③": "5300001",
        "④": "大阪府大阪市北区梅田1-2-4",
        "⑤": "薬師寺 一郎",
        "⑥": "0661234570",
        "⑦": "pharmacy@example.jp",
        "⑧": "0661234570",
        **COMPANY,
    },
}
"""What stands in `EXAMPLE`, by the number that each item begins with."""
LAB_SITE = "demo-clinic"


def ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days)


SURVEYED: dict[str, object] = {
    "医療機関コード": CODE,
    "現地調査実施日": ago(30),
    "回線の利用": "既設回線を利用",
    "回線品目": "フレッツ光ネクスト ファミリー・スーパーハイスピードタイプ隼",
    "回線の申込日": datetime.date(2024, 4, 1),
    "フレッツ・v6オプションの契約": "はい",
    "ひかり電話の契約": "いいえ",
    "回線をオン資専用で利用": "はい",
    "ONUの型番": "GE-PON-ONU",
    "ONUとルーターの間の機器": "なし",
    "ONUに(HUB経由を含め)ビジネスホンがつながっている": "いいえ",
    "ルーターから最も遠い端末までの配線長(m)": 15,
    "ルーターと端末は同じ建屋": "はい",
    "新たに敷設するLAN配線長(m)": 15,
    "高さ2m以上の作業がある": "いいえ",
    "露出配線でよい": "はい",
    "壁貫通が必要": "いいえ",
    "配管内配線・配管工事が必要": "いいえ",
    "電源タップが不足している": "いいえ",
    "オンライン資格確認端末の台数": 1,
    "連携するレセコン等の台数": 1,
    "レセコン側の設定作業者": "NTT西日本",
    "レセコンのOS": "Windows 11",
    "工事当日に管理者権限でログインできる": "はい",
    "訪問看護ステーション端末を設置する": "いいえ",
    "ルーターの機種": "RTX830",
    "ルーターのシリアル番号": "S5X000001",
    "端末ネットワーク": "10.51.1.0/24",
    "端末ネットワークのルーターアドレス": "10.51.1.1",
    "端末のアドレス": "10.51.1.11",
    "院内ネットワーク": "192.168.1.0/24",
    "院内ネットワークのルーターアドレス": "192.168.1.254",
    "院内ネットワークの既定ゲートウェイ": "192.168.1.1",
    "レセコンのアドレス": "192.168.1.21",
    "1 ポータルのアカウント登録": "済み",
    "2 v6オプションの申込み(既設回線)": "済み",
    "3 CAF番号の確認": "済み",
    "4 オンライン資格確認の利用申請": "済み",
    "4 オンライン請求を利用する": "いいえ",
    "5 電子証明書の利用申請": "済み",
    "5 電子証明書の発行日": ago(10),
    "6 電源タップの準備": "済み",
    "契約日": ago(40),
    "構成図の了承日": ago(15),
    "オフィスプライムサポートのプラン": "基本プランA",
}
"""What a survey of the lab's clinic finds."""


def answer(sheet: Worksheet, answers: Mapping[str, object]) -> None:
    """Writes answers behind the labels that begin with their keys; each key must be there."""
    left = dict(answers)
    for row in range(1, sheet.max_row + 1):
        label = str(sheet.cell(row, 1).value or "")
        key = next((one for one in left if one in {label, label[:1]}), None)
        if key is not None:
            sheet.cell(row, 3).value = left.pop(key)
    assert not left, f"no such item in {sheet.title}: {list(left)}"


def onshi(
    *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `onshi` in the office, where no lab is."""
    command = [str(BIN / "onshi"), "--lang", "en", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=env
    )


def application(folder: Path) -> Path:
    """The customer's file: the example where it is at hand, else the same on the empty form."""
    if EXAMPLE.exists():
        return EXAMPLE
    file = folder / "application.xlsx"
    if file.exists():
        return file
    made = onshi("intake", "--template", str(file))
    assert made.returncode == 0, made.stderr
    book = openpyxl.load_workbook(file)
    form = book[APPLICATION]
    for title, answers in INSTITUTIONS.items():
        sheet = book.copy_worksheet(form)
        sheet.title = title
        answer(sheet, answers)
    book.save(file)
    return file


def with_survey(application_file: Path, folder: Path) -> Path:
    """The customer's file with the survey's form in it, filled in for the first site."""
    template, file = folder / "template.xlsx", folder / "surveyed.xlsx"
    made = onshi("intake", "--template", str(template))
    assert made.returncode == 0, made.stderr
    book = openpyxl.load_workbook(application_file)
    if SURVEY in book:
        del book[SURVEY]
    survey = book.create_sheet(SURVEY)
    for row in openpyxl.load_workbook(template)[SURVEY].iter_rows():
        for cell in row:
            survey[cell.coordinate].value = cell.value
    answer(survey, SURVEYED)
    book.save(file)
    return file


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What intake makes of the customer's file, and then of the survey's answers."""
    folder = tmp_path_factory.mktemp("office")
    target = folder / "inventory"
    first = onshi("intake", str(application(folder)), "--out", str(target))
    assert first.returncode == 0, first.stderr
    assert sorted(path.name for path in (target / "sites").iterdir()) == [CODE, OTHER_CODE]
    surveyed = with_survey(application(folder), folder)
    again = onshi("intake", str(surveyed), "--out", str(target), "--update")
    assert again.returncode == 0, again.stderr
    assert "hosts.yaml" in again.stdout
    return target


@pytest.fixture
def clinic(inventory: Path, tmp_path: Path) -> Iterator[Clinic]:
    """The lab's clinic, which the surveyed site describes."""
    lab = Clinic.raise_up(LAB_SITE, tmp_path)
    yield replace(lab, site=CODE, inventory=inventory)
    lab.down()


def secrets_of(clinic: Clinic) -> dict[str, str]:
    """The lab's secrets under the names that intake gave their references."""
    theirs, ours = (f"ONSHI_SECRET_{name}_" for name in ("DEMO_CLINIC", CODE))
    told = dict(
        line.split("=", 1)
        for line in clinic.lab("exec", "laptop", "--", "env", "-0").split("\0")
        if line.startswith(theirs)
    )
    assert told
    return {ours + name.removeprefix(theirs): value for name, value in told.items()}


def test_the_office_finds_that_the_site_may_be_built(inventory: Path) -> None:
    here = ("--inventory", str(inventory))
    assessed = onshi(*here, "assess", CODE)
    assert assessed.returncode == 0, assessed.stdout
    assert "◎" in assessed.stdout
    on = onshi(*here, "ready", CODE, "--on", working_day().isoformat())
    assert on.returncode == 0, on.stdout
    priced = onshi(*here, "estimate", CODE)
    assert priced.returncode == 0, priced.stdout
    assert "¥" in priced.stdout


def test_the_unsurveyed_site_may_not_yet(inventory: Path) -> None:
    assert onshi("--inventory", str(inventory), "assess", OTHER_CODE).returncode == 11


def test_the_site_is_installed_and_proven(clinic: Clinic) -> None:
    env = {**os.environ, **secrets_of(clinic)}

    def on_site(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = clinic.command([arguments[0], CODE, *arguments[1:]])
        return subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=env
        )

    change = on_site("provision", "--yes")
    assert change.returncode == 0, change.stdout + change.stderr
    while was_too_busy((green := on_site("verify")).stdout):
        pass
    assert green.returncode == 0, green.stdout + green.stderr
