"""The user's own passwords for a lab: from an environment file or an age file, by variable.

An age file is what the technicians carry: TOML lines `"reference" = "value"` under a passphrase
(https://age-encryption.org/v1). It is only read.
"""

from __future__ import annotations

import getpass
import os
import shlex
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from onshi_lab.credentials import PREFIX, variable
from onshi_lab.errors import UsageError

PASSPHRASE = "ONSHI_PASSPHRASE"  # noqa: S105 - the variable's name
_AGE = b"age-encryption.org/"


def read(path: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Values by environment variable: the environment's first, as in the product.

    Raises UsageError for a file that can't be read or opened.
    """
    own = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    if path is None:
        return own
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None
    found = _age(path, raw, environment) if raw.startswith(_AGE) else _lines(path, raw)
    return {**found, **own}


def _lines(path: Path, raw: bytes) -> dict[str, str]:
    """Lines `[export ]NAME=value` as a shell reads them."""
    try:
        words = shlex.split(raw.decode("utf-8"), comments=True)
    except ValueError as error:
        raise UsageError(f"{path} is neither an age file nor lines NAME=value: {error}") from None
    pairs = (word.partition("=") for word in words if word != "export")
    found = {name: value for name, sign, value in pairs if sign}
    wrong = sorted(name for name in found if not name.startswith(PREFIX))
    if wrong:
        raise UsageError(f"{path}: {wrong[0]} is no {PREFIX}… variable")
    return found


def _age(path: Path, raw: bytes, environment: Mapping[str, str]) -> dict[str, str]:
    import pyrage

    asked = environment.get(PASSPHRASE)
    if asked is None and not sys.stdin.isatty():
        raise UsageError(f"{path} needs a passphrase: set {PASSPHRASE}")
    try:
        plain = pyrage.passphrase.decrypt(raw, asked or getpass.getpass(f"passphrase of {path}: "))
        values = tomllib.loads(plain.decode("utf-8"))
    except (pyrage.DecryptError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} can't be opened: {type(error).__name__}") from None
    return {variable(name): value for name, value in values.items() if isinstance(value, str)}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
