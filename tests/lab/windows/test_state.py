"""What cmdlets change and what a reboot leaves of it, on a PC in memory."""

# ruff: noqa: E501  PowerShell and C# stand one statement a line
import pytest

from onshi_lab.windows.filesystem import FULL_CONTROL

from .conftest import USER

ROUTE = "-DestinationPrefix '10.51.1.0/24' -InterfaceIndex 12 -NextHop '192.168.1.254'"


@pytest.fixture
def clinic(machine):
    """A PC with an address in the clinic's network."""
    result = machine.ps(
        "$null = New-NetIPAddress -InterfaceIndex 12 -IPAddress "
        "192.168.1.21 -PrefixLength 24 -DefaultGateway 192.168.1.1"
    )
    assert result.err == ""
    return machine


def prefixes(machine, store):
    return machine.value(
        f"(Get-NetRoute -PolicyStore {store} | Where-Object {{ "
        f"'0.0.0.0', '::' -notcontains $_.NextHop }}).DestinationPrefix"
    )


def test_a_new_route_is_in_both_stores_and_survives_a_reboot(clinic):
    clinic.ps(f"$null = New-NetRoute {ROUTE} -RouteMetric 5")
    for _ in range(2):
        assert prefixes(clinic, "ActiveStore") == ["0.0.0.0/0", "10.51.1.0/24"]
        assert prefixes(clinic, "PersistentStore") == ["0.0.0.0/0", "10.51.1.0/24"]
        clinic.pc.reboot()


def test_a_route_of_the_active_store_is_lost_at_the_reboot(clinic):
    clinic.ps(f"$null = New-NetRoute {ROUTE} -PolicyStore ActiveStore")
    assert prefixes(clinic, "ActiveStore") == ["0.0.0.0/0", "10.51.1.0/24"]
    assert prefixes(clinic, "PersistentStore") == "0.0.0.0/0"
    clinic.pc.reboot()
    assert prefixes(clinic, "ActiveStore") == "0.0.0.0/0"


def test_the_persistent_store_cannot_be_asked_for(clinic):
    result = clinic.ps(f"New-NetRoute {ROUTE} -PolicyStore PersistentStore")
    assert "Windows System Error 87,New-NetRoute" in result.err


def test_the_same_route_twice_is_refused_and_another_next_hop_is_not(clinic):
    clinic.ps(f"$null = New-NetRoute {ROUTE}")
    assert "Windows System Error 5010,New-NetRoute" in clinic.ps(f"New-NetRoute {ROUTE}").err
    assert (
        clinic.ps(
            "$null = New-NetRoute -DestinationPrefix '10.51.1.0/24' "
            "-InterfaceIndex 12 -NextHop '192.168.1.253'"
        ).err
        == ""
    )
    clinic.ps("Remove-NetRoute -DestinationPrefix '10.51.1.0/24' -Confirm:$false")
    assert prefixes(clinic, "PersistentStore") == "0.0.0.0/0"


@pytest.mark.parametrize("prefix", ["10.51.1.5/24", "10.51.1.0", "x/24", "10.0.0.0/33"])
def test_a_prefix_that_is_none_is_refused(clinic, prefix):
    result = clinic.ps(
        f"New-NetRoute -DestinationPrefix '{prefix}' -InterfaceIndex 12 -NextHop '192.168.1.254'"
    )
    assert "Windows System Error 87,New-NetRoute" in result.err


def test_ipv6_routes_have_the_same_life(clinic):
    clinic.ps(
        "$null = New-NetRoute -DestinationPrefix '2001:db8:51::/64' "
        "-InterfaceIndex 12 -NextHop 'fe80::1'"
    )
    clinic.pc.reboot()
    assert "2001:db8:51::/64" in prefixes(clinic, "ActiveStore")


def test_route_exe_stores_ipv4_routes_in_the_registry(clinic):
    assert (
        clinic.run("route -p add 10.51.1.0 mask 255.255.255.0 192.168.1.254 metric 3").out
        == " OK!\r\n"
    )
    names = (
        "(Get-Item -LiteralPath "
        "'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes').Property"
    )
    assert clinic.value(names) == "10.51.1.0,255.255.255.0,192.168.1.254,3"
    assert prefixes(clinic, "PersistentStore") == ["0.0.0.0/0", "10.51.1.0/24"]
    clinic.pc.reboot()
    assert prefixes(clinic, "ActiveStore") == ["0.0.0.0/0", "10.51.1.0/24"]
    assert "192.168.1.254" in clinic.run("route print").out


def test_a_plain_user_may_look_but_not_change(clinic):
    user = clinic.logon("reception")
    assert clinic.ps("@(Get-NetRoute).Count", logon=user).err == ""
    assert "Access is denied" in clinic.ps(f"New-NetRoute {ROUTE}", logon=user).err


def test_interface_metrics_resolvers_and_profile(clinic):
    clinic.ps(
        "Set-NetIPInterface -InterfaceIndex 12 -AddressFamily IPv4 "
        "-InterfaceMetric 10\nSet-DnsClientServerAddress "
        "-InterfaceIndex 12 -ServerAddresses "
        "'2001:a7ff:f014:d00::53:1','192.168.1.1'\n"
        "Set-NetConnectionProfile -InterfaceIndex 12 "
        "-NetworkCategory Public"
    )
    assert (
        clinic.value("(Get-NetIPInterface -InterfaceIndex 12 -AddressFamily IPv4).InterfaceMetric")
        == 10
    )
    assert (
        clinic.value(
            "[string](Get-NetIPInterface -InterfaceIndex 12 -AddressFamily IPv6).AutomaticMetric"
        )
        == "Enabled"
    )
    assert (
        clinic.value(
            "(Get-DnsClientServerAddress -InterfaceIndex 12 -AddressFamily IPv6).ServerAddresses"
        )
        == "2001:a7ff:f014:d00::53:1"
    )
    assert clinic.value("[string](Get-NetConnectionProfile).NetworkCategory") == "Public"


def test_shares_users_and_access(machine):
    result = machine.ps(
        """
$password = ConvertTo-SecureString -String 'L1nk-pass' -AsPlainText -Force
$null = New-LocalUser -Name 'onslink' -Password $password -PasswordNeverExpires
$null = New-Item -ItemType Directory -Path 'C:\\OQS\\Req' -Force
$null = New-SmbShare -Name 'REQ' -Path 'C:\\OQS\\Req'
(Get-SmbShareAccess -Name 'REQ').AccountName
$null = Grant-SmbShareAccess -Name 'REQ' -AccountName 'onslink' -AccessRight Full -Force
$null = Revoke-SmbShareAccess -Name 'REQ' -AccountName 'Everyone' -Force
foreach ($e in @(Get-SmbShareAccess -Name 'REQ')) { "$($e.AccountName) $($e.AccessControlType) $($e.AccessRight)" }
"""
    )
    assert result.err == ""
    assert result.lines == ["Everyone", "TERMINAL-1\\onslink Allow Full"]
    share = machine.pc.shares.find("REQ")
    assert [(a.user, a.write) for a in machine.pc.shares.access(share)] == [("onslink", True)]


def test_a_new_share_turns_the_sharing_rules_on_as_before_windows_11_24h2(machine):
    on = "(Get-NetFirewallRule -Name 'FPS-SMB-In-TCP').Enabled"
    share = "$null = New-SmbShare -Name 'D' -Path 'C:\\Windows'"
    assert machine.ps(f"{on}\n{share}\n{on}").lines == ["False", "True"]


def test_the_lesser_of_share_and_ntfs_rights_counts(machine):
    machine.ps(
        "$null = New-Item -ItemType Directory -Path 'C:\\OQS'\n$null "
        "= New-SmbShare -Name 'OQS' -Path 'C:\\OQS' -FullAccess "
        "'reception'"
    )
    share = machine.pc.shares.find("OQS")
    assert [a.write for a in machine.pc.shares.access(share)] == [True]
    result = machine.ps(
        """
$acl = Get-Acl -LiteralPath 'C:\\OQS'
$acl.SetAccessRuleProtection($true, $false)
$rule = New-Object -TypeName System.Security.AccessControl.FileSystemAccessRule -ArgumentList 'Administrators','FullControl','ContainerInherit,ObjectInherit','None','Allow'
$acl.AddAccessRule($rule)
Set-Acl -LiteralPath 'C:\\OQS' -AclObject $acl
foreach ($e in (Get-Acl -LiteralPath 'C:\\OQS').Access) { "$($e.IdentityReference) $($e.FileSystemRights) $($e.InheritanceFlags)" }
"""
    )
    assert result.lines == [
        "BUILTIN\\Administrators FullControl ContainerInherit, ObjectInherit"
    ], result.err
    assert machine.pc.shares.access(share) == []
    assert machine.pc.disk.acl("C:\\OQS\\new.txt").aces[0].rights == FULL_CONTROL


def test_firewall_rules_and_filters(machine):
    result = machine.ps(
        """
$null = New-NetFirewallRule -Name 'onshi-smb' -DisplayName 'SMB' -Direction Inbound -Action Allow -Protocol TCP -LocalPort 445 -RemoteAddress '192.168.1.0/24' -Profile Any
$rule = Get-NetFirewallRule -Name 'onshi-smb'
"$($rule.Enabled) $($rule.Direction) $($rule.Action) $($rule.Profile)"
($rule | Get-NetFirewallPortFilter).LocalPort
($rule | Get-NetFirewallAddressFilter).RemoteAddress
Set-NetFirewallRule -Name 'onshi-smb' -RemoteAddress '192.168.1.0/24','fd00::/8' -Enabled False
(Get-NetFirewallRule -Name 'onshi-smb').Enabled
"""
    )
    read_back = "192.168.1.0/255.255.255.0"
    assert result.lines == ["True Inbound Allow Any", "445", read_back, "False"], result.err
    assert (
        "Windows System Error 87"
        in machine.ps("New-NetFirewallRule -DisplayName x -LocalPort 445").err
    )
    assert "onshi-smb" not in machine.pc.firewall.script()
    machine.ps("Enable-NetFirewallRule -Name 'onshi-smb'")
    assert (
        "ip saddr { 192.168.1.0/24 } meta l4proto tcp tcp dport { 445 } accept"
        in machine.pc.firewall.script()
    )


def test_the_public_profile_admits_winrm_from_the_local_subnet_only(clinic):
    rule = "ip saddr { 192.168.1.0/24 } meta l4proto tcp tcp dport { 5985 } accept"
    assert rule not in clinic.pc.firewall.script()
    clinic.pc.network.set_category(12, 0)
    script = clinic.pc.firewall.script()
    assert rule in script
    assert "\nmeta l4proto tcp tcp dport { 5985 } accept" not in script


def test_services_files_registry_and_system(machine):
    result = machine.ps(
        """
Set-Service -Name W32Time -StartupType Automatic
Start-Service -Name W32Time
"$((Get-Service -Name W32Time).Status) $((Get-Service -Name W32Time).StartType)"
Set-Content -Path C:\\Windows\\Temp\\a.txt -Value 'one','two' -Encoding UTF8
(Get-Content -Path C:\\Windows\\Temp\\a.txt).Count
Remove-Item -Path C:\\Windows\\Temp\\a.txt
Test-Path -Path C:\\Windows\\Temp\\a.txt
$null = New-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System' -Name X -Value 1 -PropertyType DWord -Force
(Get-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System').X
$os = Get-CimInstance -ClassName Win32_OperatingSystem
"$($os.Caption) $($os.BuildNumber) $($os.OperatingSystemSKU)"
([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
whoami
"""
    )
    assert result.lines == [
        "Running Automatic",
        "2",
        "False",
        "1",
        "Microsoft Windows 10 Enterprise LTSC 19044 125",
        "True",
        "terminal-1\\onsadmin",
    ], result.err


def test_windows_time_is_stopped_at_each_start_outside_a_domain_until_its_triggers_are_gone(
    machine,
):
    def after_restart(script):
        result = machine.ps(script + "\n$LASTEXITCODE")
        machine.pc.reboot()
        state = machine.ps("(Get-Service -Name W32Time).Status")
        return *result.lines, *state.lines

    on = "Set-Service -Name W32Time -StartupType Automatic"
    sc = "$null = sc.exe triggerinfo W32Time"
    assert after_restart(f"{on}; {sc} start/never") == ("1639", "Stopped")
    assert after_restart(f"{sc} delete") == ("0", "Running")
    assert after_restart(f"{sc} start/networkon stop/networkoff") == ("0", "Running")
    assert after_restart(f"{sc} start/domainjoin stop/domainleave") == ("0", "Stopped")
    assert after_restart("$null = sc.exe triggerinfo Nothing delete") == ("1060", "Stopped")


def test_other_users_files_are_out_of_reach(machine):
    machine.pc.profile_directory(machine.logon())
    result = machine.ps("Get-ChildItem -Path C:\\Users\\onsadmin", logon=machine.logon("reception"))
    assert "denied" in result.err


def test_state_comes_back_when_the_pc_is_started_again(tmp_path):
    from .conftest import Machine

    first = Machine(tmp_path / "s")
    first.ps(
        "$null = New-NetIPAddress -InterfaceIndex 12 -IPAddress "
        "10.0.0.1 -PrefixLength 24\nSet-Service -Name W32Time "
        "-StartupType Automatic\n$null = New-SmbShare -Name W -Path "
        "C:\\Windows"
    )
    from onshi_lab.windows.pc import Pc

    again = Pc(first.pc.config)
    assert [a.ip for a in again.network.addresses()] == ["10.0.0.1"]
    assert again.shares.find("W") is not None
    assert again.services.find("W32Time").start_type == "Automatic"
    assert [a.sid for a in again.accounts.all()] == [a.sid for a in first.pc.accounts.all()]


def test_enable_ps_remoting_refuses_a_public_network(machine):
    machine.pc.network.set_category(12, 0)
    assert "set to Public" in " ".join(machine.ps("Set-WSManQuickConfig -Force").err.split())
    assert machine.ps("Set-WSManQuickConfig -Force -SkipNetworkProfileCheck").err == ""


def test_a_denied_account_stays_out_whatever_else_is_granted(machine):
    machine.ps("$null = New-SmbShare -Name 'D' -Path 'C:\\Windows' -FullAccess 'Everyone'")
    share = machine.pc.shares.find("D")
    assert "reception" in [a.user for a in machine.pc.shares.access(share)]
    assert (
        machine.ps("$null = Block-SmbShareAccess -Name 'D' -AccountName 'reception' -Force").err
        == ""
    )
    assert "reception" not in [
        a.user for a in machine.pc.shares.access(machine.pc.shares.find("D"))
    ]


def test_net_user_activates_and_unlocks_and_does_nothing_else(machine):
    machine.pc.accounts.update(USER, failed_logons=10, enabled=False)
    assert machine.run(f"net user {USER} /active:yes").code == 0
    account = machine.pc.accounts.find(USER)
    assert (account.enabled, account.locked) == (True, False)
    assert machine.run("net user nobody /active:yes").code == 2
    user = machine.logon(USER)
    assert machine.run(f"net user {USER} /active:no", logon=user).code == 2
    assert machine.run(f"net user {USER} secret").code == 1
    assert machine.run("net share").code == 1


REFUSED_BY_WINDOWS = {
    # NetSecurity's Enabled is an enumeration; a Boolean isn't one of its names
    "New-NetFirewallRule -DisplayName x -Enabled $true": "ParameterArgumentTransformationError",
    # Grant-SmbShareAccess: Full, Change, Read
    "Grant-SmbShareAccess -Name 'C$' -AccountName Everyone -AccessRight Custom -Force": (
        "ParameterArgumentValidationError,Grant-SmbShareAccess"
    ),
    "New-LocalUser -Name '. .' -NoPassword": "InvalidName",
    f"New-LocalUser -Name 'x' -Password ([System.Net.NetworkCredential]::new('', '{'p' * 128}').SecurePassword)": (
        "InvalidPassword"
    ),
    "Remove-SmbShare -Name 'IPC$' -Force": "Windows System Error 50",
    f"New-SmbShare -Name '{'n' * 81}' -Path 'C:\\Windows'": "Windows System Error 123",
    "Stop-Service -Name LanmanServer -Force; New-SmbShare -Name x -Path 'C:\\Windows'": (
        "Windows System Error 2114"
    ),
    "New-ItemProperty -Path HKLM:\\SOFTWARE\\Microsoft -Name x -Value abc -PropertyType DWord": (
        "InvalidCastFromStringToInteger"
    ),
    "New-ItemProperty -Path HKLM:\\SOFTWARE\\Microsoft -Name x -Value 4294967296 -PropertyType DWord": (
        "InvalidCastIConvertible"
    ),
    "$s = New-Object -ComObject Schedule.Service; $s.Connect(); $s.GetFolder('\\nowhere')": (
        "ComMethodTargetInvocation"
    ),
    (
        "$s = New-Object -ComObject Schedule.Service; $s.Connect(); $d = $s.NewTask(0); "
        "$d.Settings.ExecutionTimeLimit = 'soon'; $a = $d.Actions.Create(0); $a.Path = 'x'; "
        "$s.GetFolder('\\').RegisterTaskDefinition('t', $d, 6, 'SYSTEM', $null, 5)"
    ): "ComMethodTargetInvocation",
}


@pytest.mark.parametrize("script", REFUSED_BY_WINDOWS)
def test_what_windows_refuses(machine, script):
    result = machine.ps(script)
    assert f"FullyQualifiedErrorId : {REFUSED_BY_WINDOWS[script]}" in " ".join(result.err.split())


def test_a_firewall_rules_prefix_reads_back_with_its_mask(machine):
    machine.ps("$null = New-NetFirewallRule -Name r -DisplayName r -RemoteAddress 192.168.1.0/24")
    read = "(Get-NetFirewallAddressFilter -AssociatedNetFirewallRule (Get-NetFirewallRule -Name r))"
    assert machine.value(f"{read}.RemoteAddress") == "192.168.1.0/255.255.255.0"


def test_a_folder_that_an_administrator_makes_belongs_to_administrators(machine):
    machine.ps("$null = New-Item -ItemType Directory -Path C:\\made")
    assert machine.value("(Get-Acl -LiteralPath C:\\made).Owner") == "BUILTIN\\Administrators"


def test_the_active_store_holds_windows_own_routes(machine):
    machine.ps("$null = New-NetIPAddress -InterfaceIndex 12 -IPAddress 10.0.0.5 -PrefixLength 24")
    found = machine.value(
        "(Get-NetRoute | Where-Object { $_.InterfaceIndex -eq 12 }).DestinationPrefix"
    )
    wanted = {"10.0.0.5/32", "10.0.0.255/32", "224.0.0.0/4", "255.255.255.255/32", "ff00::/8"}
    assert wanted < set(found)
    assert machine.value("@(Get-NetRoute -PolicyStore PersistentStore).Count") == 0


def test_a_modules_function_sees_global_preferences_only(machine):
    script = "& {{ ${0}ErrorActionPreference = 'Stop'; Get-NetRoute -NextHop 1.2.3.4; 'went on' }}"
    assert machine.ps(script.format("")).lines == ["went on"]
    assert machine.ps(script.format("global:")).lines == []
