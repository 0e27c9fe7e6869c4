"""Runs a snippet in the mock and answers as the real engine's recording does.

The recordings (conformance.json) are of PowerShell 7.6 on Linux, culture ja-JP, of snippets whose
answer is the same in Windows PowerShell 5.1: what a script wrote, and the id of the error that
ended it.
"""

from __future__ import annotations

from dataclasses import replace

from onshi_lab.windows.powershell import cmdlets
from onshi_lab.windows.powershell.errors import ErrorRecord, PSError, Unsupported
from onshi_lab.windows.powershell.host import Console
from onshi_lab.windows.powershell.interop import Memory
from onshi_lab.windows.powershell.interpreter import run_script
from onshi_lab.windows.powershell.session import Session, new_scope
from onshi_lab.windows.process import InputPipe, Process

from .conftest import Machine

REFUSED = "MockUnsupported"
"""The error id of what the mock refuses by name."""
Outcome = tuple[str, str]
"""What was written, without the last line end; the id of the last error that was shown, or ''."""


def outcome(machine: Machine, script: str) -> Outcome:
    """What a script writes on a PC, and how it ends; an exception of Python's goes through."""
    out: list[bytes] = []
    logon = machine.logon()
    process = Process(
        pid=machine.pc.processes.new_pid(),
        parent_pid=0,
        image="powershell.exe",
        command_line="",
        logon=logon,
        codepage=65001,
        environment=machine.pc.environment(logon),
        cwd=machine.pc.profile_directory(logon),
        stdin=InputPipe(closed=True),
        stdout=out.append,
    )
    console = Console(process, "en", xml=False)
    shown: list[ErrorRecord] = []
    streams = replace(console.streams(), warning=lambda _text: None, error=shown.append)
    session = Session(machine.pc, process, streams, new_scope())
    session.interactive, session.memory = False, Memory()
    cmdlets.load()
    try:
        run_script(session, script, console.out, session.scope)
    except (PSError, Unsupported) as error:
        shown.append(error.record)
    console.close()
    written = b"".join(out).decode().replace("\r\n", "\n").rstrip("\n")
    return written, shown[-1].error_id if shown else ""
