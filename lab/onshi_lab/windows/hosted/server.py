"""The engine of a PC: one process, one connected socket, a runspace for each powershell.exe."""

import hashlib
import itertools
import json
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from onshi_lab.windows.process import Process

from .table import enumerations, prelude

HERE = Path(__file__).parent
PLAIN = ("pwsh", "pwsh.exe")
"""Names of PowerShell 7 itself; another program is asked as the hosted engine's `ask` is."""


BOOTSTRAP = r"""
$null = [powershell]::Create().AddScript({{
  try {{
    $library = '{library}'
    if (-not (Test-Path $library)) {{
      $null = New-Item -ItemType Directory -Force (Split-Path $library)
      $fresh = "$library.$PID.dll"
      $sources = Get-Item '{here}/*.cs'
      Add-Type -IgnoreWarnings -OutputType Library -OutputAssembly $fresh -Path $sources
      Move-Item -Force $fresh $library
    }}
    Add-Type -Path $library
    [OnshiLab.Server]::Start({descriptor})
  }} catch {{
    $_ | Out-String | Add-Content -LiteralPath '{log}'
    Stop-Process -Id $PID
  }}
}}).BeginInvoke()
""".replace("{here}", str(HERE))
"""Beside the script that starts it, as `ask` gives a script only so many seconds. It names no type
that the C# stands in for: what a name means is kept from its first use on."""
WAITING = "[System.Threading.Thread]::Sleep(-1)"


class EngineFailed(Exception):
    """The engine did not start, or ended: what it said."""


class Channel:
    """The lab's end of one powershell.exe: frames in both directions."""

    def __init__(self, server: "Server", number: int, process: Process) -> None:
        self._server, self._number, self._process = server, number, process
        self.frames: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        process.kill_requested.follow(self._wake)

    def _wake(self) -> None:
        self.frames.put({"on": "killed"})

    def send(self, frame: dict[str, Any]) -> None:
        """Sends a frame to the session."""
        self._server.send({**frame, "s": self._number})

    def take(self) -> dict[str, Any]:
        """The next frame; raises ProcessKilled for a process that is to end."""
        self._process.check()
        frame = self.frames.get()
        self._process.check()
        if frame["on"] == "fault":
            raise EngineFailed(frame["text"])
        return frame

    def close(self) -> None:
        """Ends the session, at once where its process is to end."""
        self._process.kill_requested.unfollow(self._wake)
        self.send({"do": "kill" if self._process.kill_requested.is_set() else "close"})
        self._server.forget(self._number)


class Server:
    """A running engine."""

    def __init__(self, program: Path, programs: list[str], version: str, log: Path) -> None:
        self._numbers = itertools.count(1)
        self._channels: dict[int, Channel] = {}
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._failed = ""
        self._log = log
        ours, theirs = socket.socketpair()
        self._socket, self._reader = ours, ours.makefile("r", encoding="utf-8")
        with theirs, log.open("wb") as said:
            self._process = self._start(program, theirs.fileno(), said)
        threading.Thread(target=self._read, name="powershell engine", daemon=True).start()
        with tempfile.TemporaryDirectory() as folder:
            hello = {"native": _compiled(Path(folder)), "prelude": prelude(programs, version)}
            self.send({"do": "hello", **hello, "enums": enumerations(), "programs": programs})
            self._ready.wait()
        if self._failed:
            self.stop()
            raise EngineFailed(self._failed)

    def _start(self, program: Path, descriptor: int, said: Any) -> "subprocess.Popen[bytes]":
        script = BOOTSTRAP.format(library=_library(program), descriptor=descriptor, log=self._log)
        plain = program.name.lower() in PLAIN
        options = ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script + WAITING]
        process = subprocess.Popen(
            [str(program), *(options if plain else ["ask"])],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            pass_fds=(descriptor,),
            env={"HOME": str(Path.home()), **os.environ, "TZ": "Asia/Tokyo"},
        )
        if process.stdin is not None and not plain:
            process.stdin.write(json.dumps({"id": "lab", "script": script}).encode() + b"\n")
            process.stdin.flush()
        return process

    def open(self, process: Process, **settings: Any) -> Channel:
        """A runspace for a process."""
        with self._lock:
            number = next(self._numbers)
            channel = self._channels[number] = Channel(self, number, process)
        channel.send({"do": "open", **settings})
        return channel

    def send(self, frame: dict[str, Any]) -> None:
        """Sends a frame; raises EngineFailed where the engine is gone."""
        data = json.dumps(frame).encode() + b"\n"
        try:
            with self._lock:
                self._socket.sendall(data)
        except OSError:
            raise EngineFailed(self._words()) from None

    def forget(self, number: int) -> None:
        """Takes no more frames for a session."""
        with self._lock:
            self._channels.pop(number, None)

    def _read(self) -> None:
        with suppress(OSError, ValueError):  # it is gone, or was stopped
            for line in self._reader:
                self._take(json.loads(line))
        self._ended()

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["s"] == 0:
            self._failed = frame.get("text", "")
            self._ready.set()
            return
        with self._lock:
            channel = self._channels.get(frame["s"])
        if channel is not None:
            channel.frames.put(frame)

    def _ended(self) -> None:
        if not self._ready.is_set():
            self._process.wait()
            self._failed = self._words() or "the PowerShell engine ended"
            self._ready.set()
        with self._lock:
            channels = list(self._channels.values())
        for channel in channels:
            channel.frames.put({"on": "fault", "text": self._words()})

    def _words(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace").strip()

    def stop(self) -> None:
        """Ends the engine."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._process.terminate()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._reader.close()
        self._socket.close()


def _library(program: Path) -> Path:
    """Where the compiled C# of this folder is kept for an engine, and what it is compiled into."""
    parts = [one.read_bytes() for one in sorted(HERE.glob("*.cs"))]
    engine = program.resolve().stat()
    parts += [str(program.resolve()).encode(), f"{engine.st_size} {engine.st_mtime_ns}".encode()]
    name = hashlib.sha256(b"".join(parts)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "onshi-lab" / f"powershell-{name}.dll"


def _compiled(folder: Path) -> str | None:
    """The library for P/Invoke declarations; None where there is no C compiler for it."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    made = folder / "native.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(HERE / "native.c")]
    subprocess.run(command, check=True, capture_output=True)
    return str(made)
