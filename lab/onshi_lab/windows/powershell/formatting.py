"""Text of values: the -f operator, number and date formats, and the default view of objects.

Source: learn.microsoft.com ".NET composite formatting", "Standard numeric format strings",
"Custom date and time format strings"; about_Format.ps1xml (a table up to four properties, else a
list).
"""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from onshi_lab.windows.powershell.errors import ErrorRecord, fail
from onshi_lab.windows.powershell.values import (
    EnumValue,
    Hashtable,
    PSObject,
    Value,
    text_of,
    type_name,
)

ITEM = re.compile(r"\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^}]*))?\}|[{}]")


def format_string(pattern: str, values: list[Value]) -> str:
    """The -f operator; raises PSError for a bad pattern."""

    def one(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] is None:
            raise _bad("Input string was not in a correct format.")
        index = int(match[1])
        if index >= len(values):
            raise _bad(
                "Index (zero based) must be greater than or equal to zero "
                "and less than the size of the argument list."
            )
        formatted = format_value(values[index], match[3] or "")
        width = int(match[2] or 0)
        return formatted.rjust(width) if width >= 0 else formatted.ljust(-width)

    return ITEM.sub(one, pattern)


def _bad(why: str) -> Exception:
    return fail(f"Error formatting a string: {why}.", "FormatError", "InvalidOperation")


def format_value(value: Value, pattern: str) -> str:
    """A value in a format."""
    if not pattern:
        return text_of(value)
    if isinstance(value, bool):
        return text_of(value)
    if isinstance(value, (int, float)):
        return _number(value, pattern)
    if isinstance(value, datetime):
        return format_date(value, pattern)
    if isinstance(value, uuid.UUID):
        return {"n": value.hex, "d": str(value), "b": "{" + str(value) + "}"}.get(
            pattern.lower(), str(value)
        )
    if isinstance(value, EnumValue):
        return str(value.value) if pattern.lower() == "d" else value.name
    if isinstance(value, timedelta):
        return text_of(value)
    return text_of(value)


def _number(value: float, pattern: str) -> str:
    match = re.fullmatch(r"([a-zA-Z])(\d*)", pattern)
    if match is None:
        return _custom_number(value, pattern)
    kind, digits = match[1], int(match[2]) if match[2] else None
    if kind in "dD":
        return f"{value:0{digits or 0}d}" if value >= 0 else f"-{-value:0{digits or 0}d}"
    if kind in "xX":
        number = int(value) + (2**32 if -(2**31) <= value < 0 else 2**64 if value < 0 else 0)
        return f"{number:0{digits or 0}{kind}}"
    if kind in "nN":
        return f"{value:,.{2 if digits is None else digits}f}"
    if kind in "fF":
        return f"{value:.{2 if digits is None else digits}f}"
    if kind in "pP":
        return f"{value * 100:,.{2 if digits is None else digits}f} %"
    if kind in "gG":
        return text_of(value)
    raise _bad("Format specifier was invalid")


def _custom_number(value: float, pattern: str) -> str:
    whole, _, fraction = pattern.partition(".")
    if not re.fullmatch(r"[0#]*", whole) or not re.fullmatch(r"[0#]*", fraction):
        raise _bad("Input string was not in a correct format")
    width = whole.count("0")
    text = f"{value:.{len(fraction)}f}"
    head, _, tail = text.partition(".")
    tail = tail.rstrip("0").ljust(fraction.count("0"), "0") if fraction else ""
    return head.zfill(width) + (f".{tail}" if tail else "")


DATE_TOKENS = re.compile(
    r"yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f+|F+|tt|t|zzz|zz|z|K|'[^']*'|\\."
)
STANDARD_DATES = {
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ",
    "d": "yyyy/MM/dd",
    "g": "yyyy/MM/dd H:mm",
    "G": "yyyy/MM/dd H:mm:ss",
    "f": "yyyy/MM/dd H:mm",
    "T": "H:mm:ss",
    "t": "H:mm",
}


def format_date(value: datetime, pattern: str) -> str:
    """A DateTime in a standard or custom .NET format."""
    pattern = STANDARD_DATES.get("o" if pattern == "O" else pattern, pattern)
    offset = value.strftime("%z")
    zone = f"{offset[:3]}:{offset[3:]}" if offset else ""
    simple: dict[str, str] = {
        "yyyy": f"{value.year:04}",
        "yy": f"{value.year % 100:02}",
        "MM": f"{value.month:02}",
        "M": str(value.month),
        "MMM": value.strftime("%b"),
        "MMMM": value.strftime("%B"),
        "ddd": value.strftime("%a"),
        "dddd": value.strftime("%A"),
        "dd": f"{value.day:02}",
        "d": str(value.day),
        "HH": f"{value.hour:02}",
        "H": str(value.hour),
        "hh": f"{value.hour % 12 or 12:02}",
        "h": str(value.hour % 12 or 12),
        "mm": f"{value.minute:02}",
        "m": str(value.minute),
        "ss": f"{value.second:02}",
        "s": str(value.second),
        "tt": value.strftime("%p"),
        "t": value.strftime("%p")[:1],
        "zzz": zone,
        "zz": zone[:3],
        "z": zone[:3],
        "K": zone,
    }

    def one(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] in "fF":
            return f"{value.microsecond:06}0"[: len(token)]
        if token[0] == "'":
            return token[1:-1]
        return token[1] if token[0] == "\\" else simple[token]

    return DATE_TOKENS.sub(one, pattern)


# -- the default view --------------------------------------------------------------------------


def render(values: list[Value], width: int = 120) -> list[str]:
    """The lines that Out-Default writes for a pipeline's output."""
    lines: list[str] = []
    group: list[PSObject] = []
    for value in [*values, None]:
        item = _as_object(value)
        if item is not None and (not group or _columns(group[0]) == _columns(item)):
            group.append(item)
            continue
        if group:
            lines += _group(group, width)
            group = []
        if item is not None:
            group = [item]
        elif value is not None:
            lines += _scalar(value)
    return lines


def _scalar(value: Value) -> list[str]:
    if isinstance(value, datetime):
        return ["", format_date(value, "yyyy'年'M'月'd'日' H:mm:ss"), ""]
    if isinstance(value, (list, bytes)):
        return [line for item in value for line in _scalar(item)]
    return text_of(value).split("\n")


def _as_object(value: Value) -> PSObject | None:
    if isinstance(value, Hashtable):
        rows = [PSObject({"Name": text_of(k), "Value": v}) for k, v in value.items()]
        return PSObject({"rows": rows}, "Mock.Hashtable")
    if not isinstance(value, PSObject) or isinstance(value.native, ErrorRecord):
        return None
    plain = value.text is not None and not value.is_custom and not value.default
    if plain or not value.items():
        return None
    return value


def _columns(value: PSObject) -> tuple[str, ...]:
    return value.default or tuple(name for name, _ in value.items())


def _group(group: list[PSObject], width: int) -> list[str]:
    if group[0].type_name == "Mock.Hashtable":
        rows = [row for table in group for row in table.get("rows")]
        return _table(rows, ("Name", "Value"), width)
    columns = _columns(group[0])
    if len(columns) > 4:
        return [line for item in group for line in ["", *_list(item, columns)]] + ["", ""]
    return _table(group, columns, width)


def cell(value: Value) -> str:
    """A value in a column."""
    if isinstance(value, list):
        return "{" + ", ".join(text_of(v) for v in value) + "}"
    return text_of(value)


def _list(item: PSObject, columns: tuple[str, ...]) -> list[str]:
    longest = max(len(c) for c in columns)
    return [f"{name:<{longest}} : {cell(item.get(name))}" for name in columns]


def _table(rows: list[PSObject], columns: tuple[str, ...], width: int) -> list[str]:
    cells = [[cell(row.get(name)) for name in columns] for row in rows]
    widths = [
        max(len(name), *(len(c[n]) for c in cells)) if cells else len(name)
        for n, name in enumerate(columns)
    ]
    head = " ".join(name.ljust(w) for name, w in zip(columns, widths, strict=True))
    rule = " ".join(
        "-" * len(name) + " " * (w - len(name)) for name, w in zip(columns, widths, strict=True)
    )
    body = [" ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    return ["", *(line[:width].rstrip() for line in [head, rule, *body]), "", ""]


def format_list(values: list[Value]) -> list[str]:
    """Format-List."""
    lines: list[str] = [""]
    for value in values:
        item: Any = _as_object(value)
        lines += (
            _list(item, tuple(n for n, _ in item.items())) if item is not None else _scalar(value)
        )
        lines.append("")
    return [*lines, ""]


def format_table(values: list[Value], columns: tuple[str, ...] = ()) -> list[str]:
    """Format-Table."""
    rows = [v for v in values if isinstance(v, PSObject)]
    return _table(rows, columns or _columns(rows[0]), 120) if rows else []


__all__ = [
    "cell",
    "format_date",
    "format_list",
    "format_string",
    "format_table",
    "format_value",
    "render",
    "type_name",
]
