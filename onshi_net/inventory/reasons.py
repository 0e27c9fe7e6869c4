"""What libraries say of a file's form, in the technician's language: they speak English."""

from __future__ import annotations

import re

from onshi_net.i18n import language, text

_JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
_PARSER = (
    ("mapping values are not allowed", "colon"),
    ("could not find expected ':'", "no-colon"),
    ("did not find expected ':'", "no-colon"),
    ("expected <block end>", "indent"),
    ("inconsistent indentation", "indent"),
    ("unexpected end of stream", "not-closed"),
    ("while scanning a quoted scalar", "not-closed"),
    ("expected ',' or ']'", "bracket"),
    ("expected ',' or '}'", "bracket"),
    ("cannot start any token", "first-letter"),
    ("unknown escape character", "escape"),
)
"""What the YAML parser says, and what of the catalogue's `inventory.parser` says it."""
LONGEST = 120


def of_value(reason: str) -> str:
    """Answers what a library says of a value, as one printable line of at most 120 characters."""
    if language() == "ja" and not _JAPANESE.search(reason):
        return text("inventory.parser.value")
    return "".join(c if c.isprintable() else "?" for c in reason[:LONGEST])


def of_parser(reason: str) -> str:
    """Answers what the YAML parser stumbled over."""
    if language() == "en":
        return of_value(reason)
    known = next((name for words, name in _PARSER if words in reason), "other")
    return text(f"inventory.parser.{known}")
