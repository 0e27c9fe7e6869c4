"""PowerShell errors: the record, the three ways it travels, and how it looks on a console.

Source: about_Try_Catch_Finally, about_Preference_Variables ($ErrorActionPreference), and the
NormalView of an ErrorRecord in Windows PowerShell 5.1; for its Japanese position line,
learn.microsoft.com/ja-jp "Troubleshoot a Reporting Services installation" (a cmdlet that is not
recognized); its form with a file is that of published transcripts.
"""

import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

from onshi_lab.windows.powershell.messages import message
from onshi_lab.windows.powershell.values import PSObject, short_name, text_of

RUNTIME = "System.Management.Automation.RuntimeException"
IO = "System.IO.IOException"
PARENTS = {
    "System.Management.Automation.CommandNotFoundException": RUNTIME,
    "System.Management.Automation.ParameterBindingException": RUNTIME,
    "System.Management.Automation.ParseException": RUNTIME,
    "System.Management.Automation.ItemNotFoundException": RUNTIME,
    "System.Management.Automation.ActionPreferenceStopException": RUNTIME,
    "System.Management.Automation.MethodException": RUNTIME,
    "System.Management.Automation.MethodInvocationException": (
        "System.Management.Automation.MethodException"
    ),
    "System.Management.Automation.SetValueException": RUNTIME,
    "System.Management.Automation.SetValueInvocationException": (
        "System.Management.Automation.SetValueException"
    ),
    "System.Management.Automation.PSInvalidCastException": "System.InvalidCastException",
    "System.Management.Automation.PSArgumentException": "System.ArgumentException",
    "System.Management.Automation.PSInvalidOperationException": (
        "System.InvalidOperationException"
    ),
    "System.IO.FileNotFoundException": IO,
    "System.IO.DirectoryNotFoundException": IO,
    "System.ArgumentNullException": "System.ArgumentException",
    "System.ArgumentOutOfRangeException": "System.ArgumentException",
    "System.DivideByZeroException": "System.ArithmeticException",
    "System.OverflowException": "System.ArithmeticException",
    "System.ComponentModel.Win32Exception": "System.Runtime.InteropServices.ExternalException",
    "System.Net.Sockets.SocketException": "System.ComponentModel.Win32Exception",
    "System.Runtime.InteropServices.COMException": (
        "System.Runtime.InteropServices.ExternalException"
    ),
}
"""Exception type -> base type, where that isn't System.SystemException (.NET Framework 4.8)."""
HRESULTS = {
    "System.ArgumentException": -2147024809,
    "System.ArgumentNullException": -2147467261,
    "System.ArgumentOutOfRangeException": -2146233086,
    "System.FormatException": -2146233033,
    "System.OverflowException": -2146233066,
    "System.DivideByZeroException": -2147352558,
    "System.InvalidCastException": -2147467262,
    "System.Management.Automation.PSInvalidCastException": -2147467262,
    "System.IndexOutOfRangeException": -2146233080,
    "System.NotSupportedException": -2146233067,
    "System.InvalidOperationException": -2146233079,
    "System.UnauthorizedAccessException": -2147024891,
    "System.TimeoutException": -2146233083,
    "System.IO.IOException": -2146232800,
    "System.IO.FileNotFoundException": -2147024894,
    "System.IO.DirectoryNotFoundException": -2147024893,
    "System.ComponentModel.Win32Exception": -2147467259,
    "System.Net.Sockets.SocketException": -2147467259,
}
"""The HResult that an exception of a type carries; 0x80131501 and 0x80131500 are the rest's."""


def bases(kind: str) -> list[str]:
    """An exception type and its base types, the nearest first."""
    found = [kind]
    while (parent := PARENTS.get(found[-1])) is not None:
        found.append(parent)
    return [*found, "System.SystemException", "System.Exception"]


def is_kind(kind: str, wanted: str) -> bool:
    """Whether an exception type is another or derives from it; `System.` may be left out."""
    folded = wanted.lower()
    return any(one.lower() in (folded, f"system.{folded}") for one in bases(kind))


def exception(
    kind: str, message_: str, inner: PSObject | None = None, **properties: Any
) -> PSObject:
    """An exception object; `properties` are those that only its type has."""
    default = -2146233088 if kind == "System.Exception" else -2146233087
    held = {
        "Message": message_,
        "InnerException": inner,
        "HResult": HRESULTS.get(kind, default),
        "Source": None,
        "StackTrace": None,
        "Data": None,
        **properties,
    }
    made = PSObject(held, kind, text=f"{kind}: {message_}")
    made.methods["getbaseexception"] = lambda _arguments: _innermost(made)
    return made


def _innermost(made: PSObject) -> PSObject:
    while isinstance(made.get("InnerException"), PSObject):
        made = made.get("InnerException")
    return made


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a script: line and character from 1, the line's text, the length of the extent."""

    line: int = 0
    char: int = 0
    text: str = ""
    length: int = 1
    file: str = ""

    def describe(self, language: str) -> str:
        """The two or three lines of a position message in a language of Windows."""
        if not self.line:
            return ""
        mark = (
            "+ "
            + " " * (self.char - 1)
            + "~" * max(1, min(self.length, len(self.text) - self.char + 1))
        )
        name = "position in a file" if self.file else "position"
        where = message(name, language, str(self.line), str(self.char), self.file)
        return f"{where}\n+ {self.text}\n{mark}"


@dataclass(eq=False)
class ErrorRecord:
    """What $_ is in a catch block."""

    message: str
    error_id: str
    category: str = "NotSpecified"
    exception: str = "System.Management.Automation.RuntimeException"
    target: Any = None
    activity: str = ""
    position: Position = field(default_factory=Position)
    stack: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    inner: PSObject | None = None

    def is_a(self, type_name: str) -> bool:
        """Whether a catch clause for this type takes it: by the exception or the inner one."""
        inner = self.inner is not None and is_kind(self.inner.type_name, type_name)
        return is_kind(self.exception, type_name) or inner

    def category_text(self) -> str:
        """The CategoryInfo line."""
        target = text_of(self.target)
        kind = short_name(self.target) or ""
        if len(target) > 40:
            target = target[:17] + "..." + target[-17:]
        reason = self.reason or self.exception.rpartition(".")[2]
        activity = "" if reason == "CommandNotFoundException" else self.activity
        return f"{self.category}: ({target}:{kind}) [{activity}], {reason}"

    def render(self, language: str, width: int = 80) -> str:
        """The record as the console shows it, wrapped to its width, without the last line end."""
        head = f"{self.activity} : {self.message}" if self.activity else self.message
        lines = [*head.split("\n"), *self.position.describe(language).split("\n")]
        lines += [f"    + CategoryInfo          : {self.category_text()}"]
        lines += [f"    + FullyQualifiedErrorId : {self.error_id}"]
        wrapped = [part for line in lines if line for part in _wrap(line, width)]
        return "\n".join([*wrapped, " "])

    def to_object(self, language: str) -> PSObject:
        """The record as scripts see it on a Windows of this language."""
        exception = exception_object(self)
        category = PSObject(
            {
                "Category": self.category,
                "Activity": self.activity,
                "Reason": self.reason or self.exception.rpartition(".")[2],
                "TargetName": text_of(self.target),
                "TargetType": short_name(self.target),
            },
            "System.Management.Automation.ErrorCategoryInfo",
            text=self.category_text(),
        )
        invocation = PSObject(
            {
                "ScriptLineNumber": self.position.line,
                "OffsetInLine": self.position.char,
                "Line": self.position.text,
                "ScriptName": self.position.file,
                "PositionMessage": self.position.describe(language),
                "MyCommand": self.activity,
            },
            "System.Management.Automation.InvocationInfo",
        )
        properties = {
            "Exception": exception,
            "TargetObject": self.target,
            "CategoryInfo": category,
            "FullyQualifiedErrorId": self.error_id,
            "ErrorDetails": None,
            "InvocationInfo": invocation,
            "ScriptStackTrace": self.stack,
        }
        name = "System.Management.Automation.ErrorRecord"
        return PSObject(properties, name, text=self.message, native=self)


def exception_object(record: ErrorRecord) -> PSObject:
    """The exception of a record, with the properties that its type has."""
    made = exception(record.exception, record.message, record.inner, **record.details)
    made.native = record
    return made


AT = re.compile(r"At (?:line|(?P<file>.+)):(?P<line>\d+) char:(?P<char>\d+)")
LAST_LINES = ("+ CategoryInfo ", "+ FullyQualifiedErrorId ")


def as_5_1(lines: list[str], language: str) -> list[str]:
    """A record of PowerShell 7 in NormalView, as Windows PowerShell shows it on its console."""
    found: list[str] = []
    for line in lines:
        place = AT.fullmatch(line)
        shown = _place(place, language) if place else line
        found += _wrap(f"    {shown}" if shown.startswith(LAST_LINES) else shown, 80)
        found += [" "] if shown.startswith(LAST_LINES[-1]) else []
    return found


def _place(place: re.Match[str], language: str) -> str:
    name = "position in a file" if place["file"] else "position"
    return message(name, language, place["line"], place["char"], place["file"] or "")


def _wrap(line: str, width: int) -> list[str]:
    if len(line) < width:
        return [line]
    options = {"drop_whitespace": False, "break_on_hyphens": False}
    return textwrap.wrap(line, width - 1, **options) or [line]  # type: ignore[arg-type]


class PSError(Exception):
    """An error on its way: ends the statement, and the next one runs if preferences allow."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


class ScriptTerminating(PSError):
    """An error that ends the script: `throw`, or a preference of Stop."""


class Unsupported(Exception):
    """What this subset lacks: ends the script; no `catch` and no preference takes it."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


MOCK_ID = "MockUnsupported"
"""An error id of our own, so that nobody takes it for Windows."""


def unsupported(what: str, where: Position | None = None) -> Unsupported:
    """The refusal of something by its name."""
    return Unsupported(
        ErrorRecord(
            f"The lab's PowerShell subset does not have this: {what}",
            MOCK_ID,
            "NotImplemented",
            "System.NotSupportedException",
            what,
            position=where or Position(),
        )
    )


def fail(
    message: str,
    error_id: str,
    category: str = "InvalidOperation",
    exception: str = RUNTIME,
    target: Any = None,
    **more: Any,
) -> PSError:
    """A statement-terminating error."""
    return PSError(ErrorRecord(message, error_id, category, exception, target, **more))
