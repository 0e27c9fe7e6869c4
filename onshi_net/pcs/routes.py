"""Which routes a PC must have and must not have, and why one can't work. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

from onshi_net.facts.pc import IpAddress, IpNetwork, PcState, RegistryRoute
from onshi_net.intent.windows import RouteIntent
from onshi_net.pcs import resources as r
from onshi_net.pcs.decision import Conflict, Why

BOTH_STORES = (r.ACTIVE, r.PERSISTENT)
EVERYWHERE: tuple[IpNetwork, ...] = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))


def stored_routes(state: PcState) -> tuple[r.Route, ...]:
    """Answers the routes of both stores, each path once.

    What a gateway's redirect taught is the network's own and passes; nobody configured it.
    """
    metrics: dict[tuple[IpNetwork, IpAddress, int], dict[str, int]] = {}
    for one in state.routes:
        if not one.redirected:
            path = one.destination, one.next_hop, one.interface
            metrics.setdefault(path, {})[one.store] = one.metric
    return tuple(_route(*path, metrics[path]) for path in metrics)


def _route(to: IpNetwork, hop: IpAddress, interface: int, metrics: dict[str, int]) -> r.Route:
    stores = tuple(sorted(metrics))
    metric = metrics[stores[0]]
    later = metrics[stores[-1]]
    return r.Route(to, hop, interface, metric, stores, None if later == metric else later)


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
        yield Conflict(
            Why.ON_LINK, {"address": one.address, "network": network, "alias": one.alias}
        )
    direct = [one for one in state.routes if one.on_link and _within(one.destination, network)]
    if direct and not near:
        yield Conflict(Why.ON_LINK_ROUTE, {"network": network, "interface": direct[0].interface})


def route_conflicts(
    state: PcState, route: RouteIntent, near: IpNetwork | None
) -> Iterator[Conflict]:
    """Finds why the route can't work on this PC."""
    yield from direct_conflicts(state, route.destination)
    for one in state.routes:
        elsewhere = one.handed_out and one.next_hop != route.next_hop
        if elsewhere and _within(one.destination, route.destination):
            yield Conflict(Why.DHCP_ROUTE, {"network": one.destination, "hop": one.next_hop})
    if any(one.address == route.next_hop for one in state.addresses):
        yield Conflict(Why.OWN_NEXT_HOP, {"hop": route.next_hop})
    elif interface_towards(state, route.next_hop, near) is None:
        yield Conflict(Why.NEXT_HOP_OFF_LINK, {"hop": route.next_hop})


def _registry(state: PcState) -> Iterator[tuple[str, IPv4Network, IpAddress]]:
    for name in state.registry_routes:
        parts = RegistryRoute(name=name).parts
        if parts is not None:
            yield name, *parts


def ways_there(state: PcState, intents: Sequence[RouteIntent]) -> Iterator[r.Ways]:
    """Answers what leads into each intended destination."""
    networks = frozenset(one.destination for one in intents)
    for one in intents:
        yield ways(state, one.destination, networks, one)


def ways(
    state: PcState,
    network: IpNetwork,
    others: Collection[IpNetwork] = (),
    right: RouteIntent | None = None,
) -> r.Ways:
    """Answers what somebody set to lead into `network`; what is nearer to one of `others` is its.

    Left out: what is on link, and what DHCP handed out and would hand out again (conflicts, or the
    clinic's own way to the terminals; brochure, ※2), unless it is the right way; and what is kept
    for a card that is no longer there, since it leads nowhere and couldn't be put back.
    """
    handed = {(one.destination, one.next_hop) for one in state.routes if one.handed_out}
    if right is not None:
        handed.discard((right.destination, right.next_hop))
    closer = [one for one in others if one != network and _within(one, network)]
    cards = _cards(state)

    def is_of_it(destination: IpNetwork) -> bool:
        inside = _within(destination, network)
        return inside and not any(_within(destination, one) for one in closer)

    routes = [
        one
        for one in stored_routes(state)
        if is_of_it(one.destination)
        and int(one.next_hop) != 0
        and (one.destination, one.next_hop) not in handed
        and one.interface in cards
    ]
    noted = [name for name, destination, _ in _registry(state) if is_of_it(destination)]
    return r.Ways(
        network, tuple(sorted(routes, key=lambda one: one.path)), tuple(sorted(set(noted)))
    )


def other_ways(state: PcState, networks: Collection[IpNetwork]) -> Iterator[r.Ways]:
    """Answers what somebody set to lead anywhere else: nobody changes it, and it must stay.

    Left out are ways that come and go by themselves, as by a router's advertisement.
    """
    for everywhere in EVERYWHERE:
        if everywhere not in networks:
            found = ways(state, everywhere, networks)
            some = tuple(
                one
                for one in found.routes
                if not one.next_hop.is_link_local or r.PERSISTENT in one.stores
            )
            yield replace(found, routes=some)


def _cards(state: PcState) -> frozenset[int]:
    """Answers the interfaces that are there; 0 is none in particular."""
    active = {one.interface for one in state.routes if one.store == r.ACTIVE}
    return frozenset({0, *active, *(one.interface for one in state.addresses)})


def ways_wanted(
    state: PcState, intents: Sequence[RouteIntent], near: IpNetwork | None
) -> Iterator[r.Ways]:
    """Answers the one way that must stand into each destination, and nothing beside it.

    A right route of `route -p add` counts as persistent.
    """
    for one, found in zip(intents, ways_there(state, intents), strict=True):
        interface = interface_towards(state, one.next_hop, near)
        if interface is not None:
            right = r.Route(one.destination, one.next_hop, interface, one.metric, BOTH_STORES)
            active = replace(right, stores=(r.ACTIVE,))
            noted = tuple(name for name in found.noted if _notes(name, one))
            routes = (active,) if noted and found.routes == (active,) else (right,)
            yield r.Ways(one.destination, routes, noted)


def _notes(name: str, intent: RouteIntent) -> bool:
    """Answers whether a value of the registry stands for the intended route as it is intended."""
    parts, metric = RegistryRoute(name=name).parts, name.rpartition(",")[2]
    return parts == (intent.destination, intent.next_hop) and metric == str(intent.metric)


def covered(state: PcState, intent: RouteIntent) -> bool:
    """Answers whether a wider route over the same hop does already, as a default gateway's does."""
    routes = stored_routes(state)
    closer = [one for one in routes if _within(one.destination, intent.destination)]
    later = [one for _, one, _ in _registry(state) if _within(one, intent.destination)]
    wider = [one for one in routes if _within(intent.destination, one.destination)]
    longest = max((one.destination.prefixlen for one in wider), default=-1)
    return not (closer or later) and any(
        one.next_hop == intent.next_hop and one.stores == BOTH_STORES
        for one in wider
        if one.destination.prefixlen == longest
    )
