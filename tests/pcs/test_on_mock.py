"""The product's scripts in the mock PC's PowerShell, where Windows is known to be peculiar."""

from __future__ import annotations

import json
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from onshi_lab.windows.network.model import IPV4
from onshi_lab.windows.smb.shares import Share as StoredShare
from onshi_net.facts.pc import TerminalState
from onshi_net.pcs import resources as r
from onshi_net.pcs.powershell import script
from onshi_net.pcs.terminal import resolvers_of
from onshi_net.provision.windows.prepare import CLOSING
from tests.lab.windows.conftest import Machine
from tests.pcs.examples import ARMED, EXAMPLES


@pytest.fixture
def pc(tmp_path: Path) -> Machine:
    """A receipt PC with an address in the clinic."""
    machine = Machine(tmp_path / "state", "receipt")
    machine.ps(
        "$null = New-NetIPAddress -InterfaceIndex 12 -IPAddress 192.168.1.21 -PrefixLength 24"
    )
    return machine


def carry_out(pc: Machine, *differences: tuple[r.Resource | None, r.Resource | None]) -> None:
    """Carries out differences as the product does, and stops at the first error."""
    changes = [{"kind": r.Difference(b, a).kind, "before": b, "after": a} for b, a in differences]
    text = script("carry_out", user="onslink", changes=changes, tasks=[]).text
    result = pc.ps(
        f"$ErrorActionPreference = 'Stop'\n$OnshiSecrets = @('pw')\n$null = & {{\n{text}\n}}"
    )
    assert result.err == ""


def test_a_grant_that_is_taken_back_leaves_the_list_as_it_was(pc: Machine) -> None:
    pc.pc.accounts.create("onslink", "Link-Canary-43")
    listed = (
        "(Get-Acl -LiteralPath C:\\OQS).Access | ForEach-Object "
        "{ [string]$_.IdentityReference + ' ' + [int]$_.FileSystemRights }"
    )
    pc.ps("$null = New-Item -ItemType Directory -Path C:\\OQS")
    before, sddl = pc.value(listed), str(pc.value("(Get-Acl -LiteralPath C:\\OQS).Sddl"))
    was = r.GrantedFolder("C:\\OQS", False, sddl)
    carry_out(pc, (was, r.GrantedFolder("C:\\OQS", True)))
    assert pc.value(listed) != before
    carry_out(pc, (r.GrantedFolder("C:\\OQS", True), was))
    assert pc.value(listed) == before
    assert pc.value("(Get-Acl -LiteralPath C:\\OQS).Sddl") == sddl


def test_a_disabled_service_that_ran_runs_again_and_is_disabled(pc: Machine) -> None:
    """Windows starts no disabled service (ERROR_SERVICE_DISABLED, 1058), though one may run on."""
    was = r.ServiceState("W32Time", "Disabled", running=True)
    for now in (
        r.ServiceState("W32Time", "Automatic", running=True),
        r.ServiceState("W32Time", "Manual", running=False),
        r.ServiceState("W32Time", "Disabled", running=False),
    ):
        pc.pc.services.set_start_type("W32Time", now.start)
        pc.pc.services.set_running("W32Time", now.running)
        carry_out(pc, (now, was))
        found = pc.pc.services.find("W32Time")
        assert found is not None
        assert (found.start_type, found.status) == ("Disabled", "Running")
        carry_out(pc, (was, now))
        found = pc.pc.services.find("W32Time")
        assert found is not None
        assert (found.start_type, found.status == "Running") == (now.start, now.running)


LISTS = {
    "IPv4": (None, "10.51.1.1", "8.8.8.8", "8.8.8.8,8.8.4.4"),
    "IPv6": (None, "2001:db8::53", "fec0:0:0:ffff::1"),
}
WANTED = r.Resolvers(12, "IPv4", (IPv4Address("10.51.1.1"),))


def resolvers(pc: Machine) -> list[r.Resolvers]:
    """What the product finds on the PC's interface, of both families."""
    state = read(pc)
    return [resolvers_of(state, 12, family) for family in ("IPv4", "IPv6")]


def read(pc: Machine) -> TerminalState:
    """What the product reads of a terminal."""
    text = script("read_terminal", **_values("read_terminal")).text
    whole = f"$OnshiSecrets = @('x')\n$state = & {{\n{text}\n}}\n"
    said = pc.ps(f"{whole}ConvertTo-Json -Compress -Depth 6 -InputObject $state")
    assert said.err == ""
    return TerminalState.model_validate(json.loads(said.out))


def test_numbers_at_their_limit_are_read(pc: Machine) -> None:
    """What is a uint32 to Windows may be more than an Int32 holds (P19)."""
    most = 2**32 - 1
    pc.pc.network.set_metric(12, IPV4, most)
    pc.pc.shares.put(StoredShare("REQ", "C:\\OQS\\Req", limit=most))
    state = read(pc)
    assert next(one.metric for one in state.metrics if one.interface == 12) == most
    assert [one.settings.limit for one in state.shares if one.settings] == [most]


@pytest.mark.parametrize("four", LISTS["IPv4"])
@pytest.mark.parametrize("six", LISTS["IPv6"])
def test_resolvers_come_back_as_they_were(pc: Machine, four: str | None, six: str | None) -> None:
    """Of the family that was changed, set or not; the other family's stay all the while (P4)."""
    for given in (one for one in (four, six) if one):
        listed = ", ".join(f"'{one}'" for one in given.split(","))
        pc.ps(f"Set-DnsClientServerAddress -InterfaceIndex 12 -ServerAddresses {listed}")
    before = {one.family: one for one in resolvers(pc)}
    assert (before["IPv4"].fixed, before["IPv6"].fixed) == (four is not None, six is not None)
    assert all(one.fixed or one.servers == () for one in before.values())
    if not r.is_same(before["IPv4"], WANTED):
        carry_out(pc, (before["IPv4"], WANTED))
    now = {one.family: one for one in resolvers(pc)}
    assert now == {"IPv4": WANTED, "IPv6": before["IPv6"]}
    if not r.is_same(before["IPv4"], WANTED):
        carry_out(pc, (WANTED, before["IPv4"]))
    assert {one.family: one for one in resolvers(pc)} == before


def _values(name: str) -> dict[str, Any]:
    return dict(EXAMPLES)[name]


def test_prepare_stops_at_a_failure_in_a_script_of_its_own(pc: Machine) -> None:
    """A module's functions don't see `$ErrorActionPreference` of a script's scope (P16)."""
    text = script("prepare", sources=["not an address"], closing=CLOSING, **ARMED).text
    result = pc.ps(f"& {{\n{text}\n'went on'\n}}")
    assert "went on" not in result.out


@pytest.mark.parametrize("policy", CLOSING, ids=lambda one: one["name"])
def test_a_policy_that_keeps_winrm_closed_is_named_and_nothing_is_opened(
    pc: Machine, policy: dict[str, str]
) -> None:
    key = policy["path"].replace("HKLM:", "HKLM")
    pc.pc.registry.create(key)
    pc.pc.registry.set(key, policy["name"], int(policy["value"]))
    before = pc.pc.firewall.rules()
    text = script("prepare", sources=["LocalSubnet"], closing=CLOSING, **ARMED).text
    result = pc.ps(f"$outcome = 'good'\n{text}\n$outcome + $why")
    assert result.lines[-1:] == [f"policy {policy['name']}"], result
    assert pc.pc.firewall.rules() == before
    assert not pc.pc.registry.exists(r"HKLM\SOFTWARE\onshi")
