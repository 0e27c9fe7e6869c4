r"""The one quoting function for values in a router line, and the last check of a whole line.

A Yamaha router takes no quoting that is safe for every character: `?` asks for help in the middle
of a line, `#` begins a comment, `|` and `>` redirect, `"` and `\` quote (command reference,
chapter 2). A word is therefore allowed or refused, never escaped.
"""

from __future__ import annotations

import re

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text

MAX_LINE = 4095
"""Longest command line in bytes (inference from the `console columns` maximum of 4096)."""
MAX_WORD = 255
_WORD = re.compile(r"[A-Za-z0-9*.:/_@,=+%~-]+")


def _refuse(what: str, reason: str) -> InputError:
    return InputError(
        [
            Fault(
                Place(item=what),
                text(f"render.{reason}"),
                text(f"render.{reason}.remedy", default=""),
            )
        ]
    )


def router_word(value: object) -> str:
    """Answers `value` as one word of a router line.

    Raises InputError for anything that is not plainly one.
    """
    word = str(value)
    if len(word) > MAX_WORD or _WORD.fullmatch(word) is None:
        raise _refuse(ascii(word[:40]), "bad-word")
    return word


def check_line(line: str) -> str:
    """Answers `line` when it is words with single blanks between them.

    Raises InputError otherwise.
    """
    words = line.split(" ")
    if len(line) > MAX_LINE or not words[0][:1].isalpha():
        raise _refuse(ascii(line[:60]), "bad-line")
    for word in words:
        router_word(word)
    return line
