"""A certificate for a peer that speaks TLS, with any names in it."""

from __future__ import annotations

import datetime
import hashlib
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(name: str = "peer", *, more: int = 0) -> bytes:
    """A self-signed certificate in DER; `more` bytes of it are of no use."""
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64] or "-")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    made = made.public_key(KEY.public_key()).serial_number(1).not_valid_before(now)
    made = made.not_valid_after(now + datetime.timedelta(days=3650))
    if more:
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")
        made = made.add_extension(x509.UnrecognizedExtension(oid, bytes(more)), critical=False)
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def server_context(folder: Path, der: bytes | None = None) -> tuple[ssl.SSLContext, bytes]:
    """The context of a server with a certificate, and the certificate."""
    der = certificate() if der is None else der
    file = folder / "peer.pem"
    private = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_text(ssl.DER_cert_to_PEM_cert(der) + private.decode("ascii"), encoding="ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, der


def sha256_of(der: bytes) -> str:
    """Its fingerprint in hex."""
    return hashlib.sha256(der).hexdigest()
