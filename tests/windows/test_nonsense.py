"""What answers at a PC's or a router's port and isn't it: told as what it is, and no password."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onshi_net.errors import DeviceError, LoginRefused, Unreachable
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.transport import handshake, hostkeys
from onshi_net.transport.handshake import kind_of
from onshi_net.transport.windows import Endpoint, open_windows, pins
from onshi_net.transport.windows.endpoint import Files
from onshi_net.transport.windows.nonsense import opening_failed
from tests.budget import examples
from tests.windows.fake_pc import RECEIPT_ACCESS

CANARY = "Canary-Password-78"
SILENCE = ("no answer", "wrong", "password stored")
"""Words of other causes."""


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[tuple[int, bytearray]]:
    """A peer that answers each connection in a thread; gives its port and all that it was told."""
    told = bytearray()
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(link: socket.socket) -> None:
        link.settimeout(10)
        with suppress(OSError, ssl.SSLError), link:
            answer(link)
            while data := link.recv(4096):
                told.extend(data)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    worker = threading.Thread(target=serve, daemon=True)
    worker.start()
    try:
        yield int(listener.getsockname()[1]), told
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        worker.join(5)


def says(words: bytes) -> Callable[[socket.socket], None]:
    """Answers a request with some bytes."""

    def answer(link: socket.socket) -> None:
        link.recv(4096)
        link.sendall(words)
        link.shutdown(socket.SHUT_WR)

    return answer


def page(status: int, content: bytes, kind: str = "text/html", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status} Some", f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, *more, "", ""]).encode() + content


def refusal(port: int, folder: Path, *, tls: bool = False) -> DeviceError:
    endpoint = Endpoint(ip_address("127.0.0.1"), tls=tls, port=port)
    with pytest.raises(DeviceError) as caught:
        if tls:
            pins.look(endpoint, 5)
        open_windows(
            RECEIPT_ACCESS, Secrets([lambda _: CANARY]), Files.under(folder), endpoint=endpoint,
            deadline_s=6,
        )  # fmt: skip
    return caught.value


WEB = [
    page(404, b"<html>"), page(200, b"<html>"), page(403, b"no"), page(500, b"<html>oops"),
    page(503, b"busy", "text/plain"), page(200, b"{}", "application/json; charset=utf-8"),
]  # fmt: skip
TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x46"
KINDS: list[tuple[str, bytes]] = [
    *(("winrm.nonsense-http", one) for one in WEB),
    ("winrm.nonsense-tls", TLS_ALERT),
    ("winrm.nonsense", b"SSH-2.0-dropbear\r\n"),
    ("winrm.nonsense", b"220 ready\r\n"),
    ("winrm.nonsense", b"\x00\x00\x00\x85\xffSMBr"),
    ("winrm.nonsense", b"HTTP/1.1 banana\r\n\r\n"),
    ("winrm.closes", b""),
    ("winrm.downgrade-basic", page(401, b"", "text/html", 'WWW-Authenticate: Basic realm="PC"')),
    ("winrm.downgrade-basic", page(401, b"", "text/html", 'WWW-Authenticate: Digest realm="x"')),
    ("winrm.downgrade-basic", page(401, b"")),
    ("winrm.downgrade-redirect", page(302, b"<html>", "text/html", "Location: /login")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "words"), KINDS)
def test_each_kind_has_its_own_sentence(message: str, words: bytes, tmp_path: Path) -> None:
    with answering(says(words)) as (port, told):
        error = refusal(port, tmp_path)
    assert error.message == message
    assert not isinstance(error, LoginRefused)
    assert error.remedy
    assert not [word for word in SILENCE if word in str(error)]
    assert CANARY.encode() not in told
    assert base64.b64encode(CANARY.encode())[:-4] not in told


@given(st.binary(min_size=1, max_size=300))
@settings(
    max_examples=examples("properties") // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_bytes_come_they_read_neither_as_silence_nor_as_a_wrong_password(
    tmp_path: Path, words: bytes
) -> None:
    with answering(says(words)) as (port, told):
        error = refusal(port, tmp_path)
    assert error.message != "winrm.unreachable"
    assert not isinstance(error, LoginRefused)
    assert CANARY.encode() not in told


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("winrm.nonsense-not-tls", page(400, b"<html>")),
        ("winrm.nonsense-not-tls", b"SSH-2.0-dropbear\r\n"),
        ("winrm.closes", b""),
    ],
)
def test_what_speaks_no_tls_is_told_so(message: str, words: bytes, tmp_path: Path) -> None:
    with answering(says(words)) as (port, _):
        assert refusal(port, tmp_path, tls=True).message == message


def test_a_tls_connection_that_ends_is_one_in_every_python() -> None:
    ended = ssl.SSLError(1, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred")
    ended.reason = "UNEXPECTED_EOF_WHILE_READING"
    for one in (ended, ssl.SSLZeroReturnError(6, "closed (EOF)"), ssl.SSLEOFError(8, "EOF")):
        assert opening_failed(one, "pc", 5986).message == "winrm.closes"


def test_silence_and_refusal_keep_their_sentences() -> None:
    assert opening_failed(TimeoutError(), "pc", 5985).message == "winrm.silent"
    assert opening_failed(ConnectionRefusedError(), "pc", 5985).message == "winrm.unreachable"
    assert isinstance(opening_failed(TimeoutError(), "pc", 5985), Unreachable)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("transport.no-ssh", page(400, b"<html>")),
        ("transport.no-ssh", b"220 ready\r\n"),
        ("transport.says-nothing", b""),
        ("transport.broken-off", b"SSH-2.0-Yamaha\r\n"),
    ],
)
def test_what_is_no_ssh_is_told_so(message: str, words: bytes, tmp_path: Path) -> None:
    def answer(link: socket.socket) -> None:
        link.sendall(words)
        link.shutdown(socket.SHUT_WR)

    with answering(answer) as (port, told):
        known = hostkeys.recorded(tmp_path / "none", f"[127.0.0.1]:{port}")
        with pytest.raises(Unreachable) as caught:
            handshake.look("127.0.0.1", port, known, 5)
    assert caught.value.message == message
    assert caught.value.remedy
    assert CANARY.encode() not in told


@given(st.binary())
def test_first_words_that_are_no_ssh_are_never_silence(words: bytes) -> None:
    assert kind_of(None) == "unreachable"
    assert (kind_of(words) == "says-nothing") is (words == b"")
    assert (kind_of(b"SSH-" + words)) == "broken-off"


def test_the_password_is_no_part_of_what_is_kept() -> None:
    assert CANARY not in str(opening_failed(ValueError(Secret(CANARY)), "pc", 1))
