"""Japanese lines are broken between phrases, fit the terminal, and lose no letter."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from onshi_net import i18n
from onshi_net.cli.lines import NEVER_FIRST, NEVER_LAST, broken
from onshi_net.cli.output import CleanConsole

SENTENCE = "ルーターのLANポート1・2にお客さまの機器をつなぐ予定があるか、まだ確認できていません。"
LETTERS = st.text(st.sampled_from("あいルー漢字、。」（ 　LAN12/.[]x\n"), max_size=120)
SENTENCES = st.sampled_from([entry["ja"] for entry in i18n.catalogue("checks").values()])


def shown(text: str, width: int) -> list[str]:
    return broken(Text(text), width).plain.split("\n")


@given(LETTERS | SENTENCES, st.integers(20, 90))
@example(SENTENCE, 40)
def test_every_line_fits_and_no_letter_is_lost(text: str, width: int) -> None:
    lines = shown(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    if any(letter > "぀" for letter in text):
        whole = [part for part in text.split("\n") if any(letter > "぀" for letter in part)]
        assume(whole)
        made = [line for part in whole for line in shown(part, width)]
        assert all(cell_len(line) <= width for line in made), made


@given(SENTENCES, st.integers(30, 90))
def test_no_line_of_ours_begins_with_a_mark(text: str, width: int) -> None:
    for part in text.split("\n"):
        for line in shown(part, width)[1:]:
            assert line.strip()[:1] not in NEVER_FIRST, line


@given(SENTENCES, st.integers(40, 90))
@example("つないで測定した結果です(2026年12月1日(火) 13:50に測定)。router-1.example/admin-2", 40)
def test_no_number_and_no_name_is_cut(text: str, width: int) -> None:
    for part in text.split("\n"):
        lines = shown(part, width)
        for line, after in pairwise(lines):
            end, begin = line.rstrip()[-1:], after.strip()[:1]
            cut = end.isalnum() and end.isascii() and begin.isalnum() and begin.isascii()
            assert not cut or f"{end}{begin}" not in part, (line, after)
            assert end not in NEVER_LAST, line


@given(st.text(st.characters(max_codepoint=0x2FFF), max_size=200), st.integers(1, 90))
def test_what_holds_no_japanese_stays_as_it_is(text: str, width: int) -> None:
    one = Text(text)
    assert broken(one, width) is one


@pytest.mark.parametrize("width", [80, 60, 44, 30])
def test_a_phrase_stays_whole_and_goes_on_below_where_its_line_began(width: int) -> None:
    lines = shown(f"    {SENTENCE}", width)
    assert {len(line) - len(line.lstrip()) for line in lines} == {4}
    for phrase in ("機器を", "確認できていません。", "LANポート1・2に"):
        assert any(phrase in line for line in lines)


def test_styles_tables_and_soft_lines_go_the_same_way() -> None:
    out = io.StringIO()
    console = CleanConsole(file=out, width=40, force_terminal=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("a", no_wrap=True)
    table.add_column("b")
    table.add_row("短い", SENTENCE)
    console.print(table)
    console.print(SENTENCE, soft_wrap=True)
    console.print(SENTENCE, style="red")
    told = out.getvalue().splitlines()
    assert SENTENCE in told
    assert all(cell_len(line) <= 40 for line in told if line != SENTENCE)
    assert not any(line.strip()[:1] in NEVER_FIRST for line in told if line.strip())


def test_a_style_stays_on_its_letters() -> None:
    made = broken(Text.assemble((SENTENCE, "red"), "終わりです。"), 30)
    red = "".join(made.plain[span.start : span.end] for span in made.spans if span.style == "red")
    assert "".join(red.split()) == SENTENCE
