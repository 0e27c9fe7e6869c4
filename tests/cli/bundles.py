"""Certificates as they are handed out: PEM, PEM with a closed key, PKCS#12."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

KEY = ec.generate_private_key(ec.SECP256R1())


@cache
def certificate(name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1))  # noqa: DTZ001 naive is UTC there
        .not_valid_after(datetime(2036, 1, 1))  # noqa: DTZ001
        .sign(KEY, hashes.SHA256())
    )


def pem_key(passphrase: str = "", form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    cipher = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return KEY.private_bytes(Encoding.PEM, form, cipher).decode()


def pem(passphrase: str = "", form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    """The key, the client's certificate and an authority's."""
    certificates = (certificate(name) for name in ("client", "authority"))
    blocks = [one.public_bytes(Encoding.PEM).decode() for one in certificates]
    return "".join([pem_key(passphrase, form), *blocks])


def pkcs12(passphrase: str = "", *, key: bool = True) -> bytes:
    return serialize_key_and_certificates(
        b"name",
        KEY if key else None,
        certificate("client"),
        [certificate("authority")],
        BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption(),
    )


def named(value: object) -> str | None:
    """Answers a test's id for what is another at each start, so that all workers agree."""
    given = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    is_bundle = isinstance(given, bytes) and (b"BEGIN " in given or given[:1] == b"\x30")
    return "bundle" if is_bundle else None
