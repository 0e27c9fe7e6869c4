"""The key by which a laptop signs what it brings home, and the laptops that an inventory knows.

The key (Ed25519, RFC 8032) is made at the first use and lies in the user's own folder, closed to
others. `laptops.txt` beside `groups.yaml` has one known laptop a line: the fingerprint (SHA-256 of
the public key's 32 bytes, as OpenSSH prints such), the public key in base64, and a comment.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from onshi_net.errors import Fault, InputError, Place
from onshi_net.files import private_folder, read_regular, write_private
from onshi_net.i18n import text
from onshi_net.inventory.vault import locked

KEY_FILE = "laptop.key"
KEY_BYTES = 32
KNOWN = "laptops.txt"
DOMAIN = b"onshi parcel 1\n"
"""Stands before what is signed, so that a signature is for nothing else."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Whose it is, and what it says."""

    key: bytes
    value: bytes

    @property
    def fingerprint(self) -> str:
        """Answers the key's fingerprint."""
        return fingerprint(self.key)

    def fits(self, data: bytes) -> bool:
        """Answers whether the key's holder signed these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(self.value, DOMAIN + data)
        except (InvalidSignature, ValueError):
            return False
        return True


def fingerprint(key: bytes) -> str:
    """Answers SHA256:… of a public key, without padding as OpenSSH has it."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"


def key_file() -> Path:
    """Answers where this user's key lies."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "onshi" / KEY_FILE


def own_key() -> Ed25519PrivateKey:
    """Answers this laptop's key, a new one where there is none yet.

    Raises InputError for a file that is none, OSError.
    """
    file = key_file()
    private_folder(file.parent)
    with locked(file):
        try:
            raw = read_regular(file)
        except FileNotFoundError:
            made = Ed25519PrivateKey.generate()
            write_private(file, made.private_bytes_raw())
            return made
    if len(raw) != KEY_BYTES:
        problem = text("travel.bad-key")
        raise InputError([Fault(Place(file), problem, text("travel.bad-key.remedy"))])
    return Ed25519PrivateKey.from_private_bytes(raw)


def public_of(key: Ed25519PrivateKey) -> bytes:
    """Answers a key's public half: 32 bytes."""
    return key.public_key().public_bytes_raw()


def signed(key: Ed25519PrivateKey, data: bytes) -> Signature:
    """Answers the signature of these bytes."""
    return Signature(public_of(key), key.sign(DOMAIN + data))


def known_laptops(inventory: Path) -> dict[bytes, str]:
    """Answers the public keys that an inventory knows, with their comments.

    Raises InputError with every line that says no key, or another one than its fingerprint.
    """
    file = inventory / KNOWN
    try:
        lines = read_regular(file).decode("utf-8-sig", "replace").splitlines()
    except FileNotFoundError:
        return {}
    found: dict[bytes, str] = {}
    faults: list[Fault] = []
    for number, line in enumerate(lines, 1):
        words = line.split(maxsplit=2)
        if not words or words[0].startswith("#"):
            continue
        key = _key(words[1]) if len(words) > 1 else None
        if key is None or fingerprint(key) != words[0]:
            problem = text("travel.bad-laptop")
            faults.append(Fault(Place(file, number), problem, text("travel.bad-laptop.remedy")))
        else:
            found[key] = words[2] if len(words) > 2 else ""
    if faults:
        raise InputError(faults)
    return found


def _key(word: str) -> bytes | None:
    try:
        key = base64.b64decode(word, validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def learn(inventory: Path, key: bytes, comment: str) -> None:
    """Adds a laptop to those that an inventory knows; one that is known stays as it is."""
    file = inventory / KNOWN
    with locked(file):
        if key in known_laptops(inventory):
            return
        old = read_regular(file) if file.exists() else b""
        head = old if old.endswith(b"\n") or not old else old + b"\n"
        head = head or f"# {text('travel.laptops-head')}\n".encode()
        said = f"{fingerprint(key)} {base64.b64encode(key).decode('ascii')} {comment}\n"
        write_private(file, head + said.encode())


def comment_here() -> str:
    """Answers who and where this is, for the comment of a line."""
    words = f"{getpass.getuser()}@{platform.node()}"
    return "".join(one for one in words if one.isprintable() and not one.isspace())
