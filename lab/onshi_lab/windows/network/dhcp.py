"""The DHCP client of one adapter: BusyBox's udhcpc, whose events become leases.

Sources: learn.microsoft.com "Dynamic Host Configuration Protocol (DHCP)" and "How to use automatic
TCP/IP addressing without a DHCP server" (169.254.0.0/16 after a few unanswered requests, and the
client goes on asking); MSFT_NetIPAddress (PrefixOrigin). The waits are shortened for the lab:
Windows asks for about a minute, then every five minutes.
"""

import ipaddress
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TRIES, TRY_SECONDS, AGAIN_SECONDS = 5, 1, 10
"""Requests until it gives up, their distance, and how long it then waits. A server that pings an
address before it offers it (dnsmasq) takes three seconds."""

SCRIPT = """#!/bin/sh
echo "$1|$ip|$mask|$router|$dns|$serverid|$lease"
"""
KEEPER = """"$@" </dev/null & client=$!
while read -r word; do kill -USR1 $client; done
kill $client; wait $client"""
"""Ends the client together with the one who holds the pipe, and asks anew at each line from it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What a DHCP server lent; without a server an address that the PC gave itself."""

    ip: str
    prefix_length: int
    gateway: str = ""
    dns: tuple[str, ...] = ()
    server: str = ""
    seconds: int = 0

    @property
    def automatic(self) -> bool:
        """Whether no server answered."""
        return not self.server


def self_given(mac: str) -> Lease:
    """The automatic private address of an adapter, made from its MAC address."""
    last = [int(part, 16) for part in mac.replace("-", ":").split(":")[-2:]]
    return Lease(f"169.254.{last[0]}.{min(max(last[1], 1), 254)}", 16)


def read_event(line: str, mac: str) -> Lease | None:
    """The lease that a line of the script tells of; None for an event without one."""
    event, ip, mask, router, dns, server, seconds = line.strip().split("|")
    if event == "leasefail":
        return self_given(mac)
    if event not in ("bound", "renew"):
        return None
    length = ipaddress.ip_interface(f"{ip}/{mask or 24}").network.prefixlen
    gateway = (router.split() or [""])[0]
    return Lease(ip, length, gateway, tuple(dns.split()), server or "?", int(seconds or 0))


class DhcpClient:
    """A client that runs. `told` hears each lease in a thread of its own."""

    def __init__(self, device: str, mac: str, folder: Path, told: Callable[[Lease], None]) -> None:
        self._mac, self._told = mac, told
        self.settled = threading.Event()
        """Set when the first lease is there, or none was to be had."""
        script = folder / "dhcp-event"
        script.write_text(SCRIPT, encoding="ascii")
        script.chmod(0o700)
        words = [
            *("busybox", "udhcpc", "-f", "-i", device, "-s", str(script)),
            *("-V", "MSFT 5.0", "-t", str(TRIES), "-T", str(TRY_SECONDS)),
            *("-A", str(AGAIN_SECONDS)),
        ]
        self._process = subprocess.Popen(
            ["sh", "-c", KEEPER, "sh", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            lease = read_event(line, self._mac)
            if lease is not None:
                self._told(lease)
                self.settled.set()
        self.settled.set()

    def renew(self) -> None:
        """Asks the server again now."""
        self.settled.clear()
        if self._process.stdin is not None:
            self._process.stdin.write("renew\n")
            self._process.stdin.flush()

    def stop(self) -> None:
        """Ends it without giving the address back, as a PC that is switched off."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)
        self._reader.join(10)
        if self._process.stdout is not None:
            self._process.stdout.close()
