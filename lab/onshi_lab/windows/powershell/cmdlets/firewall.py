"""NetSecurity cmdlets: firewall rules, their filters, and profiles.

Source: the NetSecurity module's pages on learn.microsoft.com.
"""

import uuid
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from onshi_lab.windows import firewall as fw
from onshi_lab.windows.firewall import InvalidFilter, Rule
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.cmdlets.common import cim_error, matches, not_found
from onshi_lab.windows.powershell.convert import define_enum
from onshi_lab.windows.powershell.values import PSObject, as_list, text_of

_TYPES = "Microsoft.PowerShell.Cmdletization.GeneratedTypes.NetSecurity."
enabled_enum = define_enum(_TYPES + "Enabled", **{"True": 1, "False": 2})
direction_enum = define_enum(_TYPES + "Direction", Inbound=1, Outbound=2)
action_enum = define_enum(_TYPES + "Action", NotConfigured=0, Allow=2, Block=4)
profile_enum = define_enum(
    _TYPES + "Profile", Any=0, Domain=1, Private=2, Public=4, NotApplicable=65535
)
CLASS = "Microsoft.Management.Infrastructure.CimInstance#root/standardcimv2/"
COMMON = "CimSession object\nThrottleLimit int\nPolicyStore string\nGPOSession string"
ACTIONS = {"Allow": fw.ALLOW, "Block": fw.BLOCK}


def rule_object(rule: Rule) -> PSObject:
    """A MSFT_NetFirewallRule."""
    return PSObject(
        {
            "Name": rule.name,
            "ID": rule.name,
            "InstanceID": rule.name,
            "DisplayName": rule.display_name,
            "Description": rule.description or None,
            "DisplayGroup": rule.display_group or None,
            "Group": rule.group or None,
            "Enabled": enabled_enum(1 if rule.enabled else 2),
            "Profile": profile_enum(_profile_text(rule.profiles)),
            "Direction": direction_enum(rule.direction),
            "Action": action_enum(rule.action),
            "EdgeTraversalPolicy": "Block",
            "PrimaryStatus": "OK",
            "Status": "The rule was parsed successfully from the store. (65536)",
            "PolicyStoreSource": "PersistentStore",
            "PolicyStoreSourceType": "Local",
        },
        CLASS + "MSFT_NetFirewallRule",
        native=rule,
        text=f'MSFT_NetFirewallRule (CreationClassName = "MSFT|FW|FirewallRule|{rule.name}")',
    )


def _profile_text(bits: int) -> str:
    names = [n for n, b in (("Domain", 1), ("Private", 2), ("Public", 4)) if bits & b]
    return ", ".join(names) or "Any"


SELECT = f"""
    Name string[] alias=ID
    DisplayName string[]
    DisplayGroup string[]
    Group string[]
    InputObject ciminstance[] pipe
    {COMMON}
"""
SELECT_KEYS = ("Name", "DisplayName", "DisplayGroup", "Group")


def _matching(call: Call) -> list[Rule]:
    piped = [o.native for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    if piped:
        return piped
    conditions = {n: call.get(n) for n in SELECT_KEYS if call.has(n)}
    objects = [rule_object(r) for r in call.pc.firewall.rules()]
    found = [o for o in objects if all(matches(o.get(n), v) for n, v in conditions.items())]
    if not found and conditions:
        name, values = next(iter(conditions.items()))
        not_found(
            call, "MSFT_NetFirewallRule", {"InstanceID" if name == "Name" else name: values[0]}
        )
    return [o.native for o in found]


@cmdlet(
    "Get-NetFirewallRule",
    SELECT.replace("InputObject ciminstance[] pipe", "")
    + (
        "All switch\n"
        "Enabled string[] values=True|False\n"
        "Direction string[] values=Inbound|Outbound\n"
        "Action string[] values=Allow|Block\n"
        "TracePolicyStore switch\n"
        "Description string[]\n"
        "AssociatedNetFirewallPortFilter object pipe"
    ),
    class_name="Get-NetFirewallRule",
)
def get_net_firewall_rule(call: Call) -> None:
    """Firewall rules."""
    for rule in _matching(call):
        item = rule_object(rule)
        if all(
            not call.has(n) or matches(item.get(n), call.get(n))
            for n in ("Enabled", "Direction", "Action")
        ):
            call.emit(item)


RULE_FIELDS = """
    Description string
    Enabled Microsoft.PowerShell.Cmdletization.GeneratedTypes.NetSecurity.Enabled
    Profile string[] values=Any|Domain|Private|Public|NotApplicable
    Direction string values=Inbound|Outbound
    Action string values=Allow|Block|NotConfigured
    EdgeTraversalPolicy string values=Block|Allow|DeferToUser|DeferToApp
    LocalAddress string[]
    RemoteAddress string[]
    Protocol string
    LocalPort string[]
    RemotePort string[]
    IcmpType string[]
    Program string
    Package string
    Service string
    InterfaceAlias string[]
    InterfaceType string values=Any|Wired|Wireless|RemoteAccess
    LocalUser string
    RemoteUser string
    Authentication string
    Encryption string
    DynamicTarget string
"""


def _fields(call: Call) -> dict[str, Any]:
    """The fields of a rule that the parameters give."""
    fields: dict[str, Any] = {}
    tuples = {
        "LocalAddress": "local_address",
        "RemoteAddress": "remote_address",
        "LocalPort": "local_port",
        "RemotePort": "remote_port",
        "IcmpType": "icmp_type",
    }
    for name, field in tuples.items():
        if call.has(name):
            fields[field] = tuple(_spelled(v) for v in call.get(name))
    for name, field in {
        "Description": "description",
        "Protocol": "protocol",
        "Program": "program",
        "Service": "service",
        "InterfaceType": "interface_type",
    }.items():
        if call.has(name):
            fields[field] = call.text(name)
    if call.has("Enabled"):
        fields["enabled"] = call.text("Enabled") == "True"
    if call.has("Direction"):
        fields["direction"] = fw.INBOUND if call.text("Direction") == "Inbound" else fw.OUTBOUND
    if call.has("Action"):
        fields["action"] = ACTIONS.get(call.text("Action"), fw.ALLOW)
    if call.has("Profile"):
        fields["profiles"] = sum(int(profile_enum(p).value) for p in call.get("Profile"))
    return fields


def _spelled(value: object) -> str:
    text = text_of(value)
    known = {
        "any": "Any",
        "localsubnet": "LocalSubnet",
        "localsubnet4": "LocalSubnet",
        "localsubnet6": "LocalSubnet",
    }
    return known.get(text.lower(), text)


def _put(call: Call, *rules: Rule) -> None:
    try:
        call.pc.firewall.put(*rules)
    except InvalidFilter as error:
        raise cim_error(call, 87, f"The parameter is incorrect. ({error})") from None


@cmdlet(
    "New-NetFirewallRule",
    (
        "DisplayName! string\nName string alias=ID\nGroup string\n"
        "RemoteDynamicKeywordAddresses string[]\n"
    )
    + RULE_FIELDS
    + COMMON,
    class_name="New-NetFirewallRule",
    should_process=True,
    admin=True,
)
def new_net_firewall_rule(call: Call) -> None:
    """Makes a rule; inbound and allowed unless said otherwise."""
    name = call.text("Name") or "{" + str(uuid.uuid4()).upper() + "}"
    if any(r.name.lower() == name.lower() for r in call.pc.firewall.rules()):
        raise cim_error(call, 183, "Cannot create a file when that file already exists.")
    rule = Rule(
        name, call.text("DisplayName"), group=call.text("Group"), display_group=call.text("Group")
    )
    rule = replace(rule, **_fields(call))
    _put(call, rule)
    call.emit(rule_object(rule))


@cmdlet(
    "Set-NetFirewallRule",
    SELECT + "NewDisplayName string\nPassThru switch\n" + RULE_FIELDS,
    class_name="Set-NetFirewallRule",
    should_process=True,
    admin=True,
)
def set_net_firewall_rule(call: Call) -> None:
    """Changes rules and their filters."""
    for rule in _matching(call):
        changed = replace(rule, **_fields(call))
        if call.has("NewDisplayName"):
            changed = replace(changed, display_name=call.text("NewDisplayName"))
        _put(call, changed)
        if call.flag("PassThru"):
            call.emit(rule_object(changed))


@cmdlet(
    "Remove-NetFirewallRule",
    SELECT + "All switch\nPassThru switch",
    class_name="Remove-NetFirewallRule",
    should_process=True,
    admin=True,
)
def remove_net_firewall_rule(call: Call) -> None:
    """Deletes rules."""
    if not any(call.has(n) for n in (*SELECT_KEYS, "InputObject", "All")):
        raise cim_error(call, 87, "The parameter is incorrect.")
    for rule in _matching(call):
        if call.confirm("Remove", rule.display_name):
            call.pc.firewall.remove(rule.name)


def _toggle(call: Call, enabled: bool) -> None:
    changed = [replace(rule, enabled=enabled) for rule in _matching(call)]
    _put(call, *changed)
    if call.flag("PassThru"):
        for rule in changed:
            call.emit(rule_object(rule))


@cmdlet(
    "Enable-NetFirewallRule",
    SELECT + "PassThru switch",
    class_name="Enable-NetFirewallRule",
    should_process=True,
    admin=True,
)
def enable_net_firewall_rule(call: Call) -> None:
    """Turns rules on."""
    _toggle(call, True)


@cmdlet(
    "Disable-NetFirewallRule",
    SELECT + "PassThru switch",
    class_name="Disable-NetFirewallRule",
    should_process=True,
    admin=True,
)
def disable_net_firewall_rule(call: Call) -> None:
    """Turns rules off."""
    _toggle(call, False)


def _filter_rules(call: Call) -> list[Rule]:
    piped = [
        o.native for o in as_list(call.get("AssociatedNetFirewallRule")) if isinstance(o, PSObject)
    ]
    return piped or call.pc.firewall.rules()


FILTER = "AssociatedNetFirewallRule ciminstance pipe\nAll switch\n" + COMMON


def _flat(values: tuple[str, ...]) -> object:
    return values[0] if len(values) == 1 else list(values)


def _addresses(values: tuple[str, ...]) -> object:
    """Addresses as Windows reads them back: a prefix of IPv4 with its mask."""
    return _flat(tuple(_masked(value) for value in values))


def _masked(value: str) -> str:
    try:
        return IPv4Network(value).with_netmask if "/" in value else value
    except ValueError:
        return value


@cmdlet(
    "Get-NetFirewallPortFilter",
    FILTER + "\nProtocol string[]",
    class_name="Get-NetFirewallPortFilter",
)
def get_port_filter(call: Call) -> None:
    """Protocol and ports of rules."""
    for rule in _filter_rules(call):
        properties = {
            "Protocol": rule.protocol,
            "LocalPort": _flat(rule.local_port),
            "RemotePort": _flat(rule.remote_port),
            "IcmpType": _flat(rule.icmp_type),
            "DynamicTarget": "Any",
            "InstanceID": rule.name,
        }
        call.emit(PSObject(properties, CLASS + "MSFT_NetProtocolPortFilter", native=rule))


@cmdlet("Get-NetFirewallAddressFilter", FILTER, class_name="Get-NetFirewallAddressFilter")
def get_address_filter(call: Call) -> None:
    """Addresses of rules."""
    for rule in _filter_rules(call):
        properties = {
            "LocalAddress": _addresses(rule.local_address),
            "RemoteAddress": _addresses(rule.remote_address),
            "LocalIP": _addresses(rule.local_address),
            "RemoteIP": _addresses(rule.remote_address),
            "InstanceID": rule.name,
        }
        call.emit(PSObject(properties, CLASS + "MSFT_NetAddressFilter", native=rule))
