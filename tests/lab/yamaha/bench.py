"""A router in network namespaces, with a line, a terminal and a clinic host around it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import paramiko

from onshi_lab.kernel import sysctls
from onshi_lab.yamaha.models import MODELS

ROOT = Path(__file__).parents[3]
CLONE_NEWNET = 0x40000000
PASSWORD = "Start-pack.1"


def sh(command: str, *, check: bool = True) -> str:
    """Run a shell command, and answer its output."""
    done = subprocess.run(command, shell=True, check=check, capture_output=True, text=True)
    return done.stdout


def eventually(question, seconds: float = 60.0, every: float = 0.1):
    """The first true answer to a question, or the last one when time runs out."""
    ends = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > ends:
            return answer
        time.sleep(every)


def in_namespace(name: str, work):
    """Run work in a network namespace (a thread's), and answer what it answers."""
    answers: list = []

    def run() -> None:
        with Path(f"/run/netns/{name}").open() as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
                answers.append(OSError("setns"))
                return
        try:
            answers.append(work())
        except OSError as error:
            answers.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


class Screen:
    """A console over SSH, read as text."""

    def __init__(self, client: paramiko.SSHClient, codec: str = "cp932") -> None:
        self.client = client
        self.codec = codec
        self.channel = client.invoke_shell()
        self.channel.settimeout(10)
        self.read("> ")

    def read(self, end: str, seconds: float = 10.0) -> str:
        """Everything up to and with an ending."""
        data = b""
        self.channel.settimeout(seconds)
        while not data.decode(self.codec, "replace").endswith(end):
            more = self.channel.recv(65536)
            if not more:
                raise EOFError(data.decode(self.codec, "replace"))
            data += more
        return data.decode(self.codec, "replace")

    def type(self, text: str) -> None:
        """Send keys."""
        self.channel.sendall(text.encode(self.codec))

    def run(self, line: str, end: str = "# ") -> str:
        """Run a command and answer what it printed, without echo and prompt."""
        self.type(line + "\r")
        text = self.read(end)
        return text.partition("\r\n")[2][: -len(end)].replace("\r\n", "\n")

    def administrator(self, password: str = PASSWORD) -> Screen:
        """Become administrator, without paging."""
        self.type("administrator\r")
        self.read("Password: ")
        self.type(password + "\r")
        self.read("# ")
        self.run("console lines infinity")
        return self

    def close(self) -> None:
        """Hang up."""
        self.client.close()


def connect(
    address: str,
    port: int,
    password: str = PASSWORD,
    user: str = "onshi",
    sock: socket.socket | None = None,
) -> paramiko.SSHClient:
    """An SSH client that is logged in."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(
        address, port, user, password, look_for_keys=False, allow_agent=False, sock=sock, timeout=10
    )
    return client


class RouterProcess:
    """The mock router as a process."""

    def __init__(self, folder: Path, words: Sequence[str], namespace: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        secret = folder / "initial"
        secret.write_text(PASSWORD + "\n")
        self.state = folder / "state"
        inside = ["ip", "netns", "exec", namespace] if namespace else []
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "lab")}
        self.process = subprocess.Popen(
            [
                *inside,
                sys.executable,
                "-m",
                "onshi_lab.yamaha",
                "--state",
                str(self.state),
                "--initial-password-file",
                str(secret),
                *words,
            ],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait for the line `ready`."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == "ready\n", line

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=10)
        finally:
            self.process.kill()
            if self.process.stdout is not None:
                self.process.stdout.close()


def kept_port() -> socket.socket:
    """A socket whose port is given to nobody else while it is open, and nobody listens on it yet.

    The router may listen on it, then and again after each restart, for it sets SO_REUSEADDR too.
    """
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    return sock


class Plain:
    """A router without a kernel on a port of the loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept = kept_port()
        self.port = int(self.kept.getsockname()[1])
        self.routers: list[RouterProcess] = []

    def boot(self, *words: str) -> RouterProcess:
        """Start it."""
        router = RouterProcess(
            self.folder,
            ["--no-kernel", "--listen", f"127.0.0.1:{self.port}", "--boot-seconds", "0.1", *words],
        )
        self.routers.append(router)
        return router

    def client(self, password: str = PASSWORD) -> paramiko.SSHClient:
        """A client that is logged in."""
        return connect("127.0.0.1", self.port, password)

    def screen(self) -> Screen:
        """A console."""
        return Screen(self.client())


def _settle() -> None:
    """Kernel settings that no host may decide; the hosts here listen to advertisements."""
    for path, value in sysctls.of_namespace():
        sysctls.put(path, value)
    for key in ("accept_ra", "autoconf"):
        sysctls.put(f"net/ipv6/conf/default/{key}", "1")


class Bench:
    """Namespaces ngn - router - terminal and clinic; names begin with this process's own prefix."""

    def __init__(self, folder: Path) -> None:
        self.prefix = f"ymt{os.getpid() % 10000}"
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        self.router: RouterProcess | None = None
        for node in ("ngn", "router", "terminal", "clinic"):
            sh(f"ip netns add {self.ns(node)}; ip -n {self.ns(node)} link set lo up")
            in_namespace(self.ns(node), _settle)
        self._wire("lan2", "ngn", "line")
        self.plugged = {"terminal": "lan1p1", "clinic": "lan1p3"}
        for node, port in self.plugged.items():
            self._wire(port, node, "eth0")
        for number in (2, 4, 5, 6, 7, 8):
            self._unplugged(f"lan1p{number}")
        self._unplugged("lan3")
        sh(
            f"ip netns exec {self.ns('ngn')} sysctl -qw net.ipv6.conf.all.forwarding=1 "
            "net.ipv6.conf.line.accept_dad=0"
        )
        for node in ("terminal", "clinic"):
            sh(f"ip netns exec {self.ns(node)} sysctl -qw net.ipv6.conf.eth0.accept_dad=0")
        for node, name in (("ngn", "line"), ("terminal", "eth0"), ("clinic", "eth0")):
            sh(f"ip -n {self.ns(node)} link set {name} up")

    def ns(self, node: str) -> str:
        """A node's namespace."""
        return f"{self.prefix}-{node}"

    def _wire(self, port: str, node: str, name: str) -> None:
        sh(
            f"ip -n {self.ns('router')} link add {port} type veth"
            f" peer name {name} netns {self.ns(node)}"
        )

    def _unplugged(self, port: str) -> None:
        sh(f"ip -n {self.ns('router')} link add {port} type veth peer name {port}x")

    def plug(self, port: str, node: str) -> None:
        """Put a node's cable into another port of the router."""
        sh(f"ip -n {self.ns(node)} link del eth0; ip -n {self.ns('router')} link del {port}")
        self._unplugged(self.plugged[node])
        self._wire(port, node, "eth0")
        sh(f"ip -n {self.ns(node)} link set eth0 up")

    def start(self, node: str, *words: str) -> subprocess.Popen:
        """Start a program in a node."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.ns(node), *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def run(self, node: str, command: str, *, check: bool = True) -> str:
        """Run a shell command in a node."""
        return sh(f"ip netns exec {self.ns(node)} {command}", check=check)

    def advertise(
        self, prefix: str = "2001:db8:51:100::/64", flags: str = "AdvOtherConfigFlag on;"
    ) -> None:
        """Start router advertisements on the line.

        They last longer than `eventually` waits: a route that goes away did not just run out.
        """
        text = "interface line { AdvSendAdvert on; MaxRtrAdvInterval 10; MinRtrAdvInterval 3;"
        text += " AdvDefaultLifetime 600;"
        text += f" {flags}"
        if prefix:
            text += f" prefix {prefix} {{ AdvValidLifetime 600; AdvPreferredLifetime 300; }};"
        path = self.folder / "line.conf"
        path.write_text(text + " };\n")
        self.start(
            "ngn",
            "radvd",
            "-n",
            "-C",
            str(path),
            "-p",
            str(self.folder / "line.pid"),
            "-m",
            "stderr",
        )

    def boot(self, *words: str, model: str = "RTX830", firmware: str = "15.02.31") -> RouterProcess:
        """Start the router, each of its ports on a kernel interface."""
        known = MODELS[model]
        third = ("--port", "lan3=lan3") if known.lans > 2 else ()
        self.router = RouterProcess(
            self.folder,
            [
                "--model",
                model,
                "--firmware",
                firmware,
                "--port",
                "lan1=" + ",".join(f"lan1p{port}" for port in range(1, known.lan1_ports + 1)),
                "--port",
                "lan2=lan2",
                *third,
                "--boot-seconds",
                "0.2",
                "--link-seconds",
                "0.3",
                *words,
            ],
            self.ns("router"),
        )
        sh(
            f"ip -n {self.ns('terminal')} addr replace 10.51.1.11/24 dev eth0; "
            f"ip -n {self.ns('terminal')} route replace default via 10.51.1.1"
        )
        sh(
            f"ip -n {self.ns('clinic')} addr replace 192.168.1.21/24 dev eth0; "
            f"ip -n {self.ns('clinic')} route replace default via 192.168.1.254"
        )
        return self.router

    def ssh(
        self, node: str = "terminal", address: str = "10.51.1.1", password: str = PASSWORD
    ) -> Screen:
        """A console from a node."""

        def opened() -> socket.socket:
            return socket.create_connection((address, 22), timeout=5)

        return Screen(connect(address, 22, password, sock=in_namespace(self.ns(node), opened)))

    def close(self) -> None:
        """Stop and remove everything."""
        if self.router is not None:
            self.router.stop()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
        for node in ("ngn", "router", "terminal", "clinic"):
            sh(f"ip netns del {self.ns(node)}", check=False)


def opened_bench(folder: Path) -> Iterator[Bench]:
    """A bench for a fixture."""
    bench = Bench(folder)
    try:
        yield bench
    finally:
        bench.close()
