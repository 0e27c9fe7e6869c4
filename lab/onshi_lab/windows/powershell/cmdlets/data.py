"""Data and text cmdlets: JSON, strings, dates, secure strings, default formatting.

Source: Microsoft.PowerShell.Utility and Microsoft.PowerShell.Security on learn.microsoft.com, 5.1.
"""

from datetime import timedelta

from onshi_lab.windows.powershell import formatting, jsontext
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.dotnet import credential
from onshi_lab.windows.powershell.values import (
    PSObject,
    Secure,
    Value,
    as_list,
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
    call.emit(jsontext.dump(value, depth, compress=call.flag("Compress")))


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


@cmdlet("Out-String", "InputObject object\nStream switch\nWidth int", collect=True)
def out_string(call: Call) -> None:
    """The text that the console would show."""
    lines = formatting.render(
        call.input or as_list(call.get("InputObject")), call.get("Width", 120)
    )
    if call.flag("Stream"):
        for line in lines:
            call.emit(line)
    else:
        call.emit("".join(line + "\r\n" for line in lines))


@cmdlet(
    "Format-List",
    "Property object[] pos=0\nInputObject object\nForce switch",
    collect=True,
    alias="fl",
)
def format_list(call: Call) -> None:
    """A list view, as text."""
    for line in formatting.format_list(call.input):
        call.emit(line)


@cmdlet(
    "Format-Table",
    (
        "Property object[] pos=0\n"
        "AutoSize switch\n"
        "Wrap switch\n"
        "HideTableHeaders switch\n"
        "InputObject object"
    ),
    collect=True,
    alias="ft",
)
def format_table(call: Call) -> None:
    """A table view, as text."""
    columns = tuple(text_of(p) for p in call.get("Property") or [])
    for line in formatting.format_table(call.input, columns):
        call.emit(line)


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


@cmdlet("Get-Credential", "UserName string\nMessage string\nCredential object pos=0")
def get_credential(call: Call) -> None:
    """Asks a person, which nobody can answer here."""
    raise call.failure(
        (
            "Windows PowerShell is in NonInteractive mode. Read and "
            "Prompt functionality is not available."
        ),
        "InvalidOperation",
        "InvalidOperation",
    )


@cmdlet(
    "Select-String",
    (
        "Pattern! string[] pos=0\n"
        "InputObject object pipe\n"
        "SimpleMatch switch\n"
        "CaseSensitive switch\n"
        "Quiet switch\n"
        "NotMatch switch"
    ),
    alias="sls",
)
def select_string(call: Call) -> None:
    """Lines that match a pattern."""
    import re

    for value in call.input:
        for line in text_of(value).splitlines():
            flags = 0 if call.flag("CaseSensitive") else re.I
            patterns = [
                re.escape(p) if call.flag("SimpleMatch") else p for p in call.get("Pattern")
            ]
            if any(re.search(p, line, flags) for p in patterns) != call.flag("NotMatch"):
                call.emit(
                    True
                    if call.flag("Quiet")
                    else PSObject(
                        {"Line": line, "LineNumber": 1},
                        "Microsoft.PowerShell.Commands.MatchInfo",
                        text=line,
                    )
                )


@cmdlet("Get-Unique", "InputObject object\nAsString switch", collect=True, alias="gu")
def get_unique(call: Call) -> None:
    """Drops repeated neighbours."""
    last: Value = object()
    for item in call.input:
        if item != last:
            call.emit(item)
        last = item


@cmdlet("Get-Culture", "")
def get_culture(call: Call) -> None:
    """The culture of Windows."""
    japanese = call.pc.config.japanese
    name = "ja-JP" if japanese else "en-US"
    call.emit(
        PSObject(
            {"LCID": 1041 if japanese else 1033, "Name": name, "DisplayName": name},
            "System.Globalization.CultureInfo",
            text=name,
        )
    )


@cmdlet("Get-Host", "")
def get_host(call: Call) -> None:
    """The host program."""
    call.emit(call.session.get_variable("Host", call.scope))


__all__ = ["credential"]
