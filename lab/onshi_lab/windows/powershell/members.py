"""Members of instances: properties and methods of strings, collections, dates, objects.

Only members that .NET Framework 4.8 has are here. An unknown method is `MethodNotFound`; an unknown
property is null, or in strict mode `PropertyNotFoundStrict`.
"""

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from onshi_lab.windows.powershell.convert import to_number
from onshi_lab.windows.powershell.errors import PSError, fail
from onshi_lab.windows.powershell.formatting import format_value
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import (
    Char,
    EnumValue,
    Hashtable,
    PSList,
    PSObject,
    Reference,
    ScriptBlock,
    Secure,
    TypeValue,
    Value,
    as_list,
    enumerate_value,
    short_name,
    text_of,
    type_name,
)

Arguments = list[Value]
InstanceMethod = Callable[[Any, Arguments], Value]


def type_object(name: str) -> PSObject:
    """What GetType() answers."""
    short = name.rpartition(".")[2]
    namespace = name.rpartition(".")[0]
    properties = {
        "Name": short,
        "FullName": name,
        "Namespace": namespace,
        "IsArray": name.endswith("[]"),
    }
    return PSObject(properties, "System.RuntimeType", text=name)


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
    values: list[Value] = []
    hit = False
    for item in items:
        found, value = _property(item, name)
        hit = hit or found
        if found:
            values += enumerate_value(value)
    if not hit:
        return None if session.strict or items else []
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
        return
    if isinstance(target, Hashtable):
        target[name] = value
        return
    if isinstance(target, Reference) and name.lower() == "value":
        target.set(value)
        return
    if isinstance(target, PSObject) and target.has(name):
        target.set(name, value)
        return
    if isinstance(target, PSObject) and name.lower() == "position" and target.native is not None:
        target.set(name, value)
        return
    if target is None:
        raise fail(
            (
                f"The property '{name}' cannot be found on this object. "
                f"Verify that the property exists and can be set."
            ),
            "PropertyNotFound",
        )
    raise fail(
        (
            f"The property '{name}' cannot be found on this object. "
            f"Verify that the property exists and can be set."
        ),
        "PropertyNotFound",
        target=None,
    )


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
    if folded == "gettype" and not arguments:
        return type_object(type_name(target))
    if isinstance(target, PSObject):
        return _object_method(session, target, name, arguments)
    for kind, table in METHODS:
        if isinstance(target, kind) and folded in table:
            try:
                return table[folded](target, arguments)
            except (IndexError, ValueError, TypeError) as error:
                raise invocation_error(name, len(arguments), str(error)) from error
    if folded == "tostring":
        return format_value(target, text_of(arguments[0]) if arguments else "")
    if folded == "equals":
        return bool(target == arguments[0])
    if folded == "gethashcode":
        return hash(text_of(target)) & 0x7FFFFFFF
    raise method_not_found(target, name)


def _object_method(session: Session, target: PSObject, name: str, arguments: Arguments) -> Value:
    method = target.methods.get(name.lower())
    if method is not None:
        return method(arguments)
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


def invocation_error(
    name: str, count: int, why: str, exception: str = "System.ArgumentException", **details: Any
) -> PSError:
    """An exception inside a .NET method, wrapped as PowerShell wraps it."""
    short = exception.rpartition(".")[2]
    record = fail(
        f'Exception calling "{name}" with "{count}" argument(s): "{why}"',
        short,
        "NotSpecified",
        "System.Management.Automation.MethodInvocationException",
        reason="MethodInvocationException",
    )
    inner = PSObject(
        {"Message": why, "HResult": details.get("HResult", -2147024809), **details},
        exception,
        text=f"{exception}: {why}",
    )
    record.record.details = {"InnerException": inner}
    return record


def _substring(text: str, arguments: Arguments) -> str:
    start = int(to_number(arguments[0]))
    if start > len(text) or start < 0:
        raise ValueError(
            "startIndex cannot be larger than length of string.\r\nParameter name: startIndex"
        )
    if len(arguments) == 1:
        return text[start:]
    length = int(to_number(arguments[1]))
    if start + length > len(text) or length < 0:
        raise ValueError(
            "Index and length must refer to a location within the string.\r\nParameter name: length"
        )
    return text[start : start + length]


def _split(text: str, arguments: Arguments) -> list[str]:
    separators = [
        c
        for a in arguments
        for c in (as_list(a) if isinstance(a, list) else [a])
        if isinstance(c, str)
    ]
    characters = "".join(separators)
    if not characters:
        return text.split()
    parts = re.split("[" + re.escape(characters) + "]", text)
    options = [a for a in arguments if isinstance(a, EnumValue) or a == "RemoveEmptyEntries"]
    return (
        [p for p in parts if p]
        if any(text_of(o) == "RemoveEmptyEntries" for o in options)
        else parts
    )


def _characters(arguments: Arguments) -> str | None:
    joined = "".join(text_of(c) for a in arguments for c in as_list(a))
    return joined or None


def _insensitive(arguments: Arguments) -> bool:
    return len(arguments) > 1 and "IgnoreCase" in text_of(arguments[1])


def _fold(text: str, arguments: Arguments) -> tuple[str, str]:
    other = text_of(arguments[0])
    return (text.lower(), other.lower()) if _insensitive(arguments) else (text, other)


STRING_METHODS: dict[str, InstanceMethod] = {
    "substring": _substring,
    "split": _split,
    "trim": lambda s, a: s.strip(_characters(a)),
    "trimstart": lambda s, a: s.lstrip(_characters(a)),
    "trimend": lambda s, a: s.rstrip(_characters(a)),
    "toupper": lambda s, _a: s.upper(),
    "tolower": lambda s, _a: s.lower(),
    "toupperinvariant": lambda s, _a: s.upper(),
    "tolowerinvariant": lambda s, _a: s.lower(),
    "replace": lambda s, a: s.replace(text_of(a[0]), text_of(a[1])),
    "contains": lambda s, a: text_of(a[0]) in s,
    "startswith": lambda s, a: _fold(s, a)[0].startswith(_fold(s, a)[1]),
    "endswith": lambda s, a: _fold(s, a)[0].endswith(_fold(s, a)[1]),
    "indexof": lambda s, a: s.find(text_of(a[0])),
    "lastindexof": lambda s, a: s.rfind(text_of(a[0])),
    "padleft": lambda s, a: s.rjust(int(to_number(a[0])), text_of(a[1]) if len(a) > 1 else " "),
    "padright": lambda s, a: s.ljust(int(to_number(a[0])), text_of(a[1]) if len(a) > 1 else " "),
    "insert": lambda s, a: s[: int(a[0])] + text_of(a[1]) + s[int(a[0]) :],
    "remove": lambda s, a: s[: int(a[0])] + (s[int(a[0]) + int(a[1]) :] if len(a) > 1 else ""),
    "tochararray": lambda s, _a: [Char(c) for c in s],
    "tostring": lambda s, _a: str(s),
    "equals": lambda s, a: _fold(s, a)[0] == _fold(s, a)[1],
    "compareto": lambda s, a: (s > text_of(a[0])) - (s < text_of(a[0])),
    "normalize": lambda s, _a: s,
}


def _append(items: PSList, arguments: Arguments) -> int:
    items.append(arguments[0])
    return len(items) - 1


def _generic_add(items: PSList, arguments: Arguments) -> Value:
    index = _append(items, arguments)
    return index if items.type_name == PSList.type_name else None


def _remove_item(items: PSList, arguments: Arguments) -> None:
    if arguments[0] in items:
        items.remove(arguments[0])


LIST_METHODS: dict[str, InstanceMethod] = {
    "add": _generic_add,
    "addrange": lambda items, a: items.extend(as_list(a[0])),
    "insert": lambda items, a: items.insert(int(a[0]), a[1]),
    "remove": _remove_item,
    "removeat": lambda items, a: items.pop(int(a[0])) and None,
    "clear": lambda items, _a: items.clear(),
    "toarray": lambda items, _a: list(items),
    "contains": lambda items, a: a[0] in items,
    "indexof": lambda items, a: items.index(a[0]) if a[0] in items else -1,
    "sort": lambda items, _a: items.sort(),
    "reverse": lambda items, _a: items.reverse(),
    "getenumerator": lambda items, _a: list(items),
}
ARRAY_METHODS: dict[str, InstanceMethod] = {
    "contains": lambda items, a: a[0] in items,
    "clone": lambda items, _a: list(items),
    "getenumerator": lambda items, _a: list(items),
    "getlength": lambda items, _a: len(items),
    "getvalue": lambda items, a: items[int(a[0])],
    "getupperbound": lambda items, _a: len(items) - 1,
}


def _fixed_size(_items: list[Value], _arguments: Arguments) -> Value:
    raise ValueError("Collection was of a fixed size.")


ARRAY_METHODS |= {"add": _fixed_size, "remove": _fixed_size, "clear": _fixed_size}


def _table_add(table: Hashtable, arguments: Arguments) -> None:
    if arguments[0] in table:
        raise ValueError(
            f"Item has already been added. Key in dictionary: "
            f"'{text_of(arguments[0])}'  Key being added: "
            f"'{text_of(arguments[0])}'"
        )
    table[arguments[0]] = arguments[1]


def _entries(table: Hashtable, _arguments: Arguments) -> list[Value]:
    name = "System.Collections.DictionaryEntry"
    return [PSObject({"Key": k, "Value": v, "Name": text_of(k)}, name) for k, v in table.items()]


TABLE_METHODS: dict[str, InstanceMethod] = {
    "add": _table_add,
    "remove": lambda table, a: table.__delitem__(a[0]),
    "containskey": lambda table, a: a[0] in table,
    "contains": lambda table, a: a[0] in table,
    "containsvalue": lambda table, a: any(v == a[0] for _, v in table.items()),
    "clear": lambda table, _a: table.clear(),
    "clone": lambda table, _a: Hashtable(table.items(), ordered=table.ordered),
    "getenumerator": _entries,
}


def _shift(unit: str) -> InstanceMethod:
    return lambda date, a: date + timedelta(**{unit: float(to_number(a[0]))})


DATE_METHODS: dict[str, InstanceMethod] = {
    "adddays": _shift("days"),
    "addhours": _shift("hours"),
    "addminutes": _shift("minutes"),
    "addseconds": _shift("seconds"),
    "addmilliseconds": _shift("milliseconds"),
    "touniversaltime": lambda date, _a: date.astimezone(tz=_utc()),
    "tolocaltime": lambda date, _a: date.astimezone(tz=_japan()),
    "subtract": lambda date, a: date - a[0],
    "add": lambda date, a: date + a[0],
    "tofiletime": lambda date, _a: int((date.timestamp() + 11644473600) * 10_000_000),
    "tofiletimeutc": lambda date, _a: int((date.timestamp() + 11644473600) * 10_000_000),
    "tostring": lambda date, a: format_value(date, text_of(a[0]) if a else "G"),
}


def _append_character(secure: Secure, arguments: Arguments) -> None:
    secure.text += text_of(arguments[0])


def _utc() -> Any:
    from datetime import UTC

    return UTC


def _japan() -> Any:
    from onshi_lab.windows.clock import JAPAN

    return JAPAN


METHODS: tuple[tuple[type, dict[str, InstanceMethod]], ...] = (
    (str, STRING_METHODS),
    (PSList, LIST_METHODS),
    (list, ARRAY_METHODS),
    (bytes, ARRAY_METHODS),
    (Hashtable, TABLE_METHODS),
    (datetime, DATE_METHODS),
    (
        Secure,
        {
            "dispose": lambda _s, _a: None,
            "copy": lambda s, _a: s,
            "appendchar": _append_character,
            "makereadonly": lambda _s, _a: None,
            "clear": lambda _s, _a: None,
        },
    ),
)
Getter = Callable[[Any], Value]
DATE_PROPERTIES: dict[str, Getter] = {
    "year": lambda d: d.year,
    "month": lambda d: d.month,
    "day": lambda d: d.day,
    "hour": lambda d: d.hour,
    "minute": lambda d: d.minute,
    "second": lambda d: d.second,
    "ticks": lambda d: int((d.timestamp() + 62135596800) * 10_000_000),
    "date": lambda d: d.replace(hour=0, minute=0, second=0, microsecond=0),
    "dayofweek": lambda d: d.strftime("%A"),
    "kind": lambda d: "Utc" if d.utcoffset() == timedelta(0) else "Local",
}
SPAN_PROPERTIES: dict[str, Getter] = {
    "totalseconds": lambda t: t.total_seconds(),
    "totalminutes": lambda t: t.total_seconds() / 60,
    "totalhours": lambda t: t.total_seconds() / 3600,
    "totaldays": lambda t: t.total_seconds() / 86400,
    "totalmilliseconds": lambda t: t.total_seconds() * 1000,
    "days": lambda t: t.days,
    "hours": lambda t: t.seconds // 3600,
    "minutes": lambda t: t.seconds % 3600 // 60,
    "seconds": lambda t: t.seconds % 60,
    "ticks": lambda t: int(t.total_seconds() * 10_000_000),
}
TYPE_PROPERTIES: dict[str, Getter] = {
    "name": lambda t: t.name.rpartition(".")[2],
    "fullname": lambda t: t.name,
}
PROPERTIES: tuple[tuple[type, dict[str, Getter]], ...] = (
    (str, {"length": len}),
    (
        list,
        {
            "count": len,
            "length": len,
            "rank": lambda _l: 1,
            "isfixedsize": lambda items: not isinstance(items, PSList),
        },
    ),
    (bytes, {"count": len, "length": len}),
    (datetime, DATE_PROPERTIES),
    (timedelta, SPAN_PROPERTIES),
    (TypeValue, TYPE_PROPERTIES),
    (EnumValue, {"value__": lambda e: e.value}),
    (uuid.UUID, {"guid": str}),
    (Reference, {"value": lambda r: r.get()}),
    (Secure, {"length": lambda s: len(s.text)}),
    (ScriptBlock, {"ast": lambda b: b.text}),
)

__all__ = [
    "call_method",
    "get_member",
    "invocation_error",
    "set_member",
    "short_name",
    "type_object",
]
