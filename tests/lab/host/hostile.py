"""A host on which everything is the other way round, and a lab on it.

Run as `python hostile.py SITE INVENTORY NAME[,NAME…]`: it leaves the host by namespaces of its own,
makes what the names say there, raises the lab, provisions the site, and prints what verify says.

New namespaces take their settings from the machine's first namespace, which a test has to leave
alone; so the settings are written into each new one before the lab has touched it, which is what
it would have found on such a host.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from onshi_lab import mounts

BIN = Path(sys.executable).parent


def _everywhere(family: str, **settings: str) -> dict[str, str]:
    return {
        f"net/{family}/conf/{scope}/{key}": value
        for scope in ("all", "default", "lo")
        for key, value in settings.items()
    }


SETTINGS: Mapping[str, Mapping[str, str]] = {
    "forwarding": {
        "net/ipv4/ip_forward": "1",
        "net/ipv6/conf/all/forwarding": "1",
        "net/ipv6/conf/default/forwarding": "1",
    },
    "reverse-path": _everywhere("ipv4", rp_filter="1", src_valid_mark="1", accept_local="1"),
    "advertisements": _everywhere(
        "ipv6",
        accept_ra="2",
        autoconf="1",
        accept_ra_defrtr="0",
        accept_ra_pinfo="0",
        accept_ra_min_hop_limit="255",
        accept_ra_mtu="0",
        router_solicitations="0",
        router_solicitation_delay="60",
        max_addresses="1",
        use_tempaddr="2",
    ),
    "redirects": {
        **_everywhere(
            "ipv4", accept_redirects="0", send_redirects="0", secure_redirects="0", shared_media="0"
        ),
        **_everywhere("ipv6", accept_redirects="0"),
    },
    "no-ipv6": _everywhere("ipv6", disable_ipv6="1", addr_gen_mode="1", hop_limit="1"),
    "duplicates": _everywhere("ipv6", accept_dad="2", dad_transmits="9", optimistic_dad="1"),
    "arp": {
        **_everywhere(
            "ipv4",
            arp_ignore="8",
            arp_announce="2",
            arp_filter="1",
            arp_accept="1",
            drop_gratuitous_arp="1",
            proxy_arp="1",
        ),
        **_everywhere("ipv6", proxy_ndp="1", drop_unsolicited_na="1"),
    },
    "multicast": {
        **_everywhere("ipv4", drop_unicast_in_l2_multicast="1", ignore_routes_with_linkdown="1"),
        **_everywhere("ipv6", drop_unicast_in_l2_multicast="1", ignore_routes_with_linkdown="1"),
        "net/ipv6/icmp/echo_ignore_multicast": "1",
    },
    "bridges": {
        f"net/bridge/bridge-nf-call-{what}": "1" for what in ("arptables", "iptables", "ip6tables")
    },
    "tcp": {
        "net/ipv4/tcp_rmem": "4096 4096 4096",
        "net/ipv4/tcp_wmem": "4096 4096 4096",
        "net/ipv4/tcp_window_scaling": "0",
        "net/ipv4/tcp_sack": "0",
        "net/ipv4/tcp_timestamps": "0",
        "net/ipv4/tcp_syn_retries": "1",
        "net/ipv4/tcp_ecn": "1",
        "net/ipv4/tcp_mtu_probing": "2",
        "net/core/somaxconn": "1",
    },
    "icmp": {
        "net/ipv4/icmp_echo_ignore_all": "1",
        "net/ipv6/icmp/echo_ignore_all": "1",
        "net/ipv4/icmp_ratemask": "65535",
        "net/ipv4/icmp_ratelimit": "60000",
        "net/ipv4/ip_default_ttl": "1",
        "net/ipv4/ip_no_pmtu_disc": "1",
    },
    "ports": {
        "net/ipv6/bindv6only": "1",
        "net/ipv4/ip_nonlocal_bind": "1",
        "net/ipv6/ip_nonlocal_bind": "1",
        "net/ipv4/ip_local_port_range": "1024 1087",
        "net/ipv4/ip_unprivileged_port_start": "0",
    },
}
"""What a namespace may find: every setting that `onshi_lab.kernel.sysctls` names, turned round."""


def _firewall() -> None:
    hooks = ("prerouting", "input", "forward", "output", "postrouting")
    chains = "".join(
        f"chain {hook} {{ type filter hook {hook} priority 0; policy drop; }}\n" for hook in hooks
    )
    rules = f"table inet host {{\n{chains}}}\n"
    subprocess.run(("nft", "-f", "-"), input=rules, text=True, check=True)


def _memory() -> None:
    """Programs that reserve what they don't use fail, as with vm.overcommit_memory=2."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def _files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def _inotify() -> None:
    os.environ["HOSTILE_INOTIFY"] = "1"


def _temporary() -> None:
    os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="elsewhere, with: odd ")


def _umask() -> None:
    os.umask(0o077)


def _zone() -> None:
    os.environ["TZ"] = "Australia/Lord_Howe"
    mounts.mount(
        "/usr/share/zoneinfo/Australia/Lord_Howe",
        str(Path("/etc/localtime").resolve()),
        None,
        mounts.BIND,
    )


def _language() -> None:
    for name in [name for name in os.environ if name.startswith("LC_")]:
        del os.environ[name]
    os.environ["LANG"] = "C"
    os.environ["LC_ALL"] = "C"


OTHERS: Mapping[str, Callable[[], None]] = {
    "firewall": _firewall,
    "memory": _memory,
    "files": _files,
    "inotify": _inotify,
    "temporary": _temporary,
    "umask": _umask,
    "zone": _zone,
    "language": _language,
}

UP = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import hostile
from onshi_lab import cli
hostile.spoil(sys.argv[1].split(","))
cli.main(["--name", "hostile", "up", "--site", sys.argv[2]])
"""


def spoil(names: list[str]) -> None:
    """Make every namespace that the lab creates one of such a host, and inotify used up."""
    from onshi_lab.kernel import namespaces, supervisor

    create = namespaces.create

    def created(name: str) -> None:
        create(name)
        with namespaces.inside(name):
            for path, value in (each for name in names for each in SETTINGS.get(name, {}).items()):
                Path("/proc/sys", path).write_text(value)

    class Full:
        def inotify_init1(self, _flags: int) -> int:
            return -1

    namespaces.create = created
    if "HOSTILE_INOTIFY" in os.environ:
        supervisor._LIBC = Full()


def main(site: str, inventory: str, names: list[str]) -> int:
    """Raise, provision, verify, take down; answers the exit code of verify."""
    mounts.unshare(mounts.NEW_MOUNTS | mounts.NEW_NETWORK)
    mounts.mount(None, "/", None, mounts.PRIVATE | mounts.RECURSIVE)
    mounts.mount("hostile", "/run", "tmpfs")
    before = tempfile.gettempdir()
    for name in names:
        OTHERS.get(name, lambda: None)()
    lab = (str(BIN / "onshi-lab"), "--name", "hostile")
    onshi = (*lab, "exec", "laptop", "--", str(BIN / "onshi"), "--lang", "en")
    at = ("--inventory", inventory)
    subprocess.run((sys.executable, "-c", UP, ",".join(names), site), check=True)
    try:
        subprocess.run((*onshi, *at, "provision", site, "--yes"), check=True, stdout=sys.stderr)
        return subprocess.run((*onshi, *at, "verify", site, "--json"), check=False).returncode
    finally:
        subprocess.run((*lab, "down"), check=True, stdout=sys.stderr)
        if os.environ.get("TMPDIR", before) != before:
            shutil.rmtree(os.environ["TMPDIR"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3].split(",")))
