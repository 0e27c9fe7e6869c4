"""Host keys: trusted on first use into a reviewable file, strict afterwards.

The file has OpenSSH's known_hosts format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), so `ssh-keygen -lf
FILE` shows the fingerprints and `ssh -o UserKnownHostsFile=FILE` uses it. A line's comment records
how the router spoke when it was first trusted: `onshi:modern` or `onshi:legacy`.

Algorithms, per host. Old routers sign with `ssh-rsa` (RSA over SHA-1) and may exchange keys with
SHA-1 only (docs/sources.md). paramiko 4 still has these algorithms, paramiko 5 has removed them,
which is why the project holds it below 5. They are off at first. A host that shares nothing with
the rest is asked again with them, once; after that its line decides: a `legacy` host gets them at
once, a `modern` host never, so that nobody in between can talk a router down to them.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import paramiko

from onshi_net.errors import HostKeyChanged
from onshi_net.files import open_private, private_folder, write_private

Era = Literal["modern", "legacy"]

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


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A recorded host key."""

    key_type: str
    key: bytes
    era: Era


def host_name(address: str, port: int) -> str:
    """Answers how known_hosts names a host: bare on port 22, else `[address]:port`."""
    return address if port == 22 else f"[{address}]:{port}"


def fingerprint(key: bytes) -> str:
    """Answers the fingerprint as OpenSSH shows it: `SHA256:…`."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def recorded(known_hosts: Path, name: str) -> tuple[KnownHost, ...]:
    """Reads the recorded keys of a host; none where the file or the host is missing."""
    if not known_hosts.is_file():
        return ()
    return tuple(
        entry
        for line in known_hosts.read_text(encoding="utf-8").splitlines()
        if (entry := _entry(line, name)) is not None
    )


def _entry(line: str, name: str) -> KnownHost | None:
    fields = line.split()
    if len(fields) < 3 or line.startswith(("#", "@")) or name not in fields[0].split(","):
        return None
    try:
        key = base64.b64decode(fields[2], validate=True)
    except ValueError:
        return None
    return KnownHost(fields[1], key, "legacy" if "onshi:legacy" in fields[3:] else "modern")


def check(host: str, known: tuple[KnownHost, ...], key: paramiko.PKey, known_hosts: Path) -> bool:
    """Answers whether the key is already recorded (False: the host is new).

    Raises HostKeyChanged when the host is recorded with other keys only.
    """
    if not known:
        return False
    if any(entry.key == key.asbytes() for entry in known):
        return True
    raise HostKeyChanged(
        "transport.host-key-changed",
        host=host,
        recorded=fingerprint(known[0].key),
        shown=fingerprint(key.asbytes()),
        file=known_hosts,
    )


def record(known_hosts: Path, name: str, key: paramiko.PKey, era: Era) -> None:
    """Appends the host's key to the file, made durable before it returns."""
    private_folder(known_hosts.parent)
    line = f"{name} {key.get_name()} {key.get_base64()} onshi:{era}\n"
    descriptor = open_private(known_hosts, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def forget(known_hosts: Path, address: str, port: int) -> int:
    """Removes a host's lines, for a router that was exchanged; answers how many."""
    name = host_name(address, port)
    if not known_hosts.is_file():
        return 0
    lines = known_hosts.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [line for line in lines if _entry(line, name) is None]
    if len(left) != len(lines):
        write_private(known_hosts, "".join(left).encode())
    return len(lines) - len(left)
