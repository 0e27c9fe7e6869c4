"""Texts of configuration files that more than one node uses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from onshi_lab.services.base import Detaches, Prints, Service

_TIMING = (
    "AdvSendAdvert on;",
    "MinRtrAdvInterval 5;",
    "MaxRtrAdvInterval 20;",
    "AdvDefaultLifetime 1800;",
)

KEA_STARTED = r"DHCP6_STARTED"


def radvd(interface: str, options: Iterable[str], prefixes: Iterable[str]) -> str:
    """A radvd configuration that answers solicitations at once and speaks every 5 to 20 s."""
    body = "\n".join(f"  {line}" for line in (*_TIMING, *options, *prefixes))
    return f"interface {interface} {{\n{body}\n}};\n"


def radvd_prefix(
    prefix: str, preferred_s: int = 604800, valid_s: int = 2592000, *, withdrawn: bool = False
) -> str:
    """A prefix that hosts form addresses from; the times are RFC 4861's defaults.

    `withdrawn`: the last advertisement says that its addresses are no longer to be used.
    """
    return (
        f"prefix {prefix} {{ AdvOnLink on; AdvAutonomous on; "
        f"AdvPreferredLifetime {preferred_s}; AdvValidLifetime {valid_s}; "
        f"DeprecatePrefix {'on' if withdrawn else 'off'}; }};"
    )


def radvd_service(node: str, name: str, config: str, label: str) -> Service:
    """Radvd with that configuration; at debug level 2 it says when it begins to wait."""
    return Service(
        node,
        name,
        ("radvd", "-n", "-d", "2", "-m", "stderr", "-C", "radvd.conf", "-p", "radvd.pid"),
        Prints(r"polling for"),
        label,
        (("radvd.conf", config),),
    )


def kea(interface: str, settings: Mapping[str, object]) -> str:
    """A kea-dhcp6 configuration; `settings` are added to what every server here has."""
    config: dict[str, object] = {
        "interfaces-config": {"interfaces": [interface]},
        # 32473 is the enterprise number for documentation (RFC 5612).
        "server-id": {
            "type": "EN",
            "enterprise-id": 32473,
            "identifier": interface.encode().hex(),
            "persist": False,
        },
        "lease-database": {"type": "memfile", "persist": False},
        "loggers": [
            {
                "name": "kea-dhcp6",
                "severity": "INFO",
                "output_options": [{"output": "stdout", "flush": True}],
            }
        ],
        **settings,
    }
    return json.dumps({"Dhcp6": config}, indent=1)


def kea_service(
    node: str,
    name: str,
    directory: Path,
    files: tuple[tuple[str, str], ...],
    label: str,
    after_stop: tuple[str, ...] = (),
) -> Service:
    """kea-dhcp6 with the configuration in the file `kea.json`."""
    here = str(directory)
    return Service(
        node,
        name,
        ("kea-dhcp6", "-c", "kea.json"),
        Prints(KEA_STARTED),
        label,
        files,
        (("KEA_PIDFILE_DIR", here), ("KEA_LOCKFILE_DIR", here)),
        after_stop,
    )


def unbound(listen: Iterable[str], zones: Iterable[str], hosts: Mapping[str, Iterable[str]]) -> str:
    """An unbound configuration that knows these zones and hosts and refuses all other names."""
    lines = [
        'directory: "."',
        'chroot: ""',
        'username: ""',
        'pidfile: "unbound.pid"',
        "use-syslog: no",
        "num-threads: 1",
        "so-reuseport: no",
        "outgoing-range: 16",
        "msg-cache-size: 64k",
        "rrset-cache-size: 64k",
        'module-config: "iterator"',
        "do-ip4: no",
        "access-control: ::/0 allow",
        *(f"interface: {address}" for address in listen),
        'local-zone: "." refuse',
        *(line for zone in zones for line in _zone(zone)),
        *(
            f'local-data: "{name}. 300 IN AAAA {address}"'
            for name, addresses in hosts.items()
            for address in addresses
        ),
    ]
    body = "\n".join(f"  {line}" for line in lines)
    return f"server:\n{body}\nremote-control:\n  control-enable: no\n"


def _zone(zone: str) -> tuple[str, str]:
    soa = f"{zone}. 300 IN SOA ns.{zone}. hostmaster.{zone}. 1 3600 900 604800 300"
    return f'local-zone: "{zone}." static', f'local-data: "{soa}"'


def unbound_service(node: str, config: str, label: str) -> Service:
    """Unbound with that configuration."""
    return Service(
        node,
        "resolver",
        ("unbound", "-c", "unbound.conf"),
        Detaches("unbound.pid"),
        label,
        (("unbound.conf", config),),
    )


def nginx(servers: Iterable[str], extra: str = "") -> str:
    """An nginx configuration that keeps all its files in its own directory."""
    temporary = "\n".join(
        f"  {kind}_temp_path tmp-{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    body = "\n".join(servers)
    return (
        "user root;\nworker_processes 1;\npid nginx.pid;\nerror_log error.log notice;\n"
        "events { worker_connections 256; }\n"
        f"http {{\n  access_log off;\n{temporary}\n"
        "  default_type text/html;\n  charset utf-8;\n  server_tokens off;\n"
        f"{extra}{body}\n}}\n"
    )


def nginx_service(
    node: str, directory: Path, config: str, label: str, files: tuple[tuple[str, str], ...] = ()
) -> Service:
    """Nginx with that configuration."""
    return Service(
        node,
        "web",
        ("nginx", "-p", f"{directory}/", "-c", "nginx.conf", "-e", "stderr"),
        Detaches("nginx.pid"),
        label,
        (("nginx.conf", config), *files),
    )
