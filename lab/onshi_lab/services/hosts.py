"""Terminals and receipt PCs as plain hosts: something that accepts on the usual ports."""

from __future__ import annotations

import sys

from onshi_lab.services.base import Prints, Service
from onshi_lab.topology import Node
from onshi_lab.world import World

PORTS = ("445", "80")


def listener(_world: World, node: Node) -> tuple[Service, ...]:
    """A small program that accepts TCP on SMB's and HTTP's port."""
    return (
        Service(
            node.name,
            "listener",
            (sys.executable, "-m", "onshi_lab.programs.listener", *PORTS),
            Prints(r"^ready$"),
            f"TCP {', '.join(PORTS)}",
        ),
    )
