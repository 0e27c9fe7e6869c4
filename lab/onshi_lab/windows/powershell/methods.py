"""Methods of .NET: what they do, the parameters of each overload, and how a call picks one.

Source: about_Methods; ECMA-335's and PowerShell's rules for overloads, as far as the ones here need
them: the number of arguments decides, then types that fit as they are, then ones that convert.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from onshi_lab.windows.powershell.convert import convert, full_type_name, is_instance
from onshi_lab.windows.powershell.errors import PSError, exception, fail
from onshi_lab.windows.powershell.values import Value, enumerate_value, text_of

REST = "..."
"""What follows the type of a parameter that takes all that is left (params in C#)."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method: it gets what it is called on, and arguments of one overload's types."""

    run: Callable[[Any, list[Value]], Value]
    overloads: tuple[tuple[str, ...], ...]


def method(run: Callable[[Any, list[Value]], Value], *overloads: str) -> Method:
    """`method(run, "int", "int int")`: one text an overload, the types of its parameters."""
    return Method(run, tuple(tuple(one.split()) for one in overloads or ("",)))


def arguments_for(name: str, found: Method, given: Sequence[Value]) -> list[Value]:
    """The arguments as the overload that takes them wants them; raises PSError for none."""
    fitting = [one for one in found.overloads if _takes(one, len(given))]
    if not fitting:
        raise no_overload(name, len(given))
    exact = [one for one in fitting if all(map(_fits, given, _spread(one, len(given))))]
    failed: PSError | None = None
    for overload in [*exact, *fitting]:
        try:
            return _converted(name, overload, given)
        except PSError as error:
            failed = error
    raise failed or no_overload(name, len(given))


def no_overload(name: str, count: int) -> PSError:
    """A call with a number of arguments that no overload has."""
    return fail(
        f'Cannot find an overload for "{name}" and the argument count: "{count}".',
        "MethodCountCouldNotFindBest",
        "NotSpecified",
        "System.Management.Automation.MethodException",
    )


def _takes(overload: tuple[str, ...], count: int) -> bool:
    if overload and overload[-1].endswith(REST):
        return count >= len(overload) - 1
    return count == len(overload)


def _spread(overload: tuple[str, ...], count: int) -> list[str]:
    """The type of each of so many arguments."""
    if not overload or not overload[-1].endswith(REST):
        return list(overload)
    last = overload[-1].removesuffix(REST)
    return [*overload[:-1], *[last] * (count - len(overload) + 1)]


def _fits(value: Value, kind: str) -> bool:
    return kind == "any" or (value is not None and is_instance(value, kind))


def _converted(name: str, overload: tuple[str, ...], given: Sequence[Value]) -> list[Value]:
    rest = overload and overload[-1].endswith(REST)
    if rest and len(given) == len(overload) and isinstance(given[-1], list):
        given = [*given[:-1], *enumerate_value(given[-1])]
    kinds = _spread(overload, len(given))
    return [_one(name, value, kind) for value, kind in zip(given, kinds, strict=True)]


def _one(name: str, value: Value, kind: str) -> Value:
    if kind in ("any", "object"):
        return value
    try:
        return convert(value, kind)
    except PSError as error:
        full = full_type_name(kind)
        raise fail(
            f'Cannot convert argument, with value: "{text_of(value)}", for "{name}" to type '
            f'"{full}": "{error.record.message}"',
            "MethodArgumentConversionInvalidCastArgument",
            "NotSpecified",
            "System.Management.Automation.MethodException",
            inner=error.record.inner,
        ) from None


def call(found: Method, target: Any, name: str, given: Sequence[Value]) -> Value:
    """Calls a method; a failure inside it is a MethodInvocationException."""
    arguments = arguments_for(name, found, given)
    try:
        return found.run(target, arguments)
    except Failed as failed:
        raise failed.as_error(name, len(given)) from None


class Failed(Exception):
    """An exception that a .NET method throws; `details` are its properties, such as HResult."""

    def __init__(self, why: str, kind: str = "System.ArgumentException", **details: Any) -> None:
        super().__init__(why)
        self.why, self.kind, self.details = why, kind, details

    def as_error(self, name: str, count: int) -> PSError:
        """The error, wrapped as PowerShell wraps it."""
        return fail(
            f'Exception calling "{name}" with "{count}" argument(s): "{self.why}"',
            self.kind.rpartition(".")[2],
            "NotSpecified",
            "System.Management.Automation.MethodInvocationException",
            inner=exception(self.kind, self.why, **self.details),
        )
