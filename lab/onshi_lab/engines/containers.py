"""Nodes as containers of Docker or Podman: one image, one container a node, no network."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from onshi_lab import asking
from onshi_lab.engines.boxes import ROOT, START_WITHIN_S, VARIABLES, Boxes, door, shared
from onshi_lab.engines.capabilities import NEEDS
from onshi_lab.errors import LabError, UsageError
from onshi_lab.topology import Kind, Node
from onshi_lab.world import World

LABEL = "onshi-lab"
TMPFS = ("/tmp", "/run", "/var/lib/dhcpv6", "/var/lib/nginx")
SYSTEM = tuple(map(Path, ("/usr", "/etc", "/opt/onshi", "/bin", "/sbin", "/lib", "/lib64", "/dev")))
NEEDED = (*map(Path, ("/srv/onshi", "/proc/sys", "/sys/fs", *TMPFS)), ROOT, *SYSTEM)
"""What a node needs of its image and of the kernel: nothing of the machine may lie over it."""
AT_ONCE = 4
_HANDED_ON = ("TERM", "LANG", "COLUMNS", "NO_COLOR")


def image() -> str:
    """The image that the nodes run."""
    return os.environ.get("ONSHI_LAB_IMAGE", "onshi-lab")


class Containers(Boxes):
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
        here = Path.cwd()
        if hides(here):
            raise UsageError(
                f"the laptop's container gets the folder where you are, and {here} would hide its "
                "system; change to a folder of your own (cd) and run it again"
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
        label = f"label={LABEL}={lab}"
        listing = self._run("ps", "--all", "--filter", label, "--format", "{{.Names}}")
        return tuple(name.removeprefix(f"{lab}-") for name in sorted(listing.stdout.split()))

    def create(self, world: World) -> None:
        """Start a container for every node, a few at a time, and wait for its first process."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda node: self._create(world, node), world.topology.nodes))
        self.restore(world)

    def _create(self, world: World, node: Node) -> None:
        socket = door(world.name, node.name)
        socket.parent.mkdir(parents=True)
        if (folder := _folder(node)) is not None:
            (socket.parent / "folder").write_text(str(folder))
        if node.kind is Kind.LAPTOP:
            _resolver(world.name, node.name).write_text(world.resolver)
        self._must("run", "--detach", *run_options(world, node), image(), str(socket))
        asking.await_node(socket, START_WITHIN_S)

    def command(
        self, lab: str, node: str, argv: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[str, ...]:
        """`exec` of the engine; secrets go by name only, so that no process list shows them."""
        names = [name for name in environment if name.startswith("ONSHI_") or name in _HANDED_ON]
        options = _each("--env", names)
        if sys.stdin.isatty() and sys.stdout.isatty():
            options.append("--tty")
        folder = door(lab, node).with_name("folder")
        if folder.exists() and Path.cwd().is_relative_to(folder.read_text()):
            options += ["--workdir", str(Path.cwd())]
        return (self.name, "exec", "--interactive", *options, f"{lab}-{node}", *argv)

    def tool(self, lab: str, node: str, argv: Sequence[str]) -> tuple[str, ...]:
        """A container for the moment, in the node's network, with power over that alone."""
        power = ("--cap-drop", "ALL", "--cap-add", "NET_ADMIN", "--label", f"{LABEL}={lab}")
        place = ("--network", f"container:{lab}-{node}", "--entrypoint", argv[0])
        return (self.name, "run", "--rm", "--interactive", *power, *place, image(), *argv[1:])

    def remove(self, lab: str) -> None:
        """Remove the containers with all that runs in them."""
        listing = self._must("ps", "--all", "--quiet", "--filter", f"label={LABEL}={lab}")
        if ids := listing.split():
            self._must("rm", "--force", "--volumes", *ids)


def run_options(world: World, node: Node) -> list[str]:
    """The options of a node's container, for `run` of either engine."""
    needs, name = NEEDS[node.kind], world.host_name(node.name)
    return [
        *("--name", f"{world.name}-{node.name}", "--label", f"{LABEL}={world.name}"),
        *("--network", "none", "--hostname", name, "--add-host", f"{name}:127.0.0.1"),
        *("--cap-drop", "ALL", *_each("--cap-add", needs.capabilities)),
        *("--security-opt", "no-new-privileges"),
        *(() if needs.writable else ("--read-only",)),
        *_each("--tmpfs", TMPFS),
        *_each("--env", (f"{key}={value}" for key, value in VARIABLES.items())),
        *_each("--mount", _mounts(world, node)),
    ]


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _folder(node: Node) -> Path | None:
    """Where `up` was called: the laptop has it, at the same path, for its inventory and reports."""
    return Path.cwd() if node.kind is Kind.LAPTOP and Path.cwd() != Path("/") else None


def hides(folder: Path) -> bool:
    """Whether a container could not run with this folder of the machine over its own."""
    if folder == Path("/"):
        return False
    return any(one.is_relative_to(folder) for one in NEEDED) or any(
        folder.is_relative_to(one) for one in (*SYSTEM, Path("/proc"), Path("/sys"))
    )


def _bind(source: Path, target: Path, *, only_read: bool = False) -> str:
    """A mount as both engines read it: fields of a row of CSV, so that any name is a folder's."""
    row = io.StringIO()
    fields = ["type=bind", f"source={source}", f"target={target}"]
    csv.writer(row, lineterminator="").writerow([*fields, *(["readonly"] if only_read else [])])
    return row.getvalue()


def _resolver(lab: str, node: str) -> Path:
    return door(lab, node).with_name("resolv.conf")


def _mounts(world: World, node: Node) -> Iterator[str]:
    """What of the machine's files a node sees: its own daemons', and nobody else's."""
    own = shared(world.name, node.name)
    yield _bind(own, own)
    if NEEDS[node.kind].sysctls:
        # /proc/sys is read-only in a container; this is the network of whoever looks at it.
        yield _bind(Path("/proc/sys/net"), Path("/lab/sys/net"))
    if (folder := _folder(node)) is not None:
        yield _bind(folder, folder)
    if node.kind is Kind.LAPTOP:
        # Podman takes no --dns without a network.
        yield _bind(_resolver(world.name, node.name), Path("/etc/resolv.conf"), only_read=True)
