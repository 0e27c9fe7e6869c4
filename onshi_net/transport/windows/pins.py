"""Certificates of PCs: which are recorded for a PC, and whether the one that it shows is that one.

A Windows PC's WinRM certificate is self-signed as a rule and names the computer, not its
address, so no authority can vouch for it. The file has one line a PC:
`address:port sha256:<hex> <bond> <subject>`, see `trustfile` and `bond`. Nothing is learned here:
`record` is called by who bound the PC (`provision.bind`), a session only asks `trusted`, before
anything is sent.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import socket
import ssl
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from onshi_net import foreign
from onshi_net.errors import HostKeyChanged, HostUnknown, Unreachable
from onshi_net.i18n.system import reason as system_reason
from onshi_net.transport import trustfile
from onshi_net.transport.bond import Bond, bond_of
from onshi_net.transport.hostkeys import Forgotten
from onshi_net.transport.trustfile import Unread, Whole
from onshi_net.transport.windows.endpoint import Endpoint
from onshi_net.transport.windows.nonsense import opening_failed

_NAME = re.compile(r"\A(?:\d+(?:\.\d+){3}|\[[0-9a-fA-F:.]+(?:%\S+)?\]):\d{1,5}\Z")
_PRINT = re.compile(r"\Asha256:([0-9a-f]{64})\Z")


@dataclass(frozen=True, slots=True)
class Pin:
    """A line of the file."""

    name: str
    sha256: str
    """Of the certificate in DER, in hex."""
    bond: Bond


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that a PC showed."""

    der: bytes

    @property
    def sha256(self) -> str:
        """Its SHA-256, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def thumbprint(self) -> str:
        """Its SHA-1 in hex, which Windows calls thumbprint (拇印) and shows."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest()

    @property
    def subject(self) -> str:
        """Its subject, fit to be shown; '' where it can't be read."""
        try:
            # cryptography warns of what a stranger put into a certificate (a serial number of 0).
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                subject = x509.load_der_x509_certificate(self.der).subject.rfc4514_string()
        except (ValueError, x509.InvalidVersion):
            return ""
        return foreign.line(subject, foreign.ANSWER)


def name_of(endpoint: Endpoint) -> str:
    """Answers how the file names a PC."""
    return f"{endpoint.name}:{endpoint.real_port}"


def parse(line: str) -> Pin:
    """Reads a line that is no comment. Raises Unread."""
    words = line.split()
    if len(words) < 2:
        raise Unread("fields")
    found = _PRINT.match(words[1])
    if found is None:
        raise Unread("certificate")
    if _NAME.match(words[0]) is None:
        raise Unread("names")
    return Pin(words[0], found[1], bond_of(words[2:]))


def recorded(file: Path, endpoint: Endpoint) -> tuple[Pin, ...]:
    """Answers the recorded certificates of a PC.

    Raises InputError when the file can't be read whole.
    """
    return _of(trustfile.read(file, parse), endpoint)


def _of(lines: Iterable[Whole[Pin]], endpoint: Endpoint) -> tuple[Pin, ...]:
    name = name_of(endpoint)
    return tuple(line.said for line in lines if line.said is not None and line.said.name == name)


def look(endpoint: Endpoint, timeout_s: float) -> Certificate:
    """Answers the certificate that the PC shows. Raises Unreachable, Nonsense for no TLS."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = (
        ssl.CERT_NONE
    )  # only looks; the fingerprint is compared before anything is sent
    place = (str(endpoint.address), endpoint.real_port)
    host, port = str(endpoint.address), endpoint.real_port
    try:
        link = socket.create_connection(place, timeout_s)
    except OSError as error:
        reason = system_reason(error)
        raise Unreachable("winrm.unreachable", host=host, port=port, reason=reason) from None
    try:
        with link, context.wrap_socket(link) as tls:
            shown = tls.getpeercert(binary_form=True)
    except OSError as error:
        raise opening_failed(error, host, port) from None
    return Certificate(shown or b"")


def trusted(
    file: Path, endpoint: Endpoint, timeout_s: float, *, site: str = "", host: str = ""
) -> str:
    """Answers the fingerprint that the connection must show.

    Raises HostUnknown for a PC that was never bound, HostKeyChanged when it shows another
    certificate than the recorded one, and InputError, before anything is opened, when the file
    can't be read whole. `site` and `host` are for remedies that name a command.
    """
    known = recorded(file, endpoint)
    certificate = look(endpoint, timeout_s)
    _check(file, endpoint, known, certificate, site, host)
    return certificate.sha256


def _check(
    file: Path,
    endpoint: Endpoint,
    known: tuple[Pin, ...],
    certificate: Certificate,
    site: str,
    host: str,
) -> None:
    told = {"shown": certificate.sha256, "file": file, **trustfile.nobody()}
    if site:
        told.update(site=shlex.quote(site), device=host)
    if not known:
        raise HostUnknown("winrm.certificate-unknown", host=str(endpoint.address), **told)
    if all(pin.sha256 != certificate.sha256 for pin in known):
        before = ", ".join(pin.sha256 for pin in known)
        raise HostKeyChanged(
            "winrm.certificate-changed", host=str(endpoint.address), recorded=before, **told
        )


def record(
    file: Path, endpoint: Endpoint, certificate: Certificate, bond: Bond, *, instead: bool = False
) -> bool:
    """Records a PC's certificate and answers whether it was new.

    `instead` takes the PC's other ones away. Raises HostKeyChanged where the PC has another one
    meanwhile, InputError when the file can't be read whole.
    """
    with trustfile.locked(file) as there:
        lines = trustfile.read(file, parse)
        lines = _without(lines, endpoint) if instead else lines
        known = _of(lines, endpoint)
        if known:
            _check(file, endpoint, known, certificate, "", "")
            return False
        words = (name_of(endpoint), f"sha256:{certificate.sha256}", *bond.words)
        subject = certificate.subject.replace("onshi:", "onshi%3A")  # no word of a bond
        fresh = " ".join((*words, subject)).rstrip()
        trustfile.write(there, [*(line.text for line in lines), fresh])
        return True


def _without(lines: list[Whole[Pin]], endpoint: Endpoint) -> list[Whole[Pin]]:
    name = name_of(endpoint)
    return [line for line in lines if line.said is None or line.said.name != name]


def forget(file: Path, endpoint: Endpoint) -> Forgotten:
    """Takes a PC's certificates away, for a PC that was exchanged or set up anew.

    A file that can't be read whole is moved aside; its whole lines about others are kept.
    """

    def others(lines: list[Whole[Pin]]) -> list[Whole[Pin]]:
        return _without(lines, endpoint)

    before, aside = trustfile.rewrite(file, parse, others)
    return Forgotten(tuple(pin.sha256 for pin in _of(before, endpoint)), aside)
