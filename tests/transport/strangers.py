"""SSH servers that are not the router, and record whatever is tried on them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import paramiko

KEYS = {
    "ecdsa": paramiko.ECDSAKey.generate(),
    "rsa": paramiko.RSAKey.generate(2048),
}
OTHER_KEYS = {"ecdsa": paramiko.ECDSAKey.generate(), "rsa": paramiko.RSAKey.generate(2048)}


@dataclass
class Heard:
    """What a stranger got."""

    connections: int = 0
    tried: list[tuple[str, str]] = field(default_factory=list)
    """Method and what was given, of every userauth request."""


class _Recorder(paramiko.ServerInterface):
    """Refuses, or lets in, and writes down."""

    def __init__(self, heard: Heard, lets_in: bool) -> None:
        self._heard = heard
        self._result = paramiko.AUTH_SUCCESSFUL if lets_in else paramiko.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self._heard.tried.append(("password", password))
        return self._result

    def check_auth_none(self, username: str) -> int:
        self._heard.tried.append(("none", username))
        return paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._heard.tried.append(("publickey", username))
        return paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey,keyboard-interactive"


@contextmanager
def stranger(*keys: paramiko.PKey, lets_in: bool = False) -> Iterator[tuple[int, Heard]]:
    """Gives the loopback port of such a server and what it heard."""
    heard = Heard()
    with served(lambda link: _ssh(link, keys, heard, lets_in), heard) as port:
        yield port, heard


def _ssh(link: socket.socket, keys: tuple[paramiko.PKey, ...], heard: Heard, lets_in: bool) -> None:
    transport = paramiko.Transport(link)
    for key in keys:
        transport.add_server_key(key)
    done = threading.Event()
    with suppress(paramiko.SSHException, EOFError, OSError):
        transport.start_server(done, _Recorder(heard, lets_in))
        done.wait(10)
        transport.join(10)
    transport.close()


@contextmanager
def served(talk: Callable[[socket.socket], None], heard: Heard) -> Iterator[int]:
    """Gives the port of a server that talks to each connection in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            heard.connections += 1
            threading.Thread(target=talk, args=(link,), daemon=True).start()

    worker = threading.Thread(target=serve, daemon=True)
    worker.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        worker.join(5)
