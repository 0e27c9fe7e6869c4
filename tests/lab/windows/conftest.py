"""A mock PC in memory, and one that is served over WS-Management by a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

LAB = Path(__file__).parents[3] / "lab"
if str(LAB) not in sys.path:
    sys.path.insert(0, str(LAB))

from onshi_lab.windows import programs  # noqa: E402
from onshi_lab.windows.accounts import Logon, LogonType  # noqa: E402
from onshi_lab.windows.config import DEFAULT_RELEASE, RELEASES, PcConfig  # noqa: E402
from onshi_lab.windows.hosted.server import Server  # noqa: E402
from onshi_lab.windows.pc import Pc  # noqa: E402
from onshi_lab.windows.process import InputPipe, Process  # noqa: E402

ADMIN, ADMIN_PASSWORD = "onsadmin", "Adm1n-Canary-41"
USER, USER_PASSWORD = "reception", "Recept10n-Canary-42"
USERS = {
    "users": [
        {"name": ADMIN, "password": ADMIN_PASSWORD, "admin": True},
        {"name": USER, "password": USER_PASSWORD, "admin": False},
    ]
}


REAL = Path(os.environ["ONSHI_LAB_POWERSHELL"]) if "ONSHI_LAB_POWERSHELL" in os.environ else None
"""A real engine for every PC of this run; without it the mock's own language."""


@cache
def shared_engine(program: Path, programs: tuple[str, ...]) -> Server:
    """One engine for all PCs in memory; it ends with this process."""
    log = Path(tempfile.mkstemp(prefix="onshi-powershell-")[1])
    return Server(program, list(programs), "5.1.19044.4529", log)


@dataclass
class Result:
    """What a program wrote and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Standard output by lines."""
        return self.out.splitlines()


class Machine:
    """A PC without sockets, and shortcuts to run programs on it."""

    def __init__(
        self, state: Path, role: str = "terminal", language: str = "en", release: str = ""
    ) -> None:
        made = RELEASES[release or DEFAULT_RELEASE[role]]
        config = PcConfig("TERMINAL-1", role, state, made, language=language, kernel=False)
        self.pc = Pc(config)
        programs.install(self.pc)
        if REAL is not None:
            self.host(REAL)
        for user in USERS["users"]:
            self.pc.accounts.create(user["name"], user["password"], admin=user["admin"])
        self.pc.security.publish()

    def host(self, program: Path) -> None:
        """Has a real engine run its scripts."""
        self.pc.config = replace(self.pc.config, powershell=program)
        self.pc.share_engine(shared_engine(program, tuple(self.pc.programs)))

    def logon(self, user: str = ADMIN, kind: LogonType = LogonType.NETWORK) -> Logon:
        """A logon session of a user."""
        account = self.pc.accounts.find(user)
        assert account is not None
        return Logon(account.name, account.sid, kind, elevated=account.is_admin)

    def run(
        self, line: str, *, logon: Logon | None = None, stdin: bytes = b"", codepage: int = 65001
    ) -> Result:
        """Runs a command line to its end."""
        out: list[bytes] = []
        err: list[bytes] = []
        who = logon or self.logon()
        process = Process(
            pid=self.pc.processes.new_pid(),
            parent_pid=0,
            image="cmd.exe",
            command_line=line,
            logon=who,
            codepage=codepage,
            environment=self.pc.environment(who),
            cwd=self.pc.profile_directory(who),
            stdin=InputPipe(stdin, closed=True),
            stdout=out.append,
            stderr=err.append,
        )
        self.pc.processes.run(process, lambda p: self.pc.programs["cmd"](self.pc, p, "/c " + line))
        text = [b"".join(part).decode("utf-8", "replace") for part in (out, err)]
        return Result(process.exit_code or 0, *text)

    def ps(self, script: str, *, logon: Logon | None = None, options: str = "") -> Result:
        """Runs a PowerShell script that is read from standard input as a whole."""
        bootstrap = "& ([ScriptBlock]::Create((@($input) -join [Environment]::NewLine)))"
        line = f'powershell -NoProfile -NonInteractive {options} -Command "{bootstrap}"'
        return self.run(line, logon=logon, stdin=script.encode())

    def value(self, script: str, **options: object) -> object:
        """The value that a script outputs, by way of JSON."""
        result = self.ps(f"ConvertTo-Json -Compress -Depth 6 -InputObject @({script})")
        assert not result.err, result.err
        found = json.loads(result.out)
        return found[0] if len(found) == 1 else found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A terminal in memory, in English."""
    return Machine(tmp_path / "state")


@pytest.fixture
def receipt_pc(tmp_path: Path) -> Machine:
    """A receipt PC in memory."""
    return Machine(tmp_path / "receipt", "receipt")


class Served:
    """A PC process and where it listens."""

    def __init__(
        self, process: "subprocess.Popen[str]", http: int, https: int, state: Path
    ) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{http}/wsman"
        self.http = http
        self.https = https
        self.state = state

    def ctl(self, **request: object) -> dict[str, object]:
        """Sends a control request."""
        from onshi_lab.windows.ask import ask

        return ask(self.state, request)

    def events(self) -> str:
        """The text of the event log."""
        return (self.state / "events.jsonl").read_text(encoding="utf-8")


def serve(folder: Path, *options: str, more: Sequence[dict[str, object]] = ()) -> Served:
    """Starts a PC on free ports of loopback; port 0 for one that isn't open."""
    folder.mkdir(parents=True, exist_ok=True)
    users = folder / "users.json"
    users.write_text(json.dumps({"users": [*USERS["users"], *more]}))
    users.chmod(0o600)
    command = [
        sys.executable,
        "-m",
        "onshi_lab.windows",
        "--name",
        "TERMINAL-1",
        "--role",
        "terminal",
    ]
    command += ["--state", str(folder / "state"), "--users-file", str(users), "--no-kernel"]
    command += ["--listen", "127.0.0.1:0", "--https-port", "0", *options]
    command += ["--powershell", str(REAL)] if REAL else []
    environment = {**os.environ, "PYTHONPATH": str(LAB)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    guard = threading.Timer(180 if REAL else 30, process.kill)
    guard.start()
    assert process.stdout is not None
    words = process.stdout.readline().split()
    guard.cancel()
    assert words[:1] == ["ready"], words
    http, https = (*map(int, words[1:]), 0, 0)[:2]
    return Served(process, http, https, folder / "state")


def stop(served: Served) -> None:
    """Stops a PC."""
    served.process.terminate()
    assert served.process.wait(15) == 0
    assert served.process.stdout is not None
    served.process.stdout.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A PC that the tests of a module share."""
    found = serve(tmp_path_factory.mktemp("served"))
    yield found
    stop(found)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A PC that a test has for itself."""
    found = serve(tmp_path)
    yield found
    stop(found)
