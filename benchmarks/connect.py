"""Connect and read the configuration: ours against raw paramiko on one mock router.

Prints both medians and their ratio; the goal is at most 1.5 (stock netmiko: 3.7).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import paramiko

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from onshi_net.platforms.yamaha.session import open_router  # noqa: E402
from tests.transport.routers import (  # noqa: E402
    CANARY_INITIAL,
    MockRouter,
    intent_for,
    loopback_config,
    management,
    new_secrets,
)

ROUNDS = 15
GOAL = 1.5


def ours(port: int, known_hosts: Path) -> int:
    """Connects as the product does; answers how many lines the configuration has."""
    secrets = new_secrets(
        **{"demo-clinic/router": CANARY_INITIAL, "demo-clinic/router-admin": CANARY_INITIAL}
    )
    session = open_router(management(port), secrets, known_hosts, deadline_s=20)
    lines = len(session.config().splitlines())
    session.close()
    return lines


def raw(port: int, _known_hosts: Path) -> int:
    """Does the same work by hand, without any check."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(
        "127.0.0.1",
        port,
        "onshi",
        CANARY_INITIAL,
        look_for_keys=False,
        allow_agent=False,
    )
    channel = client.invoke_shell(width=4095, height=1000)
    said(channel, b"> ")
    channel.sendall(b"administrator\r")
    said(channel, b"Password: ")
    channel.sendall(CANARY_INITIAL.encode() + b"\r")
    said(channel, b"\n# ")
    channel.sendall(b"show config\r")
    text = said(channel, b"\n# ")
    client.close()
    return text.count(b"\n")


def said(channel: paramiko.Channel, end: bytes) -> bytes:
    """Reads until the answer ends so, turning pages."""
    text = b""
    while not text.endswith(end):
        text += channel.recv(65536)
        if text.endswith(b"---"):
            channel.sendall(b" ")
    return text


def median(work: Callable[[int, Path], int], port: int, known_hosts: Path) -> float:
    """Times one way to do it, in seconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work(port, known_hosts)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> int:
    """Prints the ratio; 1 when it misses the goal."""
    with tempfile.TemporaryDirectory() as folder:
        router = MockRouter(Path(folder) / "router")
        try:
            known_hosts = Path(folder) / "known"  # where the mock is trusted
            session = open_router(
                management(router.port), new_secrets(), known_hosts, deadline_s=20
            )
            for line in loopback_config(intent_for(router.port)):
                session.configure(line)
            session.close()
            ours(router.port, known_hosts), raw(router.port, known_hosts)
            slow, fast = (median(work, router.port, known_hosts) for work in (ours, raw))
        finally:
            router.stop()
    print(f"connect + show config: ours {slow * 1000:.0f} ms, raw paramiko {fast * 1000:.0f} ms")
    print(f"ratio {slow / fast:.2f} (goal at most {GOAL})")
    return 0 if slow / fast <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
