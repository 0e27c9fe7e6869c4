"""The plan as a pure function.

Order, `no` forms, sections, what stays, and that planning twice gives nothing.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import DeviceError
from onshi_net.model import router_model
from onshi_net.model.firmware import Firmware
from onshi_net.provision.config import config_lines, keyed, same_config
from onshi_net.provision.guard import choose_guard
from onshi_net.provision.plan import human_diff, plan_lines
from onshi_net.provision.preflight import check_alone, clock_of, is_off, logged_in
from onshi_net.provision.rules import KEPT, is_kept, key_of, negation

HERE = frozenset({"10.51.1.1"})
STAGED = config_lines(
    """# RTX830 Rev.15.02.31 (Fri Sep  1 10:00:00 2023)
administrator password *
login user onshi *
ip lan1 address 10.51.1.1/24
ip lan2 secure filter in 7 8
ip filter 7 pass * * * * *
ip filter 8 reject * * * * *
telnetd service on
sshd service on
sshd host key generate *
"""
)
WANTED = (
    "vlan port mapping lan1.3 vlan2",
    "lan type lan1 port-based-option=divide-network",
    "ip vlan1 address 10.51.1.1/24",
    "ip vlan2 address 192.168.1.254/24",
    "ip filter 8 pass 10.0.0.0/8 * * * *",
    "telnetd service off",
    "sshd service on",
)


def sent(running: tuple[str, ...], wanted: tuple[str, ...]) -> list[str]:
    return [line for command in plan_lines(running, wanted, HERE) for line in command.lines]


def test_filters_come_off_first_and_their_definitions_go_last():
    lines = sent(STAGED, WANTED)
    assert lines[0] == "no ip lan2 secure filter in"
    assert lines[-1] == "no ip filter 7"
    wanted = [line for line in lines if not line.startswith("no ")]
    assert wanted == [line for line in WANTED if line in wanted]


def test_divided_interface_hands_its_lines_to_vlan1():
    # RTX command reference 4.50: the settings of lan1 pass to vlan1
    lines = sent(STAGED, WANTED)
    assert "no ip lan1 address" not in lines
    assert "ip vlan1 address 10.51.1.1/24" not in lines


def test_address_that_carries_the_session_goes_after_everything_else():
    running = (
        "ip lan3 address 10.51.1.1/24",
        "ip filter 9 pass * *",
        "ip route default gateway 1.1.1.1",
    )
    lines = sent(running, ("ip lan1 address 10.51.1.2/24",))
    assert lines[0] == "no ip route default"
    assert lines[-2:] == ["no ip filter 9", "no ip lan3 address"]


def test_every_command_knows_its_undo():
    commands = {c.lines: c.undo for c in plan_lines(STAGED, WANTED, HERE)}
    assert commands[("telnetd service off",)] == ("telnetd service on",)
    assert commands[("ip filter 8 pass 10.0.0.0/8 * * * *",)] == ("ip filter 8 reject * * * * *",)
    assert commands[("no ip filter 7",)] == ("ip filter 7 pass * * * * *",)
    assert commands[("ip vlan2 address 192.168.1.254/24",)] == ("no ip vlan2 address",)


def test_line_with_a_hidden_secret_is_removed_but_not_undone_by_line():
    running = config_lines("pp select 1\n pp auth myname a *\n pp enable 1\n")
    commands = plan_lines(running, (), HERE)
    assert {line for c in commands for line in c.lines} == {
        "pp select 1",
        "no pp enable 1",
        "no pp auth myname a *",
        "pp select none",
    }
    undo = {c.lines[1]: c.undo for c in commands}
    assert undo["no pp auth myname a *"] is None
    assert undo["no pp enable 1"] == ("pp select 1", "pp enable 1", "pp select none")


def test_site_lines_stay_and_each_has_a_reason():
    kept = (
        "console character ja.sjis",
        "console lines infinity",
        "login user onshi *",
        "login password *",
        "administrator password *",
        "administrator password encrypted *",
        "user attribute onshi administrator=2",
        "sshd host key generate *",
    )
    assert all(map(is_kept, kept))
    assert plan_lines(kept, (), HERE) == ()
    assert all(rule.reason for rule in KEPT)
    assert not is_kept("sshd host any")


@pytest.mark.parametrize(
    ("line", "removed"),
    [
        ("ip lan1 secure filter in 1 2 3", "no ip lan1 secure filter in"),
        ("dns server select 3 2001:db8::1 edns=on any mnw", "no dns server select 3"),
        ("dns server 2001:db8::1", "no dns server"),
        ("schedule at 1 */* 04:30 * ntpdate a.example", "no schedule at 1"),
        ("ipv6 lan1 address ra-prefix@lan2::1/64", "no ipv6 lan1 address ra-prefix@lan2::1/64"),
        ("vlan port mapping lan1.3 vlan2", "no vlan port mapping lan1.3"),
        ("sshd host vlan1", "no sshd host"),
    ],
)
def test_no_form_is_as_short_as_identifies_the_line(line: str, removed: str):
    assert negation(line) == removed
    assert negation(line) == f"no {key_of(line)}"


def test_here_documents_are_skipped():
    text = "embedded file a.lua <<EOF\nip lan1 address 1.2.3.4/24\nEOF\nsyslog notice on\n"
    assert config_lines(text) == ("embedded file a.lua <<EOF", "syslog notice on")
    assert plan_lines(config_lines(text), ("syslog notice on",), HERE)[0].undo is None


def test_human_diff_shows_both_sides_without_site_lines():
    diff = human_diff(STAGED, WANTED)
    assert "- ip filter 7 pass * * * * *" in diff
    assert "+ telnetd service off" in diff
    assert not [line for line in diff if "password" in line or "login" in line]


LINE = st.one_of(
    st.builds(lambda n, a: f"ip filter {n} pass * * * * {a}", st.integers(1, 9), st.integers(1, 5)),
    st.builds(
        lambda i, a: f"ip {i} address 10.0.{a}.1/24",
        st.sampled_from(["lan1", "lan2", "vlan1"]),
        st.integers(0, 5),
    ),
    st.builds(
        lambda i, n: f"ip {i} secure filter in {n}",
        st.sampled_from(["lan1", "lan2"]),
        st.integers(1, 9),
    ),
    st.builds(
        lambda i, a: f"ipv6 {i} address 2001:db8::{a}/64",
        st.sampled_from(["lan1", "lan2"]),
        st.integers(1, 5),
    ),
    st.builds(
        lambda n, s: f"dns server select {n} 2001:db8::1 any {s}",
        st.integers(1, 5),
        st.sampled_from(["mnw", "rece"]),
    ),
    st.sampled_from(
        [
            "telnetd service on",
            "telnetd service off",
            "sshd service on",
            "console character ja.utf8",
            "login user onshi *",
        ]
    ),
)


def one_a_key(lines: list[str]) -> tuple[str, ...]:
    return tuple({key_of(line): line for line in lines}.values())


CONFIG = st.lists(LINE, max_size=14).map(one_a_key)


def played(lines: tuple[str, ...], commands: list[str]) -> tuple[str, ...]:
    """A router's configuration after some lines: later ones replace those with the same key."""
    by_key = {key_of(line): line for line in lines}
    for line in commands:
        if line.startswith("no "):
            del by_key[line.removeprefix("no ")]
        else:
            by_key[key_of(line)] = line
    return tuple(by_key.values())


@given(CONFIG, CONFIG)
def test_what_is_planned_leads_to_what_is_wanted_and_its_undo_back(running, wanted):
    ours = tuple(line for line in wanted if not is_kept(line))
    commands = plan_lines(running, ours, HERE)
    after = played(running, [line for c in commands for line in c.lines])
    kept = [line for line in running if is_kept(line)]
    assert same_config(after, (*ours, *kept))
    assert plan_lines(after, ours, HERE) == ()
    back = played(after, [line for c in reversed(commands) for line in c.undo or ()])
    assert same_config(back, running)


@given(CONFIG)
def test_nothing_is_planned_for_a_router_that_is_as_wanted(running):
    assert plan_lines(running, tuple(line for line in running if not is_kept(line)), HERE) == ()


@given(st.text(max_size=300))
def test_any_text_is_read_as_lines(text: str):
    lines = config_lines(text)
    assert all("  " not in line.strip() for line in lines)
    list(keyed(lines))


CLOCK = datetime(2026, 12, 31, 23, 59, 30)  # noqa: DTZ001 - the router's own time


@pytest.mark.parametrize(
    ("model", "firmware", "clock", "lines"),
    [
        ("RTX830", "15.02.31", None, ("rollback timer 300", "schedule at 90 +330 * restart")),
        (
            "RTX1210",
            "14.01.38",
            CLOCK,
            ("rollback timer 300", "schedule at 90 01/01 00:05:00 * restart"),
        ),
        ("RTX1210", "14.01.20", CLOCK, ("schedule at 90 01/01 00:04:30 * restart",)),
        ("RTX1210", "14.01.38", None, ("rollback timer 300",)),
        ("NVR510", "15.01.24", CLOCK, ("schedule at 90 01/01 00:04:30 * restart",)),
        ("NVR510", "15.01.24", None, ()),
    ],
)
def test_guard_is_what_the_firmware_has(model, firmware, clock, lines):
    guard = choose_guard(router_model(model), Firmware.parse(firmware), clock, (), 300)
    assert guard.arming(clock) == lines
    assert bool(guard) is bool(lines)


def test_guard_takes_a_free_schedule_number_and_is_left_out_of_comparisons():
    taken = ("schedule at 90 */* 01:00 * restart",)
    guard = choose_guard(router_model("RTX830"), Firmware.parse("15.02.31"), None, taken, 300)
    assert guard.schedule_key == "schedule at 91"
    assert guard.without(("schedule at 91 +330 * restart", *taken)) == taken


# RTX command reference 58.47, the example in both languages
USERS_EN = """   (*: current user, +: administrator mode, @: authenticated via RADIUS)
   username        connection login time   idle       IP address
-------------------------------------------------------------------------------
   user-local      serial     09/16 10:21  0:02:08
  @user-radius2    remote     09/16 10:22  0:02:27
*+@user-radius1    telnet1    09/16 10:22  0:00:00    192.168.0.100
"""


def test_users_are_read_and_somebody_else_as_administrator_stops():
    users = logged_in(USERS_EN)
    assert [(u.user, u.own, u.admin) for u in users] == [
        ("user-local", False, False),
        ("user-radius2", False, False),
        ("user-radius1", True, True),
    ]
    check_alone("router", USERS_EN)
    other = USERS_EN + " + user-local      ssh2       09/16 10:22  0:00:00    192.168.0.7\n"
    with pytest.raises(DeviceError, match="user-local"):
        check_alone("router", other)
    leftover = USERS_EN + " + user-radius1    ssh2       09/16 10:22  0:00:00    192.168.0.100\n"
    check_alone("router", leftover)


def test_clock_is_read():
    assert clock_of("Current time: 2021/01/30 09:44:53 +09:00") == datetime(2021, 1, 30, 9, 44, 53)  # noqa: DTZ001
    assert clock_of("nothing") is None


def test_wrong_clock_is_one_that_is_days_off():
    assert is_off(datetime(2000, 1, 1), CLOCK)  # noqa: DTZ001 - the router's own time
    assert not is_off(CLOCK, CLOCK)
