"""Stands in for the mock router where a test is about the lab and not about the router.

It takes the mock's command line, makes the staged default's one bridge over the LAN1 ports with
its address, and prints `ready` at the start and again on SIGUSR1.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
from pathlib import Path


def ip(*words: str) -> None:
    """Run ip(8) and let it fail: after a cold start most is there already."""
    subprocess.run(("ip", *words), check=False, capture_output=True)


def cold_start(ports: list[str], address: str) -> None:
    """The staged default: LAN division off, one address, no IPv6."""
    ip("link", "add", "lan1", "type", "bridge")
    for port in ports:
        ip("link", "set", port, "master", "lan1", "up")
    ip("address", "flush", "dev", "lan1")
    ip("address", "add", address, "dev", "lan1")
    ip("link", "set", "lan1", "up")
    print("ready", flush=True)


def main() -> None:
    """Run until killed."""
    parser = argparse.ArgumentParser()
    for option in ("--model", "--firmware", "--serial", "--language", "--address", "--user"):
        parser.add_argument(option, required=True)
    parser.add_argument("--port", action="append", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--initial-password-file", type=Path, required=True)
    parser.add_argument("--drop-is-logout", action="store_true")
    options = parser.parse_args()
    if not options.initial_password_file.read_text().strip():
        parser.error("no initial password")
    ports = options.port[0].removeprefix("lan1=").split(",")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    while True:
        cold_start(ports, options.address)
        signal.sigwait({signal.SIGUSR1})


if __name__ == "__main__":
    main()
