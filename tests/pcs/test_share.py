"""A share's change and its undoing, carried out by the mock PC's own PowerShell."""

from __future__ import annotations

import pytest

from onshi_net.pcs.powershell import script
from onshi_net.pcs.resources import Difference, Grant, Settings, Share, is_same
from onshi_net.transport.windows.batch import plain
from tests.lab.windows.conftest import Machine, machine

__all__ = ["machine"]
AFTER = Share("REQ", "C:\\OQS", (Grant("reception", "Change"),))
READ = "(Get-SmbShare -Name 'REQ').SecurityDescriptor"
SETUP = """
$null = New-Item -ItemType Directory -Path 'C:\\OQS'
$null = New-SmbShare -Name 'REQ' -Path 'C:\\OQS' -ReadAccess 'Everyone'
"""
STATES = {
    "an entry that denies": (
        "$null = Block-SmbShareAccess -Name 'REQ' -AccountName 'onsadmin' -Force"
    ),
    "a right that is no word": (
        "Set-SmbShare -Name 'REQ' -SecurityDescriptor 'O:SYG:SYD:(A;;0x120089;;;WD)' -Force"
    ),
    "an order of its own": (
        "Set-SmbShare -Name 'REQ' -Force -SecurityDescriptor "
        "'O:SYG:SYD:(A;;FA;;;BA)(D;;FA;;;BU)(A;;0x1301bf;;;WD)'"
    ),
}


def carried_out(change: Difference) -> str:
    return script("carry_out", changes=plain([change]), user="reception", tasks=[]).text


@pytest.mark.parametrize("state", STATES)
def test_a_share_comes_back_as_it_was(machine: Machine, state: str) -> None:
    """Whatever its list was: the descriptor that was read is the one that is set (P11)."""
    was = machine.ps(SETUP + STATES[state] + "\n" + READ)
    assert was.err == ""
    change = Difference(
        Share("REQ", "C:\\OQS", (Grant("Everyone", "Custom"),), was.lines[0]), AFTER
    )
    machine.ps(carried_out(change))
    sid = machine.logon("reception").sid
    assert machine.ps(READ).lines == [f"O:SYG:SYD:(A;;0x1301bf;;;{sid})"]
    machine.ps(carried_out(change.inverse))
    assert machine.ps(READ).lines == was.lines


OFFERED = (
    "$s = Get-SmbShare -Name 'REQ'; \"$($s.Path) $($s.Description) $($s.CachingMode) "
    '$($s.FolderEnumerationMode) $($s.EncryptData) $($s.ConcurrentUserLimit)"'
)


def test_a_share_that_lay_elsewhere_is_offered_again_as_it_was(machine: Machine) -> None:
    """It is made anew for the change, and anew for the undo; nothing of it gets lost."""
    setup = (
        "$null = New-Item -ItemType Directory -Path 'C:\\OQS', 'C:\\Old'\n"
        "$null = New-SmbShare -Name 'REQ' -Path 'C:\\Old' -Description '受付 用' "
        "-CachingMode 'None' -FolderEnumerationMode 'AccessBased' -EncryptData $true "
        "-ConcurrentUserLimit 5\n"
    )
    was = machine.ps(setup + READ + "\n" + OFFERED)
    assert was.err == ""
    settings = Settings("受付 用", "None", "AccessBased", True, 5)
    grants = (Grant("Everyone", "Read"),)
    change = Difference(Share("REQ", "C:\\Old", grants, was.lines[0], settings), AFTER)
    machine.ps(carried_out(change))
    assert machine.ps(OFFERED).lines == ["C:\\OQS  Manual Unrestricted False 0"]
    machine.ps(carried_out(change.inverse))
    assert machine.ps(READ + "\n" + OFFERED).lines == was.lines


def test_the_descriptor_counts_where_both_are_known() -> None:
    """An undo is compared by all that was read, a plan by who may do what."""
    one, other = (Share("REQ", "C:\\OQS", AFTER.access, text) for text in ("D:(A)", "D:(B)"))
    assert is_same(one, AFTER)
    assert is_same(AFTER, other)
    assert not is_same(one, other)
