"""Type conversion for casts, parameters and operators (LanguagePrimitives.ConvertTo)."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import AddressValueError, ip_address
from typing import Any

from onshi_lab.windows.powershell.errors import PSError, fail
from onshi_lab.windows.powershell.values import (
    Char,
    EnumValue,
    Hashtable,
    PSList,
    PSObject,
    Secure,
    TypeValue,
    Value,
    as_list,
    short_name,
    text_of,
    truthy,
    type_name,
)

ACCELERATORS = {
    "int": "System.Int32",
    "int32": "System.Int32",
    "long": "System.Int64",
    "int64": "System.Int64",
    "int16": "System.Int16",
    "uint16": "System.UInt16",
    "uint32": "System.UInt32",
    "uint64": "System.UInt64",
    "byte": "System.Byte",
    "sbyte": "System.SByte",
    "string": "System.String",
    "char": "System.Char",
    "bool": "System.Boolean",
    "boolean": "System.Boolean",
    "double": "System.Double",
    "single": "System.Single",
    "float": "System.Single",
    "decimal": "System.Decimal",
    "datetime": "System.DateTime",
    "timespan": "System.TimeSpan",
    "object": "System.Object",
    "guid": "System.Guid",
    "void": "System.Void",
    "hashtable": "System.Collections.Hashtable",
    "ordered": "System.Collections.Specialized.OrderedDictionary",
    "array": "System.Array",
    "regex": "System.Text.RegularExpressions.Regex",
    "ipaddress": "System.Net.IPAddress",
    "version": "System.Version",
    "uri": "System.Uri",
    "xml": "System.Xml.XmlDocument",
    "pscustomobject": "System.Management.Automation.PSCustomObject",
    "psobject": "System.Management.Automation.PSObject",
    "pscredential": "System.Management.Automation.PSCredential",
    "scriptblock": "System.Management.Automation.ScriptBlock",
    "switch": "System.Management.Automation.SwitchParameter",
    "ref": "System.Management.Automation.PSReference",
    "type": "System.Type",
    "intptr": "System.IntPtr",
    "math": "System.Math",
    "convert": "System.Convert",
    "securestring": "System.Security.SecureString",
    "environment": "System.Environment",
    "console": "System.Console",
    "psreference": "System.Management.Automation.PSReference",
    "ciminstance": "Microsoft.Management.Infrastructure.CimInstance",
    "datetimeoffset": "System.DateTimeOffset",
}
"""Type accelerators (about_Type_Accelerators) and names that the implicit `System.` completes."""

RANGES = {
    "system.byte": (0, 255),
    "system.sbyte": (-128, 127),
    "system.int16": (-(2**15), 2**15 - 1),
    "system.uint16": (0, 2**16 - 1),
    "system.int32": (-(2**31), 2**31 - 1),
    "system.uint32": (0, 2**32 - 1),
    "system.int64": (-(2**63), 2**63 - 1),
    "system.uint64": (0, 2**64 - 1),
}
ENUMS: dict[str, dict[str, int]] = {}
"""Lower-case type name -> names and values; filled by the modules that own the types."""
ENUM_NAMES: dict[str, str] = {}


def define_enum(name: str, **values: int) -> Callable[[int | str], EnumValue]:
    """Registers an enumeration; answers a function from number or name to its value."""
    ENUMS[name.lower()] = values
    ENUM_NAMES[name.lower()] = name

    def make(value: int | str) -> EnumValue:
        return enum_value(name, value)

    return make


def enum_value(name: str, value: Any) -> EnumValue:
    """A value of a registered enumeration, by number or by name; raises ValueError."""
    members = ENUMS[name.lower()]
    proper = ENUM_NAMES[name.lower()]
    if isinstance(value, EnumValue):
        value = value.value
    if isinstance(value, int) and not isinstance(value, bool):
        found = next((n for n, v in members.items() if v == value), str(value))
        return EnumValue(proper, found, value)
    text = text_of(value).strip()
    names = [part.strip() for part in text.split(",")]
    matched = [(n, v) for part in names for n, v in members.items() if n.lower() == part.lower()]
    if len(matched) != len(names):
        if re.fullmatch(r"-?\d+", text):
            return enum_value(name, int(text))
        raise ValueError(text)
    total = 0
    for _, number in matched:
        total |= number
    return EnumValue(proper, ", ".join(n for n, _ in matched), total)


def full_type_name(name: str) -> str:
    """A type's full name, with accelerators resolved; array suffixes stay."""
    base, _, suffix = name.partition("[")
    full = ACCELERATORS.get(base.lower(), base)
    return full + ("[" + suffix if suffix else "")


def _cannot(value: Value, target: str, why: str = "") -> PSError:
    source = (
        f'"{text_of(value)}"'
        if not isinstance(value, (Hashtable, list))
        else f'"{type_name(value)}"'
    )
    kind = f' of type "{type_name(value)}"' if not why else ""
    error = f' Error: "{why}"' if why else ""
    return fail(
        f'Cannot convert value {source} to type "{target}".{error}'
        if why
        else f'Cannot convert the {source} value{kind} to type "{target}".',
        "InvalidCastFromStringToInteger" if why else "ConvertToFinalInvalidCastException",
        "InvalidArgument",
        "System.Management.Automation.PSInvalidCastException",
    )


def to_number(value: Value, target: str = "System.Int32") -> int | float:
    """A value as a number for arithmetic; raises PSError."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    if value is None:
        return 0
    if isinstance(value, EnumValue):
        return value.value
    if isinstance(value, Char):
        return ord(value)
    if isinstance(value, str):
        return _parse_number(value, target)
    raise _cannot(value, target)


_SUFFIX = {"kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}


def _parse_number(text: str, target: str) -> int | float:
    clean = text.strip()
    if not clean:
        return 0
    match = re.fullmatch(r"([+-]?\d+)(kb|mb|gb|tb|pb)?", clean, re.I)
    if match:
        return int(match[1]) * _SUFFIX.get((match[2] or "").lower(), 1)
    if re.fullmatch(r"0x[0-9a-f]+", clean, re.I):
        number = int(clean, 16)
        return number - 2**32 if 2**31 <= number < 2**32 else number
    try:
        return float(clean)
    except ValueError:
        raise _cannot(text, target, "Input string was not in a correct format.") from None


def _integer(value: Value, target: str) -> int:
    number = to_number(value, target)
    result = round(number)
    low, high = RANGES[target.lower()]
    if not low <= result <= high:
        short = target.rpartition(".")[2]
        why = (
            f"Value was either too large or too small for "
            f"{'an' if short[0] in 'IU' else 'a'} {short}."
        )
        raise _cannot(value, target, why if isinstance(value, (str, int, float)) else "")
    return result


def _boolean(value: Value) -> bool:
    if isinstance(value, str):
        return bool(value)
    return truthy(value)


def _datetime(value: Value) -> datetime:
    from onshi_lab.windows.clock import JAPAN

    if isinstance(value, datetime):
        return value
    text = text_of(value)
    for pattern in ("", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%H:%M"):
        try:
            found = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=JAPAN)
    raise _cannot(value, "System.DateTime", "String was not recognized as a valid DateTime.")


def _timespan(value: Value) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int):
        return timedelta(microseconds=value / 10)
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+)(?::(\d+))?", text_of(value))
    if match is None:
        raise _cannot(value, "System.TimeSpan", "String was not recognized as a valid TimeSpan.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _char(value: Value) -> Char:
    if isinstance(value, int):
        return Char(chr(value))
    text = text_of(value)
    if len(text) != 1:
        raise _cannot(value, "System.Char", "String must be exactly one character long.")
    return Char(text)


def _guid(value: Value) -> uuid.UUID:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(text_of(value))
    except ValueError:
        raise _cannot(
            value, "System.Guid", "Guid should contain 32 digits with 4 dashes."
        ) from None


def ip_object(text: str) -> PSObject:
    """A System.Net.IPAddress."""
    address = ip_address(text.partition("%")[0])
    family = "InterNetwork" if address.version == 4 else "InterNetworkV6"
    properties = {"IPAddressToString": str(address), "AddressFamily": family}
    methods = {
        "GetAddressBytes": lambda _arguments: address.packed,
        "ToString": lambda _arguments: str(address),
    }
    return PSObject(
        properties, "System.Net.IPAddress", text=str(address), native=address, methods=methods
    )


def _ip(value: Value) -> Value:
    try:
        return value if isinstance(value, PSObject) else ip_object(text_of(value))
    except (AddressValueError, ValueError):
        raise _cannot(
            value, "System.Net.IPAddress", "An invalid IP address was specified."
        ) from None


def version_object(text: str) -> PSObject:
    """A System.Version; missing parts are -1."""
    parts = [int(p) for p in text.split(".")]
    padded = parts + [-1] * (4 - len(parts))
    names = ("Major", "Minor", "Build", "Revision")
    return PSObject(
        dict(zip(names, padded, strict=False)), "System.Version", text=text, native=tuple(padded)
    )


def _version(value: Value) -> Value:
    try:
        return value if isinstance(value, PSObject) else version_object(text_of(value))
    except ValueError:
        raise _cannot(
            value, "System.Version", "Version string portion was too short or too long."
        ) from None


def _custom_object(value: Value) -> Value:
    if isinstance(value, Hashtable):
        return PSObject({text_of(k): v for k, v in value.items()})
    return value


def _ordered(value: Value) -> Value:
    if not isinstance(value, Hashtable):
        raise _cannot(value, "System.Collections.Specialized.OrderedDictionary")
    return Hashtable(value.items(), ordered=True)


def _hashtable(value: Value) -> Value:
    if value is None or isinstance(value, Hashtable):
        return value
    raise _cannot(value, "System.Collections.Hashtable")


def _type(value: Value) -> Value:
    return value if isinstance(value, TypeValue) else TypeValue(full_type_name(text_of(value)))


def _exact(kind: type, name: str) -> Callable[[Value], Value]:
    def check(value: Value) -> Value:
        if value is None or isinstance(value, kind):
            return value
        raise _cannot(value, name)

    return check


def _credential(value: Value) -> Value:
    if value is None or (isinstance(value, PSObject) and value.type_name.endswith("PSCredential")):
        return value
    raise _cannot(value, "System.Management.Automation.PSCredential")


CONVERTERS: dict[str, Callable[[Value], Value]] = {
    "system.string": text_of,
    "system.object": lambda value: value,
    "system.void": lambda _value: None,
    "system.boolean": _boolean,
    "system.management.automation.switchparameter": _boolean,
    "system.double": lambda value: float(to_number(value, "System.Double")),
    "system.single": lambda value: float(to_number(value, "System.Single")),
    "system.decimal": lambda value: to_number(value, "System.Decimal"),
    "system.intptr": lambda value: int(to_number(value, "System.IntPtr")),
    "system.datetime": _datetime,
    "system.timespan": _timespan,
    "system.char": _char,
    "system.guid": _guid,
    "system.net.ipaddress": _ip,
    "system.version": _version,
    "system.array": as_list,
    "system.collections.hashtable": _hashtable,
    "system.collections.idictionary": _hashtable,
    "system.collections.specialized.ordereddictionary": _ordered,
    "system.collections.arraylist": lambda value: PSList(as_list(value)),
    "system.management.automation.pscustomobject": _custom_object,
    "system.management.automation.psobject": _custom_object,
    "system.management.automation.pscredential": _credential,
    "system.security.securestring": _exact(Secure, "System.Security.SecureString"),
    "system.type": _type,
    "microsoft.management.infrastructure.ciminstance": lambda value: value,
    "system.uri": lambda value: value,
    "system.text.regularexpressions.regex": lambda value: value,
}


def known_type(name: str) -> bool:
    """Whether a conversion to this type is known."""
    full = full_type_name(name).lower().removesuffix("[]")
    return full in CONVERTERS or full in RANGES or full in ENUMS or f"system.{full}" in CONVERTERS


def convert(value: Value, name: str) -> Value:
    """A value as a type; raises PSError where it can't be, KeyError for an unknown type."""
    full = full_type_name(name)
    folded = full.lower()
    if folded.endswith("[]"):
        return _array(value, full[:-2])
    if folded in RANGES:
        return _integer(value, full)
    if folded in ENUMS:
        return _enum(value, full)
    if folded in CONVERTERS:
        return CONVERTERS[folded](value)
    return CONVERTERS["system." + folded](value)


def _array(value: Value, element: str) -> Value:
    if element.lower() == "system.byte":
        if value is None or isinstance(value, bytes):
            return value
        return bytes(_integer(v, "System.Byte") for v in as_list(value))
    if value is None:
        return None
    if isinstance(value, bytes):
        value = list(value)
    if element.lower() == "system.char" and isinstance(value, str):
        return [Char(c) for c in value]
    return [convert(v, element) for v in as_list(value)]


def _enum(value: Value, name: str) -> Value:
    try:
        return enum_value(name, value)
    except ValueError:
        members = ",".join(ENUMS[name.lower()])
        raise fail(
            f'Cannot convert value "{text_of(value)}" to type '
            f'"{ENUM_NAMES[name.lower()]}". Error: "Unable to '
            f"match the identifier name {text_of(value)} to a valid "
            f"enumerator name. Specify one of the "
            f'following enumerator names and try again:\n{members.replace(",", ", ")}"',
            "InvalidCastFromStringToEnum" if isinstance(value, str) else "InvalidCast",
            "InvalidArgument",
            "System.Management.Automation.PSInvalidCastException",
        ) from None


def is_instance(value: Value, name: str) -> bool:
    """The -is operator."""
    wanted = full_type_name(name).lower()
    actual = type_name(value).lower()
    if wanted in (actual, "system.object") and value is not None:
        return True
    if wanted in ("system.array", "system.object[]"):
        return isinstance(value, list) and not isinstance(value, PSList)
    if wanted in ("system.collections.idictionary", "system.collections.hashtable"):
        return isinstance(value, Hashtable)
    if wanted == "system.management.automation.psobject":
        return isinstance(value, PSObject)
    if wanted == "system.collections.ienumerable":
        return isinstance(value, (list, str, bytes, Hashtable))
    return short_name(value).lower() == wanted and value is not None
