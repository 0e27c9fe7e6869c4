"""What somebody uses a router for: the working office that a plan would take away.

Pure, and of the configuration alone: a serial number says which router stands there, not what it
is good for. Nothing here is ever true of a delivered router, of a maker's defaults (an address on
the LAN, DHCP, who may ask for which service), or of what we configure ourselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from onshi_net.i18n import text
from onshi_net.platforms.yamaha.config import is_section, keyed

OWN_NETWORKS = 2
"""So many IPv4 networks we route ourselves: the terminals' and the clinic's."""


class Kind(StrEnum):
    """What a router is used for; the value is what the sentence of it is found by."""

    PPPOE = "pppoe"
    PEER = "peer"
    """A peer by another carrier: a mobile line, dial-up, remote access."""
    DHCP = "dhcp"
    """An address that is asked for at an interface."""
    TUNNEL = "tunnel"
    REMOTE_ACCESS = "remote-access"
    NAT = "nat"
    FORWARDING = "forwarding"
    DEFAULT_WAY = "default-way"
    WAYS = "ways"
    NETWORKS = "networks"
    ROUTING = "routing"
    """A routing protocol, or standing in for another router."""
    TELEPHONES = "telephones"


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that it is used for: where (interfaces, peers, addresses), and how many lines."""

    kind: Kind
    where: tuple[str, ...]
    count: int

    def __str__(self) -> str:
        """Gives it in the user's words."""
        where = text("platforms.use-and").join(self.where)
        return text(f"platforms.use-{self.kind}", where=where, count=self.count)


_IF = r"(?:lan|vlan|bridge|wan|onu)[0-9./]*|pp|tunnel"
RULES: tuple[tuple[Kind, str], ...] = (
    # RTX command reference 25: PPPoE; 6.1: what a peer is bound to; 44: mobile lines
    (Kind.PPPOE, r"pppoe use "),
    (Kind.PEER, r"(?:pp|wan) bind |mobile use (?P<where>\S+) on"),
    (Kind.DHCP, rf"ip (?P<where>{_IF}) address dhcp"),
    # 14 to 17: tunnels, and who may dial in
    (Kind.TUNNEL, r"tunnel (?:encapsulation|enable) |ipsec tunnel "),
    (Kind.REMOTE_ACCESS, r"(?P<where>l2tp|pptp) service on"),
    # 23: a descriptor is in use where an interface or peer has it
    (Kind.NAT, rf"ip (?P<where>{_IF}) nat descriptor "),
    (Kind.FORWARDING, r"nat descriptor (?:masquerade )?static "),
    # 8.1.7, 30.4.1: routes
    (Kind.DEFAULT_WAY, r"(?:ip|ipv6) route default gateway (?P<where>(?:(?:pp|tunnel) )?\S+)"),
    (Kind.WAYS, r"(?:ip|ipv6) route (?P<where>\S+) gateway "),
    (Kind.NETWORKS, rf"ip (?:{_IF}) (?:secondary )?address (?P<where>\d\S+)"),
    # 26, 28 to 30.12: RIP, OSPF, BGP, VRRP; 20: SIP
    (Kind.ROUTING, rf"(?P<where>rip|ospf|bgp) use on|ip (?:{_IF}) (?P<other>vrrp) "),
    (Kind.TELEPHONES, r"(?P<where>sip) use on"),
)
"""What a line tells: the first rule that fits. Without `where` it is the section's name."""

_RULES = tuple((kind, re.compile(pattern)) for kind, pattern in RULES)


def uses(lines: Iterable[str]) -> tuple[Use, ...]:
    """Answers what a configuration is used for; empty for no working office."""
    found: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for section, line in keyed(lines):
        for kind, pattern in _RULES:
            match = pattern.match(line)
            if match is not None:
                found[kind].append(_where(match, section))
                break
    if len(set(found[Kind.NETWORKS])) <= OWN_NETWORKS:
        del found[Kind.NETWORKS]
    return tuple(
        Use(kind, tuple(dict.fromkeys(filter(None, where))), len(where))
        for kind, where in found.items()
        if where
    )


def _where(match: re.Match[str], section: str) -> str:
    """Answers where a line is about: what it names itself, else the peer or tunnel chosen."""
    named = next(filter(None, match.groupdict().values()), "")
    chosen = section.replace(" select", "") if is_section(section) else ""
    return chosen if named in ("", "pp", "tunnel") else named
