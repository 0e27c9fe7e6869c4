"""Which way a terminal's packets go, by what it told. Pure.

A terminal that has a second way out, sends the web to a strange proxy or lacks IPv6 loses the
closed network while the line is good (karte-m, April 2021; /docs/sources.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onshi_net.facts.pc import IpAddress, StoredRoute, TerminalState
from onshi_net.facts.views import ProxySetting, View
from onshi_net.intent.windows import TerminalIntent
from onshi_net.pcs.resources import ACTIVE

NO_IPV6 = 0x10
"""DisabledComponents: IPv6 is off on all adapters (Microsoft, guidance for configuring IPv6)."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """A default route of the PC."""

    interface: int
    alias: str
    next_hop: IpAddress


def home_of(intent: TerminalIntent, state: TerminalState) -> int | None:
    """Answers the interface in the terminal network; None: none has its address."""
    address = intent.interface.ip
    return next((one.interface for one in state.addresses if one.address == address), None)


def default_routes(state: TerminalState) -> Iterator[StoredRoute]:
    """Gives the default routes that are in use, of both families."""
    for route in state.routes:
        if route.store == ACTIVE and route.destination.prefixlen == 0:
            yield route


def other_ways(
    intent: TerminalIntent, state: TerminalState, view: View | None
) -> tuple[WayOut, ...]:
    """Lists the ways out that do not lead to the router, by interface and next hop.

    Over IPv6 the router is whoever advertises in the terminal network: that it is the right one is
    judged from the laptop. A default route that the site's own data want is none.
    """
    home, router = home_of(intent, state), intent.routes[0].next_hop if intent.routes else None
    wanted = {one.next_hop for one in intent.routes if one.destination.prefixlen == 0}
    found = {}
    for route in default_routes(state):
        ours = route.interface == home and (route.next_hop.version == 6 or route.next_hop == router)
        if not ours and route.next_hop not in wanted and home is not None:
            alias = alias_of(route.interface, state, view)
            found[route.interface, route.next_hop] = WayOut(route.interface, alias, route.next_hop)
    return tuple(found.values())


def alias_of(interface: int, state: TerminalState, view: View | None) -> str:
    """Answers an interface's name as its screen shows it, else its number."""
    ways = view.ways if view is not None else None
    for adapter in (ways.adapters or ()) if ways is not None else ():
        if adapter.interface == interface and adapter.alias:
            return adapter.alias
    some = (one.alias for one in state.addresses if one.interface == interface and one.alias)
    return next(some, str(interface))


def has_ipv6(intent: TerminalIntent, state: TerminalState, view: View | None) -> bool | None:
    """Answers whether IPv6 is on where the terminal network is; None: not known.

    An IPv6 address there shows it without asking; its lack alone does not show the contrary.
    """
    home = home_of(intent, state)
    if home is None:
        return None
    if any(one.interface == home and one.address.version == 6 for one in state.addresses):
        return True
    ways = view.ways if view is not None else None
    if ways is None:
        return None
    if ways.ipv6_off is not None and ways.ipv6_off & NO_IPV6:
        return False
    return next((one.ipv6 for one in ways.adapters or () if one.interface == home), None)


def has_way_out(intent: TerminalIntent, state: TerminalState) -> bool:
    """Answers whether it has an IPv6 default route where the terminal network is."""
    home = home_of(intent, state)
    some = default_routes(state)
    return any(one.interface == home and one.destination.version == 6 for one in some)


def proxy_settings(view: View | None) -> tuple[ProxySetting, ...] | None:
    """Answers the proxy settings; None: they could not be read."""
    ways = view.ways if view is not None else None
    return ways.proxies if ways is not None else None
