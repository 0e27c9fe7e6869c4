"""The home gateway: takes the /56 from the NGN and advertises a /64 of it on its LAN."""

from __future__ import annotations

from onshi_lab import system
from onshi_lab.services import configs, ngn
from onshi_lab.services.base import Prints, Service
from onshi_lab.topology import BRIDGE, Node
from onshi_lab.world import World

HAS_PREFIX = rf"add an address [0-9a-f:]+/64 on {BRIDGE}"
ASKS = r"reset a timer on"


def delegation_client(world: World, node: Node) -> tuple[Service, ...]:
    """wide-dhcpv6's client, with a /var/lib of its own for its identifier; a container has one."""
    wan = node.interfaces[0].name
    config = (
        f"interface {wan} {{ send ia-pd 0; }};\n"
        f"id-assoc pd 0 {{ prefix-interface {BRIDGE} {{ sla-id 0; sla-len 8; }}; }};\n"
    )
    command = (
        "mkdir -p dhcpv6 && "
        f'{{ [ -n "${system.OWN_FILES}" ] || mount -n --bind "$PWD" /var/lib; }} && '
        'exec dhcp6c -f -D -c dhcp6c.conf -p dhcp6c.pid "$@"'
    )
    return (
        Service(
            node.name,
            "pd-client",
            ("sh", "-c", command, "sh", wan),
            Prints(HAS_PREFIX if world.line_answers else ASKS),
            f"DHCPv6-PD client {world.prefix}",
            (("dhcp6c.conf", config),),
        ),
    )


def advertiser(_world: World, node: Node) -> tuple[Service, ...]:
    """Radvd on the LAN: whichever /64 the interface has at the moment."""
    options = ["AdvManagedFlag off;", "AdvOtherConfigFlag on;"]
    config = configs.radvd(BRIDGE, options, [configs.radvd_prefix("::/64")])
    return (configs.radvd_service(node.name, "radvd", config, "RA, a /64 of it"),)


def dhcp(world: World, node: Node) -> tuple[Service, ...]:
    """Kea on the LAN: hands on the NGN's resolvers."""
    directory = world.service_directory(node.name, "dhcp")
    files = (("kea.json", configs.kea(BRIDGE, ngn.stateless(world.site.region))),)
    return (configs.kea_service(node.name, "dhcp", directory, files, "DHCPv6 information"),)
