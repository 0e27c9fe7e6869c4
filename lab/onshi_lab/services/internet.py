"""The Internet: one HTTP server, which the closed network must never reach."""

from __future__ import annotations

from onshi_lab import addresses as plan
from onshi_lab.services import configs
from onshi_lab.services.base import Service
from onshi_lab.topology import Node
from onshi_lab.world import World


def web(world: World, node: Node) -> tuple[Service, ...]:
    """Nginx on both addresses."""
    listen = f"    listen [{plan.INTERNET_IPV6}]:80;\n    listen {plan.INTERNET_IPV4}:80;\n"
    server = f"  server {{\n{listen}    return 200 'the Internet\\n';\n  }}"
    directory = world.service_directory(node.name, "web")
    return (configs.nginx_service(node.name, directory, configs.nginx([server]), "HTTP"),)
