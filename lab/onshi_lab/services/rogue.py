"""Services that nobody ordered: they run only while a fault says so."""

from __future__ import annotations

from ipaddress import IPv4Network

from onshi_lab.effects import Extra
from onshi_lab.services import configs
from onshi_lab.services.base import Detaches, Service
from onshi_lab.world import World

ROGUE_PREFIX = "2001:db8:bad::/64"
ROGUE_SHARE = 50
"""So many addresses it hands out, from the middle of the network on, where it has that many."""


def _advertiser(_world: World, extra: Extra) -> Service:
    config = configs.radvd(
        extra.interface, [], [configs.radvd_prefix(ROGUE_PREFIX, withdrawn=True)]
    )
    return configs.radvd_service(extra.node, extra.service, config, f"rogue RA {ROGUE_PREFIX}")


def dhcp_range(network: IPv4Network) -> tuple[str, str]:
    """The first and the last address that a rogue DHCP server hands out in a network."""
    half = network.num_addresses // 2
    return str(network[half]), str(network[min(half + ROGUE_SHARE, 2 * half - 2)])


def _dhcp(world: World, extra: Extra) -> Service:
    network = world.site.terminal.network
    first, last = dhcp_range(network)
    options = (
        "--conf-file=/dev/null",
        "--port=0",
        "--user=root",
        "--leasefile-ro",
        "--bind-dynamic",
        "--no-ping",
        "--dhcp-authoritative",
        f"--interface={extra.interface}",
        f"--dhcp-range={first},{last},{network.netmask},2m",
    )
    directory = world.service_directory(extra.node, extra.service)
    pidfile = f"--pid-file={directory}/dnsmasq.pid"
    return Service(
        extra.node,
        extra.service,
        ("dnsmasq", *options, pidfile),
        Detaches("dnsmasq.pid"),
        f"rogue DHCP {first}-{last}",
    )


BUILDERS = {"rogue-radvd": _advertiser, "rogue-dhcp": _dhcp}


def service(world: World, extra: Extra) -> Service:
    """The service that a fault adds."""
    return BUILDERS[extra.service](world, extra)
