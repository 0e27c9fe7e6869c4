"""Pipeline cmdlets: ForEach-Object, Where-Object, Select-Object, Sort-Object and others.

Source: Microsoft.PowerShell.Core and Microsoft.PowerShell.Utility on learn.microsoft.com, 5.1.
"""

import functools
from collections.abc import Callable
from typing import Any

from onshi_lab.windows.powershell import operators
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
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


@cmdlet("Out-Null", "InputObject object", collect=True)
def out_null(call: Call) -> None:
    """Drops everything."""


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
