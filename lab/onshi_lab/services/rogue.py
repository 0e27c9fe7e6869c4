"""Services that nobody ordered: they run only while a fault says so."""

from __future__ import annotations

from onshi_lab.effects import Extra
from onshi_lab.services import configs
from onshi_lab.services.base import Detaches, Service
from onshi_lab.world import World

ROGUE_PREFIX = "2001:db8:bad::/64"
ROGUE_RANGE = ("10.51.1.100", "10.51.1.150")


def _advertiser(_world: World, extra: Extra) -> Service:
    config = configs.radvd(
        extra.interface, [], [configs.radvd_prefix(ROGUE_PREFIX, withdrawn=True)]
    )
    return configs.radvd_service(extra.node, extra.service, config, f"rogue RA {ROGUE_PREFIX}")


def _dhcp(world: World, extra: Extra) -> Service:
    first, last = ROGUE_RANGE
    options = (
        "--conf-file=/dev/null",
        "--port=0",
        "--user=root",
        "--leasefile-ro",
        "--bind-dynamic",
        "--no-ping",
        "--dhcp-authoritative",
        f"--interface={extra.interface}",
        f"--dhcp-range={first},{last},255.255.255.0,2m",
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
