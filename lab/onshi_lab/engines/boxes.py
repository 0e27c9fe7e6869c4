"""What every engine of containers does the same, whoever starts them.

A container is wired from outside through its first process's network namespace, and its daemons
are started by that process (`onshi_lab.node`), so that they have no more power than it. Secrets and
certificates are handed over through its socket, so that no other container sees them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from onshi_lab import asking, system
from onshi_lab.errors import LabError
from onshi_lab.topology import Kind, Node
from onshi_lab.world import World, terminal_file

ROOT = Path("/run/onshi-lab")
PYTHON = "/opt/onshi/bin/python"
PATH = "/opt/onshi/bin:/usr/sbin:/usr/bin:/sbin:/bin"
VARIABLES = {system.SYSCTLS: "/lab/sys", system.OWN_FILES: "1"}
START_WITHIN_S = 60.0


def shared(lab: str, node: str) -> Path:
    """The one folder that a container and we share: its daemons' files, and its socket."""
    return ROOT / lab / "services" / node


def door(lab: str, node: str) -> Path:
    """The socket of a container's first process."""
    return shared(lab, node) / ".node" / "socket"


class Boxes:
    """Reaches nodes through their sockets; knows nothing of who started them."""

    def namespace(self, lab: str, node: str) -> Path:
        """That of the process that listens; raises LabError when none does."""
        return Path(f"/proc/{self._first(lab, node)}/ns/net")

    def _first(self, lab: str, node: str) -> int:
        try:
            return asking.pid_of(door(lab, node))
        except OSError:
            raise LabError(
                f"the container of {node} is gone; run `onshi-lab down` and `up`"
            ) from None

    def start(
        self,
        world: World,
        node: str,
        argv: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
    ) -> asking.Asked:
        """Ask the container's first process."""
        words = [PYTHON if word == sys.executable else word for word in argv]
        inside = {**environment, **VARIABLES, "PATH": PATH}
        wanted = {"argv": words, "directory": str(directory), "environment": inside}
        return asking.Asked(door(world.name, node), wanted)

    def host_pid(self, lab: str, node: str, pid: int) -> int | None:
        """The child of the container's first process that the container calls `pid`."""
        try:
            first = self._first(lab, node)
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        except (OSError, LabError):
            return None
        return next((int(one) for one in children if _inner(one) == pid), None)

    def restore(self, world: World) -> None:
        """Hand every node what it is delivered with."""
        for node in world.topology.nodes:
            if files := {path: path.read_bytes() for path in delivered(world, node)}:
                asking.give(door(world.name, node.name), files)


def _inner(pid: str) -> int | None:
    """How a process is called in the innermost PID namespace that it is in."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    line = next((one for one in status.splitlines() if one.startswith("NSpid:")), "NSpid: 0")
    return int(line.split()[-1])


def delivered(world: World, node: Node) -> Iterator[Path]:
    """The secrets and certificates that a node is delivered with."""
    match node.kind:
        case Kind.CENTER:
            for pattern in ("servers/*", "public/*", "client-ca.pem", "other-client-ca.pem"):
                yield from world.pki.glob(pattern)
        case Kind.ROUTER:
            yield world.directory / "initial-password"
            if world.site.router.own_passwords:
                yield world.directory / "admin-password"
            if world.site.references.router_unnamed:
                yield world.directory / "unnamed-password"
        case Kind.TERMINAL:
            yield world.users_file(node.name)
            yield terminal_file(world.pki, node.name)
            yield world.pki / "server-ca.pem"
        case Kind.RECEIPT:
            yield world.users_file(node.name)
        case _:
            return
