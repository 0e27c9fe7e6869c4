"""What may travel between the laptop and a PC's WinRM: the rules, held on the messages themselves.

NTLM proves a password without sending it, but a peer that nobody knows chooses what is proved. So
every message is looked at on its way, whatever the libraries above would do with it:
- a peer that offers no NTLM gets nothing (Basic sends the password as it is);
- a challenge that leaves out sealing, signing, 128-bit keys or the extended session security is not
  answered: NTLMv1 and weak keys are what an attacker asks for ([MS-NLMP] 2.2.2.5, 3.3.1);
- an answer leaves only in NTLMv2's form ([MS-NLMP] 2.2.2.8), whatever `LM_COMPAT_LEVEL` says;
- a redirection is never followed, a proxy's demand never answered;
- over HTTP nothing leaves and nothing is believed that is not sealed ([MS-WSMV] 2.2.9.1);
- a compressed answer is refused before it is read: nothing asked for one, and a small one may hold
  gigabytes. What isn't compressed is read inside the table of `bounds`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import struct
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from onshi_net.transport import bounds
from onshi_net.transport.metered import Meter
from onshi_net.transport.windows.errors import Compressed, Downgrade, WindowsLost
from onshi_net.transport.windows.metered import PooledConnection, PooledTlsConnection
from onshi_net.transport.windows.nonsense import Nonsense, is_other_server

SIGNATURE = b"NTLMSSP\x00"
CHALLENGE, AUTHENTICATE = 2, 3
SCHEMES = frozenset({"ntlm", "negotiate"})
NEEDED = {
    0x00000010: "SIGN",
    0x00000020: "SEAL",
    0x00000200: "NTLM",
    0x00080000: "EXTENDED_SESSIONSECURITY",
    0x20000000: "128",
    0x40000000: "KEY_EXCH",
}
"""NTLMSSP_NEGOTIATE_… flags ([MS-NLMP] 2.2.2.5) that a challenge must have."""
V1_RESPONSE = 24
"""Bytes of an NTLMv1 response ([MS-NLMP] 2.2.2.6); a v2 response is longer."""
SEALED = "multipart/encrypted"
UNSAFE_STATUS = frozenset({407, *range(300, 400)})
BELIEVED = frozenset({200, 500})
"""Statuses whose body is read: an answer, and a fault."""


def offered(headers: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Gives scheme (in small letters) and token of each challenge in WWW-Authenticate headers."""
    for header in headers:
        for part in header.split(","):
            scheme, _, token = part.strip().partition(" ")
            try:
                yield scheme.lower(), base64.b64decode(token, validate=True)
            except (binascii.Error, ValueError):
                yield scheme.lower(), b""


def missing_flags(token: bytes) -> tuple[str, ...]:
    """Answers what a challenge leaves out of what is needed; all of it where it can't be read."""
    start = token.find(SIGNATURE + struct.pack("<I", CHALLENGE))
    flags = token[start + 20 : start + 24]
    found = struct.unpack("<I", flags)[0] if start >= 0 and len(flags) == 4 else 0
    return tuple(name for flag, name in NEEDED.items() if not found & flag)


def is_v2(token: bytes) -> bool:
    """Answers whether an authentication's response is NTLMv2's."""
    start = token.find(SIGNATURE + struct.pack("<I", AUTHENTICATE))
    size = token[start + 20 : start + 22]
    return start >= 0 and len(size) == 2 and struct.unpack("<H", size)[0] > V1_RESPONSE


class GuardedAdapter(HTTPAdapter):
    """Sends requests and hands on answers, both only where the rules hold.

    Raises Downgrade, Compressed and, where an answer breaks a bound, WindowsLost.
    """

    def __init__(self, host: str, *, tls: bool) -> None:
        """Takes the PC's name, for messages, and whether TLS protects the connection."""
        self._host = host
        self._tls = tls
        self._meter = Meter(host, WindowsLost)
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Gives the pool of connections, which are metered."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        kind = PooledTlsConnection if self._tls else PooledConnection
        # The pool calls it as the class of its connections.
        pool.ConnectionCls = partial(kind, meter=self._meter)  # type: ignore[assignment]
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Sends a request and answers the response."""
        self._check_request(request)
        self._meter.ask(bounds.MESSAGE)
        response = super().send(request, *args, **kwargs)
        with contextlib.ExitStack() as undo:
            undo.callback(response.close)
            self._check_response(response)
            if response.status_code != 401:  # whose connection is asked for its certificate yet
                _ = response.content
                self._meter.rest()
            undo.pop_all()
        return response

    def _check_request(self, request: requests.PreparedRequest) -> None:
        if "Proxy-Authorization" in request.headers:
            raise self._refused("proxy")
        given = request.headers.get("Authorization")
        if given is not None:
            ((scheme, token), *_) = offered([str(given)])
            if scheme not in SCHEMES:
                raise self._refused("basic", schemes=scheme)
            if SIGNATURE + struct.pack("<I", AUTHENTICATE) in token and not is_v2(token):
                raise self._refused("ntlm-v1", missing="NTLMv2")
        if not self._tls and request.body and not _is_sealed(request.headers):
            raise self._refused("unsealed")

    def _check_response(self, response: requests.Response) -> None:
        coding = response.headers.get("Content-Encoding", "identity")
        if coding.strip().lower() not in {"", "identity"}:
            raise Compressed("winrm.compressed", host=self._host, coding=coding)
        if response.status_code in UNSAFE_STATUS:
            raise self._refused("redirect", status=response.status_code)
        if response.status_code == 401:
            self._check_challenge(response)
        elif is_other_server(str(response.headers.get("Content-Type") or "")) and response.content:
            raise Nonsense("winrm.nonsense-http", host=self._host, status=response.status_code)
        if self._tls or response.status_code not in BELIEVED or _is_sealed(response.headers):
            return
        if response.content:
            raise self._refused("unsealed")

    def _check_challenge(self, response: requests.Response) -> None:
        # urllib3 keeps headers of one name apart, which requests would join.
        headers = response.raw.headers.getlist("WWW-Authenticate")
        some = list(offered(headers))
        if not SCHEMES.intersection(scheme for scheme, _ in some):
            schemes = ", ".join(dict.fromkeys(_shown(scheme) for scheme, _ in some)) or "-"
            raise self._refused("basic", schemes=schemes)
        for scheme, token in some:
            missing = missing_flags(token) if scheme in SCHEMES and token else ()
            if missing:
                raise self._refused("ntlm-v1", missing=", ".join(missing))

    def _refused(self, kind: str, **values: Any) -> Downgrade:
        return Downgrade(f"winrm.downgrade-{kind}", host=self._host, **values)


def _shown(scheme: str) -> str:
    return "".join(char for char in scheme[:20] if char.isascii() and char.isalnum())


def _is_sealed(headers: Any) -> bool:
    return str(headers.get("Content-Type") or "").lower().startswith(SEALED)
