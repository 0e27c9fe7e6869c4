"""python -m onshi_lab.node SOCKET: the first process of a container that is a node of the lab.

It starts programs for whoever asks over a Unix socket, so that they have this container's
capabilities and no other's, and buries every process that ends. A connection asks one thing:

    {"argv": [...], "directory": "...", "environment": {...}}
        a program; answered by {"pid": 7}, and when it has ended by {"code": 0}. What it prints goes
        to the file `log` in its directory, or to the descriptors that came with the request
    {"put": {"/path": "base64"}}
        files for this node alone; the connection ends when they are written

and {"error": "..."} answers what cannot be done. The socket appears when it listens, not before.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 5.0
STANDARD = 3


class Init:
    """The programs that are watched: who shall hear of each one's end."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._askers: dict[int, socket.socket] = {}

    def serve(self) -> None:
        """Start and bury until SIGTERM."""
        woken, waker = socket.socketpair()
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ, self._asked)
            selector.register(woken, selectors.EVENT_READ, lambda: self._bury(woken))
            while True:
                for key, _ in selector.select():
                    key.data()

    def _asked(self) -> None:
        asker = self._listener.accept()[0]
        asker.settimeout(PATIENCE_S)
        try:
            line, descriptors = _request(asker)
            pid = _do(json.loads(line), descriptors) if line else None
        except (OSError, ValueError, KeyError) as error:
            _tell(asker, error=str(error))
            pid = None
        if pid is None:
            asker.close()
        else:
            self._askers[pid] = asker
            _tell(asker, pid=pid)

    def _bury(self, woken: socket.socket) -> None:
        woken.recv(4096)
        for pid, status in ended():
            asker = self._askers.pop(pid, None)
            if asker is not None:
                _tell(asker, code=os.waitstatus_to_exitcode(status))
                asker.close()


def _request(asker: socket.socket) -> tuple[bytes, list[int]]:
    """One line, and the descriptors that came with its first octets; empty: a mere look."""
    line, descriptors, _, _ = socket.recv_fds(asker, 65536, STANDARD)
    while line and not line.endswith(b"\n"):
        more = asker.recv(65536)
        if not more:
            raise ValueError("the request broke off")
        line += more
    return line, descriptors


def _do(wanted: dict[str, Any], descriptors: list[int]) -> int | None:
    """What was asked; answers the program that was started for it, if any."""
    try:
        if "put" in wanted:
            put(wanted["put"])
            return None
        directory = Path(wanted["directory"])
        outputs = descriptors or _log(directory)
        descriptors = outputs
        return spawn(wanted["argv"], directory, wanted["environment"], outputs)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def put(files: Mapping[str, str]) -> None:
    """Write files of this node; one that is there keeps its inode, since it may be mounted."""
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(content))


def _log(directory: Path) -> list[int]:
    """The descriptors of a daemon: no input, and a log for what it prints."""
    log = os.open(directory / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    return [os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), log, os.dup(log)]


def ended() -> list[tuple[int, int]]:
    """Each child that has ended, with its status; they are buried now."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        found.append((pid, status))


def _tell(asker: socket.socket, **news: Any) -> None:
    """Whoever asked may have gone: a daemon does not end for that."""
    try:
        asker.sendall(json.dumps(news).encode() + b"\n")
    except OSError:
        return


def spawn(
    argv: list[str], directory: Path, environment: Mapping[str, str], standard: Sequence[int]
) -> int:
    """Start a program in a session of its own, with these as its standard descriptors.

    It answers when the program has taken the child's place, which closes the pipe: a signal before
    that would go to a child that still has our handlers, and be lost.
    """
    waiting, held = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        _become(argv, directory, environment, standard)
    os.close(held)
    os.read(waiting, 1)
    os.close(waiting)
    return pid


def _become(
    argv: list[str], directory: Path, environment: Mapping[str, str], standard: Sequence[int]
) -> None:
    """The child's part: it ends here, as the program or with its complaint."""
    try:
        os.setsid()
        os.chdir(directory)
        for number, descriptor in enumerate(standard):
            os.dup2(descriptor, number)
        os.execvpe(argv[0], argv, dict(environment))  # noqa: S606 - the program takes this place
    except OSError as error:
        os.write(2, f"{argv[0]}: {error}\n".encode())
    finally:
        os._exit(127)


def main() -> None:
    """Listen on the socket of the command line and serve."""
    path = Path(sys.argv[1])
    draft = path.with_suffix(".new")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(draft))
        listener.listen(64)
        draft.replace(path)
        Init(listener).serve()


if __name__ == "__main__":
    main()
