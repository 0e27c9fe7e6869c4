"""The key exchange with an SSH device, and nothing after it: no user name, no password."""

from __future__ import annotations

import contextlib
import math
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import paramiko

from onshi_net.errors import OnshiError, Unreachable
from onshi_net.i18n.system import reason as system_reason
from onshi_net.transport import bounds, hostkeys, trustfile
from onshi_net.transport.errors import SlowToOpen
from onshi_net.transport.hostkeys import Era, Recorded
from onshi_net.transport.metered import Meter, SshLink

SILENT_S = 45.0
"""Seconds after which the system gives up a connection whose other end does not answer."""

NEARLY_S = 0.3
"""What ends so near to its time ended by it."""
LISTEN_S = 2.0
"""Seconds that a stranger may take to say what it is; SSH servers speak first (RFC 4253, 4.2)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The key that a device showed, and with which algorithms it speaks."""

    key: paramiko.PKey
    era: Era

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint, as OpenSSH prints it."""
        return hostkeys.fingerprint(self.key.asbytes())


def left(until: float) -> float:
    """Answers the seconds to a moment of the monotonic clock, a little at least."""
    return max(0.1, until - time.monotonic())


@contextlib.contextmanager
def foreign_errors() -> Iterator[None]:
    """Lets out of paramiko's errors those that it documents, the system's and ours.

    It hands on whatever its parsers raise of a packet that isn't what they expect.
    """
    try:
        yield
    except (paramiko.SSHException, EOFError, OSError, OnshiError):
        raise
    except Exception as error:  # noqa: BLE001 foreign code, on a stranger's bytes
        raise paramiko.SSHException(type(error).__name__) from None


def begin(
    host: str, port: int, known: Recorded, until: float, meter: Meter
) -> tuple[paramiko.Transport, Shown]:
    """Exchanges keys and answers the connection with the key shown; who uses it must `check` that.

    A device without a recorded key is asked with old algorithms where it knows no others. Raises
    what paramiko raises, see `unreachable`, and the meter's error; nothing is left open then.
    """
    try:
        transport = _exchange(host, port, known, known.era, until, meter)
        era = known.era
    except paramiko.ssh_exception.IncompatiblePeer:
        if known.entries:
            raise
        era = "legacy"
        transport = _exchange(host, port, known, era, until, meter)
    return transport, Shown(transport.get_remote_server_key(), era)


def look(host: str, port: int, known: Recorded, deadline_s: float) -> Shown:
    """Answers which key a device shows. Raises Unreachable."""
    try:
        transport, shown = begin(host, port, known, time.monotonic() + deadline_s, Meter(host))
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise unreachable(host, port, error) from None
    transport.close()
    return shown


def _exchange(
    host: str, port: int, known: Recorded, era: Era, until: float, meter: Meter
) -> paramiko.Transport:
    link = socket.create_connection((host, port), timeout=left(until))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENT_S * 1000))
    disabled = hostkeys.LEGACY_ALGORITHMS if era == "modern" else None
    meter.ask(bounds.GREETING, left(until))
    metered: Any = SshLink(link, meter)
    transport = paramiko.Transport(metered, disabled_algorithms=disabled)
    with contextlib.ExitStack() as undo:
        undo.callback(transport.close)
        transport.banner_timeout = left(until)
        _prefer(transport, known.key_types)
        try:
            with foreign_errors():
                transport.start_client(timeout=left(until))
        except (paramiko.SSHException, EOFError, OSError):
            if meter.exceeded is not None:
                raise meter.exceeded from None
            raise
        undo.pop_all()
    return transport


def _prefer(transport: paramiko.Transport, types: frozenset[str]) -> None:
    """Asks for a key of the recorded types first."""
    options = transport.get_security_options()
    options.key_types = sorted(options.key_types, key=lambda one: _key_type(one) not in types)


def _key_type(algorithm: str) -> str:
    """Answers the key type behind a signature algorithm.

    RFC 8332: rsa-sha2-256 and rsa-sha2-512 sign with ssh-rsa keys.
    """
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm


def unreachable(host: str, port: int, error: Exception, until: float = math.inf) -> Unreachable:
    """Answers why a key exchange ended, as an error of ours; `until`: when it had to be done.

    Where the connection itself was taken, a second one only listens to what is said there.
    """
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return Unreachable("transport.algorithms", host=host, port=port, **trustfile.nobody())
    reason = system_reason(error)
    kind = "unreachable"
    if time.monotonic() > until - NEARLY_S and isinstance(error, paramiko.SSHException | EOFError):
        return SlowToOpen("transport.slow-to-open", host=host, port=port)
    if isinstance(error, paramiko.SSHException | EOFError):
        kind = kind_of(_first_words(host, port))
    return Unreachable(f"transport.{kind}", host=host, port=port, reason=reason)


def kind_of(words: bytes | None) -> str:
    """Answers the name of the sentence for the first words at an SSH port. Pure.

    None: the connection was refused; empty: it was ended, or nothing was said.
    """
    if words is None:
        return "unreachable"
    if not words:
        return "says-nothing"
    return "broken-off" if words.startswith(b"SSH-") else "no-ssh"


def _first_words(host: str, port: int) -> bytes | None:
    try:
        link = socket.create_connection((host, port), timeout=LISTEN_S)
    except OSError:
        return None
    with link:
        try:
            return link.recv(64)
        except OSError:
            return b""
