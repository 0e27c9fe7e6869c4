"""Which command lines each model and firmware takes, and how a configuration is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_lab.yamaha.commands import COMMANDS, parse_config_line
from onshi_lab.yamaha.grammar import Context, split_line
from onshi_lab.yamaha.messages import CommandError, Fault
from onshi_lab.yamaha.models import FEATURES, MODELS, make_device
from onshi_lab.yamaha.store import (
    EMPTY,
    Config,
    apply_tokens,
    difference,
    dump_lines,
    load_lines,
    password_fits,
    seal_password,
)

RTX830 = make_device("RTX830", "15.02.31", "S5X000001")

# (command, source)
TAKEN = [
    ("ip lan1 address 10.51.1.1/24", "8.1.2"),
    ("ip lan2 secondary address 192.168.0.1/24", "8.1.3"),
    ("ip route 192.168.9.0/24 gateway 10.51.1.9 metric 2", "8.1.7"),
    ("ip filter 200003 reject 192.168.0.0/16 * * * *", "published log"),
    ("ip filter 200022 reject * * udp,tcp netbios_ns-netbios_ssn *", "published log"),
    ("ip filter 200026 restrict * * tcpfin * www,21,nntp", "published log"),
    ("ip filter 1 pass 10.51.1.1-10.51.1.9,10.51.1.20 * established", "8.1.10"),
    ("ip filter 1 pass * * tcpflag!=0x0002/0x0017 * *", "8.1.10"),
    ("ip filter dynamic 1 * * filter 10 in 11 out 12 timeout=60", "8.1.14"),
    ("ip filter dynamic 200098 * * tcp", "8.1.14"),
    ("ip lan2 secure filter in 1 2 3 dynamic 4", "8.1.25"),
    ("ipv6 filter 200031 pass * * 4", "published configuration"),
    ("ipv6 filter 1 pass 2001:db8::/64 * icmp-nd", "30.7.1"),
    ("ipv6 prefix 1 dhcp-prefix@lan2::1:0:0:0:1/64", "30.3.1"),
    ("ipv6 prefix 1 2001:db8::/64 valid_lifetime=600 a_flag=off", "30.3.1"),
    ("ipv6 lan1 address ra-prefix@lan2::1/64", "30.2.2"),
    ("ipv6 lan2 address auto", "30.2.2"),
    ("ipv6 lan1 prefix ra-prefix@lan2::/64", "30.2.3"),
    ("ipv6 lan1 rtadv send 1 m_flag=off o_flag=on prf_flag=high rdnss=dhcpv6 mtu=1280", "30.3.3"),
    ("ipv6 lan2 dhcp service client ir=on", "30.2.5"),
    ("ipv6 route default gateway dhcp lan2", "30.4.1"),
    ("ipv6 route default gateway ra lan2", "30.4.1"),
    ("ipv6 route 2001:db8:9::/48 gateway fe80::1%lan2", "30.4.1"),
    ("ngn type lan2 ntt", "20.3.1"),
    ("lan type lan1 100-fdx 1 2 port-based-option=divide-network", "4.50"),
    ("lan type lan2 100-fdx", "4.50"),
    ("vlan port mapping lan1.4 vlan4", "38.2"),
    ("dns server 2001:a7ff:5f01::a edns=on 2001:a7ff:5f01:1::a edns=on", "24.2"),
    ("dns server dhcp lan2 edns=on", "24.5"),
    ("dns server select 500000 dhcp lan2 any .", "published configuration"),
    ("dns server select 1 2001:db8::1 edns=on 2001:db8::2 edns=on any onshikaku.org", "24.10"),
    ("dns server select 2 reject any *.example.jp", "24.10"),
    ("dns notice order dhcpv6 me", "24.6"),
    ("dns private address spoof on", "24.7"),
    (
        "dhcp scope 1 10.0.0.2-10.0.0.191/24 except 10.0.0.9 expire 12 maxexpire 72:00",
        "12.1.4",
    ),
    ("dhcp server rfc2131 compliant except remain-silent", "1.7"),
    ("security class 1 off off", "4.12"),
    ("user attribute onshi administrator=on connection=ssh,serial host=10.51.1.200", "4.10"),
    ("syslog host 10.51.1.11 2001:db8::9", "4.25"),
    ("sshd host 10.51.1.1-10.51.1.20 vlan1", "4.67"),
    ("sshd host lan", "4.67"),
    ("telnetd service off", "4.38"),
    ("httpd host none", "33.2"),
    ("timezone +09:00", "4.13"),
    ("schedule at 2 */sun 04:00 * ntpdate ntp.example.jp syslog", "37.1"),
    ("schedule at 1 startup * lua script.lua", "37.1"),
    ("statistics traffic on", "51.1"),
    ("snmp host none", "21.1"),
    ('description lan2 "to the ONU"', "4.56"),
    ("no ip filter 1", "8.1.10"),
    ("no ip lan1 secure filter in", "8.1.25"),
    ("no ipv6 lan1 rtadv send", "30.3.3"),
    ("no dns server select 1", "24.10"),
    ("no lan type lan1", "4.50"),
    ("no schedule at 1", "37.1"),
    ("no dns host", "24.13"),
]


@pytest.mark.parametrize(("command", "source"), TAKEN)
def test_takes(command: str, source: str) -> None:
    apply_tokens(EMPTY, split_line(command), RTX830)


# (model, firmware, command, fault, source)
REFUSED = [
    ("RTX830", "15.02.31", "ip lan3 address 10.0.0.1/24", Fault.COMMAND, "4.50"),
    ("RTX830", "15.02.31", "ip vlan5 address 10.0.0.1/24", Fault.COMMAND, "4.50"),
    ("RTX830", "15.02.31", "ip lan1 address 10.0.0.256/24", Fault.ADDRESS, "8.1.2"),
    ("RTX830", "15.02.31", "ip lan1 address 10.0.0.1/33", Fault.ADDRESS, "8.1.2"),
    ("RTX830", "15.02.31", "ip filter 21474837 pass *", Fault.RANGE, "8.1.10"),
    ("RTX830", "15.02.31", "ip filter 1 pass * * tcp * 65536", Fault.RANGE, "8.1.10"),
    (
        "RTX830",
        "15.02.31",
        "ip filter 1 pass * * tcp * 1,2,3,4,5,6,7,8,9,10,11",
        Fault.COUNT,
        "8.1.10",
    ),
    ("RTX830", "15.02.31", "ip filter 1 pass * * tcp * 1 2", Fault.COUNT, "8.1.10"),
    ("RTX830", "15.02.31", "ip filter 1 allow *", Fault.KEYWORD, "8.1.10"),
    ("RTX830", "15.02.31", "ipv6 lan2 dhcp service client ir=maybe", Fault.KEYWORD, "30.2.5"),
    ("RTX830", "15.02.31", "ipv6 prefix 1 ra-prefix@lan9::/64", Fault.ADDRESS, "30.3.1"),
    ("RTX830", "15.02.31", "ipv6 route default gateway fe80::1", Fault.ADDRESS, "30.4.1"),
    ("RTX830", "15.02.31", "lan type lan2 port-based-option=divide-network", Fault.KEYWORD, "4.50"),
    ("RTX830", "15.02.31", "lan type lan1", Fault.COUNT, "4.50"),
    ("RTX830", "15.02.31", "vlan port mapping lan1.5 vlan2", Fault.KEYWORD, "38.2"),
    ("RTX830", "15.02.31", "vlan port mapping lan1.3 vlan5", Fault.KEYWORD, "38.2"),
    ("RTX830", "15.02.31", "lan flexible-port lan1=1-8 lan2=9 lan3=10", Fault.COMMAND, "53.1"),
    ("RTX830", "15.02.31", "user attribute onshi administrator=2", Fault.KEYWORD, "4.10"),
    ("RTX1300", "23.00.17", "user attribute onshi administrator=on", Fault.KEYWORD, "4.10"),
    ("RTX1300", "23.00.17", "vlan port mapping lan1.3 vlan2", Fault.COMMAND, "38.2"),
    (
        "RTX1300",
        "23.00.17",
        "lan type lan1 port-based-option=divide-network",
        Fault.KEYWORD,
        "4.50",
    ),
    ("RTX830", "15.02.13", "dns server dhcp lan2 edns=on", Fault.COUNT, "24.5"),
    (
        "RTX1210",
        "14.01.34",
        "dns server select 1 2001:db8::1 edns=on any x.jp",
        Fault.ADDRESS,
        "24.10",
    ),
    ("RTX1210", "14.01.38", "ipv6 route default gateway ra lan2", Fault.ADDRESS, "30.4.1"),
    ("RTX1210", "14.01.38", "schedule at 1 +600 * restart", Fault.KEYWORD, "37.1"),
    ("RTX830", "15.02.31", "schedule at 1 25:00 * restart", Fault.RANGE, "37.1"),
    ("RTX830", "15.02.31", "schedule at 1 +3601 * restart", Fault.RANGE, "37.1"),
    ("RTX830", "15.02.31", "dhcp scope 1 10.0.0.2-10.0.1.9/24", Fault.RANGE, "12.1.4"),
    ("RTX830", "15.02.31", "dns server select 1 2001:db8::1 any", Fault.COUNT, "24.10"),
    ("RTX830", "15.02.31", "no dns server select", Fault.COUNT, "24.10"),
    ("RTX830", "15.02.31", "no ipv6 lan1 address", Fault.COUNT, "30.2.2"),
    ("RTX830", "15.02.31", "login timer 119", Fault.RANGE, "4.53"),
    ("RTX830", "15.02.31", "console prompt " + "x" * 65, Fault.RANGE, "4.20"),
    ("RTX830", "15.02.31", "sshd session 9", Fault.RANGE, "4.68"),
    ("RTX830", "15.02.31", "timezone +12:00", Fault.RANGE, "4.13"),
    ("RTX830", "15.02.31", "dns static a x.jp", Fault.COUNT, "24.11"),
]


@pytest.mark.parametrize(("model", "firmware", "command", "fault", "source"), REFUSED)
def test_refuses(model: str, firmware: str, command: str, fault: Fault, source: str) -> None:
    with pytest.raises(CommandError) as caught:
        apply_tokens(EMPTY, split_line(command), make_device(model, firmware, "S5X000001"))
    assert caught.value.fault is fault


def made(*commands: str) -> Config:
    config = EMPTY
    for command in commands:
        config = apply_tokens(config, split_line(command), RTX830)
    return config


def test_a_name_that_is_its_own_command_wins_by_length() -> None:
    """`ip filter dynamic` isn't `ip filter`, `dns server select` not `dns server`."""
    config = made(
        "dns server 10.0.0.1", "dns server dhcp lan2", "dns server select 1 10.0.0.2 any ."
    )
    assert config.get("dns", "server") == ("10.0.0.1",)
    assert config.get("dns", "server", "dhcp") == ("lan2",)
    config = apply_tokens(config, ["no", "dns", "server"], RTX830)
    assert set(config.entries) == {("dns", "server", "dhcp"), ("dns", "server", "select", "1")}


def test_many_addresses_but_one_dhcp_service() -> None:
    config = made(
        "ipv6 lan1 address 2001:db8::1/64",
        "ipv6 lan1 address ra-prefix@lan2::1/64",
        "ipv6 lan1 dhcp service server",
        "ipv6 lan1 dhcp service off",
    )
    assert len(list(config.under("ipv6", "lan1", "address"))) == 2
    assert config.get("ipv6", "lan1", "dhcp", "service") == ("off",)
    config = apply_tokens(config, split_line("no ipv6 lan1 address 2001:db8::1/64"), RTX830)
    assert len(list(config.under("ipv6", "lan1", "address"))) == 1


def test_filters_are_listed_by_number() -> None:
    config = made(*(f"ip filter {number} pass * *" for number in (10, 2, 100, 1)))
    assert [line.split()[2] for line in config.lines()] == ["1", "2", "10", "100"]


def test_division_and_back_is_the_same_configuration() -> None:
    """Source: RTX reference 4.50."""
    before = made("ip lan1 address 10.51.1.1/24", "ip lan1 secure filter in 1", "sshd host lan1")
    divided = apply_tokens(
        before, split_line("lan type lan1 port-based-option=divide-network"), RTX830
    )
    assert "ip vlan1 secure filter in 1" in divided.lines()
    assert "sshd host vlan1" in divided.lines()
    assert apply_tokens(divided, split_line("no lan type lan1"), RTX830) == before


def test_a_stored_configuration_loads_to_itself() -> None:
    config = made(
        "vlan port mapping lan1.3 vlan2",
        "lan type lan1 port-based-option=divide-network",
        "ip vlan1 address 10.51.1.1/24",
        "ipv6 vlan1 address ra-prefix@lan2::1/64",
        'description 1 "two words"',
        "console prompt 'it''s'",
    )
    assert load_lines(dump_lines(config), RTX830) == config


def test_a_stored_line_that_the_device_refuses_is_ignored() -> None:
    """Source: RTX reference 2.3."""
    config = load_lines([("nonsense", ""), ("ip routing off", "")], RTX830)
    assert config.lines() == ("ip routing off",)


def test_the_difference_turns_one_configuration_into_the_other() -> None:
    old = made("ip routing off", "ip filter 1 pass * *", "dns host any")
    new = made("ip filter 1 reject * *", "ip filter 2 pass * *", "dns host any")
    config = old
    for line in difference(old, new):
        config = apply_tokens(config, split_line(line), RTX830)
    assert config.lines() == new.lines()


def test_sealed_passwords() -> None:
    sealed = seal_password("Start-pack.1")
    assert password_fits("Start-pack.1", sealed)
    assert not password_fits("start-pack.1", sealed)
    assert not password_fits("", sealed)
    assert password_fits("", "")
    assert "Start" not in sealed


@pytest.mark.parametrize("feature", FEATURES)
def test_every_floor_names_known_models(feature: str) -> None:
    assert set(FEATURES[feature]) <= set(MODELS)


def test_every_command_names_known_features_and_a_source() -> None:
    for command in COMMANDS:
        assert command.has.feature in ("", *FEATURES)
        assert set(command.has.models) <= set(MODELS)
        assert command.source


@given(st.text(max_size=80))
def test_no_line_breaks_the_parser(text: str) -> None:
    tokens = split_line(text)
    if tokens:
        with pytest.raises(CommandError):
            parse_config_line([*tokens, "\0"], Context(RTX830))


WORDS = st.sampled_from(
    [
        *("ip", "ipv6", "lan1", "lan2", "vlan1", "address", "filter", "dynamic", "secure", "in"),
        *("out", "dns", "server", "select", "pass", "reject", "*", "any", "1", "2", "10.0.0.1"),
        *("10.0.0.1/24", "2001:db8::1", "2001:db8::/64", "tcp", "udp", "www", "no", "auto"),
        *("dhcp", "edns=on"),
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=9))
def test_what_is_taken_is_shown_and_is_taken_again(words: list[str]) -> None:
    try:
        config = apply_tokens(EMPTY, words, RTX830)
    except CommandError:
        return
    assert load_lines(dump_lines(config), RTX830) == config
