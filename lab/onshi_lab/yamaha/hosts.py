"""Who a service lets in: the `… host` commands of sshd, dns, httpd (RTX reference 4.67, 24.13)."""

from __future__ import annotations

import ipaddress

from .store import Config


def host_allowed(rule: str, peer: str, config: Config) -> bool:
    """Whether one word of a `… host` command lets an address in.

    An interface lets in the hosts of its networks (RTX reference 24.13, note); link-local IPv6
    counts for the interface of its zone.
    """
    if rule in ("any", "none"):
        return rule == "any"
    address, _, zone = peer.partition("%")
    if rule == "lan":
        names = [key[1] for key in config.entries if key[0] == "ip" and key[-1] == "address"]
        return any(
            host_allowed(name, peer, config) for name in names if name.startswith(("lan", "vlan"))
        )
    if rule.startswith(("lan", "vlan")):
        return zone == rule or _in_network(ipaddress.ip_address(address), rule, config)
    first, _, last = rule.partition("-")
    low, high = ipaddress.ip_address(first), ipaddress.ip_address(last or first)
    host = ipaddress.ip_address(address)
    if host.version != low.version or low.version != high.version:
        return False
    return int(low) <= int(host) <= int(high)


def _in_network(
    host: ipaddress.IPv4Address | ipaddress.IPv6Address, name: str, config: Config
) -> bool:
    mapped = getattr(host, "ipv4_mapped", None)
    if mapped is not None:
        host = mapped
    for kind in (("address",), ("secondary", "address")):
        for word in config.get("ip", name, *kind)[:1]:
            if "/" in word and host in ipaddress.ip_interface(word).network:
                return True
    return False
