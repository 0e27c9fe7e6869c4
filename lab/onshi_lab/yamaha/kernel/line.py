"""The client side of an interface: router advertisements and DHCPv6, learned over ordinary sockets.

The packets pass the router's own filters, as on the device. Retransmission follows RFC 8415 in
shape; its longest wait is cut to `LONGEST_WAIT` so that a lab recovers soon.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
from collections.abc import Callable
from dataclasses import replace

from onshi_lab.yamaha.machine import Dhcp6State

from . import dhcp6
from .advert import ADVERTISEMENT, parse_advert, solicitation
from .desired import Advert, Client, Delegation, Learned
from .dhcp6 import Message

LONGEST_WAIT = 8.0
"""Seconds between two tries at most."""

IR_REFRESH = 86_400.0
"""Seconds after which an information request is repeated (RFC 8415, IRT_DEFAULT)."""

_ICMP6_FILTER = 1
_SERVERS = "ff02::1:2"
_IAID = 1


class LineClient:
    """Learns on one interface until closed; tells of every change."""

    def __init__(self, client: Client, mac: str, changed: Callable[[], None]) -> None:
        self.client = client
        self.mac = mac
        self.changed = changed
        self.learned = Learned()
        self.state = "init"
        self._icmp = _icmp_socket(client.kernel)
        self._udp = _dhcp_socket(client.kernel)
        self._index = socket.if_nametoindex(client.kernel)
        self._answers: asyncio.Queue[tuple[Message, str]] = asyncio.Queue()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        loop.add_reader(self._icmp, self._advert_came)
        loop.add_reader(self._udp, self._answer_came)

    def link(self, up: bool) -> None:
        """The link came up (start learning anew) or went down (forget: inference)."""
        self._forget()
        if not up:
            return
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._solicit())]
        if self.client.mode:
            self._tasks.append(loop.create_task(self._dhcp()))

    def close(self) -> None:
        """Stop learning."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._icmp)
        loop.remove_reader(self._udp)
        self._stop()
        self._icmp.close()
        self._udp.close()

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for timer in self._timers.values():
            timer.cancel()
        self._tasks, self._timers = [], {}

    def _forget(self) -> None:
        self._stop()
        self.state = "init"
        self._set(Learned())

    def _set(self, learned: Learned) -> None:
        if learned != self.learned:
            self.learned = learned
            self.changed()

    def dhcp_state(self) -> Dhcp6State | None:
        """Where DHCPv6 stands, None where it doesn't run."""
        if not self.client.mode:
            return None
        given = self.learned.delegation
        if given is None:
            return Dhcp6State(self.client.interface, self.state)
        return Dhcp6State(
            self.client.interface,
            "established",
            given.server,
            given.prefix,
            given.t1,
            given.t2,
            given.preferred,
            given.valid,
            given.dns,
            given.domains,
        )

    # -- router advertisements ------------------------------------------------------------------

    async def _solicit(self) -> None:
        """Ask for an advertisement, three times at most, until one comes (RFC 4861 6.3.7)."""
        for pause in (1.0, 2.0, 4.0, 4.0):
            if self.learned.advert is not None:
                return
            with contextlib.suppress(OSError):
                self._icmp.sendto(solicitation(self.mac), ("ff02::2", 0, 0, self._index))
            await asyncio.sleep(pause)

    def _advert_came(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            data, ancillary, _, source = self._icmp.recvmsg(4096, 256)
            hops = [struct.unpack("i", value)[0] for _, _, value in ancillary if len(value) == 4]
            if hops == [255]:
                self._take_advert(parse_advert(data, str(source[0]).partition("%")[0]))

    def _take_advert(self, advert: Advert) -> None:
        """Keep an advertisement until its lifetimes end; zero lifetimes end it now."""
        if not advert.router_lifetime and not advert.prefix:
            self._set(replace(self.learned, advert=None))
            return
        self._expire("router", advert.router_lifetime, self._router_gone)
        if advert.prefix:
            self._expire("prefix", advert.valid, self._prefix_gone)
        self._set(replace(self.learned, advert=advert))

    def _expire(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        if 0 < seconds < 0xFFFFFFFF:
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(seconds, action)

    def _router_gone(self) -> None:
        if self.learned.advert is not None:
            self._set(replace(self.learned, advert=replace(self.learned.advert, router_lifetime=0)))

    def _prefix_gone(self) -> None:
        if self.learned.advert is not None:
            self._set(replace(self.learned, advert=replace(self.learned.advert, prefix="")))

    # -- DHCPv6 ---------------------------------------------------------------------------------

    def _answer_came(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            data, source = self._udp.recvfrom(4096)
            message = dhcp6.decode(data)
            if message.client == dhcp6.duid(self.mac):
                self._answers.put_nowait((message, str(source[0]).partition("%")[0]))

    async def _dhcp(self) -> None:
        """Run DHCPv6 for as long as the link is up."""
        while True:
            if self.client.mode == "ir":
                await self._inform()
                await asyncio.sleep(IR_REFRESH)
            else:
                await self._delegate()

    def _message(self, kind: int) -> Message:
        return Message(
            kind,
            secrets.randbelow(1 << 24),
            client=dhcp6.duid(self.mac),
            asks=(dhcp6.DNS_SERVERS, dhcp6.DOMAIN_LIST),
        )

    async def _inform(self) -> None:
        self.state = "information request"
        answer, source = await self._exchange(self._message(dhcp6.INFORMATION_REQUEST), dhcp6.REPLY)
        self._give(answer, source)

    async def _delegate(self) -> None:
        """Solicit, request, then renew until the prefix ends."""
        self.state = "solicit"
        solicit = replace(self._message(dhcp6.SOLICIT), wants_prefix=_IAID)
        offer, _ = await self._exchange(solicit, dhcp6.ADVERTISE)
        if offer.prefix is None:
            await asyncio.sleep(LONGEST_WAIT)
            return
        self.state = "request"
        request = replace(
            self._message(dhcp6.REQUEST),
            wants_prefix=_IAID,
            server=offer.server,
            prefix=offer.prefix,
        )
        answer, source = await self._exchange(request, dhcp6.REPLY, patience=30.0)
        while answer.prefix is not None:
            self._give(answer, source)
            await asyncio.sleep(answer.prefix.t1)
            left = float(answer.prefix.valid - answer.prefix.t1)
            renew = replace(
                request,
                kind=dhcp6.RENEW,
                prefix=answer.prefix,
                transaction=secrets.randbelow(1 << 24),
            )
            answer, source = await self._exchange(renew, dhcp6.REPLY, patience=left)
        self._set(replace(self.learned, delegation=None))

    async def _exchange(
        self, message: Message, wanted: int, patience: float = float("inf")
    ) -> tuple[Message, str]:
        """Send until the wanted answer comes; an empty one when patience (in seconds) runs out."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + patience
        wait = 1.0
        while loop.time() < ends:
            with contextlib.suppress(OSError):
                self._udp.sendto(dhcp6.encode(message), (_SERVERS, 547, 0, self._index))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait, max(0.1, ends - loop.time()))):
                    while True:
                        answer, source = await self._answers.get()
                        if answer.kind == wanted and answer.transaction == message.transaction:
                            return answer, source
            wait = min(LONGEST_WAIT, wait * 2)
        return Message(wanted, message.transaction), ""

    def _give(self, answer: Message, source: str) -> None:
        prefix = answer.prefix
        given = Delegation(source, dns=answer.dns, domains=answer.domains)
        if prefix is not None:
            given = replace(
                given,
                prefix=prefix.network,
                t1=prefix.t1,
                t2=prefix.t2,
                preferred=prefix.preferred,
                valid=prefix.valid,
            )
        self.state = "established"
        self._set(replace(self.learned, delegation=given))


def _icmp_socket(device: str) -> socket.socket:
    """A raw socket that gets router advertisements only."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    blocked = bytearray(b"\xff" * 32)
    blocked[ADVERTISEMENT // 8] &= ~(1 << (ADVERTISEMENT % 8)) & 0xFF
    sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, bytes(blocked))
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    return sock


def _dhcp_socket(device: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    sock.bind(("::", 546))
    return sock
