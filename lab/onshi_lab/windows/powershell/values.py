"""PowerShell values: what stands for each .NET type, and the objects with properties.

null None, Boolean bool, Int32 int (beyond its range Int64), Double float, Decimal Decimal, String
str, Byte[] bytearray (one that can't change: bytes), Object[] list, DateTime datetime (without a
zone where its Kind is Unspecified), TimeSpan timedelta, Guid UUID; the rest are classes of this
file.
"""

import math
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from tree_sitter import Node

Value = Any
Method = Callable[[list[Value]], Value]


class Char(str):
    """A System.Char."""

    __slots__ = ()


class Sized(int):
    """An integer whose type isn't the one that its value tells."""

    type_name: ClassVar[str] = ""


class SByte(Sized):
    """A System.SByte."""

    type_name = "System.SByte"


class Byte(Sized):
    """A System.Byte."""

    type_name = "System.Byte"


class Int16(Sized):
    """A System.Int16."""

    type_name = "System.Int16"


class UInt16(Sized):
    """A System.UInt16."""

    type_name = "System.UInt16"


class UInt32(Sized):
    """A System.UInt32."""

    type_name = "System.UInt32"


class Int64(Sized):
    """A System.Int64, however small."""

    type_name = "System.Int64"


class UInt64(Sized):
    """A System.UInt64."""

    type_name = "System.UInt64"


SIZED: dict[str, type[Sized]] = {
    kind.type_name.lower(): kind for kind in (SByte, Byte, Int16, UInt16, UInt32, Int64, UInt64)
}
BYTES = (bytes, bytearray)
"""What stands for a Byte[]."""


class TypedArray(list[Value]):
    """An array of one element type other than Object and Byte, such as String[]."""

    def __init__(self, items: Iterable[Value], element: str) -> None:
        super().__init__(items)
        self.element = element


class PSList(list[Value]):
    """A System.Collections.ArrayList or List<T>: enumerates like an array, can grow."""

    type_name = "System.Collections.ArrayList"


class Hashtable:
    """A hashtable or an ordered dictionary; string keys match in any case."""

    def __init__(self, items: Iterable[tuple[Value, Value]] = (), *, ordered: bool = False) -> None:
        self.ordered = ordered
        self._items: dict[Value, tuple[Value, Value]] = {}
        for key, value in items:
            self[key] = value

    @staticmethod
    def _fold(key: Value) -> Value:
        """What two keys that are one have in common: numbers of other types are others."""
        if isinstance(key, str) and not isinstance(key, Char):
            return key.lower()
        return (type_name(key), key) if isinstance(key, (int, Char)) else key

    def __contains__(self, key: Value) -> bool:
        return self._fold(key) in self._items

    def __getitem__(self, key: Value) -> Value:
        return self._items.get(self._fold(key), (None, None))[1]

    def __setitem__(self, key: Value, value: Value) -> None:
        folded = self._fold(key)
        kept = self._items[folded][0] if folded in self._items else key
        self._items[folded] = (kept, value)

    def __delitem__(self, key: Value) -> None:
        self._items.pop(self._fold(key), None)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Value]:
        return (key for key, _ in list(self._items.values()))

    def items(self) -> list[tuple[Value, Value]]:
        """Keys and values, in order of insertion."""
        return list(self._items.values())

    def clear(self) -> None:
        """Removes everything."""
        self._items.clear()


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A value of a .NET enumeration."""

    type_name: str
    name: str
    value: int


class PSObject:
    """An object with named properties; the names match in any case and keep their order.

    A method is a `methods.Method`, or a function of the arguments where it has no signature.
    """

    def __init__(
        self,
        properties: dict[str, Value] | None = None,
        type_name: str = "System.Management.Automation.PSCustomObject",
        *,
        methods: Mapping[str, Any] | None = None,
        text: str | None = None,
        native: Any = None,
        default: tuple[str, ...] = (),
    ) -> None:
        self.type_name = type_name
        self.names: dict[str, str] = {}
        self.values: dict[str, Value] = {}
        self.methods: dict[str, Any] = {n.lower(): m for n, m in (methods or {}).items()}
        self.text = text
        self.native = native
        self.default = default
        for name, value in (properties or {}).items():
            self.set(name, value)

    def has(self, name: str) -> bool:
        """Whether there is such a property."""
        return name.lower() in self.values

    def get(self, name: str) -> Value:
        """A property's value, or None."""
        return self.values.get(name.lower())

    def set(self, name: str, value: Value) -> None:
        """Adds or changes a property."""
        folded = name.lower()
        self.names.setdefault(folded, name)
        self.values[folded] = value

    def remove(self, name: str) -> None:
        """Takes a property away."""
        self.names.pop(name.lower(), None)
        self.values.pop(name.lower(), None)

    def items(self) -> list[tuple[str, Value]]:
        """Names and values."""
        return [(self.names[k], v) for k, v in self.values.items()]

    @property
    def is_custom(self) -> bool:
        """Whether it is a [pscustomobject]."""
        return self.type_name == "System.Management.Automation.PSCustomObject"


@dataclass(eq=False)
class ScriptBlock:
    """Code in braces, with the text it came from and the scope it was written in."""

    node: Node
    source: bytes
    module: Any = None
    name: str = ""
    file: str = ""

    @property
    def text(self) -> str:
        """The text between the braces."""
        text = self.source[self.node.start_byte : self.node.end_byte].decode()
        return text[1:-1] if text.startswith("{") and text.endswith("}") else text


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A [type] literal."""

    name: str


@dataclass(eq=False, slots=True)
class Secure:
    """A SecureString; characters can be appended."""

    text: str = field(repr=False)


@dataclass(eq=False)
class Reference:
    """A [ref] to a variable."""

    get: Callable[[], Value]
    set: Callable[[Value], None]


class Switch:
    """The absent value of a parameter (None is a value)."""


MISSING = Switch()
NOTHING = Switch()
"""AutomationNull: what a pipeline without output gives. A null, but no element of an array."""

TYPE_OF: tuple[tuple[type, str], ...] = (
    (bool, "System.Boolean"),
    (Char, "System.Char"),
    (str, "System.String"),
    (float, "System.Double"),
    (Decimal, "System.Decimal"),
    (bytes, "System.Byte[]"),
    (bytearray, "System.Byte[]"),
    (PSList, "System.Collections.ArrayList"),
    (list, "System.Object[]"),
    (datetime, "System.DateTime"),
    (timedelta, "System.TimeSpan"),
    (uuid.UUID, "System.Guid"),
    (ScriptBlock, "System.Management.Automation.ScriptBlock"),
    (TypeValue, "System.RuntimeType"),
    (Secure, "System.Security.SecureString"),
    (Reference, "System.Management.Automation.PSReference"),
)


def type_name(value: Value) -> str:
    """The full .NET type name of a value; empty for null."""
    if value is None or value is NOTHING:
        return ""
    if isinstance(value, (Sized, PSObject, EnumValue)):
        return value.type_name
    if isinstance(value, TypedArray):
        return value.element + "[]"
    if isinstance(value, int) and not isinstance(value, bool):
        return "System.Int32" if -(2**31) <= value < 2**31 else "System.Int64"
    if isinstance(value, Hashtable):
        ordered = "System.Collections.Specialized.OrderedDictionary"
        return ordered if value.ordered else "System.Collections.Hashtable"
    for kind, name in TYPE_OF:
        if isinstance(value, kind):
            return name
    return f"Mock.{type(value).__name__}"


SHORT_TYPES = {
    "System.Int32": "int",
    "System.Int64": "long",
    "System.Byte": "byte",
    "System.String": "string",
    "System.Boolean": "bool",
    "System.Char": "char",
    "System.Double": "double",
    "System.Decimal": "decimal",
    "System.DateTime": "datetime",
    "System.Collections.Hashtable": "hashtable",
}
"""How a [type] becomes a string (its accelerator, of those that have one)."""


def short_name(value: Value) -> str:
    """The last part of a value's type name."""
    return type_name(value).rpartition(".")[2]


def enumerate_value(value: Value) -> list[Value]:
    """What a pipeline sends for a value: its elements, or itself."""
    if value is NOTHING:
        return []
    if isinstance(value, BYTES):
        return [Byte(one) for one in value]
    return list(value) if isinstance(value, list) else [value]


def collapse(values: list[Value]) -> Value:
    """What an assignment gets from a pipeline: null, the one value, or an array."""
    if not values:
        return None
    return values[0] if len(values) == 1 else values


def output(values: list[Value]) -> Value:
    """What statements give as a value: NOTHING, the one value, or an array."""
    return collapse(values) if values else NOTHING


def as_list(value: Value) -> list[Value]:
    """A value as an array: null is empty."""
    return [] if value is None else enumerate_value(value)


def truthy(value: Value) -> bool:
    """A value in a condition (about_Booleans)."""
    if isinstance(value, list):
        if not value:
            return False
        return truthy(value[0]) if len(value) == 1 else True
    if isinstance(value, BYTES):
        return truthy(enumerate_value(value))
    if isinstance(value, Char):
        return value != "\0"
    if isinstance(value, str):
        return len(value) > 0
    if isinstance(value, EnumValue):
        return value.value != 0
    if isinstance(value, (bool, int, float, Decimal)):
        return bool(value)
    return value is not None and value is not NOTHING


def number_text(value: float | Decimal) -> str:
    """A Double or Decimal as .NET Framework writes it (General, 15 digits of a Double)."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if math.isfinite(value):
        return f"{value:.15G}" if value else "0"
    return "NaN" if math.isnan(value) else "-∞" if value < 0 else "∞"


def text_of(value: Value) -> str:
    """A value as a string, as string expansion gives it: arrays joined by a space."""
    return joined(value, " ")


def joined(value: Value, separator: str) -> str:
    """A value as a string; the elements of an array, which are no arrays then, are joined."""
    if isinstance(value, (list, *BYTES)):
        return separator.join(object_text(v) for v in enumerate_value(value))
    return object_text(value)


def object_text(value: Value) -> str:
    """A value's ToString(); of a [type] its short name."""
    for kind, text in TEXTS:
        if isinstance(value, kind):
            return text(value)
    return type_name(value)


def _type_text(value: TypeValue) -> str:
    name = value.name.removesuffix("[]")
    return SHORT_TYPES.get(name, name) + value.name[len(name) :]


def _psobject_text(value: PSObject) -> str:
    if value.text is not None:
        return value.text
    if not value.is_custom:
        return value.type_name
    return "@{" + "; ".join(f"{k}={object_text(v)}" for k, v in value.items()) + "}"


def timespan_text(value: timedelta) -> str:
    """A TimeSpan in its constant format."""
    sign, positive = ("-" if value < timedelta(0) else ""), abs(value)
    days, rest = positive.days, positive.seconds
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    fraction = f".{positive.microseconds * 10:07}" if positive.microseconds else ""
    return f"{sign}{days}.{clock}{fraction}" if days else f"{sign}{clock}{fraction}"


TEXTS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    ((type(None), Switch), lambda _value: ""),
    (bool, lambda value: "True" if value else "False"),
    ((float, Decimal), number_text),
    (datetime, lambda value: value.strftime("%m/%d/%Y %H:%M:%S")),
    (EnumValue, lambda value: value.name),
    (TypeValue, _type_text),
    (ScriptBlock, lambda value: value.text),
    (PSObject, _psobject_text),
    (timedelta, timespan_text),
    ((str, int, uuid.UUID), str),
)
"""How values of a type become text; the others are called by their type."""
