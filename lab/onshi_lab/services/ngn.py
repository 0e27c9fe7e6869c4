"""The NGN: router advertisement or prefix delegation, its resolver, and a host of its own."""

from __future__ import annotations

import platform

from onshi_lab.addresses import Region
from onshi_lab.services import configs
from onshi_lab.services.base import Service
from onshi_lab.site import LineMode
from onshi_lab.topology import Node
from onshi_lab.world import World

# kea's run_script hook tells the new lease in the environment (Kea manual, "run_script"). The
# route towards a delegated prefix is what a BRAS installs when it delegates.
ROUTE_HOOK = """#!/bin/sh
case "$1" in
leases6_committed) ;;
*) exit 0 ;;
esac
number=0
while [ "$number" -lt "${LEASES6_SIZE:-0}" ]; do
    eval "kind=\\$LEASES6_AT${number}_TYPE prefix=\\$LEASES6_AT${number}_ADDRESS"
    eval "length=\\$LEASES6_AT${number}_PREFIX_LEN"
    if [ "$kind" = IA_PD ]; then
        ip -6 route replace "$prefix/$length" via "$QUERY6_REMOTE_ADDR" dev line proto dhcp
    fi
    number=$((number + 1))
done
"""

# Debian's folder of libraries is named by the processor (x86_64, aarch64).
RUN_SCRIPT_HOOK = f"/usr/lib/{platform.machine()}-linux-gnu/kea/hooks/libdhcp_run_script.so"


def advertiser(world: World, node: Node) -> tuple[Service, ...]:
    """radvd: a /64 with the O flag on a line without ひかり電話, else M and O and no prefix."""
    if world.mode is LineMode.PD:
        options, prefixes = ["AdvManagedFlag on;", "AdvOtherConfigFlag on;"], []
    else:
        options = ["AdvManagedFlag off;", "AdvOtherConfigFlag on;"]
        prefixes = [configs.radvd_prefix(str(world.prefix))]
        if world.prefix != world.site.line.prefix:
            # RFC 4862 5.5.3: an unauthenticated RA cannot shorten a valid lifetime below 2 h,
            # but it can make the old addresses deprecated at once.
            prefixes.append(configs.radvd_prefix(str(world.site.line.prefix), 0, 0))
    label = f"RA {world.prefix}" if prefixes else "RA (M, O)"
    config = configs.radvd("line", options, prefixes)
    return (configs.radvd_service(node.name, "radvd", config, label),)


def stateless(region: Region) -> dict[str, object]:
    """Kea settings of a server that only answers information requests with the NGN's resolvers."""
    options = [
        {"name": "dns-servers", "data": ", ".join(region.ngn_resolvers)},
        {"name": "domain-search", "data": region.ngn_domain},
    ]
    return {"option-data": options}


def dhcp(world: World, node: Node) -> tuple[Service, ...]:
    """kea: the NGN's resolvers for who asks, and on a ひかり電話 line the /56."""
    directory = world.service_directory(node.name, "dhcp")
    if world.mode is LineMode.RA:
        config = configs.kea("line", stateless(world.site.region))
        label = "DHCPv6 information"
        files: tuple[tuple[str, str], ...] = (("kea.json", config),)
        return (configs.kea_service(node.name, "dhcp", directory, files, label),)
    pool = {
        "prefix": str(world.prefix.network_address),
        "prefix-len": world.prefix.prefixlen,
        "delegated-len": world.prefix.prefixlen,
    }
    settings = {
        **stateless(world.site.region),
        # The times that NGN lines are seen to give: T1 7200, T2 10080, 12600/14400 s (inference
        # from public captures of home routers).
        "renew-timer": 7200,
        "rebind-timer": 10080,
        "preferred-lifetime": 12600,
        "valid-lifetime": 14400,
        "subnet6": [{"id": 1, "subnet": "2001:db8::/32", "interface": "line", "pd-pools": [pool]}],
        "hooks-libraries": [
            {
                "library": RUN_SCRIPT_HOOK,
                "parameters": {"name": str(directory / "route.sh"), "sync": False},
            }
        ],
    }
    files = (("kea.json", configs.kea("line", settings)), ("route.sh", ROUTE_HOOK))
    flush = ("ip", "-6", "route", "flush", "dev", "line", "proto", "dhcp")
    to_whom = " to the home gateway" if world.has(node.name, "dhcp", "gateway") else ""
    label = f"DHCPv6-PD {world.prefix}{to_whom}"
    return (configs.kea_service(node.name, "dhcp", directory, files, label, flush),)


def resolver(world: World, node: Node) -> tuple[Service, ...]:
    """unbound: answers names of the NGN's own domain, refuses every other name."""
    region = world.site.region
    config = configs.unbound(region.ngn_resolvers, [region.ngn_domain], region.ngn_hosts)
    return (configs.unbound_service(node.name, config, f"DNS {region.ngn_domain} only"),)


def web(world: World, node: Node) -> tuple[Service, ...]:
    """Nginx on the NGN's own host."""
    (name,) = world.site.region.ngn_hosts
    listen = "\n".join(
        f"    listen [{address}]:80;" for address in world.site.region.ngn_hosts[name]
    )
    server = f"  server {{\n{listen}\n    return 200 'assv\\n';\n  }}"
    directory = world.service_directory(node.name, "web")
    label = f"HTTP {name}"
    return (configs.nginx_service(node.name, directory, configs.nginx([server]), label),)
