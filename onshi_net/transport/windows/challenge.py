"""What a PC tells before anyone logs in: name, version and clock, from its NTLM challenge.

[MS-NLMP] 2.2.1.2 CHALLENGE_MESSAGE and 2.2.2.1 AV_PAIR. No password is needed or sent.
"""

from __future__ import annotations

import base64
import http.client
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from onshi_net.errors import Unreachable
from onshi_net.transport import bounds
from onshi_net.transport.metered import Meter
from onshi_net.transport.windows.endpoint import Endpoint
from onshi_net.transport.windows.metered import PlainConnection

_NEGOTIATE = b"NTLMSSP\x00" + struct.pack("<IIHHIHHI", 1, 0xA2088207, 0, 0, 0, 0, 0, 0)
"""A NEGOTIATE_MESSAGE (2.2.1.1) without domain and workstation; the flags ask for Unicode, NTLM
and target info."""
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_COMPUTER_NAME, _TIMESTAMP, _END = 1, 7, 0
_NAME_BYTES = 512
"""Of a name; Windows has 15 letters for it, and 63 for one of DNS."""


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
        computer_name=name[:_NAME_BYTES].decode("utf-16-le", "replace") if name else None,
        build=version[2] or None,
        time=_moment(stamp),
    )


def _pairs(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while len(data) >= at + 4:
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == _END:
            break
        found[kind] = data[at + 4 : at + 4 + length]
        at += 4 + length
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
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def ask_challenge(endpoint: Endpoint, timeout_s: float = 5.0) -> Challenge | None:
    """Asks the PC for its challenge over HTTP; None where it gives none, too much or too late."""
    if endpoint.tls:
        return None
    meter = Meter(str(endpoint.address))
    link = PlainConnection(
        str(endpoint.address), endpoint.real_port, timeout=timeout_s, meter=meter
    )
    try:
        meter.ask(bounds.CHALLENGE, timeout_s)
        return next((found for found in _challenges(link) if found is not None), None)
    except (OSError, ValueError, http.client.HTTPException, Unreachable):
        return None
    finally:
        link.close()


def _challenges(link: PlainConnection) -> Iterator[Challenge | None]:
    """Asks with one scheme after the other."""
    for scheme in ("Negotiate", "NTLM"):
        token = base64.b64encode(_NEGOTIATE).decode("ascii")
        headers = {"Authorization": f"{scheme} {token}", "Content-Length": "0"}
        link.request("POST", "/wsman", headers=headers)
        with link.getresponse() as response:
            # Not all of it: a length that lies would be made room for.
            response.read(bounds.CHALLENGE.answer_bytes)
            found = _challenge_in(response.headers.get_all("WWW-Authenticate") or [])
            date = _date(response.headers.get("Date"))
            is_whole = response.isclosed()
        yield replace(found, time=date or found.time) if found is not None else None
        if not is_whole:
            return


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
