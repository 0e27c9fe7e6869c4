"""Binding: how a device that was never met comes to be trusted, before anything secret goes to it.

A router, and a PC over HTTPS, shows a key that no authority vouches for. Somebody has to say that
it is this device's: a person who compares what is shown, or a fingerprint given beforehand, or,
with `--yes`, the absence of every contradiction that can be measured. That is: exactly one device
answers for the address (ARP), its MAC is the label's where the inventory has that, else one of its
maker's, and no other key was ever bound for this address or serial number. The decision
(`contradictions`) is pure; devices are reached and files written by `Bindable`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import paramiko

from onshi_net.errors import Fault, HostKeyChanged, InputError, NotBound, Place
from onshi_net.i18n import text
from onshi_net.intent import RouterIntent
from onshi_net.intent.windows import WindowsIntent
from onshi_net.provision.journal import Journal, new_folder, past_runs
from onshi_net.transport import handshake, hostkeys
from onshi_net.transport.bond import Bond, By
from onshi_net.transport.hostkeys import Forgotten
from onshi_net.transport.windows import Endpoint, pins
from onshi_net.transport.windows.endpoint import Files

LOOK_S = 15.0
"""Seconds that a key exchange may take: an old router computes for some of them."""
Reason = tuple[str, dict[str, Any]]
"""A catalogue id and its values."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a device showed of itself, before any login."""

    fingerprint: str
    """As OpenSSH prints it for SSH, `sha256:<hex>` for a certificate."""
    digests: tuple[bytes, ...]
    """What a given fingerprint may be: SHA-256, of a certificate also SHA-1 (Windows' thumbprint).
    """
    also: tuple[str, ...] = ()
    """The same key in the other spellings that a person may find at the device."""
    raw: Any = field(default=None, repr=False, compare=False)
    """What `Bindable.record` takes."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Who answers for the device's address."""

    macs: tuple[str, ...] = ()
    asked: bool = False
    """False: this laptop could not ask; then nothing is known, and `macs` is empty."""

    @property
    def mac(self) -> str:
        """The one MAC; '' where none or several answer."""
        return self.macs[0] if len(self.macs) == 1 else ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of the device beforehand."""

    mac: str | None = None
    """The label's."""
    makers: tuple[str, ...] = ()
    """The first three bytes of its maker's MACs; none: any."""
    earlier: str | None = None
    """The fingerprint that an earlier run bound for it."""
    same_serial: tuple[str, ...] = ()
    """Fingerprints recorded under other addresses for its serial number."""
    fingerprint: str | None = None
    """What somebody gave on the command line."""


class Bindable(Protocol):
    """A device whose key can be looked at, recorded and forgotten."""

    @property
    def site(self) -> str:
        """The site's name."""

    @property
    def host(self) -> str:
        """The device's name in the inventory."""

    @property
    def address(self) -> str:
        """Its address."""

    @property
    def serial(self) -> str:
        """Its serial number in the inventory; '' where it has none."""

    def known(self) -> dict[str, Bond]:
        """Answers the recorded fingerprints. Raises InputError for a file that isn't whole."""

    def look(self) -> Shown:
        """Answers what the device shows; no user name and no password is sent.

        Raises Unreachable, and HostKeyChanged for a key that was revoked.
        """

    def record(self, shown: Shown, bond: Bond, *, instead: bool) -> bool:
        """Records it, `instead` of others; answers whether it was new. Raises HostKeyChanged."""

    def forget(self) -> Forgotten:
        """Takes the recorded keys away."""

    def claim(self) -> Claim:
        """Answers what the inventory and the file know of it."""


def read_fingerprint(given: str) -> bytes:
    """Answers the digest of `SHA256:…` or of hexadecimal digits with or without colons.

    Raises InputError for anything else.
    """
    words = given.strip()
    body = re.sub(r"\A(?i:sha-?(?:256|1):)", "", words)
    digits = re.sub(r"[: ]", "", body)
    if re.fullmatch(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}", digits):
        return bytes.fromhex(digits)
    try:
        digest = base64.b64decode(body.rstrip("=") + "=", validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) == hashlib.sha256().digest_size:
        return digest
    remedy = text("provision.bind.bad-fingerprint.remedy")
    fault = Fault(Place(item="--fingerprint"), text("provision.bind.bad-fingerprint"), remedy)
    raise InputError([fault])


def contradictions(shown: Shown, owners: Owners, claim: Claim) -> tuple[Reason, ...]:
    """Answers everything that speaks against its being the device. Pure."""
    return (*_about_mac(owners, claim), *_about_key(shown, claim))


def _about_mac(owners: Owners, claim: Claim) -> tuple[Reason, ...]:
    if len(owners.macs) > 1:
        return (("provision.bind.several", {"macs": ", ".join(owners.macs)}),)
    if not owners.mac:
        return ()
    if claim.mac is not None:
        is_label = owners.mac == claim.mac
        told = {"mac": owners.mac, "expected": claim.mac}
        return () if is_label else (("provision.bind.other-mac", told),)
    if claim.makers and owners.mac[:8] not in claim.makers:
        return (("provision.bind.other-maker", {"mac": owners.mac}),)
    return ()


def _about_key(shown: Shown, claim: Claim) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if claim.fingerprint is not None:
        given = read_fingerprint(claim.fingerprint)
        if not any(hmac.compare_digest(given, digest) for digest in shown.digests):
            found.append(("provision.bind.other-fingerprint", {"given": claim.fingerprint}))
    if claim.earlier is not None and claim.earlier != shown.fingerprint:
        found.append(("provision.bind.earlier-key", {"recorded": claim.earlier}))
    others = [one for one in claim.same_serial if one != shown.fingerprint]
    if others:
        found.append(("provision.bind.serial-key", {"recorded": ", ".join(others)}))
    return tuple(found)


def unmeasured(owners: Owners) -> tuple[Reason, ...]:
    """Answers what nobody could measure of what `--yes` rests upon."""
    if not owners.asked:
        return (("provision.bind.not-asked", {}),)
    return () if owners.macs else (("provision.bind.no-answer", {}),)


def require_bindable(device: Bindable, by: By, shown: Shown, owners: Owners, claim: Claim) -> None:
    """Returns where a device may be bound without a question. Raises NotBound with every reason."""
    found = contradictions(shown, owners, claim)
    found += unmeasured(owners) if by is By.YES else ()
    if found:
        raise not_bound("provision.bind.refused", device, shown, found)


def not_bound(
    message: str, device: Bindable, shown: Shown, reasons: tuple[Reason, ...] = ()
) -> NotBound:
    """Answers the error of a device that was not bound."""
    return NotBound(
        message,
        host=device.host,
        reasons=reasons,
        site=device.site,
        device=device.host,
        shown=shown.fingerprint,
        address=device.address,
    )


def earlier_key(runs: Path, site: str, host: str) -> str | None:
    """Answers the fingerprint that the site's runs last saw bound for a host, unless forgotten."""
    found: str | None = None
    for run in past_runs(runs, site):
        for event in run.events:
            if event["event"] in {"bound", "forgotten"} and event.get("host") == host:
                found = event.get("fingerprint") if event["event"] == "bound" else None
    return found


def tell(runs: Path, site: str, event: str, **values: Any) -> Path:
    """Keeps in a run of its own what was bound or forgotten, and by whom; answers its folder."""
    folder = new_folder(runs, site)
    journal = Journal(folder.with_name(f"{folder.name}-trust"), str)
    try:
        journal.write(event, **values)
        journal.finish("done")
    finally:
        journal.close()
    return journal.folder


@dataclass(frozen=True, slots=True)
class BindableRouter:
    """A router's SSH host key."""

    intent: RouterIntent
    known_hosts: Path

    @property
    def site(self) -> str:
        """The site's name."""
        return self.intent.site

    @property
    def host(self) -> str:
        """The router's name."""
        return self.intent.host

    @property
    def address(self) -> str:
        """Its management address."""
        return str(self.intent.management.address)

    @property
    def serial(self) -> str:
        """Its serial number in the inventory; '' where it has none."""
        return self.intent.serial or ""

    def _recorded(self) -> hostkeys.Recorded:
        name = hostkeys.host_name(self.address, self.intent.management.port)
        return hostkeys.recorded(self.known_hosts, name)

    def known(self) -> dict[str, Bond]:
        """Answers the recorded fingerprints."""
        entries = self._recorded().entries
        return {hostkeys.fingerprint(entry.key): entry.bond for entry in entries}

    def look(self) -> Shown:
        """Exchanges keys, nothing else."""
        known = self._recorded()
        found = handshake.look(self.address, self.intent.management.port, known, LOOK_S)
        key = found.key.asbytes()
        if key in known.revoked:
            told = {"site": shlex.quote(self.site), "device": self.host, "file": known.file}
            message = "transport.host-key-revoked"
            raise HostKeyChanged(message, host=self.host, shown=found.fingerprint, **told)
        md5 = hashlib.md5(key, usedforsecurity=False).digest()
        also = (found.key.get_name(), "MD5:" + ":".join(f"{byte:02x}" for byte in md5))
        return Shown(found.fingerprint, (hashlib.sha256(key).digest(),), also, found)

    def record(self, shown: Shown, bond: Bond, *, instead: bool) -> bool:
        """Records the key."""
        name = hostkeys.host_name(self.address, self.intent.management.port)
        key: paramiko.PKey = shown.raw.key
        return hostkeys.record(self.known_hosts, name, key, shown.raw.era, bond, instead=instead)

    def forget(self) -> Forgotten:
        """Takes the recorded keys away."""
        name = hostkeys.host_name(self.address, self.intent.management.port)
        return hostkeys.forget(self.known_hosts, name)

    def claim(self) -> Claim:
        """Answers what the inventory and the file know of it."""
        others = self._recorded().of_serial(self.serial)
        return Claim(
            mac=self.intent.management.mac,
            makers=self.intent.model.maker_macs,
            same_serial=tuple(hostkeys.fingerprint(entry.key) for entry in others),
        )


@dataclass(frozen=True, slots=True)
class BindablePc:
    """A PC's certificate, for WinRM over HTTPS."""

    intent: WindowsIntent
    folder: Path

    @property
    def serial(self) -> str:
        """Nothing: the inventory of a PC has none."""
        return ""

    @property
    def site(self) -> str:
        """The site's name."""
        return self.intent.access.site

    @property
    def host(self) -> str:
        """The PC's name in the inventory."""
        return self.intent.access.host

    @property
    def address(self) -> str:
        """Its address."""
        return str(self.intent.access.address)

    @property
    def _file(self) -> Path:
        return Files.under(self.folder).pins

    @property
    def _endpoint(self) -> Endpoint:
        return Endpoint.of(self.intent.access)

    def known(self) -> dict[str, Bond]:
        """Answers the recorded fingerprints."""
        found = pins.recorded(self._file, self._endpoint)
        return {f"sha256:{pin.sha256}": pin.bond for pin in found}

    def look(self) -> Shown:
        """Makes the TLS handshake, nothing else."""
        found = pins.look(self._endpoint, LOOK_S)
        digests = (bytes.fromhex(found.sha256), bytes.fromhex(found.thumbprint))
        also = (found.subject, f"SHA-1 {found.thumbprint}")
        return Shown(f"sha256:{found.sha256}", digests, also, found)

    def record(self, shown: Shown, bond: Bond, *, instead: bool) -> bool:
        """Records the certificate."""
        return pins.record(self._file, self._endpoint, shown.raw, bond, instead=instead)

    def forget(self) -> Forgotten:
        """Takes the recorded certificates away."""
        return pins.forget(self._file, self._endpoint)

    def claim(self) -> Claim:
        """Answers what the inventory knows of it."""
        return Claim(mac=self.intent.access.mac)


def bindables(
    router: RouterIntent, windows: Mapping[str, WindowsIntent], known_hosts: Path
) -> dict[str, Bindable]:
    """Answers what can be bound, by name: the router, and the PCs that are reached over HTTPS."""
    found: dict[str, Bindable] = {router.host: BindableRouter(router, known_hosts)}
    for name, intent in windows.items():
        if intent.access.tls:
            found[name] = BindablePc(intent, known_hosts.parent)
    return found
