"""How this Windows resolves a name: which resolvers it asks, in which order, and how long.

Sources: learn.microsoft.com, "DNS client resolution timeouts" (the first resolver of the adapter
that is preferred, then the others, with growing waits); getaddrinfo (AI_ADDRCONFIG: no addresses of
a family that no adapter has). Between adapters the interface metric decides (inference from
"automatic metric": the adapter with the lower one is preferred).
"""

import ipaddress
import time

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from onshi_lab.windows.network.model import IPV4, IPV6
from onshi_lab.windows.network.stack import NetworkStack

WAITS = (1.0, 1.0, 2.0, 4.0)
"""Seconds of each round."""
HOST_NOT_FOUND, TRY_AGAIN, NO_DATA = "HostNotFound", "TryAgain", "NoData"


class NotResolved(Exception):
    """Why there is no address, as SocketError names it."""


def resolve(network: NetworkStack, name: str) -> list[str]:
    """The addresses of a name, IPv6 first; raises NotResolved."""
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    if name.lower() == "localhost":  # Windows' own hosts file: resolved within DNS itself
        return ["::1", "127.0.0.1"]
    families = [IPV6, IPV4] if network.has_ipv6() else [IPV4]
    found: list[str] = []
    known = False
    for family in families:
        kind = dns.rdatatype.AAAA if family == IPV6 else dns.rdatatype.A
        reply = _ask(resolvers(network), name, kind)
        if reply is None:
            continue
        known = known or reply.rcode() == dns.rcode.NOERROR
        found += [r.to_text() for some in reply.answer if some.rdtype == kind for r in some]
        if reply.rcode() == dns.rcode.NXDOMAIN:
            raise NotResolved(HOST_NOT_FOUND)
    if not found:
        raise NotResolved(NO_DATA if known else HOST_NOT_FOUND)
    return found


def resolvers(network: NetworkStack) -> list[str]:
    """The resolvers of all adapters that are up, those of the preferred one first."""
    up = [i for i in network.interfaces() if i.up and not i.loopback]
    up.sort(key=lambda i: network.metric(i.index, IPV4))
    servers: dict[str, None] = {}
    for interface in up:
        for family in (IPV6, IPV4):
            servers |= dict.fromkeys(network.dns_servers(interface.index, family))
    return list(servers)


def _ask(
    servers: list[str], name: str, kind: dns.rdatatype.RdataType
) -> dns.message.Message | None:
    """The first answer; a cut-off one is asked for again over TCP."""
    query = dns.message.make_query(name, kind, use_edns=0, payload=4096)
    for wait in WAITS if servers else ():
        until = time.monotonic() + wait
        for server in servers:
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                share = left if server == servers[-1] else min(left, wait / len(servers))
                reply, _ = dns.query.udp_with_fallback(query, server, timeout=share)
            except (OSError, dns.exception.DNSException):
                continue
            if reply.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return reply
        left = until - time.monotonic()
        if left > 0:  # refused at once: another round would be refused as well
            return None
    return None
