"""Secret references and where their values come from; a value shows in no repr, log or exception.

Backends, first answer wins: the environment (`a/b-c` is ONSHI_SECRET_A_B_C), an age-encrypted file
opened with a passphrase (https://age-encryption.org/v1; what technicians carry), the operating
system's keyring.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from onshi_net.errors import SecretMissing

KEYRING_SERVICE = "onshi_net"
LONG = 16
"""A line of a secret of several lines that is shorter says nothing by itself."""


class Secret:
    """A secret value that only `reveal` gives out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keeps `value`."""
        self._value = value

    def reveal(self) -> str:
        """Gives the value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        """Hides the value."""
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compares by value."""
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        """Hashes by value."""
        return hash(self._value)


Backend = Callable[[str], str | None]


def variable_of(reference: str) -> str:
    """Answers the environment variable of a reference:

    `demo-clinic/router` is ONSHI_SECRET_DEMO_CLINIC_ROUTER.
    """
    return "ONSHI_SECRET_" + re.sub(r"[^A-Z0-9]", "_", reference.upper())


def environment_backend(environment: Mapping[str, str]) -> Backend:
    """Gives the backend that looks in environment variables."""
    return lambda reference: environment.get(variable_of(reference))


def keyring_backend(reference: str) -> str | None:
    """Looks in the operating system's keyring, service `onshi_net`; None where there is none."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, reference)
    except KeyringError:
        return None


def _age_values(file: Path, passphrase: Secret) -> dict[str, object]:
    import pyrage

    try:
        plain = pyrage.passphrase.decrypt(file.read_bytes(), passphrase.reveal())
        return tomllib.loads(plain.decode("utf-8"))
    except (OSError, pyrage.DecryptError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = type(error).__name__
        raise SecretMissing("errors.secret-file", file=file, reason=reason) from None


def age_backend(file: Path, passphrase: Secret) -> Backend:
    """Opens an age file that holds TOML `"reference" = "value"` lines.

    Raises SecretMissing when the file can't be opened with this passphrase.
    """
    values = _age_values(file, passphrase)
    return lambda reference: _string(values.get(reference))


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


class Secrets:
    """Resolves references through its backends and remembers what to mask."""

    def __init__(self, backends: list[Backend]) -> None:
        """Takes the backends in the order in which they are asked."""
        self._backends = backends
        self._given: dict[str, Secret] = {}
        self._shapes: dict[str, None] = {}
        """What to mask, as an ordered set; values and the forms in which a library may log them."""

    @classmethod
    def standard(cls, file: Path | None = None, passphrase: Secret | None = None) -> Secrets:
        """Gives the environment, then the age file where one is named, then the keyring."""
        backends = [environment_backend(os.environ)]
        if file is not None and passphrase is not None:
            backends.append(age_backend(file, passphrase))
        backends.append(keyring_backend)
        return cls(backends)

    def resolve(self, reference: str) -> Secret:
        """Answers the secret. Raises SecretMissing, which names the reference and the variable."""
        if reference not in self._given:
            value = next((v for v in (ask(reference) for ask in self._backends) if v), None)
            if value is None:
                raise SecretMissing(
                    "errors.secret-missing", reference=reference, variable=variable_of(reference)
                )
            self._given[reference] = Secret(value)
            self._shapes.update(dict.fromkeys(shapes(value)))
        return self._given[reference]

    def masked(self, line: str) -> str:
        """Answers `line` with every secret given so far replaced by `*`, in whatever shape."""
        for shape in sorted(self._shapes, key=len, reverse=True):
            line = line.replace(shape, "*")
        return line


def shapes(value: str) -> list[str]:
    """Lists the forms in which a value may stand in a log: plain, escaped, in base64.

    Each line of a value of several lines (a PEM bundle) counts by itself, armour excepted.
    """
    lines = [line for line in value.splitlines() if len(line) >= LONG and not line.startswith("--")]
    found = [value, *(lines if len(value.splitlines()) > 1 else ())]
    quoted = (repr(value), json.dumps(value), json.dumps(value, ensure_ascii=False))
    encoded = [
        b64encode(value.encode(encoding)).decode("ascii") for encoding in ("utf-8", "utf-16-le")
    ]
    return [*found, *(one[1:-1] for one in quoted), *encoded]


def store_in_age(file: Path, passphrase: Secret, reference: str, value: Secret) -> None:
    """Adds or replaces one secret of an age file, whole or not at all; makes an absent file.

    Raises SecretMissing when the file can't be opened with this passphrase.
    """
    import pyrage

    values = _age_values(file, passphrase) if file.exists() else {}
    values[reference] = value.reveal()
    lines = (f"{json.dumps(key)} = {json.dumps(values[key])}\n" for key in sorted(values))
    sealed = pyrage.passphrase.encrypt("".join(lines).encode(), passphrase.reveal())
    beside = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(sealed)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)


def store_in_keyring(reference: str, value: Secret) -> None:
    """Keeps one secret in the system's keyring. Raises SecretMissing where there is none."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(KEYRING_SERVICE, reference, value.reveal())
    except KeyringError as error:
        reason = type(error).__name__
        raise SecretMissing("errors.no-keyring", reason=reason) from None
