"""What looks like a secret that stands readable in a file of the inventory.

A host names references (`secret: demo-clinic/router`); the values lie elsewhere. Anything below a
key that is named after a secret, and any value that shows by its form what it is, is therefore
refused with its place, and never printed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from onshi_net.inventory.document import Path_
from onshi_net.model.text import SecretRef

HIDDEN = "*"
REFERENCES = frozenset({"secret", "admin_secret", "initial_secret", "unnamed_secret"})
"""Fields that name a secret in the store, in a host's `data` and in site.yaml."""
_NAMES = (
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey",
    "privatekey", "credential", "psk", "パスワード", "パスフレーズ", "パスコード", "暗証", "秘密鍵",
)  # fmt: skip
_WHOLE = frozenset({"pass", "pw", "pin"})
_HARMLESS = frozenset({"user", "username", "name", "hostname", "port"})
"""Names beside a password that say nothing alone."""
_SHAPES = re.compile(
    r"AGE-SECRET-KEY-1|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|\w://[^\s/@:]+:[^\s/@]+@"
)
_REFERENCE: TypeAdapter[str] = TypeAdapter(SecretRef)


def looks_secret(name: str) -> bool:
    """Answers whether a field is named after a secret (`enable_password`, `apiKey`, 暗証番号)."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    words = re.split(r"[\W_]+", plain)
    return any(one in "".join(words) for one in _NAMES) or not _WHOLE.isdisjoint(words)


def is_reference(value: Any) -> bool:
    """Answers whether a value names a secret, as far as its form tells."""
    try:
        _REFERENCE.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def readable_secrets(data: Any, *, references: bool) -> Iterator[Path_]:
    """Gives the paths of what looks like a secret.

    `references`: fields of `REFERENCES` may name one, as in a host's `data`.
    """
    yield from _below(data, (), references=references, inside=False)


def _below(data: Any, path: Path_, *, references: bool, inside: bool) -> Iterator[Path_]:
    """`inside`: a key above is named after a secret."""
    if isinstance(data, dict):
        for key, value in data.items():
            if references and key in REFERENCES and is_reference(value):
                continue
            named = (inside and key not in _HARMLESS) or looks_secret(key)
            yield from _below(value, (*path, key), references=references, inside=named)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _below(value, (*path, index), references=references, inside=inside)
    elif _tells(data, inside=inside):
        yield path


def _tells(value: Any, *, inside: bool) -> bool:
    if isinstance(value, str):
        return bool(value) and (inside or _SHAPES.search(value) is not None)
    return inside and isinstance(value, int | float) and not isinstance(value, bool)
