"""What a visit waits for: cables and addresses of the laptop first, then the devices."""

from __future__ import annotations

import socket
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.i18n import text
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.transport.ownlink import Link
from onshi_net.visit import Scene, Stage, What, lacking, look, scene
from onshi_net.visit.scene import Door, standing
from tests.lab.clinic import ROOT

INTENT = site_intent(load_site(ROOT / "inventory", "demo-clinic"))
TERMINAL = Link("eth0", up=True, addresses=(IPv4Interface("10.51.1.200/24"),))
CLINIC = Link("eth1", up=True, addresses=(IPv4Interface("192.168.1.200/24"),))
ELSEWHERE = Link("eth2", up=True, addresses=(IPv4Interface("169.254.7.7/16"),))
LOOPBACK = Link("lo", up=True, addresses=(IPv4Interface("127.0.0.1/8"),))
BOTH = Stage(What.PROVISION, None, ("terminal", "clinic"), ("router", "terminal-1", "receipt-1"))


def lacks(stage: Stage, *links: Link, doors: dict[str, Door] | None = None) -> list[str]:
    return [one.message for one in lacking(INTENT, stage, Scene(links, doors))]


def test_a_cable_is_asked_for_before_any_device_is_spoken_of():
    assert lacks(BOTH, LOOPBACK) == ["visit.lack.cable-terminal", "visit.lack.cable-clinic"]
    assert lacks(BOTH, TERMINAL, LOOPBACK) == ["visit.lack.cable-clinic"]


def test_a_cable_that_is_out_is_no_place_though_its_address_is_kept():
    out = replace(TERMINAL, up=False)
    assert standing(INTENT, [out, CLINIC]) == ("clinic",)
    assert lacks(BOTH, out, CLINIC) == ["visit.lack.cable-terminal"]


def test_an_adapter_that_is_elsewhere_is_told_with_the_address_that_it_needs():
    (found,) = lacking(INTENT, replace(BOTH, stands=("terminal",)), Scene((ELSEWHERE,)))
    said = text(found.message, **dict(found.values))
    assert found.message == "visit.lack.address-terminal"
    assert "eth2 (169.254.7.7/16)" in said
    assert "10.51.1.254/24" in said


def test_the_address_that_is_named_is_nobodys():
    router = INTENT.router
    taken = replace(INTENT.hosts[0], address=IPv4Address("10.51.1.254"))
    intent = replace(INTENT, hosts=(taken, *INTENT.hosts[1:]))
    (found,) = lacking(intent, replace(BOTH, stands=("terminal",)), Scene())
    assert dict(found.values)["example"] == "10.51.1.253"
    assert dict(found.values)["ports"] == "・".join(map(str, router.terminal.ports))


@given(st.fixed_dictionaries({host: st.sampled_from(Door) for host in BOTH.answering}))
def test_each_device_that_is_not_open_is_named_with_how_it_answered(doors: dict[str, Door]):
    wanted = [
        f"visit.lack.{'router' if host == 'router' else 'pc'}-{door}"
        for host, door in doors.items()
        if door is not Door.OPEN
    ]
    assert sorted(lacks(BOTH, TERMINAL, CLINIC, doors=doors)) == sorted(wanted)


def test_what_was_not_asked_is_unknown_and_not_absent():
    found = lacks(BOTH, TERMINAL, CLINIC)
    assert set(found) == {"visit.lack.router-unknown", "visit.lack.pc-unknown"}


@pytest.mark.parametrize(
    ("error", "door"),
    [
        (None, Door.OPEN),
        (TimeoutError(), Door.CLOSED),
        (ConnectionRefusedError(), Door.CLOSED),
        (OSError(113, "No route to host"), Door.NOBODY),
        (OSError(101, "Network is unreachable"), Door.UNKNOWN),
    ],
)
def test_how_a_port_answers(monkeypatch: pytest.MonkeyPatch, error: Exception | None, door: Door):
    def connect(_where: tuple[str, int], _within: float) -> socket.socket:
        if error is not None:
            raise error
        return socket.socket()

    monkeypatch.setattr(scene.socket, "create_connection", connect)
    monkeypatch.setattr(scene, "own_links", lambda: (TERMINAL, CLINIC))
    found = look(INTENT, BOTH)
    assert found.doors == dict.fromkeys(BOTH.answering, door)


def test_nobody_is_asked_from_the_wrong_place(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scene.socket, "create_connection", lambda *_: pytest.fail("asked"))
    monkeypatch.setattr(scene, "own_links", lambda: (TERMINAL,))
    assert look(INTENT, BOTH).doors is None
