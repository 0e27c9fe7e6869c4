"""What can be read of a node at a glance: packets that arrived, and who is at the console."""

from __future__ import annotations

from pathlib import Path

from onshi_lab.kernel import namespaces, network

SSH, ESTABLISHED = f"{22:04X}", "01"


def arrived(namespace: Path) -> dict[str, int]:
    """Packets that arrived at each interface since it was made."""
    with network.netlink(namespace) as kernel:
        return {
            str(link.get_attr("IFLA_IFNAME")): int(link.get_attr("IFLA_STATS64")["rx_packets"])
            for link in kernel.get_links()
        }


def consoles(namespace: Path) -> int:
    """How many SSH connections a node serves (proc(5), /proc/net/tcp)."""
    with namespaces.inside(namespace):
        tables = [Path("/proc/thread-self/net", name).read_text() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return sum(row[1].endswith(f":{SSH}") and row[3] == ESTABLISHED for row in rows)
