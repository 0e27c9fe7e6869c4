"""Certificates of PCs: trusted on first use into a reviewable file, strict afterwards.

A Windows PC's WinRM certificate is self-signed as a rule and names the computer, not its
address, so no authority can vouch for it. The file has one line a PC: `address:port sha256:<hex>
<subject>`. Nothing is sent before the check.
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
from pathlib import Path

from cryptography import x509

from onshi_net.errors import HostKeyChanged, Unreachable
from onshi_net.files import open_private, private_folder, write_private
from onshi_net.transport.windows.endpoint import Endpoint


def pinned(file: Path, endpoint: Endpoint) -> str | None:
    """Answers the recorded SHA-256 in hex, or None for a PC that is new."""
    name = f"{endpoint.name}:{endpoint.real_port}"
    if not file.is_file():
        return None
    for line in file.read_text(encoding="utf-8").splitlines():
        words = line.split(maxsplit=2)
        if len(words) >= 2 and words[0] == name and words[1].startswith("sha256:"):
            return words[1].removeprefix("sha256:")
    return None


def shown_certificate(endpoint: Endpoint, timeout_s: float) -> bytes:
    """Answers the certificate (DER) that the PC shows. Raises Unreachable."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = (
        ssl.CERT_NONE
    )  # only looks; the fingerprint is compared before anything is sent
    place = (str(endpoint.address), endpoint.real_port)
    try:
        with socket.create_connection(place, timeout_s) as plain, context.wrap_socket(plain) as tls:
            shown = tls.getpeercert(binary_form=True)
    except OSError as error:
        raise Unreachable(
            "winrm.unreachable", host=str(endpoint.address), port=endpoint.real_port,
            reason=type(error).__name__,
        ) from None  # fmt: skip
    return shown or b""


def trusted(file: Path, endpoint: Endpoint, timeout_s: float) -> str:
    """Answers the fingerprint that the connection must show, recording a new PC's.

    Raises HostKeyChanged when the PC shows another certificate than the recorded one.
    """
    certificate = shown_certificate(endpoint, timeout_s)
    shown = hashlib.sha256(certificate).hexdigest()
    known = pinned(file, endpoint)
    if known is None:
        _record(file, endpoint, shown, certificate)
    elif known != shown:
        raise HostKeyChanged(
            "winrm.certificate-changed", host=str(endpoint.address), recorded=known, shown=shown,
            file=file,
        )  # fmt: skip
    return shown


def forget(file: Path, endpoint: Endpoint) -> bool:
    """Removes a PC's line, for a PC that was exchanged; answers whether there was one."""
    if pinned(file, endpoint) is None:
        return False
    name = f"{endpoint.name}:{endpoint.real_port} "
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    write_private(file, "".join(line for line in lines if not line.startswith(name)).encode())
    return True


def _record(file: Path, endpoint: Endpoint, fingerprint: str, certificate: bytes) -> None:
    subject = x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    printable = "".join(c if c.isprintable() else "?" for c in subject)
    line = f"{endpoint.name}:{endpoint.real_port} sha256:{fingerprint} {printable}\n"
    private_folder(file.parent)
    descriptor = open_private(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode("utf-8"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
