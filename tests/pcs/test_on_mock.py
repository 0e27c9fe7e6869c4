"""The product's scripts in the mock PC's PowerShell, where Windows is known to be peculiar."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from onshi_net.pcs import resources as r
from onshi_net.pcs.powershell import script
from tests.lab.windows.conftest import Machine
from tests.pcs.examples import EXAMPLES

OLD = r.Route(
    IPv4Network("10.51.1.0/24"), IPv4Address("192.168.1.9"), 12, 1, (r.ACTIVE, r.PERSISTENT)
)
NAME = r.OldRoute("10.51.1.0,255.255.255.0,192.168.1.9,1")
NEW = r.Route(
    IPv4Network("10.51.1.0/24"), IPv4Address("192.168.1.254"), 12, 1, (r.ACTIVE, r.PERSISTENT)
)
ROUTES = (
    "@(foreach ($s in 'ActiveStore', 'PersistentStore') { Get-NetRoute -PolicyStore $s | "
    "Where-Object { $_.DestinationPrefix -eq '10.51.1.0/24' } | "
    "ForEach-Object { $s + ' ' + $_.NextHop } })"
)
NOTED = (
    "@((Get-Item -LiteralPath 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\"
    "Parameters\\PersistentRoutes').Property)"
)


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


@pytest.mark.parametrize("order", [(OLD, NAME), (NAME, OLD)], ids=["store first", "registry first"])
def test_an_old_wrong_route_of_route_p_is_replaced_wherever_it_lies(
    pc: Machine, order: tuple[r.Resource, ...]
) -> None:
    assert pc.run("route -p add 10.51.1.0 mask 255.255.255.0 192.168.1.9").code == 0
    assert pc.value(ROUTES) == ["ActiveStore 192.168.1.9", "PersistentStore 192.168.1.9"]
    assert pc.value(NOTED) == NAME.name
    carry_out(pc, *((one, None) for one in order), (None, NEW))
    assert pc.value(ROUTES) == ["ActiveStore 192.168.1.254", "PersistentStore 192.168.1.254"]
    assert pc.value(NOTED) == []


def test_a_grant_that_is_taken_back_leaves_the_list_as_it_was(pc: Machine) -> None:
    pc.pc.accounts.create("onslink", "Link-Canary-43")
    listed = (
        "(Get-Acl -LiteralPath C:\\OQS).Access | ForEach-Object "
        "{ [string]$_.IdentityReference + ' ' + [int]$_.FileSystemRights }"
    )
    pc.ps("$null = New-Item -ItemType Directory -Path C:\\OQS")
    before = pc.value(listed)
    carry_out(pc, (r.GrantedFolder("C:\\OQS", False), r.GrantedFolder("C:\\OQS", True)))
    assert pc.value(listed) != before
    carry_out(pc, (r.GrantedFolder("C:\\OQS", True), r.GrantedFolder("C:\\OQS", False)))
    assert pc.value(listed) == before


def test_an_interface_that_never_had_a_resolver_has_none(pc: Machine) -> None:
    pc.pc.accounts.create("onslink", "Link-Canary-43")
    text = script("read_terminal", **_values("read_terminal")).text
    asked = f"$OnshiSecrets = @('x')\n$state = & {{\n{text}\n}}\n@($state['resolvers']).Count"
    assert pc.ps(asked).lines == ["0"]
    pc.ps(
        "Set-DnsClientServerAddress -InterfaceIndex 12 -ServerAddresses '10.51.1.1', '2001:db8::1'"
    )
    assert pc.ps(asked).lines == ["2"]


def _values(name: str) -> dict[str, Any]:
    return dict(EXAMPLES)[name]


def test_prepare_stops_at_a_failure_in_a_script_of_its_own(pc: Machine) -> None:
    """A module's functions don't see `$ErrorActionPreference` of a script's scope (P16)."""
    text = script("prepare", sources=["not an address"], command="QQA=", hours=8).text
    result = pc.ps(f"& {{\n{text}\n'went on'\n}}")
    assert "went on" not in result.out
