"""The ASCII word for a site's name, for what takes no other letters (docs/inventory.md)."""

from __future__ import annotations

import hashlib

LONGEST = 63
"""Octets of a DNS label (RFC 1035, 2.3.4)."""


def dns_label(name: str) -> str:
    """The name itself, else its letters in Punycode (RFC 3492); a long one ends with its hash."""
    if name.isascii():
        return name
    word = f"xn--{name.encode('punycode').decode('ascii')}"
    if len(word) <= LONGEST:
        return word
    return f"{word[:50].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
