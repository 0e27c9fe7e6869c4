"""Everything that a service's configuration is made from: one frozen value, no I/O."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from ipaddress import IPv6Network
from pathlib import Path

from onshi_lab.effects import Effect, Extra, NoRules, Off, Renumbered, Rules, Variant
from onshi_lab.site import Site
from onshi_lab.topology import Topology

MOCK_ROUTER = (sys.executable, "-m", "onshi_lab.yamaha")
LAPTOP_RESOLVER = "10.51.1.1"


@dataclass(frozen=True, slots=True)
class World:
    """A lab as it shall be: which site, where its files are, and what is broken in it."""

    name: str
    directory: Path
    site: Site
    topology: Topology
    effects: frozenset[Effect] = frozenset()
    router_command: tuple[str, ...] = MOCK_ROUTER
    engine: str = "namespaces"

    def host_name(self, node: str) -> str:
        """What a node calls itself."""
        return node.upper()

    def service_directory(self, node: str, service: str) -> Path:
        """Where a service keeps its files."""
        return self.directory / "services" / node / service

    def users_file(self, node: str) -> Path:
        """Where the names and passwords of a Windows PC's users are."""
        return self.directory / "users" / f"{node}.json"

    @property
    def pki(self) -> Path:
        """Where keys and certificates are."""
        return self.directory / "pki"

    @property
    def prefix(self) -> IPv6Network:
        """The prefix that the line has at the moment."""
        line = self.site.line
        return line.changed_prefix if Renumbered() in self.effects else line.prefix

    def is_off(self, node: str, service: str) -> bool:
        """Whether a fault stops this service."""
        return Off(node, service) in self.effects

    def has(self, node: str, service: str, key: str) -> bool:
        """Whether a fault changes this service's configuration in this way."""
        return Variant(node, service, key) in self.effects

    @property
    def extras(self) -> tuple[Extra, ...]:
        """The services that only run because of a fault."""
        found = [effect for effect in self.effects if isinstance(effect, Extra)]
        return tuple(sorted(found, key=lambda extra: (extra.node, extra.service)))

    def added_rules(self, node: str) -> tuple[str, ...]:
        """The nftables rules that faults add on a node."""
        found = [e for e in self.effects if isinstance(e, Rules) and e.node == node]
        return tuple(sorted(rules.text for rules in found))

    def rules_removed(self, node: str) -> bool:
        """Whether a fault takes a node's own rules away."""
        return NoRules(node) in self.effects
