"""Somebody else at work on the router stops a change."""

from __future__ import annotations

import pytest

from onshi_net.errors import DeviceError
from onshi_net.platforms.yamaha.preflight import check_alone, logged_in

# RTX command reference 58.47, the example in both languages
USERS_EN = """   (*: current user, +: administrator mode, @: authenticated via RADIUS)
   username        connection login time   idle       IP address
-------------------------------------------------------------------------------
   user-local      serial     09/16 10:21  0:02:08
  @user-radius2    remote     09/16 10:22  0:02:27
*+@user-radius1    telnet1    09/16 10:22  0:00:00    192.168.0.100
"""


def test_users_are_read_and_somebody_else_as_administrator_stops() -> None:
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
