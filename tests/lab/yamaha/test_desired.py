"""What a configuration asks of the kernel, without a kernel."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_lab.yamaha.grammar import split_line
from onshi_lab.yamaha.hosts import host_allowed
from onshi_lab.yamaha.kernel import dhcp6
from onshi_lab.yamaha.kernel.advert import parse_advert
from onshi_lab.yamaha.kernel.desired import (
    Advert,
    Delegation,
    Desired,
    Learned,
    Proxied,
    RouteSpec,
    desire,
)
from onshi_lab.yamaha.kernel.names import Policy, choose
from onshi_lab.yamaha.kernel.nft import ruleset, static_matches
from onshi_lab.yamaha.models import make_device
from onshi_lab.yamaha.operations import ping_arguments, ping_line
from onshi_lab.yamaha.store import EMPTY, Config, apply_tokens

RTX830 = make_device("RTX830", "15.02.31", "S5X000001")
RTX1300 = make_device("RTX1300", "23.00.17", "S5X000001")
WIRING = {"lan1": ("lan1p1", "lan1p2", "lan1p3", "lan1p4"), "lan2": ("lan2",)}
RA = {"lan2": Learned(Advert("fe80::1", 1800, "2001:db8:51:100::/64", 300, 600))}
PD = {
    "lan2": Learned(
        Advert("fe80::1", 1800),
        Delegation("fe80::2", "2001:db8:52:100::/56", 1, 2, 300, 600, ("2001:db8::53",)),
    )
}


def made(*commands: str, device=RTX830) -> Config:
    config = EMPTY
    for command in commands:
        config = apply_tokens(config, split_line(command), device)
    return config


def wanted(*commands: str, learned=None, device=RTX830, flexible=()) -> Desired:
    return desire(device, made(*commands, device=device), WIRING, learned or {}, flexible)


def ports(state: Desired) -> dict[str, tuple[str, ...]]:
    return {bridge.name: bridge.ports for bridge in state.bridges}


def test_undivided_lan1_is_one_switch() -> None:
    assert ports(wanted()) == {"lan1": WIRING["lan1"]}


def test_divided_lan1_maps_port_n_to_vlan_n_unless_told() -> None:
    """Source: RTX reference 38.2."""
    divide = "lan type lan1 port-based-option=divide-network"
    assert ports(wanted(divide)) == {f"vlan{n}": (f"lan1p{n}",) for n in (1, 2, 3, 4)}
    state = wanted("vlan port mapping lan1.2 vlan1", "vlan port mapping lan1.4 vlan3", divide)
    assert ports(state) == {"vlan1": ("lan1p1", "lan1p2"), "vlan3": ("lan1p3", "lan1p4")}


def test_mapping_without_division_changes_nothing() -> None:
    """Source: RTX reference 38.2, note."""
    assert ports(wanted("vlan port mapping lan1.2 vlan1")) == ports(wanted())


def test_flexible_ports_take_effect_with_the_boot() -> None:
    """Source: RTX reference 53.1, note."""
    line = "lan flexible-port lan1=1-2,5-8 lan2=9 lan3=3-4,10"
    assert ports(wanted(line, device=RTX1300))["lan1"] == WIRING["lan1"]
    booted = wanted(line, device=RTX1300, flexible=tuple(line.split()[2:]))
    assert ports(booted) == {"lan1": ("lan1p1", "lan1p2"), "lan3": ("lan1p3", "lan1p4")}


def test_vlan_interfaces_have_lan1s_mac_address() -> None:
    """Source: RTX reference 4.50."""
    state = wanted("lan type lan1 port-based-option=divide-network")
    assert {bridge.mac for bridge in state.bridges} == {RTX830.mac_addresses[0]}


PROXY = (
    "ipv6 prefix 1 ra-prefix@lan2::/64",
    "ipv6 lan1 address ra-prefix@lan2::1/64",
    "ipv6 lan1 rtadv send 1 o_flag=on",
    "ipv6 lan1 dhcp service server",
)


def test_nothing_is_made_of_a_prefix_that_isnt_known() -> None:
    state = wanted(*PROXY)
    assert not [text for _, text in state.addresses if ":" in text]
    assert (state.radvd, state.proxied) == ("", frozenset())
    assert state.servers6[0].dns == ()


def test_ra_proxy() -> None:
    state = wanted(*PROXY, learned=RA)
    assert ("lan1", "2001:db8:51:100::1/64") in state.addresses
    assert RouteSpec("::/0", "fe80::1", "lan2", "ra") in state.routes
    assert "AdvOtherConfigFlag on" in state.radvd
    assert "prefix 2001:db8:51:100::/64" in state.radvd
    assert "AdvValidLifetime 600" in state.radvd
    assert state.proxied == {Proxied("lan2", "lan1", "2001:db8:51:100::/64")}
    assert state.proxies == {("2001:db8:51:100::1", "lan2")}
    assert state.servers6[0].dns == ("2001:db8:51:100::1",)


def test_address_auto_is_a_host_address_where_the_prefix_lies_inside() -> None:
    auto = "ipv6 lan2 address auto"
    alone = [text for _, text in wanted(auto, learned=RA).addresses]
    assert alone == ["2001:db8:51:100:ae44:f2ff:fec8:a101/64"]
    proxied = [text for name, text in wanted(auto, *PROXY, learned=RA).addresses if name == "lan2"]
    assert proxied == ["2001:db8:51:100:ae44:f2ff:fec8:a101/128"]


def test_delegated_prefix_with_a_subnet() -> None:
    """Source: RTX reference 30.2.2, the example with ::1:0:0:0:1."""
    state = wanted("ipv6 lan1 address dhcp-prefix@lan2::1:0:0:0:1/64", learned=PD)
    assert ("lan1", "2001:db8:52:101::1/64") in state.addresses
    assert not state.proxied


def test_an_ra_line_gives_nothing_to_a_router_that_wants_delegation() -> None:
    """DOMAIN 1.3: choosing PD below an HGW yields no prefix."""
    state = wanted("ipv6 lan1 address dhcp-prefix@lan2::1/64", learned=RA)
    assert not [text for _, text in state.addresses if ":" in text]


def test_a_static_default_route_replaces_the_learned_one() -> None:
    state = wanted(*PROXY, "ipv6 route default gateway fe80::9%lan2", learned=RA)
    assert state.routes == {RouteSpec("::/0", "fe80::9", "lan2", "static")}


def test_dns_servers_for_terminals_by_notice_order() -> None:
    """Source: RTX reference 24.6."""
    both = "dns notice order dhcpv6 server me"
    state = wanted(
        "ipv6 lan1 address dhcp-prefix@lan2::1/64",
        "ipv6 lan1 dhcp service server",
        both,
        learned=PD,
    )
    assert state.servers6[0].dns == ("2001:db8::53", "2001:db8:52:100::1")
    assert wanted(*PROXY, "dns notice order dhcpv6 none", learned=RA).servers6[0].dns == ()


def test_no_list_no_chain_and_an_empty_match_is_dropped() -> None:
    assert "drop" not in ruleset(made(), {"lan2": "lan2"})
    text = ruleset(made("ip lan2 secure filter in 7"), {"lan2": "lan2"})
    assert text.count("drop") == 1, "a list whose filters aren't defined drops everything"
    assert "postrouting priority filter; policy accept;\n }" in text


def test_ipv4_and_ipv6_lists_are_apart() -> None:
    text = ruleset(made("ip lan2 secure filter in 1", "ip filter 1 pass *"), {"lan2": "lan2"})
    assert "nfproto ipv4" in text
    assert "nfproto ipv6" not in text


# (command, nftables matches, source)
MATCHES = [
    ("ip filter 1 pass * *", [""], "8.1.10"),
    (
        "ip filter 1 pass 10.0.0.0/8 * tcp * www",
        ["ip saddr 10.0.0.0/8 meta l4proto tcp th dport { 80 }"],
        "8.1.10",
    ),
    ("ip filter 1 pass 10.0.0.* *", ["ip saddr and 255.255.255.0 == 10.0.0.0"], "8.1.10"),
    ("ip filter 1 pass 10.0.0.5- *", ["ip saddr 10.0.0.5-255.255.255.255"], "8.1.10"),
    (
        "ip filter 1 pass * 10.0.0.1,10.0.0.9 icmp 8",
        [
            "ip daddr 10.0.0.1 meta l4proto 1 icmp type { 8 }",
            "ip daddr 10.0.0.9 meta l4proto 1 icmp type { 8 }",
        ],
        "8.1.10",
    ),
    (
        "ip filter 1 pass * * * * 53",
        ["meta l4proto { tcp, udp } th dport { 53 }", "meta l4proto != { tcp, udp }"],
        "8.1.10 note",
    ),
    ("ip filter 1 pass * * established", ["meta l4proto tcp tcp flags & ack == ack"], "8.1.10"),
    (
        "ip filter 1 pass * * tcp,udp 135-139 *",
        ["meta l4proto tcp th sport { 135-139 }", "meta l4proto udp th sport { 135-139 }"],
        "8.1.10",
    ),
    ("ipv6 filter 1 pass * * icmp6 2", ["meta l4proto 58 icmpv6 type { 2 }"], "30.7.1"),
    ("ipv6 filter 1 pass * * icmp-nd", ["icmpv6 type { 133, 134, 135, 136 }"], "30.7.1"),
    ("ipv6 filter 1 pass * * icmp", ["meta l4proto 58"], "30.7.1"),
    ("ipv6 filter 1 pass fe80::/10 * 4", ["ip6 saddr fe80::/10 meta l4proto 4"], "30.7.1"),
]


@pytest.mark.parametrize(("command", "expected", "source"), MATCHES)
def test_static_filters(command: str, expected: list[str], source: str) -> None:
    (entry,) = made(command).entries.values()
    assert static_matches(entry, command.split(maxsplit=1)[0]) == expected


def policy(*commands: str, learned=None) -> Policy:
    return Policy(made(*commands), learned or {}, {"lan2": "lan2"})


def asked(
    one: Policy, name: str, kind: str = "AAAA", sender: str = "10.51.1.11"
) -> list[str] | None:
    found = choose(one, name, kind, sender)
    return None if found is None else [f"{up.address}{' edns' if up.edns else ''}" for up in found]


def test_dns_selection_is_by_suffix_and_first_match() -> None:
    """Source: RTX reference 24.10."""
    one = policy(
        "dns server select 20 10.0.0.2 any org",
        "dns server select 10 2001:db8::1 edns=on 2001:db8::2 any onshikaku.org",
        "dns server 10.0.0.9",
    )
    assert asked(one, "hweb.oqs.onshikaku.org.") == ["2001:db8::1 edns", "2001:db8::2"]
    assert asked(one, "onshikaku.org.") == ["2001:db8::1 edns", "2001:db8::2"]
    assert asked(one, "notonshikaku.org.") == ["10.0.0.2"]
    assert asked(one, "example.jp.") == ["10.0.0.9"]


def test_dns_selection_defaults_to_a() -> None:
    one = policy("dns server select 1 10.0.0.1 onshikaku.org")
    assert asked(one, "x.onshikaku.org.", "A") == ["10.0.0.1"]
    assert asked(one, "x.onshikaku.org.", "AAAA") == []


def test_dns_servers_in_order_of_precedence() -> None:
    """Source: RTX reference 24, head of the chapter."""
    learned = {"lan2": Learned(None, Delegation("fe80::1", dns=("2001:db8::53",)))}
    assert asked(policy(learned=learned), "x.jp.") == ["2001:db8::53"]
    dhcp = "dns server dhcp lan2 edns=on"
    assert asked(policy(dhcp, learned=learned), "x.jp.") == ["2001:db8::53 edns"]
    assert asked(policy(dhcp, "dns server 10.0.0.9", learned=learned), "x.jp.") == ["10.0.0.9"]
    chosen = policy("dns server select 1 dhcp lan2 any .", learned=learned)
    assert asked(chosen, "x.jp.") == ["2001:db8::53"]


def test_dns_reject_and_sender() -> None:
    one = policy(
        "dns server select 1 reject any bad.jp", "dns server select 2 10.0.0.1 any . 10.51.1.9"
    )
    assert asked(one, "bad.jp.") is None
    assert asked(one, "x.bad.jp.") == [], "reject compares whole names"
    assert asked(one, "x.jp.", sender="10.51.1.9") == ["10.0.0.1"]


def test_dns_reverse_selection() -> None:
    one = policy("dns server select 1 10.0.0.1 ptr 192.168.1.0/24")
    assert asked(one, "5.1.168.192.in-addr.arpa.", "PTR") == ["10.0.0.1"]
    assert asked(one, "5.2.168.192.in-addr.arpa.", "PTR") == []


@pytest.mark.parametrize(
    ("rule", "peer", "allowed"),
    [
        ("any", "203.0.113.1", True),
        ("none", "10.51.1.11", False),
        ("lan1", "10.51.1.11", True),
        ("lan1", "192.168.1.21", False),
        ("lan", "10.51.1.11", True),
        ("lan", "203.0.113.1", False),
        ("10.51.1.1-10.51.1.20", "10.51.1.11", True),
        ("10.51.1.1", "10.51.1.11", False),
        ("lan1", "fe80::1%lan1", True),
        ("lan1", "::ffff:10.51.1.11", True),
    ],
)
def test_who_may_use_a_service(rule: str, peer: str, allowed: bool) -> None:
    """Source: RTX reference 4.67, 24.13."""
    assert host_allowed(rule, peer, made("ip lan1 address 10.51.1.1/24")) is allowed


def test_dhcp_scope_with_exceptions() -> None:
    state = wanted(
        "ip lan1 address 10.51.1.1/24",
        "dhcp service server",
        "dhcp scope 1 10.51.1.10-10.51.1.20/24 except 10.51.1.12 10.51.1.15-10.51.1.16 expire 60",
    )
    ranges = [word.split(",")[1:3] for word in state.dnsmasq if "dhcp-range" in word]
    assert ranges == [
        ["10.51.1.10", "10.51.1.11"],
        ["10.51.1.13", "10.51.1.14"],
        ["10.51.1.17", "10.51.1.20"],
    ]
    assert all(word.endswith(",60m") for word in state.dnsmasq if "dhcp-range" in word)
    assert wanted("ip lan1 address 10.51.1.1/24").dnsmasq == ()


def test_adverts() -> None:
    """RFC 4861 section 4.2, RFC 8106."""
    head = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0x40, 1800, 0, 0)
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 600, 300, 0) + bytes.fromhex(
        "20010db8005101000000000000000000"
    )
    server = struct.pack("!BBHI", 25, 3, 0, 60) + bytes.fromhex("20010db8000000000000000000000053")
    advert = parse_advert(head + prefix + server, "fe80::1")
    assert advert == Advert("fe80::1", 1800, "2001:db8:51:100::/64", 300, 600, ("2001:db8::53",))
    for bad in (b"", head[:8], b"\x85" + head[1:], head + b"\x03\x00" + b"\0" * 6):
        with pytest.raises(ValueError):
            parse_advert(bad, "fe80::1")


def test_dhcp6_messages_are_read_as_written() -> None:
    one = dhcp6.Message(
        dhcp6.REPLY,
        0x123456,
        b"client",
        b"server",
        dhcp6.Prefix("2001:db8:52:100::/56", 300, 600, 150, 240),
        1,
        ("2001:db8::53",),
        ("flets-west.jp", "example.jp"),
        (23, 24),
    )
    found = dhcp6.decode(dhcp6.encode(one))
    assert found.prefix == one.prefix
    assert (found.dns, found.domains, found.asks) == (one.dns, one.domains, one.asks)
    assert (found.client, found.server, found.transaction) == (b"client", b"server", 0x123456)


@given(st.binary(max_size=200))
def test_no_octets_break_the_decoders(data: bytes) -> None:
    for decode in (dhcp6.decode, lambda octets: parse_advert(octets, "fe80::1")):
        try:
            decode(data)
        except ValueError:
            continue


def test_ping_in_the_systems_words_and_the_routers() -> None:
    assert ping_arguments(["-c", "3", "-s", "1400", "2001:db8::1"], 6) == [
        "-6",
        "-n",
        "-c",
        "3",
        "-s",
        "1400",
        "-i",
        "1",
        "-W",
        "1",
        "2001:db8::1",
    ]
    line = ping_line("64 bytes from 2001:db8::1: icmp_seq=1 ttl=63 time=0.123 ms")
    assert line == "received from 2001:db8::1: icmp_seq=0 ttl=63 time=0.123ms"
    assert ping_line("3 packets transmitted, 2 received, 33% packet loss, time 2003ms") == (
        "\n3 packets transmitted, 2 received, 33% packet loss"
    )
