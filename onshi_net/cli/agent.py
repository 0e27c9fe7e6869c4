"""Keeps the passphrase of a secrets file for a while, so that a visit's commands ask for it once.

A process of its own holds it in memory, answers this user alone through a socket in a folder that
nobody else may enter, and ends by itself: some time after the last question, at latest after
LONGEST_S. It begins only where a person has typed the passphrase and the file has opened with it.
ONSHI_KEEP_PASSPHRASE says for how many minutes; 0: never. Where the system has no such sockets
(Windows), nothing is kept.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

MINUTES = "ONSHI_KEEP_PASSPHRASE"
DEFAULT_MINUTES = 60
LONGEST_S = 12 * 3600.0
ANSWER_S = 2.0
"""So long an agent is waited for: it answers from memory."""
GET, STOP = b"get\n", b"stop\n"


def minutes() -> int:
    """Answers how long a passphrase is kept after its last use; 0 where it isn't."""
    given = os.environ.get(MINUTES, "")
    if not hasattr(socket, "AF_UNIX"):
        return 0
    return int(given) if given.isascii() and given.isdigit() else DEFAULT_MINUTES


def ask(file: Path) -> str | None:
    """Answers the kept passphrase of a secrets file, None where none is kept."""
    return _told(file, GET) or None


def forget(file: Path) -> None:
    """Ends the agent of a file, where one is."""
    _told(file, STOP)


def start(file: Path, passphrase: str) -> bool:
    """Begins to keep a passphrase; answers whether somebody does now."""
    place = _place(file)
    if place is None or not minutes():
        return False
    forget(file)
    command = [sys.executable, "-P", "-m", "onshi_net.cli.agent", str(place), str(minutes() * 60)]
    with suppress(OSError):
        agent = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is not for it
            cwd="/",
            env={name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        )
        if agent.stdin is None or agent.stdout is None:
            return False
        with agent.stdin, agent.stdout:
            agent.stdin.write(passphrase.encode("utf-8", "surrogateescape"))
            agent.stdin.close()
            return agent.stdout.readline() == b"ready\n"
    return False


def _told(file: Path, word: bytes) -> str:
    place = _place(file)
    if place is None or not place.exists():
        return ""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWER_S)
        line.connect(str(place))
        line.sendall(word)
        found = b""
        while some := line.recv(4096):
            found += some
        return found.decode("utf-8", "surrogateescape")
    return ""


def _place(file: Path) -> Path | None:
    """Answers the socket of a file's agent; None where no folder is this user's alone."""
    if not minutes():
        return None
    given = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(given) if given else Path(tempfile.gettempdir()) / f"onshi-{os.getuid()}"
    with suppress(OSError):
        if not given:
            folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
        if private and found.st_uid == os.getuid():
            name = hashlib.sha256(os.path.realpath(file).encode("utf-8", "surrogateescape"))
            return folder / f"onshi-{name.hexdigest()[:16]}"
    return None


def serve(place: Path, kept: bytes, idle_s: float) -> None:
    """Answers until nobody asked for `idle_s`, somebody says stop, or LONGEST_S are over."""
    with socket.socket(socket.AF_UNIX) as door:
        place.unlink(missing_ok=True)
        door.bind(str(place))
        place.chmod(0o600)
        door.listen()
        sys.stdout.write("ready\n")
        sys.stdout.close()
        end = time.monotonic() + LONGEST_S
        with suppress(TimeoutError):
            while (left := min(idle_s, end - time.monotonic())) > 0:
                door.settimeout(left)
                line, _ = door.accept()
                with line, suppress(OSError):
                    line.settimeout(ANSWER_S)
                    word = line.recv(16)
                    if word == STOP:
                        break
                    if word == GET:
                        line.sendall(kept)
    place.unlink(missing_ok=True)


def _hide() -> None:
    """Lets no other process of this user read the memory (prctl(2), PR_SET_DUMPABLE)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)


if __name__ == "__main__":
    _hide()
    serve(Path(sys.argv[1]), sys.stdin.buffer.read(), float(sys.argv[2]))
