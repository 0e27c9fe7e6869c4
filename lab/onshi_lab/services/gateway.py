"""The clinic's own gateway: DHCP for the receipt PCs that ask for their address."""

from __future__ import annotations

from onshi_lab.services.base import Detaches, Service
from onshi_lab.site import Lan, Pc
from onshi_lab.topology import End, Node
from onshi_lab.world import World

NAME = "dhcp"
LEASE = "1h"


def dhcp(world: World, node: Node) -> tuple[Service, ...]:
    """Dnsmasq with a fixed lease for each PC that asks; none where all addresses are static."""
    asking = [(pc, world.site.lan_of(pc)) for pc in world.site.receipts if pc.dhcp]
    if not asking:
        return ()
    directory = world.service_directory(node.name, NAME)
    options = (
        "--conf-file=/dev/null",
        "--port=0",
        "--user=root",
        "--bind-dynamic",
        "--no-ping",
        "--dhcp-authoritative",
        f"--dhcp-leasefile={directory}/leases",
        f"--pid-file={directory}/dnsmasq.pid",
        *dict.fromkeys(word for _, lan in asking for word in _network(lan)),
        *(_lease(pc) for pc, _ in asking),
    )
    label = f"DHCP for {', '.join(pc.name for pc, _ in asking)}"
    return (Service(node.name, NAME, ("dnsmasq", *options), Detaches("dnsmasq.pid"), label),)


def _network(lan: Lan) -> tuple[str, ...]:
    tag = f"net{int(lan.network.network_address):x}"
    base = f"--dhcp-range=set:{tag},{lan.network.network_address},static,{lan.network.netmask}"
    router = f"--dhcp-option=tag:{tag},option:router,{lan.gateway}"
    return f"{base},{LEASE}", router


def _lease(pc: Pc) -> str:
    return f"--dhcp-host={End(pc.node, 'eth0').mac},{pc.address.ip},{LEASE}"
