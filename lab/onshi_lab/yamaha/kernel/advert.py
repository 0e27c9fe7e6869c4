"""Router advertisements from octets, and the solicitation that asks for one (RFC 4861, 8106)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

from .desired import Advert

SOLICITATION, ADVERTISEMENT = 133, 134
_PREFIX, _RDNSS = 3, 25


def solicitation(mac: str) -> bytes:
    """The octets of a router solicitation; the kernel fills in the checksum."""
    return (
        struct.pack("!BBHI", SOLICITATION, 0, 0, 0)
        + b"\x01\x01"
        + bytes.fromhex(mac.replace(":", ""))
    )


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 8:
        length = data[1] * 8
        if length == 0 or length > len(data):
            raise ValueError("bad option length")
        yield data[0], data[:length]
        data = data[length:]


def parse_advert(data: bytes, source: str) -> Advert:
    """What an advertisement says; ValueError when it is none."""
    if len(data) < 16 or data[0] != ADVERTISEMENT:
        raise ValueError("not a router advertisement")
    lifetime = struct.unpack_from("!H", data, 6)[0]
    prefix, preferred, valid = "", 0, 0
    rdnss: list[str] = []
    for code, body in _options(data[16:]):
        if code == _PREFIX and len(body) == 32 and not prefix:
            bits = body[2]
            valid, preferred = struct.unpack_from("!II", body, 4)
            base = ipaddress.IPv6Address(body[16:32])
            if not base.is_link_local:
                prefix = str(ipaddress.IPv6Network((base, bits), strict=False))
        elif code == _RDNSS and struct.unpack_from("!I", body, 4)[0]:
            rdnss += [
                str(ipaddress.IPv6Address(body[at : at + 16])) for at in range(8, len(body), 16)
            ]
    if not valid:
        prefix = ""
    return Advert(source, lifetime, prefix, preferred, valid, tuple(rdnss))
