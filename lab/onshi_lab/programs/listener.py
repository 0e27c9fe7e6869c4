"""Accepts TCP connections on the ports given, says one line and closes; prints `ready`."""

from __future__ import annotations

import asyncio
import socket
import sys


async def _answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(f"{socket.gethostname()}\n".encode())
    writer.close()


def _socket(port: int) -> socket.socket:
    """A socket for both IP versions."""
    return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)


async def serve(ports: list[int]) -> None:
    """Serve until killed."""
    for port in ports:
        await asyncio.start_server(_answer, sock=_socket(port))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve([int(port) for port in sys.argv[1:]]))
