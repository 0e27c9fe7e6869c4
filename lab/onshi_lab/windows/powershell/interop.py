"""Native memory and P/Invoke: structures in x64 layout, and advapi32's functions.

The functions read and write raw memory at the offsets of CREDENTIALW on 64-bit Windows, so a wrong
declaration of the structure fails here as it does there. Sources: learn.microsoft.com CREDENTIALW,
CredWriteW, CredReadW, CredEnumerateW, CredDeleteW, CredFree; "Default marshaling for strings".
"""

import itertools
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onshi_lab.windows import vault
from onshi_lab.windows.accounts import LogonFailure, LogonType
from onshi_lab.windows.powershell.convert import to_number
from onshi_lab.windows.powershell.errors import PSError, fail, unsupported
from onshi_lab.windows.powershell.methods import no_overload
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import (
    BYTES,
    PSObject,
    Reference,
    TypeValue,
    Value,
    text_of,
)
from onshi_lab.windows.registry import LSA
from onshi_lab.windows.vault import Credential, CredentialError

SIZES = {
    "byte": 1,
    "short": 2,
    "ushort": 2,
    "int": 4,
    "uint": 4,
    "long": 8,
    "ulong": 8,
    "intptr": 8,
    "string": 8,
    "bool": 4,
    "filetime": 8,
}
"""Unmanaged sizes of the field types, in bytes."""


class ProcessCrash(Exception):
    """An access violation: the process would be gone."""


class Memory:
    """Blocks of native memory by address."""

    def __init__(self) -> None:
        self._addresses = itertools.count(0x1F0_0000_1000, 0x1000)
        self._blocks: dict[int, bytearray] = {}

    def allocate(self, data: bytes) -> int:
        """Copies bytes into a new block and answers its address."""
        address = next(self._addresses)
        self._blocks[address] = bytearray(data)
        return address

    def free(self, address: int) -> None:
        """Releases a block; nothing for null."""
        self._blocks.pop(address, None)

    def _find(self, address: int, length: int) -> tuple[bytearray, int]:
        for start, block in self._blocks.items():
            if start <= address and address + length <= start + len(block):
                return block, address - start
        raise ProcessCrash(f"access violation at 0x{address:X}")

    def read(self, address: int, length: int) -> bytes:
        """Bytes at an address."""
        block, offset = self._find(address, length)
        return bytes(block[offset : offset + length])

    def write(self, address: int, data: bytes) -> None:
        """Writes bytes at an address."""
        block, offset = self._find(address, len(data))
        block[offset : offset + len(data)] = data

    def text(self, address: int) -> str | None:
        """The zero-terminated UTF-16 string at an address; None for null."""
        if not address:
            return None
        block, offset = self._find(address, 2)
        end = offset
        while end + 1 < len(block) and block[end : end + 2] != b"\0\0":
            end += 2
        return block[offset:end].decode("utf-16-le")

    def put_text(self, text: str | None) -> int:
        """Stores a string and answers its address; 0 for None."""
        return 0 if text is None else self.allocate(text.encode("utf-16-le") + b"\0\0")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a structure."""

    name: str
    type: str
    offset: int


@dataclass(frozen=True, slots=True)
class Structure:
    """A [StructLayout(LayoutKind.Sequential)] structure or class."""

    name: str
    fields: tuple[Field, ...]
    size: int

    def from_value(self, value: Value) -> "StructureValue":
        """An instance from a hashtable or as it is."""
        if isinstance(value, StructureValue):
            return value
        raise fail(
            f'Cannot convert the "{text_of(value)}" value to type "{self.name}".',
            "ConvertToFinalInvalidCastException",
            "InvalidArgument",
        )


def layout(name: str, fields: list[tuple[str, str]]) -> Structure:
    """Offsets of fields in declaration order, with natural alignment."""
    offset, widest, placed = 0, 1, []
    for field_name, kind in fields:
        size = SIZES[kind]
        align = 4 if kind == "filetime" else size
        offset = -(-offset // align) * align
        placed.append(Field(field_name, kind, offset))
        offset += size
        widest = max(widest, align)
    return Structure(name, tuple(placed), -(-offset // widest) * widest)


class StructureValue(PSObject):
    """An instance of a structure, as scripts see it."""

    def __init__(self, structure: Structure) -> None:
        defaults = {f.name: None if f.type == "string" else 0 for f in structure.fields}
        super().__init__(defaults, structure.name, native=structure)

    def set_property(self, session: Session, name: str, value: Value) -> None:  # noqa: ARG002
        """Assigns a field, converted to its type."""
        if not self.has(name):
            raise fail(
                (
                    f"The property '{name}' cannot be found on this object. "
                    f"Verify that the property exists and can be set."
                ),
                "PropertyNotFound",
            )
        kind = next(f.type for f in self.native.fields if f.name.lower() == name.lower())
        if kind == "string":
            self.set(name, None if value is None else text_of(value))
        elif kind == "filetime":
            self.set(name, value)
        else:
            self.set(name, int(to_number(value)))

    def pack(self, memory: Memory) -> bytes:
        """The structure's bytes; strings are copied into memory."""
        data = bytearray(self.native.size)
        for item in self.native.fields:
            value = self.get(item.name)
            if item.type == "string":
                value = memory.put_text(value)
            if item.type == "filetime":
                value = 0
            size = SIZES[item.type]
            data[item.offset : item.offset + size] = int(value or 0).to_bytes(
                size, "little", signed=int(value or 0) < 0
            )
        return bytes(data)


def unpack(memory: Memory, structure: Structure, address: int) -> StructureValue:
    """PtrToStructure."""
    value = StructureValue(structure)
    data = memory.read(address, structure.size)
    for item in structure.fields:
        raw = int.from_bytes(data[item.offset : item.offset + SIZES[item.type]], "little")
        value.set(item.name, memory.text(raw) if item.type == "string" else raw)
    return value


# -- advapi32 ----------------------------------------------------------------------------------

CREDENTIALW = struct.Struct("<IIQQQI4xQIIQQQ")
"""Flags, Type, TargetName, Comment, LastWritten, CredentialBlobSize, CredentialBlob, Persist,
AttributeCount, Attributes, TargetAlias, UserName: 80 bytes on x64."""


def _store(memory: Memory, item: Credential) -> bytes:
    written = datetime.fromisoformat(item.written).timestamp() if item.written else 0.0
    filetime = int((written + 11644473600) * 10_000_000)
    blob = memory.allocate(item.blob) if item.blob else 0
    texts = (memory.put_text(item.target), memory.put_text(item.comment or None))
    return CREDENTIALW.pack(
        0,
        item.kind,
        *texts,
        filetime,
        len(item.blob),
        blob,
        item.persist,
        0,
        0,
        0,
        memory.put_text(item.user or None),
    )


def _address(value: Value, memory: Memory) -> int:
    """The address of a structure argument: a pointer, or a structure passed by reference."""
    if isinstance(value, Reference):
        value = value.get()
    if isinstance(value, StructureValue):
        return memory.allocate(value.pack(memory))
    return int(to_number(value))


def cred_write(session: Session, arguments: list[Value]) -> bool:
    """CredWriteW(PCREDENTIALW, DWORD)."""
    memory: Memory = session.memory
    address = _address(arguments[0], memory)
    flags, kind, target, comment, _, size, blob, persist, count, attributes, alias, user = (
        CREDENTIALW.unpack(memory.read(address, CREDENTIALW.size))
    )
    if size > vault.MAX_BLOB:
        raise CredentialError(vault.INVALID_PARAMETER)
    item = Credential(
        target=memory.text(target) or "",
        kind=kind,
        user=memory.text(user) or "",
        blob=memory.read(blob, size) if size else b"",
        persist=persist,
        comment=memory.text(comment) or "",
        alias=memory.text(alias) or "",
    )
    write_credential(
        session, item, bad_flags=bool(flags or count or attributes or to_number(arguments[1]))
    )
    return True


def write_credential(session: Session, item: Credential, *, bad_flags: bool) -> None:
    """What CredWriteW does with a credential; raises CredentialError."""
    if bad_flags:
        raise CredentialError(vault.INVALID_FLAGS)
    if len(item.blob) > vault.MAX_BLOB:
        raise CredentialError(vault.INVALID_PARAMETER)
    if item.kind != vault.GENERIC and session.pc.registry.get(LSA, "DisableDomainCreds"):
        raise CredentialError(vault.NO_SUCH_LOGON_SESSION)  # that policy (CredWrite, remarks)
    session.pc.vault.write(session.process.logon, item)


def _set_reference(target: Value, value: Value) -> None:
    if not isinstance(target, Reference):
        raise fail(
            "Argument: '1' should be a System.Management.Automation.PSReference. Use [ref].",
            "NonRefArgumentToRefParameter",
        )
    target.set(value)


def cred_read(session: Session, arguments: list[Value]) -> bool:
    """CredReadW(LPCWSTR, DWORD, DWORD, PCREDENTIALW*)."""
    target, kind, flags, result = arguments
    if int(to_number(flags)):
        raise CredentialError(vault.INVALID_FLAGS)
    item = session.pc.vault.read(session.process.logon, text_of(target), int(to_number(kind)))
    _set_reference(result, session.memory.allocate(_store(session.memory, item)))
    return True


def cred_enumerate(session: Session, arguments: list[Value]) -> bool:
    """CredEnumerateW(LPCWSTR, DWORD, DWORD*, PCREDENTIALW**)."""
    pattern, flags, count, result = arguments
    if int(to_number(flags)) not in (0, 1):
        raise CredentialError(vault.INVALID_FLAGS)
    items = session.pc.vault.enumerate(session.process.logon, text_of(pattern) or None)
    memory: Memory = session.memory
    pointers = b"".join(struct.pack("<Q", memory.allocate(_store(memory, i))) for i in items)
    _set_reference(count, len(items))
    _set_reference(result, memory.allocate(pointers))
    return True


def cred_delete(session: Session, arguments: list[Value]) -> bool:
    """CredDeleteW(LPCWSTR, DWORD, DWORD)."""
    target, kind, flags = arguments
    if int(to_number(flags)):
        raise CredentialError(vault.INVALID_FLAGS)
    session.pc.vault.delete(session.process.logon, text_of(target), int(to_number(kind)))
    return True


def cred_free(session: Session, arguments: list[Value]) -> None:
    """CredFree(PVOID)."""
    session.memory.free(_address(arguments[0], session.memory))


def logon_user(session: Session, arguments: list[Value]) -> bool:
    """LogonUserW(LPCWSTR, LPCWSTR, LPCWSTR, DWORD, DWORD, PHANDLE) with local accounts."""
    user, domain, password, kind, provider, token = arguments
    if text_of(domain).upper() not in ("", ".", session.pc.name.upper()) or int(
        to_number(provider)
    ) not in (0, 3):
        session.last_win32_error = 1326
        return False
    try:
        session.pc.security.logon(text_of(user), text_of(password), LogonType(int(to_number(kind))))
    except LogonFailure as failure:
        session.last_win32_error = failure.win32
        return False
    except ValueError:
        session.last_win32_error = 87
        return False
    _set_reference(token, session.memory.allocate(b"\0"))
    return True


def close_handle(session: Session, arguments: list[Value]) -> bool:
    """CloseHandle(HANDLE)."""
    session.memory.free(int(to_number(arguments[0])))
    return True


@dataclass(frozen=True, slots=True)
class NativeFunction:
    """An exported function: how many parameters, which are [ref], what it does."""

    parameters: tuple[str, ...]
    action: Callable[[Session, list[Value]], Value]
    returns: str = "bool"


FUNCTIONS: dict[tuple[str, str], NativeFunction] = {
    ("advapi32", "CredWriteW"): NativeFunction(("struct", "uint"), cred_write),
    ("advapi32", "CredReadW"): NativeFunction(("string", "uint", "uint", "out"), cred_read),
    ("advapi32", "CredEnumerateW"): NativeFunction(
        ("string", "uint", "out", "out"), cred_enumerate
    ),
    ("advapi32", "CredDeleteW"): NativeFunction(("string", "uint", "uint"), cred_delete),
    ("advapi32", "CredFree"): NativeFunction(("pointer",), cred_free, "void"),
    ("advapi32", "LogonUserW"): NativeFunction(
        ("string", "string", "string", "uint", "uint", "out"), logon_user
    ),
    ("kernel32", "CloseHandle"): NativeFunction(("pointer",), close_handle),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One [DllImport] method of a class."""

    name: str
    library: str
    entry: str
    set_last_error: bool
    parameters: tuple[str, ...]
    function: NativeFunction = field(repr=False)

    def call(self, session: Session, arguments: list[Value]) -> Value:
        """Calls the function; sets the last Win32 error."""
        if len(arguments) != len(self.parameters):
            raise no_overload(self.name, len(arguments))
        try:
            result = self.function.action(session, arguments)
        except CredentialError as error:
            session.last_win32_error = error.code if self.set_last_error else 0
            return False
        except ProcessCrash as crash:
            raise _crash(crash) from crash
        return result


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A compiled method that calls an import and answers 0, or the error code at once."""

    name: str
    called: Import
    parameters: tuple[str, ...]
    arguments: tuple[str, ...]
    """What the import is given: parameters by their names, numbers and quoted texts."""

    def call(self, session: Session, arguments: list[Value]) -> Value:
        """Calls the import."""
        if len(arguments) != len(self.parameters):
            raise no_overload(self.name, len(arguments))
        given = dict(zip(self.parameters, arguments, strict=True))
        passed = [
            given[one] if one in given else one.strip('"') if '"' in one else int(one)
            for one in self.arguments
        ]
        return 0 if self.called.call(session, passed) else session.last_win32_error


def _crash(crash: ProcessCrash) -> PSError:
    return fail(
        (
            f"Attempted to read or write protected memory. This is often "
            f"an indication that other memory is corrupt. ({crash})"
        ),
        "AccessViolationException",
        "NotSpecified",
        "System.AccessViolationException",
    )


@dataclass(slots=True)
class UserClass:
    """A class made by Add-Type: its public methods."""

    name: str
    methods: dict[str, Import | Wrapper]

    def from_value(self, _value: Value) -> Value:
        """No conversions to such a class."""
        raise unsupported(f"conversion to {self.name}")

    def static(self, session: Session, name: str, arguments: list[Value]) -> Value:
        """A static call."""
        found = self.methods.get(name.lower())
        if found is None:
            raise fail(
                (
                    f"Method invocation failed because [{self.name}] does not "
                    f"contain a method named '{name}'."
                ),
                "MethodNotFound",
                target=name,
            )
        return found.call(session, arguments)


def marshal(session: Session, name: str, arguments: list[Value]) -> Value:
    """[Runtime.InteropServices.Marshal]::name(arguments); raises PSError."""
    action = MARSHAL.get(name.lower())
    if action is None:
        raise fail(
            (
                f"Method invocation failed because "
                f"[System.Runtime.InteropServices.Marshal] does not contain a "
                f"method named '{name}'."
            ),
            "MethodNotFound",
            target=name,
        )
    try:
        return action(session, arguments)
    except IndexError as error:
        raise no_overload(name, len(arguments)) from error
    except ProcessCrash as crash:
        raise _crash(crash) from crash


def _structure(session: Session, value: Value) -> Structure:
    name = value.name if isinstance(value, TypeValue) else text_of(value)
    found = (
        session.types.get(name.lower()) if not isinstance(value, StructureValue) else value.native
    )
    if not isinstance(found, Structure):
        raise fail(
            (
                f"Type '{name}' cannot be marshaled as an unmanaged "
                f"structure; no meaningful size or offset can be computed."
            ),
            "ArgumentException",
            "NotSpecified",
            "System.ArgumentException",
        )
    return found


def _secure_to_pointer(session: Session, arguments: list[Value]) -> int:
    return int(session.memory.put_text(arguments[0].text))


def _structure_to_pointer(session: Session, arguments: list[Value]) -> None:
    value = arguments[0]
    session.memory.write(int(arguments[1]), value.pack(session.memory))


def _copy(session: Session, arguments: list[Value]) -> None:
    source, destination = arguments[0], arguments[1]
    if isinstance(source, BYTES):
        start, address, length = int(arguments[1]), int(arguments[2]), int(arguments[3])
        session.memory.write(address, bytes(source)[start : start + length])
        return
    if not isinstance(destination, bytearray):
        raise unsupported("Marshal.Copy of anything but bytes")
    start, length = int(arguments[2]), int(arguments[3])
    destination[start : start + length] = session.memory.read(int(source), length)


def _read(size: int) -> Callable[[Session, list[Value]], Value]:
    def run(session: Session, arguments: list[Value]) -> int:
        offset = int(arguments[1]) if len(arguments) > 1 else 0
        return int.from_bytes(
            session.memory.read(int(arguments[0]) + offset, size), "little", signed=size < 8
        )

    return run


def _text_from_pointer(session: Session, arguments: list[Value]) -> str | None:
    address = int(to_number(arguments[0]))
    if len(arguments) > 1:
        return bytes(session.memory.read(address, int(arguments[1]) * 2)).decode("utf-16-le")
    found: str | None = session.memory.text(address)
    return found


def _to_structure(session: Session, arguments: list[Value]) -> StructureValue:
    address = int(to_number(arguments[0]))
    if not address:
        raise fail(
            'Exception calling "PtrToStructure": "Value cannot be null."',
            "ArgumentNullException",
            "NotSpecified",
            "System.ArgumentNullException",
        )
    return unpack(session.memory, _structure(session, arguments[1]), address)


def _free(session: Session, arguments: list[Value]) -> None:
    session.memory.free(int(to_number(arguments[0])))


MARSHAL: dict[str, Callable[[Session, list[Value]], Any]] = {
    "stringtocotaskmemuni": lambda s, a: s.memory.put_text(text_of(a[0])),
    "stringtohglobaluni": lambda s, a: s.memory.put_text(text_of(a[0])),
    "stringtobstr": lambda s, a: s.memory.put_text(text_of(a[0])),
    "securestringtobstr": _secure_to_pointer,
    "securestringtocotaskmemunicode": _secure_to_pointer,
    "securestringtoglobalallocunicode": _secure_to_pointer,
    "ptrtostringuni": _text_from_pointer,
    "ptrtostringbstr": _text_from_pointer,
    "ptrtostringauto": _text_from_pointer,
    "ptrtostructure": _to_structure,
    "structuretoptr": _structure_to_pointer,
    "sizeof": lambda s, a: _structure(s, a[0]).size,
    "alloccotaskmem": lambda s, a: s.memory.allocate(bytes(int(a[0]))),
    "allochglobal": lambda s, a: s.memory.allocate(bytes(int(a[0]))),
    "copy": _copy,
    "readintptr": _read(8),
    "readint64": _read(8),
    "readint32": _read(4),
    "readbyte": _read(1),
    "getlastwin32error": lambda s, _a: s.last_win32_error,
    "freecotaskmem": _free,
    "freehglobal": _free,
    "freebstr": _free,
    "zerofreebstr": _free,
    "zerofreecotaskmemunicode": _free,
    "zerofreeglobalallocunicode": _free,
    "gethrforlastwin32error": lambda s, _a: (
        (0x80070000 | s.last_win32_error) - 2**32 if s.last_win32_error else 0
    ),
}
