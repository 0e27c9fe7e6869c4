"""Nodes as network namespaces that `ip netns` shows, on the machine's own file system."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from onshi_lab import daemons, holder, state
from onshi_lab.errors import UsageError
from onshi_lab.kernel import namespaces
from onshi_lab.site import LAPTOP_NODES
from onshi_lab.world import World

# `ip netns exec` gives the command mounts of its own; a host without the file has none to cover.
_WITH_RESOLVER = '[ ! -e /etc/resolv.conf ] || mount -n --bind "$0" /etc/resolv.conf; exec "$@"'


class Child:
    """A daemon that this process started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._descriptor = os.pidfd_open(process.pid)

    @property
    def pid(self) -> int:
        """Its number, the same inside and outside."""
        return self._process.pid

    def fileno(self) -> int:
        """Its pidfd."""
        return self._descriptor

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._process.poll()

    def close(self) -> None:
        """Let it go on by itself."""
        os.close(self._descriptor)


class Namespaces:
    """The engine `namespaces`."""

    name = "namespaces"

    def check(self) -> None:
        """Raise UsageError for who may not make a namespace."""
        if os.geteuid() != 0:
            raise UsageError("network namespaces need root; run it with sudo")
        daemons.require_programs()

    def found(self, lab: str) -> tuple[str, ...]:
        """The nodes whose namespaces are there."""
        return tuple(name.removeprefix(f"{lab}-") for name in namespaces.found(lab))

    def create(self, world: World) -> None:
        """Make every node's namespace."""
        for node in world.topology.node_names:
            namespaces.create(_name(world.name, node))
        self.restore(world)

    def namespace(self, lab: str, node: str) -> Path:
        """The bind mount that `ip netns` uses."""
        return namespaces.NAMESPACES / _name(lab, node)

    def start(
        self,
        world: World,
        node: str,
        argv: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
    ) -> Child:
        """Start a daemon as a child in a session of its own."""
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                self.tool(world.name, node, argv),
                cwd=directory,
                env={
                    **environment,
                    **holder.pretence(),
                    namespaces.OWNER_VARIABLE: world.name,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # The copy of the lab's lock closes itself at exec: whoever takes the lab away after
                # this process was killed waits until this child can be told by its environment.
                close_fds=False,
            )
        return Child(process)

    def host_pid(self, lab: str, node: str, pid: int) -> int | None:
        """The same number, if that process is in the node."""
        try:
            there = Path(f"/proc/{pid}/ns/net").samefile(self.namespace(lab, node))
        except OSError:
            return None
        return pid if there else None

    def command(
        self, lab: str, node: str, argv: Sequence[str], _environment: Mapping[str, str]
    ) -> tuple[str, ...]:
        """`ip netns exec`, which hands the whole environment on; on a laptop, its resolver."""
        if node in LAPTOP_NODES:
            return self.tool(lab, node, ("sh", "-c", _WITH_RESOLVER, str(_resolver(lab)), *argv))
        return self.tool(lab, node, argv)

    def tool(self, lab: str, node: str, argv: Sequence[str]) -> tuple[str, ...]:
        """`ip netns exec`."""
        return ("ip", "netns", "exec", _name(lab, node), *argv)

    def restore(self, world: World) -> None:
        """A resolv.conf that `command` puts over the machine's own, which stays as it is."""
        path = _resolver(world.name)
        path.write_text(world.resolver)
        path.chmod(0o644)

    def remove(self, lab: str) -> None:
        """Kill what runs in the namespaces, and delete them."""
        namespaces.kill_all(lab)
        for name in namespaces.found(lab):
            namespaces.delete(name)
        namespaces.kill_all(lab)


def _name(lab: str, node: str) -> str:
    return f"{lab}-{node}"


def _resolver(lab: str) -> Path:
    return state.directory(lab) / "laptop-resolv.conf"
