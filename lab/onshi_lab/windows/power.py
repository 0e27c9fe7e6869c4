"""The PC's power: restart, off and on, and the sleep that Fast Startup calls shut down.

Sources: learn.microsoft.com "Distinguishing Fast Startup from Wake-from-Hibernation" (users are
logged off, the kernel session is hibernated; a restart is a full one) and
Win32_OperatingSystem.LastBootUpTime. So LastBootUpTime stays over it, and tasks "at startup" don't
run (inference: the kernel doesn't start). What is connected breaks by silence: nobody says good-bye
to the peer. At the other end the link may stay up, for Wake-on-LAN.
"""

import subprocess
import threading
from typing import Protocol

from onshi_lab.windows.eventlog import SYSTEM
from onshi_lab.windows.pc import ASLEEP, OFF, ON, Pc

TABLE = "onshi_windows_asleep"
BOOT_TYPE_FAST = "0x1"
"""Of event 27 of Kernel-Boot."""


class Running(Protocol):
    """What serves the network while the PC is on."""

    def set_running(self, running: bool, /) -> None:
        """Starts or stops it."""


class Power:
    """The PC's switch; one change at a time."""

    def __init__(self, pc: Pc, listeners: Running, samba: Running) -> None:
        self._pc, self._listeners, self._samba = pc, listeners, samba
        self._lock = threading.Lock()
        self._commands = {
            "sleep": self._sleep,
            "wake": self._wake,
            "power-off": self._off,
            "power-on": self._on,
        }

    def press(self, command: str, link: bool) -> None:
        """Does `sleep`, `wake`, `power-off` or `power-on`; ValueError where that makes no sense.

        `link`: whether the network card keeps its link while the PC sleeps.
        """
        with self._lock:
            self._commands[command](link)

    def reboot(self) -> None:
        """Restarts the PC, whatever it was doing: the network services are away meanwhile."""
        with self._lock:
            self._stop_serving()
            self._speak()
            self._pc.reboot()
            self._serve()
            self._pc.up_again.set()

    def release(self) -> None:
        """Leaves the namespace as a PC that is on would: the process ends."""
        with self._lock:
            if self._pc.powered != ON:
                self._speak()
                self._pc.network.set_links(up=True)

    def _sleep(self, link: bool) -> None:
        self._require(ON)
        self._fall_silent()
        if not link:
            self._pc.network.set_links(up=False)
        self._pc.powered = ASLEEP
        self._stop_serving()
        self._pc.log_off()

    def _wake(self, _link: bool) -> None:
        self._require(ASLEEP)
        self._pc.network.set_links(up=True)
        self._speak()
        self._pc.powered = ON
        self._pc.dhcp.start(keep=True)
        self._pc.events.write(SYSTEM, 27, BootType=BOOT_TYPE_FAST)
        self._pc.tasks.resume()
        self._serve()

    def _off(self, _link: bool) -> None:
        self._require(ON)
        self._fall_silent()
        self._pc.network.set_links(up=False)
        self._pc.powered = OFF
        self._stop_serving()
        self._pc.log_off()

    def _on(self, link: bool) -> None:
        if self._pc.powered == ASLEEP:
            self._wake(link)
            return
        self._require(OFF)
        self._speak()
        self._pc.come_up()
        self._serve()

    def _require(self, state: str) -> None:
        if self._pc.powered != state:
            raise ValueError(f"the PC is {self._pc.powered}")

    def _stop_serving(self) -> None:
        self._listeners.set_running(False)
        self._samba.set_running(False)

    def _serve(self) -> None:
        services = self._pc.services
        self._samba.set_running(services.running("LanmanServer"))
        self._listeners.set_running(services.running("WinRM"))
        self._pc.security.publish()
        self._pc.dhcp.settle()

    def _fall_silent(self) -> None:
        """Nothing goes in or out from now on, and what is connected is forgotten on this side."""
        if not self._pc.config.kernel:
            return
        devices = ", ".join(
            f'"{i.device}"' for i in self._pc.network.interfaces() if not i.loopback
        )
        chains = "".join(
            f"chain {way} {{\ntype filter hook {way} devices = {{ {devices} }} priority -500;\n"
            "policy drop;\n}\n"
            for way in ("ingress", "egress")
        )
        _nft(f"table netdev {TABLE} {{\n{chains}}}\n")
        subprocess.run(["ss", "-K", "-t"], capture_output=True, check=True)

    def _speak(self) -> None:
        if self._pc.config.kernel:
            _nft(f"table netdev {TABLE}\ndelete table netdev {TABLE}\n")


def _nft(script: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True, capture_output=True)
