"""Text of values: the -f operator, number and date formats, and the default view of objects.

Source: learn.microsoft.com ".NET composite formatting", "Standard numeric format strings",
"Custom date and time format strings"; about_Format.ps1xml (a table up to four properties, else a
list).
"""

import re
import uuid
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from onshi_lab.windows.powershell.errors import ErrorRecord, PSError, fail, unsupported
from onshi_lab.windows.powershell.values import (
    BYTES,
    EnumValue,
    Hashtable,
    PSObject,
    Sized,
    TypeValue,
    Value,
    object_text,
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


def _bad(why: str) -> PSError:
    return fail(f"Error formatting a string: {why}.", "FormatError", "InvalidOperation")


def format_value(value: Value, pattern: str) -> str:
    """A value in a format; values without formats ignore it."""
    if not pattern or isinstance(value, bool):
        return object_text(value)
    if isinstance(value, (int, float, Decimal)):
        return _number(value, pattern)
    if isinstance(value, datetime):
        return format_date(value, pattern)
    if isinstance(value, uuid.UUID):
        return {"n": value.hex, "d": str(value), "b": "{" + str(value) + "}"}.get(
            pattern.lower(), str(value)
        )
    if isinstance(value, EnumValue):
        return str(value.value) if pattern.lower() == "d" else value.name
    if isinstance(value, timedelta) and pattern not in ("c", "t", "T"):
        raise unsupported(f"the format {pattern} of a TimeSpan")
    return object_text(value)


def _number(value: float | Decimal, pattern: str) -> str:
    match = re.fullmatch(r"([a-zA-Z])(\d*)", pattern)
    if match is None:
        return _custom_number(value, pattern)
    kind, digits = match[1].upper(), int(match[2]) if match[2] else None
    if kind in "DX" and not isinstance(value, int):
        raise _bad("Format specifier was invalid")
    if kind == "D":
        return f"{'-' if value < 0 else ''}{abs(int(value)):0{digits or 0}d}"
    if kind == "X":
        return f"{_unsigned(value):0{digits or 0}{match[1]}}"
    if kind == "P":
        return f"{_fixed(value * 100, 2 if digits is None else digits)}%"
    if kind in "NF":
        text = _fixed(value, 2 if digits is None else digits)
        return text if kind == "N" else text.replace(",", "")
    if kind == "G" and digits is None:
        return text_of(value)
    raise unsupported(f"the number format {pattern}")


def _fixed(value: float | Decimal, digits: int) -> str:
    """A number with so many decimals, halves away from zero, and groups of three."""
    exact = Decimal(text_of(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{exact:,f}"


def _unsigned(value: Value) -> int:
    """A whole number's bits in the width of its type."""
    width = {"System.Byte": 8, "System.SByte": 8, "System.Int16": 16, "System.Int64": 64}
    if isinstance(value, Sized):
        bits = width.get(type_name(value), 32)
    else:
        bits = 32 if -(2**31) <= value < 2**31 else 64
    return int(value) & ((1 << bits) - 1) if value < 0 else int(value)


def _custom_number(value: float | Decimal, pattern: str) -> str:
    whole, _, fraction = pattern.partition(".")
    grouped = whole.replace("#,##", "")
    if not re.fullmatch(r"[0#]*", grouped) or not re.fullmatch(r"[0#]*", fraction):
        raise unsupported(f"the number format {pattern}")
    width = whole.count("0")
    text = _fixed(value, len(fraction))
    head, _, tail = (text if grouped != whole else text.replace(",", "")).partition(".")
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
"""Standard formats, those of a culture as ja-JP has them."""


def format_date(value: datetime, pattern: str) -> str:
    """A DateTime in a standard or custom .NET format."""
    pattern = STANDARD_DATES.get("o" if pattern == "O" else pattern, pattern)
    if len(pattern) == 1:
        raise unsupported(f"the date format {pattern}")
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
        "K": "Z" if value.utcoffset() == timedelta(0) else zone,
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
    if isinstance(value, (list, *BYTES)):
        raise unsupported("the default view of an array in an array")
    if isinstance(value, (TypeValue, timedelta)):
        raise unsupported(f"the default view of {type_name(value)}")
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


__all__ = [
    "cell",
    "format_date",
    "format_string",
    "format_value",
    "render",
]
