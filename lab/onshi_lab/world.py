"""Everything that a service's configuration is made from: one frozen value, no I/O."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from ipaddress import IPv6Network
from pathlib import Path

from onshi_lab.effects import (
    Dark,
    Delegating,
    Effect,
    Extra,
    LinkDown,
    NoRules,
    Off,
    Renumbered,
    Rules,
    Unplugged,
    Variant,
)
from onshi_lab.site import PREFIX_LENGTH, LineMode, Site
from onshi_lab.topology import End, Route, Topology, line_routes

MOCK_ROUTER = (sys.executable, "-m", "onshi_lab.yamaha")


def terminal_file(pki: Path, terminal: str, *, soon: bool = False) -> Path:
    """Where a terminal's own client certificate and key are; `soon`: one that runs out."""
    return pki / "terminals" / f"{terminal}{'-soon' if soon else ''}.pem"


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
    powershell: str = ""

    def host_name(self, node: str) -> str:
        """What a node calls itself."""
        called = {pc.node: pc.computer_name for pc in self.site.pcs}
        return called.get(node, node.upper())

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
    def resolver(self) -> str:
        """The laptop's resolv.conf."""
        return f"nameserver {self.site.terminal.router}\n"

    @property
    def prefix(self) -> IPv6Network:
        """The prefix that the line has at the moment."""
        line = self.site.line
        prefix = line.changed_prefix if Renumbered() in self.effects else line.prefix
        length = PREFIX_LENGTH[self.mode]
        return prefix if prefix.prefixlen <= length else prefix.supernet(new_prefix=length)

    @property
    def mode(self) -> LineMode:
        """How the line hands its prefix out at the moment."""
        return LineMode.PD if Delegating() in self.effects else self.site.line.mode

    @property
    def line_routes(self) -> tuple[Route, ...]:
        """How the NGN reaches the line at the moment."""
        return line_routes(self.mode, self.prefix)

    def is_off(self, node: str, service: str) -> bool:
        """Whether a fault stops this service, or its node has no power."""
        return Off(node, service) in self.effects or self.is_dark(node)

    def is_dark(self, node: str) -> bool:
        """Whether a node has no power."""
        return node in self.dark

    @property
    def dark(self) -> frozenset[str]:
        """The nodes that have no power."""
        return frozenset(each.node for each in self.effects if isinstance(each, Dark))

    def unplugged(self, node: str) -> tuple[str, ...]:
        """The sockets of a node whose cables are out."""
        found = [each for each in self.effects if isinstance(each, Unplugged)]
        here = {End(each.node, each.interface) for each in found}
        ends = here | {self.topology.far_end(each.node, each.interface) for each in found}
        return tuple(sorted(each.interface for each in ends if each.node == node))

    def has(self, node: str, service: str, key: str) -> bool:
        """Whether a fault changes this service's configuration in this way."""
        return Variant(node, service, key) in self.effects

    @property
    def line_answers(self) -> bool:
        """Whether the NGN's DHCPv6 server hears the branch device, and is heard."""
        cut = {Off("ngn", "dhcp"), LinkDown("onu", "line")} & self.effects
        return not (
            cut
            or self.dark & {"onu", "branch"}
            or self.unplugged("onu")
            or self.unplugged("ngn")
            or self.added_rules("onu")
            or self.added_rules("branch")
        )

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
