"""Parameter binding: from the words after a command to values of its parameters.

Source: about_Parameters, about_Parameter_Sets, and the texts of Windows PowerShell 5.1's
ParameterBinderStrings resource. Every mismatch is a ParameterBindingException.
"""

from dataclasses import dataclass
from typing import Any

from onshi_lab.windows.powershell.cmdlet import Parameter
from onshi_lab.windows.powershell.convert import convert, full_type_name
from onshi_lab.windows.powershell.errors import PSError, fail
from onshi_lab.windows.powershell.values import (
    MISSING,
    Hashtable,
    PSObject,
    Value,
    text_of,
    truthy,
)

BINDING = "System.Management.Automation.ParameterBindingException"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command: `-Name`, `-Name:value` or an argument."""

    value: Value = MISSING
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is being bound: the command's name, its parameters, the id of its errors."""

    name: str
    parameters: tuple[Parameter, ...]
    error_suffix: str

    def error(self, message: str, error_id: str, parameter: str = "") -> PSError:
        """A binding error of this command."""
        return fail(
            message,
            f"{error_id},{self.error_suffix}",
            "InvalidArgument",
            BINDING,
            parameter or None,
            activity=self.name,
            details={"ParameterName": parameter},
        )


def resolve(target: Target, name: str) -> Parameter:
    """The parameter of a full, unique short, or alias name; raises PSError."""
    wanted = name.lower()
    for parameter in target.parameters:
        if wanted == parameter.name.lower() or wanted in (a.lower() for a in parameter.aliases):
            return parameter
    found = [
        p
        for p in target.parameters
        if any(n.lower().startswith(wanted) for n in (p.name, *p.aliases))
    ]
    if not found:
        raise target.error(
            f"A parameter cannot be found that matches parameter name '{name}'.",
            "NamedParameterNotFound",
            name,
        )
    if len(found) > 1:
        names = " ".join(f"-{p.name}" for p in found)
        raise target.error(
            f"Parameter cannot be processed because the parameter name '{name}' is ambiguous. "
            f"Possible matches include: {names}.",
            "AmbiguousParameter",
            name,
        )
    return found[0]


def bind(target: Target, words: list[Word]) -> dict[str, Value]:
    """The values by lower-case name, mandatory ones not checked yet; raises PSError."""
    bound: dict[str, Value] = {}
    loose: list[Value] = []
    waiting: Parameter | None = None
    for word in words:
        if word.parameter is None:
            if waiting is not None:
                _put(target, bound, waiting, word.value)
                waiting = None
            else:
                loose.append(word.value)
            continue
        if waiting is not None:
            raise _missing_argument(target, waiting)
        parameter = resolve(target, word.parameter)
        if word.value is not MISSING:
            _put(target, bound, parameter, word.value)
        elif parameter.is_switch:
            _put(target, bound, parameter, True)
        else:
            waiting = parameter
    if waiting is not None:
        raise _missing_argument(target, waiting)
    _positional(target, bound, loose)
    return bound


def _missing_argument(target: Target, parameter: Parameter) -> PSError:
    return target.error(
        f"Missing an argument for parameter '{parameter.name}'. Specify a parameter of type "
        f"'{full_type_name(parameter.type)}' and try again.",
        "MissingArgument",
        parameter.name,
    )


def _put(target: Target, bound: dict[str, Value], parameter: Parameter, value: Value) -> None:
    key = parameter.name.lower()
    if key in bound:
        raise target.error(
            f"Cannot bind parameter because parameter '{parameter.name}' "
            f"is specified more than once. "
            "To provide multiple values to parameters that can accept "
            "multiple values, use the array "
            'syntax. For example, "-parameter value1,value2,value3".',
            "ParameterAlreadyBound",
            parameter.name,
        )
    bound[key] = coerce(target, parameter, value)


def _positional(target: Target, bound: dict[str, Value], loose: list[Value]) -> None:
    free = sorted(
        (p for p in target.parameters if p.position is not None and p.name.lower() not in bound),
        key=lambda p: p.position or 0,
    )
    values = list(loose)
    for parameter in free:
        if not values:
            return
        if parameter.rest:
            bound[parameter.name.lower()] = coerce(target, parameter, values)
            return
        _put(target, bound, parameter, values.pop(0))
    if values:
        rest = next((p for p in target.parameters if p.rest), None)
        if rest is None:
            raise target.error(
                (
                    f"A positional parameter cannot be found that accepts "
                    f"argument '{text_of(values[0])}'."
                ),
                "PositionalParameterNotFound",
            )
        bound[rest.name.lower()] = values


def coerce(target: Target, parameter: Parameter, value: Value) -> Value:
    """A value as the parameter's type, checked against its set of values; raises PSError."""
    try:
        if parameter.is_switch:
            converted: Any = truthy(value)
        elif parameter.type.lower() in ("scriptblock", "cimsession", "cimsession[]"):
            converted = value
        else:
            converted = convert(value, parameter.type)
    except PSError as error:
        # A function's typed parameter transforms its argument, a compiled cmdlet's is bound.
        words, error_id = (
            ("process argument transformation on", "ParameterArgumentTransformationError")
            if target.error_suffix == target.name
            else ("bind", "CannotConvertArgumentNoMessage")
        )
        raise target.error(
            f"Cannot {words} parameter '{parameter.name}'. {error.record.message}",
            error_id,
            parameter.name,
        ) from None
    if (
        value is None
        and parameter.mandatory
        and parameter.type.lower() not in ("object", "object[]")
    ):
        raise target.error(
            f"Cannot bind argument to parameter '{parameter.name}' because it is null.",
            "ParameterArgumentValidationErrorNullNotAllowed",
            parameter.name,
        )
    if converted == "" and parameter.mandatory:
        raise target.error(
            f"Cannot bind argument to parameter '{parameter.name}' because it is an empty string.",
            "ParameterArgumentValidationErrorEmptyStringNotAllowed",
            parameter.name,
        )
    return _one_of(target, parameter, converted)


def _one_of(target: Target, parameter: Parameter, value: Value) -> Value:
    """Checks a value, or each of an array, against the allowed ones; answers their own spelling."""
    if not parameter.values:
        return value
    if isinstance(value, list):
        return [_one_of(target, parameter, v) for v in value]
    allowed = {v.lower(): v for v in parameter.values}
    text = text_of(value).strip()
    if text.lower() in allowed:
        return allowed[text.lower()]
    names = ",".join(parameter.values)
    raise target.error(
        f"Cannot validate argument on parameter '{parameter.name}'. "
        f'The argument "{text}" does not belong '
        f'to the set "{names}" specified by the ValidateSet '
        f"attribute. Supply an argument that is in the "
        "set and then try the command again.",
        "ParameterArgumentValidationError",
        parameter.name,
    )


def bind_record(target: Target, bound: dict[str, Value], item: Value) -> dict[str, Value] | None:
    """The values with one pipeline object bound, or None where no parameter takes it."""
    result = dict(bound)
    taken = _by_property(target, result, item)
    for parameter in target.parameters:
        if parameter.pipe and parameter.name.lower() not in bound:
            if taken and parameter.type.lower() not in ("object", "ciminstance", "ciminstance[]"):
                continue
            try:
                result[parameter.name.lower()] = coerce(target, parameter, item)
            except PSError:
                continue
            return result
    return result if taken else None


def _by_property(target: Target, result: dict[str, Value], item: Value) -> bool:
    taken = False
    for parameter in target.parameters:
        if not parameter.prop or parameter.name.lower() in result:
            continue
        for name in (parameter.name, *parameter.aliases):
            if isinstance(item, PSObject) and item.has(name):
                result[parameter.name.lower()] = coerce(target, parameter, item.get(name))
                taken = True
                break
    return taken


def check_mandatory(
    target: Target, bound: dict[str, Value], set_names: frozenset[str] = frozenset()
) -> None:
    """Raises PSError where a mandatory parameter wasn't given."""
    missing = [
        p.name
        for p in target.parameters
        if p.mandatory
        and p.name.lower() not in bound
        and (not p.sets or not set_names or p.sets & set_names)
    ]
    if missing:
        raise target.error(
            "Cannot process command because of one or more missing mandatory parameters: "
            + " ".join(missing)
            + ".",
            "MissingMandatoryParameter",
        )


def check_groups(
    target: Target, bound: dict[str, Value], groups: tuple[tuple[str, ...], ...]
) -> None:
    """Raises PSError where not exactly one parameter of a group was given."""
    for group in groups:
        given = [name for name in group if name.lower() in bound]
        if len(given) != 1:
            raise target.error(
                "Parameter set cannot be resolved using the specified named parameters.",
                "AmbiguousParameterSet",
            )


def splat(value: Value) -> list[Word]:
    """The words that @variable stands for (about_Splatting)."""
    if isinstance(value, Hashtable):
        return [Word(v, text_of(k)) for k, v in value.items()]
    if isinstance(value, list):
        return [Word(v) for v in value]
    return [Word(value)]
