"""What may hold the nodes of a lab, by name; the record of a lab says which one does.

The verbs ask `of(world)` and never say how a node is made. To add an engine, write a module with
a class that satisfies `base.Engine` and name it in `ENGINES`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from onshi_lab.engines.base import Engine, Process
from onshi_lab.engines.compose import Compose
from onshi_lab.engines.containers import Containers
from onshi_lab.engines.namespaces import Namespaces
from onshi_lab.errors import LabError, UsageError
from onshi_lab.world import World

__all__ = ["ENGINES", "Engine", "Process", "by_name", "default", "namespace", "of", "usable"]

ENGINES: Mapping[str, Engine] = {
    "namespaces": Namespaces(),
    "docker": Containers("docker"),
    "podman": Containers("podman"),
    "compose": Compose(),
}


def default() -> str:
    """The engine that is used where neither an option nor a lab's record says another."""
    return os.environ.get("ONSHI_LAB_ENGINE", "namespaces")


def by_name(name: str) -> Engine:
    """The engine of that name; raises UsageError with the possible names."""
    if name not in ENGINES:
        raise UsageError.unknown("engine", name, ENGINES)
    return ENGINES[name]


def usable() -> Iterator[Engine]:
    """The engines that can be used on this machine."""
    for engine in ENGINES.values():
        with suppress(LabError):
            engine.check()
            yield engine


def of(world: World) -> Engine:
    """The engine that holds this lab."""
    return by_name(world.engine)


def namespace(world: World, node: str) -> Path:
    """The path of a node's network namespace, whatever holds the node."""
    return of(world).namespace(world.name, node)
