"""The key exchange with an SSH device, and nothing after it: no user name, no password."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

import paramiko

from onshi_net.errors import Unreachable
from onshi_net.transport import hostkeys, trustfile
from onshi_net.transport.hostkeys import Era, Recorded

SILENT_S = 45.0
"""Seconds after which the system gives up a connection whose other end does not answer."""


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


def begin(host: str, port: int, known: Recorded, until: float) -> tuple[paramiko.Transport, Shown]:
    """Exchanges keys and answers the connection with the key shown; who uses it must `check` that.

    A device without a recorded key is asked with old algorithms where it knows no others. Raises
    what paramiko raises, see `unreachable`; nothing is left open then.
    """
    try:
        transport = _exchange(host, port, known, known.era, until)
        era = known.era
    except paramiko.ssh_exception.IncompatiblePeer:
        if known.entries:
            raise
        era = "legacy"
        transport = _exchange(host, port, known, era, until)
    return transport, Shown(transport.get_remote_server_key(), era)


def look(host: str, port: int, known: Recorded, deadline_s: float) -> Shown:
    """Answers which key a device shows. Raises Unreachable."""
    try:
        transport, shown = begin(host, port, known, time.monotonic() + deadline_s)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise unreachable(host, port, error) from None
    transport.close()
    return shown


def _exchange(host: str, port: int, known: Recorded, era: Era, until: float) -> paramiko.Transport:
    link = socket.create_connection((host, port), timeout=left(until))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENT_S * 1000))
    disabled = hostkeys.LEGACY_ALGORITHMS if era == "modern" else None
    transport = paramiko.Transport(link, disabled_algorithms=disabled)
    try:
        transport.banner_timeout = left(until)
        _prefer(transport, known.key_types)
        transport.start_client(timeout=left(until))
    except (paramiko.SSHException, EOFError, OSError):
        transport.close()
        raise
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


def unreachable(host: str, port: int, error: Exception) -> Unreachable:
    """Answers why a key exchange ended, as an error of ours."""
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return Unreachable("transport.algorithms", host=host, port=port, **trustfile.nobody())
    reason = str(error) or type(error).__name__
    return Unreachable("transport.unreachable", host=host, port=port, reason=reason)
