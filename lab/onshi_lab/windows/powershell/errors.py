"""PowerShell errors: the record, the three ways it travels, and how it looks on a console.

Source: about_Try_Catch_Finally, about_Preference_Variables ($ErrorActionPreference), and the
NormalView of an ErrorRecord in Windows PowerShell 5.1; for its Japanese position line,
learn.microsoft.com/ja-jp "Troubleshoot a Reporting Services installation" (a cmdlet that is not
recognized); its form with a file is that of published transcripts.
"""

import textwrap
from dataclasses import dataclass, field
from typing import Any

from onshi_lab.windows.powershell.messages import message
from onshi_lab.windows.powershell.values import PSObject, short_name, text_of

BASES = {
    "System.Management.Automation.CommandNotFoundException": (
        "System.Management.Automation.RuntimeException",
    ),
    "System.Management.Automation.ParameterBindingException": (
        "System.Management.Automation.RuntimeException",
    ),
    "System.Management.Automation.ParseException": (
        "System.Management.Automation.RuntimeException",
    ),
    "System.Management.Automation.PSInvalidCastException": ("System.InvalidCastException",),
    "System.Management.Automation.ItemNotFoundException": (
        "System.Management.Automation.RuntimeException",
    ),
    "System.Management.Automation.ActionPreferenceStopException": (
        "System.Management.Automation.RuntimeException",
    ),
    "System.IO.FileNotFoundException": ("System.IO.IOException",),
    "System.IO.DirectoryNotFoundException": ("System.IO.IOException",),
    "System.ArgumentNullException": ("System.ArgumentException",),
    "System.ComponentModel.Win32Exception": ("System.Runtime.InteropServices.ExternalException",),
}
"""Exception type -> base types, as far as scripts catch them."""


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

    def is_a(self, type_name: str) -> bool:
        """Whether a catch clause for this type takes it."""
        names = (
            self.exception,
            *BASES.get(self.exception, ()),
            "System.SystemException",
            "System.Exception",
        )
        wanted = type_name.lower()
        return any(
            n.lower() in (wanted, f"system.{wanted}") or n.lower().endswith("." + wanted)
            for n in names
        )

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
    properties: dict[str, Any] = {
        "Message": record.message,
        "InnerException": None,
        "HResult": record.details.get("HResult", -2146233087),
        "Source": None,
        "StackTrace": None,
        "Data": None,
        **record.details,
    }
    text = f"{record.exception}: {record.message}"
    methods = {"GetBaseException": lambda _arguments: exception_object(record)}
    return PSObject(properties, record.exception, text=text, native=record, methods=methods)


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


def unsupported(what: str) -> PSError:
    """What this subset lacks: fails by an id of its own, so that nobody takes it for Windows."""
    return PSError(
        ErrorRecord(
            f"The lab's PowerShell subset does not have this: {what}",
            "MockUnsupported",
            "NotImplemented",
            "System.NotSupportedException",
            what,
        )
    )


def fail(
    message: str,
    error_id: str,
    category: str = "InvalidOperation",
    exception: str = "System.Management.Automation.RuntimeException",
    target: Any = None,
    **more: Any,
) -> PSError:
    """A statement-terminating error."""
    return PSError(ErrorRecord(message, error_id, category, exception, target, **more))
