"""Whether this computer itself is cut off: by what it had and has, and with real links."""

from __future__ import annotations

import os
import subprocess
import sys
from ipaddress import IPv4Address, IPv4Interface

import pytest

from onshi_net.transport.ownlink import CutOff, Link, cut_off, own_links, towards, watched

ROUTER = IPv4Address("10.51.1.1")
OWN = IPv4Interface("10.51.1.200/24")
ELSEWHERE = IPv4Interface("192.168.1.200/24")
STOOD = Link("enp2s0", True, (OWN,))
OTHER = Link("enp3s0", True, (ELSEWHERE,))
WIFI = Link("wlp4s0", True, (OWN,), wireless=True)


@pytest.mark.parametrize(
    ("stood", "now", "found"),
    [
        (STOOD, (STOOD, OTHER), None),
        (STOOD, (Link("enp2s0", False, (OWN,)), OTHER), "own.cable"),
        (WIFI, (Link("wlp4s0", False, (), wireless=True),), "own.wireless"),
        (STOOD, (Link("enp2s0", True, ()),), "own.address"),
        (STOOD, (Link("enp2s0", True, (ELSEWHERE,)),), "own.address"),
        (STOOD, (OTHER,), "own.adapter"),
        (STOOD, (), "own.adapter"),
        (None, (OTHER,), None),  # it never stood there, so it lost nothing
    ],
)
def test_what_this_computer_lost_is_named(
    stood: Link | None, now: tuple[Link, ...], found: str | None
) -> None:
    said = cut_off(stood, now, ROUTER)
    assert (said and said.message) == found
    if said is not None and stood is not None:
        assert (said.interface, said.address) == (stood.name, "10.51.1.200")


def test_the_link_is_the_one_in_the_targets_network() -> None:
    off = Link("enp9s0", False, (OWN,))
    assert towards((off, OTHER, STOOD), ROUTER) == STOOD
    assert towards((off, OTHER), ROUTER) is None


def test_what_can_not_be_read_is_no_answer() -> None:
    said = iter([(STOOD,), OSError("busy"), (Link("enp2s0", False, (OWN,)),)])

    def read() -> tuple[Link, ...]:
        one = next(said)
        if isinstance(one, OSError):
            raise one
        return one

    ask = watched(ROUTER, read)
    assert ask() is None
    assert ask() == CutOff("own.cable", "enp2s0", "10.51.1.200")


def test_this_computers_own_links_are_read() -> None:
    assert any(one.ip.is_loopback for link in own_links() for one in link.addresses)


PROGRAM = """
import subprocess, sys, time
from ipaddress import IPv4Address
from onshi_net.transport.ownlink import own_links, watched
TARGET, END = IPv4Address("10.51.1.1"), time.monotonic() + 60
def ip(*words): subprocess.run(["ip", *words], check=True)
def until(seen):  # the kernel tells of a carrier some time after it changed, a second at most
    while not seen() and time.monotonic() < END: time.sleep(0.01)
def told(message, *fields):
    until(lambda: getattr(ask(), "message", None) == message)
    seen = ask()
    print(getattr(seen, "message", None), *(getattr(seen, one) for one in fields))
ip("link", "add", "enp2s0", "type", "veth", "peer", "name", "far")
ip("address", "add", "10.51.1.200/24", "dev", "enp2s0")
for name in ("enp2s0", "far"): ip("link", "set", name, "up")
until(lambda: any(one.name == "enp2s0" and one.up for one in own_links()))
ask = watched(TARGET)
told(None)
ip("link", "set", "far", "down")
told("own.cable", "interface")
ip("link", "set", "far", "up")
told(None)
ip("address", "flush", "dev", "enp2s0")
told("own.address", "address")
ip("link", "del", "enp2s0")
told("own.adapter")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
def test_a_real_cable_that_is_pulled_out_shows_and_so_does_its_return() -> None:
    """Carrier of a veth; in a namespace of its own, where /sys shows the host's adapters."""
    command = ["unshare", "--net", sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.splitlines() == [
        "None",
        "own.cable enp2s0",
        "None",
        "own.address 10.51.1.200",
        "own.adapter",
    ], done.stderr
