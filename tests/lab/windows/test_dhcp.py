"""A PC that asks for its address: a real client, a real dnsmasq, and a server that is silent.

Each namespace is made and taken away here. Needs root.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from onshi_lab.windows.network.dhcp import Lease, read_event, self_given

from .conftest import ADMIN, ADMIN_PASSWORD
from .test_kernel import Host, inside, ip, join

rooted = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
PREFIX = f"wd{os.getpid() % 10_000}-"
PC, SERVER = PREFIX + "pc", PREFIX + "server"
USERS: list[dict[str, object]] = [{"name": ADMIN, "password": ADMIN_PASSWORD, "admin": True}]


@pytest.mark.parametrize(
    ("line", "lease"),
    [
        (
            "bound|192.168.1.50|24|192.168.1.254 192.168.1.253|192.168.1.253 1.1.1.1|192.168.1.2|9",
            Lease(
                "192.168.1.50", 24, "192.168.1.254", ("192.168.1.253", "1.1.1.1"), "192.168.1.2", 9
            ),
        ),
        ("renew|10.0.0.9|255.255.252.0|||10.0.0.1|", Lease("10.0.0.9", 22, "", (), "10.0.0.1", 0)),
        ("deconfig||||||", None),
        ("leasefail||||||", Lease("169.254.1.12", 16)),
    ],
)
def test_what_the_client_says(line: str, lease: Lease | None) -> None:
    assert read_event(line, "00-15-5D-01-01-0C") == lease


@pytest.mark.parametrize("mac", ["00-15-5D-01-00-00", "02:00:00:00:ff:ff"])
def test_an_address_of_its_own_is_never_the_network_or_its_broadcast(mac: str) -> None:
    """Source: RFC 3927 2.1."""
    assert 1 <= int(self_given(mac).ip.split(".")[3]) <= 254


class Wire:
    """A PC and a server on one cable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host: Host | None = None
        self.dnsmasq: subprocess.Popen[bytes] | None = None
        for name in (PC, SERVER):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        join(PC, "eth0", SERVER, "lan")
        ip("-n", SERVER, "address", "add", "192.168.1.254/24", "dev", "lan")

    def serve(self, address: str = "192.168.1.50") -> None:
        """Starts the clinic's DHCP server, which lends one address."""
        self.silence()
        command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"]
        command += ["--dhcp-authoritative", "--no-ping", "--user=root", "--pid-file="]
        command += [
            f"--dhcp-range={address},{address},1h",
            f"--dhcp-leasefile={self.folder}/leases",
        ]
        command += ["--dhcp-option=3,192.168.1.254", "--dhcp-option=6,192.168.1.253"]
        self.dnsmasq = subprocess.Popen(
            ["ip", "netns", "exec", SERVER, *command], stderr=subprocess.DEVNULL
        )

    def silence(self) -> None:
        """Stops the server."""
        if self.dnsmasq is not None:
            self.dnsmasq.terminate()
            self.dnsmasq.wait(10)
            self.dnsmasq = None

    def start(self, *options: str) -> Host:
        """Starts the PC."""
        self.host = Host(
            self.folder / "pc", PC, "receipt-1", "receipt", USERS, "", "--dhcp", *options
        )
        return self.host

    def ask(self, script: str) -> list[str]:
        """What a script at the PC's console prints."""
        assert self.host is not None
        said = self.host.ctl(do="console", user=ADMIN, script=script)
        assert said.get("code") == 0, said
        return str(said["output"]).splitlines()

    def close(self) -> None:
        if self.host is not None:
            self.host.stop()
        self.silence()
        for name in (PC, SERVER):
            ip("netns", "delete", name)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    made = Wire(tmp_path)
    yield made
    made.close()


ADDRESS = (
    "Get-NetIPAddress -AddressFamily IPv4 -InterfaceAlias Ethernet |"
    ' ForEach-Object { "$($_.IPAddress)/$($_.PrefixLength) $($_.PrefixOrigin)" }'
)
LEASED = ["192.168.1.50/24 Dhcp"]
DHCP = "(Get-NetIPInterface -InterfaceAlias Ethernet -AddressFamily IPv4).Dhcp"
DEFAULT = (
    "Get-NetRoute | Where-Object { $_.DestinationPrefix -eq '0.0.0.0/0' } | ForEach-Object"
    ' { "$($_.NextHop) $($_.RouteMetric) $($_.Store)" }'
)
RESOLVERS = (
    "(Get-DnsClientServerAddress -InterfaceAlias Ethernet -AddressFamily IPv4).ServerAddresses"
)


def reaches(wire: Wire) -> bool:
    said = inside(PC, "ping", "-c1", "-W2", "192.168.1.254", check=False)
    return " 0% packet loss" in said


@rooted
def test_address_gateway_and_resolver_are_the_servers(wire: Wire) -> None:
    """Source: MSFT_NetIPAddress (PrefixOrigin), MSFT_NetIPInterface (Dhcp)."""
    wire.serve()
    wire.start()
    assert wire.ask(ADDRESS) == LEASED
    assert wire.ask(DHCP) == ["Enabled"]
    assert wire.ask(DEFAULT) == ["192.168.1.254 0 ActiveStore"]
    assert wire.ask(RESOLVERS) == ["192.168.1.253"]
    shown = wire.ask("ipconfig /all")
    assert "   DHCP Enabled. . . . . . . . . . . : Yes" in shown
    assert "   DHCP Server . . . . . . . . . . . : 192.168.1.254" in shown
    assert any("0.0.0.0" in line and "192.168.1.50" in line for line in wire.ask("route print"))
    assert reaches(wire)


@rooted
def test_after_a_restart_it_asks_again(wire: Wire) -> None:
    wire.serve()
    host = wire.start()
    route = "New-NetRoute -DestinationPrefix 10.51.1.0/24 -ifAlias Ethernet -NextHop 192.168.1.254"
    wire.ask(f"$null = {route}; route -p add 10.52.1.0 mask 255.255.255.0 192.168.1.253")
    wire.silence()
    (wire.folder / "leases").unlink()
    wire.serve("192.168.1.77")
    host.ctl(do="reboot")
    assert wire.ask(ADDRESS) == ["192.168.1.77/24 Dhcp"]
    assert wire.ask(DEFAULT) == ["192.168.1.254 0 ActiveStore"]
    kept = wire.ask("Get-NetRoute -DestinationPrefix 10.5* | ForEach-Object { $_.NextHop }")
    assert kept == ["192.168.1.254", "192.168.1.253"]


@rooted
def test_another_process_asks_anew(wire: Wire) -> None:
    """What is left in the kernel of the lease before is not taken for typed in."""
    wire.serve()
    wire.start().stop()
    wire.host = None
    wire.silence()
    (wire.folder / "leases").unlink()
    wire.serve("192.168.1.78")
    wire.start()
    assert wire.ask(ADDRESS) == ["192.168.1.78/24 Dhcp"]


@rooted
def test_without_an_answer_it_gives_itself_an_address(wire: Wire) -> None:
    """Source: learn.microsoft.com, automatic TCP/IP addressing without a DHCP server."""
    wire.start()
    (line,) = wire.ask(ADDRESS)
    assert line.startswith("169.254.")
    assert line.endswith("/16 WellKnown")
    assert wire.ask(DEFAULT) == []
    assert any("Autoconfiguration IPv4 Address. . : 169.254." in x for x in wire.ask("ipconfig"))
    wire.serve()
    wire.ask("$null = ipconfig /renew")
    deadline = time.monotonic() + 40
    while wire.ask(ADDRESS) != LEASED:
        assert time.monotonic() < deadline


@rooted
def test_a_typed_address_ends_it_and_it_can_be_switched_on_again(wire: Wire) -> None:
    wire.serve()
    host = wire.start()
    wire.ask(
        "$null = New-NetIPAddress -InterfaceAlias Ethernet -IPAddress 192.168.1.9 -PrefixLength 24"
    )
    assert wire.ask(ADDRESS) == ["192.168.1.9/24 Manual"]
    assert wire.ask(DHCP) == ["Disabled"]
    assert (wire.ask(DEFAULT), wire.ask(RESOLVERS)) == ([], [])
    host.ctl(do="reboot")
    assert wire.ask(ADDRESS) == ["192.168.1.9/24 Manual"]
    wire.ask("Set-NetIPInterface -InterfaceAlias Ethernet -AddressFamily IPv4 -Dhcp Enabled")
    assert wire.ask(ADDRESS) == LEASED
    assert reaches(wire)
