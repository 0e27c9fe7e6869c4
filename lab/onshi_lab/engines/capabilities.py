"""Which of root's powers a container of each kind of node keeps, and what for.

All others are dropped. docs/lab-containers.md shows this table; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onshi_lab.topology import Kind

_PORTS = "ports below 1024"
_RAW = "raw ICMPv6 sockets for router advertisements"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a container of one kind of node is given."""

    capabilities: Mapping[str, str]
    """Name, as the engine's `--cap-add` takes it, to the reason."""
    sysctls: bool = False
    """Whether a program of the node writes sysctls of its own network."""
    writable: bool = False
    """Whether the node writes files of its system, such as /etc/passwd; else it is read-only."""


NEEDS: Mapping[Kind, Needs] = {
    Kind.CENTER: Needs({"NET_BIND_SERVICE": f"{_PORTS}: HTTPS, DNS, NTP"}),
    Kind.NGN: Needs(
        {
            "NET_BIND_SERVICE": f"{_PORTS}: HTTP, DNS, DHCPv6",
            "NET_RAW": _RAW,
            "NET_ADMIN": "the route towards a delegated prefix",
        }
    ),
    Kind.INTERNET: Needs({"NET_BIND_SERVICE": f"{_PORTS}: HTTP"}),
    Kind.BRIDGE: Needs(
        {
            "NET_BIND_SERVICE": f"{_PORTS}: a rogue DHCP server (fault)",
            "NET_RAW": f"{_RAW} (fault), and a rogue DHCP server's answers",
            "NET_ADMIN": "dnsmasq does not start without it (fault)",
            "SETGID": "dnsmasq changes its group (fault)",
        }
    ),
    Kind.HGW: Needs(
        {
            "NET_BIND_SERVICE": f"{_PORTS}: DHCPv6",
            "NET_RAW": _RAW,
            "NET_ADMIN": "the address of the delegated prefix",
        }
    ),
    Kind.ROUTER: Needs(
        {
            "NET_BIND_SERVICE": f"{_PORTS}: SSH, DNS, DHCP",
            "NET_RAW": "router and neighbor solicitations, advertisements, DHCP answers",
            "NET_ADMIN": "the configuration drives bridges, addresses, routes and filters",
            "SETGID": "the DHCP server (dnsmasq) changes its group",
        },
        sysctls=True,
    ),
    Kind.TERMINAL: Needs(
        {
            "NET_BIND_SERVICE": f"{_PORTS}: SMB",
            "NET_RAW": "ping does not start without it; a rogue DHCP server (fault)",
            "NET_ADMIN": "Windows' routes, addresses and firewall are the kernel's",
            "SETGID": "Samba takes the groups of who is logged on",
        },
        sysctls=True,
        writable=True,
    ),
    Kind.GATEWAY: Needs(
        {
            "NET_BIND_SERVICE": f"{_PORTS}: DHCP",
            "NET_RAW": "the DHCP server's answers to who has no address yet",
            "NET_ADMIN": "dnsmasq does not start without it",
            "SETGID": "the DHCP server (dnsmasq) changes its group",
        }
    ),
    Kind.DEVICE: Needs({}),
    Kind.RECEIPT: Needs(
        {
            "NET_BIND_SERVICE": f"{_PORTS}: SMB",
            "NET_RAW": "ping does not start without it",
            "NET_ADMIN": "Windows' routes, addresses and firewall are the kernel's",
            "SETGID": "Samba takes the groups of who is logged on",
        },
        sysctls=True,
        writable=True,
    ),
    Kind.LAPTOP: Needs({"NET_RAW": "the probe's own packets"}),
}
