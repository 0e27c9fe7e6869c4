"""The Internet: one HTTP server, which the closed network must never reach."""

from __future__ import annotations

from onshi_lab import addresses as plan
from onshi_lab.services import configs
from onshi_lab.services.base import Service
from onshi_lab.topology import Node
from onshi_lab.world import World


def web(world: World, node: Node) -> tuple[Service, ...]:
    """Nginx on both addresses."""
    own = (f"[{plan.INTERNET_IPV6}]", plan.INTERNET_IPV4)
    more = (each.partition("/")[0] for each in node.loopback)
    addresses = (*own, *(f"[{each}]" if ":" in each else each for each in more))
    listen = "".join(f"    listen {address}:80;\n" for address in addresses)
    server = f"  server {{\n{listen}    return 200 'the Internet\\n';\n  }}"
    directory = world.service_directory(node.name, "web")
    return (configs.nginx_service(node.name, directory, configs.nginx([server]), "HTTP"),)
