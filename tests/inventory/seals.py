"""A seal that costs nothing: real age with a key of its own instead of a passphrase's scrypt."""

from __future__ import annotations

from collections.abc import Callable

import pyrage

from onshi_net.inventory.secrets import Secret
from onshi_net.inventory.vault import SealedOtherwise


class KeySeal:
    """Takes an X25519 key; another instance can't open what this one closed."""

    def __init__(self, _passphrase: object = None) -> None:
        self._identity = pyrage.x25519.Identity.generate()

    def close(self, plain: bytes) -> bytes:
        return bytes(pyrage.encrypt(plain, [self._identity.to_public()]))

    def open(self, sealed: bytes) -> bytes:
        try:
            return bytes(pyrage.decrypt(sealed, [self._identity]))
        except pyrage.DecryptError:
            raise SealedOtherwise from None


def by_passphrase() -> Callable[[Secret], KeySeal]:
    """Stands in for `PassphraseSeal`: one seal a passphrase."""
    known: dict[str, KeySeal] = {}
    return lambda passphrase: known.setdefault(passphrase.reveal(), KeySeal())
