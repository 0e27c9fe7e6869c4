"""Type conversion for casts, parameters and operators (LanguagePrimitives.ConvertTo)."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import AddressValueError, ip_address
from typing import Any

from onshi_lab.windows.clock import JAPAN
from onshi_lab.windows.powershell.errors import PSError, exception, fail, is_kind
from onshi_lab.windows.powershell.values import (
    BYTES,
    SIZED,
    Char,
    EnumValue,
    Hashtable,
    PSList,
    PSObject,
    Reference,
    Secure,
    TypedArray,
    TypeValue,
    Value,
    as_list,
    enumerate_value,
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


FLAGS: set[str] = set()
"""Those whose values combine ([Flags]), in lower case."""


def define_enum(name: str, **values: int) -> Callable[[int | str], EnumValue]:
    """Registers an enumeration; answers a function from number or name to its value."""
    ENUMS[name.lower()] = values
    ENUM_NAMES[name.lower()] = name

    def make(value: int | str) -> EnumValue:
        return enum_value(name, value)

    return make


def define_flags(name: str, **values: int) -> Callable[[int | str], EnumValue]:
    """Registers an enumeration whose values combine."""
    FLAGS.add(name.lower())
    return define_enum(name, **values)


def enum_value(name: str, value: Any) -> EnumValue:
    """A value of a registered enumeration, by number or by name; raises ValueError."""
    members = ENUMS[name.lower()]
    proper = ENUM_NAMES[name.lower()]
    if isinstance(value, EnumValue):
        value = value.value
    if isinstance(value, int) and not isinstance(value, bool):
        return EnumValue(proper, _enum_text(name, value), int(value))
    text = text_of(value).strip()
    if re.fullmatch(r"-?\d+", text):
        return enum_value(name, int(text))
    total = 0
    for part in text.split(","):
        total |= members[_enum_member(members, part.strip())]
    return EnumValue(proper, _enum_text(name, total), total)


def _enum_text(name: str, value: int) -> str:
    """The name of a value; the names of its bits, the widest last; a number where none fit."""
    members = ENUMS[name.lower()]
    exact = next((n for n, v in members.items() if v == value), None)
    if exact is not None or name.lower() not in FLAGS:
        return exact or str(value)
    left, names = value, list[str]()
    for part, bits in sorted(members.items(), key=lambda item: -item[1]):
        if bits and left & bits == bits:
            left &= ~bits
            names.insert(0, part)
    return str(value) if left else ", ".join(names)


def _enum_member(members: dict[str, int], text: str) -> str:
    """The member of a name, or of the beginning of just one; raises ValueError."""
    exact = [name for name in members if name.lower() == text.lower()]
    found = exact or [name for name in members if text and name.lower().startswith(text.lower())]
    if len(found) != 1:
        raise ValueError(text)
    return found[0]


def full_type_name(name: str) -> str:
    """A type's full name, with accelerators resolved; array suffixes stay."""
    base, _, suffix = name.partition("[")
    full = ACCELERATORS.get(base.lower(), base)
    return full + ("[" + suffix if suffix else "")


CAST = "System.Management.Automation.PSInvalidCastException"
NOT_A_NUMBER = "Input string was not in a correct format."


def invalid_cast(
    value: Value,
    target: str,
    why: str = "",
    error_id: str = "",
    inner: str = "System.FormatException",
) -> PSError:
    """A cast that fails: a RuntimeException, in it the invalid cast, in that the cause if any."""
    shown = text_of(value) if not isinstance(value, (Hashtable, list)) else type_name(value)
    message = (
        f'Cannot convert value "{shown}" to type "{target}". Error: "{why}"'
        if why
        else f'Cannot convert the "{shown}" value of type "{type_name(value)}" to type "{target}".'
    )
    cause = exception(inner, why) if why else None
    return fail(
        message,
        error_id or "ConvertToFinalInvalidCastException",
        "InvalidArgument",
        inner=exception(CAST, message, cause),
    )


def _unparsable(value: Value, target: str, why: str, *, culture: bool = True) -> PSError:
    """A string that a type's Parse method doesn't take."""
    error_id = "InvalidCastParseTargetInvocation"
    return invalid_cast(value, target, why, error_id + ("WithFormatProvider" if culture else ""))


def to_number(value: Value, target: str = "System.Int32") -> Any:
    """A value as a number (int, Sized, float or Decimal) for arithmetic; raises PSError."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, EnumValue):
        return value.value
    if isinstance(value, Char):
        return ord(value)
    if isinstance(value, str):
        return _parse_number(value, target)
    raise invalid_cast(value, target)


_SUFFIX = {"kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}


def literal(text: str) -> Any:
    """The number that a literal stands for (about_Numeric_Literals); ValueError if none.

    Int32, where it is too big Int64, then Decimal, then Double; `l` is Int64, `d` Decimal. Four
    bytes in hexadecimal are an Int32, also a negative one.
    """
    match = re.fullmatch(r"(?i)([+-]?)(0x[0-9a-f]+|[\d.]+(?:e[+-]?\d+)?)([ld]?)([kmgtp]b)?", text)
    if match is None:
        raise ValueError(text)
    sign, digits, kind, scale = match[1], match[2].lower(), match[3].lower(), match[4] or ""
    factor = _SUFFIX.get(scale.lower(), 1) * (-1 if sign == "-" else 1)
    if digits.startswith("0x"):
        whole = int(digits, 16)
        whole -= 2**32 if 2**31 <= whole < 2**32 else 0
    elif kind == "d":
        return Decimal(digits) * factor
    elif not digits.isdigit():
        return float(digits) * factor
    else:
        whole = int(digits)
    number = whole * factor
    if kind == "l":
        return SIZED["system.int64"](number)
    return number if -(2**63) <= number < 2**63 else Decimal(number)


def _parse_number(text: str, target: str) -> Any:
    clean = text.strip().replace(",", "")
    try:
        return literal(clean) if clean else 0
    except ValueError:
        raise invalid_cast(text, target, NOT_A_NUMBER, _number_id(target)) from None


def _number_id(target: str) -> str:
    whole = target.lower() in RANGES
    return "InvalidCastFromStringToInteger" if whole else "InvalidCastFromStringToDoubleOrSingle"


def _integer(value: Value, target: str) -> int:
    result = round(to_number(value, target))
    low, high = RANGES[target.lower()]
    if not low <= result <= high:
        short = target.rpartition(".")[2]
        named = {"Byte": "an unsigned byte", "SByte": "a signed byte"}.get(
            short, f"{'an' if short[0] in 'I' else 'a'} {short}"
        )
        error_id = _number_id(target) if isinstance(value, str) else "InvalidCastIConvertible"
        why = f"Value was either too large or too small for {named}."
        raise invalid_cast(value, target, why, error_id, "System.OverflowException")
    return SIZED[target.lower()](result) if target.lower() in SIZED else int(result)


def _decimal(value: Value) -> Decimal:
    number = to_number(value, "System.Decimal")
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _boolean(value: Value) -> bool:
    if isinstance(value, str):
        return bool(value)
    return truthy(value)


MOMENT = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?"
)
PATTERNS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y",
    "%H:%M",
    "%H:%M:%S",
)


def _moment(text: str) -> datetime:
    """A date and time; what names a zone is given in the local one; raises ValueError."""
    if MOMENT.fullmatch(text):
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return found.astimezone(JAPAN) if found.tzinfo is not None else found
    for pattern in PATTERNS:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007  its Kind is Unspecified
        except ValueError:
            continue
    raise ValueError(text)


def _datetime(value: Value) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return _moment(text_of(value))
    except ValueError:
        why = "String was not recognized as a valid DateTime."
        raise _unparsable(value, "System.DateTime", why) from None


def local(value: datetime) -> datetime:
    """A moment that knows its zone: one of Unspecified kind is taken for local time."""
    return value if value.tzinfo is not None else value.replace(tzinfo=JAPAN)


def _timespan(value: Value) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int):
        return timedelta(microseconds=value / 10)
    text = text_of(value)
    match = re.fullmatch(r"(-?)(?:(\d+)\.)?(\d+):(\d+)(?::(\d+)(?:\.(\d+))?)?", text)
    if match is None and re.fullmatch(r"-?\d+", text):
        return timedelta(days=int(text))
    if match is None:
        why = "String was not recognized as a valid TimeSpan."
        raise _unparsable(value, "System.TimeSpan", why)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:5])
    fraction = float(f"0.{match[6]}") if match[6] else 0.0
    found = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds + fraction)
    return -found if match[1] else found


def _char(value: Value) -> Char:
    if isinstance(value, int):
        return Char(chr(value))
    text = text_of(value)
    if len(text) != 1:
        why = "String must be exactly one character long."
        raise _unparsable(value, "System.Char", why, culture=False)
    return Char(text)


def _guid(value: Value) -> uuid.UUID:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(text_of(value))
    except ValueError:
        why = "Guid should contain 32 digits with 4 dashes."
        raise _unparsable(value, "System.Guid", why, culture=False) from None


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
        why = "An invalid IP address was specified."
        raise _unparsable(value, "System.Net.IPAddress", why, culture=False) from None


def version_object(text: str) -> PSObject:
    """A System.Version; missing parts are -1."""
    parts = [int(p) for p in text.split(".")]
    if not 2 <= len(parts) <= 4:
        raise ValueError(text)
    padded = parts + [-1] * (4 - len(parts))
    names = ("Major", "Minor", "Build", "Revision")
    return PSObject(
        dict(zip(names, padded, strict=False)), "System.Version", text=text, native=tuple(padded)
    )


def _version(value: Value) -> Value:
    try:
        return value if isinstance(value, PSObject) else version_object(text_of(value))
    except ValueError:
        why = "Version string portion was too short or too long."
        error_id = "InvalidCastParseTargetInvocation"
        inner = "System.ArgumentException"
        raise invalid_cast(value, "System.Version", why, error_id, inner) from None


def _custom_object(value: Value) -> Value:
    if isinstance(value, Hashtable):
        return PSObject({text_of(k): v for k, v in value.items()})
    return value


def _ordered(value: Value) -> Value:
    if not isinstance(value, Hashtable):
        raise invalid_cast(value, "System.Collections.Specialized.OrderedDictionary")
    return Hashtable(value.items(), ordered=True)


def _hashtable(value: Value) -> Value:
    if value is None or isinstance(value, Hashtable):
        return value
    raise invalid_cast(value, "System.Collections.Hashtable")


def _type(value: Value) -> Value:
    return value if isinstance(value, TypeValue) else TypeValue(full_type_name(text_of(value)))


def _exact(kind: type, name: str) -> Callable[[Value], Value]:
    def check(value: Value) -> Value:
        if value is None or isinstance(value, kind):
            return value
        raise invalid_cast(value, name)

    return check


def _general(value: Value, name: str) -> Value:
    if value is None or is_instance(value, name):
        return value
    raise invalid_cast(value, name)


def _credential(value: Value) -> Value:
    if value is None or (isinstance(value, PSObject) and value.type_name.endswith("PSCredential")):
        return value
    raise invalid_cast(value, "System.Management.Automation.PSCredential")


CONVERTERS: dict[str, Callable[[Value], Value]] = {
    "system.string": text_of,
    "system.object": lambda value: value,
    "system.void": lambda _value: None,
    "system.boolean": _boolean,
    "system.management.automation.switchparameter": _boolean,
    "system.double": lambda value: float(to_number(value, "System.Double")),
    "system.single": lambda value: float(to_number(value, "System.Single")),
    "system.decimal": _decimal,
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
    "system.threading.tasks.task": _exact(PSObject, "System.Threading.Tasks.Task"),
    "system.management.automation.psreference": _exact(
        Reference, "System.Management.Automation.PSReference"
    ),
    "microsoft.management.infrastructure.ciminstance": lambda value: value,
    "system.text.encoding": lambda value: _general(value, "System.Text.Encoding"),
    "system.iformatprovider": lambda value: _general(value, "System.IFormatProvider"),
    "system.security.accesscontrol.filesystemaccessrule": _exact(
        PSObject, "System.Security.AccessControl.FileSystemAccessRule"
    ),
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
    if value is None:
        return None
    if element.lower() == "system.byte":
        return (
            bytearray(value) if isinstance(value, BYTES) else bytearray(_elements(value, element))
        )
    if element.lower() == "system.char" and isinstance(value, str):
        return TypedArray((Char(c) for c in value), element)
    found = _elements(value, element)
    return found if element.lower() == "system.object" else TypedArray(found, element)


def _elements(value: Value, element: str) -> list[Value]:
    """The elements of an array, each of a type; raises PSError."""
    try:
        return [convert(one, element) for one in enumerate_value(value)]
    except PSError as error:
        if isinstance(value, (list, *BYTES)):
            raise
        message = error.record.message
        raise invalid_cast(
            value, element + "[]", message, "InvalidCastExceptionScalarToArray", CAST
        ) from None


def _enum(value: Value, name: str) -> Value:
    """A cast to an enumeration, which takes no number that it doesn't define."""
    proper, members = ENUM_NAMES[name.lower()], ENUMS[name.lower()]
    if isinstance(value, bool):
        why = f"Invalid cast from 'System.Boolean' to '{proper}'."
        raise invalid_cast(
            value, proper, why, "InvalidCastIConvertible", "System.InvalidCastException"
        )
    if not isinstance(value, (str, int, EnumValue)):
        raise invalid_cast(value, proper)
    try:
        found = enum_value(name, value)
    except ValueError:
        why = (
            f"Unable to match the identifier name {text_of(value)} to a valid enumerator name. "
            f"Specify one of the following enumerator names and try again:\n{', '.join(members)}"
        )
        error_id = "SubstringDisambiguationEnumParseThrewAnException"
        raise invalid_cast(
            value, proper, why, error_id, "System.Management.Automation.RuntimeException"
        ) from None
    if re.fullmatch(r"-?\d+", found.name) and name.lower() not in LENIENT:
        message = (
            f'Cannot convert value "{text_of(value)}" to type "{proper}" due to enumeration values '
            "that are not valid. Specify one of the following enumeration values and try again. "
            f'The possible enumeration values are "{",".join(members)}".'
        )
        raise fail(
            message, "UndefinedIntegerToEnum", "InvalidArgument", inner=exception(CAST, message)
        )
    return found


LENIENT: set[str] = {"system.security.accesscontrol.filesystemrights"}
"""Enumerations whose values are read back as numbers where no name fits."""


def is_instance(value: Value, name: str) -> bool:
    """The -is operator."""
    if value is None:
        return False
    wanted = full_type_name(name).lower()
    actual = type_name(value).lower()
    if wanted in (actual, "system.object"):
        return True
    if wanted in ("system.array", "system.collections.icollection", "system.collections.ilist"):
        return isinstance(value, (list, *BYTES))
    if wanted == "system.object[]":
        return isinstance(value, TypedArray) and value.element == "System.String"
    if wanted == "system.collections.idictionary":
        return isinstance(value, Hashtable)
    if wanted in GENERAL:
        return _is_general(value, wanted)
    if wanted == "system.collections.ienumerable":
        return isinstance(value, (list, str, *BYTES, Hashtable))
    fails = isinstance(value, PSObject) and value.type_name.endswith("Exception")
    return fails and is_kind(value.type_name, wanted)


GENERAL = frozenset(
    {
        "system.management.automation.psobject",
        "system.valuetype",
        "system.enum",
        "system.text.encoding",
        "system.iformatprovider",
        "system.type",
    }
)
"""Types that others derive from, and interfaces."""


def _is_general(value: Value, wanted: str) -> bool:
    if wanted == "system.type":
        return isinstance(value, TypeValue)
    if wanted == "system.text.encoding":
        return isinstance(value, PSObject) and value.type_name.endswith("Encoding")
    if wanted == "system.iformatprovider":
        return isinstance(value, PSObject) and value.type_name.endswith("CultureInfo")
    if wanted == "system.management.automation.psobject":
        return isinstance(value, PSObject)
    if wanted == "system.enum":
        return isinstance(value, EnumValue)
    return isinstance(value, (bool, int, float, Decimal, Char, datetime, timedelta, EnumValue))
