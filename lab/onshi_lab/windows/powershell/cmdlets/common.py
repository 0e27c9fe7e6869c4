"""What the system cmdlets share: CIM errors, selection by property, the named adapter."""

from collections.abc import Iterable
from typing import Any

from onshi_lab.windows.network.model import Interface
from onshi_lab.windows.network.stack import NotFound
from onshi_lab.windows.powershell.cmdlet import Call
from onshi_lab.windows.powershell.errors import PSError
from onshi_lab.windows.powershell.operators import compare, wildcard
from onshi_lab.windows.powershell.values import EnumValue, PSObject, Value, as_list, text_of

CIM_EXCEPTION = "Microsoft.Management.Infrastructure.CimException"
WQL = "SELECT * FROM {}  WHERE (({} = '{}'))"
CIM_JOB = "Microsoft.PowerShell.Cmdletization.Cim.CimJobException"


def cim_error(call: Call, code: int, message: str, target: Value = None) -> PSError:
    """A failed call to a CIM provider: `Windows System Error N`."""
    return call.failure(
        message,
        f"Windows System Error {code},{call.name}",
        "NotSpecified"
        if code not in (5, 87)
        else "PermissionDenied"
        if code == 5
        else "InvalidArgument",
        exception=CIM_EXCEPTION,
        target=target,
        details={"NativeErrorCode": "Failed", "HResult": -2146233088},
    )


def not_found(call: Call, class_name: str, conditions: dict[str, Value]) -> None:
    """The non-terminating error of a query by key that found nothing."""
    name, value = next(iter(conditions.items()))
    text = text_of(value)
    message = (
        f"No {class_name} objects found with property '{name}' equal to '{text}'.  Verify the "
        "value of the property and retry."
    )
    error_id = f"CmdletizationQuery_NotFound_{name},{call.name}"
    if len(conditions) > 1:
        query_text = WQL.format(class_name, name, text)
        message = (
            f"No matching {class_name} objects found by CIM query for instances of the "
            f"ROOT/StandardCimv2/{class_name} class on the  CIM server: {query_text}. "
            "Verify query parameters and retry."
        )
        error_id = f"CmdletizationQuery_NotFound,{call.name}"
    call.write_error(message, error_id, "ObjectNotFound", target=value, exception=CIM_JOB)


def matches(value: Value, wanted: Iterable[Value]) -> bool:
    """Whether a property equals one of the wanted values; strings may be wildcards."""
    for item in wanted:
        if isinstance(value, list):
            if any(matches(v, [item]) for v in value):
                return True
        elif isinstance(value, EnumValue) or not isinstance(item, str):
            if compare(value, item) == 0:
                return True
        elif wildcard(text_of(item), text_of(value)):
            return True
    return False


def query(
    call: Call, objects: list[PSObject], names: tuple[str, ...], class_name: str
) -> list[PSObject]:
    """The objects that match the given parameters; reports a key that matched nothing."""
    conditions = {n: call.get(n) for n in names if call.has(n)}
    found = [
        o for o in objects if all(matches(o.get(n), as_list(v)) for n, v in conditions.items())
    ]
    exact = {n: v for n, v in conditions.items() if not any("*" in text_of(i) for i in as_list(v))}
    if not found and exact:
        first = {n: as_list(v)[0] for n, v in exact.items()}
        not_found(call, class_name, first)
    return found


def interface_of(call: Call) -> Interface:
    """The adapter that InterfaceIndex or InterfaceAlias names; raises PSError."""
    network = call.pc.network
    try:
        if call.has("InterfaceIndex"):
            value: Any = call.get("InterfaceIndex")
            return network.interface(index=int(as_list(value)[0]))
        return network.interface(alias=text_of(as_list(call.get("InterfaceAlias"))[0]))
    except NotFound:
        raise cim_error(call, 1168, "Element not found.") from None
