"""The center (支払基金's side): resolver, TLS services, the 回線認証 page, clock, proxy."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from onshi_lab import addresses as plan
from onshi_lab.addresses import CenterService, ServiceKind
from onshi_lab.services import configs
from onshi_lab.services.base import Detaches, Prints, Service
from onshi_lab.topology import Node
from onshi_lab.world import World

# The sentence of the success page: DOMAIN 8.3; that of the failure page is an inference.
LINE_AUTH_GOOD = "回線認証に成功しました。"
LINE_AUTH_BAD = "回線認証に失敗しました。"

PAGES = {
    "hweb.oqs.onshikaku.org": "オンライン資格確認等システム",
    "hweb-api.oqs.onshikaku.org": "オンライン資格確認 API",
    "hweb.oqs-st.onshikaku.org": "接続検証環境",
    "rece.online.rece": "オンライン請求システム ログイン",
    "pweb.base.oqs-pdl.org": "配信アプリケーション",
}


def resolver(world: World, node: Node) -> tuple[Service, ...]:
    """Unbound with the zones of the closed network; two answers exceed 512 bytes."""
    region = world.site.region
    hosts = {service.name: service.addresses for service in region.services}
    config = configs.unbound(region.center_resolvers, plan.CENTER_ZONES, hosts)
    return (configs.unbound_service(node.name, config, "DNS onshikaku.org and others"),)


def web(world: World, node: Node) -> tuple[Service, ...]:
    """Nginx with one server for each HTTP and HTTPS service, each on its own address."""
    line = world.site.line
    known = line.registered and not world.has(node.name, "web", "unregistered")
    registered = f"{line.prefix}" if known else ""
    geo = "  geo $registered {\n    default 0;\n" + (
        f"    {registered} 1;\n  }}\n" if registered else "  }\n"
    )
    directory = world.service_directory(node.name, "web")
    config = configs.nginx(_servers(world, node), geo)
    return (configs.nginx_service(node.name, directory, config, "HTTPS, HTTP", _pages()),)


def _page(title: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="ja"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><p>{title}</p></body></html>\n"
    )


def _pages() -> tuple[tuple[str, str], ...]:
    served = {**PAGES, "line-good": LINE_AUTH_GOOD, "line-bad": LINE_AUTH_BAD}
    return tuple((f"pages/{name}.html", _page(title)) for name, title in served.items())


def _servers(world: World, node: Node) -> Iterator[str]:
    closed = world.has(node.name, "web", "no-https")
    for service in world.site.region.services:
        if service.kind is ServiceKind.HTTP:
            yield _server(service, 80, "", _lists(world))
        elif service.kind in (ServiceKind.HTTPS, ServiceKind.HTTPS_CLIENT) and not closed:
            yield _server(service, 443, _tls(world, node, service), _content(service))


def _lists(world: World) -> str:
    return f"    root {world.pki}/public;\n    location = / {{ return 200 'CRL\\n'; }}\n"


def _server(service: CenterService, port: int, tls: str, content: str) -> str:
    ssl = " ssl" if tls else ""
    listen = "".join(f"    listen [{address}]:{port}{ssl};\n" for address in service.addresses)
    return f"  server {{\n{listen}    server_name {service.name};\n{tls}{content}  }}"


def _tls(world: World, node: Node, service: CenterService) -> str:
    lines = [
        f"ssl_certificate {world.pki}/servers/{service.name}.pem;",
        f"ssl_certificate_key {world.pki}/servers/{service.name}.key;",
        "ssl_protocols TLSv1.2 TLSv1.3;",
    ]
    if service.kind is ServiceKind.HTTPS_CLIENT:
        refused = world.has(node.name, "web", "refuse-clients")
        authority = "other-client-ca.pem" if refused else "client-ca.pem"
        lines += [f"ssl_client_certificate {world.pki}/{authority};", "ssl_verify_client on;"]
    return "".join(f"    {line}\n" for line in lines)


def _content(service: CenterService) -> str:
    if service.name == "www.lineauth.mnw":
        choice = "if ($registered) { rewrite ^ /line-good.html break; }"
        return f"    root pages;\n    location / {{ {choice} rewrite ^ /line-bad.html break; }}\n"
    return f"    root pages;\n    location / {{ rewrite ^ /{service.name}.html break; }}\n"


def clock(world: World, node: Node) -> tuple[Service, ...]:
    """Chrony as an NTP server that never touches this machine's clock (-x)."""
    directory = world.service_directory(node.name, "clock")
    config = "\n".join(
        (
            "local stratum 2",
            "allow ::/0",
            "cmdport 0",
            "bindcmdaddress /",
            f"pidfile {directory}/chronyd.pid",
            "",
        )
    )
    return (
        Service(
            node.name,
            "clock",
            ("chronyd", "-x", "-6", "-u", "root", "-f", f"{directory}/chrony.conf"),
            Detaches("chronyd.pid"),
            "NTP",
            (("chrony.conf", config),),
        ),
    )


def proxy(world: World, node: Node) -> tuple[Service, ...]:
    """The distribution proxy: CONNECT to the closed network's services, and to nothing else."""
    listen = [
        address
        for service in world.site.region.services
        if service.kind is ServiceKind.PROXY
        for address in service.addresses
    ]
    targets = {service.name: service.addresses[0] for service in world.site.region.services}
    table = json.dumps({"listen": listen, "port": 8080, "targets": targets}, indent=1)
    return (
        Service(
            node.name,
            "proxy",
            (sys.executable, "-m", "onshi_lab.programs.proxy", "proxy.json"),
            Prints(r"^ready$"),
            "proxy 8080",
            (("proxy.json", table),),
        ),
    )
