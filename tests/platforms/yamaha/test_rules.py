"""What removes a line is as short as tells it apart."""

from __future__ import annotations

import pytest

from onshi_net.platforms.yamaha.rules import key_of, negation


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
