"""Whose the resolvers of a terminal are: set on the PC, given by DHCP, or nobody's."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from onshi_net.facts.pc import TerminalState
from onshi_net.pcs import resources as r
from onshi_net.pcs.terminal import resolvers_of

HOME = 7
RIGHT = (IPv4Address("10.51.1.1"),)
SYSTEM = {
    "computer_name": "TERMINAL-1",
    "caption": "Windows",
    "build": 19044,
    "product_type": 1,
    "edition": "EnterpriseS",
    "utc": "2026-12-01T00:00:00Z",
}


def found(asked: list[str], fixed: list[str] | None) -> r.Resolvers:
    """What is found of a family; `fixed` None: evidence from before it was asked."""
    lists: list[dict[str, Any]] = [{"interface": HOME, "family": "IPv4", "servers": fixed}]
    state = TerminalState.model_validate(
        {
            "system": SYSTEM,
            "addresses": [],
            "routes": [],
            "resolvers": [{"interface": HOME, "server": one} for one in asked],
            "fixed_resolvers": lists if fixed is not None else [],
        }
    )
    return resolvers_of(state, HOME, "IPv4")


@pytest.mark.parametrize(
    ("asked", "fixed", "is_fixed", "servers"),
    [
        (["10.51.1.1"], ["10.51.1.1"], True, RIGHT),
        (["10.51.1.1"], [], False, RIGHT),
        ([], [], False, ()),
        (["8.8.8.8"], None, True, (IPv4Address("8.8.8.8"),)),
        ([], None, False, ()),
    ],
)
def test_who_gave_them_is_known(
    asked: list[str], fixed: list[str] | None, is_fixed: bool, servers: tuple[IPv4Address, ...]
) -> None:
    assert found(asked, fixed) == r.Resolvers(HOME, "IPv4", servers, is_fixed)


def test_what_nobody_set_is_the_same_whatever_dhcp_gives_by_then() -> None:
    """An undo gives the choice back to the PC; which list that is then is not ours."""
    one, other = found(["8.8.8.8"], []), found(["9.9.9.9"], [])
    assert r.is_same(one, other)
    assert not r.is_same(one, r.Resolvers(HOME, "IPv4", one.servers))
