r"""ConvertTo-Json and ConvertFrom-Json as Windows PowerShell 5.1 writes and reads JSON.

Source: ConvertTo-Json (Depth 2 by default; deeper objects become their string) and
JavaScriptSerializer, which escapes control characters, quotes, backslashes and < > & '. Dates
become "\/Date(ms)\/", enumerations numbers, and 5.1's pretty print has two blanks after a
colon.
"""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from onshi_lab.windows.powershell.convert import local
from onshi_lab.windows.powershell.members import SPAN_PROPERTIES
from onshi_lab.windows.powershell.values import (
    BYTES,
    NOTHING,
    EnumValue,
    Hashtable,
    PSObject,
    Value,
    enumerate_value,
    number_text,
    text_of,
    type_name,
)

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPED = set("<>&'\u0085\u2028\u2029")


def quoted(text: str) -> str:
    """A JSON string."""
    out = []
    for char in text:
        if char in SHORT:
            out.append(SHORT[char])
        elif char < " " or char in ESCAPED:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def _scalar(value: Value) -> str | None:
    if value is None or value is NOTHING:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, EnumValue):
        return str(value.value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (float, Decimal)):
        return _fraction(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, datetime):
        return f'"\\/Date({int(local(value).timestamp() * 1000)})\\/"'
    return None


def _fraction(value: float | Decimal) -> str:
    """A Double as JavaScriptSerializer writes it: 17 digits where 15 don't bring it back."""
    text = number_text(value)
    if isinstance(value, float) and float(text) != value:
        text = f"{value:.17G}"
    return text if set(text) & set(".EN") or isinstance(value, Decimal) else text + ".0"


class IllegalKey(ValueError):
    """A hashtable with a key that isn't a string."""


def _members(value: Value) -> list[tuple[str, Value]] | None:
    if isinstance(value, Hashtable):
        if not all(isinstance(key, str) for key in value):
            raise IllegalKey(type_name(value))
        return value.items()
    if isinstance(value, PSObject):
        return value.items()
    if isinstance(value, timedelta):
        parts = ("Days", "Hours", "Minutes", "Seconds", "Milliseconds", "Ticks")
        totals = ("TotalDays", "TotalHours", "TotalMinutes", "TotalSeconds", "TotalMilliseconds")
        names = ("Ticks", *parts[:5], *totals)
        return [(name, SPAN_PROPERTIES[name.lower()](value)) for name in names]
    return None


def dump(value: Value, depth: int, *, compress: bool) -> str:
    """The JSON text of a value."""
    return _dump(value, depth, compress, 0)


def _dump(value: Value, depth: int, compress: bool, column: int) -> str:
    scalar = _scalar(value)
    if scalar is not None:
        return scalar
    if isinstance(value, (list, *BYTES)):
        if depth < 0:
            return quoted(text_of(value))
        return _array(enumerate_value(value), depth, compress, column)
    members = _members(value)
    if members is None or depth < 0:
        return quoted(text_of(value))
    return _object(members, depth, compress, column)


def _array(items: list[Value], depth: int, compress: bool, column: int) -> str:
    if compress:
        return "[" + ",".join(_dump(v, depth - 1, True, 0) for v in items) + "]"
    if not items:
        return "[\r\n\r\n" + " " * column + "]"
    inner = column + 4
    body = ",\r\n".join(" " * inner + _dump(v, depth - 1, False, inner) for v in items)
    return "[\r\n" + body + "\r\n" + " " * column + "]"


def _object(members: list[tuple[str, Value]], depth: int, compress: bool, column: int) -> str:
    if compress:
        return (
            "{" + ",".join(f"{quoted(k)}:{_dump(v, depth - 1, True, 0)}" for k, v in members) + "}"
        )
    if not members:
        return "{\r\n\r\n" + " " * column + "}"
    inner = column + 4
    lines = []
    for key, value in members:
        name = quoted(key)
        at = inner + len(name) + 3
        lines.append(" " * inner + f"{name}:  " + _dump(value, depth - 1, False, at))
    return "{\r\n" + ",\r\n".join(lines) + "\r\n" + " " * column + "}"


def load(text: str) -> Value:
    """The objects of a JSON text; raises ValueError."""
    return _value(json.loads(text, object_pairs_hook=_pairs))


def _pairs(pairs: list[tuple[str, Any]]) -> PSObject:
    return PSObject({k: _value(v) for k, v in pairs})


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return [_value(v) for v in value]
    return value
