"""Parsers of the router's words: published forms, both languages, no input makes them raise."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Interface, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.platforms.yamaha import output

# Form of a published capture of an RTX1300 on a /56 line; addresses are documentation addresses.
DHCP = """DHCPv6 status

  LAN1 [server]
    state: reply
    state: reply

  LAN2 [client]
    state: established
    server:
      address: ::
      preference: 0
      prefix: 2001:db8:b901:1800::/56
      duration: 1844
      T1: 922
      DNS server[1]: 2001:db8:7f01:b::3
      DNS server[2]: 2001:db8:7f01:a::3
      Domain name[1]: flets-east.jp
"""
# Same source: a long gateway puts interface and type on a second line.
ROUTES = """Destination              Gateway                  Interface  Type
default                  fe80::fa0f:6fff:fe4b:714b
                                                  LAN2       temporary
2001:db8:1800::/64       -                        LAN1       implicit
"""
# Form of a published capture of an RTX1210.
ARP = """カウント数: 2
インタフェース IPアドレス        MACアドレス       TTL(秒)
LAN1(port4)    192.168.1.6       f4:d5:80:1d:59:50 1085
VLAN2          192.168.1.10      00:3E:E1:C3:54:B5 1011
"""
STATUS_HUB = """LAN1
説明:
IPアドレス:                     192.168.1.1/24
イーサネットアドレス:           00:a0:de:00:00:01
動作モード設定:                 Type (Link status)
               PORT1:           Auto Negotiation (1000BASE-T Full Duplex)
               PORT2:           Auto Negotiation (Link Down)
最大パケット長(MTU):            1500 オクテット
"""
STATUS_JA = """LAN2
説明: IPoE
動作モード設定: Auto Negotiation (1000BASE-T Full Duplex)
"""
STATUS_EN = """LAN2
Description:
Operation mode setting:         Auto Negotiation (Link Down)
Maximum Transmission Unit(MTU): 1500 octets
"""
ADDRESSES = """LAN1 scope-id 1 [up]
 Received:    0 packet 0 octet

 グローバル     2001:db8:1:100::1/64 (lifetime: 604800/2592000)
 リンクローカル fe80::2a0:deff:fe00:1/64
 リンクローカル ff02::1/64
LAN2 scope-id 2 [down]
 Global         2001:db8:2::2/64
"""
# Published captures of `ping`, Japanese; the English form is an inference.
PING_JA = """2001:db8::1から受信: シーケンス番号=0 hlim=64 時間=2.056ミリ秒
2001:db8::1から受信: シーケンス番号=1 hlim=64 時間=1.742ミリ秒

2個のパケットを送信し、2個のパケットを受信しました。0.0%パケットロス
往復遅延 最低/平均/最大 = 1.742/1.899/2.056 ミリ秒
"""
PING_EN = """received from 2001:db8::1: icmp_seq=0 ttl=64 time=0.05ms

2 packets transmitted, 1 received, 50% packet loss
round-trip min/avg/max = 0.040/0.052/0.064 ms
"""
PING_LOST = "\n3個のパケットを送信し、0個のパケットを受信しました。100.0%パケットロス\n"


def test_dhcp_states_and_the_delegated_prefix():
    server, client = output.dhcp_states(DHCP).states
    assert (server.interface, server.role, server.state) == ("lan1", "server", "reply")
    assert client.prefix == IPv6Network("2001:db8:b901:1800::/56")
    assert client.resolvers == (
        IPv6Address("2001:db8:7f01:b::3"),
        IPv6Address("2001:db8:7f01:a::3"),
    )


def test_a_wrapped_route_is_one_route():
    default, inside = output.ipv6_routes(ROUTES).routes
    assert (default.destination, default.gateway) == ("default", "fe80::fa0f:6fff:fe4b:714b")
    assert (default.interface, default.kind) == ("lan2", "temporary")
    assert (inside.destination, inside.interface) == ("2001:db8:1800::/64", "lan1")


def test_arp_with_and_without_ports():
    first, second = output.arp_table(ARP).entries
    assert (first.interface, first.address) == ("lan1(port4)", IPv4Address("192.168.1.6"))
    assert second.mac == "00:3e:e1:c3:54:b5"


def test_links_of_a_hub_and_of_a_single_port():
    hub = output.lan_status(STATUS_HUB)
    assert [(one.port, one.up) for one in hub.ports] == [("1", True), ("2", False)]
    assert hub.ports[0].mode == "1000BASE-T Full Duplex"
    assert output.lan_status(STATUS_JA).up
    down = output.lan_status(STATUS_EN)
    assert len(down.ports) == 1
    assert not down.up


@pytest.mark.parametrize(
    ("word", "up"),
    [
        ("2.5GBASE-T Full Duplex", True),
        ("5GBASE-T Full Duplex", True),
        ("1000BASE-SX Full Duplex", True),
        ("Link Down", False),
        ("Standby", None),
    ],
)
@pytest.mark.parametrize("label", ["動作モード設定", "Operation mode setting", "PORT1"])
def test_a_link_is_up_by_its_speed_and_an_unknown_word_is_kept(
    label: str, word: str, up: bool | None
) -> None:
    # Form: published ones; the 2.5G word and an unknown one are made up (combo and 2.5G ports).
    (port,) = output.lan_status(f"LAN2\n{label}: Auto Negotiation ({word})\n").ports
    assert (port.mode, port.up) == (word, up)


def test_addresses_in_both_languages_without_groups():
    found = output.ipv6_addresses(ADDRESSES).addresses
    assert [(one.interface, one.address) for one in found] == [
        ("lan1", IPv6Interface("2001:db8:1:100::1/64")),
        ("lan1", IPv6Interface("fe80::2a0:deff:fe00:1/64")),
        ("lan2", IPv6Interface("2001:db8:2::2/64")),
    ]
    assert found[0].lifetime_s == 2592000


@pytest.mark.parametrize(
    ("text", "sent", "received", "average"),
    [(PING_JA, 2, 2, 1.899), (PING_EN, 2, 1, 0.052), (PING_LOST, 3, 0, None)],
)
def test_pings_in_both_languages(text, sent, received, average):
    found = output.ping(text)
    assert (found.sent, found.received, found.median_ms) == (sent, received, average)


def test_a_ping_that_was_cut_off_is_not_read():
    assert output.ping(PING_JA.partition("\n\n")[0]) is None


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("2001:db8::1\n2001:db8::2\n", ("2001:db8::1", "2001:db8::2")),
        ("www.example.jp: 192.0.2.1", ("192.0.2.1",)),
        ("www.example.jp (2001:db8::1, 192.0.2.1)", ("2001:db8::1", "192.0.2.1")),
        ("エラー: ホスト名を解決できません", ()),
    ],
)
def test_lookups_in_any_form(text, addresses):
    assert output.lookup(text).addresses == addresses


PARSERS: list[Callable[[str], object]] = [
    output.lan_status,
    output.ipv6_addresses,
    output.ipv6_routes,
    output.dhcp_states,
    output.arp_table,
    output.ping,
    output.lookup,
]
SAMPLES = [DHCP, ROUTES, ARP, STATUS_HUB, STATUS_EN, ADDRESSES, PING_JA, PING_EN]
PIECES = st.sampled_from([word for sample in SAMPLES for word in sample.split(" ")])
GARBAGE = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map(" ".join))


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
def test_no_input_makes_a_parser_raise(parse):
    @given(GARBAGE)
    def check(text):
        parse(text)

    check()


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
def test_no_damage_to_a_real_answer_makes_a_parser_raise(parse):
    @given(st.sampled_from(SAMPLES), st.integers(0, 400), st.integers(0, 40), st.text(max_size=8))
    def check(sample, start, length, put):
        parse(sample[:start] + put + sample[start + length :])

    check()


@pytest.mark.parametrize(
    "text", ["9" * 5000 + " packets transmitted, 1", "= 1e9999999/2/3", "1/" * 999]
)
def test_absurd_numbers_are_borne(text):
    for parse in PARSERS:
        parse(text)
