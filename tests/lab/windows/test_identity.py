"""Which Windows it is, what it is called and who works at it: as clinics have it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from winrm.protocol import Protocol

from onshi_lab.windows.__main__ import _parser
from onshi_lab.windows.config import RELEASES
from onshi_lab.windows.names import computer_name, dns_name, netbios_name

from .conftest import USER, Machine, Served, serve, stop
from .test_kernel import Host, inside, ip

PEOPLE: list[dict[str, object]] = [
    {"name": "山田 太郎", "password": "Yamada-Canary-51", "admin": True},
    {"name": "dr.sato", "password": "Sato-Canary-52", "admin": True},
    {"name": "院長", "password": "いんちょう-Canary-53", "admin": True},
    {"name": "front desk", "password": "Desk-Canary-54", "admin": True},
]
NAME = "受付PC-01"
WHO = "[Environment]::UserDomainName + '\\' + $env:USERNAME; $HOME; $env:COMPUTERNAME"
SHARE = """
$null = New-Item -ItemType Directory -Path 'C:\\受付'
$null = New-SmbShare -Name '受付' -Path 'C:\\受付' -FullAccess {}
"""


@pytest.mark.parametrize(
    "name", ["受付PC-01", "DESKTOP-A1B2C3D", "pc1", "レセコン", "UKETSUKE_01", "a" * 63]
)
def test_names_that_windows_takes(name: str) -> None:
    """Source: learn.microsoft.com, naming conventions."""
    assert computer_name(name) == name


@pytest.mark.parametrize("name", ["", "pc 1", "pc.clinic", "12345", "a" * 64, "pc@1", "-pc", "a/b"])
def test_names_that_windows_refuses(name: str) -> None:
    """Source: learn.microsoft.com, naming conventions."""
    with pytest.raises(ValueError, match="a computer name"):
        computer_name(name)
    words = ["--name", "receipt-1", "--role", "receipt", "--state", ".", "--users-file", "."]
    with pytest.raises(SystemExit):
        _parser().parse_args([*words, "--computer-name=" + name])


def test_an_old_name_has_15_octets_of_the_code_page() -> None:
    assert netbios_name("desktop-a1b2c3d-long") == "DESKTOP-A1B2C3D"
    assert netbios_name("受付窓口レセコン二号機") == "受付窓口レセコ"


def test_a_certificate_names_it_in_ascii() -> None:
    assert dns_name("TERMINAL-1") == "TERMINAL-1"
    assert dns_name("受付").encode("ascii").decode("idna") == "受付"


@pytest.mark.parametrize(
    ("release", "edition", "build", "sku"),
    [
        ("10-ltsc2021", "EnterpriseS", "19044", 125),
        ("10-iot-ltsc2021", "IoTEnterpriseS", "19044", 191),
        ("10-pro-22h2", "Professional", "19045", 48),
        ("11-pro-23h2", "Professional", "22631", 48),
        ("11-pro-24h2", "Professional", "26100", 48),
        ("11-iot-ltsc2024", "IoTEnterpriseS", "26100", 191),
        ("11-home-24h2", "Core", "26100", 101),
    ],
)
def test_a_release_says_what_it_is(
    tmp_path: Path, release: str, edition: str, build: str, sku: int
) -> None:
    """Source: learn.microsoft.com, release information; GetProductInfo."""
    machine = Machine(tmp_path, release=release)
    read = (
        "$o = Get-CimInstance Win32_OperatingSystem\n"
        "$k = Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'\n"
        '"$($o.BuildNumber) $($o.OperatingSystemSKU) $($k.EditionID)"'
    )
    assert machine.ps(read).lines == [f"{build} {sku} {edition}"]
    assert (
        machine.value("(Get-CimInstance Win32_OperatingSystem).Caption")
        == RELEASES[release].caption
    )


def test_a_home_edition_lives_but_nobody_administers_it(tmp_path: Path) -> None:
    served = serve(tmp_path, "--release", "11-home-24h2")
    try:
        assert (served.http, served.https) == (0, 0)
        served.ctl(do="service", name="WinRM", running=False)
        served.ctl(do="service", name="WinRM", running=True)
        assert served.ctl(do="console", user=USER, script="hostname")["output"] == "TERMINAL-1\r\n"
    finally:
        stop(served)


@pytest.fixture(scope="module")
def clinic_pc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A receipt PC as a clinic calls it, with the people who work there."""
    folder = tmp_path_factory.mktemp("clinic-pc")
    served = serve(folder, "--language", "ja", "--computer-name", NAME, more=PEOPLE)
    yield served
    stop(served)


@pytest.mark.parametrize("number", range(len(PEOPLE)))
def test_everybody_logs_on_over_winrm(clinic_pc: Served, number: int) -> None:
    user, password = str(PEOPLE[number]["name"]), str(PEOPLE[number]["password"])
    for domain in ("", ".\\", NAME + "\\"):
        client = Protocol(
            clinic_pc.url, transport="ntlm", username=domain + user, password=password, proxy=None
        )
        shell = client.open_shell(codepage=65001)
        command = client.run_command(shell, "powershell", ["-NoProfile", "-Command", WHO])
        out, err, code = client.get_command_output(shell, command)
        client.close_shell(shell)
        assert (code, err) == (0, b"")
        assert out.decode().splitlines() == [f"{NAME}\\{user}", f"C:\\Users\\{user}", NAME]


def test_its_tools_say_its_name(clinic_pc: Served) -> None:
    said = clinic_pc.ctl(do="console", user=PEOPLE[0]["name"], script="hostname; whoami")
    assert str(said["output"]).splitlines() == [NAME, f"{NAME}\\山田 太郎".lower()]


@pytest.mark.skipif(os.geteuid() != 0, reason="Samba on port 445 of a namespace needs root")
def test_everybody_opens_a_share(tmp_path: Path) -> None:
    """Real Samba, real clients: names of Japanese, with a blank, with a dot."""
    namespace = f"wi{os.getpid() % 10_000}"
    ip("netns", "add", namespace)
    ip("-n", namespace, "link", "set", "lo", "up")
    host = None
    try:
        host = Host(tmp_path / "pc", namespace, "receipt-1", "receipt", PEOPLE, NAME)
        everybody = ", ".join(f"'{one['name']}'" for one in PEOPLE)
        made = host.ctl(do="console", user="山田 太郎", script=SHARE.format(everybody))
        assert made["code"] == 0, made
        for one in PEOPLE:
            told = f"{NAME}\\{one['name']}%{one['password']}"
            inside(namespace, "smbclient", "//127.0.0.1/受付", "-U", told, "-c", "mkdir x; rmdir x")
    finally:
        if host is not None:
            host.stop()
        ip("netns", "delete", namespace)
