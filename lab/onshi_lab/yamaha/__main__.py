"""`python -m onshi_lab.yamaha`: run one mock router until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Interface
from pathlib import Path

from .delivered import Delivery, RefusedLine, staged_default, with_typed
from .hostkey import make_host_key
from .machine import Machine, NullMachine
from .models import MODELS, Device, make_device
from .router import Options, Router
from .sshd import SshService
from .store import Config

LINK_SECONDS = 0.9
"""How long a LAN reset keeps the ports down. Just under the second after which Linux repeats an ARP
request (retrans_time_ms, arp(7)): at one second chance decides whether the repetition is heard."""


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m onshi_lab.yamaha")
    option = parser.add_argument
    option("--model", default="RTX830", choices=tuple(MODELS), help="which router it is")
    option("--firmware", default="15.02.31", help="its revision, such as 15.02.31")
    option("--serial", default="S5X000001", help="its serial number, which its MACs come from")
    option(
        "--port",
        action="append",
        default=[],
        metavar="lanN=PORT[,PORT…]",
        help="kernel interfaces of a LAN's ports, lan1's in order; RTX1300: lan2 9, lan3 10",
    )
    option("--state", type=Path, required=True, help="folder for everything it keeps")
    option(
        "--initial-password-file", type=Path, required=True, help="its user's and administrator's"
    )
    option("--admin-password-file", type=Path, help="its administrator's, where it is another one")
    option("--unnamed-password-file", type=Path, help="its unnamed user's (login password)")
    option("--user", default="onshi", help="its login user as delivered (default %(default)s)")
    option(
        "--address",
        type=_lan_address,
        default="10.51.1.1/24",
        metavar="CIDR",
        help="its LAN1 address as delivered (default %(default)s)",
    )
    option(
        "--config",
        type=Path,
        metavar="FILE",
        help="console lines that somebody typed into it before; it starts with them saved",
    )
    option("--drop-is-logout", action="store_true", help="a lost connection counts as a logout")
    option("--language", choices=("ja", "en"), default="ja", help="its console speaks")
    option("--no-kernel", action="store_true", help="console only, no packets")
    option("--listen", metavar="ADDR:PORT", help="SSH listens here only")
    option("--host-key-type", choices=("rsa", "rsa-sha1", "ed25519"), default="rsa")
    option("--boot-seconds", type=float, default=1.0, help="how long it boots")
    option("--link-seconds", type=float, default=LINK_SECONDS, help="how long a LAN reset takes")
    return parser.parse_args(words)


def _lan_address(text: str) -> str:
    """An address with its prefix length, as it is written; ValueError for anything else."""
    if "/" not in text:
        raise ValueError(text)
    return str(IPv4Interface(text))


def ports_of(words: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The kernel interfaces behind each LAN: lan1's in port order."""
    return {
        name: tuple(ports.split(",")) for name, _, ports in (word.partition("=") for word in words)
    }


def host_key(state: Path, kind: str, device: Device) -> str:
    """The router's host key, made at its first boot and kept with the state."""
    path = state / "host_key"
    if not path.exists():
        path.touch(mode=0o600)
        bits = device.model.default_key_bits if kind != "rsa-sha1" else 2048
        path.write_text(make_host_key(kind.partition("-")[0], max(bits, 2048)))
    return path.read_text()


def first_config(options: argparse.Namespace, device: Device) -> Config:
    """What the router has when it comes here: staged, and typed into it before."""
    delivery = Delivery(
        options.initial_password_file.read_text().strip(),
        host_key(options.state, options.host_key_type, device),
        options.language,
        options.address,
        options.user,
        options.unnamed_password_file.read_text().strip() if options.unnamed_password_file else "",
        options.admin_password_file.read_text().strip() if options.admin_password_file else "",
    )
    staged = staged_default(device, delivery)
    if options.config is None:
        return staged
    return with_typed(staged, options.config.read_text("utf-8"), device, options.config.name)


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
    factory = first_config(options, device)
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
    try:
        asyncio.run(run(arguments()))
    except RefusedLine as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
