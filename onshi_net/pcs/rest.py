"""What was read of a PC and is no thing of ours: nobody changes it, and after an undo it is told.

What comes and goes by itself is left out: the clock, what DHCP or a router gave, whether a cable
is in. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onshi_net.facts.pc import PcState, TerminalState

GIVEN = frozenset({"Dhcp", "RouterAdvertisement", "WellKnown"})
"""Origins of an address that nobody set on the PC (MSFT_NetIPAddress, PrefixOrigin)."""


def rest_changed(before: PcState, now: PcState) -> tuple[str, ...]:
    """Answers the names of what is another than it was."""
    was, here = dict(_rest(before)), dict(_rest(now))
    return tuple(name for name, value in was.items() if here.get(name) != value)


def _rest(state: PcState) -> Iterator[tuple[str, Any]]:
    system = state.system
    yield "system", (system.computer_name, system.edition, system.build)
    yield "leftover", sorted(state.remains)
    yield "policies", sorted((one.path, one.name, one.value) for one in state.policies)
    yield "profiles", sorted((one.interface, one.category) for one in state.profiles)
    yield "firewalls", sorted(state.firewalls)
    yield "workstation", state.workstation
    set_here = (one for one in state.addresses if one.origin not in GIVEN)
    yield (
        "addresses",
        sorted((one.interface, str(one.address), one.prefix_length) for one in set_here),
    )
    if isinstance(state, TerminalState):
        yield from _of_terminal(state)


def _of_terminal(state: TerminalState) -> Iterator[tuple[str, Any]]:
    cards = (one for one in state.metrics if not one.automatic)
    yield "metrics", sorted((one.interface, one.family, one.metric) for one in cards)
    fixed = (one for one in state.fixed_resolvers if one.servers)
    yield (
        "resolvers",
        sorted((one.interface, one.family, [*map(str, one.servers)]) for one in fixed),
    )
    yield (
        "certificates",
        sorted((one.subject, one.issuer, one.has_key) for one in state.certificates),
    )
