"""The order of a plan as a pure function: safe at each line, undone by line, nothing twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onshi_net.platforms.yamaha.config import config_lines, same_config
from onshi_net.platforms.yamaha.order import Way, plan_lines
from onshi_net.platforms.yamaha.rules import KEPT, is_kept, key_of

HERE = Way(frozenset({"10.51.1.1"}), frozenset({"onshi"}))
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


def test_services_close_first_and_old_filters_go_last():
    assert sent(STAGED, WANTED) == [
        "telnetd service off",
        "vlan port mapping lan1.3 vlan2",
        "lan type lan1 port-based-option=divide-network",
        "no ip lan2 secure filter in",
        "ip vlan2 address 192.168.1.254/24",
        "ip filter 8 pass 10.0.0.0/8 * * * *",
        "no ip filter 7",
    ]


def test_number_in_use_changes_its_meaning_beside():
    running = ("ip lan2 secure filter in 8", "ip filter 8 pass * * tcp * *")
    wanted = ("ip filter 8 reject * * * * *", "ip lan2 secure filter in 8")
    assert sent(running, wanted) == [
        "ip filter 109000 reject * * * * *",
        "ip lan2 secure filter in 109000",
        "ip filter 8 reject * * * * *",
        "ip lan2 secure filter in 8",
        "no ip filter 109000",
    ]


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
        "no pp auth myname",
        "pp select none",
    }
    undo = {c.lines[1]: c.undo for c in commands}
    (other,) = plan_lines(("snmp community read-only *",), ("snmp community read-only x",), HERE)
    assert (other.lines, other.undo) == (("snmp community read-only x",), None)
    assert undo["no pp auth myname"] is None
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


def test_a_text_of_several_lines_goes_but_not_back():
    running = ("embedded file a.lua <<EOF", "syslog notice on")
    assert plan_lines(running, ("syslog notice on",), HERE)[0].undo is None


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
