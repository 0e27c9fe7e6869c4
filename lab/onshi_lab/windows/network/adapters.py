"""Which adapters of the PC ask for their IPv4 address, and the clients that do it."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from onshi_lab.windows.network.dhcp import DhcpClient, Lease
from onshi_lab.windows.network.model import IPV4
from onshi_lab.windows.network.stack import NetworkStack

SETTLE_SECONDS = 30.0
"""So long a PC's start waits for its address, on a machine that is busy."""


class Dhcp:
    """The DHCP clients of a PC; `changed` hears that an address came or went."""

    def __init__(self, network: NetworkStack, folder: Path, changed: Callable[[], None]) -> None:
        self._network, self._folder, self._changed = network, folder, changed
        self._clients: dict[int, DhcpClient] = {}
        self._lock = threading.Lock()
        self._until: dict[int, float] = {}

    def enable(self, device: str) -> None:
        """Makes an adapter ask, unless it was told otherwise before."""
        for item in self._network.interfaces():
            if (
                item.device == device
                and self._network.setting(item.index, IPV4, "Dhcp", None) is None
            ):
                self._network.set_setting(item.index, IPV4, "Dhcp", 1)

    def start(self, *, keep: bool = False) -> None:
        """Starts the client of every adapter that asks, and follows whom that changes for.

        `keep`: it uses the address that it has until it hears of another.
        """
        self._network.dhcp_switched = self._switched
        for item in self._network.interfaces():
            if not item.loopback and self._network.uses_dhcp(item.index):
                self._begin(item.index, keep=keep)

    def settle(self) -> None:
        """Waits until every client has an address, be it one that it gave itself."""
        for client in list(self._clients.values()):
            client.settled.wait(SETTLE_SECONDS)

    def renew(self) -> None:
        """Asks again, and waits for what comes of it."""
        for client in list(self._clients.values()):
            client.renew()
        self.settle()

    def stop(self) -> None:
        """Ends every client; the addresses stay."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.stop()

    def _switched(self, index: int, on: bool) -> None:
        if on:
            self._begin(index)
            self.settle()
            return
        with self._lock:
            client = self._clients.pop(index, None)
        if client is not None:
            client.stop()
        self._network.take_lease(index, None)

    def _begin(self, index: int, *, keep: bool = False) -> None:
        item = self._network.interface(index=index)
        if not keep:
            self._network.begin_dhcp(index)
        with self._lock:
            self._clients[index] = DhcpClient(
                item.device, item.mac, self._folder, lambda lease: self._told(index, lease)
            )

    def _told(self, index: int, lease: Lease) -> None:
        if lease.automatic and self._lasts(index):
            return
        self._until[index] = time.monotonic() + lease.seconds
        if lease != self._network.leases.get(index):
            self._network.take_lease(index, lease)
            self._changed()

    def _lasts(self, index: int) -> bool:
        """Whether the lease in use may still be used: not run out, and its gateway answers.

        Source: learn.microsoft.com, "How to use automatic TCP/IP addressing without a DHCP server".
        """
        lease = self._network.leases.get(index)
        if lease is None or not lease.gateway or time.monotonic() > self._until.get(index, 0.0):
            return False
        asked = ["ping", "-n", "-c", "1", "-W", "1", lease.gateway]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0
