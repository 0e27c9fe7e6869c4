"""The console's bytes: transcripts as data with their sources, and laws by Hypothesis."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.platforms.yamaha import console
from onshi_net.platforms.yamaha.header import identity_of

# A published RTX1300 console log (docs/sources.md): the echo breaks at 79 of 80 columns.
WRAPPED = (
    (
        "dhcp scope 10 192.168.128.100-192.168.128.199/24 gateway 192.168.128.1 expire 12",
        "# ",
    ),
    (
        "ip lan3/2 secure filter out 2100 2101 2102 2103 2104 dynamic 3000 3001 3010 3011 3020",
        "# ",
    ),
)


@pytest.mark.parametrize(("command", "prompt"), WRAPPED)
def test_echo_is_found_where_the_router_broke_it(command: str, prompt: str):
    shown = prompt + command
    raw = "\r\n".join(shown[n : n + 79] for n in range(0, len(shown), 79)).encode()
    raw += b"\r\nanswer"
    assert raw[console.echo_end(raw, command.encode()) :] == b"\r\nanswer"


BREAKS = st.lists(st.sampled_from([b"\r", b"\n", b"\x1b[K", b"\x1b[1;5H"]), max_size=3).map(
    b"".join
)


@given(
    st.text("xyz", max_size=9), st.lists(st.tuples(BREAKS, st.sampled_from(b"ab #1")), min_size=1)
)
def test_an_echo_ends_where_its_last_letter_stands(before: str, said: list[tuple[bytes, int]]):
    command = bytes(letter for _, letter in said)
    raw = b"".join(breaks + bytes([letter]) for breaks, letter in said)
    end = console.echo_end(raw + b"\r\n# ", command)
    assert end == len(raw)
    assert console.echo_end(raw[:-1], command) == -1
    assert console.echo_end(before.encode() + raw, command) == len(before) + end


@pytest.mark.parametrize(
    ("said", "error"),
    [
        # the same log, and a published message table with the full-width colon
        ("Error: Invalid command name", "Invalid command name"),
        ("エラー: コマンド名を確認してください", "コマンド名を確認してください"),
        ("エラー：パラメータの数が不適当です", "パラメータの数が不適当です"),
        ("セーブ中... CONFIG0 終了", None),
        ("Password Strength : Strong", None),
        ("", None),
    ],
)
def test_error_lines_of_both_languages(said: str, error: str | None):
    assert console.error_of(said) == error


@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "utf-8"])
@pytest.mark.parametrize(
    "text", ["エラー: コマンド名を確認してください", "セーブ中... CONFIG0 終了", "---つづく---"]
)
def test_encoding_is_told_by_the_bytes(text: str, codec: str):
    assert console.decode(text.encode(codec)) == text


@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "utf-8"])
def test_pager_is_seen_in_every_encoding(codec: str):
    assert console.is_pager(b"ip filter 1\r\n" + "---つづく---".encode(codec))
    assert not console.is_pager("---つづく---\r\nip filter 2".encode(codec))


@pytest.mark.parametrize(
    "shown",
    [
        "---つづく---\r            \rip filter 2 pass * *",
        "---つづく---\r\x1b[Kip filter 2 pass * *",
        "---つづく---" + "\b \b" * 12 + "ip filter 2 pass * *",
        "---つづく---" + "\b" * 12 + " " * 12 + "\b" * 12 + "ip filter 2 pass * *",
        "---つづく---            ip filter 2 pass * *",  # glued, as in a published capture
    ],
)
def test_pager_leaves_the_row_behind_it_alone(shown: str):
    assert console.answer_text(shown.encode("cp932")) == "ip filter 2 pass * *"


@pytest.mark.parametrize(
    ("row", "prefix", "level"),
    [
        (b"# ", b"", "#"),
        (b"> ", b"", ">"),
        (b"\r\n\x1b[1m# ", b"", "#"),
        (b"RTX830# ", b"RTX830", "#"),
        (b"RTX830pp1# ", b"RTX830", "#"),
        (b"tunnel1# ", b"", "#"),
        (b"# RTX830 Rev.15.02.31", b"", None),
        (b"description 1 a# ", b"", None),
        (b"# ", b"RTX830", None),
        (b"# \r\n", b"", None),
    ],
)
def test_prompt_is_a_whole_last_row(row: bytes, prefix: bytes, level: str | None):
    assert console.prompt_level(b"some answer\r\n" + row, prefix) == level


def test_lone_comment_mark_after_comments_may_grow():
    assert console.may_be_header(b"\r\n# RTX830 Rev.15.02.31\r\n# ", b"")
    assert console.may_be_header(b"\r\n# ", b"")
    assert not console.may_be_header(b"\r\n# RTX830\r\nip lan1 address 1.2.3.4/24\r\n# ", b"")
    assert not console.may_be_header(b"\r\n# ", b"RTX830")


WORDS = st.text(
    alphabet=st.sampled_from("abcdefghij0123456789.:/-*オン資設定ー①"), min_size=1, max_size=90
)
LINES = st.builds(
    lambda words: " ".join(["ip filter", *words]), st.lists(WORDS, min_size=0, max_size=8)
)


def broken(line: str, full: int) -> list[str]:
    """Breaks a line as a router does: never inside a double-width character."""
    rows, row = [], ""
    for char in line:
        if console.width(row + char) > full:
            rows.append(row)
            row = ""
        row += char
    return [*rows, row]


@given(st.lists(LINES, max_size=12), st.sampled_from([79, 80]))
def test_unwrapping_undoes_wrapping(lines: list[str], full: int):
    wrapped = [row for line in lines for row in broken(line, full)]
    if full == 80 and not any(console.width(row) == 80 for row in wrapped):
        return  # nothing tells that the width is 80; such rows end early by a wide character only
    assert console.unwrap(wrapped, 80) == lines


@given(
    st.lists(LINES, max_size=12), st.integers(5, 30), st.sampled_from(["cp932", "euc_jp", "utf-8"])
)
def test_pages_and_rows_give_every_line_once(lines: list[str], page: int, codec: str):
    shown = []
    rows = [row for line in lines for row in broken(line, 79)]
    for number, row in enumerate(rows):
        pager = "---つづく---\r            \r" if number and number % page == 0 else ""
        shown.append(pager + row)
    raw = "\r\n".join(shown).encode(codec, errors="ignore")
    kept = [line.encode(codec, errors="ignore").decode(codec) for line in lines]
    if kept == lines:
        assert console.answer_text(
            raw,
            character={"cp932": "ja.sjis", "euc_jp": "ja.euc"}.get(codec, "ja.utf8"),
            columns=80,
        ).split("\n") == (lines or [""])


@given(st.binary(max_size=400))
def test_any_bytes_are_answered_without_failing(raw: bytes):
    console.decode(raw)
    console.answer_text(raw, columns=80)
    console.first_prompt(raw)
    console.prompt_level(raw, b"x")
    console.may_be_header(raw, b"")
    console.is_pager(raw)
    console.password_question(raw)
    assert "\x1b[" not in console.answer_text(raw) or re.search(rb"\x1b", raw)


def test_identity_is_read_from_the_header():
    # Shape: a published RTX1300 capture (docs/sources.md); values made up.
    header = (
        "# RTX1300 Rev.23.00.04 (Wed Aug 10 11:40:27 2022)\n"
        "# MAC Address : ac:44:f2:00:00:00 - ac:44:f2:00:00:07\n"
        "# Memory 1024Mbytes, 8LAN\n"
        "# main:  RTX1300 ver=00 serial=S78000000 MAC-Address=ac:44:f2:00:00:00\n"
    )
    found = identity_of(header)
    assert (found.model, str(found.firmware), found.serial) == ("RTX1300", "23.00.04", "S78000000")
    assert found.macs == ("ac:44:f2:00:00:00", "ac:44:f2:00:00:07")
    assert identity_of("").model is None


@pytest.mark.parametrize(
    ("header", "shown", "firmware", "serial"),
    [
        (  # Shape: published headers of routers that NTT sells (docs/sources.md); values made up.
            "# N1200 Rev.10.01.26 (Fri Jan 21 19:45:55 2011)\n"
            "# MAC Address : 00:a0:de:00:00:91, 00:a0:de:00:00:92\n"
            "# Memory 128Mbytes, 3LAN, 1BRI\n"
            "# main:  N1200 ver=c0 serial=S4H000001 MAC-Address=00:a0:de:00:00:91\n",
            "N1200 (RTX1200)",
            "10.01.26",
            "S4H000001",
        ),
        (
            "#\tN58i Rev.9.01.36 (Fri Nov 21 18:14:37 2008)\n"
            "#\t\tmain:  N58i ver=c0 serial=D29000001\n",
            "N58i (RT58i)",
            "9.01.36",
            "D29000001",
        ),
        ("# Something-New Rev.30.00.01b (2031)\n", "Something-New", "None", None),
        ("# Welcome to the clinic\nip route default gateway 192.0.2.1\n", "Welcome to the clinic",
            "None", None),
        ("", "?", "None", None),
    ],
)  # fmt: skip
def test_a_header_of_another_seller_is_read_and_one_that_can_not_be_is_shown(
    header: str, shown: str, firmware: str, serial: str | None
) -> None:
    found = identity_of(header)
    assert (found.shown, str(found.firmware), found.serial) == (shown, firmware, serial)
