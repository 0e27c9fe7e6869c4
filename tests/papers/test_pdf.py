"""The PDFs: A4, tagged (PDF/UA-1), in Japanese, with their fonts, no line that begins wrongly."""

from __future__ import annotations

import io
import re
import unicodedata
from itertools import pairwise

import pytest

from onshi_net.errors import InputError
from onshi_net.i18n import set_language, text
from onshi_net.papers import KINDS, Kind, pdf, to_pdf
from tests.conftest import SITES
from tests.papers.reading import dossier, elements, page, pages_of, pdf_of, require_pdf

pikepdf = pytest.importorskip("pikepdf")
CASES = [(site, kind) for site in SITES for kind in KINDS]
MOST_PAGES = {
    "estimate": 2,
    "prepare": 1,
    "drawing": 2,
    "handover": 2,
    "completion": 4,
    "manual": 7,
}


@pytest.fixture(autouse=True)
def _can_print() -> None:
    require_pdf()


@pytest.mark.parametrize(("site", "kind"), CASES)
def test_it_is_tagged_named_and_whole(site: str, kind: Kind) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(kind, site))) as made:
        root = made.Root
        assert str(root.Lang) == "ja"
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        with made.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
            assert dossier(site).institution.name in about["dc:title"]
        tags = list(elements(root.StructTreeRoot))
        names = [str(one.S)[1:] for one in tags]
        assert names.count("H1") == 1
        heads = [int(name[1]) for name in names if re.fullmatch(r"H\d", name)]
        assert all(after <= before + 1 for before, after in pairwise(heads))
        for one in tags:
            if str(one.S) == "/Figure":
                assert str(one.get("/Alt", ""))
        assert "TH" in names
        assert len(made.pages) <= MOST_PAGES[kind]
        for one in made.pages:
            sides = sorted(float(side) for side in one.mediabox[2:])
            assert sides == pytest.approx([595.28, 841.89], abs=0.1)
            for font in one.Resources.get("/Font", {}).values():
                (descendant,) = font.DescendantFonts
                about_font = descendant.FontDescriptor
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(about_font.keys())
                assert "NotoSans" in str(about_font.FontName).replace("-", "").replace(" ", "")


@pytest.mark.parametrize(("site", "kind"), CASES)
def test_every_page_says_whose_it_is_which_paper_and_where_it_stands(site: str, kind: Kind) -> None:
    pages = [unicodedata.normalize("NFKC", one) for one in pages_of(pdf_of(kind, site))]
    for number, words in enumerate(pages, 1):
        assert dossier(site).institution.name in words
        assert f"{number}/{len(pages)}" in words
        assert "版数1" in words.replace(" ", "")
        assert "0120-087-033" in words


def test_its_text_holds_the_values() -> None:
    words = unicodedata.normalize("NFKC", "".join(pages_of(pdf_of("estimate", "demo-dental"))))
    for one in ("427,075", "265,815", "101,860", "59,400", "38,825", "66,000", "2,750", "参考価格"):
        assert one in words
    drawn = unicodedata.normalize("NFKC", "".join(pages_of(pdf_of("drawing", "demo-dental"))))
    for one in ("LANポート1", "10.51.1.11", "192.168.0.254", "RX-600MI", "空き"):
        assert one in drawn


@pytest.mark.parametrize(("site", "kind"), CASES)
def test_no_line_begins_with_what_must_not_begin_one(site: str, kind: Kind) -> None:
    """JLReq 3.1.7: closing brackets, commas, full stops and the like never begin a line."""
    wrong = [
        line
        for words in pages_of(pdf_of(kind, site))
        for line in words.splitlines()
        if re.match(r"[、。）」』】ー々ゃゅょっァィゥェォッャュョ]", line) and len(line) > 1
    ]
    assert wrong == []


def test_the_same_page_is_the_same_pdf() -> None:
    made = page("prepare", dossier("demo-clinic"))
    assert to_pdf(made) == to_pdf(made)


def test_the_english_twin_says_that_it_is_english() -> None:
    set_language("en")
    with pikepdf.open(io.BytesIO(to_pdf(page("prepare", dossier("demo-clinic"))))) as made:
        assert str(made.Root.Lang) == "en"


def test_a_page_that_would_load_something_loads_nothing(caplog) -> None:
    html = '<html lang="ja"><title>x</title><img src="file:///etc/hostname" alt="x"></html>'
    assert to_pdf(html).startswith(b"%PDF")


def test_a_missing_font_or_library_is_a_sentence_with_what_to_do(monkeypatch) -> None:
    monkeypatch.setattr(pdf, "FONT", "No Such Font")
    with pytest.raises(InputError) as caught:
        to_pdf("<p>x</p>")
    assert "fonts-noto-cjk" in caught.value.faults[0].remedy


def test_without_pango_html_is_offered(monkeypatch) -> None:
    import builtins

    real = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError) as caught:
        to_pdf("<p>x</p>")
    assert "libpango" in caught.value.faults[0].problem
    assert ".html" in caught.value.faults[0].remedy


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("site", SITES)
def test_what_must_be_one_page_is_one_in_both_languages(site: str, language: str) -> None:
    """The list to tick off is faxed, the manual's first page hangs on a wall."""
    set_language(language)
    of = dossier(site)
    assert len(pages_of(to_pdf(page("prepare", of)))) == 1
    made = pages_of(to_pdf(page("manual", of)))
    wall, inside = ("".join(one.split()) for one in made[:2])
    assert of.institution.code in wall
    assert "".join(text("papers.manual.happened").split()) in wall
    assert "".join(text("papers.manual.inside").split()) in inside
