"""What the router says becomes facts, without secrets; one that can't be asked is a fact too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from paramiko import ECDSAKey

from onshi_net.errors import (
    Fault,
    HostKeyChanged,
    HostUnknown,
    InputError,
    LoginRefused,
    Place,
    Unreachable,
)
from onshi_net.facts.told import Told
from onshi_net.facts.types import Access, Outcome
from onshi_net.intent import site_intent
from onshi_net.inventory import Secrets, load_site
from onshi_net.platforms.base import Credentials, initial_refused
from onshi_net.platforms.yamaha.evidence import ask_router
from onshi_net.platforms.yamaha.render import router_config
from onshi_net.transport import hostkeys
from onshi_net.transport.bond import Bond
from onshi_net.transport.errors import CommandRejected, SessionLost, SlowToOpen
from tests.conftest import EXAMPLES
from tests.platforms.yamaha.answering import ANSWERS, CANARY, Session
from tests.platforms.yamaha.secret_lines import GRAMMAR


@pytest.fixture
def intent():
    return site_intent(load_site(EXAMPLES, "demo-clinic"))


@pytest.fixture
def secrets():
    made = Secrets([lambda reference: f"{CANARY}-{reference}"])
    made.resolve("demo-clinic/router")
    return made


def asked(intent, secrets, session):
    return ask_router(intent, secrets, Path("known_hosts"), lambda *_: session)


def test_the_router_is_read_and_its_session_closed(intent, secrets):
    session = Session()
    found = asked(intent, secrets, session)
    assert session.closed
    assert (found.access, found.model, found.serial) == (Access.OPEN, "RTX830", "S5X000001")
    assert found.wan.found.up
    assert not found.lan.found.up
    assert found.running.found == ("ip lan1 address 10.51.1.1/24", "login user onshi *")
    assert found.saved.found == ("login user onshi *",)


def test_evidence_tells_which_key_was_trusted_and_by_whom(intent, secrets, tmp_path):
    known, key = tmp_path / "known_hosts", ECDSAKey.generate()
    bond = Bond("2026-12-01T05:00:00Z", "person", "ac:44:f2:00:00:01", "S5X000001")
    hostkeys.record(known, "10.51.1.1", key, "modern", bond)
    found = ask_router(intent, secrets, known, lambda *_: Session())
    shown = hostkeys.fingerprint(key.asbytes())
    assert found.trust.model_dump() == {"fingerprint": shown, **bond.told()}
    assert asked(intent, secrets, Session()).trust is None


def test_a_rejected_command_is_a_reading_without_secrets(intent, secrets):
    found = asked(intent, secrets, Session())
    lookup = found.lookups["www.lineauth.mnw"]
    assert (lookup.outcome, lookup.detail) == (Outcome.REFUSED, "エラー: *")
    assert CANARY not in found.model_dump_json()


def test_secrets_that_the_router_holds_itself_are_in_no_evidence(intent, secrets):
    running = "\n".join(line.replace("{}", "Cn4ryOfOthers") for line in GRAMMAR)
    session = Session()
    session.config = lambda: f"# RTX830\n{running}\n"
    session.saved_config = lambda: f"# RTX830\n{running.replace('Others', 'Others2')}\n"
    found = asked(intent, secrets, session)
    assert len(found.running.found) == len(found.saved.found) == len(GRAMMAR)
    assert not set(found.running.found) & set(found.saved.found)
    assert "Cn4ry" not in f"{found.model_dump_json()}{found!r}"


def test_our_own_secrets_are_in_no_evidence_wherever_somebody_wrote_them(intent, secrets):
    session = Session()
    session.config = lambda: f"# RTX830\ndescription 1 {CANARY}-demo-clinic/router\n"
    session.saved_config = lambda: "# RTX830\ndescription 1 other\n"
    found = asked(intent, secrets, session)
    assert (found.running.found, found.saved.found) == (
        ("description 1 *",),
        ("description 1 other",),
    )


def test_a_password_that_is_a_word_of_our_own_lines_changes_none_of_them(intent):
    """Somebody took the router's address for a password."""
    secrets = Secrets([lambda _reference: "192.168.1.254"])
    secrets.resolve("demo-clinic/router")
    session = Session()
    ours = router_config(intent.router)
    assert any("192.168.1.254" in line for line in ours)
    session.config = lambda: "\n".join(("# RTX830", *ours, "description 1 192.168.1.254"))
    assert asked(intent, secrets, session).running.found == (*ours, "description 1 *")


def test_a_saved_configuration_that_is_not_shown_costs_one_fact(intent, secrets):
    def refused():
        raise CommandRejected("show config", "no", host="10.51.1.1")

    session = Session()
    session.saved_config = refused
    found = asked(intent, secrets, session)
    assert (found.saved.outcome, found.saved.found) == (Outcome.REFUSED, None)
    assert found.running.ok


@pytest.mark.parametrize(
    ("said", "uptime", "outcome"),
    [
        ("Current time: 2026/12/01 10:00:00\nElapsed time from boot: 1days 00:00:05", 86405, "ok"),
        ("Elapsed time from boot: 0days 00:01:00", 60, "error"),
        ("?", None, "error"),
    ],
)
def test_clock_and_uptime_are_read_each_on_its_own(intent, secrets, said, uptime, outcome):
    found = asked(intent, secrets, Session({**ANSWERS, "show environment": said}))
    assert (found.uptime_s, found.clock.outcome) == (uptime, outcome)


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
    assert found.access is Access.ERROR
    assert session.closed


@pytest.mark.parametrize(
    ("error", "access"),
    [
        (Unreachable("transport.unreachable", host="x", port=22, reason="r"), Access.UNREACHABLE),
        (LoginRefused("transport.login-refused", host="x", user="onshi"), Access.LOGIN_REFUSED),
        (HostUnknown("transport.host-unknown", host="x", shown="y"), Access.HOST_UNKNOWN),
        (HostKeyChanged("transport.host-key-changed", host="x"), Access.HOST_KEY_CHANGED),
    ],
)
def test_a_router_that_can_not_be_entered_is_evidence(intent, secrets, error, access):
    error.values = {
        **error.values,
        "port": 22,
        "reason": OSError(f"no {CANARY}-demo-clinic/router"),
    }

    def refusing(*_):
        raise error

    found = ask_router(intent, secrets, Path("known_hosts"), refusing)
    values = {**error.values, "reason": "no *"}
    assert found.access is access
    assert found.reason == Told(message=error.message, host="x", values=values)


def test_faults_of_a_file_are_told_as_they_are(intent, secrets):
    def refusing(*_):
        raise InputError([Fault(Place(item="known_hosts"), f"{CANARY}-demo-clinic/router")])

    found = ask_router(intent, secrets, Path("known_hosts"), refusing)
    assert (found.access, found.reason) == (Access.ERROR, Told(said="known_hosts: *"))


def test_measuring_never_tries_the_delivery_password(intent, secrets):
    tried = []

    def opener(management, *_):
        tried.append((management.secret, management.initial_secret))
        raise LoginRefused("transport.login-refused", host="x", user="onshi")

    found = ask_router(intent, secrets, Path("k"), opener)
    assert tried == [(intent.router.management.secret, None)]
    assert (found.access, found.initial_refused) == (Access.LOGIN_REFUSED, None)


@pytest.mark.parametrize(
    ("login", "admin", "refused"),
    [
        ("site", "site-admin", True),
        ("initial", "site-admin", False),
        ("site", "initial", False),
        ("site", None, True),
    ],
)
def test_what_opened_the_session_is_the_password_there_is(intent, login, admin, refused):
    session, initial = Session(), intent.router.management.initial_secret
    used = (initial if one == "initial" else one for one in (login, admin))
    session.credentials = Credentials(*used)
    values = Secrets([lambda one: one])
    assert asked(intent, values, session).initial_refused is refused


def test_without_a_delivery_password_at_hand_nothing_is_said_of_it(intent, secrets):
    known = Secrets([lambda one: None if "initial" in one else one])
    management = replace(intent.router.management, initial_secret="x-initial")
    session = Session()
    assert initial_refused(management, known, session) is None
    assert initial_refused(replace(management, initial_secret=None), secrets, session) is None


@pytest.mark.parametrize(
    "error",
    [
        SlowToOpen("transport.slow-to-open", host="x", port=22),
        SessionLost("transport.too-slow", host="x", seconds=8),
    ],
)
def test_a_session_that_did_not_open_in_time_says_nothing_of_the_way_in(intent, secrets, error):
    def opener(*_):
        raise error

    assert ask_router(intent, secrets, Path("k"), opener).access is Access.ERROR
