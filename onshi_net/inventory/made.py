"""Passwords that this tool chooses: typed by people later, so without letters that look alike."""

from __future__ import annotations

import secrets
import string

from onshi_net.inventory.secrets import Secret

LENGTH = 16
_ALIKE = frozenset("0O1Il|5S2Z8B")
LOWER, UPPER, DIGITS = (
    "".join(one for one in some if one not in _ALIKE)
    for some in (string.ascii_lowercase, string.ascii_uppercase, string.digits)
)
LETTERS = LOWER + UPPER + DIGITS
"""Letters and digits: every router takes them, and every keyboard has them in one place."""


def new_password() -> Secret:
    """Answers a new password of some 90 bits, with a small letter, a capital and a digit.

    So many kinds Windows asks for where its policy demands complexity (learn.microsoft.com,
    "Password must meet complexity requirements").
    """
    while True:
        value = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        if all(any(one in some for one in value) for some in (LOWER, UPPER, DIGITS)):
            return Secret(value)
