"""Nodes as containers that compose started; this engine only wires them, from the service `wire`.

`wire` sees the machine's processes, so that it reaches their network namespaces, and one volume of
each node, below NODES. It has no engine's socket: what compose started, compose takes away.
"""

from __future__ import annotations

import errno
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onshi_lab import asking
from onshi_lab.engines.boxes import ROOT, START_WITHIN_S, Boxes, door
from onshi_lab.errors import LabError
from onshi_lab.kernel import namespaces
from onshi_lab.world import World

if TYPE_CHECKING:
    from pyroute2 import IPRoute

NODES = Path("/run/onshi-nodes")
WORK = "/srv/onshi"


class Compose(Boxes):
    """The engine `compose`, which is used inside the service `wire` alone."""

    name = "compose"

    def check(self) -> None:
        """Raise LabError outside of `wire`."""
        if not NODES.is_dir():
            raise LabError(
                "the engine compose is the service `wire` of lab/compose.yaml; "
                "run: docker-compose -f lab/compose.yaml up"
            )

    def found(self, lab: str) -> tuple[str, ...]:
        """The nodes whose first process listens."""
        if not (ROOT / lab / "services").exists():
            return ()
        return tuple(sorted(one.name for one in NODES.iterdir() if _listens(lab, one.name)))

    def create(self, world: World) -> None:
        """Wait for what compose starts, and clean it of what an earlier wiring left."""
        (world.directory / "services").symlink_to(NODES)
        for node in world.topology.node_names:
            door(world.name, node).parent.mkdir(exist_ok=True)
            asking.await_node(door(world.name, node), START_WITHIN_S)
            self._clean(world.name, node)
        self.restore(world)

    def _clean(self, lab: str, node: str) -> None:
        """Leave of a node nothing but its first process and its loopback, shut."""
        from pyroute2 import IPRoute

        first = self._first(lab, node)
        children = Path(f"/proc/{first}/task/{first}/children")
        while pids := [int(one) for one in children.read_text().split()]:
            if namespaces.end(pids, signal.SIGKILL, 10):
                raise LabError(f"programs on {node} do not end")
        with namespaces.inside(self.namespace(lab, node)), IPRoute() as kernel:
            for link in kernel.get_links():
                if link["index"] != 1:
                    _delete(kernel, link["index"])
            kernel.flush_addr(index=1)
            # It gets its own addresses back when it is opened again.
            kernel.link("set", index=1, state="down")
        for path in (NODES / node).iterdir():
            if path.name != ".node":
                shutil.rmtree(path)

    def command(
        self, lab: str, node: str, argv: Sequence[str], _environment: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Ask the node's first process; what it runs has our terminal and environment."""
        ask = (sys.executable, "-m", "onshi_lab.asking", str(door(lab, node)))
        return (*ask, WORK if node == "laptop" else "/", *argv)

    def tool(self, lab: str, node: str, argv: Sequence[str]) -> tuple[str, ...]:
        """The image's own tools, in the node's network."""
        return ("nsenter", f"--net={self.namespace(lab, node)}", *argv)

    def remove(self, lab: str) -> None:
        """Kill the daemons and take the cables out; the containers are compose's."""
        for node in self.found(lab):
            self._clean(lab, node)


def _listens(lab: str, node: str) -> bool:
    try:
        asking.pid_of(door(lab, node))
    except OSError:
        return False
    return True


def _delete(kernel: IPRoute, index: int) -> None:
    """Delete a link; another one's end may have taken it along."""
    from pyroute2 import NetlinkError

    try:
        kernel.link("del", index=index)
    except NetlinkError as error:
        if error.code != errno.ENODEV:
            raise
