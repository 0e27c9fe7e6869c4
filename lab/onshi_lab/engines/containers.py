"""Nodes as containers of Docker or Podman: one image, one container a node, no network of theirs.

A container starts with `--network none` and is wired from outside through its process's network
namespace, like every other node. Its daemons are started by its own first process
(`onshi_lab.node`), so that they have no more power than the container.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from onshi_lab import pki, system
from onshi_lab.engines.capabilities import NEEDS
from onshi_lab.errors import LabError, UsageError
from onshi_lab.topology import Kind, Node
from onshi_lab.world import LAPTOP_RESOLVER, World

LABEL = "onshi-lab"
PYTHON = "/opt/onshi/bin/python"
PATH = "/opt/onshi/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START_WITHIN_S = 60.0
AT_ONCE = 4
_STATE = Path("/run/onshi-lab")
_HANDED_ON = ("TERM", "LANG", "COLUMNS", "NO_COLOR")


def image() -> str:
    """The image that the nodes run."""
    return os.environ.get("ONSHI_LAB_IMAGE", "onshi-lab")


class Asked:
    """A daemon that a container's first process started for us."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = connection.makefile("rb")
        first = json.loads(self._reader.readline() or "{}")
        if "pid" not in first:
            self.close()
            raise LabError(f"a daemon could not be started: {first.get('error', 'no answer')}")
        self.pid = int(first["pid"])
        self._code: int | None = None

    def fileno(self) -> int:
        """The connection, on which the end is told."""
        return self._connection.fileno()

    def poll(self) -> int | None:
        """Its exit code, None while it runs; -9 when the container went with it."""
        if self._code is None and select.select([self._connection], [], [], 0)[0]:
            self._code = int(json.loads(self._reader.readline() or '{"code": -9}')["code"])
        return self._code

    def close(self) -> None:
        """Hear no more of it."""
        self._reader.close()
        self._connection.close()


class Containers:
    """The engines `docker` and `podman`: the same code, another program."""

    def __init__(self, name: str) -> None:
        self.name = name

    def check(self) -> None:
        """Raise where there is no engine, no image, or no right to wire a container."""
        if os.geteuid() != 0:
            raise UsageError("cables between containers need root; run it with sudo")
        if shutil.which(self.name) is None:
            raise LabError(f"the program {self.name} is not there; install it, or leave --engine")
        if (info := self._run("info")).returncode != 0:
            raise LabError(f"{self.name} does not answer: {info.stderr.strip().splitlines()[-1]}")
        if self._run("image", "inspect", image()).returncode != 0:
            raise LabError(
                f"the image {image()} is not there; build it: DOCKER={self.name} scripts/image"
            )

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run((self.name, *words), capture_output=True, text=True, check=False)

    def _must(self, *words: str) -> str:
        done = self._run(*words)
        if done.returncode != 0:
            raise LabError(f"{self.name} {words[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def found(self, lab: str) -> tuple[str, ...]:
        """The nodes whose containers are there, running or not."""
        listing = self._run(
            "ps", "--all", "--filter", f"label={LABEL}={lab}", "--format", "{{.Names}}"
        )
        return tuple(name.removeprefix(f"{lab}-") for name in sorted(listing.stdout.split()))

    def create(self, world: World) -> None:
        """Start a container for every node, a few at a time, and wait for its first process."""
        for node in world.topology.nodes:
            _prepare(world, node)
        self.restore(world)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda node: self._create(world, node), world.topology.nodes))

    def _create(self, world: World, node: Node) -> None:
        home = _home(world.name, node.name)
        up = os.open(home / "socket.up", os.O_RDONLY | os.O_NONBLOCK)
        try:
            self._must("run", "--detach", *run_options(world, node), image(), f"{home}/socket")
            if not select.select([up], [], [], START_WITHIN_S)[0]:
                raise LabError(f"the container of {node.name} does not start its daemons")
        finally:
            os.close(up)
        inspected = self._must(
            "inspect", "--format", "{{.State.Pid}}", _name(world.name, node.name)
        )
        pid = int(inspected)
        inode = Path(f"/proc/{pid}/ns/net").stat().st_ino
        (home / "process").write_text(f"{pid} {inode}")

    def namespace(self, lab: str, node: str) -> Path:
        """That of the container's first process, if it is still the one that was wired."""
        pid, inode = _process(lab, node)
        path = Path(f"/proc/{pid}/ns/net")
        try:
            same = path.stat().st_ino == inode
        except OSError:
            same = False
        if not same:
            raise LabError(f"the container of {node} is gone; run `onshi-lab down` and `up`")
        return path

    def start(
        self,
        world: World,
        node: str,
        argv: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
    ) -> Asked:
        """Ask the container's first process."""
        words = [PYTHON if word == sys.executable else word for word in argv]
        inside = {**environment, **_variables(), "PATH": PATH}
        wanted = {"argv": words, "directory": str(directory), "environment": inside}
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(START_WITHIN_S)
        connection.connect(str(_home(world.name, node) / "socket"))
        connection.sendall(json.dumps(wanted).encode() + b"\n")
        return Asked(connection)

    def host_pid(self, lab: str, node: str, pid: int) -> int | None:
        """The child of the container's first process that the container calls `pid`."""
        try:
            first, _ = _process(lab, node)
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        except (OSError, LabError):
            return None
        return next((int(one) for one in children if _inner(one) == pid), None)

    def command(
        self, lab: str, node: str, argv: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[str, ...]:
        """`exec` of the engine; secrets go by name only, so that no process list shows them."""
        names = [name for name in environment if name.startswith("ONSHI_") or name in _HANDED_ON]
        options = [word for name in names for word in ("--env", name)]
        if sys.stdin.isatty() and sys.stdout.isatty():
            options.append("--tty")
        folder = _home(lab, node) / "folder"
        if folder.exists() and Path.cwd().is_relative_to(folder.read_text()):
            options += ["--workdir", str(Path.cwd())]
        return (self.name, "exec", "--interactive", *options, _name(lab, node), *argv)

    def tool(self, lab: str, node: str, argv: Sequence[str]) -> tuple[str, ...]:
        """A container for the moment, in the node's network, with power over that alone."""
        power = ("--cap-drop", "ALL", "--cap-add", "NET_ADMIN", "--label", f"{LABEL}={lab}")
        place = ("--network", f"container:{_name(lab, node)}", "--entrypoint", argv[0])
        return (self.name, "run", "--rm", "--interactive", *power, *place, image(), *argv[1:])

    def restore(self, world: World) -> None:
        """The laptop's resolver; the file stays the same one, since it is mounted."""
        (_home(world.name, "laptop") / "resolv.conf").write_text(LAPTOP_RESOLVER)

    def remove(self, lab: str) -> None:
        """Remove the containers with all that runs in them."""
        listing = self._must("ps", "--all", "--quiet", "--filter", f"label={LABEL}={lab}")
        if ids := listing.split():
            self._must("rm", "--force", "--volumes", *ids)


def _name(lab: str, node: str) -> str:
    return f"{lab}-{node}"


def _home(lab: str, node: str) -> Path:
    """What a container and we share besides its daemons' files."""
    return _STATE / lab / "nodes" / node


def _prepare(world: World, node: Node) -> None:
    home = _home(world.name, node.name)
    home.mkdir(parents=True)
    os.mkfifo(home / "socket.up", 0o600)
    (world.directory / "services" / node.name).mkdir(parents=True)
    if node.kind is Kind.LAPTOP and Path.cwd() != Path("/"):
        (home / "folder").write_text(str(Path.cwd()))


def _process(lab: str, node: str) -> tuple[int, int]:
    """The container's first process, and the inode of its network namespace."""
    try:
        pid, inode = (_home(lab, node) / "process").read_text().split()
    except OSError:
        raise LabError(f"the container of {node} is gone; run `onshi-lab down` and `up`") from None
    return int(pid), int(inode)


def _inner(pid: str) -> int | None:
    """How a process is called in the innermost PID namespace that it is in."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    line = next((one for one in status.splitlines() if one.startswith("NSpid:")), "NSpid: 0")
    return int(line.split()[-1])


def _variables() -> dict[str, str]:
    return {system.SYSCTLS: "/lab/sys", system.OWN_FILES: "1"}


def run_options(world: World, node: Node) -> list[str]:
    """The options of a node's container, for `run` of either engine."""
    needs, name = NEEDS[node.kind], world.host_name(node.name)
    return [
        *("--name", _name(world.name, node.name), "--label", f"{LABEL}={world.name}"),
        *("--network", "none", "--hostname", name, "--add-host", f"{name}:127.0.0.1"),
        *("--cap-drop", "ALL", *_each("--cap-add", needs.capabilities)),
        *("--security-opt", "no-new-privileges"),
        *(() if needs.writable else ("--read-only",)),
        *_each("--tmpfs", ("/tmp", "/run", "/var/lib/dhcpv6", "/var/lib/nginx")),
        *_each("--env", (f"{key}={value}" for key, value in _variables().items())),
        *_each("--volume", _mounts(world, node)),
    ]


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _mounts(world: World, node: Node) -> Iterator[str]:
    """What of the lab's files a node sees, at the same paths: its own, and nobody else's."""
    for own in (_home(world.name, node.name), world.directory / "services" / node.name):
        yield f"{own}:{own}"
    for given in _given(world, node):
        yield f"{given}:{given}:ro"
    if NEEDS[node.kind].sysctls:
        # /proc/sys is read-only in a container; this is the network of whoever looks at it.
        yield "/proc/sys/net:/lab/sys/net"
    if node.kind is Kind.LAPTOP:
        yield f"{_home(world.name, node.name)}/resolv.conf:/etc/resolv.conf"
        folder = _home(world.name, node.name) / "folder"
        if folder.exists():
            yield f"{folder.read_text()}:{folder.read_text()}"


def _given(world: World, node: Node) -> Iterator[Path]:
    """The secrets and certificates that a node is delivered with."""
    match node.kind:
        case Kind.CENTER:
            for name in ("servers", "public", "client-ca.pem", "other-client-ca.pem"):
                yield world.pki / name
        case Kind.ROUTER:
            yield world.directory / "initial-password"
        case Kind.TERMINAL:
            yield world.users_file(node.name)
            yield pki.terminal_file(world.pki, node.name)
        case Kind.RECEIPT:
            yield world.users_file(node.name)
        case _:
            return
