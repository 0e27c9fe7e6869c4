"""Collecting without a network: the in-memory twins of the probe and of the router's session."""

from __future__ import annotations

import asyncio
import sys
import threading
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from paramiko import ECDSAKey

from onshi_net.errors import HostKeyChanged, HostUnknown, LoginRefused, Unreachable
from onshi_net.evidence import Outcome, collect, load, probing, store
from onshi_net.evidence.collecting import bundle
from onshi_net.evidence.laptop import measure, name_for
from onshi_net.evidence.legs import address_in, legs_of
from onshi_net.evidence.probing import Probe, failed, probe_process, reading_of
from onshi_net.evidence.router import ask_router, initial_refused, unlike
from onshi_net.evidence.types import Access, Echo, Interface
from onshi_net.intent import site_intent
from onshi_net.inventory import Secrets, load_site
from onshi_net.transport import Identity, hostkeys
from onshi_net.transport.bond import Bond
from onshi_net.transport.errors import CommandRejected, SessionLost

EXAMPLES = Path(__file__).parents[2] / "inventory"
TERMINAL, CLINIC = IPv4Network("10.51.1.0/24"), IPv4Network("192.168.1.0/24")
CANARY = "canary-password-7"


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


def test_a_resolver_is_asked_for_a_name_that_it_must_know(intent):
    assert name_for(intent, str(intent.ngn_resolvers[0])) == "assv.asc.flets-west.jp"
    assert name_for(intent, str(intent.closed_network_resolvers[0])) == "www.lineauth.mnw"


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


def test_every_question_is_bounded_so_that_a_cut_line_ends_within_15_s(intent):
    asker = Silent(*STANDING)
    asyncio.run(measure(Probe(asker), intent, ""))
    assert max(within_s for _, within_s, _ in asker.asked) <= 5
    assert len(asker.asked) > 60


def test_a_laptop_with_one_leg_asks_nothing_of_the_others(intent):
    asker = Silent(STANDING[0])
    found = asyncio.run(measure(Probe(asker), intent, ""))
    assert (found.policy, found.inbound, found.line_adverts) == (None, None, None)
    assert {p.get("interface", "t0") for _, _, p in asker.asked} == {"t0"}
    nowhere = asyncio.run(measure(Probe(Silent()), intent, ""))
    assert (nowhere.services, nowhere.paths, nowhere.owners) == ({}, {}, {})


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


ANSWERS = {
    "show status lan2": "動作モード設定: Auto Negotiation (1000BASE-T Full Duplex)",
    "show status lan1": "PORT1: Auto Negotiation (Link Down)",
    "show ipv6 address": "VLAN1 scope-id 1 [up]\n グローバル 2001:db8:51:100::1/64",
    "show ipv6 route": "default  fe80::1  LAN2  temporary",
    "show status ipv6 dhcp": "",
    "show arp": "",
    "nslookup assv.asc.flets-west.jp": "2001:db8::9",
}


class Session:
    """A router session out of a table; a command that is not there is rejected."""

    host, used_initial = "10.51.1.1", False
    identity = Identity(model="RTX830", serial="S5X000001")

    def __init__(self, answers=None, pings="2 packets transmitted, 2 received", lost=""):
        self.answers, self.pings, self.lost = answers or ANSWERS, pings, lost
        self.asked, self.closed = [], False

    def config(self):
        return "# RTX830\nip lan1 address 10.51.1.1/24\nlogin user onshi *\n"

    def saved_config(self):
        return "# another date\nlogin user onshi *\n"

    def show(self, command):
        self.asked.append(command)
        if command == self.lost:
            raise SessionLost("transport.lost", host=self.host)
        if command.startswith("ping6"):
            return self.pings
        if command not in self.answers:
            raise CommandRejected(command, f"エラー: {CANARY}-demo-clinic/router", host=self.host)
        return self.answers[command]

    def close(self):
        self.closed = True


def asked(intent, secrets, session, differ=None):
    return ask_router(intent, secrets, Path("known_hosts"), differ, lambda *_: session)


def test_the_router_is_read_and_its_session_closed(intent, secrets):
    session = Session()
    found = asked(
        intent, secrets, session, lambda config, _router: [f"- {CANARY}-demo-clinic/router"]
    )
    assert session.closed
    assert (found.access, found.model, found.serial) == (Access.OPEN, "RTX830", "S5X000001")
    assert found.wan.found.up
    assert not found.lan.found.up
    assert found.unsaved.found == ("+ip lan1 address 10.51.1.1/24",)
    assert found.difference.found == ("- *",)


def test_evidence_tells_which_key_was_trusted_and_by_whom(intent, secrets, tmp_path):
    known, key = tmp_path / "known_hosts", ECDSAKey.generate()
    bond = Bond("2026-12-01T05:00:00Z", "person", "ac:44:f2:00:00:01", "S5X000001")
    hostkeys.record(known, "10.51.1.1", key, "modern", bond)
    found = ask_router(intent, secrets, known, None, lambda *_: Session())
    shown = hostkeys.fingerprint(key.asbytes())
    assert found.trust.model_dump() == {"fingerprint": shown, **bond.told()}
    assert asked(intent, secrets, Session()).trust is None


def test_a_rejected_command_is_a_reading_without_secrets(intent, secrets):
    found = asked(intent, secrets, Session())
    lookup = found.lookups["www.lineauth.mnw"]
    assert (lookup.outcome, lookup.detail) == (Outcome.REFUSED, "エラー: *")
    assert CANARY not in found.model_dump_json()


def test_nothing_is_looked_up_over_a_line_that_answers_no_ping(intent, secrets):
    session = Session(pings="2 packets transmitted, 0 received, 100% packet loss")
    found = asked(intent, secrets, session)
    assert found.lookups == {}
    assert len([one for one in session.asked if one.startswith("ping6")]) == 2


def test_a_ping_that_can_not_be_read_is_an_error(intent, secrets):
    found = asked(intent, secrets, Session(pings="?"))
    assert {one.outcome for one in found.pings.values()} == {Outcome.ERROR}


def test_a_session_that_breaks_is_evidence_and_closed(intent, secrets):
    session = Session(lost="show ipv6 route")
    found = asked(intent, secrets, session)
    assert found.access is Access.UNREACHABLE
    assert session.closed


@pytest.mark.parametrize(
    ("error", "access"),
    [
        (
            Unreachable("transport.unreachable", host="x", port=22, reason="timed out"),
            Access.UNREACHABLE,
        ),
        (LoginRefused("transport.login-refused", host="x", user="onshi"), Access.LOGIN_REFUSED),
        (HostUnknown("transport.host-unknown", host="x", shown="y"), Access.HOST_UNKNOWN),
        (HostKeyChanged("transport.host-key-changed", host="x"), Access.HOST_KEY_CHANGED),
    ],
)
def test_a_router_that_can_not_be_entered_is_evidence(intent, secrets, error, access, monkeypatch):
    monkeypatch.setattr(type(error), "__str__", lambda self: f"refused {CANARY}-demo-clinic/router")

    def refusing(*_):
        raise error

    found = ask_router(intent, secrets, Path("known_hosts"), None, refusing)
    assert (found.access, found.reason) == (access, "refused *")


def test_the_delivery_password_is_tried_alone(intent, secrets):
    tried = []

    def opener(management, *_):
        tried.append(management)
        raise LoginRefused("transport.login-refused", host="x", user="onshi")

    management = intent.router.management
    assert initial_refused(management, secrets, Path("k"), opener) is True
    (one,) = tried
    assert {one.secret, one.admin_secret} == {management.initial_secret}
    assert one.initial_secret is None


def test_a_login_that_the_administrator_password_stops_was_accepted(intent, secrets):
    def opener(*_):
        raise LoginRefused("transport.administrator-refused", host="x", user="onshi")

    assert initial_refused(intent.router.management, secrets, Path("k"), opener) is False
    opened = Session()
    assert initial_refused(intent.router.management, secrets, Path("k"), lambda *_: opened) is False
    assert opened.closed


def test_a_router_that_does_not_answer_says_nothing_about_passwords(intent, secrets):
    def opener(*_):
        raise Unreachable("transport.unreachable", host="x", port=22, reason="timed out")

    assert initial_refused(intent.router.management, secrets, Path("k"), opener) is None
    assert initial_refused(intent.router.management, Secrets([]), Path("k"), opener) is None


def test_comments_and_dates_are_no_difference():
    assert unlike("# a\nx y\n", "# b\n x y\n") == []
    assert unlike("a\nb\n", "b\nc\n") == ["+a", "-c"]


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
    assert "did not answer all questions" in found.router.reason


def test_a_fault_of_the_program_is_not_taken_for_evidence(intent, secrets):
    def broken(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        collect(intent, secrets, Path("k"), opener=broken, probe=(sys.executable, "-c", ""))
