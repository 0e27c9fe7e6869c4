"""SSH peers at a router's address: before the key is known, and with the right key."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, count, repeat
from pathlib import Path

import paramiko
import pytest

from onshi_net.errors import Unreachable
from onshi_net.platforms.yamaha.link import OnshiYamaha
from onshi_net.transport import bounds, hostkeys
from onshi_net.transport.bond import Bond
from onshi_net.transport.handshake import look

from .peers import (
    DRIP_S,
    MOST,
    NOISE,
    WAIT_S,
    Peer,
    Sent,
    after,
    endless,
    measured,
    once,
    served,
    visited,
)

SMALL = replace(
    bounds.CONSOLE, answer_bytes=1 << 17, wire_bytes=1 << 21, lines=4000, question_s=10.0
)
COPIES = 8
SLOWEST_S = 15.0
NOBODY = hostkeys.recorded(Path("/nowhere/known_hosts"), "127.0.0.1")
KEY = paramiko.ECDSAKey.generate()
BANNER = b"SSH-2.0-x\r\n"


def packet(payload: bytes) -> bytes:
    """An SSH packet before keys are exchanged (RFC 4253, 6)."""
    padding = 8 - (len(payload) + 5) % 8 + 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def kexinit(name: bytes) -> bytes:
    """A key exchange's first message with lists of one name (RFC 4253, 7.1)."""
    names = struct.pack(">I", len(name)) + name
    return packet(b"\x14" + bytes(16) + names * 10 + bytes(5))


GREETERS = [
    Peer("silence", once(), reads=False),
    Peer("half-closed", once(), half_closed=True),
    Peer("half-closed-after-its-banner", once(BANNER), half_closed=True),
    Peer("noise", endless(NOISE)),
    Peer("endless-banner", endless(b"S")),
    Peer("endless-lines", endless(b"before the banner\r\n")),
    Peer("endless-comment", after(b"SSH-2.0-x ", b"y")),
    Peer("http", once(b"HTTP/1.1 400 Bad\r\n\r\n"), half_closed=True),
    Peer("gigabytes", after(BANNER + struct.pack(">IB", 0xFFFFFFF4, 4), b"z")),
    Peer("a-packet-of-nothing", after(BANNER, bytes(8))),
    Peer("odd-length", after(BANNER + struct.pack(">IB", 13, 4), b"z")),
    Peer("padding-beyond-its-packet", after(BANNER + struct.pack(">IB", 12, 255), b"z")),
    Peer("endless-ignore", after(BANNER, packet(b"\x02" + struct.pack(">I", 1000) + bytes(1000)))),
    Peer("endless-debug", after(BANNER, packet(b"\x04\0" + struct.pack(">I", 9) + b"x" * 9))),
    Peer("endless-kexinit", after(BANNER, kexinit(b"none"))),
    Peer("a-list-without-end", after(BANNER, kexinit(b"a," * 1500))),
    Peer("list-length-lies", after(BANNER, packet(b"\x14" + bytes(16) + b"\xff" * 40))),
    Peer("drips-banner", once(b"S" * 4000), drips=True, reads=False),
    Peer("drips-packet", once(BANNER + kexinit(b"none" * 400)), drips=True),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CONSOLE", SMALL)
    monkeypatch.setattr(bounds, "GREETING", replace(bounds.GREETING, question_s=1.5))


def test_every_key_exchange_ends_within_its_bounds() -> None:
    with measured() as growth:
        found = visited(GREETERS, lambda port: look("127.0.0.1", port, NOBODY, 30.0))
    wrong = {
        name: visit
        for name, visit in found.items()
        if not isinstance(visit.ended, Unreachable) or visit.seconds > SLOWEST_S
    }
    assert wrong == {}
    assert [name for name, visit in found.items() if visit.sent >= MOST or not visit.left] == []
    assert growth.bytes < len(GREETERS) * bounds.GREETING.wire_bytes * COPIES
    messages = {name: getattr(visit.ended, "message", "") for name, visit in found.items()}
    assert messages["endless-banner"] == messages["gigabytes"] == "transport.too-much"
    assert messages["drips-banner"] == messages["drips-packet"] == "transport.too-slow"


@dataclass(frozen=True)
class Router:
    """What a peer with the right key says to a command, after its echo."""

    name: str
    pieces: Callable[[], Iterator[bytes]]
    message: str
    drips: bool = False

    def __str__(self) -> str:
        return self.name


def forever(piece: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: repeat(piece * max(1, 2000 // len(piece)))


def numbered() -> Iterator[bytes]:
    return (b"".join(b"line %d %d %60d\r\n" % (n, m, m) for m in range(50)) for n in count())


ROUTERS = [
    Router("one-row", forever(b"x"), "transport.row-too-long"),
    Router("escapes", forever(b"\x1b[31m"), "transport.row-too-long"),
    Router("open-strings", forever(b"\x1b]0;"), "transport.row-too-long"),
    Router("backspaces", forever(b"a\b"), "transport.row-too-long"),
    Router("half-a-question", forever(b"password "), "transport.row-too-long"),
    Router("lines", numbered, "transport.too-much"),
    Router("empty-lines", forever(b"\r\n"), "transport.too-many-lines"),
    Router("prompts-in-rows", forever(b"# x\r\n"), "transport.too-many-lines"),
    Router("pages", forever("行\r\n---つづく---".encode("cp932")), "transport.too-many-lines"),
    Router("passwords", forever(b"\r\nPassword: "), "transport.too-many-lines"),
    Router("yes-or-no", forever(b"\r\n(Y/N)"), "transport.too-many-lines"),
    Router("drips", lambda: iter([b"x" * 4000]), "transport.too-slow", drips=True),
    Router("drips-lines", lambda: iter([b"x\r\n" * 999]), "transport.too-slow", drips=True),
    Router("drips-prompts", lambda: iter([b"\r\n# x" * 999]), "transport.too-slow", drips=True),
]


class _Server(paramiko.ServerInterface):
    def __init__(self, gives_shell: bool = True) -> None:
        self.shell = threading.Event()
        self._gives_shell = gives_shell

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_: object) -> bool:
        if not self._gives_shell:
            threading.Event().wait(WAIT_S / 8)
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        self.shell.set()
        return True


def converse(router: Router, link: socket.socket, sent: Sent) -> None:
    """Gives a prompt, waits for a line, echoes it and says what the router says."""
    transport, server = paramiko.Transport(link), _Server()
    transport.add_server_key(KEY)
    with suppress(OSError, EOFError, paramiko.SSHException):
        transport.start_server(threading.Event(), server)
        channel = transport.accept(WAIT_S)
        if channel is not None and server.shell.wait(WAIT_S):
            channel.settimeout(WAIT_S)
            channel.sendall(b"\r\n> ")
            heard = b""
            while not heard.endswith(b"\r"):
                heard += channel.recv(100)
            channel.sendall(heard + b"\n")
            _say(router, channel, sent)
            transport.join(WAIT_S)
    sent.left.set()
    transport.close()


def _say(router: Router, channel: paramiko.Channel, sent: Sent) -> None:
    for piece in router.pieces():
        for part in (piece[n : n + 1] for n in range(len(piece))) if router.drips else (piece,):
            channel.sendall(part)
            sent.bytes += len(part)
            if router.drips:
                time.sleep(DRIP_S)
        if sent.bytes >= MOST:
            return


@contextmanager
def session(router: Router, folder: Path) -> Iterator[tuple[OnshiYamaha, Sent]]:
    """A console session with a peer that holds the recorded key."""
    known = folder / "known_hosts"
    with served(lambda link, sent: converse(router, link, sent)) as (port, sent):
        hostkeys.record(known, hostkeys.host_name("127.0.0.1", port), KEY, "modern", Bond())
        link = OnshiYamaha(
            device_type="onshi_yamaha", host="127.0.0.1", port=port, username="u", password="p",
            known_hosts=known, deadline_s=20.0,
        )  # fmt: skip
        try:
            yield link, sent
        finally:
            link.disconnect()


@pytest.mark.parametrize("router", ROUTERS, ids=str)
def test_an_answer_ends_within_its_bounds(
    router: Router, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if router.drips:
        monkeypatch.setattr(bounds, "CONSOLE", replace(SMALL, question_s=1.0))
    with session(router, tmp_path) as (link, sent), measured() as growth:
        begun = time.thread_time()
        with pytest.raises(Unreachable) as caught:
            link.converse("show config")
        worked = time.thread_time() - begun
        link.disconnect()
        assert sent.left.wait(WAIT_S)
    assert caught.value.message == router.message
    assert caught.value.remedy
    assert sent.bytes < MOST
    assert growth.bytes < 8 * SMALL.answer_bytes + (4 << 20)
    assert growth.seconds < SLOWEST_S
    assert worked < 2


def test_a_session_that_went_over_is_of_no_use_afterwards(tmp_path: Path) -> None:
    with session(ROUTERS[0], tmp_path) as (link, _sent):
        with pytest.raises(Unreachable):
            link.converse("show config")
        with pytest.raises(Unreachable) as caught:
            link.converse("show environment")
    assert caught.value.message == "transport.row-too-long"


@pytest.mark.parametrize("size", [32_000, 100_000])
def test_a_long_row_is_read_or_refused_in_a_moment(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CONSOLE", replace(SMALL, row_bytes=1 << 18, question_s=20.0))
    row = b"password " * (size // 9)
    router = Router("row", lambda: chain([row, b"\r\n> "]), "")
    with session(router, tmp_path) as (link, _sent):
        begun = time.thread_time()
        reply = link.converse("show log")
        assert time.thread_time() - begun < 1
    assert len(reply.text) > size - 100


def test_a_peer_that_gives_no_terminal_is_left_in_time(tmp_path: Path) -> None:
    def talk(link: socket.socket, sent: Sent) -> None:
        transport = paramiko.Transport(link)
        transport.add_server_key(KEY)
        with suppress(OSError, EOFError, paramiko.SSHException):
            transport.start_server(threading.Event(), _Server(gives_shell=False))
            transport.join(WAIT_S)
        sent.left.set()
        transport.close()

    known = tmp_path / "known_hosts"
    with served(talk) as (port, _sent):
        hostkeys.record(known, hostkeys.host_name("127.0.0.1", port), KEY, "modern", Bond())
        begun = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            OnshiYamaha(
                device_type="onshi_yamaha", host="127.0.0.1", port=port, username="u",
                password="p", known_hosts=known, deadline_s=20.0,
            )  # fmt: skip
        assert time.monotonic() - begun < WAIT_S / 8
    assert caught.value.message == "transport.too-slow"
