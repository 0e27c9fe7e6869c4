"""`python -m onshi_lab.yamaha`: run one mock router until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .hostkey import make_host_key
from .machine import Machine, NullMachine
from .models import Device, make_device
from .router import Options, Router
from .sshd import SshService
from .store import EMPTY, Config, apply_tokens, seal_password

LINK_SECONDS = 0.9
"""How long a LAN reset keeps the ports down. Just under the second after which Linux repeats an ARP
request (retrans_time_ms, arp(7)): at one second chance decides whether the repetition is heard."""


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m onshi_lab.yamaha")
    parser.add_argument("--model", default="RTX830")
    parser.add_argument("--firmware", default="15.02.31")
    parser.add_argument("--serial", default="S5X000001")
    parser.add_argument("--port", action="append", default=[], metavar="lanN=PORT[,PORT…]")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--initial-password-file", type=Path, required=True)
    parser.add_argument("--drop-is-logout", action="store_true")
    parser.add_argument("--language", choices=("ja", "en"), default="ja")
    parser.add_argument("--no-kernel", action="store_true")
    parser.add_argument("--listen", metavar="ADDR:PORT")
    parser.add_argument("--host-key-type", choices=("rsa", "rsa-sha1", "ed25519"), default="rsa")
    parser.add_argument("--boot-seconds", type=float, default=1.0)
    parser.add_argument("--link-seconds", type=float, default=LINK_SECONDS)
    return parser.parse_args(words)


def ports_of(words: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The kernel interfaces behind each LAN: lan1's in port order."""
    return {
        name: tuple(ports.split(",")) for name, _, ports in (word.partition("=") for word in words)
    }


def staged_default(device: Device, password: str, pem: str, language: str) -> Config:
    """The configuration a start pack router comes with: an address on LAN1, SSH on, one user."""
    sealed = seal_password(password)
    lines: list[tuple[str, str]] = [
        ("administrator password *", sealed),
        ("login user onshi *", sealed),
        ("ip lan1 address 10.51.1.1/24", ""),
        ("telnetd service off", ""),
        ("sshd host key generate *", pem),
        ("sshd service on", ""),
    ]
    if device.model.numbered_administrator:
        lines.append(("user attribute onshi administrator=1", ""))
    if device.model.name == "RTX840":
        lines.append(("sshd auth method all", ""))
    if language == "en":
        lines.append(("console character en.ascii", ""))
    config = EMPTY
    for line, secret in lines:
        config = apply_tokens(config, line.split(), device, secret, loading=True)
    return config


def host_key(state: Path, kind: str, device: Device) -> str:
    """The router's host key, made at its first boot and kept with the state."""
    path = state / "host_key"
    if not path.exists():
        path.touch(mode=0o600)
        bits = device.model.default_key_bits if kind != "rsa-sha1" else 2048
        path.write_text(make_host_key(kind.partition("-")[0], max(bits, 2048)))
    return path.read_text()


def make_machine(options: argparse.Namespace, device: Device) -> Machine:
    """The kernel of this namespace, or none."""
    if options.no_kernel:
        return NullMachine()
    from .kernel.machine import KernelMachine

    return KernelMachine(device, ports_of(options.port), options.state, options.link_seconds)


async def run(options: argparse.Namespace) -> None:
    """Boot the router and serve until SIGTERM or SIGINT."""
    device = make_device(options.model, options.firmware, options.serial)
    options.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = options.initial_password_file.read_text().strip()
    pem = host_key(options.state, options.host_key_type, device)
    factory = staged_default(device, password, pem, options.language)
    behaviour = Options(options.drop_is_logout, options.boot_seconds)
    router = Router(device, make_machine(options, device), options.state, factory, behaviour)
    service = SshService(
        router, _address(options.listen), legacy=options.host_key_type == "rsa-sha1"
    )
    router.on_services = service.sync
    await _serve(router, service)


def _address(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


async def _serve(router: Router, service: SshService) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def announce() -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    def cold_start() -> None:
        router.spawn(router.cold_start(announce=True))

    router.on_boot = announce
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, cold_start)
    router.load_state()
    try:
        await router.boot()
        announce()
        ticking = asyncio.ensure_future(_tick(router))
        await ended.wait()
        ticking.cancel()
    finally:
        await service.stop()
        await router.stop()


async def _tick(router: Router) -> None:
    """Look for due schedules, twice a second so that no second is missed."""
    while True:
        router.tick()
        await asyncio.sleep(0.5)


def main() -> None:
    """Run the router of the command line."""
    asyncio.run(run(arguments()))


if __name__ == "__main__":
    main()
