"""Questions by the kernel's own sockets: TCP, TLS with HTTP, DNS, NTP.

'no route' is an error, never silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import ssl
import struct
import time
from contextlib import suppress
from typing import Any

import dns.message

from onshi_net.facts.outcome import Outcome
from onshi_net.probe.ask_lan import Ask
from onshi_net.probe.clock import Clock
from onshi_net.probe.net import CannotAsk, Net, bind_to, cannot
from onshi_net.probe.protocol import Answer
from onshi_net.probe.said import dns_said, ntp_request, ntp_said, page_request, page_said

EDNS_SIZE = 4096
DNS_PORT, NTP_PORT = 53, 123
MESSAGE_LIMIT = 8192
"""Bytes of a datagram, and of a DNS message over TCP: twice what is asked for. A message of 64 kB
may hold names that take a laptop a minute to follow."""
TRIES = 5
"""So often a datagram is sent before silence counts: on a line that loses every fifth packet each
way, one in 160 questions gets no answer (with three, one in 21)."""
PAGE_LIMIT = 65536


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _open(kind: socket.SocketKind, address: str, interface: str, source: str) -> socket.socket:
    """Opens a socket towards an address.

    Raises CannotAsk when this machine has no way to send there.
    """
    opened = socket.socket(_family(address), kind)
    try:
        opened.setblocking(False)
        bind_to(opened, interface)
        if source:
            opened.bind((source, 0))
    except OSError as error:
        opened.close()
        raise cannot(error) from None
    return opened


def _routable(address: str, interface: str, source: str) -> None:
    """Raises CannotAsk where the kernel has no route: later 'unreachable' is the network's word."""
    with _open(socket.SOCK_DGRAM, address, interface, source) as trial:
        try:
            trial.connect((address, 9))
        except OSError as error:
            raise cannot(error) from None


async def _connect(address: str, port: int, interface: str, source: str) -> socket.socket:
    _routable(address, interface, source)
    opened = _open(socket.SOCK_STREAM, address, interface, source)
    with contextlib.ExitStack() as undo:
        undo.callback(opened.close)
        await asyncio.get_running_loop().sock_connect(opened, (address, port))
        undo.pop_all()
    return opened


async def tcp(
    net: Net,
    *,
    address: str,
    port: int,
    interface: str = "",
    source: str = "",
    within_s: float,
) -> Answer:
    """Opens a TCP connection and closes it."""
    try:
        connecting = _connect(address, port, interface, source)
        opened = await net.clock.within(connecting, within_s)
    except TimeoutError:
        return Answer(Outcome.NO_ANSWER)
    except OSError as error:
        return Answer(Outcome.REFUSED, _refusal(error))
    local = opened.getsockname()[0]
    opened.close()
    return Answer(Outcome.OK, data={"source": local})


def _refusal(error: OSError) -> str:
    return (
        "reset"
        if isinstance(error, ConnectionRefusedError | ConnectionResetError)
        else "unreachable"
    )


def tls_context(pem: str) -> ssl.SSLContext:
    """Gives a client context from a bundle: client certificate, its key, CA certificates.

    '' for none.

    The bundle goes to OpenSSL through memory that has no name on disk (memfd_create(2)). Raises
    CannotAsk for a bundle that can't be used. Without CA certificates the server is not verified.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
    authorities = blocks[1:]
    try:
        if authorities:
            context.load_verify_locations(cadata="\n".join(authorities))
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if pem:
            _load_chain(context, pem)
    except (ssl.SSLError, OSError, ValueError):
        raise CannotAsk("bad-bundle") from None
    return context


def _load_chain(context: ssl.SSLContext, pem: str) -> None:
    memory = os.memfd_create("bundle", os.MFD_CLOEXEC)
    try:
        os.write(memory, pem.encode())
        context.load_cert_chain(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)


async def http(
    net: Net,
    *,
    address: str,
    port: int,
    name: str,
    path: str = "/",
    tls: bool = True,
    pem: str = "",
    limit: int = PAGE_LIMIT,
    interface: str = "",
    source: str = "",
    within_s: float,
) -> Answer:
    """Fetches a page, over TLS with the bundle `pem`.

    Data: status, body, certificate, seconds of each step.
    """
    context = tls_context(pem) if tls else None
    data: dict[str, Any] = {"trusted": None}
    if context is not None and context.verify_mode == ssl.CERT_REQUIRED:
        data["trusted"] = True

    async def visit() -> Answer:
        opened = await _connect(address, port, interface, source)
        return await _fetch(opened, context, name, path, limit, data)

    try:
        return await net.clock.within(visit(), within_s)
    except TimeoutError:
        return Answer(Outcome.NO_ANSWER, data.get("step", "tcp"), data)
    except ssl.SSLCertVerificationError as error:
        return Answer(Outcome.REFUSED, "untrusted", {**data, "reason": error.verify_message})
    except ssl.SSLError as error:
        return Answer(Outcome.REFUSED, "tls", {**data, "reason": error.reason or "unknown"})
    except OSError as error:
        return Answer(Outcome.REFUSED, _refusal(error), data)


async def _fetch(
    opened: socket.socket,
    context: ssl.SSLContext | None,
    name: str,
    path: str,
    limit: int,
    data: dict[str, Any],
) -> Answer:
    data["step"] = "tls" if context is not None else "http"
    server_name = name if context is not None else None
    reader, writer = await asyncio.open_connection(
        sock=opened, ssl=context, server_hostname=server_name
    )
    try:
        data |= _certificate(writer.get_extra_info("ssl_object"))
        data["step"] = "http"
        writer.write(page_request(name, path))
        raw = b""
        while len(raw) < limit and (piece := await reader.read(limit - len(raw))):
            raw += piece
    finally:
        writer.close()
        with suppress(OSError, ssl.SSLError):
            await asyncio.wait_for(writer.wait_closed(), 0.2)
    return page_said(raw, data)


def _certificate(secured: ssl.SSLObject | None) -> dict[str, Any]:
    if secured is None:
        return {}
    found = secured.getpeercert() or {}
    return {"tls": secured.version(), "not_after": found.get("notAfter")}


async def _exchange(
    clock: Clock, opened: socket.socket, query: bytes, within_s: float
) -> bytes | None:
    """Sends a datagram up to `TRIES` times and answers the first that comes back, or None."""
    loop = asyncio.get_running_loop()
    for _ in range(TRIES):
        await loop.sock_sendall(opened, query)
        with suppress(TimeoutError):
            return await clock.within(loop.sock_recv(opened, MESSAGE_LIMIT), within_s / TRIES)
    return None


async def dns_query(
    net: Net,
    *,
    server: str,
    name: str,
    type: str = "AAAA",  # noqa: A002 the record's own word
    edns: bool = False,
    transport: str = "udp",
    interface: str = "",
    source: str = "",
    within_s: float,
) -> Answer:
    """Asks a DNS server; data: rcode, truncated, size in bytes, addresses."""
    query = dns.message.make_query(
        name, type, use_edns=0 if edns else None, payload=EDNS_SIZE if edns else None
    )
    ask = _dns_tcp if transport == "tcp" else _dns_udp
    try:
        wire = await ask(net.clock, query.to_wire(), server, interface, source, within_s)
    except TimeoutError:
        wire = None
    except OSError as error:
        return Answer(Outcome.REFUSED, _refusal(error))
    if wire is None:
        return Answer(Outcome.NO_ANSWER)
    return dns_said(query, wire)


async def _dns_udp(
    clock: Clock, query: bytes, server: str, interface: str, source: str, within_s: float
) -> bytes | None:
    with _open(socket.SOCK_DGRAM, server, interface, source) as opened:
        try:
            opened.connect((server, DNS_PORT))
        except OSError as error:
            raise cannot(error) from None
        return await _exchange(clock, opened, query, within_s)


async def _dns_tcp(
    clock: Clock, query: bytes, server: str, interface: str, source: str, within_s: float
) -> bytes | None:
    async def asked() -> bytes:
        opened = await _connect(server, DNS_PORT, interface, source)
        reader, writer = await asyncio.open_connection(sock=opened)
        try:
            writer.write(struct.pack("!H", len(query)) + query)
            size = struct.unpack("!H", await reader.readexactly(2))[0]
            return await reader.readexactly(size) if size <= MESSAGE_LIMIT else b""
        except asyncio.IncompleteReadError:
            return b""
        finally:
            writer.close()

    return await clock.within(asked(), within_s)


async def ntp(
    net: Net, *, address: str, interface: str = "", source: str = "", within_s: float
) -> Answer:
    """Asks a time server (RFC 5905, client mode).

    Data: stratum, offset in seconds to this machine's clock.
    """
    with _open(socket.SOCK_DGRAM, address, interface, source) as opened:
        try:
            opened.connect((address, NTP_PORT))
        except OSError as error:
            raise cannot(error) from None
        sent = time.time()
        query = ntp_request(sent)
        try:
            reply = await _exchange(net.clock, opened, query, within_s)
        except OSError as error:
            return Answer(Outcome.REFUSED, _refusal(error))
    if reply is None:
        return Answer(Outcome.NO_ANSWER)
    return ntp_said(reply, sent, time.time())


ASKS: dict[str, Ask] = {"tcp": tcp, "http": http, "dns": dns_query, "ntp": ntp}
