"""Peers of the laptop's own questions: HTTP, TLS, DNS, time, and whatever listens on SMB's port."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onshi_net.errors import Unreachable
from onshi_net.facts.outcome import Outcome
from onshi_net.probe import ask_lan, ask_socket, protocol
from onshi_net.probe.net import Net
from onshi_net.probe.protocol import Answer
from onshi_net.transport.windows import Endpoint, pins
from onshi_net.transport.windows.nonsense import Nonsense
from tests.hostile.test_http import PEERS

from .certificates import certificate, server_context
from .peers import MOST, NOISE, WAIT_S, Peer, after, endless, measured, once, playing, visited

WITHIN_S = 0.5
SLOWEST_S = 10.0
HELD = 24 << 20
"""Python's peak for all peers at once; each sends up to 32 MiB."""
TLS = [
    Peer("silence", once()),
    Peer("half-closed", once(), half_closed=True),
    Peer("http", once(b"HTTP/1.1 400 Bad\r\n\r\n"), half_closed=True),
    Peer("noise", endless(NOISE)),
    Peer("alerts", endless(b"\x15\x03\x03\0\x02\x01\x5a")),
    Peer("empty-records", endless(b"\x16\x03\x03\0\0")),
    Peer("a-record-that-is-not-whole", once(b"\x16\x03\x03\x40\0\x02"), half_closed=True),
    Peer("too-long-a-record", after(b"\x16\x03\x03\xff\xff", b"z")),
    Peer("an-endless-hello", after(b"\x16\x03\x03\x40\0\x02\xff\xff\xff", b"\0")),
    Peer("drips", once(b"\x16\x03\x03\x40\0\x02" + bytes(4000)), drips=True),
]


def asked(ask: Any, **parameters: Any) -> Answer:
    """One question of the probe, in a loop of its own."""

    async def go() -> Answer:
        net = Net()
        try:
            found: Answer = await ask(net, within_s=WITHIN_S, **parameters)
        finally:
            net.close()
        return found

    return asyncio.run(go())


def page(port: int, *, tls: bool) -> Answer:
    return asked(ask_socket.http, address="127.0.0.1", port=port, name="x.test", tls=tls)


def held(found: Any) -> list[str]:
    """Names of the visits that did not end as they should."""
    return [
        name
        for name, visit in found.items()
        if not isinstance(visit.ended, Answer)
        or visit.ended.outcome is Outcome.ERROR
        or visit.seconds > SLOWEST_S
        or visit.sent >= MOST
        or not visit.left
        or len(protocol.write_answer(1, visit.ended, 0.0)) > protocol.MAX_LINE
    ]


def test_every_page_ends_within_its_bounds() -> None:
    with measured() as growth:
        found = visited(PEERS, lambda port: page(port, tls=False))
    assert held(found) == []
    assert growth.bytes < HELD


def test_every_page_over_tls_ends_within_its_bounds(tmp_path: Path) -> None:
    context, _ = server_context(tmp_path)
    with measured() as growth:
        found = visited(PEERS, lambda port: page(port, tls=True), context)
    assert held(found) == []
    assert growth.bytes < HELD


def test_every_handshake_ends_within_its_bounds() -> None:
    with measured() as growth:
        found = visited(TLS, lambda port: page(port, tls=True))
    assert held(found) == []
    assert growth.bytes < HELD


def test_a_look_at_a_certificate_ends_within_its_bounds() -> None:
    def look(port: int) -> object:
        return pins.look(Endpoint(ip_address("127.0.0.1"), tls=True, port=port), WITHIN_S)

    with measured() as growth:
        found = visited(TLS, look)
    for name, visit in found.items():
        assert isinstance(visit.ended, Unreachable | Nonsense), name
        assert visit.seconds < SLOWEST_S
        assert visit.sent < MOST
    assert growth.bytes < HELD


def test_a_huge_certificate_is_refused_or_read(tmp_path: Path) -> None:
    context, der = server_context(tmp_path, certificate("x\u202e" * 20, more=60_000))
    with playing(Peer("huge", once(b"z")), context) as (port, _sent):
        found = page(port, tls=True)
    assert found.outcome is not Outcome.ERROR
    assert len(der) > 60_000


@pytest.mark.parametrize(
    "charset", ["punycode", "unicode_escape", "idna", "zlib", "utf-7", "x" * 9]
)
def test_a_page_does_not_choose_how_it_is_read(charset: str) -> None:
    body = b"\\ud800 a-" * 5000
    head = f"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset={charset}\r\n\r\n".encode()
    with playing(Peer("page", once(head, body), half_closed=True)) as (port, _sent):
        found = page(port, tls=False)
    assert found.outcome is Outcome.OK
    assert found.data["body"].startswith("\\ud800")


SMB = [Peer("endless", endless(b"\xffSMB"), reads=False), Peer("silence", once(), reads=False)]


@pytest.mark.parametrize("peer", SMB, ids=str)
def test_who_floods_a_port_is_a_port_that_is_open(peer: Peer) -> None:
    with playing(peer) as (port, sent), measured() as growth:
        found = asked(ask_socket.tcp, address="127.0.0.1", port=port)
        assert sent.left.wait(WAIT_S) or not sent.connections
    assert found.outcome is Outcome.OK
    assert growth.bytes < 4 << 20


# DNS


def _named(query: bytes, rest: bytes = b"", counts: bytes = b"\0\1\0\1\0\0\0\0") -> bytes:
    return query[:2] + b"\x81\x80" + counts + query[12:] + rest


def _records(query: bytes, count: int) -> bytes:
    record = b"\xc0\x0c\0\x1c\0\1\0\0\0\x01\0\x10"
    made = b"".join(record + struct.pack(">QQ", 1, n) for n in range(count))
    return _named(query, made, b"\0\1" + struct.pack(">H", count) + b"\0\0\0\0")


def _chain(start: int) -> bytes:
    """Names each of which points at the one before."""
    places = [12, *(start + 4 * number for number in range(899))]
    return b"".join(b"\1a" + struct.pack(">H", 0xC000 | place) for place in places)


REPLIES = {
    "nothing": lambda _query: b"",
    "one-byte": lambda query: query[:1],
    "head-only": lambda query: query[:12],
    "noise": lambda _query: NOISE[:4000],
    "another-id": lambda query: b"\0\0" + _named(query)[2:],
    "counts-lie": lambda query: _named(query, b"", b"\xff\xff" * 4),
    "points-to-itself": lambda query: _named(query, b"\xc0" + bytes([len(query)]) + b"\0\x1c" * 5),
    "points-ahead": lambda query: _named(query, b"\xc0\xff\0\x1c\0\1\0\0\0\1\0\x10" + bytes(16)),
    "length-lies": lambda query: _named(query, b"\xc0\x0c\0\x1c\0\1\0\0\0\1\xff\xff" + bytes(16)),
    "many": lambda query: _records(query, 2000),
    "nested-names": lambda query: _named(query, _chain(len(query))),
}  # fmt: skip


@contextmanager
def resolver(reply: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A DNS server on a port of the loopback, which the probe takes for the usual one."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    monkeypatch.setattr(ask_socket, "DNS_PORT", server.getsockname()[1])

    server.settimeout(0.05)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                query, client = server.recvfrom(4096)
                if made := reply(query):
                    server.sendto(made, client)

    worker = threading.Thread(target=serve, daemon=True)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join(WAIT_S)
        server.close()


@pytest.mark.parametrize("name", REPLIES)
def test_any_datagram_is_an_answer_or_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with resolver(REPLIES[name], monkeypatch):
        begun = time.monotonic()
        found = asked(ask_socket.dns_query, server="127.0.0.1", name="x.test")
    assert time.monotonic() - begun < SLOWEST_S
    assert found.outcome is not Outcome.ERROR
    assert len(found.data.get("addresses", ())) <= protocol.ENTRIES


@settings(max_examples=20)
@given(st.binary(max_size=300), st.integers(0, 12))
def test_any_bytes_are_an_answer_or_none(tail: bytes, kept: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ask_socket, "TRIES", 1)
        with resolver(lambda query: query[:kept] + tail, patch):
            found = asked(ask_socket.dns_query, server="127.0.0.1", name="x.test")
    assert found.outcome is not Outcome.ERROR


DNS_OVER_TCP = [
    Peer("silence", once()),
    Peer("half-closed", once(), half_closed=True),
    Peer("length-alone", once(b"\xff\xff"), half_closed=True),
    Peer("length-lies", once(b"\xff\xff" + bytes(100)), half_closed=True),
    Peer("length-of-nothing", once(b"\0\0")),
    Peer("endless", after(b"\xff\xff", b"\0")),
    Peer("noise", endless(NOISE)),
    Peer("drips", once(b"\xff\xff" + bytes(4000)), drips=True),
]


@pytest.mark.parametrize("peer", DNS_OVER_TCP, ids=str)
def test_dns_over_tcp_ends_within_its_bounds(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(peer) as (port, sent), measured() as growth:
        monkeypatch.setattr(ask_socket, "DNS_PORT", port)
        begun = time.monotonic()
        found = asked(ask_socket.dns_query, server="127.0.0.1", name="x.test", transport="tcp")
        assert time.monotonic() - begun < SLOWEST_S
        assert sent.left.wait(WAIT_S)
    assert found.outcome in {Outcome.NO_ANSWER, Outcome.REFUSED}
    assert sent.bytes < MOST
    assert growth.bytes < 4 << 20


def test_names_that_point_at_long_names_are_read_in_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The most steps that a message may ask for: every name of it is one of 126 labels."""

    def reply(query: bytes) -> bytes:
        record = b"\xc0\x0c\0\x02\0\1\0\0\0\1\0\x02\xc0\x0c"
        count = 4000
        question = b"\1a" * 126 + b"\0\0\x1c\0\1"
        return _named(query[:12] + question, record * count, b"\0\1\x0f\xa0\0\0\0\0")

    with resolver(reply, monkeypatch):
        begun = time.thread_time()
        found = asked(ask_socket.dns_query, server="127.0.0.1", name="x.test")
        assert time.thread_time() - begun < 6
    assert found.detail == "malformed"


# A link


def test_a_flood_of_neighbours_fills_no_answer() -> None:
    found: dict[str, int] = {}
    for number in range(10_000):
        ask_lan._keep(found, str(number), number)
    ask_lan._keep(found, "0", 7)
    assert len(found) == protocol.ENTRIES
    assert found["0"] == 7


def test_an_answer_that_is_too_long_is_an_error_and_is_read() -> None:
    line = protocol.write_answer(3, Answer(Outcome.OK, data={"body": "x" * protocol.MAX_LINE}), 1.0)
    assert len(line) < 1000
    assert b'"too-long"' in line
    assert b'"id": 3' in line
