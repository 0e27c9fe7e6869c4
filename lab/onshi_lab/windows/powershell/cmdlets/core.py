"""Pipeline cmdlets: ForEach-Object, Where-Object, Select-Object, Sort-Object and others.

Source: Microsoft.PowerShell.Core and Microsoft.PowerShell.Utility on learn.microsoft.com, 5.1.
"""

import functools
from collections.abc import Callable
from typing import Any

from onshi_lab.windows.powershell import operators
from onshi_lab.windows.powershell.cmdlet import ALIASES, CMDLETS, Call, cmdlet
from onshi_lab.windows.powershell.commands import invoke_block
from onshi_lab.windows.powershell.errors import ErrorRecord
from onshi_lab.windows.powershell.expressions import Env
from onshi_lab.windows.powershell.interpreter import run_script
from onshi_lab.windows.powershell.members import call_method, get_member
from onshi_lab.windows.powershell.values import (
    MISSING,
    Hashtable,
    PSObject,
    ScriptBlock,
    Value,
    as_list,
    collapse,
    enumerate_value,
    text_of,
    truthy,
    type_name,
)


def env_of(call: Call, block: ScriptBlock) -> Env:
    """Where a cmdlet runs a script block that it was given."""
    return Env(call.session, call.scope, block.source)


def run_block(call: Call, block: ScriptBlock, item: Value) -> list[Value]:
    """What a block outputs for one item."""
    return invoke_block(env_of(call, block), block, [], underscore=item)


@cmdlet(
    "ForEach-Object",
    """
    Process scriptblock pos=0
    MemberName string
    ArgumentList object[] alias=Args
    Begin scriptblock
    End scriptblock
    InputObject object
    """,
    collect=True,
    alias="% foreach",
)
def for_each_object(call: Call) -> None:
    """Runs a block, or a member, for each input object."""
    process = call.get("Process")
    if call.has("Begin"):
        _emit_all(call, invoke_block(env_of(call, call.get("Begin")), call.get("Begin"), []))
    for item in call.input:
        call.session.check()
        if isinstance(process, ScriptBlock):
            _each(call, process, item)
        else:
            call.emit(
                _member(
                    call, item, text_of(process if process is not None else call.get("MemberName"))
                )
            )
    if call.has("End"):
        _emit_all(call, invoke_block(env_of(call, call.get("End")), call.get("End"), []))


def _each(call: Call, block: ScriptBlock, item: Value) -> None:
    _emit_all(call, run_block(call, block, item))


def _emit_all(call: Call, values: list[Value]) -> None:
    for value in values:
        call.emit(value)


def _member(call: Call, item: Value, name: str) -> Value:
    if isinstance(item, PSObject) and name.lower() in item.methods:
        return call_method(call.session, item, name, call.get("ArgumentList") or [])
    if isinstance(item, str) and name.lower() in ("trim", "toupper", "tolower", "split"):
        return call_method(call.session, item, name, call.get("ArgumentList") or [])
    return get_member(call.session, item, name)


COMPARISONS = (
    "EQ",
    "NE",
    "GT",
    "GE",
    "LT",
    "LE",
    "Like",
    "NotLike",
    "Match",
    "NotMatch",
    "Contains",
    "NotContains",
    "In",
    "NotIn",
    "CEQ",
    "IS",
    "IsNot",
)


@cmdlet(
    "Where-Object",
    "FilterScript object pos=0\nProperty string\nInputObject object\nValue object pos=1\n"
    + "\n".join(f"{name} switch" for name in COMPARISONS)
    + "\nNot switch",
    collect=True,
    alias="? where",
)
def where_object(call: Call) -> None:
    """Keeps the objects for which a block or a comparison is true."""
    test = _where_test(call)
    for item in call.input:
        call.session.check()
        if test(item):
            call.emit(item)


def _where_test(call: Call) -> Callable[[Value], bool]:
    script = call.get("FilterScript")
    if isinstance(script, ScriptBlock):
        return lambda item: truthy(collapse(run_block(call, script, item)))
    name = text_of(script if script is not None else call.get("Property"))
    operator = next((c for c in COMPARISONS if call.flag(c)), None)
    if operator is None:
        negate = call.flag("Not")
        return lambda item: truthy(get_member(call.session, item, name)) != negate
    wanted = call.get("Value")

    def test(item: Value) -> bool:
        left = get_member(call.session, item, name)
        return truthy(
            operators.binary(call.session, call.scope, f"-{operator.lower()}", left, wanted)
        )

    return test


@cmdlet(
    "Select-Object",
    """
    Property object[] pos=0
    InputObject object
    ExcludeProperty string[]
    ExpandProperty string
    First int
    Last int
    Skip int
    Unique switch
    Index int[]
    Wait switch
    """,
    collect=True,
    alias="select",
)
def select_object(call: Call) -> None:
    """Picks objects, and properties of them."""
    items = call.input if call.has_input else as_list(call.get("InputObject"))
    for item in _unique(call, [_selected(call, v) for v in _picked(call, items)]):
        for value in enumerate_value(item) if call.has("ExpandProperty") else [item]:
            call.emit(value)


def _picked(call: Call, items: list[Value]) -> list[Value]:
    if call.has("Index"):
        return [items[i] for i in call.get("Index") if -len(items) <= i < len(items)]
    items = (
        items[call.get("Skip", 0) :]
        if not call.has("Last")
        else items[: len(items) - call.get("Skip", 0)]
    )
    if call.has("First"):
        return items[: call.get("First")]
    return items[-call.get("Last") :] if call.get("Last") else items


def _unique(call: Call, items: list[Value]) -> list[Value]:
    if not call.flag("Unique"):
        return items
    seen: list[str] = []
    kept = []
    for item in items:
        key = (
            text_of(item)
            if not isinstance(item, PSObject)
            else repr([(k, text_of(v)) for k, v in item.items()])
        )
        if key not in seen:
            seen.append(key)
            kept.append(item)
    return kept


def _selected(call: Call, item: Value) -> Value:
    if call.has("ExpandProperty"):
        name = call.text("ExpandProperty")
        if isinstance(item, PSObject) and not item.has(name):
            call.write_error(
                f'Property "{name}" cannot be found.',
                "ExpandPropertyNotFound",
                "InvalidArgument",
                target=item,
                exception="System.Management.Automation.PSArgumentException",
            )
            return []
        return get_member(call.session, item, name)
    if not call.has("Property"):
        return item
    result = PSObject(
        {},
        f"Selected.{type_name(item)}"
        if isinstance(item, PSObject) and not item.is_custom
        else "System.Management.Automation.PSCustomObject",
    )
    for wanted in call.get("Property"):
        _copy(call, item, wanted, result)
    for name in call.get("ExcludeProperty", []):
        result.remove(name)
    result.type_name = "System.Management.Automation.PSCustomObject"
    return result


def _copy(call: Call, item: Value, wanted: Value, result: PSObject) -> None:
    if isinstance(wanted, Hashtable):
        name, value = _calculated(call, item, wanted)
        result.set(name, value)
        return
    if isinstance(wanted, ScriptBlock):
        result.set(wanted.text, collapse(run_block(call, wanted, item)))
        return
    pattern = text_of(wanted)
    if isinstance(item, PSObject) and any(c in pattern for c in "*?"):
        for name, value in item.items():
            if operators.wildcard(pattern, name):
                result.set(name, value)
        return
    if isinstance(item, PSObject):
        folded = pattern.lower()
        result.set(item.names.get(folded, pattern), item.get(pattern))
    elif isinstance(item, Hashtable):
        result.set(pattern, item[pattern])
    else:
        strict, call.session.strict = call.session.strict, False
        result.set(pattern, get_member(call.session, item, pattern))
        call.session.strict = strict


def _calculated(call: Call, item: Value, table: Hashtable) -> tuple[str, Value]:
    name: Any = None
    expression: Any = None
    for key, value in table.items():
        folded = text_of(key).lower()
        if "name".startswith(folded) or "label".startswith(folded):
            name = text_of(value)
        elif "expression".startswith(folded):
            expression = value
        elif folded not in ("formatstring", "width", "alignment"):
            raise call.failure(
                f"The {text_of(key)} key is not valid.", "DictionaryKeyIllegal1", "InvalidArgument"
            )
    if isinstance(expression, ScriptBlock):
        return name or expression.text, collapse(run_block(call, expression, item))
    return name or text_of(expression), get_member(call.session, item, text_of(expression))


@cmdlet(
    "Sort-Object",
    """
    Property object[] pos=0
    Descending switch
    Unique switch
    CaseSensitive switch
    Culture string
    InputObject object
    """,
    collect=True,
    alias="sort",
)
def sort_object(call: Call) -> None:
    """Sorts by properties or by value; the sort is stable."""
    keys = call.get("Property") or [None]

    def compare(left: Value, right: Value) -> int:
        return _compare(call, keys, left, right)

    items = sorted(call.input, key=functools.cmp_to_key(compare))
    if call.flag("Descending"):
        items.reverse()
    last: Any = MISSING
    for item in items:
        if not call.flag("Unique") or last is MISSING or compare(last, item):
            call.emit(item)
        last = item


def _compare(call: Call, keys: list[Value], left: Value, right: Value) -> int:
    for key in keys:
        down = isinstance(key, Hashtable) and truthy(key["Descending"])
        values = (_sort_value(call, left, key), _sort_value(call, right, key))
        order = operators.compare(*values) or 0
        if order:
            return -order if down else order
    return 0


def _sort_value(call: Call, item: Value, key: Value) -> Value:
    if key is None:
        return item
    if isinstance(key, Hashtable):
        key = key["Expression"]
    if isinstance(key, ScriptBlock):
        return collapse(run_block(call, key, item))
    name = text_of(key)
    return item.get(name) if isinstance(item, PSObject) else get_member(call.session, item, name)


@cmdlet(
    "Group-Object",
    (
        "Property object[] pos=0\n"
        "NoElement switch\n"
        "AsHashTable switch\n"
        "AsString switch\n"
        "InputObject object"
    ),
    collect=True,
    alias="group",
)
def group_object(call: Call) -> None:
    """Groups objects by property values."""
    groups: dict[str, list[Value]] = {}
    for item in call.input:
        values = [
            get_member(call.session, item, text_of(p)) for p in call.get("Property") or []
        ] or [item]
        groups.setdefault(", ".join(text_of(v) for v in values), []).append(item)
    if call.flag("AsHashTable"):
        call.emit(Hashtable(groups.items()))
        return
    for name, items in groups.items():
        call.emit(
            PSObject(
                {"Count": len(items), "Name": name, "Group": items},
                "Microsoft.PowerShell.Commands.GroupInfo",
            )
        )


@cmdlet(
    "Measure-Object",
    (
        "Property string[] pos=0\n"
        "Sum switch\n"
        "Average switch\n"
        "Maximum switch\n"
        "Minimum switch\n"
        "Line switch\n"
        "InputObject object"
    ),
    collect=True,
    alias="measure",
)
def measure_object(call: Call) -> None:
    """Counts and sums."""
    from onshi_lab.windows.powershell.convert import to_number

    names = call.get("Property") or [None]
    values = (
        [
            to_number(item if names[0] is None else get_member(call.session, item, names[0]))
            for item in call.input
        ]
        if any(call.flag(n) for n in ("Sum", "Average", "Maximum", "Minimum"))
        else []
    )
    result = {
        "Count": len(call.input),
        "Average": sum(values) / len(values) if call.flag("Average") and values else None,
        "Sum": float(sum(values)) if call.flag("Sum") else None,
        "Maximum": float(max(values)) if call.flag("Maximum") and values else None,
        "Minimum": float(min(values)) if call.flag("Minimum") and values else None,
        "Property": names[0],
    }
    call.emit(PSObject(result, "Microsoft.PowerShell.Commands.GenericMeasureInfo"))


@cmdlet(
    "Get-Member",
    "Name string[] pos=0\nMemberType string\nInputObject object",
    collect=True,
    alias="gm",
)
def get_members(call: Call) -> None:
    """The properties of the input objects."""
    for item in call.input[:1]:
        for name, value in item.items() if isinstance(item, PSObject) else []:
            call.emit(
                PSObject(
                    {
                        "Name": name,
                        "MemberType": "NoteProperty",
                        "Definition": f"{type_name(value)} {name}",
                    },
                    "Microsoft.PowerShell.Commands.MemberDefinition",
                )
            )


@cmdlet(
    "Add-Member",
    (
        "MemberType string pos=0\n"
        "Name string pos=1\n"
        "Value object pos=2\n"
        "NotePropertyName string\n"
        "NotePropertyValue object\n"
        "NotePropertyMembers hashtable\n"
        "Force switch\n"
        "PassThru switch\n"
        "InputObject! object pipe"
    ),
)
def add_member(call: Call) -> None:
    """Adds a note property."""
    item = call.get("InputObject")
    if not isinstance(item, PSObject):
        raise call.failure("Add-Member only works on objects here.", "MockUnsupported,Add-Member")
    pairs = (
        [(call.text("NotePropertyName"), call.get("NotePropertyValue"))]
        if call.has("NotePropertyName")
        else [(call.text("Name"), call.get("Value"))]
    )
    if call.has("NotePropertyMembers"):
        pairs = [(text_of(k), v) for k, v in call.get("NotePropertyMembers").items()]
    for name, value in pairs:
        if item.has(name) and not call.flag("Force"):
            raise call.failure(
                (
                    f'Cannot add a member with the name "{name}" because a member '
                    f"with that name already exists."
                ),
                "MemberAlreadyExists",
                "InvalidOperation",
            )
        item.set(name, value)
    if call.flag("PassThru"):
        call.emit(item)


@cmdlet("Write-Output", "InputObject! object pos=0 pipe\nNoEnumerate switch", alias="echo write")
def write_output(call: Call) -> None:
    """Sends objects down the pipeline."""
    value = call.get("InputObject")
    _emit_all(call, [value] if call.flag("NoEnumerate") else enumerate_value(value))


@cmdlet(
    "Write-Host",
    (
        "Object object pos=0 pipe rest\n"
        "NoNewline switch\n"
        "Separator object\n"
        "ForegroundColor string alias=fg\n"
        "BackgroundColor string alias=bg"
    ),
)
def write_host(call: Call) -> None:
    """Writes to the console."""
    call.session.streams.host(
        text_of(call.get("Object")) + ("" if call.flag("NoNewline") else "\n")
    )


@cmdlet(
    "Write-Error",
    (
        "Message string pos=0 pipe alias=Msg\n"
        "Exception object\n"
        "ErrorRecord object\n"
        "ErrorId string\n"
        "Category string\n"
        "TargetObject object\n"
        "RecommendedAction string"
    ),
)
def write_error(call: Call) -> None:
    """A non-terminating error."""
    message = call.text("Message")
    native = getattr(call.get("Exception"), "native", None)
    if native is not None:
        message = message or native.message
    name = "Microsoft.PowerShell.Commands.WriteErrorException"
    record = ErrorRecord(
        message,
        call.text("ErrorId", name),
        call.text("Category", "NotSpecified"),
        name,
        call.get("TargetObject"),
        call.name,
    )
    call.session.report(record, call.scope, call.error_action)


@cmdlet("Write-Warning", "Message! string pos=0 pipe alias=Msg")
def write_warning(call: Call) -> None:
    """A warning."""
    if call.session.preference("WarningPreference", call.scope).lower() == "continue":
        call.session.streams.warning(call.text("Message"))


@cmdlet("Write-Verbose", "Message! string pos=0 pipe alias=Msg")
def write_verbose(call: Call) -> None:
    """A verbose message, shown with the preference on."""
    if call.session.preference("VerbosePreference", call.scope).lower() == "continue" or call.flag(
        "Verbose"
    ):
        call.session.streams.verbose(call.text("Message"))


@cmdlet("Write-Debug", "Message! string pos=0 pipe alias=Msg")
def write_debug(call: Call) -> None:
    """A debug message, shown with the preference on."""
    if call.session.preference("DebugPreference", call.scope).lower() == "continue":
        call.session.streams.debug(call.text("Message"))


@cmdlet("Write-Information", "MessageData! object pos=0 alias=Msg\nTags string[] pos=1")
def write_information(call: Call) -> None:
    """An information record, shown with the preference on."""
    if call.session.preference("InformationPreference", call.scope).lower() == "continue":
        call.session.streams.host(call.text("MessageData") + "\n")


@cmdlet(
    "Write-Progress",
    (
        "Activity! string pos=0\n"
        "Status string pos=1\n"
        "Id int pos=2\n"
        "PercentComplete int\n"
        "SecondsRemaining int\n"
        "CurrentOperation string\n"
        "ParentId int\n"
        "Completed switch"
    ),
)
def write_progress(call: Call) -> None:
    """Progress, which no remote client of this kind shows."""


@cmdlet("Out-Null", "InputObject object", collect=True)
def out_null(call: Call) -> None:
    """Drops everything."""


@cmdlet("Out-Default", "InputObject object", collect=True)
def out_default(call: Call) -> None:
    """Passes everything on to the console."""
    _emit_all(call, call.input)


@cmdlet("Set-StrictMode", "Version string\nOff switch")
def set_strict_mode(call: Call) -> None:
    """Unset variables and unknown properties become errors."""
    call.session.strict = call.text("Version").lower() not in ("", "1", "1.0") and not call.flag(
        "Off"
    )


@cmdlet("Invoke-Expression", "Command! string pos=0 pipe", alias="iex")
def invoke_expression(call: Call) -> None:
    """Runs a string as a script in the same scope; logged as a script block of its own."""
    from onshi_lab.windows.powershell.host import log_script

    log_script(call.session, call.text("Command"))
    run_script(call.session, call.text("Command"), call.out, call.scope)


@cmdlet(
    "Invoke-Command",
    "ScriptBlock! scriptblock pos=0\nArgumentList object[] alias=Args\nNoNewScope switch",
    alias="icm",
)
def invoke_command(call: Call) -> None:
    """Runs a block here; remote computers aren't modelled."""
    block = call.get("ScriptBlock")
    _emit_all(
        call, invoke_block(env_of(call, block), block, call.get("ArgumentList") or [], dot=False)
    )


@cmdlet("Get-Variable", "Name string[] pos=0\nValueOnly switch\nScope string", alias="gv")
def get_variable(call: Call) -> None:
    """Variables by name."""
    for name in call.get("Name") or []:
        owner = call.scope.find(name.lower())
        if owner is None:
            call.write_error(
                f"Cannot find a variable with the name '{name}'.",
                "VariableNotFound",
                "ObjectNotFound",
                target=name,
            )
            continue
        value = owner.variables[name.lower()]
        call.emit(
            value
            if call.flag("ValueOnly")
            else PSObject({"Name": name, "Value": value}, "System.Management.Automation.PSVariable")
        )


@cmdlet(
    "Set-Variable",
    "Name! string[] pos=0\nValue object pos=1 pipe\nScope string\nForce switch\nOption string",
    alias="sv set",
)
def set_variable(call: Call) -> None:
    """Sets variables."""
    prefix = f"{call.text('Scope').lower()}:" if call.has("Scope") else ""
    for name in call.get("Name"):
        call.session.set_variable(prefix + name, call.get("Value"), call.scope)


@cmdlet(
    "Remove-Variable",
    "Name! string[] pos=0\nScope string\nForce switch",
    should_process=True,
    alias="rv",
)
def remove_variable(call: Call) -> None:
    """Forgets variables."""
    for name in call.get("Name"):
        owner = call.scope.find(name.lower())
        if owner is None:
            call.write_error(
                f"Cannot find a variable with the name '{name}'.",
                "VariableNotFound",
                "ObjectNotFound",
                target=name,
            )
        else:
            del owner.variables[name.lower()]


@cmdlet(
    "Get-Command",
    "Name string[] pos=0\nModule string[]\nCommandType string\nArgumentList object[]",
    alias="gcm",
)
def get_command(call: Call) -> None:
    """Commands by name."""
    for name in call.get("Name") or []:
        resolved = ALIASES.get(name.lower(), name)
        spec = CMDLETS.get(resolved.lower())
        if call.scope.function(resolved.lower()) is not None:
            call.emit(
                PSObject(
                    {"CommandType": "Function", "Name": resolved, "Source": ""},
                    "System.Management.Automation.FunctionInfo",
                    text=resolved,
                )
            )
        elif spec is not None:
            call.emit(
                PSObject(
                    {"CommandType": "Cmdlet", "Name": spec.name, "Source": ""},
                    "System.Management.Automation.CmdletInfo",
                    text=spec.name,
                )
            )
        elif (program := call.pc.find_program(name)) is not None:
            path = f"C:\\Windows\\system32\\{program}.exe"
            call.emit(
                PSObject(
                    {
                        "CommandType": "Application",
                        "Name": f"{program}.exe",
                        "Source": path,
                        "Path": path,
                    },
                    "System.Management.Automation.ApplicationInfo",
                    text=f"{program}.exe",
                )
            )
        else:
            call.write_error(
                (
                    f"The term '{name}' is not recognized as the name of a "
                    f"cmdlet, function, script file, or operable program."
                ),
                "CommandNotFoundException",
                "ObjectNotFound",
                target=name,
                exception="System.Management.Automation.CommandNotFoundException",
            )


@cmdlet(
    "Import-Module",
    (
        "Name! string[] pos=0 pipe\n"
        "Force switch\n"
        "PassThru switch\n"
        "DisableNameChecking switch\n"
        "Global switch"
    ),
    alias="ipmo",
)
def import_module(call: Call) -> None:
    """Modules of Windows are there; others aren't."""
    known = {
        "nettcpip",
        "netsecurity",
        "smbshare",
        "scheduledtasks",
        "dnsclient",
        "netconnection",
        "netadapter",
        "microsoft.powershell.localaccounts",
        "microsoft.powershell.management",
        "microsoft.powershell.utility",
        "microsoft.powershell.security",
        "cimcmdlets",
        "microsoft.powershell.diagnostics",
        "microsoft.wsman.management",
        "pki",
    }
    for name in call.get("Name"):
        if name.lower() not in known:
            call.write_error(
                (
                    f"The specified module '{name}' was not loaded because no "
                    f"valid module file was found in any module directory."
                ),
                "Modules_ModuleNotFound",
                "ResourceUnavailable",
                target=name,
                exception="System.IO.FileNotFoundException",
            )


@cmdlet(
    "New-Object",
    (
        "TypeName string pos=0\n"
        "ArgumentList object[] pos=1 alias=Args\n"
        "Property hashtable\n"
        "ComObject string\n"
        "Strict switch"
    ),
)
def new_object(call: Call) -> None:
    """Makes an object."""
    from onshi_lab.windows.powershell.dotnet import construct
    from onshi_lab.windows.powershell.members import set_member

    if call.text("ComObject").lower() == "schedule.service":
        from onshi_lab.windows.powershell.com_tasks import Service

        call.out(Service(call.session).object)
        return
    if call.has("ComObject"):
        raise call.failure(
            f"Retrieving the COM class factory for component {call.text('ComObject')} failed.",
            "NoCOMClassIdentified",
            "ResourceUnavailable",
        )
    name = call.text("TypeName")
    value = construct(call.session, name, call.get("ArgumentList") or [])
    for key, item in call.get("Property").items() if call.has("Property") else []:
        if isinstance(value, PSObject) and value.is_custom:
            value.set(text_of(key), item)
        else:
            set_member(call.session, value, text_of(key), item)
    call.session.success = True
    call.out(value)


@cmdlet(
    "Add-Type",
    (
        "TypeDefinition string pos=0\n"
        "AssemblyName string[] alias=AN\n"
        "MemberDefinition string[]\n"
        "Name string\n"
        "Namespace string alias=NS\n"
        "UsingNamespace string[]\n"
        "Language string\n"
        "PassThru switch\n"
        "ReferencedAssemblies string[]\n"
        "IgnoreWarnings switch"
    ),
)
def add_type(call: Call) -> None:
    """Declares native types from C#, or loads an assembly that is always there."""
    from onshi_lab.windows.powershell.addtype import compile_source
    from onshi_lab.windows.powershell.values import TypeValue

    if call.has("AssemblyName"):
        return
    if call.has("MemberDefinition"):
        namespace = call.text(
            "Namespace", "Microsoft.PowerShell.Commands.AddType.AutoGeneratedTypes"
        )
        members = "\n".join(call.get("MemberDefinition"))
        compile_source(call.session, f"public class {call.text('Name')} {{ {members} }}", namespace)
        if call.flag("PassThru"):
            call.emit(TypeValue(f"{namespace}.{call.text('Name')}"))
        return
    compile_source(call.session, call.text("TypeDefinition"))


@cmdlet("Start-Sleep", "Seconds int pos=0 pipe alias=s\nMilliseconds int alias=m", alias="sleep")
def start_sleep(call: Call) -> None:
    """Waits."""
    call.session.process.sleep(call.get("Seconds", 0) + call.get("Milliseconds", 0) / 1000)


@cmdlet("Tee-Object", "Variable! string\nInputObject object", collect=True, alias="tee")
def tee_object(call: Call) -> None:
    """Stores and passes on."""
    call.session.set_variable(call.text("Variable"), collapse(list(call.input)), call.scope)
    _emit_all(call, call.input)


@cmdlet(
    "Get-Random",
    "Maximum object pos=0\nMinimum object\nInputObject object[]\nCount int\nSetSeed int",
    collect=True,
)
def get_random(call: Call) -> None:
    """A random number or item."""
    import secrets

    items = call.input or call.get("InputObject") or []
    if items:
        call.emit(secrets.choice(items))
        return
    low = int(call.get("Minimum", 0))
    call.emit(low + secrets.randbelow(int(call.get("Maximum", 2**31 - 1)) - low))


@cmdlet(
    "Compare-Object",
    (
        "ReferenceObject! object[] pos=0\n"
        "DifferenceObject! object[] pos=1\n"
        "IncludeEqual switch\n"
        "PassThru switch\n"
        "SyncWindow int\n"
        "Property object[]"
    ),
    alias="compare diff",
)
def compare_object(call: Call) -> None:
    """Differences of two sets of values."""
    left, right = (
        [text_of(v) for v in call.get(n)] for n in ("ReferenceObject", "DifferenceObject")
    )
    marked = [(v, "=>") for v in right if v not in left] + [
        (v, "<=") for v in left if v not in right
    ]
    for value, side in marked:
        call.emit(PSObject({"InputObject": value, "SideIndicator": side}))
