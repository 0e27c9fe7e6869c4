"""String types of the model: what a value may hold before it may come near a device.

A value that ends in a router line or a PowerShell script is refused here already when it holds
control characters, line ends, quotes, template marks or full-width forms;
`onshi_net.platforms.yamaha.quoting` checks again.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from onshi_net.model.names import JAPANESE, checked_site_name

MAX_TEXT = 200
_FORBIDDEN = re.compile(r"[\"'`;\\|<>$]|\{\{|\}\}|\{%|%\}|\{#")


def one_clean_line(value: str) -> str:
    """Answers `value` when it is one printable NFKC line without quotes or metacharacters.

    Raises ValueError naming the first fault. NFKC: so that the full-width twin of a digit or
    letter, which a router does not take, can't hide in a name (Unicode UAX #15).
    """
    for character in value:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            raise ValueError(f"character U+{ord(character):04X} is not allowed")
    if value != value.strip():
        raise ValueError("blanks at the start or end are not allowed")
    if found := _FORBIDDEN.search(value):
        raise ValueError(f"{found.group()!r} is not allowed")
    if unicodedata.normalize("NFKC", value) != value:
        raise ValueError(f"write it as {unicodedata.normalize('NFKC', value)!r}")
    return value


_UNKNOWN = re.compile(
    r"(?:不明|未定|未確認|未調査|未記入|未回答|[要再]確認|後日(?:確認|連絡)?|(?:現在)?(?:確認|調査|問い?合わ?せ|検討)中"
    r"|[分判]かりません|[分判]から(?:ない|ず)|わかりません|わからない|わからず|unknown|tbd|tba|\?+)"
    r"(?:です|。|\.)*",
    re.IGNORECASE,
)


def says_unknown(value: str) -> bool:
    """Answers whether words say no more than that nobody knows: 不明, 確認中, 未定."""
    return _UNKNOWN.fullmatch("".join(unicodedata.normalize("NFKC", value).split())) is not None


Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(one_clean_line)]
"""One line for people: Japanese allowed, no control characters, quotes or full-width ASCII."""

Token = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")
]
"""One ASCII word: model names, serial numbers, user names."""

_PART = rf"[A-Za-z0-9{JAPANESE}][A-Za-z0-9{JAPANESE}._-]*"
SecretRef = Annotated[str, Field(max_length=200, pattern=rf"\A{_PART}(/{_PART})*\z")]
"""Names a secret (`demo-clinic/router`); never the secret itself. A site's name is a part of it."""

SiteName = Annotated[str, AfterValidator(checked_site_name)]
"""A site's name, see `onshi_net.model.names`."""
DomainName = Annotated[
    str,
    Field(
        max_length=253,
        pattern=r"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\z",
    ),
]
"""A DNS name in lower case without the final dot (RFC 1123, 2.1)."""
