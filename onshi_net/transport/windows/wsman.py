"""`Link`: pywinrm's `Protocol` used as a real site needs it.

What differs from pywinrm's own `Session`, and why (docs/sources.md, WinRM reachability and
Japanese text):
- the full URL is ours, so IPv6 stays as it is;
- the shell has code page 65001, since 437 turns Japanese into `?` before it is sent;
- one shell serves all scripts, and standard input carries them;
- every wait ends: `Protocol.get_command_output` would ask again for ever;
- NTLM only. Over HTTP messages are sealed always; over HTTPS the certificate is a pinned one.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

import requests
import xmltodict
from winrm.exceptions import (
    AuthenticationError,
    WinRMOperationTimeoutError,
    WSManFaultError,
)
from winrm.protocol import Protocol
from winrm.transport import Transport

from onshi_net.errors import DeviceError, LoginRefused, OnshiError
from onshi_net.intent.windows import Access
from onshi_net.inventory.secrets import Secret
from onshi_net.transport import bounds
from onshi_net.transport.windows.endpoint import Endpoint
from onshi_net.transport.windows.errors import NotReady, ScriptTimeout, WindowsLost
from onshi_net.transport.windows.guarded import GuardedAdapter
from onshi_net.transport.windows.nonsense import opening_failed

log = logging.getLogger(__name__)
READ_S = 20
"""Silence on the connection after which it counts as lost."""
MARGIN_S = 4
"""How much sooner the PC must answer; a wait is made of several such answers."""
SHORTEST_S = 6
CODEPAGE = 65001
"""UTF-8 (Microsoft, Code Page Identifiers)."""
IDLE_S = 300
"""A shell that nobody uses for so long ends by itself ([MS-WSMV] 2.2.4.37, IdleTimeOut; 3.1.5.3).
Longer than a script may take, so that the PC ends what it has begun."""
CMD_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
NAMES = {
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
}
NO_PROXY = ""
"""Neither a proxy nor the environment's. With None, pywinrm makes requests write the variable
`no_proxy` into the environment for a moment, which fails where two threads do so at once."""
MANY = 100
"""Shells in one answer; Windows lets a user have 30 (MaxShellsPerUser)."""
MAPPED = "::ffff:"
"""Prefix of an IPv4 address on an IPv6 socket (RFC 4291, 2.5.5.2)."""
ACCESS_DENIED = 5
"""ERROR_ACCESS_DENIED, the code of the fault that a filtered token gets."""
PIPE_CLOSED = frozenset({0x800700E8, 0x8007006D})
"""ERROR_NO_DATA and ERROR_BROKEN_PIPE: nobody reads the program's standard input any more."""
SHELL_GONE = 2150858843
"""ERROR_WSMAN_INVALID_SELECTORS (0x8033805B): no shell with this id."""


def own_address(endpoint: Endpoint) -> str:
    """Answers the laptop's address towards a PC; nothing is sent."""
    family = socket.AF_INET if endpoint.address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as towards:
        scope = socket.if_nametoindex(endpoint.scope) if endpoint.scope else 0
        place = (str(endpoint.address), endpoint.real_port)
        towards.connect(place if family == socket.AF_INET else (*place, 0, scope))
        return str(towards.getsockname()[0])


class PinnedAdapter(GuardedAdapter):
    """Connects to the holder of one certificate, whoever signed it and whatever name it has."""

    def __init__(self, host: str, fingerprint: str) -> None:
        """Takes the PC's name and the certificate's SHA-256 in hex."""
        self._fingerprint = fingerprint
        super().__init__(host, tls=True)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Replaces the chain by the fingerprint, which is compared before anything is sent."""
        super().cert_verify(conn, url, verify, cert)
        conn.cert_reqs = "CERT_NONE"
        conn.ca_certs = None
        conn.assert_hostname = False
        conn.assert_fingerprint = self._fingerprint

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Asks for a pool without chain validation, which the fingerprint replaces."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        pool = {key: value for key, value in pool.items() if key not in {"ca_certs", "ca_cert_dir"}}
        pool.update(cert_reqs="CERT_NONE", assert_hostname=False)
        pool.update(assert_fingerprint=self._fingerprint)
        return host, pool


class GuardedTransport(Transport):
    """pywinrm's transport, all of whose messages pass one adapter."""

    def __init__(self, endpoint: str, *, adapter: GuardedAdapter, **options: Any) -> None:
        """Takes the adapter and pywinrm's own options."""
        super().__init__(endpoint, **options)
        self._adapter = adapter

    def _send_message_request(self, session: Any, prepared_request: Any) -> Any:
        """Sends a message, the first of a session too, by the adapter and by nothing else."""
        session.trust_env = False  # no proxy, password or authority of the laptop's environment
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._adapter)
        return super()._send_message_request(session, prepared_request)


def _adapter(host: str, fingerprint: str | None) -> GuardedAdapter:
    if fingerprint is None:
        return GuardedAdapter(host, tls=False)
    return PinnedAdapter(host, fingerprint)


def _said(shell: ElementTree.Element, field: str) -> str:
    return shell.findtext(f"rsp:{field}", "", NAMES)


class Link:
    """A connection and a shell on one PC."""

    def __init__(
        self,
        endpoint: Endpoint,
        access: Access,
        password: Secret,
        fingerprint: str | None,
        *,
        silence_s: float = READ_S,
    ) -> None:
        """Takes the certificate's fingerprint for HTTPS; nothing is sent yet.

        `silence_s`: seconds without a word from the PC after which the connection counts as lost.
        """
        read_s = max(SHORTEST_S, min(READ_S, int(silence_s)))
        self.url = endpoint.url
        self.shell = ""
        self._is_lost = False
        """The PC fell silent: it is not asked again, as each question would wait as long."""
        self._access = access
        self._host = access.host
        self._endpoint = endpoint
        self._port = endpoint.real_port
        common: dict[str, Any] = {
            "username": access.username,
            "password": password.reveal(),
            "message_encryption": "auto" if endpoint.tls else "always",
            "ca_trust_path": "",
            "proxy": NO_PROXY,
            "read_timeout_sec": read_s,
            "server_cert_validation": "validate",
        }
        self._protocol = Protocol(
            endpoint.url, transport="ntlm", operation_timeout_sec=read_s - MARGIN_S, **common
        )
        self._protocol.transport = GuardedTransport(
            endpoint.url, adapter=_adapter(self._host, fingerprint), auth_method="ntlm", **common
        )

    def open(self) -> None:
        """Logs in and opens the shell.

        Raises Unreachable, Nonsense for what is no WinRM, LoginRefused or DeviceError.
        """
        with self._errors(opening=True):
            self.shell = self._protocol.open_shell(
                codepage=CODEPAGE, noprofile=True, idle_timeout=f"PT{IDLE_S}S"
            )

    def execute(
        self,
        program: str,
        arguments: Sequence[str],
        chunks: Sequence[bytes],
        name: str,
        until: float,
    ) -> tuple[bytes, bytes]:
        """Runs a program with standard input and answers its output and error output.

        Raises ScriptTimeout when it doesn't end in time (it is then ended) and WindowsLost.
        """
        with self._errors(opening=False):
            with self._noticing_loss():
                command = self._protocol.run_command(
                    self.shell, program, arguments, console_mode_stdin=False
                )
            try:
                with self._noticing_loss():
                    self._send(command, chunks)
                    found = self._received(command, until)
            finally:
                self._end(command)
        if found is None:
            raise ScriptTimeout("winrm.script-timeout", host=self._host, script=name)
        return found

    @contextlib.contextmanager
    def _noticing_loss(self) -> Iterator[None]:
        try:
            yield
        except requests.RequestException:
            self._is_lost = True
            raise

    def _send(self, command: str, chunks: Sequence[bytes]) -> None:
        """Sends standard input; a program that ended before it was read tells why in its output."""
        try:
            for index, chunk in enumerate(chunks):
                last = index == len(chunks) - 1
                self._protocol.send_command_input(self.shell, command, chunk, end=last)
        except WSManFaultError as fault:
            if fault.wsman_fault_code not in PIPE_CLOSED:
                raise

    def _received(self, command: str, until: float) -> tuple[bytes, bytes] | None:
        out, error, size = [], [], 0
        while time.monotonic() < until:
            try:
                stdout, stderr, _code, done = self._protocol.get_command_output_raw(
                    self.shell, command
                )
            except WinRMOperationTimeoutError:
                continue
            out.append(stdout)
            error.append(stderr)
            size += len(stdout) + len(stderr)
            if size > bounds.SCRIPT_BYTES:
                limit = f"{bounds.SCRIPT_BYTES >> 20} MiB"
                raise WindowsLost("transport.too-much", host=self._host, limit=limit)
            if done:
                return b"".join(out), b"".join(error)
        return None

    def _end(self, command: str) -> None:
        """Ends the command; the shell's idle time ends it where the PC doesn't hear."""
        if self._is_lost:
            return
        with contextlib.suppress(OnshiError), self._errors(opening=False):
            self._protocol.cleanup_command(self.shell, command)

    def remove(self, shell: str) -> None:
        """Closes another shell, which may be gone already. Raises WindowsLost."""
        if self._is_lost:
            raise WindowsLost("winrm.lost", host=self._host)
        with self._errors(opening=False):
            try:
                self._protocol.close_shell(shell, close_session=False)
            except WSManFaultError:
                return

    def shells(self) -> tuple[str, ...]:
        """Lists the open shells that this user opened from this laptop.

        Raises WindowsLost. Source: [MS-WSMV] 3.1.4.8.2 (enumeration of shells), 2.2.4.37 (Shell).
        """
        with self._errors(opening=False):
            begun = self._ask("Enumerate", {"n:Enumerate": None})
            context = begun.findtext(".//n:EnumerationContext", "", NAMES)
            pull = {"n:Pull": {"n:EnumerationContext": context, "n:MaxElements": str(MANY)}}
            found = self._ask("Pull", pull).iterfind(".//rsp:Shell", NAMES)
            return tuple(self._own(found))

    def _ask(self, action: str, body: dict[str, Any]) -> ElementTree.Element:
        envelope = self._protocol.build_wsman_header(f"{NAMES['n']}/{action}", CMD_SHELL)
        envelope["env:Body"] = body
        answer = self._protocol.send_message(xmltodict.unparse({"env:Envelope": envelope}))
        return ElementTree.fromstring(answer)  # noqa: S314 - of a PC that has proved its password

    def _own(self, found: Iterable[ElementTree.Element]) -> Iterator[str]:
        """Gives the shells of the user to whom our own shell belongs.

        What the PC calls that user may be another name than the one of the login: a Microsoft
        account's user, or a domain's.
        """
        here = own_address(self._endpoint)
        shells = list(found)
        owners = {_said(shell, "ShellId"): _said(shell, "Owner").lower() for shell in shells}
        me = owners.get(self.shell)
        for shell in shells:
            mine = me is not None and _said(shell, "Owner").lower() == me
            if mine and shell.findtext("rsp:ClientIP", "", NAMES).removeprefix(MAPPED) == here:
                yield shell.findtext("rsp:ShellId", "", NAMES)

    def close(self) -> None:
        """Closes the shell. Raises WindowsLost."""
        if self.shell:
            self.remove(self.shell)

    def drop(self) -> None:
        """Closes the connection."""
        self._protocol.transport.close_session()

    @contextlib.contextmanager
    def _errors(self, *, opening: bool) -> Iterator[None]:
        """Turns pywinrm's and requests' errors into ours; none of them holds a password."""
        try:
            yield
        except AuthenticationError:
            if not opening:
                raise WindowsLost("winrm.lost", host=self._host) from None
            user = self._access.username
            raise LoginRefused("winrm.login-refused", host=self._host, user=user) from None
        except WSManFaultError as fault:
            raise self._fault(fault.wsman_fault_code, opening) from None
        except OnshiError:
            raise
        except Exception as error:  # noqa: BLE001
            # pywinrm, requests_ntlm, spnego and their parsers raise anything, StopIteration and
            # AssertionError too, when an answer isn't what they expect
            raise self._broken(error, opening) from None

    def _broken(self, error: Exception, opening: bool) -> DeviceError:
        log.debug("%s: %s: %s", self._host, type(error).__name__, error)
        if opening:
            return opening_failed(error, self._host, self._port)
        return WindowsLost("winrm.lost", host=self._host)

    def _fault(self, code: int | None, opening: bool) -> DeviceError:
        if code == ACCESS_DENIED and opening:
            known = {"user": self._access.username, "site": self._access.site}
            return NotReady(["token-filter"], host=self._host, **known)
        if code == SHELL_GONE and not opening:
            return WindowsLost("winrm.lost", host=self._host)
        return DeviceError("winrm.fault", host=self._host, code=code or 0)
