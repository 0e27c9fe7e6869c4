"""SSH host keys: making them, and their fingerprints."""

from __future__ import annotations

import asyncssh
from cryptography.hazmat.primitives.serialization import load_ssh_private_key


def make_host_key(kind: str, bits: int = 2048) -> str:
    """A new private key in PEM; kind is rsa or ed25519."""
    if kind == "ed25519":
        key = asyncssh.generate_private_key("ssh-ed25519")
    else:
        key = asyncssh.generate_private_key("ssh-rsa", key_size=bits)
    return key.export_private_key().decode()


def public_line(pem: str) -> str:
    """The public key of a private one, in OpenSSH's form without a comment."""
    key = asyncssh.import_private_key(pem)
    return " ".join(key.export_public_key().decode().split()[:2])


def key_bits(pem: str) -> int:
    """The size of a key in bits."""
    if "ssh-ed25519" in public_line(pem):
        return 256
    key = load_ssh_private_key(pem.encode(), None)
    return int(getattr(key, "key_size", 0))


def fingerprint(pem: str, algorithm: str) -> str:
    """The fingerprint of a key as OpenSSH writes it; algorithm is md5 or sha256."""
    return asyncssh.import_private_key(pem).get_fingerprint(algorithm)
