"""What a PC itself sees: the questions that its script asks, and what the answers mean.

All questions of a PC run side by side, each with its bound; their bytes (pages, DNS messages, time)
are read by the same functions as the laptop's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import dns.message
from pydantic import Field

from onshi_net.evidence.laptop import PAGE_BYTES
from onshi_net.evidence.probing import reading_of
from onshi_net.facts.outcome import Outcome
from onshi_net.facts.pc import Answered
from onshi_net.facts.readings import DnsReply, Facts, Page, Port, Reading, Service, Time
from onshi_net.facts.views import Maybe, ProxySetting, Software, View, Ways
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent
from onshi_net.model import Service as ServiceIntent
from onshi_net.model.catalogue import ServiceKind
from onshi_net.pcs.answers import understood
from onshi_net.pcs.powershell import script
from onshi_net.pcs.proxies import WINHTTP, winhttp
from onshi_net.pcs.terminal import SMB_PORT
from onshi_net.probe.protocol import Answer
from onshi_net.probe.said import dns_said, ntp_request, ntp_said, page_request, page_said
from onshi_net.transport.windows import WindowsSession

NAME_MS = 4000
"""Windows asks its resolvers again after 1, 2 and 4 s (Microsoft, DNS client resolution timeouts);
an answer that comes later than this is late for any program."""
STEP_MS = 3500
"""Windows repeats a lost SYN after 1 and 3 s (RFC 6298)."""
LOOK_S = 40.0
"""Seconds until a PC is given up that was asked to look; its questions end after some 12 s."""
DNS_PORT, NTP_PORT = 53, 123
RESOLVER, TERMINAL = "resolver:", "terminal:"
SECURED = frozenset({ServiceKind.HTTPS, ServiceKind.LINE_AUTH})
PAGES = frozenset({ServiceKind.HTTP, *SECURED})
CODES = {"ConnectionRefused": "reset", "ConnectionReset": "reset"}
"""Windows' socket errors as the probe's codes; of the rest all mean that there is no way there."""
NO_NAME = {"HostNotFound": "nxdomain", "NoData": "no-address", "TryAgain": "servfail"}
T = TypeVar("T", bound=Facts)


class Said(Answered):
    """How one question of the script ended."""

    id: str
    step: str
    ended: str
    """`ok`, `silent` or `failed`."""
    addresses: Annotated[tuple[str, ...], Maybe] = ()
    source: str = ""
    error: Mapping[str, Any] | None = None
    took: Mapping[str, int] = Field(default_factory=dict)
    """Milliseconds of each step."""
    sent: str = ""
    received: str = ""
    answer: str = ""

    @property
    def raw(self) -> bytes:
        """The bytes that came."""
        try:
            return base64.b64decode(self.answer, validate=True)
        except binascii.Error:
            return b""

    @property
    def socket(self) -> str:
        """Windows' word for what went wrong (SocketError), '' for none."""
        return str((self.error or {}).get("socket", ""))

    @property
    def words(self) -> str:
        """Windows' own sentence about it."""
        return str((self.error or {}).get("text", ""))[:200]

    def seconds(self, *steps: str) -> float:
        """Answers how long some steps took together."""
        return sum(self.took.get(one, 0) for one in steps) / 1000


class Looked(Answered):
    """What a script that looks prints."""

    answers: Annotated[tuple[Said, ...], Maybe] = ()
    certificate: bool = False
    ways: Mapping[str, Any] | None = None
    software: Software | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """One question: a name and what is asked behind it."""

    id: str
    name: str
    kind: str
    """`name`, `port`, `page` or `datagram`."""
    port: int = 0
    tls: bool = False
    send: bytes = b""

    def plain(self) -> dict[str, Any]:
        """Gives it for the script."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "port": self.port,
            "tls": self.tls,
            "send": base64.b64encode(self.send).decode("ascii"),
            "name_ms": NAME_MS,
            "step_ms": STEP_MS,
        }


def look_terminal(session: WindowsSession, site: SiteIntent, intent: TerminalIntent) -> View:
    """Asks a terminal to look. Raises the session's errors; nothing on the terminal is changed."""
    queries = _queries(site)
    asked = [*_services(site.services), *_resolvers(queries)]
    readers = [one.name for one in intent.software if one.device]
    looking = script(
        "look_terminal",
        questions=[one.plain() for one in asked],
        limit=PAGE_BYTES,
        certificate_store=f"Cert:\\{intent.certificate_store}",
        issuer=intent.certificate_issuer or "",
        devices=readers,
    )
    looked = understood(Looked, session.run(looking, deadline_s=LOOK_S), session.host)
    said = {one.id: one for one in looked.answers}
    services = {one.id: _service(one, said[one.id]) for one in site.services if one.id in said}
    resolvers = {
        address: _resolver(query, said[RESOLVER + address])
        for address, query in queries.items()
        if RESOLVER + address in said
    }
    return View(
        certificate=looked.certificate,
        services=services,
        resolvers=resolvers,
        ways=_ways(looked.ways, session.host),
        software=looked.software,
    )


def look_receipt(session: WindowsSession, intent: ReceiptIntent) -> View:
    """Asks a receipt PC whether it gets to the terminals. Raises the session's errors."""
    asked = [
        _Question(TERMINAL + one.terminal, str(one.address), "port", int(SMB_PORT))
        for one in intent.proofs
    ]
    looking = script("look_receipt", questions=[one.plain() for one in asked], limit=PAGE_BYTES)
    looked = understood(Looked, session.run(looking, deadline_s=LOOK_S), session.host)
    ports = {
        one.id.removeprefix(TERMINAL): _connected(one, int(SMB_PORT)) for one in looked.answers
    }
    return View(ports=ports)


def _queries(site: SiteIntent) -> dict[str, dns.message.Message]:
    """Answers, by resolver, a question for a name that it must know."""
    found: dict[str, dns.message.Message] = {}
    for servers in (site.ngn_resolvers, site.closed_network_resolvers):
        name = site.name_for(servers[0])
        for server in servers:
            found[str(server)] = dns.message.make_query(name, "AAAA", use_edns=0, payload=4096)
    return found


def _resolvers(queries: Mapping[str, dns.message.Message]) -> Iterator[_Question]:
    for address, query in queries.items():
        yield _Question(RESOLVER + address, address, "datagram", DNS_PORT, send=query.to_wire())


def _services(services: tuple[ServiceIntent, ...]) -> Iterator[_Question]:
    for one in services:
        if one.kind is ServiceKind.DNS:
            yield _Question(one.id, one.name, "name")
        elif one.kind is ServiceKind.NTP:
            now = datetime.now(UTC).timestamp()
            yield _Question(one.id, one.name, "datagram", NTP_PORT, send=ntp_request(now))
        elif one.kind in PAGES:
            tls, send = one.kind in SECURED, page_request(one.name)
            yield _Question(one.id, one.name, "page", one.port or 0, tls, send)
        else:
            yield _Question(one.id, one.name, "port", one.port or 0)


def _service(intent: ServiceIntent, said: Said) -> Service:
    """Answers how far a service answered, step by step."""
    name = _named(said)
    if not name.ok or intent.kind is ServiceKind.DNS:
        return Service(name=name)
    if intent.kind is ServiceKind.NTP:
        return Service(name=name, time=_time(said))
    connect = _connected(said, intent.port or 0)
    page = _page(said) if intent.kind in PAGES and connect.ok else None
    return Service(name=name, connect=connect, page=page)


def _named(said: Said) -> Reading[DnsReply]:
    if said.step != "name" or said.ended == "ok":
        reply = {"addresses": list(said.addresses), "rcode": "NOERROR"}
        return _reading(said, DnsReply, Answer(Outcome.OK, data=reply), "name")
    return _reading(said, DnsReply, _failure(said, NO_NAME), "name")


def _connected(said: Said, port: int) -> Reading[Port]:
    if said.step == "name":
        return _reading(said, Port, _failure(said, NO_NAME), "name")
    data = {"port": port, "source": said.source.partition("%")[0]}
    if said.step != "connect" or said.ended == "ok":
        return _reading(said, Port, Answer(Outcome.OK, data=data), "connect")
    return _reading(said, Port, _failure(said), "connect")


def _page(said: Said) -> Reading[Page]:
    step = "tls" if said.step == "tls" else "http"
    if said.ended == "ok" or said.raw:
        answer = page_said(said.raw, {"step": step})
    else:
        answer = _failure(said, refused="tls" if step == "tls" else "")
        answer = Answer(answer.outcome, answer.detail, {"step": step, "reason": said.words})
    return _reading(said, Page, answer, "tls", "write", "read")


def _time(said: Said) -> Reading[Time]:
    answer = _failure(said)
    if said.ended == "ok":
        try:
            sent, received = (_moment(one) for one in (said.sent, said.received))
            answer = ntp_said(said.raw, sent, received)
        except ValueError:
            answer = Answer(Outcome.ERROR, "unreadable-answer")
    return _reading(said, Time, answer, "datagram")


def _moment(said: str) -> float:
    """Answers seconds of UTC of a time in .NET's form `o`, which has seven decimals."""
    whole, _, rest = said.partition(".")
    return datetime.fromisoformat(f"{whole}.{rest[:6].rstrip('Z')}+00:00").timestamp()


def _resolver(query: dns.message.Message, said: Said) -> Reading[DnsReply]:
    answer = dns_said(query, said.raw) if said.ended == "ok" else _failure(said)
    return _reading(said, DnsReply, answer, "datagram")


def _failure(said: Said, codes: Mapping[str, str] = CODES, refused: str = "") -> Answer:
    if said.ended == "silent":
        return Answer(Outcome.NO_ANSWER)
    return Answer(Outcome.REFUSED, refused or codes.get(said.socket, "unreachable"))


def _reading(said: Said, kind: type[T], answer: Answer, *steps: str) -> Reading[T]:
    fields = {
        "outcome": answer.outcome,
        "detail": answer.detail,
        "duration_s": said.seconds(*steps),
        "data": answer.data,
    }
    return reading_of(fields, kind)


def _ways(told: Mapping[str, Any] | None, host: str) -> Ways | None:
    """Answers the ways, the settings of Windows' services beside its users'."""
    if told is None:
        return None
    ways = understood(Ways, told, host)
    found = winhttp(str(told.get("winhttp") or ""))
    if ways.proxies is None or found is None:
        return ways
    server, bypass = found
    own = ProxySetting(who=WINHTTP, enabled=bool(server), server=server, bypass=bypass)
    return ways.model_copy(update={"proxies": (own, *ways.proxies)})


__all__ = ["look_receipt", "look_terminal"]
