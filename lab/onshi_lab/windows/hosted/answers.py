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
from onshi_lab.windows.powershell.values import Int64, PSObject, Reference, Value

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


Show = Callable[[str, str], None]
"""Shows what the engine writes: the kind of its frame, the text."""


class Stopped(Exception):
    """The script takes no more of this cmdlet: a preference of Stop, or nobody reads on."""


@dataclass(eq=False)
class HostedCall(Call):
    """An invocation whose objects, errors and questions go to the engine, which decides."""

    answers: Any = None

    def write_error(
        self, message: str, error_id: str, category: str = "NotSpecified", **more: Any
    ) -> None:
        """A non-terminating error of this cmdlet."""
        record = ErrorRecord(message, self._id(error_id), category, activity=self.name, **more)
        self.report(record)

    def report(self, record: ErrorRecord) -> None:
        """Sends a record; raises Stopped where it ends the cmdlet."""
        if not self.answers.asked({"error": self.answers.wire.record(record)}):
            raise Stopped

    def emit(self, value: Value) -> None:
        """Sends an object down the pipeline; raises Stopped where nobody takes more."""
        if not self.answers.asked({"emit": [self.answers.wire.write(value)]}):
            raise Stopped

    def confirm(self, action: str, target: str) -> bool:
        """ShouldProcess."""
        agreed: bool = self.answers.asked({"confirm": [action, target]})
        return agreed


def discard(_value: Value) -> None:
    """Takes nothing."""


@dataclass(eq=False)
class Answers:
    """Answers the frames of one session."""

    session: Session
    link: Link
    show: Show
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self.wire = Wire(self.session)

    def until(self, last: str) -> Frame:
        """Answers and shows what comes, until a frame of that kind; answers that.

        What a script does with an object that a cmdlet sends is done before the cmdlet goes on.
        """
        while (frame := self.link.take())["on"] != last:
            if frame["on"] in ASKED:
                self.answer(frame)
            else:
                self.show(frame["on"], frame["text"])
        return frame

    def asked(self, frame: Frame) -> bool:
        """Asks the engine, which says yes or no."""
        self.link.send(frame)
        good: bool = self.until("answer")["good"]
        return good

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

    def call(self, frame: Frame) -> None:
        """A cmdlet with its bound parameters."""
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
            discard,
            spec,
            None,
            given is not None,
            answers=self,
        )
        call.out = call.emit
        try:
            commands.demand_admin(call)
            spec.handler(call)
        except PSError as error:
            if not spec.is_function or error.record.exception == binder.BINDING:
                raise
            call.report(error.record)

    def static(self, frame: Frame) -> Value:
        """A static method of a type that reaches into the PC."""
        arguments = self.wire.read(frame["arguments"])
        if frame["type"] in OURS:
            return OURS[frame["type"]](self.session, frame["name"], arguments)
        return dotnet.static_call(self.session, frame["type"], frame["name"], arguments)

    def constant(self, frame: Frame) -> Value:
        """A static property."""
        return dotnet.static_get(self.session, frame["type"], frame["name"])

    def make(self, frame: Frame) -> Value:
        """A new object of such a type."""
        return dotnet.construct(self.session, frame["type"], self.wire.read(frame["arguments"]))

    def method(self, frame: Frame) -> Value:
        """A method of an object that lives here."""
        target, arguments = self.wire.read(frame["target"]), self.wire.read(frame["arguments"])
        return members.call_method(self.session, target, frame["name"], arguments)

    def get(self, frame: Frame) -> Value:
        """A property of such an object: a list of it, empty where it has none."""
        target = self.wire.read(frame["target"])
        known = isinstance(target, PSObject) and target.has(frame["name"])
        return [members.get_member(self.session, target, frame["name"])] if known else []

    def set(self, frame: Frame) -> None:
        """Sets a property of such an object."""
        target, value = self.wire.read(frame["target"]), self.wire.read(frame["value"])
        members.set_member(self.session, target, frame["name"], value)

    def program(self, frame: Frame) -> Value:
        """Runs a program: its exit code, and the lines that it wrote."""
        name: str = frame["name"]
        program = self.session.pc.find_program(name) or name
        lines: list[Value] = []
        words = [Word(one) for one in self.wire.read(frame["arguments"])]
        given = None if frame["input"] is None else self.wire.read(frame["input"])
        code = commands.run_program(self.session, name, program, words, given, lines.append)
        return [code, lines]


ASKED: dict[str, Callable[[Answers, Frame], Value]] = {
    "call": Answers.call,
    "static": Answers.static,
    "constant": Answers.constant,
    "make": Answers.make,
    "method": Answers.method,
    "get": Answers.get,
    "set": Answers.set,
    "program": Answers.program,
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
    filetime = Int64(int((written + FILETIME_EPOCH) * 10_000_000))
    texts = (item.target, item.user, item.persist, bytearray(item.blob), item.comment)
    return [0, item.kind, *texts, filetime]


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
