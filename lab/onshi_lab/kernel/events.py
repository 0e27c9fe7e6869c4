"""What happens to cables and machines: pulled out, without power, exchanged for another model."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pyroute2 import IPRoute

from onshi_lab import engines
from onshi_lab.effects import Unplugged
from onshi_lab.errors import LabError
from onshi_lab.kernel import network, supervisor, sysctls
from onshi_lab.kernel.namespaces import end
from onshi_lab.services.base import Service
from onshi_lab.topology import BRIDGE, End, IPv6, Link
from onshi_lab.world import World

TABLE = "onshi_lab_cables"
PARTS_WITHIN_S = 15.0
"""So long a router takes at most to take its configuration out of the kernel, on a busy machine."""

_DORMANT = 1


def set_cable(world: World, effect: Unplugged) -> None:
    """Pull a cable out, or put it in, as `world` has it.

    A veth pair has a carrier as soon as both ends are open, and a device that resets its port opens
    it. So both ends are held dormant (RFC 2863 3.1.12; Documentation/networking/operstates.rst),
    which neither end's own doings change: bridges don't forward, `ip` says NO-CARRIER. What a
    plain interface sends all the same is dropped where it arrives.
    """
    here = End(effect.node, effect.interface)
    for one in (here, world.topology.far_end(here.node, here.interface)):
        _hold_link(engines.namespace(world, one.node), one.interface, effect in world.effects)
        hold(world, one.node)


def _hold_link(namespace: Path, interface: str, out: bool) -> None:
    mode = {"linkmode": _DORMANT, "operstate": "DORMANT"}
    with network.netlink(namespace) as kernel:
        index = network.index_of(kernel, interface)
        kernel.link("set", index=index, **(mode if out else {"linkmode": 0, "operstate": "UP"}))
        if out:
            for known in kernel.get_neighbours(ifindex=index):
                kernel.neigh("del", dst=known.get_attr("NDA_DST"), ifindex=index)


def hold(world: World, node: str) -> None:
    """Drop what arrives at those sockets of a node whose cables are out."""
    chains = "".join(
        f"  chain {socket} {{\n"
        f'    type filter hook ingress device "{socket}" priority -500; policy drop;\n  }}\n'
        for socket in world.unplugged(node)
    )
    anew = f"table netdev {TABLE} {{\n{chains}}}\n" if chains else ""
    done = subprocess.run(
        engines.of(world).tool(world.name, node, ("nft", "-f", "-")),
        input=f"table netdev {TABLE}\ndelete table netdev {TABLE}\n{anew}",
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"nftables refused to hold the cables of {node}: {done.stderr.strip()}")


def cut_power(world: World, nodes: Iterable[str], services: Iterable[Service]) -> None:
    """Take the power from nodes on which these services run; what they saved stays.

    The links go first, so that nobody says good-bye. The router alone is asked to end: it takes its
    configuration out of the kernel.
    """
    for name in nodes:
        with network.netlink(engines.namespace(world, name)) as kernel:
            for interface in world.topology.node(name).interfaces:
                index = network.index_of(kernel, interface.name)
                kernel.link("set", index=index, state="down")
    running = {service: supervisor.pid_of(world, service) for service in services}
    pids = {service: pid for service, pid in running.items() if pid is not None}
    routers = [pid for service, pid in pids.items() if service.node == "router"]
    others = [pid for service, pid in pids.items() if service.node != "router"]
    left = end(routers, signal.SIGTERM, PARTS_WITHIN_S)
    end([*others, *left], signal.SIGKILL, supervisor.STOP_WITHIN_S)


def become(world: World, name: str) -> None:
    """Make a node what `world` has there: one that forwards, or one that only hands frames on."""
    node = world.topology.node(name)
    with network.netlink(engines.namespace(world, name)) as kernel:
        for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            Path("/proc/sys/net", path).write_text("1" if node.forwarding else "0")
        for interface in node.interfaces:
            index = network.index_of(kernel, interface.name)
            kernel.link("set", index=index, state="down")
            if interface.name not in node.ports and interface.name != BRIDGE:
                kernel.link("set", index=index, master=0)
            off = "1" if interface.ipv6 is IPv6.OFF else "0"
            sysctls.put(f"net/ipv6/conf/{interface.name}/disable_ipv6", off)
    if not world.is_dark(name):
        network.configure(world, node)


def relay(old: World, new: World) -> None:
    """Take those cables away that `new` has no more, and lay those that it has beside."""
    for link in set(old.topology.links) - set(new.topology.links):
        with network.netlink(engines.namespace(old, link.a.node)) as kernel:
            kernel.link("del", index=network.index_of(kernel, link.a.interface))
    missing = [link for link in new.topology.links if link not in old.topology.links]
    _lay(new, missing)
    for name in dict.fromkeys(one.node for link in missing for one in (link.a, link.b)):
        if not new.is_dark(name) and name != "router":
            network.configure(new, new.topology.node(name))


def _lay(world: World, links: Iterable[Link]) -> None:
    with IPRoute() as kernel:
        first = network.FIRST_INDEX + len(world.topology.links)
        for number, link in enumerate(links):
            network.make_link(kernel, world, link, first + number)
