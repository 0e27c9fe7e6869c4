"""How long each question of a verification took, from the packets of the laptop alone.

    onshi-lab exec laptop -- python benchmarks/questions.py OUT

notes every frame that the laptop sends and gets until it is asked to end (SIGTERM), and writes the
questions as JSON, the slowest first. A question is what goes out with the same protocol, addresses
and ports (or ICMP id) until its last answer or its last repetition. A session of many questions
(SSH, WinRM) counts by its turns: from the laptop's last word to the end of what is said to it.
"""

from __future__ import annotations

import json
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

SESSIONS = frozenset({22, 5985, 5986})
IPV4, IPV6, TCP, UDP, ICMP, ICMP6 = 0x0800, 0x86DD, 6, 17, 1, 58
OUTGOING = 4
"""`sll_pkttype` of what this host sends (packet(7), PACKET_OUTGOING)."""


@dataclass
class Flow:
    """One question, or one session."""

    began: float
    last: float
    asked: float
    """When the laptop last said something, of a session."""
    turns: list[float] = field(default_factory=list)


def flow_of(frame: bytes, kind: int) -> tuple[Any, ...] | None:
    """Answers protocol, the two ends and whether data is in it; None for what is no question."""
    if kind == IPV4 and len(frame) >= 20:
        head, protocol = (frame[0] & 15) * 4, frame[9]
        ends, rest = (frame[12:16], frame[16:20]), frame[head:]
    elif kind == IPV6 and len(frame) >= 40:
        protocol, ends, rest = frame[6], (frame[8:24], frame[24:40]), frame[40:]
    else:
        return None
    if protocol in {TCP, UDP} and len(rest) >= 8:
        ports = struct.unpack_from("!HH", rest)
        payload = len(rest) - ((rest[12] >> 4) * 4 if protocol == TCP and len(rest) > 12 else 8)
        return protocol, *zip(ends, ports, strict=True), payload > 0
    if protocol in {ICMP, ICMP6} and rest[:1] and rest[0] in {0, 8, 128, 129} and len(rest) >= 6:
        (number,) = struct.unpack_from("!H", rest, 4)
        return protocol, (ends[0], number), (ends[1], number), True
    return None


def main() -> None:
    """Listens until SIGTERM, then writes what was asked."""
    flows: dict[Any, Flow] = {}
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: ended.append(number))
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as ear:
        ear.settimeout(0.2)
        print("ready", flush=True)
        while not ended:
            try:
                frame, (_name, kind, direction, *_rest) = ear.recvfrom(65535)
            except (TimeoutError, InterruptedError):
                continue
            note(flows, frame, kind, direction == OUTGOING, time.monotonic())
    Path(sys.argv[1]).write_text(json.dumps(sorted(slowest(flows), reverse=True)[:20]))


def note(flows: dict[Any, Flow], frame: bytes, kind: int, is_ours: bool, now: float) -> None:
    """Takes one frame in."""
    found = flow_of(frame, kind)
    if found is None:
        return
    protocol, one, other, has_data = found
    flow = flows.setdefault((protocol, frozenset((one, other))), Flow(now, now, now))
    if has_data and is_ours:
        flow.asked = now
    elif has_data:
        flow.turns.append(now - flow.asked)
    flow.last = now


def slowest(flows: dict[Any, Flow]) -> list[tuple[float, str]]:
    """Answers the seconds of each question and a name for it."""
    found = []
    for (protocol, ends), flow in flows.items():
        ports = {port for _address, port in ends}
        is_session = protocol == TCP and bool(ports & SESSIONS)
        seconds = max(flow.turns, default=0.0) if is_session else flow.last - flow.began
        told = " - ".join(sorted(f"{ip_address(address)} {port}" for address, port in ends))
        found.append((round(seconds, 3), f"{protocol}: {told}"))
    return found


if __name__ == "__main__":
    main()
