"""The client of `control`: asks a PC, without loading one."""

import json
import socket
from pathlib import Path
from typing import Any


def ask(state: Path, request: dict[str, Any], timeout: float = 150.0) -> dict[str, Any]:
    """Sends one request to the PC whose state directory this is, and answers its reply."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(str(state / "control.sock"))
        connection.sendall(json.dumps(request).encode() + b"\n")
        reply = connection.makefile("rb").readline()
    answer: dict[str, Any] = json.loads(reply)
    return answer
