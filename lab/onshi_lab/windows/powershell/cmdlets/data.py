"""Data cmdlets: JSON, dates, secure strings.

Source: Microsoft.PowerShell.Utility and Microsoft.PowerShell.Security on learn.microsoft.com, 5.1.
"""

from datetime import timedelta

from onshi_lab.windows.powershell import formatting, jsontext
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.values import (
    Secure,
    Value,
    collapse,
    text_of,
)


@cmdlet("ConvertTo-Json", "InputObject object pos=0\nDepth int\nCompress switch", collect=True)
def convert_to_json(call: Call) -> None:
    """JSON text of the input: one object as itself, several as an array."""
    depth = call.get("Depth", 2)
    if not 1 <= depth <= 100:
        raise call.failure(
            f"Cannot validate argument on parameter 'Depth'. The {depth} argument is out of range.",
            "ParameterArgumentValidationError",
            exception="System.Management.Automation.ParameterBindingException",
        )
    value: Value = (
        call.get("InputObject") if call.has("InputObject") else collapse(list(call.input))
    )
    if not call.has("InputObject") and not call.input:
        return
    try:
        call.emit(jsontext.dump(value, depth, compress=call.flag("Compress")))
    except jsontext.IllegalKey as illegal:
        raise call.failure(
            f"The type '{illegal}' is not supported for serialization or deserialization of a "
            "dictionary. Keys must be strings.",
            "NonStringKeyInDictionary",
            "InvalidOperation",
            exception="System.InvalidOperationException",
        ) from None


@cmdlet("ConvertFrom-Json", "InputObject string pos=0", collect=True)
def convert_from_json(call: Call) -> None:
    """Objects of a JSON text; an array leaves as one object (5.1)."""
    lines = [text_of(v) for v in call.input] if call.has_input else [call.text("InputObject")]
    text = "\n".join(lines)
    if not text.strip():
        raise call.failure(
            "Cannot bind argument to parameter 'InputObject' because it is an empty string.",
            "ParameterArgumentValidationErrorEmptyStringNotAllowed",
            exception="System.Management.Automation.ParameterBindingException",
        )
    try:
        call.emit(jsontext.load(text))
    except ValueError as error:
        raise call.failure(
            f"Invalid JSON primitive: {text.strip().split()[0][:40]}.",
            "System.ArgumentException",
            "NotSpecified",
            exception="System.ArgumentException",
        ) from error


@cmdlet(
    "Get-Date",
    (
        "Date datetime pos=0 pipe\n"
        "Format string\n"
        "UFormat string\n"
        "Year int\n"
        "Month int\n"
        "Day int\n"
        "Hour int\n"
        "Minute int\n"
        "Second int"
    ),
)
def get_date(call: Call) -> None:
    """The PC's date and time, or a given one, perhaps as text."""
    value = call.get("Date") or call.pc.clock.local()
    parts = {
        n.lower(): call.get(n)
        for n in ("Year", "Month", "Day", "Hour", "Minute", "Second")
        if call.has(n)
    }
    value = value.replace(**parts)
    call.emit(formatting.format_date(value, call.text("Format")) if call.has("Format") else value)


@cmdlet(
    "New-TimeSpan",
    "Days int\nHours int\nMinutes int\nSeconds int\nStart datetime pos=0\nEnd datetime pos=1",
)
def new_time_span(call: Call) -> None:
    """A duration."""
    if call.has("Start"):
        call.emit((call.get("End") or call.pc.clock.local()) - call.get("Start"))
        return
    names = ("Days", "Hours", "Minutes", "Seconds")
    call.emit(timedelta(**{n.lower(): call.get(n) for n in names if call.has(n)}))


@cmdlet(
    "ConvertTo-SecureString",
    (
        "String! string pos=0 pipe\n"
        "AsPlainText switch\n"
        "Force switch\n"
        "Key byte[]\n"
        "SecureKey securestring"
    ),
)
def convert_to_secure_string(call: Call) -> None:
    """A SecureString of plain text; encrypted forms aren't modelled."""
    if not call.flag("AsPlainText"):
        raise call.failure(
            "Input string was not in a correct format.",
            "ImportSecureString_InvalidArgument",
            exception="System.Management.Automation.PSArgumentException",
        )
    if not call.flag("Force"):
        raise call.failure(
            (
                "The system cannot protect plain text input. To suppress "
                "this warning and convert the plain text to a SecureString, "
                "reissue the command specifying the Force parameter."
            ),
            "ImportSecureString_ForceRequired",
            exception="System.Management.Automation.PSArgumentException",
        )
    call.emit(Secure(call.text("String")))
