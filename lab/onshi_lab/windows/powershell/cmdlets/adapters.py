"""Bindings of adapters, prefix policies, the DNS client's settings, and what is plugged in.

Source: NetAdapter, NetTCPIP, DnsClient and PnpDevice on learn.microsoft.com; the policies are
RFC 6724's as Windows 10 has them ("Guidance for configuring IPv6 in Windows for advanced users").
"""

from onshi_lab.windows.network.model import Interface
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.cmdlets.common import query
from onshi_lab.windows.powershell.values import PSObject, as_list, text_of

CIM = "CimSession object alias=Session\nThrottleLimit int"
NAMESPACE = "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/"
IPV6_BINDING = "ms_tcpip6"
COMPONENTS = {
    "ms_tcpip": "Internet Protocol Version 4 (TCP/IPv4)",
    IPV6_BINDING: "Internet Protocol Version 6 (TCP/IPv6)",
}
POLICIES = (
    ("::1/128", 50, 0),
    ("::/0", 40, 1),
    ("::ffff:0:0/96", 35, 4),
    ("2002::/16", 30, 2),
    ("2001::/32", 5, 5),
    ("fc00::/7", 3, 13),
    ("fec0::/10", 1, 11),
    ("3ffe::/16", 1, 12),
    ("::/96", 1, 3),
)
BINDING = f"Name string[] pos=0 alias=ifAlias,InterfaceAlias\nComponentID string[]\n{CIM}"


def _binding(call: Call, interface: Interface, component: str) -> PSObject:
    enabled = component != IPV6_BINDING or call.pc.network.uses_ipv6(interface.index)
    return PSObject(
        {
            "Name": interface.alias,
            "InterfaceAlias": interface.alias,
            "InterfaceDescription": interface.description,
            "DisplayName": COMPONENTS[component],
            "ComponentID": component,
            "Enabled": enabled,
        },
        NAMESPACE + "MSFT_NetAdapterBindingSettingData",
        native=interface,
        default=("Name", "DisplayName", "ComponentID", "Enabled"),
        text="MSFT_NetAdapterBindingSettingData",
    )


def _bindings(call: Call) -> list[PSObject]:
    some = [
        _binding(call, one, component)
        for one in call.pc.network.interfaces()
        if not one.loopback
        for component in COMPONENTS
    ]
    return query(call, some, ("Name", "ComponentID"), "MSFT_NetAdapterBindingSettingData")


@cmdlet("Get-NetAdapterBinding", BINDING, class_name="Get-NetAdapterBinding")
def get_net_adapter_binding(call: Call) -> None:
    """Protocols that are bound to the adapters."""
    for one in _bindings(call):
        call.emit(one)


def _bind(call: Call, *, on: bool) -> None:
    for one in _bindings(call):
        if text_of(one.get("ComponentID")) == IPV6_BINDING:
            call.pc.network.use_ipv6(one.native.index, on)


@cmdlet(
    "Enable-NetAdapterBinding",
    BINDING,
    class_name="Enable-NetAdapterBinding",
    should_process=True,
    admin=True,
)
def enable_net_adapter_binding(call: Call) -> None:
    """Binds a protocol to an adapter."""
    _bind(call, on=True)


@cmdlet(
    "Disable-NetAdapterBinding",
    BINDING,
    class_name="Disable-NetAdapterBinding",
    should_process=True,
    admin=True,
)
def disable_net_adapter_binding(call: Call) -> None:
    """Takes a protocol off an adapter; IPv6 is then off there."""
    _bind(call, on=False)


@cmdlet("Get-NetPrefixPolicy", f"Prefix string[] pos=0\n{CIM}", class_name="Get-NetPrefixPolicy")
def get_net_prefix_policy(call: Call) -> None:
    """The table by which addresses are preferred."""
    some = [
        PSObject(
            {"Prefix": prefix, "Precedence": precedence, "Label": label},
            NAMESPACE + "MSFT_NetPrefixPolicy",
            text="MSFT_NetPrefixPolicy",
        )
        for prefix, precedence, label in POLICIES
    ]
    for one in query(call, some, ("Prefix",), "MSFT_NetPrefixPolicy"):
        call.emit(one)


@cmdlet("Get-DnsClientGlobalSetting", CIM, class_name="Get-DnsClientGlobalSetting")
def get_dns_client_global_setting(call: Call) -> None:
    """The search list of suffixes."""
    call.emit(
        PSObject(
            {"UseSuffixSearchList": True, "SuffixSearchList": [], "UseDevolution": True},
            NAMESPACE + "MSFT_DNSClientGlobalSetting",
            text="MSFT_DNSClientGlobalSetting",
        )
    )


@cmdlet(
    "Get-DnsClient",
    f"InterfaceAlias string[] pos=0\nInterfaceIndex uint32[] alias=ifIndex\n{CIM}",
    class_name="Get-DnsClient",
)
def get_dns_client(call: Call) -> None:
    """What the DNS client knows of each interface."""
    network = call.pc.network
    some = [
        PSObject(
            {
                "InterfaceAlias": one.alias,
                "InterfaceIndex": one.index,
                "ConnectionSpecificSuffix": network.stored.dns_suffix.get(str(one.index), ""),
                "RegisterThisConnectionsAddress": True,
            },
            NAMESPACE + "MSFT_DNSClient",
            text="MSFT_DNSClient",
        )
        for one in network.interfaces()
    ]
    for item in query(call, some, ("InterfaceAlias", "InterfaceIndex"), "MSFT_DNSClient"):
        call.emit(item)


@cmdlet(
    "Get-PnpDevice",
    f"FriendlyName string[]\nClass string[]\nPresentOnly switch\nStatus string[]\n{CIM}",
    class_name="Get-PnpDevice",
)
def get_pnp_device(call: Call) -> None:
    """The devices that are plugged in, of those that this work reads."""
    some = [
        PSObject(
            {
                "FriendlyName": one["name"],
                "Class": one["class"],
                "Status": one.get("status", "OK"),
                "Present": True,
            },
            "Microsoft.Management.Infrastructure.CimInstance#root/cimv2/Win32_PnPEntity",
            text=f"Win32_PnPEntity ({one['name']})",
        )
        for one in call.pc.extras.devices
    ]
    wanted = (
        [text_of(one).lower() for one in as_list(call.get("Class"))] if call.has("Class") else []
    )
    for item in some:
        if not wanted or text_of(item.get("Class")).lower() in wanted:
            call.emit(item)
