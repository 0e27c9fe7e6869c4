"""Collecting without a network: the in-memory twins of the probe and of the router's session."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from onshi_net.checks.pcs import sentences
from onshi_net.errors import Unreachable
from onshi_net.evidence import MeasuringInterrupted, Outcome, collect, load, probing, store
from onshi_net.evidence.collecting import bundle
from onshi_net.evidence.laptop import measure
from onshi_net.evidence.legs import address_in, legs_of
from onshi_net.evidence.probing import Probe, failed, probe_process, reading_of
from onshi_net.facts.told import Told
from onshi_net.facts.types import Access, Echo, Interface, Reading, RouterAddresses, RouterState
from onshi_net.facts.windows import Access as PcAccess
from onshi_net.i18n import text
from onshi_net.intent import site_intent
from onshi_net.inventory import Secrets, load_site
from onshi_net.model.survey import ReceiptWork
from tests.platforms.yamaha.answering import CANARY, Session

EXAMPLES = Path(__file__).parents[2] / "inventory"
TERMINAL, CLINIC = IPv4Network("10.51.1.0/24"), IPv4Network("192.168.1.0/24")


@pytest.fixture
def intent():
    return site_intent(load_site(EXAMPLES, "demo-clinic"))


@pytest.fixture
def secrets():
    made = Secrets([lambda reference: f"{CANARY}-{reference}"])
    made.resolve("demo-clinic/router")
    return made


def leg(name, *addresses, up=True, ethernet=True):
    mac = "02:00:00:00:00:01"
    return Interface(name=name, mac=mac, ethernet=ethernet, up=up, mtu=1500, addresses=addresses)


def test_legs_are_found_by_address():
    found = legs_of(
        [
            leg("lo", "127.0.0.1/8", ethernet=False),
            leg("wlan0", "172.16.0.5/24"),
            leg("eth0", "fe80::1/64"),
            leg("eth1", "192.168.1.200/24"),
            leg("eth2", "10.51.1.200/24", "2001:db8::5/64"),
        ],
        TERMINAL,
        CLINIC,
    )
    assert (found.terminal.name, found.clinic.name, found.line.name) == ("eth2", "eth1", "eth0")
    assert [one.name for one in found.strays] == ["wlan0"]
    assert str(found.terminal.global_ipv6) == "2001:db8::5"
    assert address_in(found.terminal, TERMINAL) == "10.51.1.200"
    assert address_in(found.terminal, CLINIC) == ""


def test_an_interface_without_link_or_with_a_global_address_is_no_line_leg():
    found = legs_of([leg("eth0", up=False), leg("eth1", "2001:db8::7/64")], TERMINAL, CLINIC)
    assert (found.terminal, found.clinic, found.line) == (None, None, None)


class Silent:
    """Answers the interfaces; everything else stays without answer."""

    def __init__(self, *interfaces):
        self.interfaces = [one.model_dump(mode="json") for one in interfaces]
        self.asked = []

    async def ask(self, ask, within_s, parameters):
        self.asked.append((ask, within_s, dict(parameters)))
        fields = failed("")
        if ask == "interfaces":
            return {**fields, "outcome": "ok", "data": {"interfaces": self.interfaces}}
        return {**fields, "outcome": "no-answer"}


STANDING = (
    leg("t0", "10.51.1.200/24", "2001:db8:51:100::c8/64"),
    leg("c0", "192.168.1.200/24"),
    leg("l0"),
)


@pytest.mark.parametrize("clinic", [True, False])
def test_the_router_is_sought_at_a_stray_adapter_where_none_is_in_the_clinic_lan(intent, clinic):
    strays = (leg("w0", "172.16.0.5/24"), *([] if clinic else [leg("s0", "192.168.0.9/24")]))
    asker = Silent(STANDING[0], *(STANDING[1:2] if clinic else ()), *strays)
    found = asyncio.run(measure(Probe(asker), intent, ""))
    assert set(found.strays) == (set() if clinic else {"w0", "s0"})
    asked = [p for ask, _, p in asker.asked if ask == "owners" and p["interface"] in {"w0", "s0"}]
    assert {p["address"] for p in asked} == (set() if clinic else {"192.168.1.254"})


def test_a_silent_network_is_evidence_too(intent):
    asker = Silent(*STANDING)
    found = asyncio.run(measure(Probe(asker), intent, ""))
    assert found.legs.line.name == "l0"
    assert found.resolvers["2001:a7ff:5f01::a"].outcome is Outcome.NO_ANSWER
    assert found.services["proxy"].connect is None
    assert found.inbound.router_mac is None
    assert found.policy.clinic_to_laptop.answered == ()


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ((("lan2", "fe80::2a0:deff:fe00:1/64"), ("lan2", "2001:db8:51::1/64")), True),
        ((("vlan1", "fe80::2a0:deff:fe00:1/64"), ("lan2", "2001:db8:51::1/64")), False),
        ((), False),
    ],
)
def test_the_router_is_asked_for_on_the_line_by_the_address_that_it_says_it_has_there(
    intent, said, asked
):
    """It answers no echo request from there, and is not heard otherwise."""
    addresses = tuple({"interface": name, "address": address} for name, address in said)
    reading = Reading(outcome=Outcome.OK, found=RouterAddresses(addresses=addresses))

    async def measured(asker):
        router = asyncio.get_running_loop().create_future()
        router.set_result(RouterState(access=Access.OPEN, addresses=reading))
        return await measure(Probe(asker), intent, "", router)

    asker = Silent(*STANDING)
    found = asyncio.run(measured(asker))
    owners = [parameters for ask, _, parameters in asker.asked if ask == "owners"]
    on_line = [one["address"] for one in owners if one["interface"] == "l0"]
    assert ("fe80::2a0:deff:fe00:1" in on_line) is asked
    assert (found.line_router is not None) is asked
    assert found.inbound.router_mac is None


def test_every_question_is_bounded_so_that_a_cut_line_ends_within_15_s(intent):
    asker = Silent(*STANDING)
    asyncio.run(measure(Probe(asker), intent, ""))
    assert max(within_s for _, within_s, _ in asker.asked) <= 5
    assert len(asker.asked) > 60


def test_a_laptop_with_one_leg_asks_nothing_of_the_others(intent):
    asker = Silent(STANDING[0])
    found = asyncio.run(measure(Probe(asker), intent, ""))
    assert (found.inbound, found.line_adverts) == (None, None)
    assert found.policy.smb_to_terminals == found.policy.router_from_clinic.tried == {}
    assert set(found.policy.terminals_to_receipts) == {"receipt-1"}
    assert {p.get("interface", "t0") for _, _, p in asker.asked} == {"t0"}
    nowhere = asyncio.run(measure(Probe(Silent()), intent, ""))
    assert (nowhere.services, nowhere.paths, nowhere.owners) == ({}, {}, {})


def test_a_laptop_in_the_clinic_lan_alone_tries_what_a_receipt_pc_tries(intent):
    asker = Silent(STANDING[1])
    found = asyncio.run(measure(Probe(asker), intent, "")).policy
    assert {p.get("interface", "c0") for _, _, p in asker.asked} == {"c0"}
    assert set(found.smb_to_terminals) == set(found.other_to_terminals) == {"terminal-1"}
    assert 445 not in found.other_to_terminals["terminal-1"].tried
    assert found.router_from_clinic.tried
    assert found.clinic_to_laptop.tried == found.terminals_to_receipts == {}


def test_a_certificate_goes_to_tls_questions_only(intent):
    class Resolving(Silent):
        async def ask(self, ask, within_s, parameters):
            fields = await super().ask(ask, within_s, parameters)
            if ask == "dns":
                data = {"rcode": "NOERROR", "size": 50, "addresses": ["2001:db8::1"]}
                return {**fields, "outcome": "ok", "data": data}
            return fields

    asker = Resolving(*STANDING)
    found = asyncio.run(measure(Probe(asker), intent, "PEM"))
    assert found.has_bundle
    with_pem = {p["name"] for _, _, p in asker.asked if p.get("pem")}
    assert "hweb.oqs.onshikaku.org" in with_pem
    assert "crldownload.obn.managedpki.ne.jp" not in with_pem
    assert "PEM" not in found.model_dump_json()


def test_data_of_another_shape_is_an_error_reading():
    fields = {**failed(""), "outcome": "ok", "data": {"sent": "many"}}
    found = reading_of(fields, Echo)
    assert (found.outcome, found.detail) == (Outcome.ERROR, "unreadable-answer")


@pytest.mark.parametrize(
    "program",
    ["import sys; sys.exit(3)", "print('garbage')", "print('{\"id\": 99}')", "print('[1]')"],
)
def test_a_probe_that_fails_is_an_error_never_silence(program):
    async def go():
        async with probe_process((sys.executable, "-c", program)) as probe:
            return await probe.ask(Echo, "echo", 0.2)

    found = asyncio.run(go())
    assert (found.outcome, found.detail) == (Outcome.ERROR, "probe-ended")


def test_a_probe_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(probing, "GRACE_S", 0.1)
    monkeypatch.setattr(probing, "PATIENCE_S", 0.1)

    async def go():
        program = "import sys; sys.stdin.read()"
        async with probe_process((sys.executable, "-c", program)) as probe:
            return await probe.ask(Echo, "echo", 0.1)

    assert asyncio.run(go()).detail == "probe-stuck"


def test_a_missing_certificate_is_no_fault_of_the_measurement(intent):
    assert bundle(intent, Secrets([])) == ""


def test_evidence_survives_its_file(intent, secrets, tmp_path):
    def refusing(*_):
        raise Unreachable("transport.unreachable", host="x", port=22, reason="timed out")

    probe = (sys.executable, "-c", "import sys; sys.stdin.read()")
    probe = (*probe[:2], "print()")
    found = collect(intent, secrets, Path("k"), opener=refusing, probe=probe)
    file = tmp_path / "runs" / "evidence.json"
    store(found, file)
    assert load(file) == found
    assert [one.name for one in file.parent.iterdir()] == ["evidence.json"]
    assert CANARY not in file.read_text()


def test_a_probe_that_can_not_be_started_is_evidence(intent, secrets):
    def refusing(*_):
        raise Unreachable("transport.unreachable", host="x", port=22, reason="timed out")

    found = collect(intent, secrets, Path("k"), opener=refusing, probe=("/nonexistent/probe",))
    assert (found.laptop.probe.outcome, found.laptop.probe.detail) == (
        Outcome.ERROR, "probe-not-started",
    )  # fmt: skip


class Hanging(Session):
    """A router that falls silent in the middle of a session."""

    def __init__(self, released, ended):
        super().__init__()
        self.released, self.ended = released, ended

    def show(self, command):
        if command == "show arp":
            self.released.wait(60)
            self.ended.set()
        return super().show(command)


def test_a_pc_that_others_set_up_is_not_opened(intent, secrets):
    """Not even read; the others are asked as ever."""
    opened = []

    def opener(pc):
        opened.append(pc.access.host)
        raise Unreachable("transport.unreachable", host=pc.access.host, port=1, reason="-")

    def refusing(*_):
        raise Unreachable("transport.unreachable", host="x", port=22, reason="timed out")

    windows = tuple(
        replace(one, work_by=ReceiptWork.VENDOR) if one in intent.receipts else one
        for one in intent.windows
    )
    found = collect(
        replace(intent, windows=windows),
        secrets,
        Path("k"),
        opener=refusing,
        probe=("/nonexistent/probe",),
        pcs=opener,
    )
    assert opened == ["terminal-1"]
    assert found.windows.receipts == ()
    assert [one.session.host for one in found.windows.terminals] == ["terminal-1"]


def test_a_router_that_falls_silent_does_not_hold_the_verification_up(intent, secrets, monkeypatch):
    released, ended = threading.Event(), threading.Event()
    monkeypatch.setattr("onshi_net.evidence.collecting.ROUTER_S", 0.3)
    probe = (sys.executable, "-c", "")
    try:
        found = collect(
            intent, secrets, Path("k"), opener=lambda *_: Hanging(released, ended), probe=probe
        )
        assert not ended.is_set()
    finally:
        released.set()
    assert found.router.access is Access.ERROR
    assert found.router.reason == Told(message="evidence.router-late", values={"seconds": 0})


class Stopping(Hanging):
    """A router at which the user gives up waiting."""

    def show(self, command):
        if command == "show arp":
            os.kill(os.getpid(), signal.SIGINT)
        return super().show(command)


def test_what_has_no_answer_at_ctrl_c_is_not_measured(intent, secrets):
    released, ended = threading.Event(), threading.Event()

    def router(*_):
        return Stopping(released, ended)

    def pcs(*_):
        raise Unreachable("transport.unreachable", host="x", port=1, reason="timed out")

    probe = (sys.executable, "-c", "import sys; sys.stdin.read()")
    with pytest.raises(MeasuringInterrupted) as caught:
        collect(
            intent,
            secrets,
            Path("k"),
            opener=lambda *_: Stopping(released, ended),
            probe=probe,
            pcs=pcs,
        )
    released.set()
    found = caught.value.evidence
    assert found.router.reason == Told(message="evidence.interrupted")
    assert found.laptop.probe.detail == "interrupted"
    sessions = [one.session for one in (*found.windows.terminals, *found.windows.receipts)]
    assert len(sessions) == len(intent.windows)
    assert {one.access for one in sessions} - {Access.ERROR, Access.UNREACHABLE} == set()
    told = {text("evidence.interrupted"), "timed out"}
    assert all(any(word in sentences(one.reason) for word in told) for one in sessions)


def test_a_fault_of_the_program_costs_what_it_asked_and_says_nothing_of_the_site(intent, secrets):
    def broken(*_):
        raise ZeroDivisionError

    found = collect(
        intent, secrets, Path("k"), opener=broken, probe=(sys.executable, "-c", ""), pcs=broken
    )
    told = Told(message="evidence.broken", values={"reason": "ZeroDivisionError"})
    assert (found.router.access, found.router.reason) == (Access.ERROR, told)
    for pc in (*found.windows.terminals, *found.windows.receipts):
        assert (pc.session.access, pc.session.reason) == (PcAccess.ERROR, (told,))
