"""Being inside a lab that is up: a command in a node, a question to a PC.

What brings labs up and down (`engine`) is not loaded here: these two run most often.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from onshi_lab import credentials, engines, state
from onshi_lab.errors import UsageError
from onshi_lab.services import windows
from onshi_lab.site import LAPTOP_NODES
from onshi_lab.topology import Kind
from onshi_lab.windows.ask import ask


def ask_pc(lab: str, node: str, request: dict[str, Any]) -> dict[str, Any]:
    """Do to a PC what `onshi_lab.windows.control` lists, and answer what came of it.

    Raises UsageError for a node that is no PC, LabError when the lab is not up.
    """
    world = state.world(lab, state.load_ready(lab))
    able = [pc.node for pc in world.site.pcs]
    if node not in able:
        raise UsageError.unknown("PC", node, able)
    return ask(world.service_directory(node, windows.NAME) / "state", request)


def exec_arguments(
    lab: str, node: str, command: tuple[str, ...], inherited: dict[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """What to execute to run a command inside a node: arguments and environment.

    Raises UsageError for an unknown node, LabError when the lab is not up.
    """
    record = state.load_ready(lab)
    world = state.world(lab, record)
    kind = world.topology.require(node).kind
    environment = {**inherited, "ONSHI_LAB": lab}
    if kind is Kind.LAPTOP:
        environment |= credentials.environment(state.load_secrets(lab))
    if kind is Kind.LAPTOP and node != LAPTOP_NODES[0]:
        environment = _at_home(environment, world.directory / "homes" / node)
    return engines.of(world).command(lab, node, command, environment), environment


def _at_home(environment: dict[str, str], home: Path) -> dict[str, str]:
    """The environment of another technician, who has a home of his own on his own laptop."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {key: value for key, value in environment.items() if not key.startswith("XDG_")}
    return {**kept, "HOME": str(home)}
