"""powershell.exe with the engine's language: runs the scripts that its host reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from onshi_lab.windows.powershell.binder import Word
from onshi_lab.windows.powershell.errors import ErrorRecord
from onshi_lab.windows.powershell.session import ExitScript, Session
from onshi_lab.windows.powershell.values import MISSING, Hashtable

from .answers import Answers
from .server import Channel, Server

TICKS = 10_000_000
"""Of .NET, in a second."""


Log = Callable[[Session, str], None]
"""Records the text of a script block (event 4104)."""


@dataclass(eq=False)
class Shell:
    """A runspace and the console that it writes to."""

    session: Session
    channel: Channel
    answers: Answers
    console: Any

    @classmethod
    def open(cls, server: Server, session: Session, console: Any, log: Log) -> "Shell":
        """A runspace for a process; what it does ends with the process."""
        settings = {
            "environment": session.process.environment,
            "culture": "ja-JP" if session.pc.config.japanese else "en-US",
            "mode": session.pc.language_mode,
        }
        channel = server.open(session.process, **settings)

        def show(kind: str, text: str) -> None:
            if kind == "block":
                log(session, text)
            else:
                SHOWN[kind](console, text)

        return cls(session, channel, Answers(session, channel, show), console)

    def run(self, script: str, file: str = "", words: tuple[Word, ...] = ()) -> int:
        """Runs a script; answers 1 if its last statement failed. Raises ExitScript."""
        named, loose = _splat(words)
        self.channel.send(
            {
                "do": "run",
                "script": script,
                "file": file or None,
                "named": self.answers.wire.write(named),
                "loose": self.answers.wire.write(loose),
                "skew": round(self.session.pc.clock.skew * TICKS),
                "input": None if file or not self.session.host_reads_input else self._input(script),
            }
        )
        ended = self.answers.until("ended")
        if ended["refused"] is not None:
            self.console.error(_record(ended["refused"]))
            return 1
        if ended["exit"] is not None:
            raise ExitScript(ended["exit"])
        return 0 if ended["good"] else 1

    def _input(self, script: str) -> list[str] | None:
        """The lines of standard input, where the script reads them: waits for its end."""
        if "$input" not in script.lower():
            return None
        process = self.session.process
        return process.decode(process.stdin.read_all()).splitlines()

    def is_incomplete(self, script: str) -> bool:
        """Whether a statement goes on after this."""
        self.channel.send({"do": "parse", "script": script})
        incomplete: bool = self.answers.until("parsed")["incomplete"]
        return incomplete

    def close(self) -> None:
        """Ends the runspace."""
        self.channel.close()


def _splat(words: tuple[Word, ...]) -> tuple[Hashtable, list[Any]]:
    """The arguments of a file: named ones with the word behind them, and the rest."""
    named, loose, left = Hashtable(), [], list(words)
    while left:
        word = left.pop(0)
        if word.parameter is None:
            loose.append(word.value)
        elif word.value is MISSING and left and left[0].parameter is None:
            named[word.parameter] = left.pop(0).value
        else:
            named[word.parameter] = True if word.value is MISSING else word.value
    return named, loose


def _record(frame: dict[str, Any]) -> ErrorRecord:
    return ErrorRecord(frame["message"], frame["id"], frame["category"], frame["exception"])


SHOWN: dict[str, Callable[[Any, str], None]] = {
    "write": lambda console, text: console.write(text),
    "error": lambda console, text: console.write_error(text),
    "shown": lambda console, text: console.show_error(text),
    "warning": lambda console, text: console.message("Warning", f"WARNING: {text}"),
    "verbose": lambda console, text: console.message("Verbose", f"VERBOSE: {text}"),
    "debug": lambda console, text: console.message("Debug", f"DEBUG: {text}"),
}
"""What an engine writes, by the stream it goes to."""
