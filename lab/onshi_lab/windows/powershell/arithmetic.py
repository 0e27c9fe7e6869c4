"""Arithmetic on numbers, with the types that PowerShell gives its results.

Source: the answers of a real engine for every pair of types (PowerShell 7.6, which agrees with
about_Arithmetic_Operators of 5.1): the wider of two types computes, small ones as Int32; what
doesn't fit in that type becomes a Double. Types that neither a script of the product nor a client
computes with (UInt64, an enumeration's arithmetic) are refused by name.
"""

import math
from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

from onshi_lab.windows.powershell.convert import to_number
from onshi_lab.windows.powershell.errors import PSError, exception, fail, unsupported
from onshi_lab.windows.powershell.values import (
    Int64,
    Sized,
    UInt32,
    UInt64,
    Value,
)

Number = Any
"""int, Sized, float or Decimal."""
INT32 = (-(2**31), 2**31 - 1)
UINT32 = (0, 2**32 - 1)
INT64 = (-(2**63), 2**63 - 1)
DECIMAL = Context(prec=28)
"""A Decimal has 96 bits, so 28 to 29 digits."""


def operands(left: Value, right: Value) -> tuple[Number, Number]:
    """Both sides as numbers; raises PSError where one has none."""
    kind = "System.Double" if isinstance(left, float) else "System.Int32"
    return to_number(left), to_number(right, kind)


def is_long(number: Number) -> bool:
    """Whether an integer is an Int64."""
    return isinstance(number, Int64) or not (
        isinstance(number, Sized) or INT32[0] <= number <= INT32[1]
    )


def sized(number: int, *, long: bool) -> Number:
    """An integer of a type: Int32 or Int64."""
    return Int64(number) if long else number


def _whole(result: int, left: Number, right: Number) -> Number:
    """The result of integers in the wider one's type, a Double where it doesn't fit."""
    if isinstance(left, UInt64) or isinstance(right, UInt64):
        raise unsupported("arithmetic on UInt64")
    made, (low, high) = _wider(left, right)
    return made(result) if low <= result <= high else float(result)


def _wider(left: Number, right: Number) -> tuple[type[int], tuple[int, int]]:
    """The type of two that computes, and its range."""
    if is_long(left) or is_long(right):
        return Int64, INT64
    if isinstance(left, UInt32) or isinstance(right, UInt32):
        return UInt32, UINT32
    return int, INT32


def compute(name: str, left: Value, right: Value) -> Number:
    """`left name right` for + - * / %; raises PSError."""
    one, other = operands(left, right)
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return _decimal(name, one, other)
    if isinstance(one, float) or isinstance(other, float):
        return _double(name, float(one), float(other))
    if name in ("/", "%"):
        return _quotient(name, one, other)
    result: int = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}[name](int(one), int(other))
    return _whole(result, one, other)


def _quotient(name: str, left: Number, right: Number) -> Number:
    if right == 0:
        raise by_zero()
    if name == "%":
        return _whole(int(math.copysign(abs(left) % abs(right), left)), left, right)
    if left % right:
        return left / right
    return _whole(left // right, left, right)


def _double(name: str, left: float, right: float) -> float:
    if name in ("/", "%") and right == 0:
        raise unsupported("a Double divided by zero")
    actions: dict[str, Callable[[float, float], float]] = {
        "+": float.__add__,
        "-": float.__sub__,
        "*": float.__mul__,
        "/": float.__truediv__,
        "%": math.fmod,
    }
    return actions[name](left, right)


def _decimal(name: str, left: Number, right: Number) -> Decimal:
    one, other = (Decimal(repr(v)) if isinstance(v, float) else Decimal(v) for v in (left, right))
    if name in ("/", "%") and other == 0:
        raise by_zero()
    actions = {
        "+": DECIMAL.add,
        "-": DECIMAL.subtract,
        "*": DECIMAL.multiply,
        "/": DECIMAL.divide,
        "%": DECIMAL.remainder,
    }
    return actions[name](one, other)


def by_zero() -> PSError:
    """Division by zero."""
    kind = "System.DivideByZeroException"
    return fail(
        "Attempted to divide by zero.",
        "RuntimeException",
        "NotSpecified",
        inner=exception(kind, "Attempted to divide by zero."),
    )


def negative(value: Value) -> Number:
    """Unary minus."""
    number = to_number(value)
    if isinstance(number, (float, Decimal)):
        return -number
    return _whole(-int(number), number, 0)


def bits(name: str, left: Value, right: Value) -> Number:
    """The bitwise operators (about_Bitwise_Operators); a shift counts in its left side's width."""
    one, other = operands(left, right)
    if not (isinstance(one, int) and isinstance(other, int)):
        raise unsupported(f"{name} with a number that isn't whole")
    if isinstance(one, UInt64) or isinstance(other, UInt64):
        raise unsupported(f"{name} on UInt64")
    if name in ("-shl", "-shr"):
        long = is_long(one)
        count = int(other) & (63 if long else 31)
        shifted = int(one) << count if name == "-shl" else int(one) >> count
        return sized(_wrapped(shifted, 64 if long else 32), long=long)
    actions = {"-band": int.__and__, "-bor": int.__or__, "-bxor": int.__xor__}
    result: int = actions[name](int(one), int(other))
    unsigned = isinstance(one, UInt32) or isinstance(other, UInt32)
    if is_long(one) or is_long(other):
        return Int64(result)
    return UInt32(result) if unsigned and result >= 0 else result


def _wrapped(number: int, width: int) -> int:
    number &= (1 << width) - 1
    return number - (1 << width) if number >> (width - 1) else number


def inverted(value: Value) -> Number:
    """-bnot."""
    number = to_number(value)
    if not isinstance(number, int) or isinstance(number, (UInt32, UInt64)):
        raise unsupported("-bnot of this number")
    return sized(~int(number), long=is_long(number))


def truncated(number: Number) -> int:
    """A number without its fraction."""
    return int(number.to_integral_value(ROUND_DOWN)) if isinstance(number, Decimal) else int(number)
