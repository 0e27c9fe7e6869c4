"""An HTTP proxy that knows CONNECT only, and only to the names in its table (RFC 9110 9.3.6)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

HEAD_LIMIT = 8192
CONNECT_TIMEOUT_S = 5


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()


def decide(head: bytes, targets: Mapping[str, str]) -> tuple[str, str, int]:
    """What a request head gets: (status line, address, port); the address is empty on refusal."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return "400 Bad Request", "", 0
    if words[0] != "CONNECT":
        return "405 Method Not Allowed", "", 0
    name, _, port = words[1].rpartition(":")
    if name.lower() not in targets or not port.isdigit():
        return "403 Forbidden", "", 0
    return "200 Connection established", targets[name.lower()], int(port)


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return b""


async def _handle(
    targets: Mapping[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    status, address, port = decide(await _head(reader), targets)
    if not address:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()
        return
    try:
        connecting = asyncio.open_connection(address, port)
        far_reader, far_writer = await asyncio.wait_for(connecting, CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError):
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        return
    writer.write(f"HTTP/1.1 {status}\r\n\r\n".encode())
    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def serve(listen: list[str], port: int, targets: Mapping[str, str]) -> None:
    """Serve until killed."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _handle(targets, reader, writer)

    for address in listen:
        await asyncio.start_server(handle, address, port, limit=HEAD_LIMIT)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    table = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    asyncio.run(serve(table["listen"], table["port"], table["targets"]))
