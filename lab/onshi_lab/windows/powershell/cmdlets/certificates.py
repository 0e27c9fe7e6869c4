"""The Certificate drive: PEM files of the PC's stores as X509Certificate2 objects.

Store files lie in the state directory: certificates/LocalMachine-My/*.pem and
CurrentUser-<SID>-My/*.pem.
"""

import re
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from onshi_lab.windows.clock import JAPAN
from onshi_lab.windows.powershell.cmdlet import Call
from onshi_lab.windows.powershell.values import PSObject

PROVIDER = "Microsoft.PowerShell.Security\\Certificate"


def _folder(call: Call, location: str, store: str) -> Path:
    base = call.pc.config.state / "certificates"
    owner = (
        "LocalMachine"
        if location.lower() == "localmachine"
        else f"CurrentUser-{call.session.process.logon.sid}"
    )
    return base / f"{owner}-{store.capitalize()}"


def find(call: Call, path: str) -> list[PSObject]:
    r"""The certificates below a path such as Cert:\LocalMachine\My[\thumbprint]."""
    parts = [p for p in re.split(r"[\\/]", path[5:]) if p]
    if len(parts) < 2 or parts[0].lower() not in ("localmachine", "currentuser"):
        return []
    folder = _folder(call, parts[0], parts[1])
    found = [certificate_object(file, path) for file in sorted(folder.glob("*.pem"))]
    return [c for c in found if len(parts) == 2 or c.get("Thumbprint") == parts[2].upper()]


def _name(name: x509.Name) -> str:
    return ", ".join(part.rfc4514_string() for part in reversed(name.rdns))


def _uses(certificate: x509.Certificate) -> list[PSObject]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return []
    name = "Microsoft.PowerShell.Commands.EnhancedKeyUsageRepresentation"
    return [
        PSObject({"FriendlyName": "", "ObjectId": use.dotted_string}, name)
        for use in extension.value
    ]


def certificate_object(file: Path, path: str) -> PSObject:
    """An X509Certificate2."""
    data = file.read_bytes()
    certificate = x509.load_pem_x509_certificate(data)
    thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 the thumbprint is SHA-1
    after: datetime = certificate.not_valid_after_utc.astimezone(JAPAN)
    before: datetime = certificate.not_valid_before_utc.astimezone(JAPAN)
    return PSObject(
        {
            "Thumbprint": thumbprint,
            "Subject": _name(certificate.subject),
            "Issuer": _name(certificate.issuer),
            "NotAfter": after,
            "NotBefore": before,
            "SerialNumber": f"{certificate.serial_number:X}",
            "HasPrivateKey": b"PRIVATE KEY" in data,
            "FriendlyName": "",
            "EnhancedKeyUsageList": _uses(certificate),
            "PSPath": f"{PROVIDER}::{path[5:].strip(chr(92))}\\{thumbprint}",
        },
        "System.Security.Cryptography.X509Certificates.X509Certificate2",
        native=file,
        default=("Thumbprint", "Subject"),
        methods={"Dispose": lambda _a: None},
    )
