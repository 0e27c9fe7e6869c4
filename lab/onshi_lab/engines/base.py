"""The one thing between the lab's verbs and what holds its nodes.

An engine makes nodes, tells the path of each one's network namespace, and starts processes in
them. Cables, addresses, routes and sysctls are none of its business: `kernel/network.py` lays them
through the namespaces' paths, the same way for every engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from onshi_lab.world import World


class Process(Protocol):
    """A process that was started in a node, until `close`."""

    @property
    def pid(self) -> int:
        """Its number as the node itself counts, which is what its own pid file says, too."""

    def fileno(self) -> int:
        """A descriptor that becomes readable when it ends."""

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""

    def close(self) -> None:
        """Stop watching it; the process goes on."""


class Engine(Protocol):
    """Holds the nodes of labs; keeps no state of its own besides what the system keeps."""

    @property
    def name(self) -> str:
        """How `--engine` and the lab's record call it."""

    def check(self) -> None:
        """Raise LabError, with what to do about it, where this engine cannot be used."""

    def found(self, lab: str) -> tuple[str, ...]:
        """The nodes of a lab that are there, whether whole or half made; () where none can be."""

    def create(self, world: World) -> None:
        """Make every node of a lab, each with a network namespace without any cable."""

    def namespace(self, lab: str, node: str) -> Path:
        """The path of a node's network namespace; raises LabError for a node that is gone."""

    def start(
        self,
        world: World,
        node: str,
        argv: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
    ) -> Process:
        """Start a daemon in a node, in that directory; what it prints goes to `directory/log`."""

    def host_pid(self, lab: str, node: str, pid: int) -> int | None:
        """What the machine calls the process that a node calls `pid`; None when it has ended."""

    def command(
        self, lab: str, node: str, argv: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Arguments that run a user's command in a node, on his terminal, in this environment."""

    def tool(self, lab: str, node: str, argv: Sequence[str]) -> tuple[str, ...]:
        """Arguments that run a tool of the lab (`nft`, `ip`) with power over a node's network."""

    def restore(self, world: World) -> None:
        """Put the files back that nodes are delivered with, such as the laptop's resolver."""

    def remove(self, lab: str) -> None:
        """Kill what runs in a lab's nodes and take them away, however much of them is there."""
