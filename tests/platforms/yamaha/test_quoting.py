"""Nothing reaches a router line that is not plainly a word, whatever is tried."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import InputError
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.platforms.yamaha.quoting import MAX_LINE, MAX_WORD, check_line, router_word
from onshi_net.platforms.yamaha.render import router_config
from tests.conftest import EXAMPLES

META = set("\"'`;\\|<>?#!&()[]{}^$ \t\r\n") | {chr(c) for c in range(32)}


@given(st.text(max_size=300))
def test_a_word_is_answered_unchanged_or_refused(value: str) -> None:
    try:
        word = router_word(value)
    except InputError:
        return
    assert word == value
    assert 1 <= len(word) <= MAX_WORD
    assert word.isascii()
    assert not META & set(word)


@given(st.text(max_size=80))
def test_a_line_that_passes_is_words_with_single_blanks(value: str) -> None:
    try:
        line = check_line(value)
    except InputError:
        return
    assert line == value
    assert all(line.split(" "))
    assert not (META - {" "}) & set(line)


@given(st.text(min_size=1, max_size=40))
def test_no_value_of_the_intent_can_add_a_line_or_a_word(value: str) -> None:
    intent = site_intent(load_site(EXAMPLES, "demo-clinic")).router
    plain = router_config(intent)
    spoilt = dataclasses.replace(intent, ntp_server=value, site=value)
    try:
        lines = router_config(spoilt)
    except InputError:
        return
    assert [len(line.split(" ")) for line in lines] == [len(line.split(" ")) for line in plain]


@pytest.mark.parametrize(
    "bad", ["", "a b", "a?", "a#b", "a|b", "a>b", "a\nb", "あ", "ａ", "a" * 256]
)
def test_words_that_a_router_would_take_otherwise_are_refused(bad: str) -> None:
    with pytest.raises(InputError):
        router_word(bad)


def test_every_other_printable_character_is_refused() -> None:
    """What lines of the reference need in a word, and nothing of chapter 2's own signs."""
    taken = set()
    for character in map(chr, range(256)):
        try:
            router_word(f"a{character}b")
        except InputError:
            continue
        taken.add(character)
    letters = {one for one in map(chr, range(128)) if one.isalnum()}
    assert taken == letters | set("*.:/_@,=+%~-")


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        (f"description {'x' * MAX_WORD}", True),
        (" ".join(["ip", *["x" * 99] * 40, "y" * (MAX_LINE - 4003)]), True),
        (" ".join(["ip", *["x" * 99] * 40, "y" * (MAX_LINE - 4002)]), False),
        ("1 filter", False),
        ("*", False),
        ("-x y", False),
        ("", False),
        (" ip routing on", False),
        ("ip  routing on", False),
    ],
)
def test_a_line_begins_with_a_letter_and_fits(line: str, taken: bool) -> None:
    if taken:
        assert check_line(line) == line
        return
    with pytest.raises(InputError):
        check_line(line)
