"""HTTP peers at a PC's address that nobody logged in to, plain and behind a pinned certificate."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from itertools import chain, count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import DeviceError
from onshi_net.inventory.secrets import Secret
from onshi_net.transport import bounds
from onshi_net.transport.windows import Endpoint
from onshi_net.transport.windows.challenge import ask_challenge, parse_challenge
from onshi_net.transport.windows.wsman import Link
from tests.windows.fake_pc import RECEIPT_ACCESS

from .certificates import server_context, sha256_of
from .peers import (
    MOST,
    NOISE,
    PIECE,
    Peer,
    Visit,
    after,
    bomb,
    endless,
    measured,
    once,
    playing,
    visited,
)  # fmt: skip

SMALL = replace(bounds.MESSAGE, answer_bytes=1 << 18, wire_bytes=1 << 18, question_s=0.6)
ASKED = replace(bounds.CHALLENGE, question_s=0.6)
COPIES = 8
"""So often what came in may be held at once: pieces, sum, text, the peer's own buffers."""
SLOWEST_S = 10.0
"""Far beyond the bounds, so that a busy machine proves nothing; endless is what the peers are."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/encrypted\r\n"
LOGIN = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n"
LAST = b"Content-Length: 0\r\n\r\n"
UNCOUNTED = b"Connection: close\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def _numbered() -> Iterator[bytes]:
    for number in count():
        yield b"".join(b"X-%d-%d: y\r\n" % (number, n) for n in range(2000))


def _with(status: bytes, coding: bytes, body: bytes) -> bytes:
    head = status + b"Content-Encoding: " + coding + b"\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


BOMB = bomb(MOST, "gzip")
PEERS = [
    Peer("silence", once()),
    Peer("half-closed", once(), half_closed=True),
    Peer("half-closed-in-a-header", once(OK), half_closed=True),
    Peer("noise", endless(NOISE)),
    Peer("zeros", endless(b"\0")),
    Peer("endless-status", after(b"HTTP/1.1 200 ", b"O")),
    Peer("endless-header", after(OK + b"X: ", b"y")),
    Peer("endless-headers", lambda: chain([OK], _numbered())),
    Peer("folded-header", after(OK + b"X: y\r\n", b" y\r\n")),
    Peer("endless-continue", endless(b"HTTP/1.1 100 Continue\r\n\r\n")),
    Peer("continue-with-headers", endless(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n")),
    Peer("endless-processing", endless(b"HTTP/1.1 102 Processing\r\n\r\n")),
    Peer("endless-body", after(OK + UNCOUNTED, b"z")),
    Peer("endless-login", after(LOGIN + UNCOUNTED, b"z")),
    Peer("endless-error", after(b"HTTP/1.1 503 No\r\n" + UNCOUNTED, b"z")),
    Peer("gigabytes", after(OK + b"Content-Length: 3221225472\r\n\r\n", b"z")),
    Peer("login-of-gigabytes", after(LOGIN + b"Content-Length: 3221225472\r\n\r\n", b"z")),
    Peer("length-of-40-digits", after(OK + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", b"z")),
    Peer("9000-digits", after(OK + b"Content-Length: 1" + b"9" * 8999 + b"\r\n\r\n", b"z")),
    Peer("negative-length", after(OK + b"Content-Length: -1\r\n\r\n", b"z")),
    Peer("two-lengths", after(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", b"z")),
    Peer("short-body", once(OK + b"Content-Length: 100\r\n\r\n", b"z"), half_closed=True),
    Peer("chunks", after(OK + CHUNKED, b"1\r\nz\r\n")),
    Peer("login-of-chunks", after(LOGIN + CHUNKED, b"1\r\nz\r\n")),
    Peer("a-chunk-of-gigabytes", after(OK + CHUNKED + b"ffffffffff\r\n", b"z")),
    Peer("endless-chunk-size", after(OK + CHUNKED, b"0")),
    Peer("endless-chunk-extension", after(OK + CHUNKED + b"1;", b"x")),
    Peer("endless-trailers", after(OK + CHUNKED + b"0\r\n", b"X: y\r\n")),
    Peer("negative-chunk", after(OK + CHUNKED + b"-5\r\n", b"z")),
    Peer("gzip", once(_with(OK, b"gzip", BOMB))),
    Peer("gzip-at-login", once(_with(LOGIN, b"gzip", BOMB))),
    Peer("gzip-as-error", once(_with(b"HTTP/1.1 500 No\r\n", b"x-gzip", BOMB))),
    Peer("deflate", once(_with(OK, b"deflate", bomb(MOST, "deflate")))),
    Peer("gzip-in-gzip", once(_with(OK, b"gzip, gzip", bomb(MOST, "gzip", "gzip")))),
    Peer("gzip-without-end", after(OK + b"Content-Encoding: gzip\r\n" + UNCOUNTED, BOMB)),
    Peer("nested", after(OK + UNCOUNTED, b"<a>")),
    Peer("redirect", once(b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:9/\r\n" + LAST)),
    Peer("redirect-with-a-body", after(b"HTTP/1.1 307 Go\r\nLocation: /\r\n" + UNCOUNTED, b"z")),
    Peer("a-hundred-challenges", once(LOGIN + b"WWW-Authenticate: NTLM TlRM\r\n" * 90 + LAST)),
    Peer("a-long-challenge", once(LOGIN[:-2] + b" " + b"TlRM" * 15000 + b"\r\n" + LAST)),
    Peer("a-cookie-jar", once(LOGIN + b"Set-Cookie: a=b; Path=/\r\n" * 90 + LAST)),
    Peer("strange-dates", once(LOGIN + b"Date: Mon, 99 Jan 99999999999 99:99:99 +9999\r\n" + LAST)),
    *(Peer(f"drips-{name}", once(data), drips=True) for name, data in {
        "status": OK * 9, "headers": LOGIN * 9, "body": OK + UNCOUNTED + b"z" * 999,
        "chunks": OK + CHUNKED + b"1\r\nz\r\n" * 99, "continue": b"HTTP/1.1 100 C\r\n\r\n" * 99,
    }.items()),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MESSAGE", SMALL)
    monkeypatch.setattr(bounds, "CHALLENGE", ASKED)


def log_in(port: int, certificate: bytes | None = None) -> None:
    """Does what `plan`, `verify` and `provision` do before they know who answers."""
    link = Link(
        Endpoint(ip_address("127.0.0.1"), tls=certificate is not None, port=port),
        RECEIPT_ACCESS,
        Secret("Canary-Password-77"),
        None if certificate is None else sha256_of(certificate),
        silence_s=6,
    )
    try:
        link.open()
    finally:
        link.drop()


def ask(port: int) -> object:
    """Asks what is asked before a login."""
    return ask_challenge(Endpoint(ip_address("127.0.0.1"), port=port), timeout_s=ASKED.question_s)


def test_every_login_ends_with_a_sentence_within_its_bounds() -> None:
    with measured() as growth:
        found = visited(PEERS, log_in)
    assert {name: visit.ended for name, visit in found.items() if not _is_told(visit)} == {}
    assert [name for name, visit in found.items() if visit.sent >= MOST or not visit.left] == []
    assert growth.bytes < len(PEERS) * SMALL.wire_bytes * COPIES


def test_every_question_before_a_login_ends_within_its_bounds() -> None:
    with measured() as growth:
        found = visited(PEERS, ask)
    assert {name: visit.ended for name, visit in found.items() if visit.ended is not None} == {}
    assert [name for name, visit in found.items() if visit.sent >= MOST or not visit.left] == []
    assert growth.bytes < len(PEERS) * ASKED.wire_bytes * COPIES


def test_tls_makes_no_difference(tmp_path: Path) -> None:
    context, der = server_context(tmp_path)
    with measured() as growth:
        found = visited(PEERS, lambda port: log_in(port, der), context)
    assert {name: visit.ended for name, visit in found.items() if not _is_told(visit)} == {}
    assert [name for name, visit in found.items() if visit.sent >= MOST or not visit.left] == []
    assert growth.bytes < len(PEERS) * SMALL.wire_bytes * COPIES


def _is_told(visit: Visit) -> bool:
    error = visit.ended
    in_time = visit.seconds < SLOWEST_S
    return in_time and isinstance(error, DeviceError) and bool(str(error)) and bool(error.remedy)


@pytest.mark.parametrize(
    ("name", "message", "said"),
    [
        ("endless-body", "transport.too-much", "256 KiB"),
        ("drips-body", "transport.too-slow", "after 1 seconds"),
        ("gzip-in-gzip", "winrm.compressed", "gzip, gzip"),
    ],
)
def test_the_sentence_says_what_was_too_much(name: str, message: str, said: str) -> None:
    peer = next(one for one in PEERS if one.name == name)
    with playing(peer) as (port, _sent), measured() as growth, pytest.raises(DeviceError) as caught:
        log_in(port)
    assert caught.value.message == message
    assert said in str(caught.value)
    assert growth.bytes < 16 * SMALL.wire_bytes


CHALLENGE = b"NTLMSSP\x00\x02\x00\x00\x00"


@given(st.binary(max_size=200), st.integers(0, 1 << 16), st.integers(0, 1 << 16))
def test_any_challenge_is_read_once(tail: bytes, length: int, offset: int) -> None:
    fields = length.to_bytes(4, "little")[:2] * 2 + offset.to_bytes(4, "little")
    message = CHALLENGE + bytes(28) + fields + tail
    assert parse_challenge(message + bytes(56)) is not None
    assert base64.b64encode(message)


def test_a_challenge_full_of_pairs_is_read_in_a_moment() -> None:
    pairs = b"\x01\x00\x00\x00" * (PIECE // 4)
    head = CHALLENGE + bytes(28) + b"\xff\xff\xff\xff" + (56).to_bytes(4, "little") + bytes(8)
    assert parse_challenge(head + pairs) is not None
