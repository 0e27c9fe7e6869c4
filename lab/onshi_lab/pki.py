"""The lab's certificates: who signs the servers, who signs the clients, and what they sign.

`private` things stay below the lab's state directory, which only root can read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from onshi_lab.addresses import CenterService, ServiceKind
from onshi_lab.world import terminal_file

# Client certificates of 資格確認 are valid for 3 years and 3 months (design, terminal checks).
CLIENT_VALID = timedelta(days=1186)
SERVER_VALID = timedelta(days=397)
SOON = timedelta(days=9, hours=12)


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The key as PEM, without pass phrase."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()


LONGEST_COMMON_NAME = 64
"""RFC 5280, appendix A.1, ub-common-name; the whole name is in the alternative names."""


def _name(common: str) -> x509.Name:
    short = common[:LONGEST_COMMON_NAME]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, short)])


def _builder(
    subject: str, key: ec.EllipticCurvePrivateKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + valid)
    )


def authority(name: str) -> Pair:
    """A self-signed authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, key, timedelta(days=3650))
        .issuer_name(_name(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Pair(certificate, key)


def issue(signer: Pair, name: str, purpose: x509.ObjectIdentifier, valid: timedelta) -> Pair:
    """A certificate for one name, signed by an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    certificate = (
        _builder(name, key, valid)
        .issuer_name(signer.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(signer_key, critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    return Pair(certificate, key)


def revocation_list(signer: Pair) -> bytes:
    """An empty revocation list of an authority, DER."""
    now = datetime.now(UTC)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(now - timedelta(days=1))
        .next_update(now + timedelta(days=30))
        .sign(signer.key, hashes.SHA256())
    )
    return crl.public_bytes(serialization.Encoding.DER)


def write(
    directory: Path,
    client_name: str,
    services: Iterable[CenterService],
    terminals: Iterable[str] = (),
) -> str:
    """Make everything below a directory; answers the client's PEM bundle.

    The bundle holds the client certificate, its key, and the authority of the servers. Each
    terminal has a client certificate of its own, and a second one that runs out.
    """
    servers, clients = authority("Lab server CA"), authority("Lab client CA")
    (directory / "servers").mkdir(parents=True)
    (directory / "public").mkdir()
    for service in services:
        if service.kind in (ServiceKind.HTTPS, ServiceKind.HTTPS_CLIENT):
            pair = issue(servers, service.name, ExtendedKeyUsageOID.SERVER_AUTH, SERVER_VALID)
            _write(directory / "servers" / f"{service.name}.pem", pair.certificate_pem)
            _write(directory / "servers" / f"{service.name}.key", pair.key_pem)
    _write(directory / "server-ca.pem", servers.certificate_pem)
    _write(directory / "client-ca.pem", clients.certificate_pem)
    _write(directory / "other-client-ca.pem", authority("Another client CA").certificate_pem)
    (directory / "public" / "client.crl").write_bytes(revocation_list(clients))
    (directory / "terminals").mkdir()
    for name in terminals:
        for soon, valid in ((False, CLIENT_VALID), (True, SOON)):
            own = issue(clients, f"{name}.{client_name}", ExtendedKeyUsageOID.CLIENT_AUTH, valid)
            file = terminal_file(directory, name, soon=soon)
            _write(file, own.certificate_pem + own.key_pem)
    client = issue(clients, client_name, ExtendedKeyUsageOID.CLIENT_AUTH, CLIENT_VALID)
    return client.certificate_pem + client.key_pem + servers.certificate_pem


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")
    path.chmod(0o600)
