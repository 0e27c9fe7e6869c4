"""What `pp select` and `tunnel select` choose, and commands that stand several times."""

from __future__ import annotations

import pytest

from onshi_lab.yamaha.delivered import with_typed
from onshi_lab.yamaha.grammar import split_line
from onshi_lab.yamaha.messages import CommandError
from onshi_lab.yamaha.models import make_device
from onshi_lab.yamaha.store import EMPTY, apply_tokens, difference, dump_lines, load_lines
from tests.lab.yamaha.desk import Desk, with_desk

RTX1210 = make_device("RTX1210", "14.01.42", "S5X000001")
OFFICE = """
ip route default gateway pp 1
ip lan2 intrusion detection in on
ip lan2 intrusion detection in fragment on reject=on
vlan lan3/1 802.1q vid=20
ip lan3/1 address 172.16.1.1/24
pp disable all
pp select 1
 pp always-on on
 pppoe use lan2
 pp auth myname isp@example.invalid isppass1
 ip pp secure filter in 1 2
 ip pp nat descriptor 1
 pp enable 1
no tunnel enable all
tunnel select 1
 tunnel encapsulation ipsec
 ipsec tunnel 101
  ipsec sa policy 101 1 esp aes-cbc sha-hmac
  ipsec ike remote address 1 vpn.example.invalid
 tunnel enable 1
ip filter 1 pass * * tcp * 25
nat descriptor type 1 masquerade
dhcp scope option 1 dns=10.51.1.1
dhcp scope option 1 router=10.51.1.254
"""
SHOWN = [" ".join(line.split()) for line in OFFICE.splitlines() if line]


def test_sections_are_shown_as_typed_and_outlive_saving():
    """Source: RTX reference 56.1, 56.2; published configurations."""
    config = with_typed(EMPTY, OFFICE, RTX1210, "office")
    lines = config.lines()
    assert sorted(" ".join(line.split()) for line in lines) == sorted(SHOWN)
    first = lines.index("pp select 1")
    assert lines[first - 1] == "pp disable all"
    assert lines[first + 1].startswith(" ")
    assert lines[lines.index("tunnel select 1") - 2] == " pp enable 1"
    assert load_lines(dump_lines(config), RTX1210).lines() == lines


def test_a_difference_selects_what_its_lines_belong_to():
    config = with_typed(EMPTY, "pp select 1\npp enable 1\n", RTX1210, "office")
    assert difference(config, EMPTY) == ["pp select 1", "no pp enable 1"]
    assert difference(EMPTY, config) == ["pp select 1", "pp enable 1"]


@pytest.mark.parametrize(
    ("line", "section"),
    [
        ("pppoe use lan2", ""),
        ("pppoe use lan2", "tunnel 1"),
        ("ip pp address 192.0.2.1/32", ""),
        ("no ip lan2 intrusion detection", ""),  # 8.1.17: `no` wants direction and switch
        ("no ip lan2 intrusion detection in", ""),
        ("no no tunnel enable all", ""),
        ("dhcp scope option 1 colour=red", ""),
    ],
)
def test_refused(line: str, section: str):
    with pytest.raises(CommandError):
        apply_tokens(EMPTY, split_line(line), RTX1210, section=section)


def test_an_option_that_is_given_again_replaces_the_earlier():
    config = with_typed(EMPTY, OFFICE + "dhcp scope option 1 dns=10.51.1.9\n", RTX1210, "office")
    lines = [line for line in config.lines() if "option" in line]
    assert lines == ["dhcp scope option 1 dns=10.51.1.9", "dhcp scope option 1 router=10.51.1.254"]
    gone = apply_tokens(config, split_line("no dhcp scope option 1 router=10.51.1.254"), RTX1210)
    assert [line for line in gone.lines() if "option" in line] == lines[:1]


def test_the_prompt_says_what_is_selected():
    """Source: RTX reference 56.1."""

    async def work(desk: Desk) -> None:
        seat = await (await desk.seat()).administrator()
        assert (await seat.type("pp select 1\r")).endswith("pp1# ")
        assert (await seat.type("pppoe use lan2\r")).endswith("\npp1# ")
        assert (await seat.type("pp select none\r")).endswith("\n# ")
        assert desk.router.running.lines()[-3:].count(" pppoe use lan2") == 0
        assert " pppoe use lan2" in desk.router.running.lines()

    with_desk(work)
