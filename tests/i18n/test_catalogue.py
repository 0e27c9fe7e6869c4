"""Every message is there in both languages, and every id that is used exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from onshi_net import i18n

ROOT = Path(__file__).parents[2]
AREAS = sorted(file.stem for file in (ROOT / "onshi_net/i18n/catalogue").glob("*.toml"))


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same(area: str) -> None:
    for name, entry in i18n.catalogue(area).items():
        assert set(entry) == {"en", "ja"}, name
        assert fields(entry["en"]) == fields(entry["ja"]), name


@pytest.mark.parametrize("area", AREAS)
def test_the_japanese_is_japanese_where_the_english_has_words(area: str) -> None:
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    for name, entry in i18n.catalogue(area).items():
        if name.endswith(".clause"):
            continue  # standards are cited in their own words
        words = re.sub(r"\{[^}]*\}", "", entry["en"])
        if len(re.findall(r"[a-z]{3,}", words)) >= 3:
            assert japanese.search(entry["ja"]), name


def test_every_id_that_is_asked_for_exists() -> None:
    literal = re.compile(r"""\btext\(\s*"([a-z-]+)\.([A-Za-z0-9_.-]+)"\s*[,)]""")
    missing = [
        f"{file.relative_to(ROOT)}: {area}.{name}"
        for file in sorted((ROOT / "onshi_net").rglob("*.py"))
        if file.parts[-2] != "i18n"
        for area, name in literal.findall(file.read_text(encoding="utf-8"))
        if name not in i18n.catalogue(area)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "ja"),
        ({"LANG": "C.UTF-8"}, "ja"),
        ({"LANG": "POSIX"}, "ja"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "ja_JP.UTF-8", "LANG": "en_US.UTF-8"}, "ja"),
        ({"ONSHI_LANG": "en", "LC_ALL": "ja_JP.UTF-8"}, "en"),
    ],
)
def test_the_locale_decides_and_japanese_where_it_says_nothing(
    environment: dict[str, str], expected: str
) -> None:
    assert i18n.language_of_locale(environment) == expected


def test_an_unknown_id_is_an_error() -> None:
    with pytest.raises(KeyError):
        i18n.text("errors.no-such-message")
