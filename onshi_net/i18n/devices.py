"""A device as a sentence names it: the inventory's `terminal-1` is what a person types."""

from __future__ import annotations

import re

NAMES = {
    "router": "ルーター",
    "terminal": "端末",
    "receipt": "レセコン",
    "onu": "ONU",
    "hgw": "HGW",
    "ogw": "OGW",
    "hub": "HUB",
    "switch": "HUB",
    "display": "ディスプレイ",
    "certificate": "電子証明書",
}
_NAME = re.compile(rf"({'|'.join(NAMES)})(?:-(\d+))?")
_COMMAND = re.compile(r"(?:onshi|python) [!-~ ]*$")
"""A sentence up to a placeholder that stands in a command line."""


def shown(name: str, language: str) -> str:
    """Answers `端末1` for `terminal-1`; a name of somebody's own stays."""
    found = _NAME.fullmatch(name) if language == "ja" else None
    return name if found is None else f"{NAMES[found[1]]}{found[2] or ''}"


def subject(name: str, language: str) -> str:
    """Answers a check's subject: `端末1@line-auth` for a service that a terminal was asked of."""
    return "@".join(shown(part, language) for part in name.split("@"))


def is_typed(before: str) -> bool:
    """Answers whether what follows these words of a sentence is typed: it stands in a command."""
    return _COMMAND.search(before) is not None
