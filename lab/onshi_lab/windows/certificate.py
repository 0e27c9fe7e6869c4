"""Certificates that a PC makes for itself: the WinRM HTTPS listener's, and client certificates."""

import datetime
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from onshi_lab.windows.names import dns_name

YEAR = datetime.timedelta(days=365)


def self_signed(name: str) -> bytes:
    """A key and a certificate for a computer name, PEM, as New-SelfSignedCertificate makes them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=10))
        .not_valid_after(now + YEAR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(dns_name(name))]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def server_context(path: Path, name: str) -> ssl.SSLContext:
    """The TLS settings of the HTTPS listener; makes the certificate file where it is absent."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(self_signed(name))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path)
    return context


def install_client(state: Path, source: Path | None) -> None:
    r"""Puts a certificate with its key into LocalMachine\My, in place of the one put there before.

    None: takes that one away.
    """
    _install(state / "certificates" / "LocalMachine-My" / "client.pem", source)


def install_authority(state: Path, source: Path | None) -> None:
    r"""Puts an authority into LocalMachine\Root, where Windows keeps those that it trusts."""
    _install(state / "certificates" / "LocalMachine-Root" / "authority.pem", source)


def _install(installed: Path, source: Path | None) -> None:
    if source is None:
        installed.unlink(missing_ok=True)
        return
    installed.parent.mkdir(parents=True, exist_ok=True)
    installed.touch(mode=0o600)
    installed.write_bytes(source.read_bytes())
