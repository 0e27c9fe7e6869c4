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
    _require_text(own)
    if path is None:
        return own
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None
    found = _age(path, raw, environment) if raw.startswith(_AGE) else _lines(path, raw)
    _require_text(found)
    return {**found, **own}


def _require_text(values: Mapping[str, str]) -> None:
    """Raise UsageError for a value that no environment variable and no file of text can hold."""
    for name, value in values.items():
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise UsageError(f"the value of {name} is no text")


def _lines(path: Path, raw: bytes) -> dict[str, str]:
    """Lines `[export ]NAME=value` as a shell reads them."""
    try:
        words = shlex.split(raw.decode("utf-8"), comments=True)
    except ValueError as error:
        raise UsageError(f"{path} is neither an age file nor lines NAME=value: {error}") from None
    pairs = (word.partition("=") for word in words if word != "export")
    found = {name: value if sign else None for name, sign, value in pairs}
    for name, value in found.items():
        if not name.startswith(PREFIX):
            raise UsageError(f"{path}: {name} is no {PREFIX}… variable")
        if value is None:
            raise UsageError(f"{path}: {name} has no value; write {name}=…")
    return {name: value for name, value in found.items() if value is not None}


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
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def require_file(path: Path) -> None:
    """Raise UsageError for a place where no file can be put, or where something else is."""
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UsageError(f"{path} is no regular file; name another")
