"""The one quoting function for PowerShell values, and the scripts of `templates/windows/`.

Every `{{ value }}` of a template passes `ps_literal`, so a template holds code and never a
quoted value. Secrets are no values: a script reads them from `$OnshiSecrets` (see
`onshi_net.transport.windows.envelope`).
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from onshi_net.errors import Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.render.templates import TEMPLATES

MAX_LITERAL = 32_767
"""Longest value in characters; far above any path, name or encoded script that is put in."""
_QUOTES = "'\u2018\u2019\u201a\u201b"
"""PowerShell takes all five as single quotation marks (language specification 2.3.5.2;
EscapeSingleQuotedStringContent)."""
_DOUBLED = {ord(quote): quote * 2 for quote in _QUOTES}
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _refuse(value: str, reason: str) -> InputError:
    problem = text(f"windows.{reason}")
    remedy = text(f"windows.{reason}.remedy", default="")
    return InputError([Fault(Place(item=ascii(value[:40])), problem, remedy)])


def _string(value: str) -> str:
    if len(value) > MAX_LITERAL or any(unicodedata.category(c) in _REFUSED for c in value):
        raise _refuse(value, "bad-text")
    return f"'{value.translate(_DOUBLED)}'"


def _mapping(value: Mapping[Any, Any]) -> str:
    pairs = "; ".join(
        f"{ps_literal(str(key))} = {ps_literal(entry)}" for key, entry in value.items()
    )
    return f"@{{ {pairs} }}" if pairs else "@{}"


def ps_literal(value: object) -> str:
    """Answers `value` as one literal of Windows PowerShell 5.1.

    Texts become single-quoted strings, which expand nothing; numbers, None, booleans, addresses,
    lists and mappings are taken as well. Raises InputError for control and format characters,
    line ends and any other type.
    """
    if value is None:
        return "$null"
    if isinstance(value, bool):
        return "$true" if value else "$false"
    if isinstance(value, StrEnum):
        return _string(value.value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return str(value) if value >= 0 else f"({value})"
    if isinstance(value, IPv4Address | IPv6Address | IPv4Network | IPv6Network):
        return _string(str(value))
    return _compound(value)


def _compound(value: object) -> str:
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return f"@({', '.join(ps_literal(entry) for entry in value)})"
    raise _refuse(type(value).__name__, "bad-type")


@dataclass(frozen=True, slots=True)
class Script:
    """A rendered script; `name` and `values` say what it does, for twins and journals."""

    name: str
    values: Mapping[str, Any] = field(hash=False)
    text: str = field(repr=False)

    @property
    def encoded(self) -> str:
        """The text as base64 of UTF-8, which passes any code page and any quoting."""
        return base64.b64encode(self.text.encode("utf-8")).decode("ascii")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "windows"),
        undefined=StrictUndefined,
        finalize=ps_literal,
        autoescape=False,  # noqa: S701 - not HTML; `finalize` quotes every value
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def script(name: str, /, **values: Any) -> Script:
    """Renders `templates/windows/<name>.ps1.j2`.

    Raises InputError when a value can't be a literal.
    """
    rendered = _environment().get_template(f"{name}.ps1.j2").render(values)
    return Script(name, values, rendered)


def script_names() -> Iterable[str]:
    """Lists the scripts, for tests that look at every one."""
    return sorted(
        file.name.removesuffix(".ps1.j2") for file in (TEMPLATES / "windows").glob("*.ps1.j2")
    )
