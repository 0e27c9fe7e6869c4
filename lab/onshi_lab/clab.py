"""The lab's nodes and cables as a containerlab topology file, for who draws or runs labs with that.

It holds what a topology file can: nodes of kind `linux` with the lab's image and capabilities,
cables, bridges, addresses and routes. The daemons are the lab's own business, so that a lab
raised by containerlab is the cabling alone.

The schema is containerlab's `schemas/clab.schema.json` (commit 39ff2b7 of 2026-08-21, against
which all three demo sites were validated): name, prefix
and topology at the top; an unknown key of a node is an error; a brief link has `endpoints` of two
texts `node:interface`.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from onshi_lab.engines.capabilities import NEEDS
from onshi_lab.label import dns_label
from onshi_lab.site import Site
from onshi_lab.topology import BRIDGE, Interface, IPv6, Link, Node, Route, build

Value = str | bool | list[str] | dict[str, str]


def text(site: Site, image: str) -> str:
    """The topology file of a site."""
    return yaml.safe_dump(document(site, image), sort_keys=False, allow_unicode=True, width=100)


def document(site: Site, image: str) -> dict[str, object]:
    """The topology file of a site, as values."""
    topology = build(site)
    common: dict[str, Value] = {
        "image": image,
        "network-mode": "none",
        "privileged": False,
        "entrypoint": "sleep",
        "cmd": "infinity",
    }
    return {
        "name": dns_label(site.name),
        "prefix": "",
        "topology": {
            "kinds": {"linux": common},
            "nodes": {node.name: _node(node) for node in topology.nodes},
            "links": [{"endpoints": _endpoints(link)} for link in topology.links],
        },
    }


def _endpoints(link: Link) -> list[str]:
    return [f"{end.node}:{end.interface}" for end in (link.a, link.b)]


def _node(node: Node) -> dict[str, Value]:
    # NET_ADMIN: containerlab runs the commands below inside the node.
    capabilities = sorted({*NEEDS[node.kind].capabilities, "NET_ADMIN"})
    sysctls = {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"}
    return {
        "kind": "linux",
        "cap-add": capabilities,
        **({"sysctls": sysctls} if node.forwarding else {}),
        "exec": [f"ip {words}" for words in _commands(node)],
    }


def _commands(node: Node) -> Iterator[str]:
    yield "link set lo up"
    for address in node.loopback:
        yield f"address add {address} dev lo"
    if node.ports:
        yield f"link add {BRIDGE} type bridge mcast_snooping 0"
    for interface in node.interfaces:
        yield from _interface(node, interface)
    for route in node.routes:
        yield _route(route)


def _interface(node: Node, interface: Interface) -> Iterator[str]:
    name = interface.name
    if interface.ipv6 in (IPv6.OFF, IPv6.SILENT):
        yield f"link set {name} addrgenmode none"
    if name in node.ports:
        yield f"link set {name} master {BRIDGE}"
    for address in interface.addresses:
        yield f"address add {address} dev {name}{' nodad' if ':' in address else ''}"
    yield f"link set {name} {'up' if interface.up else 'down'}"


def _route(route: Route) -> str:
    family = "-6 " if ":" in route.destination else ""
    via = f" via {route.via}" if route.via else ""
    return f"{family}route replace {route.destination}{via} dev {route.interface}"
