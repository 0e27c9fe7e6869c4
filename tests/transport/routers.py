"""The lab's mock router as a process, a TCP proxy that cuts, and secrets with canaries."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from onshi_net.intent import Management, RouterIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.inventory.secrets import Secrets
from onshi_net.render import router_config

ROOT = Path(__file__).parents[2]
CANARY_LOGIN = "CanaryLogin9x"
CANARY_ADMIN = "CanaryAdmin8y"
CANARY_INITIAL = "CanaryFirst7z"
CANARIES = (CANARY_LOGIN, CANARY_ADMIN, CANARY_INITIAL)
VALUES = {
    "demo-clinic/router": CANARY_LOGIN,
    "demo-clinic/router-admin": CANARY_ADMIN,
    "start-pack/router-initial": CANARY_INITIAL,
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class MockRouter:
    """`python -m onshi_lab.yamaha` on a loopback port; `options` are its command line options."""

    def __init__(self, folder: Path, port: int | None = None, **options: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_port()
        password = folder / "initial"
        password.write_text(CANARY_INITIAL, encoding="ascii")
        given: dict[str, object] = {
            "model": "RTX830",
            "firmware": "15.02.31",
            "serial": "S5X000001",
            "boot_seconds": 0.3,
            **options,
        }
        command = [sys.executable, "-m", "onshi_lab.yamaha", "--no-kernel"]
        command += ["--port", "lan1=p1,p2,p3,p4", "--port", "lan2=w", "--state", str(folder / "state")]
        command += ["--initial-password-file", str(password), "--listen", f"127.0.0.1:{self.port}"]
        for name, value in given.items():
            option = "--" + name.replace("_", "-")
            command += [option] if value is True else [option, str(value)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "lab")}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline().strip()
        assert said == "ready", said

    def power_cycle(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def new_secrets(**changes: str) -> Secrets:
    return Secrets([{**VALUES, **changes}.get])


def management(port: int) -> Management:
    return Management(
        IPv4Address("127.0.0.1"),
        port,
        "onshi",
        "demo-clinic/router",
        "demo-clinic/router-admin",
        "start-pack/router-initial",
    )


def intent_for(port: int, site: str = "demo-clinic") -> RouterIntent:
    """The example site's intent, reached over loopback with the canaries as secrets."""
    router = site_intent(load_site(ROOT / "inventory", site)).router
    return replace(router, management=management(port))


def loopback_config(intent: RouterIntent) -> tuple[str, ...]:
    """The rendered lines, but SSH stays open to the loopback where the tests stand."""
    return tuple(
        "sshd host 127.0.0.1-127.0.0.254" if line.startswith("sshd host ") else line
        for line in router_config(intent)
    )


class CuttingProxy:
    """Forwards TCP to a port; `cut` breaks what stands, `cut_when` breaks at the first sight of a byte string.

    Cut connections are reset on the client's side; towards the router they are closed or, with `silent`, left
    standing, as after a pulled cable.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.refusing = False
        self.accepted = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            self.accepted += 1
            upstream = socket.create_connection(("127.0.0.1", self.target))
            self.pairs.append((client, upstream))
            for one, other in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self) -> None:
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for one in pair:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                one.close()

    def close(self) -> None:
        self.cut()
        self.server.close()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)
