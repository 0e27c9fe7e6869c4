"""A secret from a file's bytes: text as it is, a certificate bundle as the TLS checks take it.

The checks take PEM: the client's key, without a passphrase of its own, its certificate, then the
authorities' (`probe.ask_socket.tls_context`). A certificate is handed out as PKCS#12 (RFC 7292) as
a rule, or as PEM whose key has a passphrase (RFC 7468, RFC 1421 4.6); both are converted here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12KeyAndCertificates,
    PKCS12PrivateKeyTypes,
    load_pkcs12,
)

from onshi_net.errors import SecretRefused
from onshi_net.inventory.secrets import Secret, is_text

MAX_BYTES = 1_000_000
AskPassphrase = Callable[[], Secret]
_PKCS7 = bytes.fromhex("2a864886f70d0107")
"""The object identifier 1.2.840.113549.1.7, with which a PKCS#12 file's content begins."""
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_KEY = re.compile(
    r"-----BEGIN ((?:ENCRYPTED |RSA |EC |DSA )?PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL
)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many keys and certificates a value holds; both 0 for a password."""

    keys: int
    certificates: int


def counted(value: str) -> Counted:
    """Counts what a bundle holds."""
    return Counted(len(_KEY.findall(value)), len(_CERTIFICATE.findall(value)))


def value_of(reference: str, data: bytes, ask: AskPassphrase) -> Secret:
    """Answers the secret that a file's or a pipe's bytes are; `ask` gives a bundle's passphrase.

    One line loses its line end, which the file has and the password has not; several lines stay as
    they are, and a byte order mark goes. Raises SecretRefused for what is empty, too long, no text,
    a bundle that is cut off, or one that its passphrase doesn't open.
    """
    if len(data) > MAX_BYTES:
        raise SecretRefused("errors.secret-too-long", reference=reference, limit=MAX_BYTES)
    if _is_pkcs12(data):
        return Secret(_from_pkcs12(reference, data, ask))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SecretRefused("errors.secret-surrogate", reference=reference) from None
    value = _one_line(text)
    if not value:
        raise SecretRefused("errors.secret-empty", reference=reference)
    return Secret(_usable_pem(reference, value, ask))


def _one_line(text: str) -> str:
    body = text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")
    return text if "\n" in body else body


def _is_pkcs12(data: bytes) -> bool:
    return data.startswith(b"\x30") and b"\x02\x01\x03" in data[:12] and _PKCS7 in data[:64]


def _from_pkcs12(reference: str, data: bytes, ask: AskPassphrase) -> str:
    found = _opened_pkcs12(reference, data, ask)
    if found.key is None or found.cert is None:
        raise SecretRefused("errors.bundle-no-key", reference=reference)
    certificates = [found.cert, *found.additional_certs]
    pem = [one.certificate.public_bytes(Encoding.PEM).decode("ascii") for one in certificates]
    return "".join([_pem_of(found.key), *pem])


def _opened_pkcs12(reference: str, data: bytes, ask: AskPassphrase) -> PKCS12KeyAndCertificates:
    """Opens it without a passphrase where it has none, else with the one that is asked for."""
    tried: tuple[Callable[[], bytes | None], ...] = (
        lambda: None,
        lambda: b"",
        lambda: _passphrase(ask),
    )
    for passphrase in tried:
        try:
            return load_pkcs12(data, passphrase())
        except ValueError:
            continue
        except UnsupportedAlgorithm:
            raise SecretRefused("errors.bundle-old-cipher", reference=reference) from None
    raise SecretRefused("errors.bundle-closed", reference=reference)


def _passphrase(ask: AskPassphrase) -> bytes:
    asked = ask().reveal()
    if not is_text(asked):
        raise SecretRefused("errors.passphrase-not-text")
    return asked.encode()


def _pem_of(key: PrivateKeyTypes | PKCS12PrivateKeyTypes) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def _usable_pem(reference: str, text: str, ask: AskPassphrase) -> str:
    """Answers a text as it is, or a bundle whose key has lost its own passphrase."""
    for label in _BEGIN.findall(text):
        if text.count(f"-----BEGIN {label}-----") > text.count(f"-----END {label}-----"):
            raise SecretRefused("errors.bundle-cut", reference=reference)
    closed = [one[0] for one in _KEY.finditer(text) if _is_closed(one[0])]
    if not closed:
        return text
    passphrase = _passphrase(ask)
    for block in closed:
        text = text.replace(block, _opened_key(reference, block, passphrase))
    return text


def _is_closed(block: str) -> bool:
    return "BEGIN ENCRYPTED" in block or "Proc-Type: 4,ENCRYPTED" in block


def _opened_key(reference: str, block: str, passphrase: bytes) -> str:
    try:
        key = load_pem_private_key(block.encode(), passphrase)
    except (ValueError, TypeError):
        raise SecretRefused("errors.bundle-closed", reference=reference) from None
    except UnsupportedAlgorithm:
        raise SecretRefused("errors.bundle-old-cipher", reference=reference) from None
    return _pem_of(key).rstrip("\n")
