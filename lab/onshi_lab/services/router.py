"""The mock router, by its command line."""

from __future__ import annotations

from onshi_lab.services.base import Prints, Service
from onshi_lab.topology import Node
from onshi_lab.world import World

NAME = "console"
READY = r"^ready$"


def mock(world: World, node: Node) -> tuple[Service, ...]:
    """The router's console on SSH; its configuration drives the kernel of its namespace."""
    facts = world.site.router
    arguments = [
        *("--model", facts.model, "--firmware", facts.firmware, "--serial", facts.serial),
        *("--port", "lan1=lan1p1,lan1p2,lan1p3,lan1p4", "--port", "lan2=lan2"),
        *("--state", str(world.service_directory(node.name, NAME) / "state")),
        *("--initial-password-file", str(world.directory / "initial-password")),
        *("--language", facts.language),
        *(("--drop-is-logout",) if facts.drop_is_logout else ()),
    ]
    return (
        Service(
            node.name,
            NAME,
            (*world.router_command, *arguments),
            Prints(READY),
            f"{facts.model} Rev.{facts.firmware}, SSH",
        ),
    )
