"""Get-CimInstance and Get-WmiObject for the classes that this work reads, by their pages."""

import platform
import re

from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.cmdlets.network import adapter_object
from onshi_lab.windows.powershell.operators import compare, wildcard
from onshi_lab.windows.powershell.values import PSObject, text_of


def _operating_system(call: Call) -> list[dict[str, object]]:
    release = call.pc.config.release
    return [
        {
            "Caption": release.caption,
            "Version": release.version,
            "BuildNumber": str(release.build),
            "OperatingSystemSKU": release.sku,
            "OSArchitecture": "64 ビット" if call.pc.config.japanese else "64-bit",
            "ProductType": 1,
            "MUILanguages": ["ja-JP" if call.pc.config.japanese else "en-US"],
            "OSLanguage": 1041 if call.pc.config.japanese else 1033,
            "CodeSet": "932" if call.pc.config.japanese else "1252",
            "CSName": call.pc.name,
            "LastBootUpTime": call.pc.booted,
            "LocalDateTime": call.pc.clock.local(),
            "CurrentTimeZone": 540,
            "SystemDirectory": "C:\\Windows\\system32",
            "SerialNumber": "00330-80000-00000-AA000",
        }
    ]


def _computer_system(call: Call) -> list[dict[str, object]]:
    return [
        {
            "Name": call.pc.name,
            "DNSHostName": call.pc.name,
            "Domain": "WORKGROUP",
            "Workgroup": "WORKGROUP",
            "PartOfDomain": False,
            "DomainRole": 0,
            "Manufacturer": "onshi-lab",
            "Model": call.pc.config.role,
            "TotalPhysicalMemory": 8 * 2**30,
            "UserName": None,
            "SystemType": "x64-based PC" if platform.machine() else "",
        }
    ]


def _users(call: Call) -> list[dict[str, object]]:
    return [
        {
            "Name": a.name,
            "SID": a.sid,
            "Disabled": not a.enabled,
            "Lockout": a.locked,
            "LocalAccount": True,
            "Domain": call.pc.name,
            "FullName": a.full_name,
            "Caption": f"{call.pc.name}\\{a.name}",
        }
        for a in call.pc.accounts.all()
    ]


def _services(call: Call) -> list[dict[str, object]]:
    modes = {"Automatic": "Auto"}
    return [
        {
            "Name": s.name,
            "DisplayName": s.display_name,
            "State": s.status,
            "StartMode": modes.get(s.start_type, s.start_type),
            "Started": s.status == "Running",
        }
        for s in call.pc.services.all()
    ]


def _bios(call: Call) -> list[dict[str, object]]:
    return [
        {
            "SerialNumber": f"LAB-{call.pc.name}",
            "Manufacturer": "onshi-lab",
            "SMBIOSBIOSVersion": "1.0",
        }
    ]


def _persisted_routes(call: Call) -> list[dict[str, object]]:
    import ipaddress

    rows: list[dict[str, object]] = []
    for route in call.pc.network.stored.routes:
        network = ipaddress.ip_network(route.prefix)
        if network.version == 4:
            rows.append(
                {
                    "Destination": str(network.network_address),
                    "Mask": str(network.netmask),
                    "NextHop": route.next_hop,
                    "Metric1": route.metric,
                    "Name": str(network.network_address),
                }
            )
    return rows


def _adapters(call: Call) -> list[dict[str, object]]:
    return [dict(adapter_object(i).items()) for i in call.pc.network.interfaces() if not i.loopback]


def _logical_disks(call: Call) -> list[dict[str, object]]:
    removable = [
        {"DeviceID": letter, "DriveType": 2, "VolumeName": drive["label"], "FileSystem": "FAT32"}
        for letter, drive in call.pc.extras.drives.items()
    ]
    return [
        {
            "DeviceID": "C:",
            "DriveType": 3,
            "Size": 250 * 2**30,
            "FreeSpace": 150 * 2**30,
            "FileSystem": "NTFS",
        },
        *removable,
    ]


def _firewall_products(call: Call) -> list[dict[str, object]]:
    """Firewalls of other makers, as the Security Center lists them; Windows' own is not there."""
    return [{"displayName": name, "productState": 0x41000} for name in call.pc.other_firewalls]


CLASSES = {
    "win32_operatingsystem": _operating_system,
    "win32_computersystem": _computer_system,
    "win32_useraccount": _users,
    "win32_service": _services,
    "win32_bios": _bios,
    "win32_ip4persistedroutetable": _persisted_routes,
    "win32_logicaldisk": _logical_disks,
    "msft_netadapter": _adapters,
    "firewallproduct": _firewall_products,
}
CONDITION = re.compile(
    r"\s*(\w+)\s*(=|<>|!=|like|>=|<=|>|<)\s*('[^']*'|\"[^\"]*\"|\d+|true|false)\s*", re.I
)


def _keep(call: Call, item: PSObject, query: str) -> bool:
    """Whether an object fits a WQL condition made of comparisons joined by AND."""
    for part in re.split(r"(?i)\s+and\s+", query):
        match = CONDITION.fullmatch(part)
        if match is None:
            raise call.failure(
                "Invalid query ",
                f"HRESULT 0x80041017,{call.name}",
                exception="Microsoft.Management.Infrastructure.CimException",
            )
        name, operator, raw = match.groups()
        value: object = (
            raw[1:-1]
            if raw[0] in "'\""
            else raw.lower() == "true"
            if raw.lower() in ("true", "false")
            else int(raw)
        )
        actual = item.get(name)
        order = compare(actual, value)
        outcome = {
            "=": order == 0,
            "<>": order != 0,
            "!=": order != 0,
            ">": (order or 0) > 0,
            "<": (order or 0) < 0,
            ">=": (order or 0) >= 0,
            "<=": (order or 0) <= 0,
            "like": operator.lower() == "like"
            and wildcard(text_of(value).replace("%", "*"), text_of(actual)),
        }[operator.lower()]
        if not outcome:
            return False
    return True


def _instances(call: Call, name: str, condition: str) -> None:
    maker = CLASSES.get(name.lower())
    if maker is None:
        raise call.failure(
            "Invalid class ",
            f"HRESULT 0x80041010,{call.name}",
            "MetadataError",
            exception="Microsoft.Management.Infrastructure.CimException",
            target=name,
        )
    for row in maker(call):
        item = PSObject(
            row, f"Microsoft.Management.Infrastructure.CimInstance#root/cimv2/{name}", text=name
        )
        if condition and not _keep(call, item, condition):
            continue
        call.emit(item)


PARAMETERS = (
    "Namespace string\nFilter string\nProperty string[]\nQuery string\nComputerName string[]"
)


@cmdlet(
    "Get-CimInstance",
    (
        f"ClassName string pos=0\n"
        f"CimSession object\n"
        f"KeyOnly switch\n"
        f"OperationTimeoutSec uint32 alias=OT\n"
        f"{PARAMETERS}"
    ),
    class_name="Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand",
    require="ClassName|Query",
    alias="gcim",
)
def get_cim_instance(call: Call) -> None:
    """Instances of a class, or of a simple WQL query."""
    if call.has("ComputerName") and text_of(call.get("ComputerName")).lower() not in (
        "localhost",
        ".",
        call.pc.name.lower(),
    ):
        raise call.failure(
            "The WinRM client cannot process the request.",
            f"HRESULT 0x803380e4,{call.name}",
            exception="Microsoft.Management.Infrastructure.CimException",
        )
    if call.has("Query"):
        match = re.fullmatch(
            r"(?is)\s*select\s+.+?\s+from\s+(\w+)(?:\s+where\s+(.*))?", call.text("Query")
        )
        if match is None:
            raise call.failure(
                "Invalid query ",
                f"HRESULT 0x80041017,{call.name}",
                exception="Microsoft.Management.Infrastructure.CimException",
            )
        _instances(call, match[1], match[2] or "")
        return
    _instances(call, call.text("ClassName"), call.text("Filter"))


INFO = {
    "WindowsProductName": "caption",
    "OsBuildNumber": "build",
    "WindowsVersion": "display_version",
}
