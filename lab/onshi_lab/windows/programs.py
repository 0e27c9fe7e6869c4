"""Which programs the PC has: the table of names that cmd.exe and PowerShell find on the path."""

import re
from collections.abc import Callable

from onshi_lab.windows import cmdexe
from onshi_lab.windows.native import network, services, system
from onshi_lab.windows.pc import NativeProgram, Pc
from onshi_lab.windows.process import Process


def cmd(pc: Pc, process: Process, arguments: str) -> int:
    """cmd.exe /c COMMAND; an interactive cmd.exe reads its commands from standard input."""
    switch, _, line = arguments.strip().partition(" ")
    always = False
    while switch.lower() in ("/s", "/q", "/d", "/u", "/a", "/v:off", "/v:on", "/e:on"):
        always = always or switch.lower() == "/s"
        switch, _, line = line.strip().partition(" ")
    if switch.lower() in ("/c", "/r"):
        command = cmdexe.strip_quotes(line, always=always, is_program=_names_a_program(pc))
        return cmdexe.run(pc, process, command)
    if switch:
        return 1
    code = 0
    while (data := process.stdin.read_line()) is not None:
        text = process.decode(data).strip()
        if text.lower().split(" ")[0] == "exit":
            break
        if text:
            code = cmdexe.run(pc, process, text)
    return code


def _names_a_program(pc: Pc) -> Callable[[str], bool]:
    """Whether a text with blanks is a program's path: programs on the path have none in theirs."""
    drive = re.compile(r"[A-Za-z]:\\")
    return lambda text: drive.match(text) is not None and pc.find_program(text) is not None


def powershell(pc: Pc, process: Process, arguments: str) -> int:
    """powershell.exe, which is loaded at its first use."""
    from onshi_lab.windows.powershell.host import powershell as run

    return run(pc, process, arguments)


PROGRAMS: dict[str, NativeProgram] = {
    "cmd": cmd,
    "cmdkey": system.cmdkey,
    "fltmc": system.fltmc,
    "hostname": network.hostname,
    "ipconfig": network.ipconfig,
    "net": system.net,
    "ping": network.ping,
    "powershell": powershell,
    "route": network.route,
    "sc": services.sc,
    "secedit": system.secedit,
    "shutdown": system.shutdown,
    "w32tm": system.w32tm,
    "whoami": system.whoami,
}


def install(pc: Pc) -> None:
    """Puts the programs on the PC."""
    pc.programs.update(PROGRAMS)
