"""WinRM set-up: Set-WSManQuickConfig, and the WSMan: drive.

Source: learn.microsoft.com Set-WSManQuickConfig (starts the service, automatic start, a listener,
the firewall exception; refuses on a Public network unless -SkipNetworkProfileCheck),
about_WSMan_Provider.
"""

import re
from dataclasses import replace

from onshi_lab.windows import registry
from onshi_lab.windows.network.stack import PUBLIC
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.values import PSObject
from onshi_lab.windows.registry import WSMAN_LISTENERS

SETTINGS = {
    "service\\allowunencrypted": "false",
    "service\\auth\\basic": "false",
    "service\\auth\\negotiate": "true",
    "service\\auth\\kerberos": "true",
    "service\\auth\\certificate": "false",
    "service\\auth\\credssp": "false",
    "service\\auth\\cbthardeninglevel": "Relaxed",
    "service\\maxconcurrentoperationsperuser": "1500",
    "service\\maxconnections": "300",
    "service\\ipv4filter": "*",
    "service\\ipv6filter": "*",
    "client\\trustedhosts": "",
    "client\\allowunencrypted": "false",
    "shell\\idletimeout": "7200000",
    "shell\\maxconcurrentusers": "10",
    "shell\\maxprocessespershell": "25",
    "shell\\maxmemorypershellmb": "1024",
    "shell\\maxshellsperuser": "30",
    "maxenvelopesizekb": "500",
    "maxtimeoutms": "60000",
    "maxbatchitems": "32000",
}
"""Defaults of winrm/config (learn.microsoft.com, installation and configuration for WinRM)."""
LISTENER_PREFIX = "listener"


def _relative(path: str) -> str:
    return (
        re.sub(r"(?i)^wsman:\\?(localhost)?\\?", "", path.replace("/", "\\")).lower().rstrip("\\")
    )


def listener_keys(call: Call) -> list[str]:
    """The registry keys of the configured listeners."""
    return call.pc.registry.subkeys(WSMAN_LISTENERS)


def _listener(key: str) -> PSObject:
    transport = key.rpartition("+")[2]
    name = f"Listener_{transport}"
    path = f"WSMan:\\localhost\\Listener\\{name}"
    properties = {
        "Name": name,
        "PSPath": path,
        "Keys": [f"Transport={transport}", "Address=*"],
        "Type": "Container",
        "PSIsContainer": True,
    }
    return PSObject(properties, "Microsoft.WSMan.Management.WSManConfigContainerElement", text=name)


def items(call: Call, path: str, *, children: bool) -> list[PSObject]:
    """The items that a WSMan: path names, or those below it."""
    key = _relative(path)
    if key.split("\\")[0] == LISTENER_PREFIX:
        found = [_listener(k) for k in listener_keys(call)]
        wanted = key.partition("\\")[2]
        return (
            found
            if children or not wanted
            else [f for f in found if f.get("Name").lower() == wanted]
        )
    names = [k for k in SETTINGS if k == key or (children and k.startswith(key + "\\"))]
    kind = "Microsoft.WSMan.Management.WSManConfigLeafElement"
    return [PSObject({"Name": n.rpartition("\\")[2], "Value": SETTINGS[n]}, kind) for n in names]


def remove(call: Call, path: str) -> bool:
    """Deletes a listener; False where the path names none."""
    wanted = _relative(path).partition("\\")[2].removeprefix("listener_")
    keys = [k for k in listener_keys(call) if k.lower().endswith("+" + wanted)]
    for key in keys:
        call.pc.registry.delete(key)
    _reopen(call)
    return bool(keys)


def _reopen(call: Call) -> None:
    """Lets the service open the listeners that are configured now, if it runs."""
    call.pc.listeners_changed()


def _quick_config(call: Call, *, skip_profile: bool) -> None:
    network = call.pc.network
    public = any(
        network.category(i.index) == PUBLIC for i in network.interfaces() if not i.loopback
    )
    pc = call.pc
    pc.services.set_start_type("WinRM", "Automatic")
    pc.services.set_running("WinRM", True)
    if not any(k.endswith("+HTTP") for k in listener_keys(call)):
        pc.registry.create(WSMAN_LISTENERS + "\\*+HTTP")
        _reopen(call)
    pc.registry.set(registry.POLICIES, "LocalAccountTokenFilterPolicy", 1)
    if public and not skip_profile:
        raise call.failure(
            "WinRM firewall exception will not work since one of the network connection types on "
            "this machine is set to Public. Change the network connection type to either Domain or "
            "Private and try again. ",
            "WsManError,Microsoft.WSMan.Management.SetWSManQuickConfigCommand",
            "InvalidOperation",
            exception="System.InvalidOperationException",
        )
    for rule in pc.firewall.rules():
        if rule.name in ("WINRM-HTTP-In-TCP", "WINRM-HTTP-In-TCP-NoScope"):
            pc.firewall.put(replace(rule, enabled=True))


def _demand_admin(call: Call) -> None:
    if not call.pc.is_elevated(call.session.process.logon):
        raise call.failure(
            (
                "Access is denied. To run this cmdlet, start Windows "
                'PowerShell with the "Run as administrator" option.'
            ),
            "System.InvalidOperationException",
            "InvalidOperation",
            exception="System.InvalidOperationException",
        )


@cmdlet("Set-WSManQuickConfig", "Force switch\nSkipNetworkProfileCheck switch\nUseSSL switch")
def set_wsman_quick_config(call: Call) -> None:
    """Makes the PC ready for WinRM; it asks without -Force, and session configurations stay."""
    _demand_admin(call)
    if call.flag("UseSSL") or not call.flag("Force"):
        raise call.failure(
            "The lab's PowerShell subset does not have this: Set-WSManQuickConfig without -Force",
            "MockUnsupported",
            "NotImplemented",
        )
    _quick_config(call, skip_profile=call.flag("SkipNetworkProfileCheck"))
