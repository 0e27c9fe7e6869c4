"""Remote shells: a table with quotas, the commands in them, and their output queues.

Sources: [MS-WSMV] 2.2.4.37 (Shell), 3.1.4.14 (Receive), 3.1.4.1.31 (remote shells);
learn.microsoft.com "Installation and configuration for WinRM": MaxShellsPerUser 30,
MaxProcessesPerShell 25, IdleTimeOut 7200000 ms, MaxConcurrentUsers 10.
"""

import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field

from onshi_lab.windows.accounts import Logon
from onshi_lab.windows.process import InputPipe, Process
from onshi_lab.windows.wsman import soap

MAX_SHELLS_PER_USER = 30
MAX_PROCESSES_PER_SHELL = 25
IDLE_TIMEOUT = 7200.0
MAX_IDLE_TIMEOUT = 2147483.647
"""MaxIdleTimeout of winrm/config/winrs, 2147483647 ms, in seconds."""


class Output:
    """What a command wrote and nobody has received yet."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[str, bytes]] = deque()
        self._change = threading.Condition()
        self._finished = False

    def sink(self, stream: str, data: bytes) -> None:
        """Adds output of one stream."""
        if data:
            with self._change:
                self._chunks.append((stream, data))
                self._change.notify_all()

    def finish(self) -> None:
        """Says that nothing more will come."""
        with self._change:
            self._finished = True
            self._change.notify_all()

    def take(self, limit: int, timeout: float) -> tuple[list[tuple[str, bytes]], bool] | None:
        """Waits for at most `limit` bytes, and whether that was all; None: timed out."""
        with self._change:
            if not self._change.wait_for(lambda: self._chunks or self._finished, timeout):
                return None
            taken: list[tuple[str, bytes]] = []
            while self._chunks and limit > 0:
                stream, data = self._chunks.popleft()
                if len(data) > limit:
                    self._chunks.appendleft((stream, data[limit:]))
                taken.append((stream, data[:limit]))
                limit -= len(data)
            return taken, self._finished and not self._chunks


@dataclass(eq=False)
class Command:
    """One command of a shell."""

    id: str
    process: Process
    stdin: InputPipe
    output: Output


@dataclass(eq=False)
class Shell:
    """One shell: identity, console settings, and its commands."""

    id: str
    owner: Logon
    owner_name: str
    client_ip: str
    codepage: int
    working_directory: str
    environment: dict[str, str]
    idle_timeout: float
    no_profile: bool
    name: str = ""
    input_streams: str = "stdin"
    output_streams: str = "stdout stderr"
    created: float = field(default_factory=time.monotonic)
    touched: float = field(default_factory=time.monotonic)
    commands: dict[str, Command] = field(default_factory=dict)

    def touch(self) -> None:
        """Notes that the client used the shell."""
        self.touched = time.monotonic()

    def idle(self) -> float:
        """Seconds since the client last used the shell."""
        return time.monotonic() - self.touched

    def command(self, command_id: str) -> Command:
        """The command of that id; raises SoapFault."""
        found = self.commands.get(command_id.upper())
        if found is None:
            raise soap.command_not_found(command_id)
        return found

    def end(self) -> None:
        """Ends every command of the shell."""
        for command in list(self.commands.values()):
            command.process.kill()
            command.output.finish()
        self.commands.clear()


class ShellTable:
    """Every open shell; idle ones are ended when anybody looks."""

    def __init__(self, limit: int = MAX_SHELLS_PER_USER) -> None:
        self._lock = threading.Lock()
        self._shells: dict[str, Shell] = {}
        self.limit = limit

    def _expire(self) -> list[Shell]:
        idle = [s for s in self._shells.values() if s.idle() > s.idle_timeout]
        for shell in idle:
            del self._shells[shell.id]
        return idle

    def add(self, shell: Shell) -> None:
        """Registers a shell; raises SoapFault beyond the user's quota."""
        with self._lock:
            expired = self._expire()
            mine = sum(s.owner.sid == shell.owner.sid for s in self._shells.values())
            if mine < self.limit:
                self._shells[shell.id] = shell
        for idle in expired:
            idle.end()
        if mine >= self.limit:
            raise soap.too_many_shells(self.limit)

    def get(self, shell_id: str, caller: Logon) -> Shell:
        """The caller's shell of that id; raises SoapFault when it isn't there or isn't theirs."""
        with self._lock:
            expired = self._expire()
            shell = self._shells.get(shell_id.upper())
        for idle in expired:
            idle.end()
        if shell is None or shell.owner.sid != caller.sid:
            raise soap.shell_not_found(shell_id)
        shell.touch()
        return shell

    def remove(self, shell: Shell) -> None:
        """Takes a shell out of the table and ends what runs in it."""
        with self._lock:
            self._shells.pop(shell.id, None)
        shell.end()

    def all(self) -> list[Shell]:
        """Every open shell."""
        with self._lock:
            return list(self._shells.values())

    def end_all(self) -> None:
        """Ends every shell, as a reboot or a stop of the service does."""
        for shell in self.all():
            self.remove(shell)


def new_id() -> str:
    """A shell or command id, in Windows' upper-case form."""
    return str(uuid.uuid4()).upper()
