"""Members of instances: properties and methods of strings, collections, dates, objects.

Only members that .NET Framework 4.8 has are here, with the parameters of their overloads. An
unknown method is `MethodNotFound`; an unknown property is null, or in strict mode
`PropertyNotFoundStrict`.
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from onshi_lab.windows.clock import JAPAN
from onshi_lab.windows.powershell.convert import enum_value, local
from onshi_lab.windows.powershell.errors import PSError, exception, fail, unsupported
from onshi_lab.windows.powershell.formatting import format_value
from onshi_lab.windows.powershell.methods import Failed, Method, call, method, no_overload
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import (
    BYTES,
    Char,
    EnumValue,
    Hashtable,
    Int64,
    PSList,
    PSObject,
    Reference,
    ScriptBlock,
    Secure,
    TypedArray,
    TypeValue,
    Value,
    as_list,
    enumerate_value,
    object_text,
    output,
    text_of,
    type_name,
)

Arguments = list[Value]
RANGE = "System.ArgumentOutOfRangeException"


def get_member(session: Session, target: Value, name: str) -> Value:
    """target.name."""
    folded = name.lower()
    if folded == "psobject":
        return _psobject(session, target)
    found, value = _property(target, name)
    if found:
        return value
    if isinstance(target, list):
        values = _member_enumeration(session, target, name)
        if values is not None:
            return values
    if isinstance(target, bool) and folded == "ispresent":
        raise unsupported("IsPresent of a switch")
    if folded in ("count", "length") and not session.strict:
        return 0 if target is None else 1
    if session.strict:
        raise fail(
            (
                f"The property '{name}' cannot be found on this object. "
                f"Verify that the property exists."
            ),
            "PropertyNotFoundStrict",
            "NotSpecified",
            "System.Management.Automation.PropertyNotFoundException",
        )
    return None


def _member_enumeration(session: Session, items: list[Value], name: str) -> Value:
    """The property of each element, null where one lacks it; one null where all do."""
    answers = [_property(item, name) for item in items]
    if not any(found for found, _ in answers):
        return None
    if session.strict:
        answers = [(found, value) for found, value in answers if found]
    values = [one for _, value in answers for one in enumerate_value(value)]
    return values[0] if len(values) == 1 else values


def _property(target: Value, name: str) -> tuple[bool, Value]:
    folded = name.lower()
    if isinstance(target, PSObject):
        return target.has(name), target.get(name)
    if isinstance(target, Hashtable):
        return _table_property(target, name)
    for kind, table in PROPERTIES:
        if isinstance(target, kind) and folded in table:
            return True, table[folded](target)
    return False, None


def _table_property(table: Hashtable, name: str) -> tuple[bool, Value]:
    if name in table:
        return True, table[name]
    special: dict[str, Callable[[], Value]] = {
        "count": lambda: len(table),
        "keys": lambda: list(table),
        "values": lambda: [v for _, v in table.items()],
    }
    action = special.get(name.lower())
    return (True, action()) if action is not None else (False, None)


def _psobject(session: Session, target: Value) -> PSObject:  # noqa: ARG001
    items = target.items() if isinstance(target, PSObject) else []
    properties = [
        PSObject(
            {"Name": k, "Value": v, "MemberType": "NoteProperty", "TypeNameOfValue": type_name(v)},
            "System.Management.Automation.PSNoteProperty",
        )
        for k, v in items
    ]
    lookup = PropertyList(properties)
    return PSObject(
        {
            "Properties": lookup,
            "TypeNames": [type_name(target), "System.Object"],
            "BaseObject": target,
        },
        "System.Management.Automation.PSMemberSet",
    )


class PropertyList(PSList):
    """The Properties collection of .psobject: enumerates, and is indexed by name."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return next((p for p in self if p.get("Name").lower() == key.lower()), None)
        return super().__getitem__(key)


def set_member(session: Session, target: Value, name: str, value: Value) -> None:
    """target.name = value; raises PSError where the object has no such settable property."""
    setter = getattr(target, "set_property", None)
    if setter is not None:
        setter(session, name, value)
    elif isinstance(target, Hashtable):
        target[name] = value
    elif isinstance(target, Reference) and name.lower() == "value":
        target.set(value)
    elif isinstance(target, PSObject) and (target.has(name) or _is_position(target, name)):
        target.set(name, value)
    else:
        raise _not_settable(target, name)


def _is_position(target: PSObject, name: str) -> bool:
    return name.lower() == "position" and target.native is not None


def _not_settable(target: Value, name: str) -> PSError:
    lacks = (
        f"The property '{name}' cannot be found on this object. "
        "Verify that the property exists and can be set."
    )
    if target is None:
        return fail(lacks, "PropertyNotFound")
    if isinstance(target, PSObject) and target.is_custom:
        return fail(
            f'Exception setting "{name}": "{lacks}"',
            "ExceptionWhenSetting",
            "NotSpecified",
            "System.Management.Automation.SetValueInvocationException",
        )
    if _property(target, name)[0]:
        return fail(
            f"'{name}' is a ReadOnly property.",
            "PropertyAssignmentException",
            inner=exception("System.Management.Automation.SetValueException", lacks),
        )
    return fail(lacks, "PropertyAssignmentException")


def method_not_found(target: Value, name: str) -> PSError:
    """No such method."""
    return fail(
        (
            f"Method invocation failed because [{type_name(target)}] does "
            f"not contain a method named '{name}'."
        ),
        "MethodNotFound",
        target=name,
    )


def call_method(session: Session, target: Value, name: str, arguments: Arguments) -> Value:
    """target.name(arguments)."""
    folded = name.lower()
    if target is None:
        raise fail("You cannot call a method on a null-valued expression.", "InvokeMethodOnNull")
    if folded in ("foreach", "where") and not isinstance(target, PSObject):
        raise unsupported(f"the method {name} of collections")
    if folded == "gettype" and not arguments:
        return TypeValue(type_name(target))
    if isinstance(target, PSObject):
        return _object_method(session, target, name, arguments)
    for kind, table in METHODS:
        if isinstance(target, kind) and folded in table:
            return call(table[folded], target, name, arguments)
    found = ANY_METHODS.get(folded)
    if found is not None:
        return call(found, target, name, arguments)
    if isinstance(target, list) and target:  # about_Member-Access_Enumeration
        return output([call_method(session, one, name, arguments) for one in target])
    raise method_not_found(target, name)


def _object_method(session: Session, target: PSObject, name: str, arguments: Arguments) -> Value:
    found = target.methods.get(name.lower())
    if isinstance(found, Method):
        return call(found, target, name, arguments)
    if found is not None:
        return _late_bound(found, name, arguments)
    held = target.get(name)
    if isinstance(held, ScriptBlock):
        from onshi_lab.windows.powershell.commands import invoke_block
        from onshi_lab.windows.powershell.expressions import Env
        from onshi_lab.windows.powershell.values import collapse

        scope = session.child_scope(session.scope)
        scope.variables["this"] = target
        return collapse(invoke_block(Env(session, scope, held.source), held, arguments))
    if name.lower() == "tostring":
        return text_of(target)
    if name.lower() in ("dispose", "close"):
        return None
    raise method_not_found(target, name)


def _late_bound(found: Callable[[Arguments], Value], name: str, arguments: Arguments) -> Value:
    """A method without a declared signature (COM's IDispatch, objects of cmdlets)."""
    try:
        return found(arguments)
    except IndexError as error:
        raise no_overload(name, len(arguments)) from error
    except Failed as failed:
        raise failed.as_error(name, len(arguments)) from None


def _substring(text: str, arguments: Arguments) -> str:
    start = int(arguments[0])
    if not 0 <= start <= len(text):
        raise Failed("startIndex cannot be larger than length of string.", RANGE)
    if len(arguments) == 1:
        return text[start:]
    length = int(arguments[1])
    if start + length > len(text) or length < 0:
        raise Failed("Index and length must refer to a location within the string.", RANGE)
    return text[start : start + length]


def _split(text: str, arguments: Arguments) -> TypedArray:
    """Split at any of the characters; at white space where none is given."""
    characters = "".join(arguments[0] if isinstance(arguments[0], list) else arguments)
    parts = re.split("[" + re.escape(characters) + "]", text) if characters else text.split()
    return TypedArray(parts, "System.String")


def _characters(arguments: Arguments) -> str | None:
    return "".join(arguments) or None


def _folded(text: str, arguments: Arguments) -> tuple[str, str]:
    other = arguments[0]
    insensitive = len(arguments) > 1 and arguments[1].name.endswith("IgnoreCase")
    return (text.lower(), other.lower()) if insensitive else (text, other)


def _found(text: str, arguments: Arguments) -> int:
    whole, other = _folded(text, arguments)
    return whole.find(other)


COMPARISON = "System.StringComparison"
STRING_METHODS: dict[str, Method] = {
    "substring": method(_substring, "int", "int int"),
    "split": method(_split, "char..."),
    "trim": method(lambda s, a: s.strip(_characters(a)), "char..."),
    "trimstart": method(lambda s, a: s.lstrip(_characters(a)), "char..."),
    "trimend": method(lambda s, a: s.rstrip(_characters(a)), "char..."),
    "toupper": method(lambda s, _a: s.upper()),
    "tolower": method(lambda s, _a: s.lower()),
    "toupperinvariant": method(lambda s, _a: s.upper()),
    "tolowerinvariant": method(lambda s, _a: s.lower()),
    "replace": method(lambda s, a: s.replace(a[0], a[1]), "string string"),
    "contains": method(lambda s, a: a[0] in s, "string"),
    "startswith": method(
        lambda s, a: _folded(s, a)[0].startswith(_folded(s, a)[1]), "string", f"string {COMPARISON}"
    ),
    "endswith": method(
        lambda s, a: _folded(s, a)[0].endswith(_folded(s, a)[1]), "string", f"string {COMPARISON}"
    ),
    "indexof": method(_found, "string", f"string {COMPARISON}"),
    "lastindexof": method(lambda s, a: s.rfind(a[0]), "string"),
    "padleft": method(lambda s, a: s.rjust(a[0], *a[1:]), "int", "int char"),
    "padright": method(lambda s, a: s.ljust(a[0], *a[1:]), "int", "int char"),
    "tochararray": method(lambda s, _a: TypedArray(map(Char, s), "System.Char")),
    "tostring": method(lambda s, _a: str(s)),
    "equals": method(
        lambda s, a: _folded(s, a)[0] == _folded(s, a)[1], "string", f"string {COMPARISON}"
    ),
    "compareto": method(lambda s, a: _order(s, a[0]), "string"),
}


def _order(left: str, right: str) -> int:
    from onshi_lab.windows.powershell.operators import collation

    one, other = collation(left), collation(right)
    return (one > other) - (one < other)


def _add(items: PSList, arguments: Arguments) -> Value:
    items.append(arguments[0])
    return len(items) - 1 if items.type_name == PSList.type_name else None


def _remove_item(items: PSList, arguments: Arguments) -> None:
    if arguments[0] in items:
        items.remove(arguments[0])


def _remove_at(items: PSList, arguments: Arguments) -> None:
    if not 0 <= arguments[0] < len(items):
        raise Failed("Index was out of range.", RANGE)
    del items[arguments[0]]


LIST_METHODS: dict[str, Method] = {
    "add": method(_add, "any"),
    "addrange": method(lambda items, a: items.extend(as_list(a[0])), "any"),
    "insert": method(lambda items, a: items.insert(a[0], a[1]), "int any"),
    "remove": method(_remove_item, "any"),
    "removeat": method(_remove_at, "int"),
    "clear": method(lambda items, _a: items.clear()),
    "toarray": method(lambda items, _a: list(items)),
    "contains": method(lambda items, a: a[0] in items, "any"),
    "indexof": method(lambda items, a: items.index(a[0]) if a[0] in items else -1, "any"),
    "reverse": method(lambda items, _a: items.reverse()),
    "getenumerator": method(lambda items, _a: list(items)),
}


def _fixed_size(_items: Value, _arguments: Arguments) -> Value:
    raise Failed("Collection was of a fixed size.", "System.NotSupportedException")


ARRAY_METHODS: dict[str, Method] = {
    "add": method(_fixed_size, "any"),
    "remove": method(_fixed_size, "any"),
    "contains": method(lambda items, a: a[0] in items, "any"),
    "clone": method(lambda items, _a: items[:]),
    "getenumerator": method(lambda items, _a: enumerate_value(items)),
    "tostring": method(lambda items, _a: type_name(items)),
}


def _table_add(table: Hashtable, arguments: Arguments) -> None:
    key, value = arguments
    if key in table:
        shown = text_of(key)
        raise Failed(
            f"Item has already been added. Key in dictionary: '{shown}'  Key being added: '{shown}'"
        )
    table[key] = value


def _entries(table: Hashtable, _arguments: Arguments) -> list[Value]:
    name = "System.Collections.DictionaryEntry"
    return [PSObject({"Key": k, "Value": v, "Name": text_of(k)}, name) for k, v in table.items()]


TABLE_METHODS: dict[str, Method] = {
    "add": method(_table_add, "any any"),
    "remove": method(lambda table, a: table.__delitem__(a[0]), "any"),
    "containskey": method(lambda table, a: a[0] in table, "any"),
    "contains": method(lambda table, a: a[0] in table, "any"),
    "containsvalue": method(lambda table, a: any(v == a[0] for _, v in table.items()), "any"),
    "clear": method(lambda table, _a: table.clear()),
    "clone": method(lambda table, _a: Hashtable(table.items(), ordered=table.ordered)),
    "getenumerator": method(_entries),
}


def _shift(unit: str) -> Method:
    return method(lambda date, a: date + timedelta(**{unit: a[0]}), "double")


def add_months(date: datetime, months: int) -> datetime:
    """The same day so many months later, or the month's last one where it has no such day."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    first = datetime(year + month // 11, (month + 1) % 12 + 1, 1)  # noqa: DTZ001  a date alone
    last = (first - timedelta(days=1)).day
    return date.replace(year=year, month=month + 1, day=min(date.day, last))


def _file_time(date: datetime, _arguments: Arguments) -> int:
    since = local(date) - datetime(1601, 1, 1, tzinfo=UTC)
    return Int64(since // timedelta(microseconds=1) * 10)


DATE_METHODS: dict[str, Method] = {
    "adddays": _shift("days"),
    "addhours": _shift("hours"),
    "addminutes": _shift("minutes"),
    "addseconds": _shift("seconds"),
    "addmilliseconds": _shift("milliseconds"),
    "addmonths": method(lambda date, a: add_months(date, a[0]), "int"),
    "addyears": method(lambda date, a: add_months(date, 12 * a[0]), "int"),
    "touniversaltime": method(lambda date, _a: local(date).astimezone(UTC)),
    "tolocaltime": method(
        lambda date, _a: (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(JAPAN)
    ),
    "subtract": method(lambda date, a: date - a[0], "timespan"),
    "add": method(lambda date, a: date + a[0], "timespan"),
    "tofiletime": method(_file_time),
    "tofiletimeutc": method(_file_time),
    "tostring": method(
        lambda date, a: format_value(date, (a[0] if a else "") or "G"),
        "",
        "string",
        "System.IFormatProvider",
        "string System.IFormatProvider",
    ),
}


def _append_character(secure: Secure, arguments: Arguments) -> None:
    secure.text += arguments[0]


def _has_flag(value: EnumValue, arguments: Arguments) -> bool:
    wanted = enum_value(value.type_name, arguments[0]).value
    return value.value & wanted == wanted


SECURE_METHODS: dict[str, Method] = {
    "dispose": method(lambda _s, _a: None),
    "copy": method(lambda s, _a: Secure(s.text)),
    "appendchar": method(_append_character, "char"),
    "makereadonly": method(lambda _s, _a: None),
}
METHODS: tuple[tuple[Any, dict[str, Method]], ...] = (
    (str, STRING_METHODS),
    (PSList, LIST_METHODS),
    (list, ARRAY_METHODS),
    (BYTES, ARRAY_METHODS),
    (Hashtable, TABLE_METHODS),
    (datetime, DATE_METHODS),
    (EnumValue, {"hasflag": method(_has_flag, "any")}),
    (Secure, SECURE_METHODS),
)


def _to_string(target: Value, arguments: Arguments) -> str:
    if isinstance(target, TypeValue):
        return target.name
    return format_value(target, arguments[0]) if arguments else object_text(target)


ANY_METHODS: dict[str, Method] = {
    "tostring": method(
        _to_string, "", "string", "System.IFormatProvider", "string System.IFormatProvider"
    ),
    "equals": method(lambda target, a: bool(target == a[0]), "any"),
}
"""Methods of every object."""
Getter = Callable[[Any], Value]
TICKS = timedelta(microseconds=1)
DATE_PROPERTIES: dict[str, Getter] = {
    "year": lambda d: d.year,
    "month": lambda d: d.month,
    "day": lambda d: d.day,
    "hour": lambda d: d.hour,
    "minute": lambda d: d.minute,
    "second": lambda d: d.second,
    "millisecond": lambda d: d.microsecond // 1000,
    "ticks": lambda d: Int64(
        (d.replace(tzinfo=None) - datetime(1, 1, 1)) // TICKS * 10  # noqa: DTZ001  counts no zone
    ),
    "date": lambda d: d.replace(hour=0, minute=0, second=0, microsecond=0),
    "timeofday": lambda d: timedelta(
        hours=d.hour, minutes=d.minute, seconds=d.second, microseconds=d.microsecond
    ),
    "dayofweek": lambda d: enum_value("System.DayOfWeek", d.isoweekday() % 7),
    "dayofyear": lambda d: d.timetuple().tm_yday,
    "kind": lambda d: enum_value(
        "System.DateTimeKind",
        0 if d.tzinfo is None else 1 if d.utcoffset() == timedelta(0) else 2,
    ),
}


def _part(span: timedelta, unit: int, limit: int) -> int:
    """A part of a span, in microseconds a unit; negative for a negative span."""
    whole = span // TICKS
    part = abs(whole) // unit % limit
    return -part if whole < 0 else part


SPAN_PROPERTIES: dict[str, Getter] = {
    "totalseconds": lambda t: t.total_seconds(),
    "totalminutes": lambda t: t.total_seconds() / 60,
    "totalhours": lambda t: t.total_seconds() / 3600,
    "totaldays": lambda t: t.total_seconds() / 86400,
    "totalmilliseconds": lambda t: t.total_seconds() * 1000,
    "days": lambda t: _part(t, 86_400_000_000, 10**8),
    "hours": lambda t: _part(t, 3_600_000_000, 24),
    "minutes": lambda t: _part(t, 60_000_000, 60),
    "seconds": lambda t: _part(t, 1_000_000, 60),
    "milliseconds": lambda t: _part(t, 1000, 1000),
    "ticks": lambda t: Int64(t // TICKS * 10),
}
TYPE_PROPERTIES: dict[str, Getter] = {
    "name": lambda t: t.name.rpartition(".")[2],
    "fullname": lambda t: t.name,
    "namespace": lambda t: t.name.rpartition(".")[0],
    "isarray": lambda t: t.name.endswith("[]"),
}
ARRAY_PROPERTIES: dict[str, Getter] = {
    "count": len,
    "length": len,
    "rank": lambda _items: 1,
    "isfixedsize": lambda items: not isinstance(items, PSList),
}
PROPERTIES: tuple[tuple[Any, dict[str, Getter]], ...] = (
    (str, {"length": len}),
    (list, ARRAY_PROPERTIES),
    (BYTES, ARRAY_PROPERTIES),
    (datetime, DATE_PROPERTIES),
    (timedelta, SPAN_PROPERTIES),
    (TypeValue, TYPE_PROPERTIES),
    (EnumValue, {"value__": lambda e: e.value}),
    (uuid.UUID, {"guid": str}),
    (Reference, {"value": lambda r: r.get()}),
    (Secure, {"length": lambda s: len(s.text)}),
    (ScriptBlock, {"ast": lambda b: b.text}),
)

__all__ = ["add_months", "call_method", "get_member", "method_not_found", "set_member"]
