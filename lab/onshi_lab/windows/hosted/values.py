"""Values between the PC and an engine's script; Wire.cs reads and writes the same."""

import base64
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from onshi_lab.windows.clock import JAPAN
from onshi_lab.windows.powershell import dotnet
from onshi_lab.windows.powershell.cmdlets.acl import nt_account
from onshi_lab.windows.powershell.convert import enum_value
from onshi_lab.windows.powershell.errors import ErrorRecord, exception_object
from onshi_lab.windows.powershell.members import set_member
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import (
    BYTES,
    NOTHING,
    SIZED,
    Char,
    EnumValue,
    Hashtable,
    PSList,
    PSObject,
    Secure,
    Sized,
    TypedArray,
    TypeValue,
    Value,
    text_of,
    type_name,
)

EPOCH = datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Where .NET's ticks of 100 ns begin."""
INT32 = range(-(2**31), 2**31)


@dataclass(eq=False)
class Wire:
    """Writes and reads the values of one session; objects stay here and go by number."""

    session: Session
    held: dict[int, PSObject] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    # -- to the script ----------------------------------------------------------------------------

    def write(self, value: Value) -> Any:
        """A value as JSON; TypeError for what a script can't be given."""
        if value is None or value is NOTHING:
            return None
        for kind, write in WRITERS:
            if isinstance(value, kind):
                return write(self, value)
        raise TypeError(f"{type_name(value)} for the engine")

    def record(self, record: ErrorRecord) -> dict[str, Any]:
        """An error record as JSON."""
        thrown = exception_object(record)
        inner = thrown.get("InnerException")
        made = self._exception(thrown)
        made |= {"id": record.error_id, "category": record.category}
        target = record.target
        made["target"] = target if isinstance(target, str) else None
        if isinstance(inner, PSObject):
            made["inner"] = self._exception(inner)
        return made

    def _exception(self, thrown: PSObject) -> dict[str, Any]:
        native = thrown.get("NativeErrorCode")
        return {
            "message": text_of(thrown.get("Message")),
            "exception": thrown.type_name,
            "hresult": thrown.get("HResult"),
            "native": native if isinstance(native, int) else None,
        }

    def write_object(self, value: PSObject) -> dict[str, Any]:
        """An object: its properties, and its number here."""
        pairs = [[name, self.write(one)] for name, one in value.items()]
        if value.is_custom and not value.methods:
            return {"o": "", "p": pairs}
        number = next(self.numbers)
        self.held[number] = value
        return {
            "o": value.type_name,
            "h": number,
            "text": value.text if value.text is not None else value.type_name,
            "p": [] if value.type_name == "System.__ComObject" else pairs,
            "default": list(value.default),
        }

    def write_number(self, value: int) -> Any:
        """An integer, with its type where that is no Int32."""
        if type(value) is int and value in INT32:
            return value
        kind = value.type_name if isinstance(value, Sized) else "System.Int64"
        return {"n": kind, "v": str(int(value))}

    # -- from the script --------------------------------------------------------------------------

    def read(self, found: Any) -> Value:
        """A value from JSON."""
        if isinstance(found, list):
            return [self.read(one) for one in found]
        if not isinstance(found, dict):
            return found
        kind = next(iter(found))
        return READERS[kind](self, found)

    def read_held(self, found: dict[str, Any]) -> PSObject:
        """An object that is kept here, with what the script set of it."""
        value = self.held[found["h"]]
        for name, one in found.get("set", []):
            if value.has(name):
                set_member(self.session, value, name, self.read(one))
            else:
                value.set(name, self.read(one))
        return value

    def read_table(self, found: dict[str, Any]) -> Hashtable:
        """A hashtable."""
        pairs = [(self.read(key), self.read(one)) for key, one in found["k"]]
        return Hashtable(pairs, ordered=found["ordered"])

    def read_made(self, found: dict[str, Any]) -> PSObject:
        """An object that a script made."""
        return PSObject({name: self.read(one) for name, one in found["p"]})

    def read_array(self, found: dict[str, Any]) -> Value:
        """An array of one element type."""
        items = self.read(found["v"])
        return PSList(items) if found["a"] == "" else TypedArray(items, found["a"])


def _ticks(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 10_000_000 + span.microseconds * 10


def _date(_wire: Wire, value: datetime) -> dict[str, Any]:
    if value.tzinfo is None:
        return {"dt": _ticks(value - EPOCH), "kind": "Unspecified"}
    universal = value.utcoffset() == timedelta(0)
    shown = value.astimezone(UTC if universal else JAPAN).replace(tzinfo=None)
    return {"dt": _ticks(shown - EPOCH), "kind": "Utc" if universal else "Local"}


def _read_date(_wire: Wire, found: dict[str, Any]) -> datetime:
    made = EPOCH + timedelta(microseconds=found["dt"] // 10)
    zones = {"Utc": UTC, "Local": JAPAN, "Unspecified": None}
    return made.replace(tzinfo=zones[found["kind"]])


def _read_number(_wire: Wire, found: dict[str, Any]) -> int:
    kind = SIZED.get(found["n"].lower())
    return kind(found["v"]) if kind is not None else int(found["v"])


def _encoding(_wire: Wire, found: dict[str, Any]) -> PSObject:
    if found["enc"] == 65001:
        return dotnet.utf8(bom=found["bom"])
    return dotnet.unicode() if found["enc"] == 1200 else dotnet.codepage_encoding(found["enc"])


WRITERS: tuple[tuple[Any, Callable[[Wire, Any], Any]], ...] = (
    (bool, lambda _w, v: v),
    (Char, lambda _w, v: {"char": str(v)}),
    (str, lambda _w, v: str(v)),
    (int, Wire.write_number),
    (float, lambda _w, v: {"d": repr(v)}),
    (Decimal, lambda _w, v: {"m": str(v)}),
    (datetime, _date),
    (timedelta, lambda _w, v: {"ts": _ticks(v)}),
    (uuid.UUID, lambda _w, v: {"g": str(v)}),
    (EnumValue, lambda _w, v: {"e": v.type_name, "n": v.name, "v": v.value}),
    (BYTES, lambda _w, v: {"b": base64.b64encode(v).decode()}),
    (Secure, lambda _w, v: {"ss": v.text}),
    (
        Hashtable,
        lambda w, v: {"k": [[w.write(k), w.write(i)] for k, i in v.items()], "ordered": v.ordered},
    ),
    (TypedArray, lambda w, v: {"a": v.element, "v": [w.write(one) for one in v]}),
    (list, lambda w, v: [w.write(one) for one in v]),
    (PSObject, Wire.write_object),
)
READERS: dict[str, Callable[[Wire, dict[str, Any]], Value]] = {
    "char": lambda _w, f: Char(f["char"]),
    "d": lambda _w, f: float(f["d"]),
    "m": lambda _w, f: Decimal(f["m"]),
    "n": _read_number,
    "dt": _read_date,
    "ts": lambda _w, f: timedelta(microseconds=f["ts"] // 10),
    "g": lambda _w, f: uuid.UUID(f["g"]),
    "e": lambda _w, f: enum_value(f["e"], f["v"]),
    "b": lambda _w, f: bytearray(base64.b64decode(f["b"])),
    "ss": lambda _w, f: Secure(f["ss"]),
    "type": lambda _w, f: TypeValue(f["type"]),
    "enc": _encoding,
    "sid": lambda w, f: dotnet.sid_object(w.session, f["sid"]),
    "account": lambda w, f: nt_account(w.session, f["account"]),
    "h": Wire.read_held,
    "k": Wire.read_table,
    "a": Wire.read_array,
    "o": Wire.read_made,
    "x": lambda _w, f: PSObject({}, f["x"], text=f["t"]),
    "sb": lambda _w, f: f["sb"],
}
