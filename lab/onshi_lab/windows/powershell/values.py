"""PowerShell values: what stands for each .NET type, and the objects with properties.

null None, Boolean bool, Int32/Int64 int, Double float, String str, Char Char, Byte[] bytes,
Object[] list, DateTime datetime, TimeSpan timedelta, Guid UUID; the rest are classes of this
file.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tree_sitter import Node

Value = Any
Method = Callable[[list[Value]], Value]


class Char(str):
    """A System.Char."""

    __slots__ = ()


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
        return key.lower() if isinstance(key, str) else key

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
    """An object with named properties; the names match in any case and keep their order."""

    def __init__(
        self,
        properties: dict[str, Value] | None = None,
        type_name: str = "System.Management.Automation.PSCustomObject",
        *,
        methods: dict[str, Method] | None = None,
        text: str | None = None,
        native: Any = None,
        default: tuple[str, ...] = (),
    ) -> None:
        self.type_name = type_name
        self.names: dict[str, str] = {}
        self.values: dict[str, Value] = {}
        self.methods = {name.lower(): m for name, m in (methods or {}).items()}
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

TYPE_OF: tuple[tuple[type, str], ...] = (
    (bool, "System.Boolean"),
    (Char, "System.Char"),
    (str, "System.String"),
    (float, "System.Double"),
    (bytes, "System.Byte[]"),
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
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return "System.Int32" if -(2**31) <= value < 2**31 else "System.Int64"
    if isinstance(value, (PSObject, EnumValue)):
        return value.type_name
    if isinstance(value, Hashtable):
        ordered = "System.Collections.Specialized.OrderedDictionary"
        return ordered if value.ordered else "System.Collections.Hashtable"
    for kind, name in TYPE_OF:
        if isinstance(value, kind):
            return name
    return f"Mock.{type(value).__name__}"


def short_name(value: Value) -> str:
    """The last part of a value's type name."""
    return type_name(value).rpartition(".")[2]


def is_collection(value: Value) -> bool:
    """Whether a pipeline enumerates the value."""
    return isinstance(value, (list, bytes))


def enumerate_value(value: Value) -> list[Value]:
    """What a pipeline sends for a value: its elements, or itself."""
    if isinstance(value, bytes):
        return list(value)
    return list(value) if isinstance(value, list) else [value]


def collapse(values: list[Value]) -> Value:
    """What an assignment gets from a pipeline: null, the one value, or an array."""
    if not values:
        return None
    return values[0] if len(values) == 1 else values


def as_list(value: Value) -> list[Value]:
    """A value as an array: null is empty."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def truthy(value: Value) -> bool:
    """A value in a condition (about_Booleans)."""
    if isinstance(value, list):
        if not value:
            return False
        return truthy(value[0]) if len(value) == 1 else True
    if isinstance(value, (str, bytes)):
        return len(value) > 0
    if isinstance(value, EnumValue):
        return value.value != 0
    if isinstance(value, (bool, int, float)):
        return bool(value)
    return value is not None


def number_text(value: float) -> str:
    """A Double as .NET writes it in the invariant culture."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def text_of(value: Value) -> str:
    """A value as a string, as string expansion gives it: arrays joined by a space."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(text_of(v) for v in value)
    if isinstance(value, bytes):
        return " ".join(str(b) for b in value)
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        return number_text(value)
    return _object_text(value)


def _object_text(value: Value) -> str:
    if isinstance(value, datetime):
        return value.strftime("%m/%d/%Y %H:%M:%S")
    if isinstance(value, EnumValue):
        return value.name
    if isinstance(value, TypeValue):
        return value.name
    if isinstance(value, ScriptBlock):
        return value.text
    if isinstance(value, PSObject):
        return _psobject_text(value)
    if isinstance(value, timedelta):
        return timespan_text(value)
    if isinstance(value, (str, int, uuid.UUID)):
        return str(value)
    return type_name(value)


def _psobject_text(value: PSObject) -> str:
    if value.text is not None:
        return value.text
    if not value.is_custom:
        return value.type_name
    return "@{" + "; ".join(f"{k}={text_of(v)}" for k, v in value.items()) + "}"


def timespan_text(value: timedelta) -> str:
    """A TimeSpan in its constant format."""
    seconds = int(value.total_seconds())
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    fraction = f".{abs(value.microseconds) * 10:07}" if value.microseconds else ""
    return f"{sign}{days}.{clock}{fraction}" if days else f"{sign}{clock}{fraction}"
