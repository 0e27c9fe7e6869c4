"""A share's change and its undoing, carried out by the mock PC's own PowerShell."""

from __future__ import annotations

from onshi_net.pcs.powershell import script
from onshi_net.pcs.resources import Difference, Grant, Share
from onshi_net.provision.windows.batch import plain
from tests.lab.windows.conftest import machine

__all__ = ["machine"]
BEFORE = Share("REQ", "C:\\OQS", (Grant("onsadmin", "Deny Full"), Grant("Everyone", "Read")))
AFTER = Share("REQ", "C:\\OQS", (Grant("reception", "Change"),))
READ = """
foreach ($e in @(Get-SmbShareAccess -Name 'REQ')) {
  "$($e.AccountName) $($e.AccessControlType) $($e.AccessRight)"
}"""


def carried_out(change: Difference) -> str:
    return script("carry_out", changes=plain([change]), user="reception", tasks=[]).text


def test_an_entry_that_denies_goes_and_comes_back_when_it_is_undone(machine) -> None:
    setup = "New-Item -ItemType Directory -Path 'C:\\OQS' | Out-Null\n"
    setup += "$null = New-SmbShare -Name 'REQ' -Path 'C:\\OQS' -ReadAccess 'Everyone'\n"
    setup += "$null = Block-SmbShareAccess -Name 'REQ' -AccountName 'onsadmin' -Force"
    was = machine.ps(setup + READ)
    assert was.err == ""
    assert any("Deny" in line for line in was.lines)
    change = Difference(BEFORE, AFTER)
    machine.ps(carried_out(change))
    assert [line.partition("\\")[2] for line in machine.ps(READ).lines] == [
        "reception Allow Change"
    ]
    machine.ps(carried_out(change.inverse))
    assert sorted(machine.ps(READ).lines) == sorted(was.lines)
