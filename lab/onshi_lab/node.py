"""python -m onshi_lab.node SOCKET: the first process of a container that is a node of the lab.

It starts daemons for whoever asks over a Unix socket, so that they have this container's
capabilities and no other's, and buries every process that ends. One connection is one daemon:

    asked    {"argv": [...], "directory": "...", "environment": {...}}
    answered {"pid": 7}, and when it has ended {"code": 0}; {"error": "..."} where it cannot start

What a daemon prints goes to the file `log` in its directory. A pipe beside the socket, `SOCKET` and
then `.up`, is opened for writing as soon as the socket listens.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE_S = 5.0


class Init:
    """The daemons that are watched: who shall hear of each one's end."""

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
            wanted = json.loads(asker.makefile("rb").readline())
            pid = spawn(wanted["argv"], Path(wanted["directory"]), wanted["environment"])
        except (OSError, ValueError, KeyError) as error:
            _tell(asker, error=str(error))
            asker.close()
            return
        self._askers[pid] = asker
        _tell(asker, pid=pid)

    def _bury(self, woken: socket.socket) -> None:
        woken.recv(4096)
        for pid, status in ended():
            asker = self._askers.pop(pid, None)
            if asker is not None:
                _tell(asker, code=os.waitstatus_to_exitcode(status))
                asker.close()


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


def spawn(argv: list[str], directory: Path, environment: Mapping[str, str]) -> int:
    """Start a daemon in a session of its own; raises OSError where its log cannot be written."""
    log = os.open(directory / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        pid = os.fork()
        if pid == 0:
            _become(argv, directory, environment, log)
        return pid
    finally:
        os.close(log)


def _become(argv: list[str], directory: Path, environment: Mapping[str, str], log: int) -> None:
    """The child's part: it ends here, as the daemon or with its complaint in the log."""
    try:
        os.setsid()
        os.chdir(directory)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.execvpe(argv[0], argv, dict(environment))  # noqa: S606 - the daemon takes this place
    except OSError as error:
        os.write(2, f"{argv[0]}: {error}\n".encode())
    finally:
        os._exit(127)


def main() -> None:
    """Listen on the socket of the command line, say so, and serve."""
    path = Path(sys.argv[1])
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(64)
        listener.setblocking(True)
        up = Path(f"{path}.up")
        if up.exists():
            os.close(os.open(up, os.O_WRONLY))
        Init(listener).serve()


if __name__ == "__main__":
    main()
