"""A router of the family while it is changed: what it is read to be, and what is said to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onshi_net.errors import DeviceError
from onshi_net.platforms.base import Credentials, Identity
from onshi_net.platforms.change import Command, Mark, Password, PasswordStep
from onshi_net.platforms.yamaha.device import YamahaDevice
from onshi_net.platforms.yamaha.memory import MemorySession
from onshi_net.platforms.yamaha.order import Way, plan_lines
from onshi_net.provision.plan import RouterPlan
from tests.platforms.yamaha.models import without
from tests.transport.routers import intent_for, new_secrets

HEADER = "# RTX830 Rev.15.02.31 (Fri Sep  1 10:00:00 2023)\n"
LINES = ("telnetd service on", "sshd service on")
RUN = "20261130T205901.123456Z"
MARK = f"description 90 onshi/d/{RUN}/1305/me@here"
SCHEDULE = "schedule at 90 +300 * restart"
ENVIRONMENT = "Current time: 2026/11/30 21:00:00\nElapsed time from boot: 0days 00:16:40\n"
SITE = Credentials("demo-clinic/router", "demo-clinic/router-admin")
GUARDS = ("schedule_delay_since", "rollback_timer_since")
DELIVERY = Credentials("start-pack/router-initial", "start-pack/router-initial")


def device(*lines: str, saved: tuple[str, ...] | None = None, opened: Credentials = SITE):
    kept = None if saved is None else HEADER + "\n".join(saved)
    answers = dict.fromkeys(("show environment", "save", "confirm"), ENVIRONMENT)
    answers |= dict.fromkeys((MARK, SCHEDULE, "no schedule at 90", "no description 90"), "")
    session = MemorySession(HEADER + "\n".join(lines), kept, answers, credentials=opened)
    return YamahaDevice(intent_for(22), new_secrets(), session), session


def test_a_guard_is_told_by_its_mark_and_is_no_part_of_the_configuration() -> None:
    one, session = device(*LINES, MARK, SCHEDULE, saved=LINES)
    seen = one.read(kept=True)
    assert (seen.running, seen.saved, seen.is_saved) == (LINES, LINES, True)
    assert seen.mark == Mark(RUN, "me@here", 305.0, stands=True)
    one.disarm()
    assert session.sent[-2:] == ["no schedule at 90", "no description 90"]


def test_what_is_not_saved_is_told_and_what_was_not_asked_is_no_claim() -> None:
    one, _ = device(*LINES, saved=LINES[:1])
    assert not one.read(kept=True).is_saved
    seen = one.read(kept=False)
    assert (seen.saved, seen.is_saved, seen.mark) == (None, False, None)


def test_passwords_come_last_and_are_those_that_only_the_delivery_opened() -> None:
    wanted = ("telnetd service off", "sshd service on")
    one, session = device(*LINES, opened=DELIVERY)
    first, *passwords = one.plan(LINES, wanted)
    assert first == Command(wanted[:1], LINES[:1], shown=wanted[:1])
    assert passwords == [Password(PasswordStep.LOGIN), Password(PasswordStep.ADMIN)]
    for step in (first, *passwords):
        one.send(step)
    assert not one.read(kept=False).has_first_passwords
    assert one.plan(wanted, wanted) == ()
    for step in reversed((first, *passwords)):
        one.undo(step)
    assert one.read(kept=False).has_first_passwords
    assert session.sent == [
        "telnetd service off",
        "login user onshi",
        "administrator password",
        "administrator password",
        "login user onshi",
        "telnetd service on",
    ]


def test_a_line_says_what_it_does_to_the_ports_and_shows_nobodys_secret() -> None:
    divided = "lan type lan1 port-based-option=divide-network"
    steps = device()[0].plan(("radius secret Cn4ry",), (divided,))
    assert [step.reshapes for step in steps] == [divided in step.lines for step in steps]
    assert any(step.reshapes for step in steps)
    assert "Cn4ry" not in repr(steps)


def test_a_guard_is_chosen_by_what_there_is_and_none_is_a_refusal() -> None:
    one, _ = device(*LINES)
    guard = one.choose_guard(300, LINES, LINES, lambda *_a, **_v: None)
    assert (guard.seconds, guard.kind, guard.survives_loss) == (300, "delay", True)
    bare, other = device()
    bare.intent = replace(bare.intent, model=without(bare.intent.model, *GUARDS))
    other.answers = {"show environment": "nothing that could be read"}
    with pytest.raises(DeviceError, match="can't undo a change by itself"):
        bare.choose_guard(300, LINES, LINES, lambda *_a, **_v: None)


def test_a_line_that_stands_in_for_a_hidden_secret_is_not_undone_by_line():
    (command,) = plan_lines(
        ("pp select 1", " pp auth myname a *"), ("pp select 1", " pp auth myname b c"), Way()
    )
    assert command == Command(("pp select 1", "pp auth myname b c", "pp select none"), None)


LOGIN, ADMIN = PasswordStep.LOGIN, PasswordStep.ADMIN


@pytest.mark.parametrize(
    ("login", "admin", "steps"),
    [
        ("demo-clinic/router", "demo-clinic/router-admin", ()),
        ("start-pack/router-initial", "start-pack/router-initial", (LOGIN, ADMIN)),
        ("demo-clinic/router", "start-pack/router-initial", (ADMIN,)),
        ("start-pack/router-initial", "demo-clinic/router-admin", (LOGIN,)),
        ("start-pack/router-initial", None, (LOGIN, ADMIN)),
        ("demo-clinic/router", None, ()),
    ],
)
def test_passwords_that_only_the_delivery_secret_opened_become_the_sites(login, admin, steps):
    """A router that asked for no administrator password has the one that goes with its login."""
    session = MemorySession("", credentials=Credentials(login, admin))
    device = YamahaDevice(intent_for(22), new_secrets(), session)
    assert device.plan((), ()) == tuple(map(Password, steps))


@pytest.mark.parametrize(
    ("todo", "unsaved"),
    [((), True), ((Password(LOGIN),), False), ((Command(("a",), None),), False)],
)
def test_a_plan_is_empty_where_nothing_at_all_is_left(todo, unsaved):
    assert not RouterPlan("router", Identity(), todo, unsaved, ()).is_empty
    assert RouterPlan("router", Identity(), (), False, ()).is_empty
