"""Processes of the PC: pipes in a console code page, a process table, and a way to end them.

A mock process is a thread. It ends at once when killed, because every wait and every evaluated
statement looks at `Process.check()`.
"""

import itertools
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from onshi_lab.windows.accounts import Logon
from onshi_lab.windows.smb.client import Connections

CODECS = {
    437: "cp437",
    932: "cp932",
    1252: "cp1252",
    65001: "utf-8",
    850: "cp850",
    1200: "utf-16-le",
}
"""Windows code pages (learn.microsoft.com, Code Page Identifiers) -> Python codecs."""

KILLED_EXIT_CODE = 0xC000013A
"""STATUS_CONTROL_C_EXIT, the exit code of a process ended from the console."""
FAULT_EXIT_CODE = 0xE06D6F63
"""No code of Windows': the mock itself failed, and standard error tells how."""


class ProcessKilled(BaseException):
    """Raised inside a process thread that has been told to end."""


class KillSwitch(threading.Event):
    """Whether a process was told to end; tells those that follow when it is."""

    def __init__(self) -> None:
        super().__init__()
        self._followers: list[Callable[[], None]] = []

    def follow(self, follower: Callable[[], None]) -> None:
        """Has this called when the process is told to end; at once where it was."""
        self._followers.append(follower)
        if self.is_set():
            follower()

    def unfollow(self, follower: Callable[[], None]) -> None:
        """Tells it no more."""
        self._followers.remove(follower)

    def set(self) -> None:
        """Tells the process to end."""
        super().set()
        for follower in list(self._followers):
            follower()


def codec(codepage: int) -> str:
    """The Python codec of a Windows code page; LookupError for one that the PC lacks."""
    if codepage not in CODECS:
        raise LookupError(f"code page {codepage}")
    return CODECS[codepage]


class InputPipe:
    """Standard input: bytes arrive from outside, a process reads lines or all of it."""

    def __init__(self, data: bytes = b"", *, closed: bool = False) -> None:
        self._buffer = bytearray(data)
        self._closed = closed
        self._broken = False
        self.is_awaited = False
        """Whether a process waits for more of it."""
        self._change = threading.Condition()

    def write(self, data: bytes) -> None:
        """Adds bytes; ValueError after close."""
        with self._change:
            if self._closed:
                raise ValueError("standard input is closed")
            self._buffer += data
            self._change.notify_all()

    def close(self) -> None:
        """Marks the end of the input."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def abort(self) -> None:
        """Wakes every reader with ProcessKilled."""
        with self._change:
            self._broken = True
            self._change.notify_all()

    def _wait(self, ready: Callable[[], bool]) -> None:
        self.is_awaited = not (self._broken or ready())
        self._change.wait_for(lambda: self._broken or ready())
        self.is_awaited = False
        if self._broken:
            raise ProcessKilled

    def read_all(self) -> bytes:
        """Everything up to the end of the input."""
        with self._change:
            self._wait(lambda: self._closed)
            data = bytes(self._buffer)
            self._buffer.clear()
            return data

    def read_line(self) -> bytes | None:
        """The next line without its line end, or None at the end of the input."""
        with self._change:
            self._wait(lambda: self._closed or b"\n" in self._buffer)
            if not self._buffer:
                return None
            line, _, rest = bytes(self._buffer).partition(b"\n")
            self._buffer[:] = rest
            return line.removesuffix(b"\r")


Sink = Callable[[bytes], None]


def discard(data: bytes) -> None:
    """The NUL device."""


@dataclass(eq=False)
class Process:
    """One running program with its console, environment and identity."""

    pid: int
    parent_pid: int
    image: str
    command_line: str
    logon: Logon
    codepage: int
    environment: dict[str, str]
    cwd: str
    stdin: InputPipe = field(default_factory=lambda: InputPipe(closed=True))
    stdout: Sink = discard
    stderr: Sink = discard
    connections: Connections = field(default_factory=Connections)
    exit_code: int | None = None
    kill_requested: KillSwitch = field(default_factory=KillSwitch)
    done: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises ProcessKilled if somebody asked the process to end."""
        if self.kill_requested.is_set():
            raise ProcessKilled

    def sleep(self, seconds: float) -> None:
        """Waits, but not longer than the process lives."""
        if self.kill_requested.wait(seconds):
            raise ProcessKilled

    def kill(self) -> None:
        """Asks the process to end."""
        self.kill_requested.set()
        self.stdin.abort()

    def write(self, text: str) -> None:
        """Writes text to standard output in the console's code page, `?` for what it lacks."""
        self.check()
        self.stdout(text.encode(codec(self.codepage), "replace"))

    def write_error(self, text: str) -> None:
        """Writes text to standard error in the console's code page."""
        self.check()
        self.stderr(text.encode(codec(self.codepage), "replace"))

    def decode(self, data: bytes) -> str:
        """Text of bytes that came in through the console's code page."""
        return data.decode(codec(self.codepage), "replace")

    def getenv(self, name: str) -> str | None:
        """An environment variable, in any case."""
        wanted = name.lower()
        return next((v for k, v in self.environment.items() if k.lower() == wanted), None)


Program = Callable[[Process], int]


class ProcessTable:
    """Every live process, with Windows-like ids (multiples of four)."""

    def __init__(self) -> None:
        self._ids = itertools.count(1000, 4)
        self._lock = threading.Lock()
        self._live: dict[int, Process] = {}
        self.faults: list[Exception] = []
        """What went wrong in the mock itself; a PC with any ends in failure."""

    def new_pid(self) -> int:
        """An unused process id."""
        with self._lock:
            return next(self._ids)

    def __iter__(self) -> Iterator[Process]:
        with self._lock:
            return iter(list(self._live.values()))

    def start(self, process: Process, program: Program) -> Process:
        """Runs a program in a thread of its own."""
        with self._lock:
            self._live[process.pid] = process
        name = f"{process.image}:{process.pid}"
        threading.Thread(target=self._run, args=(process, program), name=name, daemon=True).start()
        return process

    def run(self, process: Process, program: Program) -> int:
        """Runs a program in the caller's thread and answers its exit code."""
        with self._lock:
            self._live[process.pid] = process
        self._run(process, program)
        return process.exit_code or 0

    def _run(self, process: Process, program: Program) -> None:
        code = KILLED_EXIT_CODE
        try:
            code = program(process)
        except ProcessKilled:
            pass
        except Exception as fault:
            code = FAULT_EXIT_CODE
            if fault not in self.faults:  # a child's is its parents' too
                self.faults.append(fault)
            process.stderr(f"The lab's PC failed: {traceback.format_exc()}".encode())
            raise
        finally:
            process.connections.close()
            with self._lock:
                self._live.pop(process.pid, None)
            process.exit_code = code
            process.done.set()

    def kill_all(self) -> list[Process]:
        """Asks every process to end and answers those that were live."""
        live = list(self)
        for process in live:
            process.kill()
        return live
