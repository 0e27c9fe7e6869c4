"""The mock router, by its command line."""

from __future__ import annotations

from onshi_lab.services.base import Prints, Service
from onshi_lab.topology import Node
from onshi_lab.wiring import SOCKETS
from onshi_lab.world import World

NAME = "console"
READY = r"^ready$"


def mock(world: World, node: Node) -> tuple[Service, ...]:
    """The router's console on SSH; its configuration drives the kernel of its namespace."""
    facts = world.site.router
    sockets = SOCKETS[facts.model]
    arguments = [
        *("--model", facts.model, "--firmware", facts.firmware, "--serial", facts.serial),
        *("--port", f"lan1={','.join(sockets.ports)}"),
        *(word for name in sockets.others for word in ("--port", f"{name}={name}")),
        *("--state", str(world.service_directory(node.name, NAME) / "state")),
        *("--initial-password-file", str(world.directory / "initial-password")),
        *(
            ("--unnamed-password-file", str(world.directory / "unnamed-password"))
            if world.site.references.router_unnamed
            else ()
        ),
        *(
            ("--admin-password-file", str(world.directory / "admin-password"))
            if facts.own_passwords
            else ()
        ),
        *("--language", facts.language),
        *("--address", str(facts.address), "--user", facts.user),
        *(("--config", "typed.txt") if facts.config else ()),
        *(("--drop-is-logout",) if facts.drop_is_logout else ()),
    ]
    return (
        Service(
            node.name,
            NAME,
            (*world.router_command, *arguments),
            Prints(READY),
            f"{facts.model} Rev.{facts.firmware}, SSH",
            (("typed.txt", facts.config),) if facts.config else (),
        ),
    )
