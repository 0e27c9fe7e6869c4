"""DHCPv6 messages to and from octets (RFC 8415, 3646)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SOLICIT, ADVERTISE, REQUEST, RENEW, REBIND, REPLY, RELEASE = 1, 2, 3, 5, 6, 7, 8
INFORMATION_REQUEST = 11
CLIENT_ID, SERVER_ID, ORO, PREFERENCE, ELAPSED, STATUS = 1, 2, 6, 7, 8, 13
DNS_SERVERS, DOMAIN_LIST, IA_PD, IA_PREFIX = 23, 24, 25, 26


@dataclass(frozen=True, slots=True)
class Prefix:
    """A delegated prefix with its lifetimes in seconds."""

    network: str
    preferred: int
    valid: int
    t1: int
    t2: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message: type, transaction, and the options that matter here."""

    kind: int
    transaction: int
    client: bytes = b""
    server: bytes = b""
    prefix: Prefix | None = None
    wants_prefix: int | None = None
    dns: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    asks: tuple[int, ...] = ()
    status: int = 0


def duid(mac: str) -> bytes:
    """A DUID-LL for a MAC address."""
    return struct.pack("!HH", 3, 1) + bytes.fromhex(mac.replace(":", ""))


def _option(code: int, body: bytes) -> bytes:
    return struct.pack("!HH", code, len(body)) + body


def encode(message: Message) -> bytes:
    """The octets of a message."""
    out = struct.pack("!I", message.kind << 24 | message.transaction)
    if message.client:
        out += _option(CLIENT_ID, message.client)
    if message.server:
        out += _option(SERVER_ID, message.server)
    if message.kind in (SOLICIT, REQUEST, RENEW, REBIND, INFORMATION_REQUEST):
        out += _option(ELAPSED, b"\0\0")
    if message.asks:
        out += _option(ORO, struct.pack(f"!{len(message.asks)}H", *message.asks))
    if message.wants_prefix is not None:
        out += _option(IA_PD, _ia_body(message.wants_prefix, message.prefix))
    if message.dns:
        packed = b"".join(ipaddress.IPv6Address(one).packed for one in message.dns)
        out += _option(DNS_SERVERS, packed)
    if message.domains:
        out += _option(DOMAIN_LIST, b"".join(map(_pack_name, message.domains)))
    return out


def _ia_body(identity: int, prefix: Prefix | None) -> bytes:
    body = struct.pack("!III", identity, prefix.t1 if prefix else 0, prefix.t2 if prefix else 0)
    if prefix is not None:
        network = ipaddress.IPv6Network(prefix.network)
        inner = struct.pack("!IIB", prefix.preferred, prefix.valid, network.prefixlen)
        body += _option(IA_PREFIX, inner + network.network_address.packed)
    return body


def _pack_name(name: str) -> bytes:
    labels = name.rstrip(".").split(".")
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        code, length = struct.unpack_from("!HH", data)
        if len(data) < 4 + length:
            raise ValueError("truncated option")
        yield code, data[4 : 4 + length]
        data = data[4 + length :]


def decode(data: bytes) -> Message:
    """The message in these octets; ValueError when they are none."""
    if len(data) < 4:
        raise ValueError("too short")
    head = struct.unpack_from("!I", data)[0]
    options: dict[int, bytes] = dict(_options(data[4:]))
    pd = options.get(IA_PD, b"")
    asks = options.get(ORO, b"")
    return Message(
        kind=head >> 24,
        transaction=head & 0xFFFFFF,
        client=options.get(CLIENT_ID, b""),
        server=options.get(SERVER_ID, b""),
        prefix=_prefix(pd) if len(pd) >= 12 else None,
        dns=tuple(_addresses(options.get(DNS_SERVERS, b""))),
        domains=tuple(_names(options.get(DOMAIN_LIST, b""))),
        asks=struct.unpack(f"!{len(asks) // 2}H", asks[: len(asks) // 2 * 2]),
        status=_status(options.get(STATUS, b"")),
    )


def _status(body: bytes) -> int:
    return int(struct.unpack_from("!H", body)[0]) if len(body) >= 2 else 0


def _prefix(body: bytes) -> Prefix | None:
    _, t1, t2 = struct.unpack_from("!III", body)
    for code, inner in _options(body[12:]):
        if code == IA_PREFIX and len(inner) >= 25:
            preferred, valid, bits = struct.unpack_from("!IIB", inner)
            base = ipaddress.IPv6Address(inner[9:25])
            network = ipaddress.IPv6Network((base, bits), strict=False)
            if valid:
                t1, t2 = t1 or preferred // 2, t2 or preferred * 4 // 5
                return Prefix(str(network), preferred, valid, t1, t2)
    return None


def _addresses(body: bytes) -> Iterator[str]:
    for at in range(0, len(body) - 15, 16):
        yield str(ipaddress.IPv6Address(body[at : at + 16]))


def _names(body: bytes) -> Sequence[str]:
    names: list[str] = []
    labels: list[str] = []
    at = 0
    while at < len(body):
        length = body[at]
        if length == 0:
            names.append(".".join(labels))
            labels = []
        labels += [body[at + 1 : at + 1 + length].decode("ascii", "replace")] if length else []
        at += 1 + length
    return [name for name in names if name]
