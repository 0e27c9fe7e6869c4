"""The neighbour proxy of an RA proxy: who asks on the line for an inner host is answered there.

Line and inner interface share one /64, so the line asks for inner hosts as if they were on it (RFC
4389 has the idea). Every question is put to the inner interface, and the router answers for a host
only when the host itself answers: each asker gets its own answer, and nothing is remembered. (The
daemon ndppd 0.2.5 remembers who asked first and for 20 s answers nobody else.)
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import ipaddress
import socket
import struct

from .desired import Proxied

SOLICITATION, ADVERTISEMENT = 135, 136
PATIENCE = 3.0
"""Seconds for which an asker is remembered: as long as it asks by itself (RFC 4861, 10)."""

_ETH_P_IPV6, _SOL_PACKET, _ADD_MEMBERSHIP, _ALL_MULTICAST = 0x86DD, 263, 1, 2
_SO_ATTACH_FILTER, _ICMP6_FILTER = 26, 1
_SOURCE_LINK, _TARGET_LINK = 1, 2
_ROUTER_SOLICITED_OVERRIDE = 0xE0000000
_ROUTER_OVERRIDE = 0xA0000000

# Classic BPF on the IPv6 header: next header is ICMPv6, its type is a solicitation.
_ONLY_SOLICITATIONS = (
    (0x30, 0, 0, 6),
    (0x15, 0, 3, socket.IPPROTO_ICMPV6),
    (0x30, 0, 0, 40),
    (0x15, 0, 1, SOLICITATION),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


class NeighbourProxy:
    """Answers on one line for the hosts of one inner interface, until closed."""

    def __init__(self, proxied: Proxied, macs: tuple[str, str]) -> None:
        """Takes the MAC addresses of line and inner interface; OSError when one is missing."""
        self.proxied = proxied
        self._network = ipaddress.IPv6Network(proxied.network)
        self._macs = tuple(bytes.fromhex(mac.replace(":", "")) for mac in macs)
        self._asking: dict[bytes, dict[bytes, asyncio.TimerHandle]] = {}
        with contextlib.ExitStack() as opened:
            self._heard = opened.enter_context(_listening_socket(proxied.line))
            self._line = opened.enter_context(_icmp_socket(proxied.line))
            self._inner = opened.enter_context(_icmp_socket(proxied.inner, ADVERTISEMENT))
            self._scopes = tuple(map(socket.if_nametoindex, (proxied.line, proxied.inner)))
            self._open = opened.pop_all()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._heard, self._solicited)
        loop.add_reader(self._inner, self._advertised)

    def close(self) -> None:
        """Stop answering."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._heard)
        loop.remove_reader(self._inner)
        for askers in self._asking.values():
            for timer in askers.values():
                timer.cancel()
        self._asking.clear()
        self._open.close()

    def _solicited(self) -> None:
        """Somebody on the line asks: ask inside."""
        with contextlib.suppress(OSError):
            packet, where = self._heard.recvfrom(2048)
            if where[2] == socket.PACKET_OUTGOING or len(packet) < 64 or packet[7] != 255:
                return
            asker, target = packet[8:24], packet[48:64]
            if ipaddress.IPv6Address(target) in self._network:
                self._remember(asker, target)
                body = b"\0\0\0\0" + target + _link_option(_SOURCE_LINK, self._macs[1])
                group = b"\xff\x02" + bytes(9) + b"\x01\xff" + target[13:]
                self._send(self._inner, self._scopes[1], SOLICITATION, body, group)

    def _remember(self, asker: bytes, target: bytes) -> None:
        askers = self._asking.setdefault(target, {})
        if asker in askers:
            askers[asker].cancel()
        loop = asyncio.get_running_loop()
        askers[asker] = loop.call_later(PATIENCE, self._forget, asker, target)

    def _forget(self, asker: bytes, target: bytes) -> None:
        askers = self._asking.get(target, {})
        askers.pop(asker, None)
        if not askers:
            self._asking.pop(target, None)

    def _advertised(self) -> None:
        """An inner host says that it is there: tell everyone who asked for it."""
        with contextlib.suppress(OSError):
            data = self._inner.recv(2048)
            if len(data) < 24:
                return
            target = data[8:24]
            for asker, timer in self._asking.pop(target, {}).items():
                timer.cancel()
                self._answer(asker, target)

    def _answer(self, asker: bytes, target: bytes) -> None:
        """An advertisement; who checks for duplicates has no address yet and hears the group."""
        known = any(asker)
        flags = _ROUTER_SOLICITED_OVERRIDE if known else _ROUTER_OVERRIDE
        body = struct.pack("!I", flags) + target + _link_option(_TARGET_LINK, self._macs[0])
        destination = asker if known else socket.inet_pton(socket.AF_INET6, "ff02::1")
        self._send(self._line, self._scopes[0], ADVERTISEMENT, body, destination)

    def _send(
        self, by: socket.socket, scope: int, kind: int, body: bytes, destination: bytes
    ) -> None:
        """The kernel fills in checksum and source."""
        text = socket.inet_ntop(socket.AF_INET6, destination)
        with contextlib.suppress(OSError):
            by.sendto(struct.pack("!BBH", kind, 0, 0) + body, (text, 0, 0, scope))


def _link_option(kind: int, mac: bytes) -> bytes:
    return bytes((kind, 1)) + mac


def _listening_socket(device: str) -> socket.socket:
    """Hears every solicitation on the line, also those for groups that the kernel hasn't joined."""
    # Opened deaf: between opening and binding it would hear every interface (packet(7)).
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    try:
        sock.setblocking(False)
        code = b"".join(struct.pack("HBBI", *step) for step in _ONLY_SOLICITATIONS)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HP", len(_ONLY_SOLICITATIONS), ctypes.addressof(buffer))
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        groups = struct.pack("iHH8s", socket.if_nametoindex(device), _ALL_MULTICAST, 0, b"")
        sock.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, groups)
        sock.bind((device, _ETH_P_IPV6))
    except OSError:
        sock.close()
        raise
    return sock


def _icmp_socket(device: str, takes: int | None = None) -> socket.socket:
    """A raw socket of an interface that receives one type of message, or none."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    try:
        blocked = bytearray(b"\xff" * 32)
        if takes is not None:
            blocked[takes // 8] &= ~(1 << (takes % 8)) & 0xFF
        sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, bytes(blocked))
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
    except OSError:
        sock.close()
        raise
    return sock
