"""A Windows session: what provisioning and evidence may ask of a PC, and how one is opened."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from onshi_net.errors import LoginRefused, OnshiError, Unreachable
from onshi_net.intent.windows import Access
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.render.powershell import Script
from onshi_net.transport.windows import envelope, pins, shells
from onshi_net.transport.windows.diagnosis import Port, refusal, try_port
from onshi_net.transport.windows.endpoint import Endpoint, Files, refuse_unsafe
from onshi_net.transport.windows.errors import NotReady
from onshi_net.transport.windows.legs import Leg

if TYPE_CHECKING:
    from onshi_net.transport.windows.wsman import Link

CHUNK = 48 * 1024
"""Bytes of standard input a message: encoded twice it stays below the 150 kB envelope that
pywinrm announces."""


class WindowsSession(Protocol):
    """A session on one PC as a local administrator."""

    @property
    def host(self) -> str:
        """The PC's name, for messages."""

    def run(
        self, script: Script, *, secrets: Sequence[Secret] = (), deadline_s: float = 60.0
    ) -> dict[str, Any]:
        """Answers what the script gives back; it finds the secrets in `$OnshiSecrets`.

        Raises ScriptFailed, ScriptTimeout or WindowsLost.
        """

    def close(self) -> None:
        """Closes the shell and the connection; a PC that is gone is no error."""


class WinrmSession:
    """The `WindowsSession` over WinRM: one shell, one connection, one script at a time."""

    def __init__(self, host: str, link: Link, files: Files) -> None:
        """Takes an open link."""
        self.host = host
        self._link = link
        self._files = files
        self._lock = threading.Lock()

    def run(
        self, script: Script, *, secrets: Sequence[Secret] = (), deadline_s: float = 60.0
    ) -> dict[str, Any]:
        """Runs a script and answers its answer.

        Raises ScriptFailed, ScriptTimeout or WindowsLost.
        """
        program, arguments = envelope.command_line()
        given = envelope.standard_input(script, secrets)
        with self._lock:
            stdout, stderr = self._link.execute(
                program, arguments, _chunks(given), script.name, time.monotonic() + deadline_s
            )
        return envelope.answer(script, secrets, stdout, stderr, self.host)

    def close(self) -> None:
        """Closes the shell and the connection; a PC that is gone is no error."""
        note = shells.closed
        try:
            self._link.close()
        except OnshiError:
            note = shells.abandoned
        note(self._files.shells, self._link.url, self._link.shell)
        self._link.drop()


def _chunks(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[start : start + CHUNK] for start in range(0, len(data), CHUNK))


def open_windows(
    access: Access,
    secrets: Secrets,
    files: Files,
    *,
    endpoint: Endpoint | None = None,
    legs: Sequence[Leg] = (),
    deadline_s: float = 30.0,
    settings: Mapping[str, Any] | None = None,
) -> WinrmSession:
    """Opens a session: NTLM with sealed messages over HTTP, or HTTPS with a pinned certificate.

    `legs` are the laptop's addresses, for a diagnosis that names the cause. Raises InputError
    for an unsafe setting, HostKeyChanged, Unreachable, or NotReady with causes and remedies. The
    password is tried once, so that no account gets locked by the tool.
    """
    refuse_unsafe(settings or {})
    password = secrets.resolve(access.secret)
    endpoint = endpoint or Endpoint(access.address)
    port = try_port(endpoint)
    if port is not Port.OPEN:
        gone = Unreachable(
            "winrm.unreachable", host=access.host, port=endpoint.real_port, reason=port.value
        )
        raise refusal(gone, access, endpoint, legs)
    logging.getLogger("spnego").setLevel(logging.WARNING)  # its debug log holds NTLM responses
    from onshi_net.transport.windows.wsman import Link

    fingerprint = pins.trusted(files.pins, endpoint, deadline_s) if endpoint.tls else None
    link = Link(
        endpoint,
        access.username,
        password,
        fingerprint,
        host=access.host,
        silence_s=deadline_s,
    )
    try:
        link.open()
    except (LoginRefused, Unreachable) as error:
        link.drop()
        if isinstance(error, NotReady):
            raise
        raise refusal(error, access, endpoint, legs) from None
    except BaseException:
        link.drop()
        raise
    shells.opened(files.shells, link.url, link.shell)
    for shell in shells.left_open(files.shells, link.url):
        link.remove(shell)
        shells.closed(files.shells, link.url, shell)
    return WinrmSession(access.host, link, files)
