"""Cables by the names that a technician says: `NODE:SOCKET` of an end, `NODE` where it has one."""

from __future__ import annotations

from onshi_lab.effects import Unplugged
from onshi_lab.errors import UsageError
from onshi_lab.topology import End, Link, Topology


def name_of(end: End) -> str:
    """What an end of a cable is called."""
    return f"{end.node}:{end.interface}"


def is_loose(topology: Topology, link: Link) -> bool:
    """Whether a cable hangs beside the socket at one of its ends, as delivered."""
    ends = (link.a, link.b)
    return not all(topology.node(end.node).interface(end.interface).up for end in ends)


def cables(topology: Topology) -> tuple[Link, ...]:
    """The cables with something in at both ends, in the order of the topology."""
    return tuple(link for link in topology.links if not is_loose(topology, link))


def find(topology: Topology, name: str) -> Link:
    """The cable of that name; raises UsageError with the possible names."""
    known = cables(topology)
    node = name.partition(":")[0]
    at_node = [link for link in known if node in (link.a.node, link.b.node)]
    found = [link for link in at_node if name in (name_of(link.a), name_of(link.b))]
    if name == node and len(at_node) == 1:
        found = at_node
    if not found:
        possible = _at(at_node, node) or tuple(name_of(link.a) for link in known)
        raise UsageError.unknown("cable", name, possible)
    return found[0]


def _at(links: list[Link], node: str) -> tuple[str, ...]:
    ends = (end for link in links for end in (link.a, link.b))
    return tuple(name_of(end) for end in ends if end.node == node)


def out(link: Link) -> Unplugged:
    """That this cable is out: the same value, whichever of its ends it was found by."""
    return Unplugged(link.a.node, link.a.interface)
