"""Three hosts in network namespaces of their own, and the probe running in the first.

a ── r ── b: `a` has two legs (`pba` 10.9.1.2, 2001:db8:a::2; `pbc` 10.9.3.2, 2001:db8:c::2), `r`
forwards, `b` is far (10.9.2.2, 2001:db8:b::2).
"""

from __future__ import annotations

import itertools
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

WIRES = {"pba": ("a", "pra"), "pbb": ("b", "prb"), "pbc": ("a", "prc")}
NUMBERS = {"a": 1, "b": 2, "c": 3}


@dataclass
class Net:
    """The namespaces' names and how to run something in one."""

    prefix: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, host: str, *command: str) -> str:
        full = ["ip", "netns", "exec", f"{self.prefix}-{host}", *command]
        return subprocess.run(full, check=True, capture_output=True, text=True).stdout

    def start(self, host: str, *command: str) -> subprocess.Popen[bytes]:
        full = ["ip", "netns", "exec", f"{self.prefix}-{host}", *command]
        process = subprocess.Popen(
            full, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.started.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        process.wait(5)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self.started.remove(process)


def _build(net: Net) -> None:
    for host in ("a", "r", "b"):
        subprocess.run(["ip", "netns", "add", f"{net.prefix}-{host}"], check=True)
        net.run(host, "ip", "link", "set", "lo", "up")
    for leg, (host, far) in WIRES.items():
        number = NUMBERS[leg[-1]]
        pair = ["ip", "link", "add", leg, "netns", f"{net.prefix}-{host}", "type", "veth"]
        subprocess.run([*pair, "peer", "name", far, "netns", f"{net.prefix}-r"], check=True)
        for where, link, last in ((host, leg, 2), ("r", far, 1)):
            # Without a link-local address that has passed DAD a router can't ask for a neighbor.
            off = [f"net.ipv6.conf.{link}.{what}=0" for what in ("accept_ra", "accept_dad")]
            net.run(where, "sysctl", "-qw", *off)
            v6 = f"2001:db8:{leg[-1]}::{last}/64"
            net.run(where, "ip", "addr", "add", v6, "dev", link, "nodad")
            net.run(where, "ip", "addr", "add", f"10.9.{number}.{last}/24", "dev", link)
            net.run(where, "ip", "link", "set", link, "addrgenmode", "eui64", "up")
    net.run("r", "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1", "net.ipv4.ip_forward=1")
    net.run("a", "ip", "-6", "route", "add", "2001:db8:b::/64", "via", "2001:db8:a::1")
    net.run("b", "ip", "-6", "route", "add", "default", "via", "2001:db8:b::1")
    net.run("a", "ip", "route", "add", "10.9.2.0/24", "via", "10.9.1.1")
    net.run("b", "ip", "route", "add", "default", "via", "10.9.2.1")


@pytest.fixture(scope="session")
def net() -> Iterator[Net]:
    """The namespaces, gone afterwards."""
    if os.geteuid() != 0:
        pytest.fail("the probe's tests make network namespaces: run them as root")
    made = Net(f"pb{os.getpid()}")
    try:
        _build(made)
        yield made
    finally:
        for process in list(made.started):
            made.stop(process)
        for host in ("a", "r", "b"):
            subprocess.run(["ip", "netns", "del", f"{made.prefix}-{host}"], check=False)


Ask = Callable[..., dict[str, object]]


@pytest.fixture(scope="session")
def ask(net: Net) -> Ask:
    """Asks the probe that runs in `a`; the answer's fields, the duration left out."""
    process = net.start("a", sys.executable, "-m", "onshi_net.probe")
    numbers = itertools.count(1)
    assert process.stdin is not None
    assert process.stdout is not None

    def asked(question: str, **parameters: object) -> dict[str, object]:
        number = next(numbers)
        line = json.dumps({"id": number, "ask": question, **parameters}).encode() + b"\n"
        process.stdin.write(line)
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], 15)
        assert ready, "the probe does not answer"
        fields = json.loads(process.stdout.readline())
        assert fields.pop("id") == number
        assert fields.pop("duration_s") >= 0
        return fields

    return asked


@pytest.fixture
def filtered(net: Net) -> Iterator[Callable[..., None]]:
    """Puts forwarding rules (nft) into `r` for one test."""

    def put(*rules: str) -> None:
        text = "table inet pb {\nchain f {\ntype filter hook forward priority 0;\n"
        text += "\n".join(rules) + "\n}\n}\n"
        full = ["ip", "netns", "exec", f"{net.prefix}-r", "nft", "-f", "-"]
        subprocess.run(full, input=text, text=True, check=True)

    yield put
    net.run("r", "nft", "flush", "ruleset")
