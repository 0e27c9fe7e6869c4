"""What Windows says when a program or a function of its own fails: the code, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onshi_net.pcs import resources as r
from onshi_net.pcs.powershell import Script, script
from onshi_net.transport.windows import ScriptFailed, envelope
from onshi_net.transport.windows.batch import plain
from onshi_net.transport.windows.errors import NATIVE
from tests.lab.windows.conftest import Machine


@pytest.mark.parametrize("code", NATIVE)
def test_a_known_code_of_windows_has_a_remedy_of_its_own(code: int) -> None:
    unknown = ScriptFailed("carry_out", host="terminal-1", kind="x", code=0x80131501)
    failed = ScriptFailed("carry_out", host="terminal-1", kind="x", code=0x80070000 | code)
    assert failed.native == code
    assert failed.remedy != unknown.remedy


def failure(pc: Machine, text: str) -> ScriptFailed:
    """What the product hears of a script that fails, by its own loader."""
    program, arguments = envelope.command_line()
    whole = Script("x", {}, text)
    given = envelope.standard_input(whole, ())
    said = pc.run(" ".join([program, *arguments]), stdin=given)
    with pytest.raises(ScriptFailed) as caught:
        envelope.answer(whole, (), said.out.encode(), said.err.encode(), "terminal-1")
    return caught.value


def test_a_programs_own_code_is_told(tmp_path: Path) -> None:
    """Any Win32Exception's HResult is 0x80004005; its native code says what it is (P10)."""
    pc = Machine(tmp_path / "pc")
    thrown = "throw (New-Object -TypeName 'System.ComponentModel.Win32Exception' -ArgumentList {})"
    assert failure(pc, thrown.format(1060)).native == 1060


def test_net_exe_that_fails_is_no_success(tmp_path: Path, monkeypatch: Any) -> None:
    pc = Machine(tmp_path / "pc")
    pc.pc.accounts.create("onslink", "x")
    monkeypatch.setitem(pc.pc.programs, "net", lambda _pc, _process, _words: 2)
    change = r.Difference(r.User("onslink", False), r.User("onslink", True))
    text = script("carry_out", changes=plain([change]), user="onslink", tasks=[]).text
    failed = failure(pc, f"$OnshiSecrets = @('pw-Canary-2')\n{text}")
    assert failed.answer == "net.exe 2"
    assert "net user" in failed.remedy
