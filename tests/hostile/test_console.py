"""A console's text is read once, whatever it holds: the work grows as the text does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from onshi_net.platforms.yamaha import console, output
from onshi_net.platforms.yamaha.config import config_lines
from onshi_net.platforms.yamaha.difference import unlike
from onshi_net.platforms.yamaha.header import identity_of
from onshi_net.platforms.yamaha.masking import masked_line

SIZE = 100_000
SMALL = 15_000
SLOW_S = 0.5
"""Seconds of this thread; what is quadratic takes from ten to a thousand times more."""
TOKENS = (
    *("password", "password:", "Password: ", "---", "--- つづく ---", "more", "(Y/N)", "# ", "> "),
    *("\x1b[", "\x1b]", "\x1b[0;1", "\x1b(B", "\b", "\r", "\n", "\r\n", "\t", " ", "  ", ":", "："),
    *("(", ")", "1", "12/", "= 1/", "9 / 9 )", "packets transmitted", "Link Down", "1000BASE-T"),
    *("PORT1: ", "LAN1", "fe80::1/64", "fe80::1", "::", "1.2.3.4", "aa:bb:cc:dd:ee:ff", "RTX830"),
    *("Rev.15.02.31", "serial=", "default", "Error: ", "エラー：", "state", "dns server :", "pp1>"),
    *("[server]", "tunnel", "ip ", "ip filter 1 ", "console columns 80", "\\", "x", "漢", "\xff"),
)
SHAPES = st.tuples(
    st.lists(st.sampled_from(TOKENS), max_size=2).map("".join),
    st.lists(st.sampled_from(TOKENS), min_size=1, max_size=3).map("".join),
    st.lists(st.sampled_from(TOKENS), max_size=2).map("".join),
)
"""A beginning, what is repeated, an end."""


def grown(shape: tuple[str, str, str], size: int = SIZE) -> str:
    head, piece, end = shape
    return head + piece * (size // len(piece)) + end


def of_bytes(raw: bytes) -> None:
    console.first_prompt(raw)
    console.prompt_level(raw, b"RTX830")
    console.may_be_header(raw, b"")
    console.is_pager(raw)
    console.question(raw)
    console.password_question(raw)
    console.echo_end(raw, b"show config")


def by_pieces(raw: bytes) -> None:
    """What a session does at each piece that comes, be it a few letters."""
    held, echo = bytearray(), console.Echo(b"show status lan1")
    for at in range(0, 4000, 16):
        held += raw[at : at + 16]
        echo.end(held)
        last = console.ending(held)
        console.prompt_level(last, b"")
        console.password_question(last)


PARSERS: tuple[Callable[[str], Any], ...] = (
    console.error_of,
    identity_of,
    output.lan_status,
    output.ipv6_addresses,
    output.ipv6_routes,
    output.dhcp_states,
    output.arp_table,
    output.ping,
    output.lookup,
    config_lines,
    masked_line,
    lambda text: unlike(config_lines(text), config_lines(text[1:])),
)


def timed(work: Callable[[Any], Any], given: Any) -> float:
    begun = time.thread_time()
    work(given)
    return time.thread_time() - begun


@pytest.mark.parametrize("piece", ["x", "password", "\x1b[", "\x1b]", "\b", "1", " ", "---", "("])
@pytest.mark.parametrize("columns", [None, 80])
def test_a_row_of_100_kb_is_read_in_a_moment(piece: str, columns: int | None) -> None:
    raw = grown(("", piece, "")).encode()
    assert timed(of_bytes, raw) < SLOW_S
    assert timed(lambda one: console.answer_text(one, columns=columns), raw) < SLOW_S


@given(SHAPES)
@example(("エラー：[server]", "\n\r\n", ""))
@settings(phases=(Phase.explicit, Phase.generate))  # a slow example is as good as a short one
def test_the_work_on_any_shape_grows_as_the_text_does(shape: tuple[str, str, str]) -> None:
    assert slow_on(shape) == {}


@pytest.mark.parametrize("token", TOKENS)
def test_the_work_on_one_token_again_and_again_grows_as_the_text_does(token: str) -> None:
    assert slow_on(("", token, "")) == {}


def slow_on(shape: tuple[str, str, str]) -> dict[str, float]:
    text = grown(shape, SMALL)
    raw = text.encode("utf-8", "replace")
    return {
        getattr(work, "__name__", "?"): seconds
        for work, given in (
            (of_bytes, raw),
            (by_pieces, raw),
            (lambda one: console.answer_text(one, columns=80), raw),
            *((parser, text) for parser in PARSERS),
        )
        if (seconds := timed(work, given)) > SLOW_S
    }


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=4), st.lists(st.integers(1, 5)))
def test_an_echo_is_found_where_it_is_however_it_comes(
    before: bytes, command: bytes, sizes: list[int]
) -> None:
    raw = before + command + b"\r\n"
    echo, held, found = console.Echo(command), bytearray(), -1
    for size in [*sizes, len(raw)]:
        held += raw[len(held) : len(held) + size]
        if found < 0:
            found = echo.end(held)
    whole = console.echo_end(raw, command)
    assert (found < 0) == (whole < 0)
    assert found <= len(raw)
