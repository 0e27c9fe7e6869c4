"""Nothing reaches a router line that is not plainly a word, whatever is tried."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import InputError
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.render import router_config
from onshi_net.render.quoting import MAX_WORD, check_line, router_password, router_word
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


@given(st.text(max_size=60))
def test_a_password_is_one_word_for_the_router_and_never_shown(value: str) -> None:
    try:
        assert router_password(value) == value
    except InputError as error:
        if len(value) > 3:
            assert value not in str(error)
    else:
        assert not set(" \"'\\?|>#;\r\n") & set(value)


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
