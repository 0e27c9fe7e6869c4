"""What holds of every paper of every example site, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from onshi_net.i18n import LANGUAGES, set_language, text
from onshi_net.papers import KINDS, Issue, Kind
from onshi_net.papers.head import number_of
from tests.conftest import SITES
from tests.pages import Page
from tests.papers.reading import ON, dossier, page, text_of

INTERNAL = re.compile(
    r"terminal-\d|receipt-\d|\brouter-admin|onsadmin|clinicadmin|\bonshi\b(?!-contact)|papers\.[a-z]"
    r"|brochure\.|\bNone\b|\bTrue\b(?!」)|\bFalse\b|\{[a-z_]+\}|provision|基準状態|レプトン|\[[a-z]+\.[a-z-]+\]"
)
"""Names of our own, keys, Python's words, clause ids, misreadings."""
SECRET = re.compile(r"onslink|パスワード[:：]\s*\S+\d")


def internal(words: str) -> list[str]:
    """What of a paper's words is not the clinic's; what a PC prints at a test is."""
    return INTERNAL.findall(re.sub(r"TcpTestSucceeded (?:: |is )True", "", words))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("site", SITES)
def test_a_page_is_whole_names_whose_it_is_and_nothing_internal(
    site: str, kind: Kind, language: str
) -> None:
    set_language(language)
    of = dossier(site)
    made = page(kind, of)
    words = Page(made).text
    assert f'<html lang="{language}">' in made
    assert of.institution.name in words
    assert number_of(of, kind) in words
    assert internal(words) == []
    if kind != "handover":
        assert SECRET.search(words) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_site_of_which_nothing_is_known_has_every_paper_and_each_says_so(
    unknown, kind: Kind
) -> None:
    words = text_of(kind, unknown)
    assert "未確認" in words
    assert internal(words) == []


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_text_and_nothing_else(kind: Kind) -> None:
    hostile = '<script>alert("1")</script>&amp;</svg>'
    of = dossier("demo-clinic")
    institution = of.institution.model_copy(update={"name": hostile})
    of = replace(of, draft=of.draft.model_copy(update={"institution": institution}))
    assert hostile in text_of(kind, of)


def test_a_person_and_an_organisation_are_never_greeted_both_ways() -> None:
    for kind in KINDS:
        assert "御中 様" not in text_of(kind, dossier("demo-dental"))
    assert "デモ歯科医院 御中" in text_of("estimate", dossier("demo-dental"))


def test_one_thing_has_one_name_in_all_papers() -> None:
    other = re.compile(r"お客様|ルータ(?!ー)|ベンダ(?!ー)|サーバ(?!ー)|フォルダ(?!ー)")
    for kind in KINDS:
        assert other.search(text_of(kind, dossier("demo-pharmacy"))) is None


def test_from_the_second_edition_on_there_is_a_table_of_changes() -> None:
    of = dossier("demo-dental")
    assert text("papers.history") not in text_of("estimate", of)
    assert text("papers.history") in text_of("estimate", of, Issue(ON, edition=2))


@pytest.mark.parametrize("kind", ["estimate", "drawing"])
def test_neither_estimate_nor_drawing_is_an_order_or_an_invoice(kind: Kind) -> None:
    words = text_of(kind, dossier("demo-dental"))
    assert re.search(r"登録番号|申し込みます|注文書|請求書", words) is None


def test_the_drawing_has_no_price() -> None:
    words = text_of("drawing", dossier("demo-dental"))
    assert re.search(r"[¥円]|\d,\d{3}", words.replace("1枚", "")) is None
