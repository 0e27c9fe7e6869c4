"""HTTP authentication of the WinRM service: Negotiate with NTLM, and sealed messages.

Windows' default service configuration: Kerberos and Negotiate on, Basic and Certificate off,
AllowUnencrypted off, CbtHardeningLevel Relaxed (learn.microsoft.com, "Installation and
configuration for Windows Remote Management"). Message encryption: [MS-WSMV] 2.2.9.1.
"""

import base64
import binascii
import struct
from dataclasses import dataclass

import spnego
from spnego.exceptions import SpnegoError

SPNEGO_ENCRYPTED = "application/HTTP-SPNEGO-session-encrypted"
KERBEROS_ENCRYPTED = "application/HTTP-Kerberos-session-encrypted"
BOUNDARY = b"Encrypted Boundary"
CHALLENGES = ("Negotiate", "Kerberos")
"""WWW-Authenticate headers of a WinRM service with the default configuration."""


class AuthenticationError(Exception):
    """The token was refused; the client gets 401 and no reason, as from Windows."""


class SealError(Exception):
    """A sealed message that can't be opened."""


def token_of(authorization: str) -> bytes:
    """The token of an Authorization header; raises AuthenticationError for other schemes."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() not in ("negotiate", "ntlm"):
        raise AuthenticationError(scheme)
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise AuthenticationError("token") from error


@dataclass(frozen=True, slots=True)
class Claim:
    """What an NTLM AUTHENTICATE message says ([MS-NLMP] 2.2.1.3)."""

    domain: str
    user: str
    workstation: str


def claim_of(token: bytes) -> Claim | None:
    """The claim in a token that is or carries an AUTHENTICATE message, else None."""
    start = token.find(b"NTLMSSP\x00\x03\x00\x00\x00")
    if start < 0:
        return None
    message = token[start:]
    encoding = "utf-16-le" if struct.unpack_from("<I", message, 60)[0] & 1 else "cp932"

    def text(offset: int) -> str:
        length, _, position = struct.unpack_from("<HHI", message, offset)
        return message[position : position + length].decode(encoding, "replace")

    return Claim(text(28), text(36), text(44))


class Negotiation:
    """One connection's security context."""

    def __init__(self) -> None:
        self._context = spnego.server(
            protocol="negotiate", options=spnego.NegotiateOptions.use_negotiate
        )

    @property
    def complete(self) -> bool:
        """Whether the client has proved who it is."""
        return self._context.complete

    def step(self, token: bytes) -> bytes | None:
        """Takes the client's token, answers ours; raises AuthenticationError."""
        try:
            return self._context.step(token)
        except (SpnegoError, ValueError, struct.error) as error:
            raise AuthenticationError(type(error).__name__) from error

    def unseal(self, body: bytes, protocol: str) -> bytes:
        """The plain message of a multipart/encrypted body; raises SealError."""
        head, found, payload = body.partition(b"Content-Type: application/octet-stream\r\n")
        end = b"--" + BOUNDARY + b"--\r\n"
        if not found or not payload.endswith(end) or protocol.encode() not in head:
            raise SealError("not a multipart/encrypted body")
        payload = payload.removesuffix(end)
        (length,) = struct.unpack_from("<i", payload)
        signature, sealed = payload[4 : 4 + length], payload[4 + length :]
        try:
            plain = self._context.unwrap_winrm(signature, sealed)
        except SpnegoError as error:
            raise SealError(type(error).__name__) from error
        if f"Length={len(plain)}".encode() not in head:
            raise SealError("OriginalContent length")
        return plain

    def seal(self, plain: bytes, protocol: str) -> bytes:
        """A multipart/encrypted body that carries a message."""
        sealed = self._context.wrap_winrm(plain)
        length = len(plain) + sealed.padding_length
        lines = (
            b"--" + BOUNDARY,
            b"\tContent-Type: " + protocol.encode(),
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d" % length,
            b"--" + BOUNDARY,
            b"\tContent-Type: application/octet-stream",
            b"",
        )
        header = struct.pack("<i", len(sealed.header)) + sealed.header
        return b"\r\n".join(lines) + header + sealed.data + b"--" + BOUNDARY + b"--\r\n"


def content_type(protocol: str) -> str:
    """The Content-Type header of a sealed body."""
    return f'multipart/encrypted;protocol="{protocol}";boundary="{BOUNDARY.decode()}"'
