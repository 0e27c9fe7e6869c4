r"""Batch files: what cmd.exe does with a `.cmd` that somebody double-clicks.

Sources: learn.microsoft.com "Using batch files", "goto", "exit", "setlocal", "pause", "cmd"; that a
line whose redirections are followed by `:` is a label, and that a bare line feed makes cmd lose its
place in the file, is known from practice. The file is read in the console's OEM code page; a byte
order mark is three letters of it. Unlike at the prompt an unknown %NAME% is nothing.
"""

import re

from onshi_lab.windows import filesystem
from onshi_lab.windows.cmdexe import MAX_LINE, TOO_LONG, Cmd, CmdError
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.process import Process, codec

LABEL = re.compile(r"\s*(?:<\s*\S+\s+|\d?>{1,2}\s*\S+\s+)*:\s*(\S*)")
"""A label, behind the redirections that a line may begin with."""
BARE = "The lab's PC takes no batch file with bare line feeds: cmd.exe loses its place in it.\r\n"
NO_LABEL = {
    "en": "The system cannot find the batch label specified - {0}\r\n",
    "ja": "バッチ ラベルが見つかりません - {0}\r\n",
}
PAUSE = {
    "en": "Press any key to continue . . . \r\n",
    "ja": "続行するには何かキーを押してください . . . \r\n",
}


class Batch(Cmd):
    """One batch file that runs."""

    def __init__(self, pc: Pc, process: Process, path: str) -> None:
        super().__init__(pc, process)
        self._path = path
        self._code = 0
        self._target: str | None = None
        self._builtins |= {
            "goto": self._goto,
            "echo": self._echo,
            "setlocal": lambda _process, _rest: 0,
            "pause": self._pause,
            "exit": self._leave,
        }

    def run_file(self) -> int:
        """Runs the file to its end and answers the exit code."""
        data = self._pc.files(self._process).read(self._path)
        if data.replace(b"\r\n", b"").count(b"\n"):
            raise CmdError({"en": BARE, "ja": BARE})
        lines = data.decode(codec(self._process.codepage), "replace").split("\r\n")
        number = 0
        while number < len(lines):
            line = lines[number]
            number += 1
            if not line.strip() or LABEL.match(line):
                continue
            self._line(line.strip().removeprefix("@"))
            if self._target is not None:
                number, self._target, self._exiting = self._find(lines), None, None
            elif self._exiting is not None:
                break
        return self._code

    def _line(self, line: str) -> None:
        text = self._expanded(line)
        if len(text) > MAX_LINE:
            raise CmdError(TOO_LONG)
        code = self.run_expanded(text)
        if self._exiting is None:
            self._code = code

    def _expanded(self, line: str) -> str:
        def value(match: re.Match[str]) -> str:
            word = match[0].strip("%")
            special = {"~f0": self._path, "0": self._path, "errorlevel": str(self._code), "": "%"}
            known = special.get(word.lower())
            return (self._process.getenv(word) or "") if known is None else known

        return re.sub(r"%~f0|%%|%0|%[^%\s]+%", value, line)

    def _find(self, lines: list[str]) -> int:
        wanted = (self._target or "").lower()
        for number, line in enumerate(lines):
            found = LABEL.match(line)
            if found and found[1].lower() == wanted:
                return number + 1
        raise CmdError({k: v.format(wanted) for k, v in NO_LABEL.items()})

    def _goto(self, _process: Process, rest: str) -> int:
        self._target, self._exiting = rest.strip().removeprefix(":"), 0
        return 0

    def _echo(self, process: Process, rest: str) -> int:
        """Echoes of the lines themselves are not shown, on or off."""
        if rest.strip().lower() not in ("on", "off"):
            process.write(rest + "\r\n")
        return 0

    def _pause(self, process: Process, _rest: str) -> int:
        process.write(PAUSE[self._pc.config.language])
        process.stdin.read_line()
        return 0

    def _leave(self, _process: Process, rest: str) -> int:
        words = [one for one in rest.split() if one.lower() != "/b"]
        if words:
            self._code = int(words[0])
        self._exiting = self._code
        return self._code


def path_of(pc: Pc, process: Process, name: str) -> str | None:
    """The full path of a batch file by this name; None where there is none."""
    path = filesystem.normalize(name.strip('"'), process.cwd)
    if not path.lower().endswith((".cmd", ".bat")) or not pc.files(process).exists(path):
        return None
    return path
