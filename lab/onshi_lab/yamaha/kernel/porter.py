"""Who knocks at the router's own ports is answered as its configuration says: real sockets.

A listener stands for the service behind it, and does as much of it as tells an open port from a
closed one: Telnet asks for a password and takes none, HTTP asks for a login, TFTP refuses access,
SNMP knows no object, SNTP tells the time. Who may not come in finds nobody (RTX reference 4.40).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping

from onshi_lab.yamaha.doors import Door, admitted, communities, doors
from onshi_lab.yamaha.hosts import host_allowed
from onshi_lab.yamaha.store import EMPTY, Config

_NTP_EPOCH = 2_208_988_800
_ANY = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}
_WAIT_S = 10.0


class Porter:
    """The listening sockets of the router's services, SSH and DNS left out."""

    def __init__(self) -> None:
        self.config = EMPTY
        self.names: Mapping[str, str] = {}
        """Kernel interface -> router interface."""
        self.open: dict[Door, list[_Listener]] = {}

    async def follow(self, config: Config, names: Mapping[str, str]) -> None:
        """Opens and closes ports as a configuration says; `names` are router -> kernel names."""
        self.config = config
        self.names = {kernel: name for name, kernel in names.items()}
        wanted = doors(config) if names else frozenset()
        for door in set(self.open) - wanted:
            for listener in self.open.pop(door):
                listener.close()
        for door in wanted - set(self.open):
            self.open[door] = [one for family in _ANY for one in await self._listen(door, family)]

    def close(self) -> None:
        """Closes every port."""
        for listeners in self.open.values():
            for listener in listeners:
                listener.close()
        self.open.clear()

    async def _listen(self, door: Door, family: socket.AddressFamily) -> list[_Listener]:
        kind = socket.SOCK_STREAM if door.transport == "tcp" else socket.SOCK_DGRAM
        sock = socket.socket(family, kind)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setblocking(False)
            sock.bind((_ANY[family], door.port))
        except OSError:  # no such family here, or somebody else's port
            sock.close()
            return []
        if door.transport == "udp":
            return [_Datagrams(sock, door, self)]
        return [_Streams(await asyncio.start_server(self._conversation(door), sock=sock))]

    def admits(self, service: str, peer: tuple[str, int] | tuple[str, int, int, int]) -> bool:
        """Answers whether a service lets an address in."""
        host = peer[0].partition("%")[0]
        if len(peer) == 4 and peer[3]:
            with contextlib.suppress(OSError):
                kernel = socket.if_indextoname(peer[3])
                host = f"{host}%{self.names.get(kernel, kernel)}"
        rules = admitted(service, self.config)
        return any(host_allowed(rule, host, self.config) for rule in rules)

    def _conversation(
        self, door: Door
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not self.admits(door.service, writer.get_extra_info("peername")):
                writer.transport.abort()
                return
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(_WAIT_S):
                    await _TALKS[door.service](reader, writer)
            writer.close()

        return talk


class _Listener:
    def close(self) -> None:
        """Stops listening."""


class _Streams(_Listener):
    def __init__(self, server: asyncio.Server) -> None:
        self.server = server

    def close(self) -> None:
        """Stops listening; who is connected stays so."""
        self.server.close()


class _Datagrams(_Listener):
    def __init__(self, sock: socket.socket, door: Door, porter: Porter) -> None:
        self.sock, self.door, self.porter = sock, door, porter
        asyncio.get_running_loop().add_reader(sock, self._came)

    def _came(self) -> None:
        with contextlib.suppress(OSError):
            data, peer = self.sock.recvfrom(65535)
            if self.porter.admits(self.door.service, peer):
                answer = _ANSWERS[self.door.service](data, self.porter.config)
                if answer:
                    self.sock.sendto(answer, peer)

    def close(self) -> None:
        """Stops listening."""
        asyncio.get_running_loop().remove_reader(self.sock)
        self.sock.close()


async def _telnet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\r\nPassword: ")
    await reader.readline()


async def _http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n"
        b'WWW-Authenticate: Basic realm="router"\r\n\r\n'
    )


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(4096):
        writer.write(data)


async def _silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


async def _clock(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_seconds(b"", EMPTY))


_TALKS = {
    "telnetd": _telnet,
    "httpd": _http,
    "echo": _echo,
    "discard": _silent,
    "pptp": _silent,
    "clock": _clock,
}


def _seconds(_data: bytes, _config: Config) -> bytes:
    """The time service's answer (RFC 868)."""
    return struct.pack("!I", (int(time.time()) + _NTP_EPOCH) & 0xFFFFFFFF)


def _time(data: bytes, _config: Config) -> bytes:
    """The answer of an SNTP server to a client (RFC 4330, 6); '' to anything else."""
    if len(data) < 48 or data[0] & 7 != 3:
        return b""
    now = time.time() + _NTP_EPOCH
    stamp = struct.pack("!II", int(now) & 0xFFFFFFFF, int(now % 1 * 2**32))
    head = struct.pack("!BBBb4s4s4s", data[0] & 0x38 | 4, 2, 6, -20, b"", b"", b"LOCL")
    return head + stamp + data[40:48] + stamp + stamp


def _no_access(_data: bytes, _config: Config) -> bytes:
    """TFTP's error 2, access violation (RFC 1350, 5)."""
    return b"\0\5\0\2Access violation\0"


def snmp_answer(data: bytes, config: Config) -> bytes:
    """The answer `noSuchName` to an SNMPv1 or v2c question by one of the communities (RFC 1157, 4).

    Nothing for another community, or for what isn't such a question.
    """
    try:
        short = data[0] == 0x30 and data[1] < 0x80 and data[2:4] == b"\2\1"
        named = 7 + data[6]
        community = data[7:named].decode("ascii")
        kind, status = data[named], named + 4 + data[named + 3]
    except (IndexError, UnicodeDecodeError):
        return b""
    if not short or kind not in (0xA0, 0xA1) or community not in communities(config):
        return b""
    answer = bytearray(data)
    answer[named] = 0xA2
    answer[status + 2 : status + 3], answer[status + 5 : status + 6] = b"\2", b"\1"
    return bytes(answer)


def _services(_data: bytes, _config: Config) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
        b"USN: uuid:onshi-lab\r\nEXT:\r\n\r\n"
    )


def _same(data: bytes, _config: Config) -> bytes:
    return data


def _nothing(_data: bytes, _config: Config) -> bytes:
    return b""


_ANSWERS: dict[str, Callable[[bytes, Config], bytes]] = {
    "sntpd": _time,
    "tftp": _no_access,
    "snmp": snmp_answer,
    "upnp": _services,
    "echo": _same,
    "clock": _seconds,
    "discard": _nothing,
    "ike": _nothing,
    "l2tp": _nothing,
    "cooperation": _nothing,
}
