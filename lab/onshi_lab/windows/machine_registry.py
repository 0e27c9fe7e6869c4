"""What the registry of a new PC holds, of the keys that this work reads."""

from onshi_lab.windows import extras, registry, triggers
from onshi_lab.windows.config import PcConfig
from onshi_lab.windows.registry import Values


def initial_registry(config: PcConfig) -> dict[str, Values]:
    """Keys and values of a fresh installation that an administrator made ready for WinRM."""
    release = config.release
    return {
        registry.CURRENT_VERSION: {
            "ProductName": release.caption.removeprefix("Microsoft "),
            "EditionID": release.edition_id,
            "DisplayVersion": release.display_version,
            "CurrentBuild": str(release.build),
            "CurrentBuildNumber": str(release.build),
            "UBR": release.revision,
            "CurrentMajorVersionNumber": 10,
            "CurrentMinorVersionNumber": 0,
        },
        registry.POLICIES: {
            "EnableLUA": 1,
            "ConsentPromptBehaviorAdmin": 5,
            "LocalAccountTokenFilterPolicy": 1,
        },
        registry.LSA: {"LimitBlankPasswordUse": 1, "everyoneincludesanonymous": 0},
        registry.TCPIP: {"Hostname": config.name, "Domain": "", "IPEnableRouter": 0},
        registry.PERSISTENT_ROUTES: {},
        registry.TCPIP6: {},
        registry.INTERNET: {},
        f"{extras.UNINSTALL}\\{extras.EDGE[0]}": dict(
            zip(("DisplayName", "DisplayVersion", "Publisher"), extras.EDGE, strict=True)
        ),
        registry.WSMAN_LISTENERS: {},
        registry.WSMAN_LISTENERS + "\\*+HTTP": {"Port": 5985, "enabled": 1},
        registry.WSMAN_LISTENERS + "\\*+HTTPS": {"Port": 5986, "enabled": 1},
        r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters": {"SMB1": 0},
        r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanWorkstation\Parameters": {
            "RequireSecuritySignature": 0,
            "EnableSecuritySignature": 1,
        },
        r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters": {
            "NtpServer": "time.windows.com,0x9",
            "Type": "NTP",
        },
        **triggers.as_keys("W32Time", triggers.DOMAIN_JOINED),
        r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon": {"AutoAdminLogon": "0"},
        r"HKLM\SOFTWARE\Policies\Microsoft\Windows": {},
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion": {"ProgramFilesDir": "C:\\Program Files"},
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run": {},
    }
