"""What a test can see of a lab from inside one of its nodes: plain sockets and hand-made packets.

Sockets are opened while the thread is inside the namespace and keep belonging to it.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.query

from onshi_lab import engine, inventory, state
from onshi_lab.addresses import WEST
from onshi_lab.engine import Order
from onshi_lab.kernel import namespaces, network
from onshi_lab.site import Site

ROUTER = (sys.executable, str(Path(__file__).parent / "placeholder_router.py"))
CENTER_RESOLVERS = WEST.center_resolvers
SERVICE = {service.name: service for service in WEST.services}
INVENTORY = Path(__file__).parents[3] / "inventory"
QUIET_S = 0.7

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that is up, with a laptop whose line leg has addresses."""

    name: str
    site: str

    def namespace(self, node: str) -> str:
        return f"{self.name}-{node}"

    def run(self, node: str, *argv: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
        command = ("ip", "netns", "exec", self.namespace(node), *argv)
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)

    def links(self, node: str) -> dict[str, str]:
        return network.link_states(self.namespace(node))


def demo(site: str) -> Site:
    """A demo site as it really is."""
    return inventory.load_site(INVENTORY, site)


def order(site: str, router: tuple[str, ...] = ROUTER) -> Order:
    """A demo site with the placeholder router."""
    return Order(INVENTORY, site, router_command=router)


def raised(name: str, site: str) -> Lab:
    """A new lab with the placeholder router; its laptop is made a host of the line, too."""
    engine.up(name, order(site))
    lab = Lab(name, site)
    prefix = demo(site).advertised_prefix.network_address
    for words in (
        ("address", "add", "fe80::99/64", "dev", "line0"),
        ("address", "add", f"{prefix}99/64", "dev", "line0"),
        ("route", "replace", "default", "via", "fe80::1", "dev", "line0"),
    ):
        done = lab.run("laptop", "ip", "-6", *words)
        assert done.returncode == 0, done.stderr
    return lab


def lab_of(site: str) -> Iterator[Lab]:
    """The body of a fixture: a lab that is taken down afterwards."""
    name = f"e{os.getpid()}{site[5]}"
    try:
        yield raised(name, site)
    finally:
        engine.down(name)


def eventually(look: Callable[[], T], good: Callable[[T], bool], timeout_s: float = 60) -> T:
    """Look again and again until it is good; each look waits by itself."""
    deadline = time.monotonic() + timeout_s
    while not good(seen := look()):
        if time.monotonic() > deadline:
            break
    return seen


def comes(look: Callable[[], T]) -> T:
    """The answer that must come: a daemon that a busy machine holds up is asked again."""
    return eventually(look, bool)


# Packets on a cable


def packets(lab: Lab, node: str, interface: str, send: bytes, seconds: float) -> Iterator[bytes]:
    """Send one frame and yield those that arrive within the time, read late or not."""
    with namespaces.inside(lab.namespace(node)):
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    with tap:
        tap.bind((interface, 3))
        source = tap.getsockname()[4]
        tap.send(send.replace(b"<-mac>", source))
        deadline = time.monotonic() + seconds
        while select.select([tap], [], [], max(0.0, deadline - time.monotonic()))[0]:
            frame, where = tap.recvfrom(65535)
            if where[2] != socket.PACKET_OUTGOING:
                yield frame


@dataclass(frozen=True, slots=True)
class Advertisement:
    source: str
    flags: int
    prefixes: tuple[str, ...]


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _solicitation(source: str) -> bytes:
    """A router solicitation (RFC 4861 4.1); radvd answers it to its sender alone."""
    here, routers = (socket.inet_pton(socket.AF_INET6, text) for text in (source, "ff02::2"))
    body = struct.pack("!BBHI", 133, 0, 0, 0)
    pseudo = here + routers + struct.pack("!II", len(body), 58)
    body = struct.pack("!BBHI", 133, 0, _checksum(pseudo + body), 0)
    header = struct.pack("!IHBB", 0x60000000, len(body), 58, 255) + here + routers
    return bytes.fromhex("333300000002") + b"<-mac>" + b"\x86\xdd" + header + body


def advertisements(
    lab: Lab, node: str = "laptop", interface: str = "line0", *, first: bool = False
) -> dict[str, Advertisement]:
    """Who answers a router solicitation, by source address; `first` stops at the first one."""
    found: dict[str, Advertisement] = {}
    source = link_local(lab, node, interface)
    for frame in packets(lab, node, interface, _solicitation(source), QUIET_S):
        if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 134:
            seen = _advertisement(frame)
            found[seen.source] = seen
            if first:
                break
    return found


def link_local(lab: Lab, node: str, interface: str) -> str:
    """The link-local address of an interface."""
    shown = lab.run(node, "ip", "-6", "-o", "address", "show", "dev", interface, "scope", "link")
    return shown.stdout.split("inet6 ")[1].split("/")[0]


def _advertisement(frame: bytes) -> Advertisement:
    prefixes, options = [], frame[70:]
    while len(options) >= 8 and options[1]:
        length = options[1] * 8
        # Prefixes with preferred lifetime 0 are the deprecated ones (RFC 4861 4.6.2).
        if options[0] == 3 and options[8:12] != bytes(4):
            address = socket.inet_ntop(socket.AF_INET6, options[16:32])
            prefixes.append(f"{address}/{options[2]}")
        options = options[length:]
    source = socket.inet_ntop(socket.AF_INET6, frame[22:38])
    return Advertisement(source, frame[59] & 0xC0, tuple(prefixes))


def arp_answers(lab: Lab, node: str, interface: str, address: str) -> set[bytes]:
    """Which hardware addresses claim an IPv4 address (an ARP probe, RFC 5227)."""
    target = socket.inet_aton(address)
    head = b"\xff" * 6 + b"<-mac>" + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 1)
    probe = head + b"<-mac>" + bytes(4) + bytes(6) + target
    return {
        frame[22:28]
        for frame in packets(lab, node, interface, probe, 0.4)
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == target
    }


def dhcp_offers(lab: Lab, node: str, interface: str) -> set[str]:
    """Which DHCPv4 servers offer an address (RFC 2131)."""
    discover = struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x0DD, 0, 0x8000) + bytes(16)
    discover += b"\x02\0\0\0\0\x77" + bytes(10) + bytes(192) + bytes.fromhex("63825363350101ff")
    with namespaces.inside(lab.namespace(node)):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        client.bind(("", 68))
        client.sendto(discover, ("255.255.255.255", 67))
        offers = set()
        while select.select([client], [], [], 0.5)[0]:
            offers.add(client.recvfrom(2048)[1][0])
        return offers


# Services


def query(
    lab: Lab,
    name: str,
    server: str = CENTER_RESOLVERS[0],
    *,
    edns: bool = True,
    tcp: bool = False,
    node: str = "laptop",
) -> dns.message.Message | None:
    """A resolver's answer to an AAAA question; None when there is none."""
    question = dns.message.make_query(name, "AAAA", use_edns=0 if edns else False, payload=1232)
    ask = dns.query.tcp if tcp else dns.query.udp
    try:
        with namespaces.inside(lab.namespace(node)):
            return ask(question, server, timeout=0.6)
    except (dns.exception.Timeout, OSError):
        return None


def connection(address: str, port: int) -> socket.socket | None:
    """A TCP connection from where this thread is; None when there is none."""
    try:
        return socket.create_connection((address, port), 5)
    except OSError:
        return None


def tcp_opens(lab: Lab, node: str, address: str, port: int, timeout: float = 0.6) -> bool:
    """Whether a TCP connection is accepted."""
    try:
        with namespaces.inside(lab.namespace(node)):
            socket.create_connection((address, port), timeout).close()
    except OSError:
        return False
    return True


def trust(lab: Lab, *, client: bool) -> ssl.SSLContext:
    """A TLS context that trusts the lab's authority and, if asked, has its client certificate."""
    directory = state.directory(lab.name)
    context = ssl.create_default_context(cafile=str(directory / "pki" / "server-ca.pem"))
    if client:
        secrets = state.load_secrets(lab.name)
        bundle = directory / "bundle-for-test.pem"
        bundle.touch(mode=0o600)
        bundle.write_text(secrets[f"{lab.site}/client-certificate"])
        context.load_cert_chain(bundle)
        bundle.unlink()
    return context


def https(lab: Lab, name: str, *, client: bool = False) -> tuple[int, str]:
    """Status and body of an HTTPS page; status 0 when there is no connection."""
    context = trust(lab, client=client)
    try:
        with namespaces.inside(lab.namespace("laptop")):
            raw = socket.create_connection((SERVICE[name].addresses[0], 443), 1)
        connection = http.client.HTTPSConnection(name, context=context)
        connection.sock = context.wrap_socket(raw, server_hostname=name)
        connection.request("GET", "/")
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return 0, ""


def http_get(lab: Lab, node: str, address: str, path: str = "/") -> bytes:
    """The body of a plain HTTP page; empty when there is no connection."""
    try:
        with namespaces.inside(lab.namespace(node)):
            raw = socket.create_connection((address, 80), 0.6)
        connection = http.client.HTTPConnection("host")
        connection.sock = raw
        connection.request("GET", path)
        return connection.getresponse().read()
    except OSError:
        return b""


def ntp_stratum(lab: Lab) -> int:
    """The stratum that the center's NTP server tells (RFC 5905); 0 when it is silent."""
    address = SERVICE["ntp.base.oqs-pdl.org"].addresses[0]
    with namespaces.inside(lab.namespace("laptop")):
        client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with client:
        client.settimeout(0.6)
        try:
            client.connect((address, 123))
            client.send(b"\x23" + bytes(47))
            return client.recv(512)[1]
        except OSError:
            return 0


def proxy_status(lab: Lab, target: str) -> str:
    """The proxy's status line for a CONNECT; empty when it refuses the connection."""
    address = SERVICE["proxy.base.oqs-pdl.org"].addresses[0]
    try:
        with namespaces.inside(lab.namespace("laptop")):
            raw = socket.create_connection((address, 8080), 0.6)
        with raw:
            raw.sendall(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
            return raw.recv(512).split(b"\r\n")[0].decode()
    except OSError:
        return ""


def ping(lab: Lab, size: int = 56, count: int = 1, node: str = "laptop") -> int:
    """How many echo requests of a payload size to the center are answered."""
    words = ("-q", "-c", str(count), "-i", "0.002", "-W", "0.5", "-s", str(size))
    done = lab.run(node, "ping", "-M", "do", *words, CENTER_RESOLVERS[0])
    return int(done.stdout.split(" received")[0].rsplit(" ", 1)[-1]) if done.stdout else 0
