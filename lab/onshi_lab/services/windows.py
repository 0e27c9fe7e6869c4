"""Terminals and receipt PCs: the mock Windows, by its command line.

A terminal is delivered with its client certificate installed.
"""

from __future__ import annotations

import sys

from onshi_lab.services.base import Prints, Service
from onshi_lab.topology import Kind, Node
from onshi_lab.world import World, terminal_file

NAME = "windows"
READY = r"^ready\b"
ROLES = {Kind.TERMINAL: "terminal", Kind.RECEIPT: "receipt"}


def pc(world: World, node: Node) -> tuple[Service, ...]:
    """A Windows PC on WinRM; its routes, shares and firewall are those of its namespace."""
    role = ROLES[node.kind]
    facts = next(each for each in world.site.pcs if each.node == node.name)
    arguments = [
        *("--name", world.host_name(node.name), "--role", role, "--interface", "eth0"),
        *("--state", str(world.service_directory(node.name, NAME) / "state")),
        *("--users-file", str(world.users_file(node.name))),
        *("--language", facts.language),
        *(("--windows", facts.release) if facts.release else ()),
        *(("--dhcp",) if facts.dhcp else ()),
        *(("--powershell", world.powershell) if world.powershell else ()),
    ]
    if node.kind is Kind.TERMINAL:
        arguments += ["--certificate", str(terminal_file(world.pki, node.name))]
        arguments += ["--authority", str(world.pki / "server-ca.pem")]
    command = (sys.executable, "-m", "onshi_lab.windows", *arguments)
    return (Service(node.name, NAME, command, Prints(READY), f"Windows {role}, WinRM"),)
