"""The lab's mock router as a process, a TCP proxy that cuts, and secrets with canaries."""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from io import StringIO
from ipaddress import IPv4Address
from itertools import count
from multiprocessing import Pipe
from pathlib import Path

import paramiko

from onshi_lab.yamaha.hostkey import make_host_key
from onshi_net.intent import Management, RouterIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.inventory.secrets import Secrets
from onshi_net.platforms.yamaha.render import router_config
from tests import forked
from tests.transport import router_process

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


@cache
def _keys_taken(_test: str) -> Iterator[int]:
    """Routers of one test have keys of their own, by which they are known."""
    return count()


@cache
def _spare_key(_number: int) -> str:
    return make_host_key("rsa")


def _test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]


@cache
def _loaded(key: str) -> paramiko.PKey:
    return paramiko.RSAKey.from_private_key(StringIO(key))


class MockRouter:
    """`python -m onshi_lab.yamaha` on a loopback port; `options` are its command line options.

    Its clock can be moved on (`pass_time`); `ahead` says how far it was.

    `met`: it is trusted by the file `known` in its folder and beside that.
    """

    def __init__(
        self, folder: Path, port: int | None = None, *, met: bool = True, **options: object
    ) -> None:
        self.is_old = options.get("host_key_type") == "rsa-sha1"
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_port()
        self.serial = str(options.setdefault("serial", "S5X000001"))
        self.ahead = 0
        if "host_key_type" not in options:
            self._take_spare_key()
        password = folder / "initial"
        password.write_text(CANARY_INITIAL, encoding="ascii")
        given: dict[str, object] = {
            "model": "RTX830",
            "firmware": "15.02.31",
            "boot_seconds": 0.3,
            **options,
        }
        command = ["--no-kernel", "--port", "lan1=p1,p2,p3,p4", "--port", "lan2=w"]
        command += ["--state", str(folder / "state")]
        command += ["--initial-password-file", str(password)]
        for name, value in given.items():
            option = "--" + name.replace("_", "-")
            command += [option] if value is True else [option, str(value)]
        # A free port can be taken by somebody else before the router listens on it.
        for _ in range(3):
            said = self._start([*command, "--listen", f"127.0.0.1:{self.port}"])
            if said == "ready" or port is not None:
                break
            self.stop()
            self.port = free_port()
        assert said == "ready", said
        if met:
            for known in (folder.parent / "known", folder / "known"):
                self.bind(known)

    @property
    def key(self) -> paramiko.PKey:
        """Its public host key, read where the router keeps it."""
        return _loaded((self.folder / "state" / "host_key").read_text("ascii"))

    def _take_spare_key(self) -> None:
        """Gives the router a host key, unless it has one: making one takes long."""
        kept = self.folder / "state" / "host_key"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(_spare_key(next(_keys_taken(_test()))), "ascii")
            kept.chmod(0o600)

    def bind(self, known: Path) -> None:
        """Trusts the router at whatever port it is reached: a proxy in front of it has its own."""
        era = "legacy" if self.is_old else "modern"
        line = f"[127.0.0.1]:* {self.key.get_name()} {self.key.get_base64()} onshi:{era}\n"
        with known.open("a", encoding="ascii") as file:
            file.write(line)

    def _start(self, command: list[str]) -> str:
        self.pipe, its_end = Pipe()
        self.process = forked.start(router_process.serve, command, its_end)
        its_end.close()
        try:
            return str(self.pipe.recv())
        except EOFError:
            return "ended"

    def pass_time(self, seconds: float) -> None:
        """Returns when so many seconds have gone by for the router, and what was due is done."""
        whole = math.ceil(max(0.0, seconds))
        self.ahead += whole
        self.pipe.send(whole)
        while self.pipe.recv() != "passed":
            pass  # it told that it is ready again

    def stop(self) -> None:
        """Ends the router; one that was stopped before stays so."""
        self.process.terminate()
        self.process.join(10)
        self.pipe.close()


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


@cache
def _site_router(site: str) -> RouterIntent:
    return site_intent(load_site(ROOT / "inventory", site)).router


def intent_for(port: int, site: str = "demo-clinic") -> RouterIntent:
    """The example site's intent, reached over loopback with the canaries as secrets."""
    return replace(_site_router(site), management=management(port))


_numbers = count(1)


def own_serial() -> str:
    """A serial number of its own, as each real router has it."""
    return f"S5X{os.getpid() % 1000:03}{next(_numbers):03}"


def any_of(port: int) -> RouterIntent:
    """The example site's intent for a router with such a number."""
    return replace(intent_for(port), serial=None)


def loopback_config(intent: RouterIntent) -> tuple[str, ...]:
    """The rendered lines, but SSH stays open to the loopback, at the port where the tests stand."""
    return tuple(
        "sshd host 127.0.0.1-127.0.0.254" if line.startswith("sshd host ") else line
        for line in router_config(intent)
        if not line.startswith("sshd listen ")
    )


class CuttingProxy:
    """Forwards TCP to a port and cuts: at once, or at the client's n-th packet.

    `stay_down` refuses every connection after the cut, as a pulled cable does.
    """

    def __init__(
        self, target: int, cut_at: int | None = None, passing: bool = False, stay_down: bool = False
    ) -> None:
        self.target = target
        self.cut_at = cut_at
        self.passing = passing
        self.stay_down = stay_down
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        self.links: list[socket.socket] = []
        self.down = False
        self.packets = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            try:
                upstream = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # the router is starting
                client.close()
                continue
            self.links += [client, upstream]
            threading.Thread(target=self._pump, args=(client, upstream, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(upstream, client, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        try:
            while data := source.recv(65536):
                self.packets += from_client
                last = from_client and self.packets == self.cut_at
                if not last or self.passing:
                    sink.sendall(data)
                if last:
                    self.down = self.stay_down
                    self.cut()
        except OSError:
            pass
        for link in (source, sink):
            _shut(link)

    def cut(self) -> None:
        links, self.links = self.links, []
        for link in links:
            _shut(link)

    def close(self) -> None:
        self.down = True
        self.server.close()
        self.cut()


def _shut(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)
