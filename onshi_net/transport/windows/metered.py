"""Metered connections over HTTP, for the standard library and for urllib3."""

from __future__ import annotations

import http.client
import io
import socket
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from onshi_net.transport.metered import Meter, Metered


class HttpLink(Metered):
    """What `http.client` reads from."""

    def makefile(self, *_args: Any, **_options: Any) -> io.BufferedReader:
        """Gives the reader of answers."""
        return io.BufferedReader(_Answers(self, self._link))

    def sendall(self, data: Any) -> None:
        """Sends all. Raises OSError and the meter's error."""
        self.hurry()
        self._link.sendall(data)

    def take_into(self, raw: io.RawIOBase, buffer: Any) -> int | None:
        """Reads and counts. Raises OSError and the meter's error."""
        self.hurry()
        try:
            count: int | None = raw.readinto(buffer)
        except TimeoutError:
            self._meter.left()
            raise
        self._meter.carried(count or 0)
        return count


class _Answers(io.RawIOBase):
    """The raw reader of a connection."""

    def __init__(self, link: HttpLink, plain: socket.socket) -> None:
        super().__init__()
        self._metered = link
        self._sock = plain
        """By this name requests_ntlm looks for the certificate that a login is bound to."""
        self._raw: io.RawIOBase = plain.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Answers that it is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Reads what is there. Raises OSError and the meter's error."""
        return self._metered.take_into(self._raw, buffer)

    def close(self) -> None:
        """Lets the socket go."""
        self._raw.close()
        super().close()


class _Metered:
    """What makes a connection of either library a metered one."""

    sock: Any

    def __init__(self, *args: Any, meter: Meter, **options: Any) -> None:
        """Takes its arguments and the meter."""
        super().__init__(*args, **options)
        self._meter = meter

    def connect(self) -> None:
        """Connects, over TLS with its exchange of keys."""
        super().connect()  # type: ignore[misc]  # the connection's, which stands behind this
        self.sock = HttpLink(self.sock, self._meter)


class PlainConnection(_Metered, http.client.HTTPConnection):
    """The standard library's connection, metered."""


class PooledConnection(_Metered, HTTPConnection):
    """urllib3's connection, metered."""


class PooledTlsConnection(_Metered, HTTPSConnection):
    """urllib3's connection over TLS, metered on what TLS gives.

    The handshake before it is bounded by OpenSSL (100 kB of certificates) and by the connection's
    time, which counts for the whole of it (Python, ssl.SSLSocket.do_handshake).
    """
