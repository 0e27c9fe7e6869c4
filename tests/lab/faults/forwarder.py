"""`python forwarder.py SOCKET SEED HOW NUMBER…`: stands in the way of what leaves by a socket.

Runs in a lab's node, with the standard library alone. nftables gives every frame that leaves by the
socket to a tap device of this program; what the program puts on the socket itself bears a mark by
which it may go. It says `ready`, and ends, leaving nothing, when its standard input does.

    lose PERCENT         so many are not handed on
    late MS MS           each is handed on after the first, and up to the second more: out of order
    double PERCENT       so many are handed on twice
    alter PERCENT        of so many, one byte behind the Ethernet header is another one
    slow BYTES           so many bytes a second; what would wait for over a second is lost
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

TAP, MARK = "odd0", 77
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
"""linux/if_tun.h."""
LONGEST, ETHERNET = 65_536, 14
"""Bytes of a frame, and of its Ethernet header."""
LONGEST_QUEUE_S = 1.0
RULES = """table netdev odd {{
  chain out {{
    type filter hook egress device "{socket}" priority 0; policy accept;
    meta mark {mark} accept
    fwd to "{tap}"
  }}
}}
"""
Way = Callable[[bytes], Iterator[tuple[float, bytes]]]
"""Of a frame, when each that is handed on for it goes, in seconds from now."""


def lose(chance: random.Random, percent: float) -> Way:
    def way(frame: bytes) -> Iterator[tuple[float, bytes]]:
        if chance.random() * 100 >= percent:
            yield 0.0, frame

    return way


def late(chance: random.Random, least: float, more: float) -> Way:
    def way(frame: bytes) -> Iterator[tuple[float, bytes]]:
        yield (least + chance.random() * more) / 1000, frame

    return way


def double(chance: random.Random, percent: float) -> Way:
    def way(frame: bytes) -> Iterator[tuple[float, bytes]]:
        yield 0.0, frame
        if chance.random() * 100 < percent:
            yield 0.0, frame

    return way


def alter(chance: random.Random, percent: float) -> Way:
    def way(frame: bytes) -> Iterator[tuple[float, bytes]]:
        changed = bytearray(frame)
        if len(frame) > ETHERNET and chance.random() * 100 < percent:
            changed[chance.randrange(ETHERNET, len(frame))] ^= chance.randrange(1, 256)
        yield 0.0, bytes(changed)

    return way


def slow(_chance: random.Random, rate: float) -> Way:
    free_at = 0.0

    def way(frame: bytes) -> Iterator[tuple[float, bytes]]:
        nonlocal free_at
        now = time.monotonic()
        begins = max(now, free_at)
        if begins - now <= LONGEST_QUEUE_S:
            free_at = begins + len(frame) / rate
            yield free_at - now, frame

    return way


WAYS = {one.__name__: one for one in (lose, late, double, alter, slow)}


def tap() -> int:
    """A tap device that says nothing of itself."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", TAP.encode(), IFF_TAP | IFF_NO_PI))
    Path(f"/proc/sys/net/ipv6/conf/{TAP}/disable_ipv6").write_text("1")
    subprocess.run(("ip", "link", "set", TAP, "up"), check=True)
    return device


def nft(rules: str) -> None:
    subprocess.run(("nft", "-f", "-"), input=rules, text=True, check=True)


def hand_on(device: int, out: socket.socket, way: Way) -> None:
    """Hands frames on until standard input ends."""
    waiting: list[tuple[float, int, bytes]] = []
    number = 0
    while True:
        left = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        able, _, _ = select.select([device, sys.stdin], [], [], left)
        if sys.stdin in able and not sys.stdin.buffer.read1(1):
            return
        if device in able:
            for after, frame in way(os.read(device, LONGEST)):
                number += 1
                heapq.heappush(waiting, (time.monotonic() + after, number, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            try:
                out.send(heapq.heappop(waiting)[2])
            except OSError:  # the cable is out: it takes nothing
                continue


def main() -> None:
    name, seed, how, *numbers = sys.argv[1:]
    way = WAYS[how](random.Random(seed), *map(float, numbers))
    device = tap()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        out.bind((name, 0))
        nft(RULES.format(socket=name, mark=MARK, tap=TAP))
        try:
            print("ready", flush=True)
            hand_on(device, out, way)
        finally:
            nft("delete table netdev odd\n")


if __name__ == "__main__":
    main()
