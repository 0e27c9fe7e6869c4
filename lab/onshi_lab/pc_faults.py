"""What can be broken on a terminal or a receipt PC: PowerShell at its keyboard, and its power.

A script that takes something away keeps what was there in a file of the PC, and the one that mends
puts that back: what the site wants there is not the lab's to know. On a PC where it is not there
(nobody installed anything yet) there is nothing to break.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from onshi_lab.effects import Effect, Spoilt
from onshi_lab.site import Pc, Site

KEPT = "C:\\\\onshi-lab"
"""A folder of the PC, for what a fault took away."""
LSA = "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
CLOCK_S = 7200
"""Two hours: far more than any tolerance, far less than what NTLM refuses (36 hours)."""
Effects = Callable[[Site], tuple[Effect, ...]]


def _admin(pc: Pc) -> str:
    return next(user.name for user in pc.users if user.admin)


def _typed(pc: Pc, user: str, breaks: str, mends: str) -> Spoilt:
    """Somebody types scripts at a PC."""

    def request(script: str) -> str:
        whole = f"$ErrorActionPreference = 'Stop'\n{script}"
        return json.dumps({"do": "console", "user": user, "script": whole})

    return Spoilt(pc.node, request(breaks), request(mends))


def at_terminal(breaks: str, mends: str) -> Effects:
    """Answers scripts that an administrator types at the first terminal."""

    def effects(site: Site) -> tuple[Effect, ...]:
        pc = site.terminals[0]
        return (_typed(pc, _admin(pc), breaks, mends),)

    return effects


def at_receipt(breaks: Callable[[Site], str], mends: Callable[[Site], str]) -> Effects:
    """Answers scripts that an administrator types at the first receipt PC."""

    def effects(site: Site) -> tuple[Effect, ...]:
        pc = site.receipts[0]
        return (_typed(pc, _admin(pc), breaks(site), mends(site)),)

    return effects


def clock(which: Callable[[Site], Pc]) -> Effects:
    """Answers a clock that somebody set wrong."""

    def effects(site: Site) -> tuple[Effect, ...]:
        wrong, right = (
            json.dumps({"do": "clock-skew", "seconds": seconds}) for seconds in (CLOCK_S, 0)
        )
        return (Spoilt(which(site).node, wrong, right),)

    return effects


def policy(path: str, name: str, value: int) -> tuple[str, str]:
    """Answers scripts that set a registry value of a policy, and take it away."""
    return (
        f"if (-not (Test-Path -LiteralPath '{path}')) {{\n"
        f"  $null = New-Item -Path '{path}' -Force\n}}\n"
        f"$null = New-ItemProperty -LiteralPath '{path}' -Name '{name}' -Value {value}"
        " -PropertyType 'DWord' -Force",
        f"Remove-ItemProperty -LiteralPath '{path}' -Name '{name}' -ErrorAction SilentlyContinue",
    )


def service(name: str) -> tuple[str, str]:
    """Answers scripts that stop a Windows service for good, and start it again."""
    return (
        f"Set-Service -Name '{name}' -StartupType 'Disabled'\nStop-Service -Name '{name}' -Force",
        f"Set-Service -Name '{name}' -StartupType 'Automatic'\nStart-Service -Name '{name}'",
    )


_LINK_USER = """
$name = ''
foreach ($share in @(Get-SmbShare)) {
  if ([string]$share.Path -like 'C:\\OQS*') {
    foreach ($entry in @(Get-SmbShareAccess -Name $share.Name)) {
      if ([string]$entry.AccountName -like '*\\*') {
        $name = ([string]$entry.AccountName).Split('\\')[1]
      }
    }
  }
}
"""
"""Finds the account for which the shares of 資格確認 are."""
LINK_USER_OFF = f"{_LINK_USER}\nif ($name) {{ Disable-LocalUser -Name $name }}"
LINK_USER_ON = f"{_LINK_USER}\nif ($name) {{ Enable-LocalUser -Name $name }}"
LINK_USER_ENDS = (
    f"{_LINK_USER}\nif ($name) {{ Set-LocalUser -Name $name -PasswordNeverExpires $false }}"
)
LINK_USER_STAYS = (
    f"{_LINK_USER}\nif ($name) {{ Set-LocalUser -Name $name -PasswordNeverExpires $true }}"
)
_SHARES = (
    "foreach ($share in @(Get-SmbShare)) {{ if ([string]$share.Path -like 'C:\\OQS*') {{\n{}\n}} }}"
)
SHARES_OPEN = _SHARES.format(
    "$null = Grant-SmbShareAccess -Name $share.Name -AccountName 'Everyone'"
    " -AccessRight 'Read' -Force"
)
SHARES_CLOSED = _SHARES.format(
    "$null = Revoke-SmbShareAccess -Name $share.Name -AccountName 'Everyone' -Force"
)
SHARES_GONE = (
    "$lines = @()\n"
    + _SHARES.format(
        "$lines += [string]$share.Name + '|' + [string]$share.Path + '|' + "
        "[string]$share.SecurityDescriptor\nRemove-SmbShare -Name $share.Name -Force"
    )
    + f"\n[System.IO.File]::WriteAllText('{KEPT}-shares.txt', ($lines -join [string][char]10))"
)
_GROUP = "@FirewallAPI.dll,-28502"
"""File and Printer Sharing: making a share opens its rules, which somebody may have closed."""
SHARES_BACK = f"""
$open = @()
foreach ($rule in @(Get-NetFirewallRule -Group '{_GROUP}')) {{
  if ([string]$rule.Enabled -eq 'True') {{ $open += [string]$rule.Name }}
}}
foreach ($line in [System.IO.File]::ReadAllText('{KEPT}-shares.txt').Split([char]10)) {{
  if ($line) {{
    $part = $line.Split('|')
    $null = New-SmbShare -Name $part[0] -Path $part[1]
    Set-SmbShare -Name $part[0] -SecurityDescriptor $part[2] -Force
  }}
}}
foreach ($rule in @(Get-NetFirewallRule -Group '{_GROUP}')) {{
  if ([string]$rule.Enabled -eq 'True' -and $open -notcontains [string]$rule.Name) {{
    Set-NetFirewallRule -Name ([string]$rule.Name) -Enabled 'False'
  }}
}}
"""
_TIME = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters"
TIME_ELSEWHERE = f"""
$was = [string](Get-ItemProperty -LiteralPath '{_TIME}').NtpServer
[System.IO.File]::WriteAllText('{KEPT}-time.txt', $was)
Set-ItemProperty -LiteralPath '{_TIME}' -Name 'NtpServer' -Value 'time.windows.com,0x9'
"""
TIME_BACK = f"""
$was = [System.IO.File]::ReadAllText('{KEPT}-time.txt')
Set-ItemProperty -LiteralPath '{_TIME}' -Name 'NtpServer' -Value $was
"""
_CARD = "$card = [int]@(Get-NetAdapter)[0].InterfaceIndex\n"
RESOLVER_ELSEWHERE = f"""{_CARD}
$was = @()
foreach ($entry in @(Get-DnsClientServerAddress -InterfaceIndex $card -AddressFamily 'IPv4')) {{
  foreach ($server in @($entry.ServerAddresses)) {{ if ($server) {{ $was += [string]$server }} }}
}}
[System.IO.File]::WriteAllText('{KEPT}-dns.txt', ($was -join ','))
Set-DnsClientServerAddress -InterfaceIndex $card -ServerAddresses @('192.0.2.53')
"""
RESOLVER_BACK = f"""{_CARD}
$was = [System.IO.File]::ReadAllText('{KEPT}-dns.txt')
if ($was) {{
  Set-DnsClientServerAddress -InterfaceIndex $card -ServerAddresses $was.Split(',')
}} else {{
  Set-DnsClientServerAddress -InterfaceIndex $card -ResetServerAddresses
}}
"""


def _network(site: Site) -> str:
    return str(site.terminal.network)


def _way(site: Site, stores: str) -> str:
    return (
        f"foreach ($store in @({stores})) {{\n"
        f"  foreach ($way in @(Get-NetRoute -DestinationPrefix '{_network(site)}'"
        " -PolicyStore $store -ErrorAction SilentlyContinue)) {\n"
        "    if ([string]$way.NextHop -ne '0.0.0.0') {\n"
    )


def route_gone(stores: str) -> Callable[[Site], str]:
    """Answers a script that removes the way to the terminals from stores, and notes its hop."""

    def script(site: Site) -> str:
        return (
            f"{_CARD}$hop = ''\n{_way(site, stores)}"
            "      $hop = [string]$way.NextHop + '|' + [string]$way.RouteMetric\n"
            f"      Remove-NetRoute -DestinationPrefix '{_network(site)}'"
            " -PolicyStore $store -Confirm:$false\n    }\n  }\n}\n"
            f"[System.IO.File]::WriteAllText('{KEPT}-route.txt', $hop)"
        )

    return script


def route_back(site: Site) -> str:
    """Answers a script that puts the way to the terminals back."""
    return (
        f"{_CARD}$hop = [System.IO.File]::ReadAllText('{KEPT}-route.txt').Split('|')\n"
        "if ($hop[0]) {\n"
        f"  foreach ($old in @(Get-NetRoute -DestinationPrefix '{_network(site)}'"
        " -PolicyStore 'ActiveStore' -ErrorAction SilentlyContinue)) {\n"
        f"    Remove-NetRoute -DestinationPrefix '{_network(site)}' -PolicyStore 'ActiveStore'"
        " -Confirm:$false\n  }\n"
        f"  $null = New-NetRoute -DestinationPrefix '{_network(site)}' -NextHop $hop[0]"
        " -InterfaceIndex $card -RouteMetric ([int]$hop[1])\n}"
    )


def other_route(site: Site) -> str:
    """Answers a script that adds a nearer way to half of the terminals, by somebody else."""
    half = next(site.terminal.network.subnets())
    free = site.free(site.clinic, near=77)
    hop = free.ip if free else ""
    return (
        f"{_CARD}$null = New-NetRoute -DestinationPrefix '{half}' -NextHop '{hop}'"
        " -InterfaceIndex $card -RouteMetric 5"
    )


def no_other_route(site: Site) -> str:
    """Answers a script that takes that way away."""
    half = next(site.terminal.network.subnets())
    return f"Remove-NetRoute -DestinationPrefix '{half}' -Confirm:$false"


def on_link(site: Site) -> str:
    """Answers a script that gives a receipt PC an address of the terminal network as well."""
    own = site.free(site.terminal, near=78)
    if own is None:
        return ""
    return (
        f"{_CARD}$null = New-NetIPAddress -InterfaceIndex $card -IPAddress '{own.ip}'"
        f" -PrefixLength {own.network.prefixlen}"
    )


def not_on_link(site: Site) -> str:
    """Answers a script that takes that address away."""
    own = site.free(site.terminal, near=78)
    return f"Remove-NetIPAddress -IPAddress '{own.ip}' -Confirm:$false" if own else ""


def always(script: str) -> Callable[[Site], str]:
    """Answers a script that is the same at every site."""
    return lambda _site: script


RESTRICT_OUT = policy(f"{LSA}\\MSV1_0", "RestrictSendingNTLMTraffic", 2)
RESTRICT_IN = policy(f"{LSA}\\MSV1_0", "RestrictReceivingNTLMTraffic", 2)
NO_CREDENTIALS = policy(LSA, "DisableDomainCreds", 1)
