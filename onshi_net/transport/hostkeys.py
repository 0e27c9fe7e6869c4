"""Host keys: which are recorded for a router, and whether the one that it shows is among them.

The file has OpenSSH's known_hosts format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): hashed names,
patterns, several algorithms, `@revoked` and comments are understood and kept, so `ssh-keygen -lf
FILE` shows the fingerprints and `ssh -o UserKnownHostsFile=FILE` uses it. `@cert-authority` is
refused: no router of ours shows a certificate. Keys are parsed by paramiko. A line's comment tells
how the router spoke when it was bound (`onshi:modern` or `onshi:legacy`) and by whom (`bond`).

Nothing here learns a key by itself: `record` is called by who bound the router
(`provision.bind`), and a session (`platforms`) only asks `check`.

Algorithms, per host. Old routers sign with `ssh-rsa` (RSA over SHA-1) and may exchange keys with
SHA-1 only (docs/sources.md). paramiko 4 still has these algorithms, paramiko 5 has removed them,
which is why the project holds it below 5. They are off at first. A host that shares nothing with
the rest is looked at again with them, once; after that its line decides: a `legacy` host gets them
at once, a `modern` host never, so that nobody in between can talk a router down to them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from onshi_net.errors import HostKeyChanged, HostUnknown
from onshi_net.transport import trustfile
from onshi_net.transport.bond import Bond, bond_of
from onshi_net.transport.trustfile import Unread, Whole

Era = Literal["modern", "legacy"]
Marker = Literal["", "@revoked"]

LEGACY_ALGORITHMS: dict[str, list[str]] = {
    "keys": ["ssh-rsa", "ssh-dss"],
    "pubkeys": ["ssh-rsa", "ssh-dss"],
    "kex": [
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ],
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
    "macs": ["hmac-md5", "hmac-sha1-96", "hmac-md5-96"],
}
"""What a modern session must not use; the keys are paramiko's `disabled_algorithms` classes."""
_KEY_TYPE = re.compile(r"\A[a-z0-9][a-z0-9@.-]*\Z")
_NAME = re.compile(r"\A!?[^\s,|!#]+\Z")
_HASHED = re.compile(r"\A\|1\|([A-Za-z0-9+/]{27}=)\|([A-Za-z0-9+/]{27}=)\Z")
"""Salt and HMAC-SHA-1 of a name, 20 bytes each."""
_NO_KEY = (
    InvalidHostKey, paramiko.SSHException, ValueError, LookupError, TypeError, ArithmeticError,
    struct.error,
)  # fmt: skip
"""What paramiko and its parsers raise for bytes that are no key; a negative number overflows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the file."""

    marker: Marker
    names: tuple[str, ...]
    """Names and patterns, or one hashed name, as written."""
    key_type: str
    key: bytes
    comment: tuple[str, ...] = ()

    @property
    def era(self) -> Era:
        """How the host spoke when it was bound."""
        return "legacy" if "onshi:legacy" in self.comment else "modern"

    @property
    def bond(self) -> Bond:
        """Who bound it, as far as the comment tells."""
        return bond_of(self.comment)

    def is_of(self, name: str) -> bool:
        """Answers whether the line is about this host; a negated pattern excludes it."""
        if any(one.startswith("!") and _matches(one[1:], name) for one in self.names):
            return False
        return any(_matches(one, name) for one in self.names)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a file says about one host."""

    file: Path
    name: str
    entries: tuple[Entry, ...] = ()
    revoked: frozenset[bytes] = frozenset()
    """Keys that must never be accepted, from whomever."""
    others: tuple[Entry, ...] = field(default=(), repr=False)
    """Lines about other names."""

    @property
    def era(self) -> Era:
        """How to speak to the host: with old algorithms only where all its lines say so."""
        old = self.entries and all(entry.era == "legacy" for entry in self.entries)
        return "legacy" if old else "modern"

    @property
    def key_types(self) -> frozenset[str]:
        """The types of its keys."""
        return frozenset(entry.key_type for entry in self.entries)

    def of_serial(self, serial: str) -> tuple[Entry, ...]:
        """Answers the lines of other names that were bound as the device with this serial."""
        return tuple(one for one in self.others if serial and one.bond.serial == serial)


def host_name(address: str, port: int) -> str:
    """Answers how known_hosts names a host: bare on port 22, else `[address]:port`."""
    return address if port == 22 else f"[{address}]:{port}"


def fingerprint(key: bytes) -> str:
    """Answers the fingerprint as OpenSSH shows it: `SHA256:…`."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def _matches(pattern: str, name: str) -> bool:
    """Answers it as OpenSSH does: `*` and `?` only, letters of either case; or by the hash."""
    hashed = _HASHED.match(pattern)
    if hashed:
        made = paramiko.HostKeys.hash_host(name, pattern)
        return hmac.compare_digest(made.encode(), pattern.encode())
    return _fits(pattern.lower(), name.lower())


def _fits(pattern: str, name: str) -> bool:
    """Answers whether a pattern of `*` and `?` fits; the time grows with the product of lengths."""
    fits = {0}  # lengths of the name's beginnings that the pattern so far fits
    for char in pattern:
        if char == "*":
            fits = set(range(min(fits), len(name) + 1)) if fits else fits
        else:
            fits = {n + 1 for n in fits if n < len(name) and char in {"?", name[n]}}
    return len(name) in fits


# Reading


def parse(line: str) -> Entry:
    """Reads a line that is no comment. Raises Unread."""
    marker, line = _marker(line)
    fields = line.split()
    if len(fields) < 3:
        raise Unread("fields")
    names = tuple(fields[0].split(","))
    if not (all(map(_NAME.match, names)) or (len(names) == 1 and _HASHED.match(names[0]))):
        raise Unread("names")
    key_type, key = fields[1], _key(fields[1], fields[2])
    return Entry(marker, names, key_type, key, tuple(fields[3:]))


def _marker(line: str) -> tuple[Marker, str]:
    word, _, rest = line.partition(" ")
    if not word.startswith("@"):
        return "", line
    if word == "@revoked":
        return "@revoked", rest
    raise Unread("authority" if word == "@cert-authority" else "marker")


def _key(key_type: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unread("key") from None
    words = _wire_words(key)
    if not _KEY_TYPE.match(key_type) or len(words) < 2 or words[0] != key_type.encode():
        raise Unread("key")
    try:
        # None is a type that paramiko has no class for: the host has a key, and not one of ours.
        HostKeyEntry.from_line(f"host {key_type} {text}")
    except _NO_KEY:
        raise Unread("key") from None
    return key


def _wire_words(key: bytes) -> list[bytes]:
    """Answers the strings that a key is made of (RFC 4253, 6.6); none where one is cut off."""
    words = []
    while key:
        size = int.from_bytes(key[:4], "big")
        if len(key) < 4 + size:
            return []
        words.append(key[4 : 4 + size])
        key = key[4 + size :]
    return words


def recorded(known_hosts: Path, name: str) -> Recorded:
    """Answers what is recorded about a host.

    Raises InputError when the file can't be read whole.
    """
    return _sorted(known_hosts, name, trustfile.read(known_hosts, parse))


def _sorted(file: Path, name: str, lines: Iterable[Whole[Entry]]) -> Recorded:
    said = [line.said for line in lines if line.said is not None]
    trusted = [entry for entry in said if not entry.marker]
    return Recorded(
        file,
        name,
        tuple(entry for entry in trusted if entry.is_of(name)),
        frozenset(entry.key for entry in said if entry.marker == "@revoked"),
        tuple(entry for entry in trusted if not entry.is_of(name)),
    )


def check(host: str, known: Recorded, key: bytes) -> None:
    """Returns where the key is the host's.

    Raises HostUnknown for a host that was never bound, HostKeyChanged for one that was bound by
    other keys or whose key was revoked. To be called before anything secret is sent.
    """
    told = {"shown": fingerprint(key), "file": known.file, **trustfile.nobody()}
    if key in known.revoked:
        raise HostKeyChanged("transport.host-key-revoked", host=host, **told)
    if not known.entries:
        raise HostUnknown("transport.host-unknown", host=host, **told)
    if not any(entry.key == key for entry in known.entries):
        before = ", ".join(fingerprint(entry.key) for entry in known.entries)
        raise HostKeyChanged("transport.host-key-changed", host=host, recorded=before, **told)


# Writing


def record(
    known_hosts: Path, name: str, key: paramiko.PKey, era: Era, bond: Bond, *, instead: bool = False
) -> bool:
    """Records a host's key and answers whether it was new.

    `instead` takes the host's other keys away. Raises HostKeyChanged where the host has another key
    meanwhile or this one is revoked, InputError when the file can't be read whole.
    """
    with trustfile.locked(known_hosts) as there:
        lines = trustfile.read(known_hosts, parse)
        lines = list(_without(lines, name)) if instead else lines
        known = _sorted(known_hosts, name, lines)
        if known.entries or key.asbytes() in known.revoked:
            check(name, known, key.asbytes())
            return False
        words = (name, key.get_name(), key.get_base64(), f"onshi:{era}", *bond.words)
        trustfile.write(there, [*(line.text for line in lines), " ".join(words)])
        return True


def _is_other(line: Whole[Entry], name: str) -> bool:
    return line.said is None or bool(line.said.marker) or not line.said.is_of(name)


def _without(lines: Iterable[Whole[Entry]], name: str) -> Iterator[Whole[Entry]]:
    """Gives the lines without a host; what they say of others stays."""
    for line in lines:
        entry = line.said
        if _is_other(line, name) or entry is None:
            yield line
            continue
        names = tuple(one for one in entry.names if _HASHED.match(one) is None)
        names = tuple(one for one in names if one.lower() != name.lower())
        if any(not one.startswith("!") for one in names):
            still = Entry(entry.marker, names, entry.key_type, entry.key, entry.comment)
            names = (*names, f"!{name}") if still.is_of(name) else names
            rest = line.text.split(maxsplit=1)[1]
            text = f"{','.join(names)} {rest}"
            yield Whole(text, parse(text))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten."""

    keys: tuple[str, ...]
    """Fingerprints."""
    aside: Path | None = None
    """Where a file that could not be read whole was moved to."""


def forget(known_hosts: Path, name: str) -> Forgotten:
    """Takes a host's keys away, for a router that was exchanged or reset; revoked ones stay so.

    A file that can't be read whole is moved aside; its whole lines about others are kept.
    """

    def others(lines: list[Whole[Entry]]) -> list[Whole[Entry]]:
        return list(_without(lines, name))

    before, aside = trustfile.rewrite(known_hosts, parse, others)
    entries = _sorted(known_hosts, name, before).entries
    return Forgotten(tuple(fingerprint(entry.key) for entry in entries), aside)
