"""Sockets that are opened once and shared by all questions.

Raw frames of an interface, ICMP of an interface.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from onshi_net.facts.outcome import Outcome
from onshi_net.probe import frames
from onshi_net.probe.clock import Clock
from onshi_net.probe.protocol import WITHOUT_RAW, Answer

ETH_P_ALL, SOL_PACKET, ADD_MEMBERSHIP, MR_ALLMULTI, SIOCGIFHWADDR = 3, 263, 1, 2, 0x8927
IGNORE_OUTGOING = 23
BUFFER = 1 << 22
"""Bytes of the kernel's queue of a leg, as far as the machine allows (`net.core.rmem_max`)."""
AT_ONCE = 32
"""Packets that are read before others in this process get their turn: a flood must not hold them,
nor the end of what they wait for."""
QUEUE = 1024
"""Packets that wait for one listener; what is more in a flood is lost, as in the kernel's queue."""
READ_TYPES = (b"\x08\x00", b"\x08\x06", b"\x86\xdd")
LONGEST_SEGMENT = 120
"""Longer TCP frames carry data and are nobody's answer to a SYN.

Not dissecting them keeps up with traffic.
"""


class CannotAsk(Exception):
    """Raised when a question can't be asked.

    `code` becomes the answer's detail with outcome `error`.
    """

    def __init__(self, code: str) -> None:
        """Keeps the code."""
        super().__init__(code)
        self.code = code


def cannot(error: OSError) -> CannotAsk:
    """Answers the code of a system error that says that nothing could be sent."""
    if isinstance(error, PermissionError):
        return CannotAsk("without-raw" if WITHOUT_RAW in sys.argv else "no-rights")
    names = {19: "no-such-interface", 99: "no-such-address", 100: "interface-down"}
    names |= {101: "no-route", 113: "no-route", 90: "larger-than-interface"}
    return CannotAsk(names.get(error.errno or 0, f"os-{error.errno}"))


class Leg:
    """Raw Ethernet frames of one interface."""

    def __init__(self, interface: str, clock: Clock) -> None:
        """Opens the socket. Raises CannotAsk."""
        self.interface = interface
        self.clock = clock
        self.looped = 0
        """Own frames that came back: a sign of a loop behind this interface."""
        self._listeners: set[asyncio.Queue[Any]] = set()
        self._own: Counter[str] = Counter()
        try:
            self._socket = _packet_socket(interface)
            raw = fcntl.ioctl(self._socket, SIOCGIFHWADDR, struct.pack("256s", interface.encode()))
        except OSError as error:
            raise cannot(error) from None
        self.mac = raw[18:24].hex(":")
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def close(self) -> None:
        """Closes the socket."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def send(self, frame: bytes) -> None:
        """Sends one frame. Raises CannotAsk."""
        try:
            self._socket.send(frame)
        except OSError as error:
            raise cannot(error) from None

    @contextmanager
    def hearing(self) -> Iterator[asyncio.Queue[Any]]:
        """Gives a queue of the packets that arrive while the block runs."""
        queue: asyncio.Queue[Any] = asyncio.Queue(QUEUE)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    @contextmanager
    def owning(self, address: str) -> Iterator[None]:
        """Answers neighbor solicitations for `address` while the block runs."""
        self._own[address] += 1
        try:
            yield
        finally:
            self._own[address] -= 1
            self._own += Counter()

    def _receive(self) -> None:
        with suppress(BlockingIOError, OSError):
            for _ in range(AT_ONCE):
                self._take(self._socket.recv(65536))

    def _take(self, frame: bytes) -> None:
        if frame[6:12].hex(":") == self.mac:
            self.looped += 1
            return
        if not (self._listeners or self._own) or frame[12:14] not in READ_TYPES or _has_data(frame):
            return
        packet = frames.read(frame)
        if self._own and (reply := frames.claim(packet, self.mac, set(self._own))) is not None:
            with suppress(CannotAsk):
                self.send(reply)
        for queue in self._listeners:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(packet)


def _packet_socket(interface: str) -> socket.socket:
    # Opened deaf: between opening and binding it would hear every interface (packet(7)), and the
    # answer of one leg would pass for a stranger's on another.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        opened.setblocking(False)
        # Before it hears anything: a frame that leaves is no frame that came back.
        opened.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
        # What arrives while this process can't run must still be there when it can.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        opened.bind((interface, ETH_P_ALL))
        # Neighbor solicitations for an address that only the probe has arrive on a group that the
        # kernel has not joined (packet(7), PACKET_MR_ALLMULTI).
        request = struct.pack("iHH8s", socket.if_nametoindex(interface), MR_ALLMULTI, 0, b"")
        opened.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, request)
    except OSError:
        opened.close()
        raise
    return opened


def _has_data(frame: bytes) -> bool:
    protocol = frame[20] if frame[12:14] == b"\x86\xdd" else frame[23]
    return len(frame) > LONGEST_SEGMENT and protocol == socket.IPPROTO_TCP


@dataclass(frozen=True, slots=True)
class Pong:
    """What came back for one echo request: `reply`, `too-big`, `unreachable` or `exceeded`.

    `took_s` is by the kernel's clock at arrival: how busy this process is does not show in it.
    """

    kind: str
    source: str
    took_s: float
    mtu: int | None = None


ICMP_ERRORS = {
    socket.AF_INET6: {1: "unreachable", 2: "too-big", 3: "exceeded"},
    socket.AF_INET: {3: "unreachable", 11: "exceeded"},
}
REQUEST = {socket.AF_INET6: 128, socket.AF_INET: 8}
REPLY = {socket.AF_INET6: 129, socket.AF_INET: 0}
HEADER = {socket.AF_INET6: 40, socket.AF_INET: 20}
"""Bytes of the IP header in front of ICMP."""
PMTUDISC_PROBE = 3
IPV6_MTU_DISCOVER, IPV6_DONTFRAG, IP_MTU_DISCOVER = 23, 62, 10
TIMESTAMPNS = 35


class Pinger:
    """ICMP or ICMPv6 echo of one interface (or of any, for '')."""

    def __init__(self, family: socket.AddressFamily, interface: str, clock: Clock) -> None:
        """Opens the socket. Raises CannotAsk."""
        self.family = family
        self._clock = clock
        self._number = int.from_bytes(os.urandom(2), "big")
        self._sequence = 0
        self._waiting: dict[int, tuple[asyncio.Future[Pong], float]] = {}
        try:
            self._socket = _icmp_socket(family, interface)
        except OSError as error:
            raise cannot(error) from None
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def close(self) -> None:
        """Closes the socket."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    async def ping(self, target: str, size: int, hop_limit: int, within_s: float) -> Pong | None:
        """Sends one echo request of `size` bytes, IP header included, unfragmented.

        None: nothing came back.

        Raises CannotAsk where it can't be sent.
        """
        self._sequence = sequence = (self._sequence + 1) % 65536
        future: asyncio.Future[Pong] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = (future, time.time())
        try:
            self._send(target, sequence, size, hop_limit)
            return await self._clock.within(future, within_s)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(sequence, None)

    def _send(self, target: str, sequence: int, size: int, hop_limit: int) -> None:
        body = struct.pack("!BBHHH", REQUEST[self.family], 0, 0, self._number, sequence)
        body += bytes(max(0, size - HEADER[self.family] - len(body)))
        level, kind = socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT
        if self.family == socket.AF_INET:
            body = body[:2] + struct.pack("!H", _checksum(body)) + body[4:]
            level, kind = socket.IPPROTO_IP, socket.IP_TTL
        try:
            self._socket.sendmsg(
                [body], [(level, kind, struct.pack("i", hop_limit))], 0, (target, 0)
            )
        except OSError as error:
            raise cannot(error) from None

    def _receive(self) -> None:
        with suppress(BlockingIOError, OSError):
            for _ in range(AT_ONCE):
                packet, ancillary, _, where = self._socket.recvmsg(65536, 64)
                self._take(packet, where[0].partition("%")[0], _arrival(ancillary))

    def _take(self, packet: bytes, source: str, at: float) -> None:
        if self.family == socket.AF_INET:
            packet = packet[(packet[0] & 15) * 4 :]
        kind, quoted = "reply", packet
        if packet[0] != REPLY[self.family]:
            error = ICMP_ERRORS[self.family].get(packet[0])
            if error is None:
                return
            kind, quoted = error, packet[8 + HEADER[self.family] :]
        if len(quoted) < 8:
            return
        number, sequence = struct.unpack("!HH", quoted[4:8])
        future, sent = self._waiting.get(sequence, (None, 0.0))
        if number == self._number and future is not None and not future.done():
            future.set_result(self._pong(kind, source, packet, max(0.0, at - sent)))

    def _pong(self, kind: str, source: str, packet: bytes, took_s: float) -> Pong:
        if kind == "too-big":
            return Pong(kind, source, took_s, struct.unpack("!I", packet[4:8])[0])
        if self.family == socket.AF_INET and kind == "unreachable" and packet[1] == 4:
            return Pong("too-big", source, took_s, struct.unpack("!H", packet[6:8])[0])
        return Pong(kind, source, took_s)


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Answers when the kernel took a packet in, in seconds since 1970 (socket(7), SO_TIMESTAMP)."""
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", value)
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _icmp_socket(family: socket.AddressFamily, interface: str) -> socket.socket:
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    opened = socket.socket(family, socket.SOCK_RAW, protocol)
    try:
        opened.setblocking(False)
        bind_to(opened, interface)
        opened.setsockopt(socket.SOL_SOCKET, TIMESTAMPNS, 1)
        # Neither fragment nor heed the kernel's remembered path MTU (ip(7), IP_PMTUDISC_PROBE).
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE)
            opened.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)
        else:
            opened.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE)
    except OSError:
        opened.close()
        raise
    return opened


def bind_to(opened: socket.socket, interface: str) -> None:
    """Makes a socket use one interface only; '' leaves the choice to the kernel."""
    if interface:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())


def _checksum(body: bytes) -> int:
    """Computes the Internet checksum (RFC 1071)."""
    body += b"\0" * (len(body) % 2)
    total: int = sum(struct.unpack(f"!{len(body) // 2}H", body))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Net:
    """The open legs and pingers of this process, and its clock."""

    def __init__(self) -> None:
        """Starts with none open."""
        self.clock = Clock()
        self.resolving: dict[tuple[str, str, str], asyncio.Future[str]] = {}
        """The searches for a next hop that are under way: interface, address, own address."""
        self._legs: dict[str, Leg] = {}
        self._pingers: dict[tuple[socket.AddressFamily, str], Pinger] = {}

    def leg(self, interface: str) -> Leg:
        """Gives the leg of an interface, opening it the first time. Raises CannotAsk."""
        if interface not in self._legs:
            self._legs[interface] = Leg(interface, self.clock)
        return self._legs[interface]

    def pinger(self, target: str, interface: str) -> Pinger:
        """Gives the pinger for a target's family and an interface. Raises CannotAsk."""
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        if (family, interface) not in self._pingers:
            self._pingers[family, interface] = Pinger(family, interface, self.clock)
        return self._pingers[family, interface]

    def close(self) -> None:
        """Closes everything."""
        self.clock.stop()
        for leg in self._legs.values():
            leg.close()
        for pinger in self._pingers.values():
            pinger.close()


def error_of(reason: CannotAsk) -> Answer:
    """Answers the error that a question ends with when it can't be asked."""
    return Answer(Outcome.ERROR, reason.code)
