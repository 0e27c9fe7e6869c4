"""Which PC this is: name, role, Windows version, language, where its state lies.

Builds: learn.microsoft.com "Windows 10 release information" (LTSC 2021 = 21H2 = 19044, 22H2 =
19045) and "Windows 11 release information" (23H2 = 22631, 24H2 and LTSC 2024 = 26100).
OperatingSystemSKU: Win32_OperatingSystem page and GetProductInfo (PRODUCT_IOTENTERPRISES 0xBF,
PRODUCT_CORE 0x65). A Home edition is no host of Remote Desktop (Microsoft support, "How to use
Remote Desktop"); that nobody reaches its WinRM either is an assumption.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Release:
    """One Windows release."""

    caption: str
    edition_id: str
    display_version: str
    build: int
    revision: int
    sku: int
    administrable: bool = True
    """Whether it can be administered from outside."""

    @property
    def version(self) -> str:
        """The version as Win32_OperatingSystem shows it."""
        return f"10.0.{self.build}"


RELEASES = {
    "10-ltsc2021": Release(
        "Microsoft Windows 10 Enterprise LTSC", "EnterpriseS", "21H2", 19044, 4529, 125
    ),
    "10-iot-ltsc2021": Release(
        "Microsoft Windows 10 IoT Enterprise LTSC", "IoTEnterpriseS", "21H2", 19044, 4529, 191
    ),
    "10-pro-22h2": Release("Microsoft Windows 10 Pro", "Professional", "22H2", 19045, 4529, 48),
    "11-pro-23h2": Release("Microsoft Windows 11 Pro", "Professional", "23H2", 22631, 3737, 48),
    "11-pro-24h2": Release("Microsoft Windows 11 Pro", "Professional", "24H2", 26100, 4349, 48),
    "11-iot-ltsc2024": Release(
        "Microsoft Windows 11 IoT Enterprise LTSC", "IoTEnterpriseS", "24H2", 26100, 4349, 191
    ),
    "11-home-24h2": Release(
        "Microsoft Windows 11 Home", "Core", "24H2", 26100, 4349, 101, administrable=False
    ),
}
DEFAULT_RELEASE = {"terminal": "10-ltsc2021", "receipt": "10-pro-22h2"}


@dataclass(frozen=True, slots=True)
class PcConfig:
    """The settings of one mock PC."""

    name: str
    role: str
    state: Path
    release: Release
    language: str = "ja"
    interface: str = "eth0"
    kernel: bool = True
    listen: tuple[str, int] | None = None
    https_port: int = 5986
    dhcp: bool = False
    """Whether its first adapter asks for its IPv4 address, as on a new Windows."""
    powershell: Path | None = None
    """A real engine for PowerShell's language: pwsh 7, or `ask` of the hosted one."""

    @property
    def japanese(self) -> bool:
        """Whether native tools and messages speak Japanese."""
        return self.language == "ja"

    @property
    def oem_codepage(self) -> int:
        """The console code page that Windows starts with in this language."""
        return 932 if self.japanese else 437
