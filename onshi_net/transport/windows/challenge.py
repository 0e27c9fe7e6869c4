"""What a PC tells before anyone logs in: name, version and clock, from its NTLM challenge.

[MS-NLMP] 2.2.1.2 CHALLENGE_MESSAGE and 2.2.2.1 AV_PAIR. No password is needed or sent.
"""

from __future__ import annotations

import base64
import http.client
import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from onshi_net.transport.windows.endpoint import Endpoint

_NEGOTIATE = b"NTLMSSP\x00" + struct.pack("<IIHHIHHI", 1, 0xA2088207, 0, 0, 0, 0, 0, 0)
"""A NEGOTIATE_MESSAGE (2.2.1.1) without domain and workstation; the flags ask for Unicode, NTLM
and target info."""
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_COMPUTER_NAME, _TIMESTAMP, _END = 1, 7, 0


@dataclass(frozen=True, slots=True)
class Challenge:
    """The PC in its own words; None for what it didn't say."""

    computer_name: str | None
    build: int | None
    time: datetime | None


def parse_challenge(message: bytes) -> Challenge | None:
    """Reads a CHALLENGE_MESSAGE, bare or inside another token; None for anything else."""
    start = message.find(b"NTLMSSP\x00\x02\x00\x00\x00")
    if start < 0 or len(message) < start + 48:
        return None
    body = message[start:]
    length, _, offset = struct.unpack_from("<HHI", body, 40)
    pairs = _pairs(body[offset : offset + length])
    version = struct.unpack_from("<BBH", body, 48) if len(body) >= 56 else (0, 0, 0)
    name, stamp = pairs.get(_COMPUTER_NAME), pairs.get(_TIMESTAMP, b"")
    return Challenge(
        computer_name=name.decode("utf-16-le", "replace") if name else None,
        build=version[2] or None,
        time=_moment(stamp),
    )


def _pairs(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(data) >= 4:
        kind, length = struct.unpack_from("<HH", data)
        if kind == _END:
            break
        found[kind] = data[4 : 4 + length]
        data = data[4 + length :]
    return found


def _moment(stamp: bytes) -> datetime | None:
    if len(stamp) != 8:
        return None
    (ticks,) = struct.unpack("<Q", stamp)
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return None


def _date(header: str | None) -> datetime | None:
    """Answers the moment of an HTTP Date header (RFC 9110, 6.6.1), which HTTP.sys always sends."""
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except ValueError:
        return None


def ask_challenge(endpoint: Endpoint, timeout_s: float = 5.0) -> Challenge | None:
    """Asks the PC for its challenge over HTTP; None where it gives none or isn't reached."""
    if endpoint.tls:
        return None
    link = http.client.HTTPConnection(str(endpoint.address), endpoint.real_port, timeout=timeout_s)
    try:
        for scheme in ("Negotiate", "NTLM"):
            token = base64.b64encode(_NEGOTIATE).decode("ascii")
            headers = {"Authorization": f"{scheme} {token}", "Content-Length": "0"}
            link.request("POST", "/wsman", headers=headers)
            response = link.getresponse()
            response.read()
            found = _challenge_in(response.headers.get_all("WWW-Authenticate") or [])
            if found is not None:
                return replace(found, time=_date(response.headers.get("Date")) or found.time)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        link.close()
    return None


def _challenge_in(headers: list[str]) -> Challenge | None:
    for header in headers:
        _scheme, _, token = header.partition(" ")
        try:
            found = parse_challenge(base64.b64decode(token))
        except ValueError:
            continue
        if found is not None:
            return found
    return None
