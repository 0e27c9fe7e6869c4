"""The other side of `onshi_lab.node`: asks a container's first process, and finds out who it is."""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onshi_lab.errors import LabError
from onshi_lab.kernel.watch import MOVED_IN, watching

_UCRED = struct.Struct("3i")


def connect(path: Path, within_s: float = 60.0) -> socket.socket:
    """A connection to a node's first process; raises OSError where nobody listens."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(within_s)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def pid_of(path: Path) -> int:
    """The process that listens, as our own PID namespace counts (SO_PEERCRED of unix(7)).

    Raises OSError where nobody listens, and where the path is a link: a node could point it at
    somebody else's socket.
    """
    if path.is_symlink():
        raise OSError(f"{path} is a link")
    with connect(path) as connection:
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    return int(_UCRED.unpack(found)[0])


def await_node(path: Path, within_s: float) -> None:
    """Wait until a node's first process listens; raises LabError when it does not in time."""
    deadline = time.monotonic() + within_s
    with watching() as watch:
        watch.add(path.parent, MOVED_IN)
        while True:
            try:
                connect(path).close()
            except OSError:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise LabError(f"nobody listens at {path} after {within_s:.0f} s") from None
                watch.wait((), left)
            else:
                return


def give(path: Path, files: Mapping[Path, bytes]) -> None:
    """Write files in a node that nobody else sees."""
    content = {str(to): base64.b64encode(what).decode() for to, what in files.items()}
    with connect(path) as connection:
        connection.sendall(json.dumps({"put": content}).encode() + b"\n")
        answer = connection.makefile("rb").readline()
    if answer:
        raise LabError(f"a node does not take its files: {json.loads(answer)['error']}")


class Asked:
    """A program that a node's first process started for us."""

    def __init__(self, path: Path, wanted: dict[str, Any], standard: Sequence[int] = ()) -> None:
        self._connection = connect(path)
        line = json.dumps(wanted).encode() + b"\n"
        sent = socket.send_fds(self._connection, [line], standard) if standard else 0
        if sent < len(line):  # a program may be over by now, and nobody hears any more
            self._connection.sendall(line[sent:])
        self._reader = self._connection.makefile("rb")
        first = json.loads(self._reader.readline() or "{}")
        if "pid" not in first:
            self.close()
            raise LabError(f"a program could not be started: {first.get('error', 'no answer')}")
        self.pid = int(first["pid"])
        self._code: int | None = None

    def fileno(self) -> int:
        """The connection, on which the end is told."""
        return self._connection.fileno()

    def poll(self) -> int | None:
        """Its exit code, None while it runs; -9 when the container went with it."""
        if self._code is None and select.select([self._connection], [], [], 0)[0]:
            self._code = int(json.loads(self._reader.readline() or '{"code": -9}')["code"])
        return self._code

    def close(self) -> None:
        """Hear no more of it."""
        self._reader.close()
        self._connection.close()


def main() -> None:
    """Run a program in a node on our own terminal: its socket, its folder, its arguments."""
    path, directory, *argv = sys.argv[1:]
    wanted = {"argv": argv, "directory": directory, "environment": dict(os.environ)}
    asked = Asked(Path(path), wanted, (0, 1, 2))
    select.select([asked], [], [])
    code = asked.poll() or 0
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
