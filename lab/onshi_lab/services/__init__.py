"""Which services run on which kind of node: a table, and the one function that reads it.

To give a kind of node another service, add a builder to `BUILDERS`: a pure function from the lab
and the node to services.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onshi_lab.services import branch, center, gateway, internet, ngn, rogue, router, windows
from onshi_lab.services.base import Detaches, Prints, Service
from onshi_lab.topology import Kind, Node
from onshi_lab.world import World

__all__ = ["BUILDERS", "Detaches", "Prints", "Service", "services_of"]

Builder = Callable[[World, Node], tuple[Service, ...]]

BUILDERS: Mapping[Kind, tuple[Builder, ...]] = {
    Kind.CENTER: (center.resolver, center.web, center.clock, center.proxy),
    Kind.NGN: (ngn.advertiser, ngn.dhcp, ngn.resolver, ngn.web),
    Kind.INTERNET: (internet.web,),
    Kind.BRIDGE: (),
    Kind.HGW: (branch.delegation_client, branch.advertiser, branch.dhcp),
    Kind.ROUTER: (router.mock,),
    Kind.TERMINAL: (windows.pc,),
    Kind.GATEWAY: (gateway.dhcp,),
    Kind.RECEIPT: (windows.pc,),
    Kind.LAPTOP: (),
    Kind.DEVICE: (),
}


def services_of(world: World) -> tuple[Service, ...]:
    """All services that shall run in this lab, with its faults."""
    normal = [
        service
        for node in world.topology.nodes
        for builder in BUILDERS[node.kind]
        for service in builder(world, node)
        if not world.is_off(node.name, service.name)
    ]
    return (*normal, *(rogue.service(world, extra) for extra in world.extras))
