"""NetTCPIP, NetAdapter, NetConnection and DnsClient cmdlets over the network stack.

Source: the modules' pages on learn.microsoft.com, and the MSFT_Net* classes for property types.
"""

import ipaddress

from onshi_lab.windows.network.backend import WIRELESS
from onshi_lab.windows.network.model import (
    DEFAULT_ROUTE_METRIC,
    IPV4,
    IPV6,
    Address,
    Interface,
    Protocol,
    Route,
    family_of,
)
from onshi_lab.windows.network.stack import ACTIVE, PERSISTENT, AlreadyExists, NetworkStack
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.cmdlets.common import cim_error, interface_of, matches, query
from onshi_lab.windows.powershell.convert import define_enum
from onshi_lab.windows.powershell.values import PSObject, Value, as_list, text_of
from onshi_lab.windows.registry import SERVICES

_GENERATED = "Microsoft.PowerShell.Cmdletization.GeneratedTypes."
family_enum = define_enum(_GENERATED + "NetRoute.AddressFamily", IPv4=IPV4, IPv6=IPV6)
store_enum = define_enum(_GENERATED + "NetRoute.Store", PersistentStore=0, ActiveStore=1)
protocol_enum = define_enum(
    _GENERATED + "NetRoute.Protocol", Other=1, Local=2, NetMgmt=3, Icmp=4, Dhcp=18
)
state_enum = define_enum(
    _GENERATED + "NetIPAddress.AddressState",
    Invalid=0,
    Tentative=1,
    Duplicate=2,
    Deprecated=3,
    Preferred=4,
)
prefix_origin = define_enum(
    _GENERATED + "NetIPAddress.PrefixOrigin",
    Other=0,
    Manual=1,
    WellKnown=2,
    Dhcp=3,
    RouterAdvertisement=4,
)
suffix_origin = define_enum(
    _GENERATED + "NetIPAddress.SuffixOrigin",
    Other=0,
    Manual=1,
    WellKnown=2,
    Dhcp=3,
    Link=4,
    Random=5,
)
on_off = define_enum(_GENERATED + "NetIPInterface.Dhcp", Disabled=0, Enabled=1)
category_enum = define_enum(
    _GENERATED + "NetConnectionProfile.NetworkCategory", Public=0, Private=1, DomainAuthenticated=2
)
connectivity_enum = define_enum(
    _GENERATED + "NetConnectionProfile.IPv4Connectivity",
    Disconnected=0,
    NoTraffic=1,
    Subnet=2,
    LocalNetwork=3,
    Internet=4,
)
connection_enum = define_enum(
    _GENERATED + "NetIPInterface.ConnectionState", Disconnected=0, Connected=1
)
STORES = "values=ActiveStore|PersistentStore"
FAMILIES = "values=IPv4|IPv6"
CIM = "CimSession object alias=Session\nThrottleLimit int"


def _alias(call: Call, index: int) -> str:
    return next((i.alias for i in call.pc.network.interfaces() if i.index == index), "")


def route_object(call: Call, route: Route, store: str) -> PSObject:
    """A MSFT_NetRoute."""
    return PSObject(
        {
            "ifIndex": route.index,
            "InterfaceIndex": route.index,
            "InterfaceAlias": _alias(call, route.index),
            "DestinationPrefix": route.prefix,
            "NextHop": route.next_hop,
            "RouteMetric": route.metric,
            "ifMetric": call.pc.network.metric(route.index, route.family)
            if store == ACTIVE
            else None,
            "InterfaceMetric": call.pc.network.metric(route.index, route.family)
            if store == ACTIVE
            else None,
            "AddressFamily": family_enum(route.family),
            "Store": store_enum(store),
            "PolicyStore": store,
            "Protocol": protocol_enum(int(route.protocol)),
            "Publish": "No",
            "ValidLifetime": "10675199.02:48:05.4775807",
        },
        "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetRoute",
        native=route,
        default=(
            "ifIndex",
            "DestinationPrefix",
            "NextHop",
            "RouteMetric",
            "ifMetric",
            "PolicyStore",
        ),
        text=f'MSFT_NetRoute (InstanceID = "{route.prefix};{route.next_hop}")',
    )


ROUTE_KEYS = (
    "DestinationPrefix",
    "InterfaceIndex",
    "InterfaceAlias",
    "NextHop",
    "AddressFamily",
    "RouteMetric",
    "Protocol",
)


def _stores(call: Call) -> list[str]:
    return [call.text("PolicyStore")] if call.has("PolicyStore") else [ACTIVE]


def _own_routes(network: NetworkStack) -> list[Route]:
    """What Windows itself keeps in the active store: hosts, broadcasts, multicast, loopback.

    Source: the tables in "Get-NetRoute" and "route print" on learn.microsoft.com.
    """
    found = []
    for one in network.interfaces():
        prefixes = ["224.0.0.0/4", "255.255.255.255/32", "ff00::/8"]
        prefixes += ["127.0.0.0/8"] if one.loopback else ["fe80::/64"]
        for address in (a for a in network.addresses() if a.index == one.index):
            own = ipaddress.ip_interface(f"{address.ip}/{address.prefix_length}")
            prefixes.append(str(ipaddress.ip_network(own.ip)))
            if own.version == 4:
                prefixes.append(f"{own.network.broadcast_address}/32")
        for prefix in dict.fromkeys(prefixes):
            hop = "0.0.0.0" if family_of(prefix) == IPV4 else "::"
            found.append(Route(prefix, hop, one.index, protocol=Protocol.LOCAL))
    return found


def _routes(call: Call, stores: list[str]) -> list[PSObject]:
    network = call.pc.network
    objects = [route_object(call, r, s) for s in stores for r in network.routes(s)]
    if ACTIVE in stores:
        known = {o.native.key for o in objects}
        own = [r for r in _own_routes(network) if r.key not in known]
        objects += [route_object(call, r, ACTIVE) for r in own]
    return query(call, objects, ROUTE_KEYS, "MSFT_NetRoute")


@cmdlet(
    "Get-NetRoute",
    f"""
    DestinationPrefix string[] pos=0 prop
    InterfaceIndex uint32[] alias=ifIndex prop
    InterfaceAlias string[] alias=ifAlias prop
    NextHop string[]
    AddressFamily string[] {FAMILIES}
    Publish string[]
    RouteMetric uint16[]
    Protocol string[] values=Other|Local|NetMgmt|Icmp|Dhcp
    PolicyStore string alias=Store {STORES}
    IncludeAllCompartments switch
    {CIM}
    """,
    class_name="Get-NetRoute",
)
def get_net_route(call: Call) -> None:
    """Routes of the active store, or of the store that is asked for."""
    for item in _routes(call, _stores(call)):
        call.emit(item)


def _prefix(call: Call, value: Value) -> str:
    try:
        network = ipaddress.ip_network(text_of(value))
    except ValueError:
        raise cim_error(call, 87, "The parameter is incorrect.") from None
    if "/" not in text_of(value):
        raise cim_error(call, 87, "The parameter is incorrect.")
    return str(network)


def _hop(call: Call, family: int) -> str:
    value = call.text("NextHop", "0.0.0.0" if family == IPV4 else "::")
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise cim_error(call, 87, "The parameter is incorrect.") from None
    if (address.version == 4) != (family == IPV4):
        raise cim_error(call, 87, "The parameter is incorrect.")
    return str(address)


@cmdlet(
    "New-NetRoute",
    f"""
    DestinationPrefix! string pos=0
    InterfaceIndex uint32 alias=ifIndex
    InterfaceAlias string alias=ifAlias
    NextHop string
    AddressFamily string {FAMILIES}
    RouteMetric uint16
    Protocol string values=Other|Local|NetMgmt|Icmp|Dhcp
    Publish string values=No|Age|Yes
    ValidLifetime timespan
    PreferredLifetime timespan
    PolicyStore string alias=Store {STORES}
    {CIM}
    """,
    class_name="New-NetRoute",
    should_process=True,
    admin=True,
    require="InterfaceIndex|InterfaceAlias",
)
def new_net_route(call: Call) -> None:
    """Adds a route: to both stores by default, to the active one only where that is said."""
    interface = interface_of(call)
    prefix = _prefix(call, call.get("DestinationPrefix"))
    family = family_of(prefix)
    if call.has("AddressFamily") and (call.text("AddressFamily") == "IPv4") != (family == IPV4):
        raise cim_error(call, 87, "The parameter is incorrect.")
    store = call.text("PolicyStore")
    if store == PERSISTENT:
        raise cim_error(call, 87, "The parameter is incorrect.")
    route = Route(
        prefix, _hop(call, family), interface.index, call.get("RouteMetric", DEFAULT_ROUTE_METRIC)
    )
    if not call.confirm("New-NetRoute", prefix):
        return
    try:
        call.pc.network.add_route(route, persistent=store != ACTIVE)
    except AlreadyExists:
        raise cim_error(
            call, 5010, "Instance MSFT_NetRoute already exists", target="MSFT_NetRoute"
        ) from None
    for name in (ACTIVE, PERSISTENT) if store != ACTIVE else (ACTIVE,):
        call.emit(route_object(call, route, name))


ROUTE_SELECT = f"""
    DestinationPrefix string[] pos=0
    InterfaceIndex uint32[] alias=ifIndex
    InterfaceAlias string[] alias=ifAlias
    NextHop string[]
    AddressFamily string[] {FAMILIES}
    PolicyStore string alias=Store {STORES}
    Protocol string[] values=Other|Local|NetMgmt|Icmp|Dhcp
    Publish string
    PassThru switch
    InputObject ciminstance[] pipe
    {CIM}
"""


def _selected(call: Call) -> list[PSObject]:
    """The routes that a changing cmdlet names: piped in, or by their properties in either store."""
    if call.has("InputObject"):
        return [o for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    stores = [call.text("PolicyStore")] if call.has("PolicyStore") else [ACTIVE, PERSISTENT]
    return _routes(call, stores)


@cmdlet(
    "Remove-NetRoute",
    ROUTE_SELECT + "RouteMetric uint16[]",
    class_name="Remove-NetRoute",
    high_impact=True,
    admin=True,
)
def remove_net_route(call: Call) -> None:
    """Removes routes, from both stores unless one is named."""
    done: set[tuple[str, str, int]] = set()
    for item in _selected(call):
        route: Route = item.native
        store = call.text("PolicyStore") or (
            text_of(item.get("Store")) if call.has("InputObject") else None
        )
        if route.key in done and store is None:
            continue
        done.add(route.key)
        if call.confirm(
            "Remove",
            (
                f"NetRoute -DestinationPrefix {route.prefix} -InterfaceIndex "
                f"{route.index} -NextHop {route.next_hop} -Store "
                f"{item.get('PolicyStore')}"
            ),
        ):
            call.pc.network.remove_route(route, store=store)
            if store != ACTIVE:
                call.pc.route_left_store(route)
            if call.flag("PassThru"):
                call.emit(item)


# -- addresses ---------------------------------------------------------------------------------


def address_object(call: Call, address: Address, store: str) -> PSObject:
    """A MSFT_NetIPAddress."""
    return PSObject(
        {
            "IPAddress": address.ip,
            "InterfaceIndex": address.index,
            "ifIndex": address.index,
            "InterfaceAlias": _alias(call, address.index),
            "AddressFamily": family_enum(address.family),
            "Type": "Unicast",
            "PrefixLength": address.prefix_length,
            "PrefixOrigin": prefix_origin(int(address.prefix_origin)),
            "SuffixOrigin": suffix_origin(int(address.suffix_origin)),
            "AddressState": state_enum(4),
            "ValidLifetime": "Infinite",
            "PreferredLifetime": "Infinite",
            "SkipAsSource": False,
            "PolicyStore": store,
            "Store": store_enum(store),
        },
        "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetIPAddress",
        native=address,
        text=f'MSFT_NetIPAddress (Name = "{address.ip}")',
    )


ADDRESS_KEYS = (
    "IPAddress",
    "InterfaceIndex",
    "InterfaceAlias",
    "AddressFamily",
    "PrefixLength",
    "PrefixOrigin",
    "SuffixOrigin",
)
ADDRESS_SELECT = f"""
    IPAddress string[] pos=0
    InterfaceIndex uint32[] alias=ifIndex prop
    InterfaceAlias string[] alias=ifAlias
    AddressFamily string[] {FAMILIES}
    PrefixOrigin string[] values=Other|Manual|WellKnown|Dhcp|RouterAdvertisement
    SuffixOrigin string[] values=Other|Manual|WellKnown|Dhcp|Link|Random
    AddressState string[]
    PolicyStore string {STORES}
    InputObject ciminstance[] pipe
    {CIM}
"""


def _addresses(call: Call, stores: list[str]) -> list[PSObject]:
    network = call.pc.network
    objects = [address_object(call, a, s) for s in stores for a in network.addresses(s)]
    return query(call, objects, ADDRESS_KEYS, "MSFT_NetIPAddress")


@cmdlet(
    "Get-NetIPAddress",
    ADDRESS_SELECT.replace("InputObject ciminstance[] pipe", "")
    + "PrefixLength byte[]\nType string[]\nSkipAsSource bool[]",
    class_name="Get-NetIPAddress",
)
def get_net_ip_address(call: Call) -> None:
    """Addresses of the active store, or of the store that is asked for."""
    for item in _addresses(call, _stores(call)):
        call.emit(item)


@cmdlet(
    "New-NetIPAddress",
    f"""
    IPAddress! string pos=0
    InterfaceIndex uint32 alias=ifIndex
    InterfaceAlias string alias=ifAlias
    PrefixLength byte
    DefaultGateway string
    AddressFamily string {FAMILIES}
    Type string values=Unicast|Anycast
    ValidLifetime timespan
    PreferredLifetime timespan
    SkipAsSource bool
    PolicyStore string {STORES}
    {CIM}
    """,
    class_name="New-NetIPAddress",
    should_process=True,
    admin=True,
    require="InterfaceIndex|InterfaceAlias",
)
def new_net_ip_address(call: Call) -> None:
    """Adds an address, and a default route where a gateway is given."""
    interface = interface_of(call)
    try:
        ip = ipaddress.ip_address(call.text("IPAddress"))
    except ValueError:
        raise cim_error(call, 87, f"Invalid parameter IPAddress {call.text('IPAddress')}") from None
    length = call.get("PrefixLength", 32 if ip.version == 4 else 64)
    address = Address(str(ip), length, interface.index)
    persistent = call.text("PolicyStore") != ACTIVE
    try:
        call.pc.network.add_address(address, persistent=persistent)
    except AlreadyExists:
        raise cim_error(
            call, 5010, "Instance MSFT_NetIPAddress already exists", target="MSFT_NetIPAddress"
        ) from None
    call.pc.network.set_setting(interface.index, address.family, "Dhcp", 0)
    if call.has("DefaultGateway"):
        prefix = "0.0.0.0/0" if ip.version == 4 else "::/0"
        call.pc.network.add_route(
            Route(prefix, call.text("DefaultGateway"), interface.index), persistent=persistent
        )
    call.pc.firewall.apply()
    for store in (ACTIVE, PERSISTENT) if persistent else (ACTIVE,):
        call.emit(address_object(call, address, store))


@cmdlet(
    "Remove-NetIPAddress",
    ADDRESS_SELECT + "PrefixLength byte[]\nDefaultGateway string\nPassThru switch",
    class_name="Remove-NetIPAddress",
    high_impact=True,
    admin=True,
)
def remove_net_ip_address(call: Call) -> None:
    """Removes addresses."""
    piped = [o for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    stores = [call.text("PolicyStore")] if call.has("PolicyStore") else [ACTIVE, PERSISTENT]
    for item in piped or _addresses(call, stores):
        if call.confirm("Remove", f"NetIPAddress -IPv4Address {item.get('IPAddress')}"):
            call.pc.network.remove_address(item.native, store=call.text("PolicyStore") or None)
    call.pc.firewall.apply()


@cmdlet(
    "Set-NetIPAddress",
    ADDRESS_SELECT
    + (
        "PrefixLength byte\n"
        "SkipAsSource bool\n"
        "ValidLifetime timespan\n"
        "PreferredLifetime timespan\n"
        "PassThru switch"
    ),
    class_name="Set-NetIPAddress",
    should_process=True,
    admin=True,
)
def set_net_ip_address(call: Call) -> None:
    """Changes the prefix length of addresses."""
    length = call.bound.pop("prefixlength", None)
    piped = [o for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    seen: set[tuple[str, int]] = set()
    for item in piped or _addresses(call, [ACTIVE, PERSISTENT]):
        address: Address = item.native
        if length is None or address.key in seen:
            continue
        seen.add(address.key)
        call.pc.network.change_address(address, length)
    call.pc.firewall.apply()


# -- interfaces --------------------------------------------------------------------------------


def interface_object(call: Call, interface: Interface, family: int) -> PSObject:
    """A MSFT_NetIPInterface."""
    network = call.pc.network
    setting = network.setting
    return PSObject(
        {
            "ifIndex": interface.index,
            "InterfaceIndex": interface.index,
            "ifAlias": interface.alias,
            "InterfaceAlias": interface.alias,
            "AddressFamily": family_enum(family),
            "NlMtu": interface.mtu,
            "NlMtuBytes": interface.mtu,
            "InterfaceMetric": network.metric(interface.index, family),
            "AutomaticMetric": on_off(int(network.automatic_metric(interface.index, family))),
            "Dhcp": on_off(setting(interface.index, family, "Dhcp", 0)),
            "RouterDiscovery": on_off(setting(interface.index, family, "RouterDiscovery", 1)),
            "Forwarding": on_off(setting(interface.index, family, "Forwarding", 0)),
            "ConnectionState": connection_enum(int(interface.up)),
            "PolicyStore": ACTIVE,
        },
        "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetIPInterface",
        native=(interface, family),
        default=(
            "ifIndex",
            "InterfaceAlias",
            "AddressFamily",
            "NlMtu",
            "InterfaceMetric",
            "Dhcp",
            "ConnectionState",
            "PolicyStore",
        ),
        text="MSFT_NetIPInterface",
    )


def _interfaces(call: Call) -> list[PSObject]:
    objects = [
        interface_object(call, i, f) for i in call.pc.network.interfaces() for f in (IPV4, IPV6)
    ]
    return query(
        call,
        objects,
        ("InterfaceIndex", "InterfaceAlias", "AddressFamily", "ConnectionState", "Dhcp"),
        "MSFT_NetIPInterface",
    )


@cmdlet(
    "Get-NetIPInterface",
    f"""
    InterfaceAlias string[] pos=0 alias=ifAlias
    InterfaceIndex uint32[] alias=ifIndex prop
    AddressFamily string[] {FAMILIES}
    ConnectionState string[]
    Dhcp string[]
    PolicyStore string {STORES}
    {CIM}
    """,
    class_name="Get-NetIPInterface",
)
def get_net_ip_interface(call: Call) -> None:
    """IP interfaces, one for each family."""
    for item in _interfaces(call):
        call.emit(item)


@cmdlet(
    "Set-NetIPInterface",
    f"""
    InterfaceAlias string[] pos=0 alias=ifAlias
    InterfaceIndex uint32[] alias=ifIndex
    AddressFamily string[] {FAMILIES}
    InterfaceMetric uint32
    AutomaticMetric string values=Enabled|Disabled
    Dhcp string values=Enabled|Disabled
    RouterDiscovery string values=Enabled|Disabled|ControlledByDHCP
    Forwarding string values=Enabled|Disabled
    NlMtuBytes uint32 alias=NlMtu
    PolicyStore string {STORES}
    PassThru switch
    InputObject ciminstance[] pipe
    {CIM}
    """,
    class_name="Set-NetIPInterface",
    should_process=True,
    admin=True,
)
def set_net_ip_interface(call: Call) -> None:
    """Changes metric, DHCP and router discovery."""
    bound = {n: call.bound.pop(n.lower()) for n in ("Dhcp",) if call.has(n)}
    piped = [o for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    for item in piped or _interfaces(call):
        interface, family = item.native
        if call.has("InterfaceMetric"):
            call.pc.network.set_metric(interface.index, family, call.get("InterfaceMetric"))
        elif call.text("AutomaticMetric") == "Enabled":
            call.pc.network.set_metric(interface.index, family, None)
        for name in ("RouterDiscovery", "Forwarding"):
            if call.has(name):
                call.pc.network.set_setting(
                    interface.index, family, name, int(call.text(name) == "Enabled")
                )
        if bound:
            call.pc.network.set_setting(
                interface.index, family, "Dhcp", int(bound["Dhcp"] == "Enabled")
            )


def adapter_object(interface: Interface) -> PSObject:
    """A MSFT_NetAdapter."""
    wireless = interface.device.startswith(WIRELESS)
    return PSObject(
        {
            "Name": interface.alias,
            "InterfaceDescription": interface.description,
            "ifIndex": interface.index,
            "InterfaceIndex": interface.index,
            "InterfaceAlias": interface.alias,
            "Status": "Up" if interface.up else "Disconnected",
            "MacAddress": interface.mac,
            "LinkSpeed": "1 Gbps",
            "MediaConnectionState": "Connected" if interface.up else "Disconnected",
            "AdminStatus": "Up",
            "InterfaceGuid": interface.guid,
            "MtuSize": interface.mtu,
            "MediaType": "Native 802.11" if wireless else "802.3",
            "PhysicalMediaType": "Native 802.11" if wireless else "802.3",
            "Virtual": False,
            "HardwareInterface": True,
        },
        "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetAdapter",
        native=interface,
        default=("Name", "InterfaceDescription", "ifIndex", "Status", "MacAddress", "LinkSpeed"),
        text="MSFT_NetAdapter",
    )


@cmdlet(
    "Get-NetAdapter",
    (
        f"Name string[] pos=0 alias=ifAlias,InterfaceAlias\n"
        f"InterfaceDescription string[] alias=ifDesc\n"
        f"InterfaceIndex uint32[] alias=ifIndex prop\n"
        f"Physical switch\n"
        f"IncludeHidden switch\n"
        f"{CIM}"
    ),
    class_name="Get-NetAdapter",
)
def get_net_adapter(call: Call) -> None:
    """The adapters, without loopback."""
    objects = [adapter_object(i) for i in call.pc.network.interfaces() if not i.loopback]
    for item in query(
        call, objects, ("Name", "InterfaceDescription", "InterfaceIndex"), "MSFT_NetAdapter"
    ):
        call.emit(item)


# -- resolvers and profile ---------------------------------------------------------------------


SITE_LOCAL = ["fec0:0:0:ffff::1", "fec0:0:0:ffff::2", "fec0:0:0:ffff::3"]
"""What an interface reads as that never had an IPv6 resolver (learn.microsoft.com, Default DNS
servers on an IPv6 interface)."""


def _resolvers(network: NetworkStack, index: int, family: int) -> list[str]:
    return network.dns_servers(index, family) or (SITE_LOCAL if family == IPV6 else [])


@cmdlet(
    "Get-DnsClientServerAddress",
    (
        f"InterfaceAlias string[] pos=0\n"
        f"InterfaceIndex uint32[] alias=ifIndex prop\n"
        f"AddressFamily string[] {FAMILIES}\n"
        f"{CIM}"
    ),
    class_name="Get-DnsClientServerAddress",
)
def get_dns_client_server_address(call: Call) -> None:
    """The resolvers of the adapters, one object for each family."""
    network = call.pc.network
    objects = [
        PSObject(
            {
                "InterfaceAlias": i.alias,
                "InterfaceIndex": i.index,
                "AddressFamily": family,
                "ServerAddresses": _resolvers(network, i.index, family),
                "Address": _resolvers(network, i.index, family),
            },
            "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_DNSClientServerAddress",
            default=("InterfaceAlias", "InterfaceIndex", "AddressFamily", "ServerAddresses"),
            text="MSFT_DNSClientServerAddress",
        )
        for i in network.interfaces()
        for family in (IPV4, IPV6)
    ]
    if call.has("AddressFamily"):
        wanted = [IPV4 if f == "IPv4" else IPV6 for f in call.bound.pop("addressfamily")]
        objects = [o for o in objects if o.get("AddressFamily") in wanted]
    for item in query(
        call, objects, ("InterfaceAlias", "InterfaceIndex"), "MSFT_DNSClientServerAddress"
    ):
        call.emit(item)


@cmdlet(
    "Set-DnsClientServerAddress",
    (
        f"InterfaceAlias string[] pos=0 prop\n"
        f"InterfaceIndex uint32[] alias=ifIndex prop\n"
        f"ServerAddresses string[] alias=Addresses\n"
        f"ResetServerAddresses switch alias=ResetAddresses\n"
        f"Validate switch\n"
        f"PassThru switch\n"
        f"InputObject ciminstance[] pipe\n"
        f"{CIM}"
    ),
    class_name="Set-DnsClientServerAddress",
    should_process=True,
    admin=True,
)
def set_dns_client_server_address(call: Call) -> None:
    """Sets or resets resolvers; each family that is named by an address is replaced."""
    if not call.has("ServerAddresses") and not call.flag("ResetServerAddresses"):
        raise cim_error(call, 87, "The parameter is incorrect.")
    interface = interface_of(call)
    by_family: dict[int, list[str]] = (
        {IPV4: [], IPV6: []} if call.flag("ResetServerAddresses") else {}
    )
    for text in call.get("ServerAddresses") or []:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise cim_error(call, 87, f"The IP address {text} is not valid.") from None
        by_family.setdefault(IPV4 if address.version == 4 else IPV6, []).append(str(address))
    for family, servers in by_family.items():
        call.pc.network.set_dns_servers(interface.index, family, servers)
        _note_resolvers(call, interface, family, servers)


def _note_resolvers(call: Call, interface: Interface, family: int, servers: list[str]) -> None:
    """Keeps what was set where Windows keeps it: NameServer of the interface, with commas.

    Source: learn.microsoft.com, "TCP/IP and NBT configuration parameters for Windows" (NameServer,
    DhcpNameServer).
    """
    stack = "Tcpip" if family == IPV4 else "Tcpip6"
    key = f"{SERVICES}\\{stack}\\Parameters\\Interfaces\\{interface.guid}"
    call.pc.registry.create(key)
    call.pc.registry.set(key, "NameServer", ",".join(servers))


def profile_object(call: Call, interface: Interface) -> PSObject:
    """A MSFT_NetConnectionProfile."""
    return PSObject(
        {
            "Name": "ネットワーク" if call.pc.config.japanese else "Network",
            "InterfaceAlias": interface.alias,
            "InterfaceIndex": interface.index,
            "NetworkCategory": category_enum(call.pc.network.category(interface.index)),
            "IPv4Connectivity": connectivity_enum(3),
            "IPv6Connectivity": connectivity_enum(3),
        },
        "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetConnectionProfile",
        native=interface,
        text="MSFT_NetConnectionProfile",
    )


PROFILE = f"Name string[]\nInterfaceAlias string[]\nInterfaceIndex uint32[] alias=ifIndex\n{CIM}"


def _profiles(call: Call) -> list[PSObject]:
    objects = [
        profile_object(call, i) for i in call.pc.network.interfaces() if not i.loopback and i.up
    ]
    return query(
        call, objects, ("Name", "InterfaceAlias", "InterfaceIndex"), "MSFT_NetConnectionProfile"
    )


@cmdlet(
    "Get-NetConnectionProfile",
    PROFILE + "\nNetworkCategory string[]\nIPv4Connectivity string[]\nIPv6Connectivity string[]",
    class_name="Get-NetConnectionProfile",
)
def get_net_connection_profile(call: Call) -> None:
    """The networks that the PC is on."""
    for item in _profiles(call):
        if not call.has("NetworkCategory") or matches(
            item.get("NetworkCategory"), call.get("NetworkCategory")
        ):
            call.emit(item)


@cmdlet(
    "Set-NetConnectionProfile",
    PROFILE
    + (
        "\n"
        "NetworkCategory string "
        "values=Public|Private|DomainAuthenticated\n"
        "PassThru switch\n"
        "InputObject ciminstance[] pipe"
    ),
    class_name="Set-NetConnectionProfile",
    should_process=True,
    admin=True,
)
def set_net_connection_profile(call: Call) -> None:
    """Makes a network public or private."""
    if call.text("NetworkCategory") == "DomainAuthenticated":
        raise cim_error(
            call,
            87,
            (
                "Unable to set NetworkCategory to 'DomainAuthenticated'. "
                "This NetworkCategory type will be set automatically when "
                "authenticated to a domain network."
            ),
        )
    piped = [o for o in as_list(call.get("InputObject")) if isinstance(o, PSObject)]
    for item in piped or _profiles(call):
        if call.has("NetworkCategory"):
            category = 0 if call.text("NetworkCategory") == "Public" else 1
            call.pc.network.set_category(item.native.index, category)
    call.pc.firewall.apply()


__all__ = ["Protocol"]
