"""A generator of hostile peers: what they send is data, how they send it is a pace.

Each is a real socket on the loopback that sends until its client goes, or `MOST` bytes; how much it
could send is what tells a bound from none.
"""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, repeat

MOST = 32 << 20
"""Bytes that a peer sends to whoever takes them."""
PIECE = 1 << 16
WAIT_S = 20.0
"""The longest that a test waits for what works in a moment."""
DRIP_S = 0.01
"""Between two bytes of a peer that drips: a hundredth of the second that the tests' bounds have."""
Pieces = Callable[[], Iterable[bytes]]


@dataclass
class Sent:
    """What a peer did."""

    bytes: int = 0
    connections: int = 0
    left: threading.Event = field(default_factory=threading.Event)
    """Set when the client went away, or all was sent."""


@dataclass(frozen=True)
class Peer:
    """What is sent after the client's first words, and how."""

    name: str
    pieces: Pieces
    drips: bool = False
    half_closed: bool = False
    """Whether its sending side is closed after that, and the connection kept."""
    reads: bool = True
    """Whether it waits for the client's first words."""

    def __str__(self) -> str:
        return self.name


def endless(piece: bytes) -> Pieces:
    """The same for ever."""
    times = max(1, PIECE // max(1, len(piece)))
    return lambda: repeat(piece * times)


def after(head: bytes, piece: bytes) -> Pieces:
    """A head, and then the same for ever."""
    return lambda: chain([head], endless(piece)())


def once(*pieces: bytes) -> Pieces:
    """These, and silence."""
    return lambda: pieces


def speak(link: socket.socket, peer: Peer, sent: Sent) -> None:
    """Sends what a peer sends, until the client goes."""
    try:
        for piece in peer.pieces():
            for part in (piece[n : n + 1] for n in range(len(piece))) if peer.drips else [piece]:
                link.sendall(part)
                sent.bytes += len(part)
                if peer.drips:
                    time.sleep(DRIP_S)
            if sent.bytes >= MOST:
                break
        if peer.half_closed:
            link.shutdown(socket.SHUT_WR)
        else:
            _until_gone(link)
    except OSError:
        pass
    finally:
        sent.left.set()


def _until_gone(link: socket.socket) -> None:
    while link.recv(PIECE):
        pass


@contextmanager
def served(
    talk: Callable[[socket.socket, Sent], None], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[int, Sent]]:
    """A server on a port of the loopback that talks to each client in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent, links, workers = Sent(), list[socket.socket](), list[threading.Thread]()

    def work(link: socket.socket) -> None:
        with suppress(OSError):
            if tls is not None:
                link = tls.wrap_socket(link, server_side=True)
                links.append(link)
            talk(link, sent)

    def accept() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            link.settimeout(WAIT_S)
            links.append(link)
            sent.connections += 1
            workers.append(threading.Thread(target=work, args=(link,), daemon=True))
            workers[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield int(listener.getsockname()[1]), sent
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for link in links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        for worker in (accepting, *workers):
            worker.join(WAIT_S)


@contextmanager
def playing(peer: Peer, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, Sent]]:
    """A peer's port, and what it sent."""

    def talk(link: socket.socket, sent: Sent) -> None:
        if peer.reads:
            link.recv(PIECE)
        speak(link, peer, sent)

    with served(talk, tls) as (port, sent):
        yield port, sent


def bomb(size: int, *codings: str) -> bytes:
    """So many zeros, packed; each coding is packed once more."""
    packer = {"gzip": lambda data: gzip.compress(data, 9), "deflate": zlib.compress}
    data = bytes(size)
    for coding in codings:
        data = packer[coding](data)
    return data


@dataclass
class Growth:
    """The most memory that Python held at once while a block ran, beyond what it held before."""

    bytes: int = 0
    seconds: float = 0.0


@contextmanager
def measured() -> Iterator[Growth]:
    """Measures a block; the peers' own buffers count as well, a few hundred kilobytes."""
    growth, begun = Growth(), time.monotonic()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    try:
        yield growth
    finally:
        growth.seconds = time.monotonic() - begun
        growth.bytes = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()


@dataclass
class Visit:
    """How a client came away from a peer."""

    ended: object = None
    """What it was given, or the error that it raised."""
    seconds: float = 0.0
    sent: int = 0
    left: bool = False
    """Whether the peer was left, not kept waiting."""


def visited(
    peers: Sequence[Peer], visit: Callable[[int], object], tls: ssl.SSLContext | None = None
) -> dict[str, Visit]:
    """Visits peers side by side, each by a client of its own; answers how each visit ended."""

    def one(peer: Peer) -> Visit:
        found, begun = Visit(), time.monotonic()
        with playing(peer, tls) as (port, sent):
            try:
                found.ended = visit(port)
            except Exception as error:  # noqa: BLE001 which one it is, is what the test asks
                found.ended = error
            found.seconds = time.monotonic() - begun
            found.left = sent.left.wait(WAIT_S)
        found.sent = sent.bytes
        return found

    with ThreadPoolExecutor(len(peers)) as pool:
        return dict(zip((peer.name for peer in peers), pool.map(one, peers), strict=True))


NOISE = os.urandom(PIECE)
