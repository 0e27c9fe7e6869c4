"""Every kernel setting that a node depends on, as the lab's nodes have it.

A new network namespace takes settings over from the host (ip-sysctl: devconf_inherit_init_net; the
neighbour tables always), so none is left to be what it happens to be: on a host that runs Docker
`ip_forward` is 1, with systemd `rp_filter` is 2, a hardened one refuses redirects and RAs. What
differs from node to node, such as forwarding, is set after this (`network`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onshi_lab import system

NAMESPACE: Mapping[str, str] = {
    "net/ipv4/ip_forward": "0",
    "net/ipv4/conf/default/forwarding": "0",
    "net/ipv6/conf/all/forwarding": "0",
    "net/ipv6/conf/default/forwarding": "0",
    "net/ipv4/ip_default_ttl": "64",
    "net/ipv4/ip_local_port_range": "32768\t60999",
    "net/ipv4/ip_no_pmtu_disc": "0",
    "net/ipv4/ip_nonlocal_bind": "0",
    "net/ipv4/ip_unprivileged_port_start": "1024",
    "net/ipv4/icmp_echo_ignore_all": "0",
    "net/ipv4/icmp_echo_ignore_broadcasts": "1",
    "net/ipv4/icmp_ratelimit": "1000",
    "net/ipv4/icmp_ratemask": "6168",
    "net/ipv4/tcp_ecn": "2",
    "net/ipv4/tcp_mtu_probing": "0",
    "net/ipv4/tcp_retries2": "15",
    "net/ipv4/tcp_rmem": "4096\t131072\t33554432",
    "net/ipv4/tcp_sack": "1",
    "net/ipv4/tcp_syn_retries": "6",
    "net/ipv4/tcp_syncookies": "1",
    "net/ipv4/tcp_timestamps": "1",
    "net/ipv4/tcp_window_scaling": "1",
    "net/ipv4/tcp_wmem": "4096\t16384\t4194304",
    "net/ipv6/bindv6only": "0",
    "net/ipv6/ip_nonlocal_bind": "0",
    "net/ipv6/icmp/echo_ignore_all": "0",
    "net/ipv6/icmp/echo_ignore_multicast": "0",
    "net/core/somaxconn": "4096",
    # A bridge must not send its frames through the IP rules of its namespace.
    "net/bridge/bridge-nf-call-arptables": "0",
    "net/bridge/bridge-nf-call-iptables": "0",
    "net/bridge/bridge-nf-call-ip6tables": "0",
}

IPV4: Mapping[str, str] = {
    "accept_local": "0",
    "accept_redirects": "1",
    "accept_source_route": "0",
    "arp_accept": "0",
    "arp_announce": "0",
    "arp_evict_nocarrier": "1",
    "arp_filter": "0",
    "arp_ignore": "0",
    "arp_notify": "0",
    "bc_forwarding": "0",
    "disable_policy": "0",
    "disable_xfrm": "0",
    "drop_gratuitous_arp": "0",
    "drop_unicast_in_l2_multicast": "0",
    "ignore_routes_with_linkdown": "0",
    "promote_secondaries": "0",
    "proxy_arp": "0",
    "proxy_arp_pvlan": "0",
    "route_localnet": "0",
    "rp_filter": "0",
    "secure_redirects": "1",
    "send_redirects": "1",
    "shared_media": "1",
    "src_valid_mark": "0",
}

IPV6: Mapping[str, str] = {
    # Duplicate address detection waits a second for each address; the lab knows its addresses.
    "accept_dad": "0",
    "dad_transmits": "0",
    "accept_ra": "0",
    "accept_ra_defrtr": "1",
    "accept_ra_from_local": "0",
    "accept_ra_min_hop_limit": "1",
    "accept_ra_min_lft": "0",
    "accept_ra_mtu": "1",
    "accept_ra_pinfo": "1",
    "accept_ra_rtr_pref": "1",
    "accept_redirects": "1",
    "accept_source_route": "0",
    "addr_gen_mode": "0",
    "autoconf": "0",
    "disable_ipv6": "0",
    "disable_policy": "0",
    "drop_unicast_in_l2_multicast": "0",
    "drop_unsolicited_na": "0",
    "force_tllao": "0",
    "hop_limit": "64",
    "ignore_routes_with_linkdown": "0",
    "keep_addr_on_down": "0",
    "max_addresses": "16",
    "ndisc_evict_nocarrier": "1",
    "ndisc_notify": "0",
    "optimistic_dad": "0",
    "proxy_ndp": "0",
    "ra_defrtr_metric": "1024",
    "router_solicitation_delay": "0",
    "router_solicitation_interval": "4",
    "router_solicitations": "-1",
    "use_oif_addrs_only": "0",
    "use_tempaddr": "0",
}

NEIGHBOUR: Mapping[str, str] = {
    "app_solicit": "0",
    "base_reachable_time_ms": "30000",
    "delay_first_probe_time": "5",
    "gc_stale_time": "60",
    "mcast_resolicit": "0",
    "mcast_solicit": "3",
    "proxy_delay": "80",
    "proxy_qlen": "64",
    "retrans_time_ms": "1000",
    "ucast_solicit": "3",
    "unres_qlen_bytes": "212992",
}


def of_interface(name: str) -> Iterator[tuple[str, str]]:
    """An interface's own settings, by path below /proc/sys."""
    for family, settings in (("ipv4", IPV4), ("ipv6", IPV6)):
        for key, value in settings.items():
            yield f"net/{family}/conf/{name}/{key}", value
    yield from of_neighbours(name)


def of_neighbours(name: str) -> Iterator[tuple[str, str]]:
    """How an interface finds its neighbours; these come from the host, not from `default`."""
    for family in ("ipv4", "ipv6"):
        for key, value in NEIGHBOUR.items():
            yield f"net/{family}/neigh/{name}/{key}", value


def of_namespace() -> Iterator[tuple[str, str]]:
    """The settings of a namespace and of every interface that is yet to come into it."""
    for name in ("all", "default", "lo"):
        yield from of_interface(name)
    yield from NAMESPACE.items()


def put(path: str, value: str) -> None:
    """Make one setting of the namespace that this thread is in so.

    One that this kernel has not, or does not show to a user namespace, is left alone: only the
    neighbour tables' are of that kind, and what depends on a module that is not loaded.
    """
    try:
        with system.sysctl(path).open("r+", encoding="ascii") as file:
            if file.read().strip() != value:
                file.seek(0)
                file.write(value)
    except FileNotFoundError:
        return
