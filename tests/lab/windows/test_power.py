"""A PC that sleeps, is switched off and on: what the others on the network see, and what it knows.

Each namespace is made and taken away here. Needs root, but for the tasks.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.lab.yamaha.bench import in_namespace

from .conftest import ADMIN, Machine
from .test_dhcp import ADDRESS, LEASED, SERVER, Wire
from .test_kernel import Host, inside

rooted = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
TASK = """
$a = New-ScheduledTaskAction -Execute 'cmd.exe' -Argument '/c exit 7'
$t = New-ScheduledTaskTrigger -Once -At ((Get-Date).AddMinutes(10))
$p = New-ScheduledTaskPrincipal -UserId SYSTEM -LogonType ServiceAccount
$s = New-ScheduledTaskSettingsSet {}
$null = Register-ScheduledTask -TaskName '{}' -Action $a -Trigger $t -Principal $p -Settings $s
"""
NOT_RUN = 0x41303


def ran(machine: Machine, name: str) -> bool:
    """Whether a task has run, once what is due at once has been started."""
    for timer in list(machine.pc.tasks._timers):
        if timer.interval <= 0:
            timer.join()
    task = machine.pc.tasks.find(name)
    assert task is not None
    return task.last_result != NOT_RUN


def test_a_task_that_was_missed_runs_only_where_it_says_so(machine: Machine) -> None:
    """Source: learn.microsoft.com, TaskSettings.StartWhenAvailable."""
    for name, setting in (("plain", ""), ("late", "-StartWhenAvailable")):
        assert not machine.ps(TASK.format(setting, name)).err
    machine.pc.log_off()
    machine.pc.clock.set_skew(timedelta(hours=1).total_seconds())
    assert not machine.pc.tasks._timers
    machine.pc.tasks.resume()
    assert (ran(machine, "plain"), ran(machine, "late")) == (False, True)
    late = machine.pc.tasks.find("late")
    machine.pc.tasks.resume()
    assert not machine.pc.tasks._timers
    assert machine.pc.tasks.find("late") == late


class Neighbour(Wire):
    """The PC, and somebody on its cable who watches it."""

    def answers(self, address: str = "192.168.1.50") -> bool:
        """Whether a connection to the PC's WinRM is made."""
        try:
            self.connect(address).close()
        except OSError:
            return False
        return True

    def _inside(self, *command: str) -> str:
        return inside(SERVER, *command, check=False)

    def link(self) -> bool:
        """Whether the cable has a link at this end."""
        return "LOWER_UP" in self._inside("ip", "link", "show", "lan")

    def knows_mac(self) -> bool:
        """Whether an ARP request is answered."""
        self._inside("ip", "neigh", "flush", "dev", "lan")
        self.answers()
        return "lladdr" in self._inside("ip", "neigh", "show", "dev", "lan")

    def connect(self, address: str = "192.168.1.50") -> socket.socket:
        """A connection to the PC's WinRM."""
        return in_namespace(SERVER, lambda: socket.create_connection((address, 5985), 2))


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Neighbour]:
    made = Neighbour(tmp_path)
    yield made
    made.close()


def heard(connection: socket.socket) -> bytes | None:
    """What a connection brings within a second: b"" for its end, None for silence."""
    connection.settimeout(1)
    with suppress(TimeoutError):
        return connection.recv(1)
    return None


@rooted
def test_a_sleeping_pc_answers_nothing_and_keeps_its_boot_time(wire: Neighbour) -> None:
    """Source: Fast Startup and Win32_OperatingSystem.LastBootUpTime on learn.microsoft.com."""
    wire.serve()
    host = wire.start()
    booted = host.ctl(do="status")["booted"]
    connection = wire.connect()
    assert (wire.answers(), wire.link()) == (True, True)
    assert host.ctl(do="sleep")["power"] == "asleep"
    assert (wire.answers(), wire.knows_mac(), wire.link()) == (False, False, True)
    assert heard(connection) is None
    assert "error" in host.ctl(do="console", user=ADMIN, script="hostname")
    woken = host.ctl(do="wake")
    assert (woken["power"], woken["booted"]) == ("on", booted)
    assert wire.answers()
    assert heard(connection) is None
    connection.sendall(b"GET")
    with pytest.raises(ConnectionResetError):
        heard(connection)
    wire.connect().close()
    assert wire.ask(ADDRESS) == LEASED
    connection.close()


@rooted
def test_its_link_may_go_and_what_it_knew_comes_back(wire: Neighbour) -> None:
    wire.serve()
    host = wire.start()
    route = "New-NetRoute -DestinationPrefix 10.51.1.0/24 -ifAlias Ethernet -NextHop 192.168.1.254"
    wire.ask(f"$null = {route} -PolicyStore ActiveStore")
    host.ctl(do="sleep", link=False)
    assert not wire.link()
    host.ctl(do="power-on")
    assert (wire.link(), wire.answers()) == (True, True)
    assert wire.ask("(Get-NetRoute -DestinationPrefix 10.51.1.0/24).NextHop") == ["192.168.1.254"]


@rooted
def test_it_asks_for_its_address_when_it_wakes(wire: Neighbour) -> None:
    wire.serve()
    host = wire.start()
    host.ctl(do="sleep")
    (wire.folder / "leases").unlink()
    wire.serve("192.168.1.77")
    host.ctl(do="wake")
    assert wire.ask(ADDRESS) == ["192.168.1.77/24 Dhcp"]


@rooted
def test_its_lease_outlasts_a_server_that_is_silent_when_it_wakes(wire: Neighbour) -> None:
    """Source: learn.microsoft.com, automatic TCP/IP addressing: the gateway still answers."""
    wire.serve()
    host = wire.start()
    host.ctl(do="sleep")
    wire.silence()
    host.ctl(do="wake")
    assert wire.ask(ADDRESS) == LEASED


@rooted
def test_off_is_off_and_on_is_a_start(wire: Neighbour) -> None:
    wire.serve()
    host = wire.start()
    booted = str(host.ctl(do="status")["booted"])
    route = "New-NetRoute -DestinationPrefix 10.51.1.0/24 -ifAlias Ethernet -NextHop 192.168.1.254"
    wire.ask(f"$null = {route} -PolicyStore ActiveStore")
    connection = wire.connect()
    assert host.ctl(do="power-off")["power"] == "off"
    assert (wire.link(), wire.answers()) == (False, False)
    assert heard(connection) is None
    assert "error" in host.ctl(do="wake")
    assert host.ctl(do="power-off") == {"error": "ValueError: the PC is off"}
    started = host.ctl(do="power-on")
    assert str(started["booted"]) > booted
    assert (wire.link(), wire.answers()) == (True, True)
    assert wire.ask("@(Get-NetRoute | Where-Object DestinationPrefix -like '10.51*').Count") == [
        "0"
    ]
    connection.close()


@rooted
@pytest.mark.parametrize("command", ["sleep", "power-off"])
def test_a_process_that_ends_meanwhile_leaves_the_link_as_it_was(
    wire: Neighbour, command: str
) -> None:
    wire.serve()
    host: Host = wire.start()
    host.ctl(do=command, link=False)
    host.stop()
    wire.host = None
    assert wire.link()
    wire.start()
    assert wire.answers()
