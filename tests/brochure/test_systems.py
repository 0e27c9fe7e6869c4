"""The receipt PCs' systems as people write them, and what is set up and charged."""

from __future__ import annotations

import datetime
import unicodedata

import pytest

from onshi_net.brochure import assess, estimate
from onshi_net.brochure.systems import fleet, systems

ON = datetime.date(2026, 11, 25)
FRONTS = [
    "Windows",
    "windows ",
    "WINDOWS-",
    "Win",
    "win ",
    "ウィンドウズ",
    "ウインドウズ ",
    "Microsoft Windows ",
]
TAILS = [
    "",
    "Pro",
    " Pro",
    " Home",
    "Pro 64bit",
    " Enterprise LTSC 2021",
    " 22H2",
    "(64ビット)",
    "プロ",
    " IoT",
]
BAD = ["7", "8", "8.1", "XP", "Vista", "2000", "Server 2019", "Server2022", "Server 2016 Standard"]


def good_of(written):
    return [one.good for one in systems(written)]


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("version", ["10", "11"])
@pytest.mark.parametrize("tail", TAILS)
def test_windows_10_and_11_will_do(front, version, tail):
    written = f"{front}{version}{tail}"
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in written)
    narrow = unicodedata.normalize("NFKC", written)
    assert good_of(written) == good_of(wide) == good_of(narrow) == [True], written


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("version", BAD)
def test_other_windows_will_not(front, version):
    assert good_of(f"{front}{version}") == [False]


@pytest.mark.parametrize(
    "written",
    ["macOS 14", "Mac", "マックOS", "Ubuntu 22.04", "Linux", "リナックス", "Server 2019", "iPad"],
)
def test_other_systems_will_not(written):
    assert good_of(written) == [False]


@pytest.mark.parametrize(
    ("written", "good"),
    [
        ("", []),
        ("最新", []),
        ("Windows", [None]),
        ("Windows 10以外", [None]),
        ("Windows 7以降", [None]),
        ("Windows 10以降", [True]),
        ("Windows 11?", [None]),
        ("Windows 10 (未確認)", [None]),
        ("10", [True]),
        ("11 Pro", [True]),
        ("7", [False]),
        ("Windows 100", [None]),
        ("Windows 10/11", [True, True]),
        ("Windows 10・7", [True, False]),
        ("Windows10 Pro、Windows7 Pro", [True, False]),
        ("1台目Win11 2台目Win8.1", [True, False]),
        ("レセコン: Windows 10　電子カルテ: macOS", [True, False]),
    ],
)
def test_what_an_answer_names(written, good):
    assert good_of(written) == good


@pytest.mark.parametrize(
    ("written", "count", "charged", "rules"),
    [
        ("Windows11Pro", 1, 1, ["os-fine"]),
        ("Windows11Pro", 3, 3, ["os-fine"]),
        ("Windows 7", 3, 0, ["os-wrong"]),
        ("Windows 10 / Windows 7", 2, 1, ["os-wrong"]),
        ("Windows 10 / Windows 11", 2, 2, ["os-fine"]),
        ("Windows 10 / Windows 11", 5, 5, ["os-fine"]),
        ("Windows 10 2台、Windows 7 1台", 3, 2, ["os-wrong"]),
        ("2台はWindows 10、1台はWindows 7", 3, 2, ["os-wrong"]),
        ("Windows 10 1台、Windows 7 2台", 3, 1, ["os-wrong"]),
        ("Windows 10×2、Windows 7×1", 3, 2, ["os-wrong"]),
        ("Windows 10 / Windows 7", 4, 3, ["os-open", "os-wrong"]),
        ("Windows 10 / Windows", 2, 2, ["os-open"]),
        ("Windows", 2, 2, ["os-open"]),
        (None, 2, 2, ["os-open"]),
        ("わからない", 2, 2, ["os-open"]),
    ],
)
def test_a_pc_that_cannot_be_set_up_is_not_charged(case, written, count, charged, rules):
    one = case({"receipt.count": count, "receipt.os": written})
    found = assess(one, on=ON)
    told = [f.rule.removeprefix("receipt.") for f in found.findings if ".os-" in f.rule]
    assert told == rules
    lines = {line.price.id: line.quantity for line in estimate(one, on=ON).lines}
    assert lines.get("receipt-work", 0) == charged
    assert found.eligible


@pytest.mark.parametrize(
    "written",
    [
        f"{before}{system}{after}"
        for system in ("Windows10", "ウィンドウズ11", "Win 11 Pro")
        for before, after in (
            ("", "（たぶん）"),
            ("恐らく", ""),
            ("", "と思います"),
            ("", "かもしれない"),
            ("", "ではない"),
            ("", "に更新予定"),
            ("", " 要確認"),
            ("", "らしい"),
        )
    ],
)
def test_a_guess_a_negation_or_a_plan_is_no_answer(written: str) -> None:
    assert fleet(written, 1).is_open


@pytest.mark.parametrize("apart", ["、", " / ", "・", "と"])
def test_a_version_alone_after_a_number_of_pcs_is_counted(apart: str) -> None:
    found = fleet(f"Windows 10 2台{apart}7 1台", 3)
    assert (found.bad_count, found.is_open) == (1, False)


def test_a_processor_is_no_number_of_pcs() -> None:
    found = fleet("Windows 10 x64、Windows 7 x86", 2)
    assert (found.bad_count, found.is_open) == (1, False)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("XP", "Windows XP"),
        ("11pro", "Windows 11"),
        ("MacOS 14", "MacOS"),
        ("win vista", "Windows VISTA"),
    ],
)
def test_a_system_is_named_as_people_know_it(written, name):
    assert [one.name for one in systems(written)] == [name]


@pytest.mark.parametrize(
    ("written", "name", "good"),
    [
        ("Windows 10.0", "Windows 10.0", True),
        ("Windows Pro", "Windows Pro", None),
        ("Windows 11 pro", "Windows 11", True),
    ],
)
def test_a_version_counts_and_an_edition_stands_in_only_where_there_is_none(written, name, good):
    assert [(one.name, one.good) for one in systems(written)] == [(name, good)]
