"""What brings a PC back to what it was, and what of it can't be: pure."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from onshi_net.facts.pc import TerminalState
from onshi_net.i18n import text
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import Decision, by_key
from onshi_net.pcs.rest import rest_changed
from onshi_net.provision.windows.earlier import Earlier
from onshi_net.provision.windows.plan import Decided

WAS = r.User("onslink", False, enabled=False, lasting=False, password_set="monday")
SET = r.User("onslink", True, password_set="tuesday")
READ = r.GrantedFolder("C:\\OQS", False, "D:(A;OICI;0x1200a9;;;S-1-5-21-1)")
GRANTED = r.GrantedFolder("C:\\OQS", True, "D:(A;OICI;0x1301bf;;;S-1-5-21-1)")
SIX = r.Resolvers(7, "IPv6", (), fixed=False)
SHARE = r.Share("REQ", "C:\\OQS\\Req", (), "D:(A;;FA;;;WD)")
STATE: dict[str, Any] = {
    "system": {
        "computer_name": "TERMINAL-1",
        "caption": "Windows",
        "build": 19044,
        "product_type": 1,
        "edition": "EnterpriseS",
        "utc": "2026-12-01T00:00:00Z",
    },
    "addresses": [],
    "routes": [],
}
OTHERWISE: dict[str, dict[str, Any]] = {
    "system": {"system": {**STATE["system"], "computer_name": "OTHER"}},
    "leftover": {"remains": ["onshi-1 folder"]},
    "policies": {"policies": [{"path": "HKLM:\\x", "name": "y", "value": "1"}]},
    "profiles": {"profiles": [{"interface": 7, "category": "Public"}]},
    "firewalls": {"firewalls": ["x"]},
    "workstation": {"workstation": False},
    "addresses": {"addresses": [{"interface": 9, "address": "192.0.2.1", "prefix_length": 24}]},
    "metrics": {"metrics": [{"interface": 9, "family": "IPv4", "metric": 5, "automatic": False}]},
    "resolvers": {
        "fixed_resolvers": [{"interface": 9, "family": "IPv4", "servers": ["192.0.2.1"]}]
    },
    "certificates": {
        "certificates": [
            {"subject": "x", "issuer": "y", "until": "2027-01-01T00:00:00Z", "has_key": True}
        ]
    },
}


def terminal(**changed: Any) -> TerminalState:
    return TerminalState.model_validate({**STATE, **changed})


def back(now: r.Thing | None, was: r.Thing | None) -> tuple[r.Difference, ...]:
    """What is undone of one thing that was not planned."""
    return r.undoing(by_key([now] if now else []), (), by_key([was] if was else []))


def test_how_a_user_may_be_used_comes_back_and_its_password_is_told() -> None:
    (one,) = back(SET, WAS)
    assert one.after == replace(WAS, good=True, password_set="tuesday")
    assert r.for_good(by_key([SET]), by_key([WAS])) == (WAS,)
    assert back(replace(SET, enabled=False, lasting=False), WAS) == ()


def test_a_user_whose_password_nobody_set_is_as_before() -> None:
    assert r.for_good(by_key([WAS]), by_key([WAS])) == ()


def test_a_folders_whole_list_comes_back() -> None:
    """Rights that the link user had before are merged into the grant, and not left in it (P18)."""
    (one,) = back(GRANTED, READ)
    assert one.after == READ


def test_what_was_touched_without_being_planned_comes_back() -> None:
    """A reset of one family's resolvers clears the other one's too (P4)."""
    four = r.Resolvers(7, "IPv4", (IPv4Address("8.8.8.8"),))
    planned = (r.Difference(SIX, replace(SIX, fixed=True)),)
    lost = r.Resolvers(7, "IPv4", (), fixed=False)
    some = r.undoing(by_key([lost, SIX]), planned, by_key([four, SIX]))
    assert [one.after for one in some] == [four]


def test_the_last_that_was_done_is_undone_first() -> None:
    rule = r.FirewallRule("x", True, ("Any",), ("445",))
    user = r.User("onslink", True)
    planned = (r.Difference(None, user), r.Difference(None, rule))
    assert [one.kind for one in r.undoing(by_key([user, rule]), planned, {})] == ["rule", "user"]


def test_what_a_change_left_of_ours_goes_and_what_was_left_before_stays_gone() -> None:
    old, new = r.Leftover("onshi-1"), r.Leftover("onshi-2")
    (one,) = r.undoing(by_key([new]), (), by_key([old]))
    assert (one.before, one.after) == (new, None)
    assert r.for_good({}, by_key([old])) == (old,)


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_nobody_changed_is_compared_too(name: str) -> None:
    before, now = terminal(workstation=True), terminal(**{"workstation": True, **OTHERWISE[name]})
    assert rest_changed(before, now) == (name,)
    assert text(f"windows.stays.{name}")


def test_what_comes_and_goes_by_itself_is_not() -> None:
    given = {"interface": 7, "address": "10.51.1.77", "prefix_length": 24, "origin": "Dhcp"}
    clock = {**STATE["system"], "utc": "2026-12-02T00:00:00Z"}
    assert rest_changed(terminal(), terminal(addresses=[given], system=clock)) == ()


def decided(state: TerminalState, *things: r.Thing) -> Decided:
    return Decided(Decision(by_key(things), {}), state)


def test_shares_that_nobody_could_be_asked_for_are_learned_before_they_are_touched() -> None:
    stopped, serves = terminal(serving=False), terminal(serving=True)
    earlier = Earlier(stopped, {}).learned(decided(serves, SHARE))
    mine = replace(SHARE, descriptor="D:(A;;FR;;;WD)")
    (one,) = earlier.back(decided(serves, mine))
    assert one.after == SHARE
    assert earlier.back(decided(stopped)) == ()
    sent = earlier.after((r.Difference(SHARE, mine),))
    assert sent.learned(decided(serves, mine)).found == sent.found
