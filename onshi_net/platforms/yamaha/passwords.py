"""Which passwords a router takes, told as reasons why not; none of them shows the password. Pure.

A router takes 1 to 32 printable ASCII characters, an RTX840 8 to 32 (RTX command reference 4.3,
4.5). Two printable ones are refused for a password that we set: whether a blank counts as
printable, and whether `?` asks for help at a password prompt too, is not said there.
"""

from __future__ import annotations

from collections.abc import Iterator

from onshi_net.i18n import text
from onshi_net.model.passwords import controls, sizes
from onshi_net.platforms.base import PasswordRules

LONGEST = 32


def rules_of(shortest: int) -> PasswordRules:
    """Answers the rules of a model whose passwords have so many characters at least."""
    return PasswordRules(
        settable=lambda value: reasons_at_router(value, shortest),
        typable=reasons_at_prompt,
        remedy=text("render.bad-password.remedy", shortest=shortest, longest=LONGEST),
    )


def reasons_at_router(value: str, shortest: int) -> tuple[str, ...]:
    """Answers why a router can't be given this password; none where it can."""
    return (*sizes(value, shortest, LONGEST), *reasons_at_prompt(value), *_doubtful(value))


def reasons_at_prompt(value: str) -> tuple[str, ...]:
    """Answers why this can't be typed at a router's prompt exactly; none where it can."""
    return (*controls(value), *(() if value.isascii() else (text("render.password-letters"),)))


def _doubtful(value: str) -> Iterator[str]:
    if " " in value:
        yield text("render.password-blank")
    if "?" in value:
        yield text("render.password-help")
