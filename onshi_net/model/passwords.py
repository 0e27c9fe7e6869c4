"""What is wrong with a password, as reasons that don't show it; the rules of Windows. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from onshi_net.i18n import text

LONGEST_WINDOWS = 256
"""PWLEN of lmcons.h."""
_NAMES = {"\n": "newline", "\r": "newline", "\t": "tab", "\x1b": "escape"}


def reasons_at_windows(value: str) -> tuple[str, ...]:
    """Answers why a Windows account can't have this password; none where it can."""
    return (*sizes(value, 1, LONGEST_WINDOWS), *controls(value))


def sizes(value: str, shortest: int, longest: int) -> Iterator[str]:
    """Gives what is wrong with its length."""
    if len(value) < shortest:
        yield text("render.password-short", count=len(value), shortest=shortest)
    if len(value) > longest:
        yield text("render.password-long", count=len(value), longest=longest)


def controls(value: str) -> Iterator[str]:
    """Gives which control characters are in it, each kind once."""
    found = (_NAMES.get(one, "control") for one in value if one < " " or "\x7f" <= one <= "\x9f")
    yield from (text(f"render.password-{name}") for name in dict.fromkeys(found))
