"""The HTTP and HTTPS listeners of the WinRM service.

A connection is authenticated once and stays so, as with HTTP.sys. Over HTTP every message must be
sealed, because AllowUnencrypted is off; over HTTPS it needn't be.
"""

import base64
import http.server
import socket
import socketserver
import ssl
import sys
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Protocol

from onshi_lab.windows.accounts import Logon, LogonFailure
from onshi_lab.windows.wsman import soap
from onshi_lab.windows.wsman.auth import (
    CHALLENGES,
    KERBEROS_ENCRYPTED,
    SPNEGO_ENCRYPTED,
    AuthenticationError,
    Claim,
    Negotiation,
    SealError,
    claim_of,
    content_type,
    token_of,
)
from onshi_lab.windows.wsman.service import Caller, Service

SOAP_TYPE = "application/soap+xml;charset=UTF-8"
MAX_BODY = 8 * 1024 * 1024
HANDSHAKE_TIMEOUT = 120.0
"""Seconds that HTTP.sys keeps an idle connection."""


class Gate(Protocol):
    """What the listeners ask of the PC's security."""

    def prepare(self, claim: Claim) -> None:
        """Called before a claim is checked; raises LogonFailure if no password could help."""

    def admit(self, claim: Claim, address: str) -> Logon:
        """The logon session of a proved claim."""

    def refuse(self, claim: Claim | None, address: str, status: int) -> None:
        """Notes a refused claim."""

    def clock(self) -> float:
        """The PC's own time, in seconds since the epoch."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "Listener"
    timeout = HANDSHAKE_TIMEOUT
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        """Shakes hands where the listener is HTTPS."""
        self.negotiation: Negotiation | None = None
        self.logon: Logon | None = None
        self.final: bytes | None = None
        if self.server.tls is not None:
            self.request.settimeout(HANDSHAKE_TIMEOUT)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def version_string(self) -> str:
        """The Server header of HTTP.sys."""
        return "Microsoft-HTTPAPI/2.0"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header: the PC's clock, not the lab's."""
        return formatdate(self.server.gate.clock() if timestamp is None else timestamp, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the event log has what matters."""

    def do_POST(self) -> None:
        """Takes one message."""
        body = self._body()
        if body is None:
            return
        if self.path.rstrip("/").lower() not in ("/wsman", "/wsman-anon/identify"):
            self._reply(HTTPStatus.NOT_FOUND)
        elif self.path.lower().startswith("/wsman-anon") or "WSMANIDENTIFY" in self.headers:
            self._identify(body)
        elif self._authenticate():
            self._answer(body)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        return self.rfile.read(int(length))

    def _identify(self, body: bytes) -> None:
        """Identify needs no authentication with the WSMANIDENTIFY header (DSP0226 11)."""
        if self.headers.get("WSMANIDENTIFY", "unauthenticated") != "unauthenticated":
            if self._authenticate():
                self._answer(body)
            return
        try:
            identify = soap.parse(body).action == soap.IDENTIFY_ACTION
        except soap.SoapFault:
            identify = False
        if not identify:
            self._unauthorized()
            return
        self._reply(HTTPStatus.OK, soap.identify_response("0.0.0"), SOAP_TYPE)

    def _authenticate(self) -> bool:
        """Whether the connection's caller is known; otherwise has replied already."""
        authorization = self.headers.get("Authorization")
        if authorization is None:
            if self.logon is None:
                self._unauthorized()
            return self.logon is not None
        claim: Claim | None = None
        try:
            token = token_of(authorization)
            claim = claim_of(token)
            if claim is not None:
                self.server.gate.prepare(claim)
            return self._step(token, claim)
        except AuthenticationError:
            self.server.gate.refuse(claim, self.client_address[0], LogonFailure.WRONG_PASSWORD)
        except LogonFailure as failure:
            self.server.gate.refuse(claim, self.client_address[0], failure.status)
        self._forget()
        self._unauthorized()
        return False

    def _step(self, token: bytes, claim: Claim | None) -> bool:
        if self.negotiation is None or self.negotiation.complete:
            self._forget()
            self.negotiation = Negotiation()
        answer = self.negotiation.step(token)
        if not self.negotiation.complete:
            self._unauthorized(answer)
            return False
        if claim is None:
            raise AuthenticationError("no claim")
        self.logon = self.server.gate.admit(claim, self.client_address[0])
        self.final = answer
        return True

    def _forget(self) -> None:
        self.negotiation, self.logon = None, None

    def _unauthorized(self, token: bytes | None = None) -> None:
        headers = [("WWW-Authenticate", challenge) for challenge in CHALLENGES]
        if token is not None:
            headers = [("WWW-Authenticate", "Negotiate " + base64.b64encode(token).decode())]
        self._reply(HTTPStatus.UNAUTHORIZED, headers=headers)

    def _answer(self, body: bytes) -> None:
        """Answers the message of a known caller."""
        logon, negotiation = self.logon, self.negotiation
        if logon is None or negotiation is None:
            self._unauthorized()
            return
        protocol = self._sealed_with()
        if not body:
            self._reply(HTTPStatus.OK)
            return
        if protocol is None and self.server.tls is None:
            self._reply(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        try:
            plain = body if protocol is None else negotiation.unseal(body, protocol)
        except SealError:
            self._reply(HTTPStatus.BAD_REQUEST)
            return
        caller = Caller(logon, self.client_address[0])
        status, answer = self.server.service.handle(plain, caller)
        if protocol is None:
            self._reply(HTTPStatus(status), answer, SOAP_TYPE)
        else:
            sealed = negotiation.seal(answer, protocol)
            self._reply(HTTPStatus(status), sealed, content_type(protocol))

    def _sealed_with(self) -> str | None:
        kind = self.headers.get("Content-Type", "")
        if not kind.lower().startswith("multipart/encrypted"):
            return None
        return KERBEROS_ENCRYPTED if KERBEROS_ENCRYPTED in kind else SPNEGO_ENCRYPTED

    def _reply(
        self,
        status: HTTPStatus,
        body: bytes = b"",
        kind: str = "",
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in [*(headers or []), *self._final_token()]:
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _final_token(self) -> list[tuple[str, str]]:
        """The token that ends a SPNEGO exchange goes with the first real answer (RFC 4559 5)."""
        token, self.final = self.final, None
        if token is None:
            return []
        return [("WWW-Authenticate", "Negotiate " + base64.b64encode(token).decode())]

    def do_GET(self) -> None:
        """WS-Management has no GET."""
        self._reply(HTTPStatus.METHOD_NOT_ALLOWED)


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One listening socket."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        service: Service,
        gate: Gate,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.service = service
        self.gate = gate
        self.tls = tls
        self._open: set[socket.socket] = set()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Binds both families where the address is the IPv6 wildcard."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, so that a stopped service can cut it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """Breaks every open connection."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the peer was quicker

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is no event; anything else is a fault of the mock and is shown."""
        if not isinstance(sys.exception(), (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)
