"""Secret references and where their values come from; a value shows in no repr, log or exception.

Backends, first answer wins: the environment (`a/b-c` is ONSHI_SECRET_A_B_C), an age-encrypted file
opened with a passphrase (https://age-encryption.org/v1; what technicians carry), the operating
system's keyring.
"""

from __future__ import annotations

import json
import os
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from onshi_net.errors import SecretMissing, SecretRefused
from onshi_net.model.names import label

KEYRING_SERVICE = "onshi_net"
KEYRING_BYTES = 2560 if sys.platform == "win32" else 1 << 20
"""Windows: CRED_MAX_CREDENTIAL_BLOB_SIZE (wincred.h), 5 * 512, in UTF-16; a bundle is longer."""
LONG = 16
"""A line of a secret of several lines that is shorter says nothing by itself."""
TELLING = 12
"""Bytes (UTF-8) from which on a value is no word that a device's configuration is made of: names of
interfaces, addresses and nearly all keywords are shorter. Passwords of 8 to 11 letters are too:
they are kept out of what is stored by its making, not by this net.
"""


def is_text(value: str) -> bool:
    """Answers whether a value can be written down: a lone surrogate is half a character."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


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

    `demo-clinic/router` is ONSHI_SECRET_DEMO_CLINIC_ROUTER; a part that isn't ASCII stands in it
    by its Punycode, as a shell takes no other letters: `さくら/router` is
    ONSHI_SECRET_XN__Y8JL1N_ROUTER.
    """
    plain = "/".join(map(label, reference.split("/")))
    return "ONSHI_SECRET_" + re.sub(r"[^A-Z0-9]", "_", plain.upper())


def environment_backend(environment: Mapping[str, str]) -> Backend:
    """Gives the backend that looks in environment variables.

    It raises SecretRefused where a variable that is set is the name of two references: nothing
    says whose password it holds, and it would be sent to both.
    """
    owners: dict[str, str] = {}

    def ask(reference: str) -> str | None:
        variable = variable_of(reference)
        value = environment.get(variable)
        if value and (other := owners.setdefault(variable, reference)) != reference:
            raise SecretRefused(
                "errors.secret-of-two", reference=reference, other=other, variable=variable
            )
        return value

    return ask


def keyring_backend(reference: str) -> str | None:
    """Looks in the operating system's keyring, service `onshi_net`.

    None where there is none, or none that this user may open.
    """
    try:
        import keyring  # which reads the user's configuration
    except OSError:
        return None
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, reference)
    except (KeyringError, OSError):
        return None


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
        from onshi_net.inventory.vault import age_backend

        backends = [environment_backend(os.environ)]
        if file is not None and passphrase is not None:
            backends.append(age_backend(file, passphrase))
        backends.append(keyring_backend)
        return cls(backends)

    def resolve(self, reference: str) -> Secret:
        """Answers the secret; an empty value is none.

        Raises SecretMissing, which names the reference and the variable, and SecretRefused for a
        value with a byte that is no text or a variable of two references.
        """
        if reference not in self._given:
            value = next((v for v in (ask(reference) for ask in self._backends) if v), None)
            if value is None:
                raise SecretMissing(
                    "errors.secret-missing", reference=reference, variable=variable_of(reference)
                )
            if not is_text(value):
                raise SecretRefused("errors.secret-surrogate", reference=reference)
            self._given[reference] = Secret(value)
            self._shapes.update(dict.fromkeys(shapes(value)))
        return self._given[reference]

    def masked(self, text: str, mask: str = "*") -> str:
        """Answers `text` with every long secret given so far replaced, in whatever shape.

        It is the last net under text that holds none of them by its making. A short value stays:
        replacing it would damage what is kept (`lan1` stands in half of a router's lines).
        """
        return self._replaced(text, TELLING, mask)

    def hidden(self, line: str) -> str:
        """Answers `line` with every secret given so far replaced by `*`, however short.

        For the log, where libraries write what is typed at a password prompt.
        """
        return self._replaced(line, 1, "*")

    def _replaced(self, text: str, least: int, mask: str) -> str:
        for shape in sorted(self._shapes, key=len, reverse=True):
            if len(shape.encode()) >= least:
                text = text.replace(shape, mask)
        return text


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


def require_keyring() -> None:
    """Raises SecretMissing where this computer has no keyring that this user may open."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except OSError as error:
        raise SecretMissing("errors.no-keyring", reason=type(error).__name__) from None
    try:
        keyring.get_password(KEYRING_SERVICE, "onshi")
    except (KeyringError, OSError) as error:
        raise SecretMissing("errors.no-keyring", reason=type(error).__name__) from None


def remove_from_keyring(reference: str) -> bool:
    """Takes one secret out of the system's keyring; answers whether it was there.

    Raises SecretMissing where the keyring refuses.
    """
    if keyring_backend(reference) is None:
        return False
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.delete_password(KEYRING_SERVICE, reference)
    except (KeyringError, OSError) as error:
        raise SecretMissing("errors.no-keyring", reason=type(error).__name__) from None
    return True


def store_in_keyring(reference: str, value: Secret) -> None:
    """Keeps one secret in the system's keyring, and reads it back.

    Raises SecretMissing where there is none, SecretRefused where it gives back another value; an
    older value is then there again.
    """
    try:
        import keyring  # which reads the user's configuration
    except OSError as error:
        raise SecretMissing("errors.no-keyring", reason=type(error).__name__) from None
    from keyring.errors import KeyringError

    if not is_text(value.reveal()):
        raise SecretRefused("errors.secret-surrogate", reference=reference)
    if len(value.reveal().encode("utf-16-le")) > KEYRING_BYTES:
        raise SecretRefused("errors.keyring-too-long", reference=reference)
    try:
        before = keyring.get_password(KEYRING_SERVICE, reference)
        keyring.set_password(KEYRING_SERVICE, reference, value.reveal())
        if keyring.get_password(KEYRING_SERVICE, reference) == value.reveal():
            return
        if before is not None:
            keyring.set_password(KEYRING_SERVICE, reference, before)
    except (KeyringError, OSError) as error:
        reason = type(error).__name__
        raise SecretMissing("errors.no-keyring", reason=reason) from None
    raise SecretRefused("errors.keyring-changes", reference=reference)
