"""A site with a toy router: four network namespaces, and `onshi` in the laptop's.

    laptop 10.51.1.200 ─┐
                        ├─ inner [router] outer ── receipt 192.168.1.21
    terminal 10.51.1.11 ┘

Terminal and receipt PC take connections at port 445.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

ROOT = Path(__file__).parents[3]
WHEEL = Path(__file__).parent
LAPTOP, TERMINAL, RECEIPT = "laptop", "terminal", "receipt"
ADDRESSES = {LAPTOP: "10.51.1.200/24", TERMINAL: "10.51.1.11/24", RECEIPT: "192.168.1.21/24"}
GATEWAYS = {LAPTOP: "10.51.1.1", TERMINAL: "10.51.1.1", RECEIPT: "192.168.1.254"}
SMB = 445
VALUES = {
    "ONSHI_SECRET_DEMO_CLINIC_ROUTER": "CanaryLogin9x",
    "ONSHI_SECRET_DEMO_CLINIC_ROUTER_ADMIN": "CanaryAdmin8y",
    "ONSHI_SECRET_START_PACK_ROUTER_INITIAL": "CanaryFirst7z",
}
LISTENER = f"""
import socket
server = socket.create_server(("", {SMB}))
print("ready", flush=True)
while True:
    server.accept()[0].close()
"""
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
GROUP = """
toy1:
  groups: [router]
  platform: toy
  data: {model: TOY1}
"""


def installed(target: Path) -> Path:
    """Installs the family's wheel into a folder of its own, without a network."""
    options = ("--quiet", "--no-index", "--no-build-isolation", "--no-deps")
    command = (sys.executable, "-m", "pip", "install", *options, "--target", target, WHEEL)
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target


@dataclass
class Site:
    """The namespaces, the router's process and the laptop's environment."""

    folder: Path
    inventory: Path
    platforms: Path
    """Where the family is installed."""
    prefix: str = field(default_factory=lambda: f"toy{uuid.uuid4().hex[:6]}")
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    router: subprocess.Popen[str] | None = None

    def inside(self, node: str, *command: str) -> list[str]:
        return ["ip", "netns", "exec", f"{self.prefix}-{node}", *command]

    def run(
        self, node: str, *command: str, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        words = self.inside(node, *command)
        return subprocess.run(words, check=check, capture_output=True, text=True, **options)

    def start(self, node: str, *command: str) -> subprocess.Popen[str]:
        """Starts a program and answers it once it says that it is ready."""
        process = subprocess.Popen(
            self.inside(node, *command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": ""},
        )
        self.started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    # the router

    def start_router(self, *options: str) -> None:
        """Starts the router, in the place of one that ran."""
        self.stop_router()
        program = str(WHEEL / "router.py")
        state = str(self.folder / "router")
        self.router = self.start("router", sys.executable, "-B", program, state, "22", *options)

    def stop_router(self) -> None:
        """Takes the router's power away."""
        if self.router is not None:
            self.router.kill()
            self.router.wait()

    def at(self, where: str) -> None:
        """Returns when the router has stopped there (`--stop`)."""
        assert self.router is not None
        assert self.router.stdout is not None
        assert self.router.stdout.readline() == f"{where}\n"

    def go_on(self) -> None:
        """Lets a router go on that stopped."""
        assert self.router is not None
        assert self.router.stdin is not None
        self.router.stdin.write("\n")
        self.router.stdin.flush()

    @property
    def fingerprint(self) -> str:
        """What the router's own console would show of its key."""
        return str(self._key().get_fingerprint())

    def _key(self) -> asyncssh.SSHKey:
        return asyncssh.read_private_key(str(self.folder / "router" / "host_key"))

    def meet(self) -> None:
        """Records the router's key on the laptop."""
        key = self._key().export_public_key().decode().strip()
        file = self.inventory / "sites" / "demo-clinic" / "known_hosts"
        file.write_text(f"10.51.1.1 {key} onshi:modern\n", encoding="ascii")
        file.chmod(0o600)

    # the laptop

    @property
    def environment(self) -> dict[str, str]:
        """What the laptop's programs are given."""
        own = {
            "PYTHONPATH": str(self.platforms),
            "HOME": str(self.folder),
            "INVENTORY": str(self.inventory),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        }
        return {**os.environ, **VALUES, **own}

    def command(self, *arguments: str) -> list[str]:
        options = ("--lang", "en", "--inventory", str(self.inventory))
        onshi = str(Path(sys.executable).parent / "onshi")
        words = arguments[0].split()
        return self.inside(LAPTOP, onshi, *options, *words, "demo-clinic", *arguments[1:])

    def onshi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `onshi` on the laptop; the site's name comes after the command's words."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            cwd=self.folder,
        )

    def begun(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `onshi` on the laptop."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
            cwd=self.folder,
        )

    # packets

    def passes(self) -> dict[str, bool]:
        """Answers which connections are answered."""
        return {
            "receipt PC to terminal, SMB": self._connects(RECEIPT, "10.51.1.11", SMB),
            "terminal to receipt PC, SMB": self._connects(TERMINAL, "192.168.1.21", SMB),
            "receipt PC to router, SSH": self._connects(RECEIPT, "192.168.1.254", 22),
            "laptop to router, SSH": self._connects(LAPTOP, "10.51.1.1", 22),
        }

    def _connects(self, node: str, address: str, port: int) -> bool:
        command = (sys.executable, "-c", CONNECT, address, str(port))
        return self.run(node, *command, check=False).returncode == 0

    # up and down

    def up(self) -> None:
        (self.folder / "router").mkdir()
        (self.folder / "router" / "initial").write_text(VALUES[[*VALUES][-1]])
        for node in ("router", *ADDRESSES):
            subprocess.run(["ip", "netns", "add", f"{self.prefix}-{node}"], check=True)
            self.run(node, "ip", "link", "set", "lo", "up")
        self._links()
        for node in (TERMINAL, RECEIPT):
            self.start(node, sys.executable, "-c", LISTENER)

    def _links(self) -> None:
        def router(*command: str) -> None:
            self.run("router", "ip", "link", *command)

        router("add", "inner", "address", "02:70:79:00:00:01", "type", "bridge")
        router("add", "wan", "type", "bridge")
        for node, address in ADDRESSES.items():
            port = "outer" if node == RECEIPT else node
            pair = ["ip", "link", "add", "eth0", "netns", f"{self.prefix}-{node}", "type", "veth"]
            subprocess.run(
                [*pair, "peer", "name", port, "netns", f"{self.prefix}-router"], check=True
            )
            if node != RECEIPT:
                router("set", port, "master", "inner")
            router("set", port, "up")
            self.run(node, "ip", "address", "add", address, "dev", "eth0")
            self.run(node, "ip", "link", "set", "eth0", "up")
            self.run(node, "ip", "route", "add", "default", "via", GATEWAYS[node])
        router("set", "inner", "up")

    def down(self) -> None:
        for process in self.started:
            process.send_signal(signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        for node in ("router", *ADDRESSES):
            subprocess.run(["ip", "netns", "del", f"{self.prefix}-{node}"], check=False)


@contextmanager
def raised(folder: Path, inventory: Path, platforms: Path) -> Iterator[Site]:
    """The site, gone afterwards; its router is not started."""
    groups = inventory / "groups.yaml"
    groups.write_text(groups.read_text(encoding="utf-8") + GROUP, encoding="utf-8")
    hosts = inventory / "sites" / "demo-clinic" / "hosts.yaml"
    said = hosts.read_text(encoding="utf-8")
    said = said.replace("rtx830", "toy1").replace("S5X000001", "T0000001")
    hosts.write_text(said, encoding="utf-8")
    site = Site(folder, inventory, platforms)
    try:
        site.up()
        yield site
    finally:
        site.down()
