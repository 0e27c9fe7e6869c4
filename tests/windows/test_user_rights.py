"""A terminal whose policies don't let the link user in over the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_lab.windows.accounts import DENY_NETWORK, LOCAL_ACCOUNT_SID, NETWORK
from onshi_net.errors import ChangeUndone
from onshi_net.pcs.decision import Why
from onshi_net.provision.windows.apply import Refused
from tests.lab.windows.conftest import Machine
from tests.windows.fake_pc import LINK, intents

from .undo.injector import Injector
from .undo.starts import CARD, Start
from .undo.trial import provisioned
from .undo.verdict import changed, snapshot

POLICIES = {DENY_NETWORK: (LOCAL_ACCOUNT_SID,), NETWORK: ("S-1-5-32-544",)}
"""Microsoft's own baselines deny local accounts; a hardened PC lets administrators in only."""


@pytest.fixture(params=POLICIES)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    machine = Machine(tmp_path / "pc", "terminal")
    machine.ps(
        f"$null = New-NetIPAddress -InterfaceIndex {CARD} -IPAddress 10.51.1.11 -PrefixLength 24"
    )
    machine.pc.security.rights[request.param] = POLICIES[request.param]
    return Start(machine, intents()[0])


def test_a_user_who_is_not_let_in_refuses_the_pc(start: Start, tmp_path: Path) -> None:
    start.machine.pc.accounts.create("onslink", LINK, password_never_expires=True)
    before = snapshot(start.machine)
    end = provisioned(start, tmp_path / "runs", Injector())
    assert isinstance(end, Refused)
    assert [one.name for one in end.conflicts] == [Why.LINK_BARRED]
    assert changed(before, snapshot(start.machine)) == []


def test_a_new_user_who_is_not_let_in_is_named_and_all_is_put_back(
    start: Start, tmp_path: Path
) -> None:
    before = snapshot(start.machine)
    end = provisioned(start, tmp_path / "runs", Injector())
    assert isinstance(end, ChangeUndone)
    assert "onslink" in str(end)
    assert "secpol.msc" in end.remedy
    assert changed(before, snapshot(start.machine)) == []


def test_a_wrong_password_is_not_taken_for_a_policy(start: Start, tmp_path: Path) -> None:
    start.machine.pc.accounts.create("onslink", "Old-Password-7", password_never_expires=True)
    end = provisioned(start, tmp_path / "runs", Injector())
    assert isinstance(end, ChangeUndone)
    assert "secpol.msc" in end.remedy
