"""A mock PC behind the product's own loader, and the terminal's share that it can open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onshi_lab.windows.accounts import Logon
from onshi_lab.windows.files import Files
from onshi_lab.windows.filesystem import WindowsError
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.process import Process
from onshi_net.inventory.secrets import Secret
from onshi_net.pcs.powershell import Script
from onshi_net.transport.windows import WindowsLost, envelope
from tests.lab.windows.conftest import Machine

from .injector import Injector

HOPS = {"10.51.1.0/24": "192.168.1.254"}
"""The way that leads to the terminal."""


@dataclass
class PcSession:
    """Scripts of the product, by its loader and its envelope, run by the mock PC itself."""

    machine: Machine
    injector: Injector
    host: str

    def run(
        self, script: Script, *, secrets: Sequence[Secret] = (), deadline_s: float = 60.0
    ) -> dict[str, Any]:
        """Runs a script; where the connection breaks, the PC has ended it before the next one."""
        program, arguments = envelope.command_line()
        given = envelope.standard_input(script, secrets)
        self.injector.lost = False
        self.injector.killed.clear()
        result = self.machine.run(" ".join([program, *arguments]), stdin=given)
        if self.injector.killed.is_set():
            for process in list(self.machine.pc.processes):
                process.done.wait()
            self.injector.killed.clear()
        if self.injector.lost:
            raise WindowsLost("winrm.lost", host=self.host)
        return envelope.answer(script, secrets, result.out.encode(), result.err.encode(), self.host)

    def close(self) -> None:
        """Nothing is open."""


class TerminalsShare:
    """A share of the terminal as one logon of the receipt PC sees it."""

    def __init__(self, pc: Pc, logon: Logon, user: str, password: str, files: dict[str, bytes]):
        self._pc, self._logon, self._wanted, self._files = pc, logon, (user, password), files

    def _open(self, path: str) -> None:
        server = path.split("\\")[2]
        ways = {(one.prefix, one.next_hop) for one in self._pc.network.routes()}
        if not set(HOPS.items()) & ways:
            raise WindowsError(WindowsError.BAD_NETPATH, path)
        stored = self._pc.vault.for_server(self._logon, server)
        if stored is None:
            raise WindowsError(WindowsError.ACCESS_DENIED, path)
        if (stored.user.lower(), stored.blob.decode("utf-16-le")) != self._wanted:
            raise WindowsError(WindowsError.LOGON_FAILURE, path)

    def exists(self, path: str) -> bool:
        """Whether there is a file."""
        return path in self._files

    def is_dir(self, path: str) -> bool:
        """Whether there is the share."""
        self._open(path)
        return path.count("\\") == 3

    def read(self, path: str) -> bytes:
        """Reads a file."""
        self._open(path)
        return self._files[path]

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Writes a file."""
        self._open(path)
        self._files[path] = (self._files.get(path, b"") if append else b"") + data

    def remove(self, path: str) -> None:
        """Deletes a file."""
        self._open(path)
        self._files.pop(path, None)

    def list(self, path: str) -> list[str]:
        """Lists the share."""
        self._open(path)
        return [one.rpartition("\\")[2] for one in self._files]


def reaches(machine: Machine, user: str, password: str) -> dict[str, bytes]:
    """Lets a PC open the terminal's share by the right way with the right entry."""
    pc, files = machine.pc, {}  # type: ignore[var-annotated]

    def opened(process: Process) -> Files:
        share: Any = TerminalsShare(pc, process.logon, user.lower(), password, files)
        return Files(pc.disk, pc.sids(process.logon), share)

    pc.files = opened  # type: ignore[method-assign]
    return files


@contextmanager
def counted(injector: Injector) -> Iterator[None]:
    """Counts acts meanwhile."""
    injector.counts = True
    yield
    injector.counts = False
