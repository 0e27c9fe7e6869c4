"""What bytes of a service say: a page, a DNS message, a time server's datagram. Pure.

Whoever sent the question: the probe's own sockets, or a script on a terminal.
"""

from __future__ import annotations

import re
import struct
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from onshi_net.facts.outcome import Outcome
from onshi_net.probe.protocol import ENTRIES, Answer

CHARSETS = frozenset(
    {"shift_jis", "windows-31j", "euc-jp", "iso-2022-jp", "utf-16", "iso-8859-1", "us-ascii"}
)
"""What a page may say that it is written in, beside UTF-8; Python knows others, some of which take
a minute for a page (punycode) or make letters that no file takes (unicode_escape)."""
NTP_EPOCH = 2208988800
"""Seconds from 1900 to 1970 (RFC 5905, 6)."""


def page_request(name: str, path: str = "/") -> bytes:
    """Answers the request for a page.

    HTTP/1.0, so that the body comes unchunked and ends with the connection.
    """
    return f"GET {path} HTTP/1.0\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode("ascii")


def page_said(raw: bytes, data: dict[str, Any]) -> Answer:
    """Answers what a server sent; `data` is what is known of the way to it."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    if status is None:
        return Answer(Outcome.REFUSED, "not-http", data)
    charset = re.search(rb"charset=[\"']?([A-Za-z0-9_-]+)", head + body[:1024], re.IGNORECASE)
    named = charset[1].decode().lower() if charset else ""
    text = body.decode(named if named in CHARSETS else "utf-8", "replace")
    return Answer(Outcome.OK, data={**data, "status": int(status[1]), "body": text})


def dns_said(query: dns.message.Message, wire: bytes) -> Answer:
    """Answers what a DNS server sent; data: rcode, truncated, size in bytes, addresses."""
    try:
        # Records one by one: dnspython compares each with all others of its name.
        reply = dns.message.from_wire(
            wire, ignore_trailing=True, raise_on_truncation=False, one_rr_per_rrset=True
        )
    except dns.exception.DNSException:
        return Answer(Outcome.REFUSED, "malformed", {"size": len(wire)})
    if not query.is_response(reply):
        return Answer(Outcome.REFUSED, "malformed", {"size": len(wire)})
    return _dns_answer(reply, len(wire))


def _dns_answer(reply: dns.message.Message, size: int) -> Answer:
    rcode = dns.rcode.to_text(reply.rcode())
    addresses = sorted(
        {
            record.to_text()
            for some in reply.answer
            if some.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}
            for record in some
        }
    )[:ENTRIES]
    truncated = bool(reply.flags & dns.flags.TC)
    data = {"rcode": rcode, "truncated": truncated, "size": size, "addresses": addresses}
    if rcode != "NOERROR":
        return Answer(Outcome.REFUSED, rcode.lower(), data)
    return Answer(Outcome.OK, "truncated" if truncated else "", data)


def ntp_request(sent: float) -> bytes:
    """Answers the request to a time server (RFC 5905, client mode); `sent` in seconds of UTC."""
    return struct.pack("!B39xQ", 0x23, int((sent + NTP_EPOCH) * 2**32))


def ntp_said(reply: bytes, sent: float, received: float) -> Answer:
    """Answers what a time server sent; `sent` and `received` by the clock that is compared."""
    if len(reply) < 48 or reply[0] & 7 != 4:
        return Answer(Outcome.REFUSED, "malformed")
    stratum = reply[1]
    there = [stamp / 2**32 - NTP_EPOCH for stamp in struct.unpack("!QQ", reply[32:48])]
    offset = ((there[0] - sent) + (there[1] - received)) / 2
    data = {"stratum": stratum, "offset_s": round(offset, 3)}
    # Stratum 0 is a refusal ('kiss of death'), 16 an unsynchronized clock (RFC 5905, 7.3 and 7.4).
    if stratum == 0 or stratum > 15:
        return Answer(Outcome.REFUSED, "unsynchronized", data)
    return Answer(Outcome.OK, data=data)
