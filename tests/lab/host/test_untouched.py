"""The host after a lab is the host before it: packages, units, sockets, files, mounts, processes.

Each test runs on this host in namespaces that catch every change (untouched.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab.clinic import BIN, ROOT, needs_root

pytestmark = [needs_root, pytest.mark.timeout(600)]
DRIVER = Path(__file__).with_name("untouched.py")
APART = ("unshare", "--fork", "--pid", "--kill-child", "--mount-proc")


def changes(command: str) -> dict[str, Any]:
    """What a shell command that succeeds changes on this host."""
    words = (*APART, sys.executable, str(DRIVER), "sh", "-ec", command)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("site", ["demo-clinic", "demo-pharmacy", "demo-dental"])
def test_a_lab_leaves_the_host_as_it_was(site: str) -> None:
    lab = f"{BIN}/onshi-lab --name passing"
    command = f"""
    {lab} up --site {site}
    {lab} fault set center-resolver-down
    {lab} exec laptop -- cat /etc/resolv.conf
    {lab} reset
    {lab} down
    """
    assert changes(command) == {}


def test_a_demo_leaves_the_host_as_it_was() -> None:
    found = changes(f"TMPDIR=/tmp make -C {ROOT} demo")
    files = found.pop("files")
    # A suite that begins or ends beside this one has a folder for its locks (tests/conftest.py).
    ours = {kind: [one for one in names if "/onshi-locks-" not in one]
            for kind, names in files.items()}  # fmt: skip
    assert ours == {"gone": [], "new": ["/tmp/onshi-demo-clinic.html"]}
    assert found == {}


@pytest.mark.parametrize(
    ("command", "aspect", "seen"),
    [
        ("mkdir /etc/left && rmdir /etc/left", "files", "/etc "),
        ("echo x > /var/lib/left", "files", "/var/lib/left "),
        ("mkdir -p /run/left", "files", "/run/left"),
        ("ln -s x /etc/rc2.d/S01left", "enabled units", "/etc/rc2.d/S01left"),
        ("ip netns add left", "named namespaces", "left"),
        ("ip link add left type bridge", "links", "left"),
        ("ip address add 10.0.0.1/32 dev lo", "addresses", "10.0.0.1"),
        ("ip link set lo up; ip route add blackhole 10.9.0.0/16", "routes", "10.9.0.0"),
        ("nft add table inet left", "firewall", "left"),
        ("sysctl -qw net.ipv4.ip_forward=1", "kernel settings", "ip_forward 1"),
        ("sleep 100 > /dev/null 2>&1 &", "processes", "sleep"),
        (
            f'{sys.executable} -c \'import socket, os, time\ns = socket.create_server(("", 99))\n'
            "if os.fork() == 0: time.sleep(100)' > /dev/null 2>&1",
            "listening sockets",
            ":99",
        ),
        ("sed -i 's/^Package: bash$/Package: left/' /var/lib/dpkg/status", "packages", "left "),
    ],
)
def test_what_a_command_leaves_is_found(command: str, aspect: str, seen: str) -> None:
    found = changes(command)
    assert any(seen in each for each in found[aspect]["new"]), found
