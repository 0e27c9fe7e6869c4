"""What a script asks of the PC: the mock's own cmdlets, objects and programs answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from onshi_lab.windows import vault
from onshi_lab.windows.powershell import binder, commands, dotnet, interop, members
from onshi_lab.windows.powershell.binder import Target, Word
from onshi_lab.windows.powershell.cmdlet import CMDLETS, Call
from onshi_lab.windows.powershell.errors import ErrorRecord, PSError, Unsupported
from onshi_lab.windows.powershell.session import Session
from onshi_lab.windows.powershell.values import PSObject, Reference, Value

from .values import Wire

Frame = dict[str, Any]
FILETIME_EPOCH = 11644473600
"""Seconds from 1601, where FILETIME begins, to 1970."""


class Link(Protocol):
    """The engine's end of a session."""

    def send(self, frame: Frame) -> None:
        """Sends a frame."""

    def take(self) -> Frame:
        """The next frame; raises ProcessKilled when the process is to end."""


class Stopped(Exception):
    """The script takes no more of this cmdlet: a preference of Stop, or nobody reads on."""


@dataclass(eq=False)
class HostedCall(Call):
    """An invocation whose errors and questions go to the engine, which decides by its rules."""

    link: Any = None
    wire: Any = None

    def write_error(
        self, message: str, error_id: str, category: str = "NotSpecified", **more: Any
    ) -> None:
        """A non-terminating error of this cmdlet."""
        record = ErrorRecord(message, self._id(error_id), category, activity=self.name, **more)
        self.report(record)

    def report(self, record: ErrorRecord) -> None:
        """Sends a record; raises Stopped where it ends the cmdlet."""
        if not self._asked({"error": self.wire.record(record)}):
            raise Stopped

    def confirm(self, action: str, target: str) -> bool:
        """ShouldProcess."""
        return self._asked({"confirm": [action, target]})

    def _asked(self, frame: Frame) -> bool:
        self.link.send(frame)
        answer: bool = self.link.take()["good"]
        return answer


@dataclass(eq=False)
class Answers:
    """Answers the frames of one session."""

    session: Session
    link: Link
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self.wire = Wire(self.session)

    def answer(self, frame: Frame) -> None:
        """Does what a frame asks and sends what comes of it."""
        try:
            done = ASKED[frame["on"]](self, frame)
        except PSError as error:
            self.link.send({"throw": self.wire.record(error.record)})
        except Unsupported as error:
            self.link.send({"refused": self.wire.record(error.record)})
        except Stopped:
            self.link.send({"done": [None]})
        else:
            self.link.send({"done": [self.wire.write(done)]})

    def _call(self, frame: Frame) -> None:
        spec = CMDLETS[frame["name"].lower()]
        target = Target(spec.name, spec.all_parameters(), spec.class_name)
        declared = {one.name.lower(): one for one in spec.all_parameters()}
        bound = {}
        for name, found in frame["bound"]:
            value = self.wire.read(found)
            bound[name.lower()] = binder.coerce(target, declared[name.lower()], value)
        given = frame["input"]
        call = HostedCall(
            self.session,
            self.session.scope,
            spec.name,
            bound,
            [] if given is None else self.wire.read(given),
            lambda value: self.link.send({"emit": [self.wire.write(value)]}),
            spec,
            None,
            given is not None,
            link=self.link,
            wire=self.wire,
        )
        try:
            commands.demand_admin(call)
            spec.handler(call)
        except PSError as error:
            if not spec.is_function or error.record.exception == binder.BINDING:
                raise
            call.report(error.record)

    def _static(self, frame: Frame) -> Value:
        arguments = self.wire.read(frame["arguments"])
        if frame["type"] in OURS:
            return OURS[frame["type"]](self.session, frame["name"], arguments)
        return dotnet.static_call(self.session, frame["type"], frame["name"], arguments)

    def _constant(self, frame: Frame) -> Value:
        return dotnet.static_get(self.session, frame["type"], frame["name"])

    def _make(self, frame: Frame) -> Value:
        return dotnet.construct(self.session, frame["type"], self.wire.read(frame["arguments"]))

    def _method(self, frame: Frame) -> Value:
        target, arguments = self.wire.read(frame["target"]), self.wire.read(frame["arguments"])
        return members.call_method(self.session, target, frame["name"], arguments)

    def _get(self, frame: Frame) -> Value:
        target = self.wire.read(frame["target"])
        known = isinstance(target, PSObject) and target.has(frame["name"])
        return [members.get_member(self.session, target, frame["name"])] if known else []

    def _set(self, frame: Frame) -> None:
        target, value = self.wire.read(frame["target"]), self.wire.read(frame["value"])
        members.set_member(self.session, target, frame["name"], value)

    def _program(self, frame: Frame) -> Value:
        program = self.session.pc.find_program(frame["name"])
        assert program is not None
        lines: list[Value] = []
        words = [Word(one) for one in self.wire.read(frame["arguments"])]
        given = None if frame["input"] is None else self.wire.read(frame["input"])
        code = commands.run_program(
            self.session, frame["name"], program, words, given, lines.append
        )
        return [code, lines]


ASKED: dict[str, Callable[[Answers, Frame], Value]] = {
    "call": Answers._call,
    "static": Answers._static,
    "constant": Answers._constant,
    "make": Answers._make,
    "method": Answers._method,
    "get": Answers._get,
    "set": Answers._set,
    "program": Answers._program,
}


def _set_variable(session: Session, _name: str, arguments: list[Value]) -> None:
    session.set_variable(f"env:{arguments[0]}", arguments[1], session.scope)


def _native(session: Session, name: str, arguments: list[Value]) -> Value:
    """A function of advapi32: its error code, and of CredRead what it read."""
    try:
        return NATIVE[name](session, arguments)
    except vault.CredentialError as error:
        return [error.code] if name == "CredRead" else error.code


def _cred_write(session: Session, arguments: list[Value]) -> int:
    flags, kind, target, comment, blob, persist, alias, user = arguments
    item = vault.Credential(
        target=target,
        kind=kind,
        user=user,
        blob=bytes(blob),
        persist=persist,
        comment=comment,
        alias=alias,
    )
    interop.write_credential(session, item, bad_flags=bool(flags))
    return 0


def _cred_read(session: Session, arguments: list[Value]) -> list[Value]:
    target, kind, flags = arguments
    if flags:
        raise vault.CredentialError(vault.INVALID_FLAGS)
    item = session.pc.vault.read(session.process.logon, target, kind)
    written = datetime.fromisoformat(item.written).timestamp() if item.written else 0.0
    since = interop_int64((written + FILETIME_EPOCH) * 10_000_000)
    return [
        0,
        item.kind,
        item.target,
        item.user,
        item.persist,
        bytearray(item.blob),
        item.comment,
        since,
    ]


def interop_int64(value: float) -> Value:
    """A FILETIME."""
    from onshi_lab.windows.powershell.values import Int64

    return Int64(int(value))


def _cred_delete(session: Session, arguments: list[Value]) -> int:
    interop.cred_delete(session, arguments)
    return 0


def _logon(session: Session, arguments: list[Value]) -> int:
    made = interop.logon_user(session, [*arguments, Reference(lambda: 0, lambda _value: None)])
    return 0 if made else session.last_win32_error


NATIVE: dict[str, Callable[[Session, list[Value]], Value]] = {
    "CredWrite": _cred_write,
    "CredRead": _cred_read,
    "CredDelete": _cred_delete,
    "LogonUser": _logon,
}
OURS: dict[str, Callable[[Session, str, list[Value]], Value]] = {
    "OnshiLab.Environment": _set_variable,
    "OnshiLab.Native": _native,
}
"""What no type of Windows has: what the C# of this folder asks."""
