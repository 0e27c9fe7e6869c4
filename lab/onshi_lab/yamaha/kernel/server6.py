"""A DHCPv6 server for information requests (RTX reference 30.2.5: a server always answers them)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from . import dhcp6
from .desired import Server6
from .dhcp6 import Message


class InformationServer:
    """Answers on one interface until closed."""

    def __init__(self, server: Server6, mac: str) -> None:
        self.server = server
        self.mac = mac
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        device = server.interface
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self._socket.bind(("::", 547))
        group = socket.inet_pton(socket.AF_INET6, "ff02::1:2")
        membership = group + struct.pack("@I", socket.if_nametoindex(device))
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
        asyncio.get_running_loop().add_reader(self._socket, self._request_came)

    def _request_came(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            data, source = self._socket.recvfrom(4096)
            request = dhcp6.decode(data)
            if request.kind == dhcp6.INFORMATION_REQUEST:
                self._socket.sendto(dhcp6.encode(self._answer(request)), source)

    def _answer(self, request: Message) -> Message:
        return Message(
            dhcp6.REPLY,
            request.transaction,
            client=request.client,
            server=dhcp6.duid(self.mac),
            dns=self.server.dns,
            domains=self.server.domains,
        )

    def close(self) -> None:
        """Stop answering."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
