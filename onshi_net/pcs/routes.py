"""Which routes a PC must have and must not have, and why one can't work. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from onshi_net.facts.pc import IpAddress, IpNetwork, PcState, RegistryRoute
from onshi_net.intent.windows import RouteIntent
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import Conflict, Found, Wanted

BOTH_STORES = (r.ACTIVE, r.PERSISTENT)


def grouped_routes(state: PcState) -> dict[r.Key, r.Route]:
    """Answers the routes of both stores as one thing each; the active store's metric counts.

    What a gateway's redirect taught is the network's own and passes; nobody configured it.
    """
    found: dict[r.Key, r.Route] = {}
    for one in (route for route in state.routes if not route.redirected):
        route = r.Route(one.destination, one.next_hop, one.interface, one.metric, (one.store,))
        twin = found.get(route.key)
        if twin is not None:
            stores = tuple(sorted({*twin.stores, one.store}))
            route = r.Route(one.destination, one.next_hop, one.interface, twin.metric, stores)
        found[route.key] = route
    return found


def interface_towards(state: PcState, hop: IpAddress, near: IpNetwork | None) -> int | None:
    """Answers the interface on whose link `hop` lies; a link-local hop lies where `near` is.

    Of several, one whose address is in use: a card without a cable keeps its static address.
    """
    home = {one.interface for one in state.addresses if near is not None and one.address in near}
    for one in sorted(state.addresses, key=lambda one: not one.in_use):
        inside = one.address.version == hop.version and hop in one.network
        if inside and (not hop.is_link_local or one.interface in home):
            return one.interface
    return None


def _within(inner: IpNetwork, outer: IpNetwork) -> bool:
    if inner.version != outer.version:
        return False
    return inner.subnet_of(outer)  # type: ignore[arg-type]  # same version


def direct_conflicts(state: PcState, network: IpNetwork) -> Iterator[Conflict]:
    """Finds what makes the PC believe that `network` is directly attached."""
    near = [
        one
        for one in state.addresses
        if one.network.version == network.version and one.network.overlaps(network)
    ]
    for one in near:
        yield Conflict("on-link", {"address": one.address, "network": network, "alias": one.alias})
    direct = [one for one in state.routes if one.on_link and _within(one.destination, network)]
    if direct and not near:
        yield Conflict("on-link-route", {"network": network, "interface": direct[0].interface})


def route_conflicts(
    state: PcState, route: RouteIntent, near: IpNetwork | None
) -> Iterator[Conflict]:
    """Finds why the route can't work on this PC."""
    yield from direct_conflicts(state, route.destination)
    for one in state.routes:
        elsewhere = one.handed_out and one.next_hop != route.next_hop
        if elsewhere and _within(one.destination, route.destination):
            yield Conflict("dhcp-route", {"network": one.destination, "hop": one.next_hop})
    if any(one.address == route.next_hop for one in state.addresses):
        yield Conflict("own-next-hop", {"hop": route.next_hop})
    elif interface_towards(state, route.next_hop, near) is None:
        yield Conflict("next-hop-off-link", {"hop": route.next_hop})


def _registry(state: PcState) -> Iterator[tuple[str, IPv4Network, IpAddress]]:
    for name in state.registry_routes:
        parts = RegistryRoute(name=name).parts
        if parts is not None:
            yield name, *parts


def rivals(state: PcState, network: IpNetwork, keep: r.Route | None) -> Wanted:
    """Answers what leads into `network` and must go.

    Routes on link stay, and what DHCP handed out, which would come back: they are conflicts, or
    the clinic's own way to the terminals (brochure, ※2).
    """
    handed = {(one.destination, one.next_hop) for one in state.routes if one.handed_out}
    gone: Wanted = {}
    for key, one in grouped_routes(state).items():
        into = int(one.next_hop) != 0 and _within(one.destination, network)
        if into and (one.destination, one.next_hop) not in handed:
            gone[key] = None
    for name, destination, hop in _registry(state):
        right = keep is not None and (destination, hop) == (keep.destination, keep.next_hop)
        if _within(destination, network) and not right:
            gone[r.OldRoute(name).key] = None
    return gone


def _persistent_in_registry(state: PcState, route: r.Route) -> bool:
    return any((route.destination, route.next_hop) == (to, hop) for _, to, hop in _registry(state))


def wanted_route(state: PcState, intent: RouteIntent, near: IpNetwork | None) -> Wanted:
    """Answers the route that must stand and everything that must go for it.

    A right route of `route -p add` counts as persistent.
    """
    interface = interface_towards(state, intent.next_hop, near)
    if interface is None:
        return {}
    route = r.Route(intent.destination, intent.next_hop, interface, intent.metric, BOTH_STORES)
    now = grouped_routes(state).get(route.key)
    if now is not None and now.stores == (r.ACTIVE,) and _persistent_in_registry(state, route):
        route = now
    return {**rivals(state, intent.destination, route), route.key: route}


def covered(state: PcState, intent: RouteIntent) -> bool:
    """Answers whether a wider route over the same hop does already, as a default gateway's does."""
    routes = grouped_routes(state).values()
    closer = [one for one in routes if _within(one.destination, intent.destination)]
    wider = [one for one in routes if _within(intent.destination, one.destination)]
    longest = max((one.destination.prefixlen for one in wider), default=-1)
    return not closer and any(
        one.next_hop == intent.next_hop and one.stores == BOTH_STORES
        for one in wider
        if one.destination.prefixlen == longest
    )


def found_routes(state: PcState) -> Found:
    """Answers all routes, those of `route -p add` included."""
    found: Found = dict(grouped_routes(state))
    for name in state.registry_routes:
        found[r.OldRoute(name).key] = r.OldRoute(name)
    return found
