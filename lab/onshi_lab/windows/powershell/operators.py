"""Operators (about_Operators, about_Comparison_Operators, about_Split, about_Join)."""

import fnmatch
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from onshi_lab.windows.powershell.arithmetic import bits, compute, inverted, negative
from onshi_lab.windows.powershell.convert import ENUMS, convert, is_instance, to_number
from onshi_lab.windows.powershell.errors import PSError, fail, unsupported
from onshi_lab.windows.powershell.formatting import format_string
from onshi_lab.windows.powershell.session import Scope, Session
from onshi_lab.windows.powershell.values import (
    BYTES,
    Char,
    EnumValue,
    Hashtable,
    PSObject,
    ScriptBlock,
    TypedArray,
    TypeValue,
    Value,
    as_list,
    enumerate_value,
    joined,
    text_of,
    truthy,
    type_name,
)


def unary(session: Session, operator: str, value: Value) -> Value:  # noqa: ARG001
    """An operator before its operand."""
    if operator in ("-not", "!"):
        return not truthy(value)
    if operator == "-":
        return -value if isinstance(value, timedelta) else negative(value)
    if operator == "+":
        return to_number(value)
    if operator == "-bnot":
        return inverted(value)
    if operator == ",":
        return [value]
    if operator == "-join":
        return joined(value, "")
    if operator in ("-split", "-isplit", "-csplit"):
        parts = [part for v in as_list(value) for part in text_of(v).split()]
        return TypedArray(parts, "System.String")
    raise unsupported(f"operator {operator}")


def collation(text: str, *, sensitive: bool = True) -> tuple[Any, ...]:
    """What orders strings as a culture does: symbols, digits, letters; small before capital ones.

    Windows' own tables (NLS) are finer; the lab orders no names that differ otherwise.
    """
    letters = tuple((c.isalnum() + c.isalpha(), c.lower()) for c in text)
    return (letters, tuple(c.isupper() for c in text)) if sensitive else (letters,)


def compare(left: Value, right: Value, *, sensitive: bool = False) -> int | None:
    """-1, 0 or 1, with the right side converted to the left's type; None: not comparable.

    Raises PSError where the right side can't be converted.
    """
    if left is None or right is None:
        return _with_null(left, right)
    left, right = _same_type(left, right)
    if isinstance(left, str) and isinstance(right, str):
        if left == right or (not sensitive and left.lower() == right.lower()):
            return 0
        one, other = (collation(v, sensitive=sensitive) for v in (left, right))
        return -1 if one < other else 1
    if isinstance(left, EnumValue) and isinstance(right, EnumValue):
        return (left.value > right.value) - (left.value < right.value)
    try:
        return int(left > right) - int(left < right) if left != right else 0
    except TypeError:
        return None


def _with_null(left: Value, right: Value) -> int:
    """Null is less than anything but a negative number."""
    if left is None and right is None:
        return 0
    given, sign = (right, -1) if left is None else (left, 1)
    below = isinstance(given, (int, float, Decimal)) and given < 0
    return -sign if below else sign


def _same_type(left: Value, right: Value) -> tuple[Value, Value]:
    if isinstance(left, EnumValue):
        return left, convert(right, left.type_name)
    if isinstance(left, bool):
        return left, truthy(right)
    if isinstance(left, Char):
        return left, convert(right, "System.Char")
    if isinstance(left, (int, float, Decimal)):
        number = to_number(right, f"System.{'Double' if isinstance(left, float) else 'Int32'}")
        return (float(left), number) if isinstance(number, float) else (left, number)
    if isinstance(left, str):
        return str(left), text_of(right)
    if isinstance(left, datetime):
        # .NET compares the clock faces, whatever their kinds
        return left.replace(tzinfo=None), convert(right, "System.DateTime").replace(tzinfo=None)
    if isinstance(left, timedelta):
        return left, convert(right, "System.TimeSpan")
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
    try:
        return compare(left, right, sensitive=sensitive) == 0
    except PSError:
        return False


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
    if isinstance(left, (list, *BYTES)):
        found = [v for v in enumerate_value(left) if test(v, right, sensitive) == wanted]
        return [text_of(v) for v in found] if name.endswith("like") else found
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
    if len(parts) > 1 and isinstance(parts[1], ScriptBlock):
        raise unsupported("-replace with a script block")  # 6.1 and newer
    pattern = compile_regex(text_of(parts[0]), 0 if sensitive else re.I)
    raw = text_of(parts[1]) if len(parts) > 1 else ""
    template = replacement(pattern, raw)

    def one(value: Value) -> str:
        return pattern.sub(template, text_of(value))

    return [one(v) for v in left] if isinstance(left, list) else one(left)


def replacement(pattern: re.Pattern[str], raw: str) -> Callable[[re.Match[str]], str]:
    """What a replacement pattern puts in a match's place (.NET: Substitutions in regex).

    `$n` and `${name}` of a group that there isn't stand for themselves.
    """

    def group(found: re.Match[str], token: re.Match[str]) -> str:
        if token[0] == "$$":
            return "$"
        name = token[1].strip("{}")
        known = int(name) <= pattern.groups if name.isdigit() else name in pattern.groupindex
        return (found[int(name) if name.isdigit() else name] or "") if known else token[0]

    return lambda found: re.sub(r"\$(\d+|\{\w+\})|\$\$", lambda t: group(found, t), raw)


def _split(left: Value, right: Value, sensitive: bool) -> Value:
    parts = as_list(right)
    limit = int(to_number(parts[1])) if len(parts) > 1 else 0
    options = text_of(parts[2]).lower() if len(parts) > 2 else ""
    if limit < 0 or isinstance(parts[0], ScriptBlock):
        raise unsupported("-split from the end or by a script block")
    raw = text_of(parts[0])
    pattern = compile_regex(re.escape(raw) if options else raw, 0 if sensitive else re.I)
    if options not in ("", "simplematch"):
        raise unsupported(f"-split with {options}")
    found = [p or "" for v in as_list(left) for p in _parts(pattern, text_of(v), limit)]
    return TypedArray(found, "System.String")


def _parts(pattern: re.Pattern[str], text: str, limit: int) -> list[str]:
    return [text] if limit == 1 else pattern.split(text, max(0, limit - 1))


def _contains(left: Value, right: Value, sensitive: bool) -> bool:
    return any(_equal(v, right, sensitive) for v in as_list(left))


def _add(left: Value, right: Value) -> Value:
    if left is None:
        return right
    if isinstance(left, (list, *BYTES)):
        return [*enumerate_value(left), *enumerate_value(right)]
    if isinstance(left, Hashtable):
        return _merged(left, right)
    if isinstance(left, str):
        return str(left) + text_of(right)
    if isinstance(left, datetime):
        return left + convert(right, "System.TimeSpan")
    if isinstance(left, timedelta):
        return left + convert(right, "System.TimeSpan")
    _numeric("op_Addition", left, right)
    return compute("+", left, right)


def _merged(left: Hashtable, right: Value) -> Hashtable:
    if not isinstance(right, Hashtable):
        message = "A hash table can only be added to another hash table."
        raise fail(message, "AddHashTableToNonHashTable")
    if any(key in left for key in right):
        raise fail(
            "Item has already been added.",
            "System.ArgumentException",
            "OperationStopped",
            "System.ArgumentException",
        )
    return Hashtable([*left.items(), *right.items()], ordered=left.ordered)


def _numeric(name: str, left: Value, right: Value) -> None:
    """Raises PSError where a side is no number, and where the lab's subset ends."""
    if isinstance(left, EnumValue):
        raise unsupported("arithmetic on an enumeration")
    for side in (left, right):
        if isinstance(side, (PSObject, Hashtable, list, datetime, timedelta, *BYTES)):
            kind = type_name(side)
            message = f"Method invocation failed because [{kind}] does not contain a method named "
            raise fail(f"{message}'{name}'.", "MethodNotFound", target=name)


def _subtract(left: Value, right: Value) -> Value:
    if isinstance(left, datetime):
        if isinstance(right, datetime):
            return left.replace(tzinfo=None) - right.replace(tzinfo=None)
        return left - convert(right, "System.TimeSpan")
    if isinstance(left, timedelta):
        return left - convert(right, "System.TimeSpan")
    _numeric("op_Subtraction", left, right)
    return compute("-", left, right)


def _multiply(left: Value, right: Value) -> Value:
    if left is None:
        return None
    if isinstance(left, (bool, Char)):
        raise _undefined(left, right)
    if isinstance(left, (str, list)):
        kind = "System.UInt32" if isinstance(left, list) else "System.Int32"
        return _repeated(left, convert(right, kind))
    _numeric("op_Multiply", left, right)
    return compute("*", left, right)


def _undefined(left: Value, right: Value) -> PSError:
    """A Boolean or a Char multiplied."""
    if isinstance(right, str) and not isinstance(right, Char):
        kind = type_name(left)
        message = f"Method invocation failed because [{kind}] does not contain a method named "
        return fail(f"{message}'op_Multiply'.", "MethodNotFound", target="op_Multiply")
    message = f'The operation "[{type_name(left)}] * [{type_name(right)}]" is not defined.'
    return fail(message, "NotADefinedOperationForType")


LONGEST = 10_000_000


def _repeated(value: str | list[Value], count: int) -> Value:
    if count < 0:
        kind = "System.ArgumentOutOfRangeException"
        raise fail("Non-negative number required.", kind, "OperationStopped", kind)
    if len(value) * count > LONGEST:
        raise unsupported(f"{LONGEST} characters or elements and more")
    return value * count


def _divide(left: Value, right: Value) -> Value:
    _numeric("op_Division", left, right)
    return compute("/", left, right)


def _modulo(left: Value, right: Value) -> Value:
    _numeric("op_Modulus", left, right)
    return compute("%", left, right)


def _range(left: Value, right: Value) -> Value:
    start, end = int(to_number(left)), int(to_number(right))
    return list(range(start, end + 1)) if start <= end else list(range(start, end - 1, -1))


def _bits(name: str) -> Callable[[Value, Value], Value]:
    def run(left: Value, right: Value) -> Value:
        if not isinstance(left, EnumValue):
            return bits(name, left, right)
        number = right.value if isinstance(right, EnumValue) else _enum_number(left, right)
        return convert(bits(name, left.value, number), left.type_name)

    return run


def _enum_number(left: EnumValue, right: Value) -> Value:
    if isinstance(right, str) and left.type_name.lower() in ENUMS:
        return convert(right, left.type_name).value
    return to_number(right)


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
    "-f": lambda left, right: format_string(text_of(left), enumerate_value(right)),
    "-join": lambda left, right: joined(left, text_of(right)),
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
