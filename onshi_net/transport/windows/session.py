"""A Windows session: what provisioning and evidence may ask of a PC, and how one is opened."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from onshi_net.errors import LoginRefused, OnshiError, Unreachable
from onshi_net.i18n import text
from onshi_net.intent import SiteIntent
from onshi_net.intent.windows import Access, WindowsIntent
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.pcs.powershell import Script
from onshi_net.transport.windows import envelope, pins, shells
from onshi_net.transport.windows.diagnosis import Port, refusal, try_port
from onshi_net.transport.windows.endpoint import Endpoint, Files, refuse_unsafe
from onshi_net.transport.windows.errors import Downgrade, NotReady
from onshi_net.transport.windows.legs import Leg, require_leg, segment_of

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
    tidy: bool = False,
) -> WinrmSession:
    """Opens a session: NTLM with sealed messages over HTTP, or HTTPS with a pinned certificate.

    `legs` are the laptop's addresses, for a diagnosis that names the cause. `tidy` closes the
    shells of killed runs first, and so ends what the PC still carries out for them: that is for who
    then does the rest. Raises InputError for an unsafe setting or a file of certificates that can't
    be read whole, HostUnknown, HostKeyChanged, Unreachable, Downgrade, or NotReady with causes and
    remedies. The password is tried once, so that no account gets locked by
    the tool.
    """
    refuse_unsafe(settings or {})
    password = secrets.resolve(access.secret)
    endpoint = endpoint or Endpoint.of(access)
    if endpoint.tls:
        pins.recorded(files.pins, endpoint)
    port = try_port(endpoint)
    if port is not Port.OPEN:
        gone = Unreachable(
            "winrm.unreachable",
            host=access.host,
            port=endpoint.real_port,
            reason=text(f"probe.{port.value}"),
        )
        raise refusal(gone, access, endpoint, legs)
    logging.getLogger("spnego").setLevel(logging.WARNING)  # its debug log holds NTLM responses
    from onshi_net.transport.windows.wsman import Link

    fingerprint = None
    if endpoint.tls:
        known = {"site": access.site, "host": access.host}
        fingerprint = pins.trusted(files.pins, endpoint, deadline_s, **known)
    link = Link(endpoint, access, password, fingerprint, silence_s=deadline_s)
    left = shells.left_open(files.shells, link.url) if tidy else ()
    try:
        _open_shell(link, files.shells)
    except NotReady:
        raise
    except (LoginRefused, Unreachable) as error:
        raise refusal(error, access, endpoint, legs) from None
    session = WinrmSession(access.host, link, files)
    with contextlib.ExitStack() as undo:
        undo.callback(session.close)
        _sweep(link, files.shells, left)
        undo.pop_all()
    return session


def open_pc(
    site: SiteIntent,
    secrets: Secrets,
    folder: Path,
    legs: Sequence[Leg],
    intent: WindowsIntent,
    *,
    deadline_s: float = 30.0,
    tidy: bool = False,
) -> WinrmSession:
    """Opens a session to a site's PC; `folder` keeps pinned certificates and open shells.

    `tidy` as in `open_windows`. Raises NoLeg, saying which cable to move, and the errors of
    `open_windows`.
    """
    host = intent.access.host
    require_leg(legs, segment_of(site, host), host)
    files = Files.under(folder)
    return open_windows(intent.access, secrets, files, legs=legs, deadline_s=deadline_s, tidy=tidy)


def _open_shell(link: Link, file: Path) -> None:
    """Opens the shell and notes it; where the answer is lost, the PC may have one all the same."""
    shells.opening(file, link.url)
    with contextlib.ExitStack() as undo:
        undo.callback(link.drop)
        note = shells.maybe_opened
        try:
            link.open()
            undo.pop_all()
        except (LoginRefused, Downgrade):
            note = shells.not_opened
            raise
        finally:
            if not link.shell:
                note(file, link.url)
    shells.opened(file, link.url, link.shell)


def _sweep(link: Link, file: Path, left: Sequence[str]) -> None:
    """Closes the shells that killed runs left open on the PC."""
    gone = {shell for shell in left if not shell.startswith(shells.UNKNOWN)}
    if len(gone) < len(left):
        # A run was killed before it knew its shell's id: it is one that nobody here knows.
        known = set(shells.known(file, link.url)) - set(left)
        if not any(shell.startswith(shells.UNKNOWN) for shell in known):
            gone |= {shell for shell in link.shells() if shell not in known}
    for shell in gone:
        link.remove(shell)
    for shell in left:
        shells.closed(file, link.url, shell)
