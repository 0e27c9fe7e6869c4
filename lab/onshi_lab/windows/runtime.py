"""Brings a PC up: accounts, listeners, Samba, the control socket; reboots and stops it."""

import json
import os
import signal
import socket
import socketserver
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from onshi_lab import system
from onshi_lab.windows import programs
from onshi_lab.windows.certificate import server_context
from onshi_lab.windows.control import ControlServer
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.power import Power
from onshi_lab.windows.principals import parts_of
from onshi_lab.windows.registry import WSMAN_LISTENERS
from onshi_lab.windows.smb.server import Samba
from onshi_lab.windows.wsman.http import Listener

WINRM_PORT = 5985


def load_users(pc: Pc, path: Path) -> None:
    """Creates the users of the users file that aren't there yet.

    A name may have any of Windows' forms, see `parts_of`.
    The file is JSON: {"users": [{"name", "password", "admin", "full_name"?, "enabled"?}]}.
    """
    for user in json.loads(path.read_text(encoding="utf-8"))["users"]:
        name, domain, principal = parts_of(user["name"], pc.name)
        if pc.accounts.find(f"{domain}\\{name}" if domain else name) is None:
            pc.accounts.create(
                name,
                user["password"],
                admin=user.get("admin", False),
                full_name=user.get("full_name", ""),
                enabled=user.get("enabled", True),
                domain=domain,
                principal=principal,
            )
    pc.security.publish()


class Listeners:
    """The WinRM service's sockets."""

    def __init__(self, pc: Pc) -> None:
        self._pc = pc
        self._listeners: dict[str, Listener] = {}
        self._lock = threading.Lock()
        host, port = pc.config.listen or ("::", WINRM_PORT)
        self._addresses = {"HTTP": (host, port), "HTTPS": (host, pc.config.https_port)}

    @property
    def ports(self) -> list[int]:
        """The ports that are open, HTTP first."""
        return [listener.server_address[1] for listener in self._listeners.values()]

    def set_running(self, running: bool) -> None:
        """Opens or closes the sockets; closing cuts connections and ends shells."""
        with self._lock:
            if running:
                self._open_configured()
            else:
                for transport in list(self._listeners):
                    self._close(transport)
        if not running:
            self._pc.shells.end_all()

    def configured(self) -> list[str]:
        """The transports that have a listener in the registry; none on a Home edition."""
        if not self._pc.config.release.administrable:
            return []
        keys = self._pc.registry.subkeys(WSMAN_LISTENERS)
        return [t for t in self._addresses if any(k.endswith(f"+{t}") for k in keys)]

    def changed(self) -> None:
        """Opens and closes sockets after a change of the configuration."""
        with self._lock:
            if self._pc.services.running("WinRM"):
                self._open_configured()

    def _open_configured(self) -> None:
        wanted = self.configured()
        for transport in [t for t in self._listeners if t not in wanted]:
            self._close(transport)
        for transport in [t for t in wanted if t not in self._listeners]:
            opened = self._open(self._addresses[transport], transport == "HTTPS")
            self._listeners[transport] = opened
            self._addresses[transport] = (self._addresses[transport][0], opened.server_address[1])

    def _close(self, transport: str) -> None:
        listener = self._listeners.pop(transport)
        listener.shutdown()
        listener.server_close()
        listener.cut()

    def _open(self, address: tuple[str, int], tls: bool) -> Listener:
        certificate = self._pc.config.state / "winrm.pem"
        context = server_context(certificate, self._pc.name) if tls else None
        listener = Listener(address, self._pc.wsman, self._pc.security, context)
        threading.Thread(target=listener.serve_forever, args=(0.1,), daemon=True).start()
        return listener


class Runtime:
    """One running PC."""

    def __init__(self, pc: Pc, users: Path) -> None:
        self._pc = pc
        programs.install(pc)
        load_users(pc, users)
        self.listeners = Listeners(pc)
        self._samba = Samba(pc)
        self._power = Power(pc, self.listeners, self._samba)
        pc.press = self._power.press
        self._control: socketserver.BaseServer | None = None
        self._stop = threading.Event()
        self._wake = threading.Event()

    def start(self) -> None:
        """Brings everything up; PowerShell is loaded, so that its first use is no slower."""
        import_module("onshi_lab.windows.powershell.host")
        pc = self._pc
        if pc.config.powershell is not None:
            pc.engine()
        if pc.config.dhcp:
            pc.dhcp.enable(pc.config.interface)
        pc.dhcp.start()
        pc.services.hooks["winrm"] = self.listeners.set_running
        pc.listeners_changed = self.listeners.changed
        pc.services.hooks["lanmanserver"] = self._samba.set_running
        pc.shares.changed = self._samba.reload
        pc.accounts.changed = self._accounts_changed
        pc.disk.changed = self._samba.reload
        pc.firewall.apply()
        if pc.services.running("LanmanServer"):
            self._samba.set_running(True)
        if pc.services.running("WinRM"):
            self.listeners.set_running(True)
        pc.dhcp.settle()
        pc.tasks.boot()
        pc.up_again.set()
        self._control = ControlServer(pc.config.state / "control.sock", pc)

    def _accounts_changed(self) -> None:
        self._pc.security.publish()
        self._samba.reload()

    def run(self) -> None:
        """Waits for SIGTERM (stop), SIGUSR1 or a shell's restart (reboot)."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGUSR1, self._on_signal)
        ports = " ".join(str(port) for port in self.listeners.ports)
        sys.stdout.write(f"ready {ports}\n".replace("ready \n", "ready\n"))
        sys.stdout.flush()
        while not self._stop.is_set():
            if self._pc.rebooting.wait(0.2) and not self._stop.is_set():
                self._power.reboot()

    def _on_signal(self, number: int, frame: Any) -> None:  # noqa: ARG002
        if number == signal.SIGUSR1:
            self._pc.up_again.clear()
            self._pc.rebooting.set()
        else:
            self._stop.set()
            self._pc.rebooting.set()

    def stop(self) -> None:
        """Takes everything down."""
        self._pc.dhcp.stop()
        self.listeners.set_running(False)
        self._pc.processes.kill_all()
        self._pc.tasks.stop_timers()
        self._samba.set_running(False)
        self._power.release()
        self._pc.firewall.flush()
        self._pc.stop_engine()
        if self._control is not None:
            self._control.shutdown()
            self._control.server_close()
            (self._pc.config.state / "control.sock").unlink(missing_ok=True)


def set_host_name(name: str) -> None:
    """Gives this process a host name of its own, which NTLM challenges then carry.

    A container has it from the start.
    """
    if system.has_own_files():
        if socket.gethostname() != name:
            raise RuntimeError(f"this container is called {socket.gethostname()}, not {name}")
        return
    import ctypes

    clone_newuts = 0x04000000
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newuts) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    socket.sethostname(name)
