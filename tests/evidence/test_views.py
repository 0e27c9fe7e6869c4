"""What a PC's answers mean: what its script printed, as readings."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import dns.message
import dns.rrset
import pytest

from onshi_net.errors import DeviceError
from onshi_net.evidence.views import look_receipt, look_terminal
from onshi_net.facts.outcome import Outcome
from onshi_net.facts.stored import evidence_of
from onshi_net.facts.types import Evidence
from onshi_net.facts.views import View
from onshi_net.intent import SiteIntent
from onshi_net.pcs.powershell import Script
from onshi_net.probe.said import NTP_EPOCH
from tests.checks.twins import intent_of, plain

PAGE = b"HTTP/1.0 200 OK\r\n\r\nwelcome"
AT = "2026-12-01T00:00:00.5000000Z"
SOCKET = {"kind": "SocketException", "inner": "SocketException", "code": -1, "text": "no"}


def said(step: str, ended: str, socket: str = "", answer: bytes = b"", **more: Any) -> Any:
    """One question's end, as the script prints it."""
    error = {**SOCKET, "socket": socket} if ended == "failed" else None
    return {
        "step": step,
        "ended": ended,
        "addresses": [] if step == "name" else ["2001:db8::1"],
        "source": "2001:db8:51::11%7",
        "error": error,
        "took": {"name": 10, step: 20},
        "sent": AT,
        "received": AT,
        "answer": base64.b64encode(answer).decode(),
        **more,
    }


class Pc:
    """A session with a PC that answers each question as it is told, else that nobody answers."""

    host = "terminal-1"

    def __init__(self, ends: dict[str, Any], **more: Any) -> None:
        self.ends, self.more = ends, more
        self.asked: list[dict[str, Any]] = []

    def run(self, script: Script, **_: Any) -> dict[str, Any]:
        self.asked = list(script.values["questions"])
        ids = [one["id"] for one in self.asked]
        answers = [{"id": one, **self.ends.get(one, said("name", "silent"))} for one in ids]
        return json.loads(json.dumps({"answers": answers, "certificate": True, **self.more}))

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def site() -> SiteIntent:
    return intent_of("demo-clinic")


def look(site: SiteIntent, ends: dict[str, Any], **more: Any) -> View:
    """What the terminal saw."""
    (intent,) = (one for one in site.windows if one.access.host == "terminal-1")
    return look_terminal(Pc(ends, **more), site, intent)


STEPS = [
    # service, its end, and how name, port, page and time end by it
    ("proxy", said("connect", "ok"), ("ok", "ok", None, None)),
    ("proxy", said("connect", "silent"), ("ok", "no-answer", None, None)),
    ("proxy", said("connect", "failed", "ConnectionRefused"), ("ok", "refused reset", None, None)),
    ("proxy", said("connect", "failed", "NetworkUnreachable"),
     ("ok", "refused unreachable", None, None)),
    ("proxy", said("name", "failed", "HostNotFound"), ("refused nxdomain", None, None, None)),
    ("proxy", said("name", "failed", "NoData"), ("refused no-address", None, None, None)),
    ("proxy", said("name", "silent"), ("no-answer", None, None, None)),
    ("flets-security", said("name", "ok", addresses=["2001:db8::2"]), ("ok", None, None, None)),
    ("eligibility", said("read", "ok", answer=PAGE), ("ok", "ok", "ok", None)),
    ("eligibility", said("read", "silent", answer=PAGE), ("ok", "ok", "ok", None)),
    ("eligibility", said("read", "ok"), ("ok", "ok", "refused not-http", None)),
    ("eligibility", said("tls", "failed"), ("ok", "ok", "refused tls", None)),
    ("eligibility", said("tls", "silent"), ("ok", "ok", "no-answer", None)),
    ("time", said("datagram", "silent"), ("ok", None, None, "no-answer")),
    ("time", said("datagram", "failed", "ConnectionReset"), ("ok", None, None, "refused reset")),
    ("time", said("datagram", "ok", answer=b"short"), ("ok", None, None, "refused malformed")),
    ("time", said("datagram", "ok", answer=b"", sent="?"), ("ok", None, None,
     "error unreadable-answer")),
]  # fmt: skip


@pytest.mark.parametrize(("service", "end", "expected"), STEPS)
def test_a_question_ends_step_by_step(
    site: SiteIntent, service: str, end: Any, expected: tuple[str | None, ...]
) -> None:
    seen = look(site, {service: end}).services[service]
    readings = (seen.name, seen.connect, seen.page, seen.time)
    ends = [one and f"{one.outcome} {one.detail}".strip() for one in readings]
    assert tuple(ends) == expected


def test_a_page_and_the_address_that_it_was_asked_from_are_kept(site: SiteIntent) -> None:
    seen = look(site, {"eligibility": said("read", "ok", answer=PAGE)}).services["eligibility"]
    assert seen.page is not None
    assert seen.page.found is not None
    assert (seen.page.found.status, seen.page.found.body) == (200, "welcome")
    assert seen.connect is not None
    assert seen.connect.found is not None
    assert seen.connect.found.source == "2001:db8:51::11"


def test_time_is_told_against_the_terminals_own_clock(site: SiteIntent) -> None:
    there = int((1796083200.5 + 3 + NTP_EPOCH) * 2**32)
    reply = bytes([0x24, 2]) + bytes(30) + struct.pack("!QQ", there, there)
    time = look(site, {"time": said("datagram", "ok", answer=reply)}).services["time"].time
    assert time is not None
    assert time.found is not None
    assert (time.found.stratum, time.found.offset_s) == (2, 3.0)


def test_a_resolver_is_asked_directly(site: SiteIntent) -> None:
    server = str(site.closed_network_resolvers[0])
    pc = Pc({})
    (intent,) = (one for one in site.windows if one.access.host == "terminal-1")
    view = look_terminal(pc, site, intent)
    assert view.resolvers[server].outcome is Outcome.NO_ANSWER
    question = next(one for one in pc.asked if one["name"] == server)
    query = dns.message.from_wire(base64.b64decode(question["send"]))
    reply = dns.message.make_response(query)
    reply.answer.append(
        dns.rrset.from_text(query.question[0].name, 60, "IN", "AAAA", "2001:db8::9")
    )

    class Answering(Pc):
        def run(self, script: Script, **_: Any) -> dict[str, Any]:
            (one,) = (q for q in script.values["questions"] if q["name"] == server)
            again = dns.message.from_wire(base64.b64decode(one["send"]))
            reply.id = again.id
            wire = reply.to_wire()
            self.ends = {one["id"]: said("datagram", "ok", answer=wire)}
            return super().run(script)

    found = look_terminal(Answering({}), site, intent).resolvers[server].found
    assert found is not None
    assert found.addresses == ("2001:db8::9",)


@pytest.mark.parametrize("ways", [None, {}, {"adapters": None, "proxies": None}])
def test_what_the_pc_could_not_tell_is_not_known(site: SiteIntent, ways: Any) -> None:
    seen = look(site, {}, ways=ways, software=None)
    assert (seen.ways.proxies if seen.ways else None) is None
    assert (seen.ways.adapters if seen.ways else None) is None
    assert seen.software is None


def test_windows_services_have_a_proxy_of_their_own(site: SiteIntent) -> None:
    server = b"192.0.2.9:3128"
    value = struct.pack("<IIII", 0x28, 0, 3, len(server)) + server + struct.pack("<I", 0)
    ways = {"proxies": [], "winhttp": base64.b64encode(value).decode()}
    seen = look(site, {}, ways=ways).ways
    assert seen is not None
    assert seen.proxies is not None
    assert [(one.who, one.server) for one in seen.proxies] == [("winhttp", server.decode())]


def test_an_answer_of_another_shape_is_refused(site: SiteIntent) -> None:
    with pytest.raises(DeviceError):
        look(site, {}, answers=[{"id": 1}, {"step": []}])


def test_a_receipt_pc_tells_which_terminals_it_gets_to(site: SiteIntent) -> None:
    intent = site.receipt_intent("receipt-1")
    assert intent is not None
    view = look_receipt(Pc({"terminal:terminal-1": said("connect", "ok")}), intent)
    assert view.ports["terminal-1"].ok
    lost = look_receipt(Pc({}), intent)
    assert lost.ports["terminal-1"].outcome is Outcome.NO_ANSWER


def test_evidence_of_a_version_that_asked_nothing_of_the_kind_is_read() -> None:
    old = plain("demo-clinic-good")
    for one in old["windows"]["terminals"]:
        del one["view"]
    found = evidence_of(old)
    assert found.windows is not None
    assert [one.view for one in found.windows.terminals] == [None]
    again = Evidence.model_validate_json(evidence_of(plain("demo-clinic-good")).model_dump_json())
    assert again == evidence_of(plain("demo-clinic-good"))
