"""What only several answers together show of the addresses: each clash with both its cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from onshi_net.intake.result import Facts

TERMINAL, CLINIC = "survey.network.terminal_network", "survey.network.clinic_network"
INSIDE: dict[str, tuple[str, ...]] = {
    TERMINAL: ("survey.network.terminal_router", "survey.network.terminals"),
    CLINIC: (
        "survey.network.clinic_router",
        "survey.network.clinic_gateway",
        "survey.network.receipt_pcs",
    ),
}
"""Whose addresses lie in which network."""


@dataclass(frozen=True, slots=True)
class Clash:
    """An answer at `field` that another (`other`) contradicts: `intake.<message>`."""

    field: str
    message: str
    other: str
    address: str


def clashes(facts: Facts) -> Iterator[Clash]:
    """Finds addresses outside their network or given twice, and networks that overlap."""
    networks = {name: _network(facts, name) for name in INSIDE}
    seen: dict[IPv4Address, str] = {}
    for name, fields in INSIDE.items():
        network = networks[name]
        for field in fields:
            for address in _addresses(facts, field):
                if network is not None and address not in network:
                    yield Clash(field, "outside", name, str(address))
                elif network is not None and _is_no_host(address, network):
                    yield Clash(field, "no-host", name, str(address))
                if address in seen:
                    yield Clash(field, "address-twice", seen[address], str(address))
                seen.setdefault(address, field)
    one, two = networks[TERMINAL], networks[CLINIC]
    if one is not None and two is not None and one.overlaps(two):
        yield Clash(CLINIC, "overlap", TERMINAL, str(two))


def _is_no_host(address: IPv4Address, network: IPv4Network) -> bool:
    return network.prefixlen < 31 and address in {network[0], network[-1]}


def _of(facts: Facts, path: str) -> object:
    found: object = facts
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _network(facts: Facts, path: str) -> IPv4Network | None:
    found = _of(facts, path)
    return IPv4Network(str(found)) if found is not None else None


def _addresses(facts: Facts, path: str) -> tuple[IPv4Address, ...]:
    found = _of(facts, path)
    if found is None:
        return ()
    return tuple(IPv4Address(str(one)) for one in (found if isinstance(found, list) else [found]))
