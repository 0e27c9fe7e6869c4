"""Operators (about_Operators, about_Comparison_Operators, about_Split, about_Join)."""

import fnmatch
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from onshi_lab.windows.powershell.convert import convert, is_instance, to_number
from onshi_lab.windows.powershell.errors import PSError, fail, unsupported
from onshi_lab.windows.powershell.formatting import format_string
from onshi_lab.windows.powershell.session import Scope, Session
from onshi_lab.windows.powershell.values import (
    Char,
    EnumValue,
    Hashtable,
    PSList,
    PSObject,
    TypeValue,
    Value,
    as_list,
    text_of,
    truthy,
    type_name,
)


def unary(session: Session, operator: str, value: Value) -> Value:  # noqa: ARG001
    """An operator before its operand."""
    if operator in ("-not", "!"):
        return not truthy(value)
    if operator == "-":
        return -to_number(value)
    if operator == "+":
        return to_number(value)
    if operator == "-bnot":
        return ~int(to_number(value))
    if operator == ",":
        return [value]
    if operator == "-join":
        return "".join(text_of(v) for v in as_list(value))
    if operator in ("-split", "-isplit", "-csplit"):
        return [part for v in as_list(value) for part in text_of(v).split()]
    raise unsupported(f"operator {operator}")


def compare(left: Value, right: Value, *, sensitive: bool = False) -> int | None:
    """-1, 0 or 1, with the right side converted to the left's type; None: not comparable."""
    if left is None or right is None:
        if left is None and right is None:
            return 0
        return -1 if left is None else 1
    try:
        left, right = _same_type(left, right)
    except PSError:
        return None
    if isinstance(left, str) and isinstance(right, str):
        if not sensitive:
            left, right = left.lower(), right.lower()
        return int(left > right) - int(left < right)
    if isinstance(left, EnumValue) and isinstance(right, EnumValue):
        return (left.value > right.value) - (left.value < right.value)
    try:
        return int(left > right) - int(left < right) if left != right else 0
    except TypeError:
        return None


def _same_type(left: Value, right: Value) -> tuple[Value, Value]:
    if isinstance(left, EnumValue):
        return left, convert(right, left.type_name)
    if isinstance(left, bool):
        return left, truthy(right)
    if isinstance(left, (int, float)):
        return left, to_number(right)
    if isinstance(left, str):
        return str(left), text_of(right)
    if isinstance(left, (datetime, timedelta)):
        return left, convert(right, type_name(left))
    if isinstance(left, PSObject) and isinstance(left.native, tuple):
        other = convert(right, "System.Version")
        return left.native, other.native
    if isinstance(left, PSObject) and left.type_name == "System.Net.IPAddress":
        return text_of(left), text_of(right)
    return left, right


def _equal(left: Value, right: Value, sensitive: bool) -> bool:
    if isinstance(left, (PSObject, Hashtable)) and not isinstance(
        getattr(left, "native", None), tuple
    ):
        return left is right or (
            isinstance(left, PSObject) and left.text is not None and text_of(left) == text_of(right)
        )
    return compare(left, right, sensitive=sensitive) == 0


def _ordered(check: Callable[[int], bool]) -> Callable[[Value, Value, bool], bool]:
    def test(left: Value, right: Value, sensitive: bool) -> bool:
        result = compare(left, right, sensitive=sensitive)
        if result is None:
            raise fail(
                f'Cannot compare "{text_of(left)}" to "{text_of(right)}" '
                f"because the objects are not the same type "
                f'or the object "{text_of(left)}" does not implement "IComparable".',
                "NotIcomparable",
            )
        return check(result)

    return test


def wildcard(pattern: str, value: str, *, sensitive: bool = False) -> bool:
    """Whether a value matches a wildcard pattern (about_Wildcards)."""
    escaped = re.sub(r"`([\[\]*?])", lambda m: "[" + m[1] + "]" if m[1] in "*?[" else m[1], pattern)
    if not sensitive:
        escaped, value = escaped.lower(), value.lower()
    return fnmatch.fnmatchcase(value, escaped)


def _like(left: Value, right: Value, sensitive: bool) -> bool:
    return wildcard(text_of(right), text_of(left), sensitive=sensitive)


FILTERS: dict[str, tuple[Callable[[Value, Value, bool], bool], bool]] = {
    "eq": (_equal, True),
    "ne": (_equal, False),
    "gt": (_ordered(lambda r: r > 0), True),
    "ge": (_ordered(lambda r: r >= 0), True),
    "lt": (_ordered(lambda r: r < 0), True),
    "le": (_ordered(lambda r: r <= 0), True),
    "like": (_like, True),
    "notlike": (_like, False),
}
"""Operators that filter an array on their left."""


def _filter(name: str, sensitive: bool, left: Value, right: Value) -> Value:
    test, wanted = FILTERS[name]
    if isinstance(left, list):
        return [v for v in left if test(v, right, sensitive) == wanted]
    return test(left, right, sensitive) == wanted


def dotnet_regex(pattern: str) -> str:
    """A .NET regular expression as Python takes it: named groups differ."""
    return re.sub(r"\(\?<(?![=!])([^>]+)>", r"(?P<\1>", pattern)


def compile_regex(pattern: str, flags: int) -> re.Pattern[str]:
    """A compiled pattern; raises PSError for a bad one."""
    try:
        return re.compile(dotnet_regex(pattern), flags)
    except re.error as error:
        raise fail(
            f'parsing "{pattern}" - {error}',
            "System.ArgumentException",
            "OperationStopped",
            "System.ArgumentException",
        ) from error


def _match(scope: Scope, negate: bool, sensitive: bool, left: Value, right: Value) -> Value:
    pattern = compile_regex(text_of(right), 0 if sensitive else re.I)
    if isinstance(left, list):
        return [v for v in left if (pattern.search(text_of(v)) is None) == negate]
    found = pattern.search(text_of(left))
    if found is not None:
        groups: list[tuple[Value, Value]] = [
            (n, g) for n, g in enumerate((found[0], *found.groups())) if g is not None
        ]
        groups += [(k, v) for k, v in found.groupdict().items() if v is not None]
        scope.variables["matches"] = Hashtable(groups)
    return (found is None) == negate


def _replace(left: Value, right: Value, sensitive: bool) -> Value:
    parts = as_list(right)
    pattern = compile_regex(text_of(parts[0]), 0 if sensitive else re.I)
    raw = text_of(parts[1]) if len(parts) > 1 else ""
    template = re.sub(r"\$(\d+|\{\w+\})|\$\$|\\", _template, raw)

    def one(value: Value) -> str:
        return pattern.sub(template, text_of(value))

    return [one(v) for v in left] if isinstance(left, list) else one(left)


def _template(match: re.Match[str]) -> str:
    found = match[0]
    if found == "\\":
        return "\\\\"
    return "$" if found == "$$" else f"\\g<{found[1:].strip('{}')}>"


def _split(left: Value, right: Value, sensitive: bool) -> Value:
    parts = as_list(right)
    limit = int(to_number(parts[1])) if len(parts) > 1 else 0
    options = text_of(parts[2]).lower() if len(parts) > 2 else ""
    raw = text_of(parts[0])
    source = re.escape(raw) if "simplematch" in options else raw
    pattern = compile_regex(source, 0 if sensitive else re.I)
    return [p for v in as_list(left) for p in pattern.split(text_of(v), max(0, limit - 1))]


def _contains(left: Value, right: Value, sensitive: bool) -> bool:
    return any(_equal(v, right, sensitive) for v in as_list(left))


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, list) and not isinstance(left, PSList):
        return [*left, *(right if isinstance(right, list) else [right])]
    if isinstance(left, (PSList, bytes)):
        return [*left, *as_list(list(right) if isinstance(right, bytes) else right)]
    if isinstance(left, Hashtable) and isinstance(right, Hashtable):
        return Hashtable([*left.items(), *right.items()], ordered=left.ordered)
    if left is None:
        return right
    if isinstance(left, (Char, str)):
        return str(left) + text_of(right)
    if isinstance(left, datetime) and isinstance(right, timedelta):
        return left + right
    if isinstance(left, timedelta):
        return left + convert(right, "System.TimeSpan")
    _numeric("op_Addition", left)
    return to_number(left) + to_number(right)


def _numeric(name: str, left: Value) -> None:
    if isinstance(left, (PSObject, Hashtable)):
        raise fail(
            (
                f"Method invocation failed because [{type_name(left)}] does "
                f"not contain a method named '{name}'."
            ),
            "MethodNotFound",
            target=name,
        )


def _subtract(left: Value, right: Value) -> Value:
    if isinstance(left, datetime):
        return left - (
            right if isinstance(right, (datetime, timedelta)) else convert(right, "System.TimeSpan")
        )
    if isinstance(left, timedelta):
        return left - convert(right, "System.TimeSpan")
    _numeric("op_Subtraction", left)
    return to_number(left) - to_number(right)


def _multiply(left: Value, right: Value) -> Value:
    if isinstance(left, str):
        return left * int(to_number(right))
    if isinstance(left, list):
        return left * int(to_number(right))
    _numeric("op_Multiply", left)
    return to_number(left) * to_number(right)


def _divide(left: Value, right: Value) -> Value:
    divisor = to_number(right)
    if divisor == 0:
        raise fail(
            "Attempted to divide by zero.",
            "RuntimeException",
            "NotSpecified",
            "System.DivideByZeroException",
        )
    result = to_number(left) / divisor
    return (
        int(result)
        if result == int(result) and isinstance(to_number(left), int) and isinstance(divisor, int)
        else result
    )


def _modulo(left: Value, right: Value) -> Value:
    divisor = to_number(right)
    if divisor == 0:
        raise fail(
            "Attempted to divide by zero.",
            "RuntimeException",
            "NotSpecified",
            "System.DivideByZeroException",
        )
    number = to_number(left)
    return number - divisor * int(number / divisor)


def _range(left: Value, right: Value) -> Value:
    start, end = int(to_number(left)), int(to_number(right))
    return list(range(start, end + 1)) if start <= end else list(range(start, end - 1, -1))


def _bits(name: str) -> Callable[[Value, Value], Value]:
    actions: dict[str, Callable[[int, int], int]] = {
        "-band": lambda a, b: a & b,
        "-bor": lambda a, b: a | b,
        "-bxor": lambda a, b: a ^ b,
        "-shl": lambda a, b: a << b,
        "-shr": lambda a, b: a >> b,
    }

    def run(left: Value, right: Value) -> Value:
        if isinstance(left, EnumValue):
            right = convert(right, left.type_name)
            return convert(actions[name](left.value, right.value), left.type_name)
        return actions[name](int(to_number(left)), int(to_number(right)))

    return run


def _type_name(value: Value) -> str:
    return value.name if isinstance(value, TypeValue) else text_of(value)


def _as(left: Value, right: Value) -> Value:
    try:
        return convert(left, _type_name(right))
    except PSError:
        return None


def _type_or_null(session: Session, scope: Scope, left: Value) -> Value:
    from onshi_lab.windows.powershell.expressions import Env, resolve_type

    try:
        return TypeValue(resolve_type(Env(session, scope, b""), _type_name(left)))
    except PSError:
        return None


PLAIN: dict[str, Callable[[Value, Value], Value]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _modulo,
    "..": _range,
    "-f": lambda left, right: format_string(
        text_of(left), as_list(right) if right is not None else [None]
    ),
    "-join": lambda left, right: text_of(right).join(text_of(v) for v in as_list(left)),
    "-is": lambda left, right: is_instance(left, _type_name(right)),
    "-isnot": lambda left, right: not is_instance(left, _type_name(right)),
    "-as": _as,
    "-xor": lambda left, right: truthy(left) != truthy(right),
    **{name: _bits(name) for name in ("-band", "-bor", "-bxor", "-shl", "-shr")},
}
NAMED = re.compile(
    r"-([ci]?)(eq|ne|gt|ge|lt|le|like|notlike|match|notmatch|replace|split|contains|notcontains|in|notin)$"
)


def binary(session: Session, scope: Scope, operator: str, left: Value, right: Value) -> Value:
    """An operator between two operands."""
    if operator == "-as" and _type_name(right) in ("System.Type", "type"):
        return _type_or_null(session, scope, left)
    if operator in PLAIN:
        return PLAIN[operator](left, right)
    match = NAMED.match(operator)
    if match is None:
        raise unsupported(f"operator {operator}")
    sensitive, name = match[1] == "c", match[2]
    if name in FILTERS:
        return _filter(name, sensitive, left, right)
    if name in ("match", "notmatch"):
        return _match(scope, name == "notmatch", sensitive, left, right)
    actions: dict[str, Any] = {
        "replace": lambda: _replace(left, right, sensitive),
        "split": lambda: _split(left, right, sensitive),
        "contains": lambda: _contains(left, right, sensitive),
        "notcontains": lambda: not _contains(left, right, sensitive),
        "in": lambda: _contains(right, left, sensitive),
        "notin": lambda: not _contains(right, left, sensitive),
    }
    return actions[name]()
