"""What a service of the lab is: a program, its files, and how one knows that it is ready."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Detaches:
    """The program goes to the background by itself when it serves; its process is in `pidfile`."""

    pidfile: str


@dataclass(frozen=True, slots=True)
class Prints:
    """The program stays in the foreground and prints a matching line when it serves."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Service:
    """One daemon on one node.

    `argv` runs in the service's own directory, where `files` (name, text) were written before.
    `after_stop` is a command that removes what the daemon leaves in the kernel.
    `label` tells a person what it offers.
    """

    node: str
    name: str
    argv: tuple[str, ...]
    ready: Detaches | Prints
    label: str
    files: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    after_stop: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Equal exactly when two services would run the same way.

        How one knows that they are ready is no part of it.
        """
        own = replace(self, ready=Prints(""))
        return hashlib.sha256(repr(own).encode()).hexdigest()
