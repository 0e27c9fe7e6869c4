"""The first process of a container: starts, tells of ends, buries, hands files over."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onshi_lab import asking
from onshi_lab.errors import LabError

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a Unix socket's has 107 octets at most."""
    with tempfile.TemporaryDirectory(prefix="node") as name:
        yield Path(name)


@pytest.fixture
def node(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "onshi_lab.node", str(folder / "socket")]
    with subprocess.Popen(command) as process:
        asking.await_node(folder / "socket", 30)
        yield process
        process.terminate()


def start(folder: Path, *argv: str) -> asking.Asked:
    wanted = {"argv": list(argv), "directory": str(folder), "environment": ENVIRONMENT}
    return asking.Asked(folder / "socket", wanted)


def code_of(asked: asking.Asked) -> int | None:
    assert select.select([asked], [], [], 30)[0]
    return asked.poll()


def test_a_program_runs_in_its_folder_and_its_words_are_in_the_log(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    asked = start(folder, "sh", "-c", "pwd; echo wrong >&2; exit 7")
    assert code_of(asked) == 7
    assert (folder / "log").read_text() == f"{folder}\nwrong\n"


def test_a_program_that_is_over_before_its_asker_goes_on_has_its_code(
    node: subprocess.Popen[bytes], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = socket.send_fds

    def slowly(connection: socket.socket, *what: Any) -> int:
        sent = send(connection, *what)
        over = select.poll()
        over.register(connection, 0)  # POLLHUP: the node has closed its end
        assert over.poll(30_000)
        return sent

    monkeypatch.setattr(socket, "send_fds", slowly)
    wanted = {"argv": ["true"], "directory": str(folder), "environment": ENVIRONMENT}
    asked = asking.Asked(folder / "socket", wanted, (0, 1, 2))
    assert code_of(asked) == 0


def test_a_program_that_runs_has_no_code_yet(node: subprocess.Popen[bytes], folder: Path) -> None:
    asked = start(folder, "sleep", "60")
    assert asked.poll() is None
    os.kill(asked.pid, signal.SIGTERM)
    assert code_of(asked) == -signal.SIGTERM


def test_a_program_is_a_child_of_the_first_process(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    asked = start(folder, "sleep", "60")
    assert Path(f"/proc/{node.pid}/task/{node.pid}/children").read_text().split() == [
        str(asked.pid)
    ]
    os.kill(asked.pid, signal.SIGKILL)
    code_of(asked)


def test_what_has_ended_is_buried_though_nobody_listens_any_more(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    gone, last = start(folder, "sleep", "60"), start(folder, "sleep", "60")
    gone.close()
    os.kill(gone.pid, signal.SIGKILL)
    os.kill(last.pid, signal.SIGKILL)
    code_of(last)
    code_of(start(folder, "true"))
    assert Path(f"/proc/{node.pid}/task/{node.pid}/children").read_text() == ""


def test_a_program_that_is_not_there_says_so_in_its_log(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    assert code_of(start(folder, "no-such-program")) == 127
    assert "no-such-program" in (folder / "log").read_text()


def test_a_folder_that_is_not_there_is_an_error(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    with pytest.raises(LabError, match="No such file"):
        asking.Asked(
            folder / "socket",
            {"argv": ["true"], "directory": f"{folder}/nowhere", "environment": {}},
        )


def test_nonsense_is_refused_and_the_next_one_served(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    with pytest.raises(LabError):
        asking.Asked(folder / "socket", {"nonsense": 1})
    assert code_of(start(folder, "true")) == 0


def test_files_are_handed_over_for_the_owner_alone(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    path = folder / "given" / "key.pem"
    asking.give(folder / "socket", {path: b"\x00secret"})
    assert path.read_bytes() == b"\x00secret"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_an_error(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    with pytest.raises(LabError, match="Is a directory"):
        asking.give(folder / "socket", {folder: b""})


def test_who_listens_is_known_by_the_kernel(node: subprocess.Popen[bytes], folder: Path) -> None:
    assert asking.pid_of(folder / "socket") == node.pid


def test_a_command_runs_on_the_askers_own_descriptors(
    node: subprocess.Popen[bytes], folder: Path
) -> None:
    command = [sys.executable, "-m", "onshi_lab.asking", str(folder / "socket"), "/"]
    words = ["sh", "-c", "read word; echo $word; echo $HELLO >&2; exit 3"]
    done = subprocess.run(
        [*command, *words],
        input="typed\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HELLO": "handed on"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "typed\n", "handed on\n")


def test_nobody_there_is_told_after_the_time(folder: Path) -> None:
    with pytest.raises(LabError, match="nobody listens"):
        asking.await_node(folder / "socket", 0.05)
