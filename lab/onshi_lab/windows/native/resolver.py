"""Names to addresses, as the PC's DNS client does it: hosts file, then the adapters' resolvers."""

import ipaddress

from onshi_lab.windows.network.model import IPV4, IPV6
from onshi_lab.windows.pc import Pc

TIMEOUT = 5.0


def servers(pc: Pc) -> list[str]:
    """The resolvers of every adapter, IPv6 first, as Windows prefers them."""
    found: list[str] = []
    for family in (IPV6, IPV4):
        for interface in pc.network.interfaces():
            found += pc.network.dns_servers(interface.index, family)
    return found


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def hosts_file(pc: Pc, name: str) -> list[str]:
    """The addresses that the hosts file gives."""
    path = pc.disk.host_path("C:\\Windows\\System32\\drivers\\etc\\hosts")
    if not path.exists():
        return []
    rows = (
        line.partition("#")[0].split() for line in path.read_text("utf-8", "replace").splitlines()
    )
    return [row[0] for row in rows if name.lower() in (n.lower() for n in row[1:])]


def query(
    pc: Pc, name: str, kind: str, server: str | None = None
) -> list[tuple[str, str, int, str]]:
    """Answers (name, type, ttl, data), over UDP or where cut off TCP; LookupError on none."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode

    request = dns.message.make_query(name, kind, use_edns=0, payload=1232)
    for address in [server] if server else servers(pc):
        try:
            answer, _ = dns.query.udp_with_fallback(request, address, TIMEOUT)
        except (dns.exception.DNSException, OSError):
            continue
        if answer.rcode() != dns.rcode.NOERROR:
            raise LookupError(dns.rcode.to_text(answer.rcode()))
        return [
            (str(rrset.name).rstrip("."), dns.rdatatype.to_text(rrset.rdtype), rrset.ttl, str(item))
            for rrset in answer.answer
            for item in rrset
        ]
    raise LookupError("timeout")


def addresses_of(pc: Pc, name: str) -> list[str]:
    """The addresses of a name, IPv6 first; empty where there are none."""
    if _is_address(name):
        return [name]
    found = hosts_file(pc, name)
    if name.lower() == "localhost":
        found.append("127.0.0.1")
    for kind in ("AAAA", "A"):
        try:
            found += [data for _, type_, _, data in query(pc, name, kind) if type_ == kind]
        except LookupError:
            continue
    return found
