"""The topology, the services and the faults as data; nothing here needs root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import observe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_lab import credentials, inventory
from onshi_lab.effects import (
    Address,
    Certificate,
    Effect,
    Extra,
    Filter,
    Flap,
    LinkDown,
    LinkUp,
    NoRules,
    Off,
    Spoilt,
    Unplugged,
    Variant,
)
from onshi_lab.errors import UsageError
from onshi_lab.faults import CATALOGUE, FAULTS, effects_of, find_fault
from onshi_lab.programs.proxy import decide
from onshi_lab.rules import rules_of
from onshi_lab.services import services_of
from onshi_lab.site import BranchKind, Device, Lan, LineMode, Site
from onshi_lab.topology import SPARE, End, build, sockets
from onshi_lab.world import World

MECHANICAL = (LinkDown, LinkUp, Address, Certificate, Unplugged, Spoilt, Filter)
CLINIC = observe.demo("demo-clinic")
HUB = replace(CLINIC, name="hub", branch=BranchKind.HUB)
TWIN = replace(CLINIC.terminals[0], name="second", address=IPv4Interface("10.51.1.12/24"))
SECOND = replace(CLINIC.receipts[0], name="far", address=IPv4Interface("192.168.7.9/24"))
OTHER = Lan(IPv4Network("192.168.7.0/24"), IPv4Address("192.168.7.1"), IPv4Address("192.168.7.1"))
SITES = {
    **{name: observe.demo(name) for name in inventory.names(observe.INVENTORY)},
    "hub": HUB,
    "two terminals without a switch": replace(CLINIC, terminals=(CLINIC.terminals[0], TWIN)),
    "no gateway": replace(CLINIC, clinic=replace(CLINIC.clinic, gateway=None)),
    "RTX1300": replace(CLINIC, router=replace(CLINIC.router, model="RTX1300")),
    "another network": replace(CLINIC, others=(OTHER,), receipts=(*CLINIC.receipts, SECOND)),
    "strays": replace(
        CLINIC,
        devices=(
            Device("printer", True, IPv4Interface("192.168.1.50/24")),
            Device("player", False, IPv4Interface("10.51.1.77/24")),
        ),
    ),
}


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Site:
    return SITES[request.param]


def world(site: Site, *faults: str) -> World:
    effects = effects_of(faults, site)
    return World("t", Path("/run/onshi-lab/t"), site, build(site), effects)


class TestWiring:
    def test_every_cable_has_two_ends_in_real_interfaces(self, site: Site) -> None:
        topology = build(site)
        ends = [end for link in topology.links for end in (link.a, link.b)]
        assert len(ends) == len(set(ends))
        for end in ends:
            topology.node(end.node).interface(end.interface)

    def test_every_interface_but_bridges_has_a_cable(self, site: Site) -> None:
        topology = build(site)
        for node in topology.nodes:
            for interface in node.interfaces:
                if interface.name != "br0":
                    assert topology.far_end(node.name, interface.name)

    def test_the_routers_ports_are_wired_as_promised(self, site: Site) -> None:
        topology = build(site)
        first = End("switch", "router") if site.switch else End("terminal-1", "eth0")
        second = End("hub", "router") if site.hub else End("laptop", "terminal0")
        upstream = "onu" if site.branch is BranchKind.NONE else "branch"
        assert topology.far_end("router", "lan1p1") == first
        assert topology.far_end("router", "lan1p2") == second
        assert topology.far_end("router", "lan1p3") == End("clinic-switch", "router")
        assert topology.far_end("router", "lan2") == End(upstream, "lan")
        assert topology.far_end("laptop", "line0") == End(upstream, "probe")
        assert topology.far_end("ngn", "line") == End("onu", "line")

    def test_hosts_have_the_addresses_of_the_site(self, site: Site) -> None:
        topology = build(site)
        found = {
            node.name: [address for each in node.interfaces for address in each.addresses]
            for node in topology.nodes
        }
        for host in (*site.pcs, *site.devices):
            assert found[host.node] == [str(host.address)]
        assert found["laptop"] == [
            str(*site.laptop_addresses(lan)) for lan in (site.terminal, site.clinic)
        ]
        assert found["router"] == []
        own = [each for some in found.values() for each in some if not each.startswith("fe80:")]
        assert len(set(own)) == len(own)

    def test_receipt_pcs_know_the_clinics_gateway_only_until_they_are_provisioned(
        self, site: Site
    ) -> None:
        routes = {route.destination: route.via for route in build(site).node("receipt-1").routes}
        gateway = site.clinic.gateway
        assert routes == ({"0.0.0.0/0": str(gateway)} if gateway else {})

    def test_networks_of_the_clinic_meet_in_its_gateway(self) -> None:
        topology = build(SITES["another network"])
        assert topology.far_end("far", "eth0") == End("clinic-switch-2", "r1")
        assert topology.far_end("clinic-switch-2", "gw") == End("clinic-gw", "lan2")
        assert topology.node("clinic-gw").interface("lan2").addresses == ("192.168.7.1/24",)

    def test_every_socket_of_the_router_is_there(self, site: Site) -> None:
        names = {each.name for each in build(site).node("router").interfaces}
        assert names == set(sockets(site).names)

    def test_the_closed_network_has_no_route_to_the_internet(self, site: Site) -> None:
        assert "::/0" not in {route.destination for route in build(site).node("ngn").routes}

    def test_hardware_addresses_are_local_distinct_and_the_same_each_time(self, site: Site) -> None:
        macs = [end.mac for link in build(site).links for end in (link.a, link.b)]
        assert len(set(macs)) == len(macs)
        assert all(mac.startswith("02:") for mac in macs)
        assert macs == [end.mac for link in build(site).links for end in (link.a, link.b)]

    def test_an_unknown_node_is_answered_with_the_possible_ones(self, site: Site) -> None:
        with pytest.raises(UsageError, match="no node 'ruoter'; possible: center, ngn"):
            build(site).require("ruoter")


class TestServices:
    def test_each_has_a_name_of_its_own_on_a_real_node(self, site: Site) -> None:
        services = services_of(world(site))
        names = [(service.node, service.name) for service in services]
        assert len(set(names)) == len(names)
        assert {node for node, _ in names} <= set(build(site).node_names)

    def test_the_routers_command_line_is_the_agreed_one(self, site: Site) -> None:
        (console,) = (each for each in services_of(world(site)) if each.node == "router")
        words = " ".join(console.argv[1:])
        facts = site.router
        assert words.startswith(
            f"-m onshi_lab.yamaha --model {facts.model} --firmware {facts.firmware} "
            f"--serial {facts.serial} --port lan1={','.join(sockets(site).ports)} --port lan2=lan2 "
        )
        assert "--initial-password-file /run/onshi-lab/t/initial-password" in words
        assert "--drop-is-logout" not in words

    def test_only_a_pd_line_delegates(self, site: Site) -> None:
        (dhcp,) = (
            each
            for each in services_of(world(site))
            if each.label.startswith("DHCPv6") and each.node == "ngn"
        )
        assert ("pd-pools" in dict(dhcp.files)["kea.json"]) == (site.line.mode is LineMode.PD)


def possible_faults() -> Iterator[tuple[str, str]]:
    for name, site in SITES.items():
        for fault in CATALOGUE:
            if fault.applies(site):
                yield name, fault.name


class TestFaults:
    def test_names_are_distinct(self) -> None:
        assert len(FAULTS) == len(CATALOGUE)

    def test_the_required_ones_are_there(self) -> None:
        required = """line-down line-loss ra-withdrawn second-ra rogue-ra-lan rogue-dhcp-lan
            mtu-black-hole ngn-resolver-down center-resolver-down lineauth-unregistered
            center-https-down client-cert-refused proxy-down ntp-down internet-leak wan-cable-out
            terminal-cable-out clinic-cable-out branch-port-dead prefix-changed duplicate-address
            hgw-hung"""
        assert set(required.split()) <= set(FAULTS)

    @pytest.mark.parametrize(("site_name", "fault"), list(possible_faults()))
    def test_its_effects_name_what_the_site_has(self, site_name: str, fault: str) -> None:
        site = SITES[site_name]
        well = {(each.node, each.name) for each in services_of(world(site))}
        effects = FAULTS[fault].effects(site)
        assert effects
        for effect in effects:
            assert names_something_real(effect, site, well), effect

    def test_the_cable_of_a_terminal_that_is_not_there_hangs_loose(self) -> None:
        topology = build(replace(CLINIC, terminals=()))
        loose = topology.far_end("router", "lan1p1")
        assert loose == End("clinic-switch", "x-lan1p1")
        assert not topology.node(loose.node).interface(loose.interface).up

    @pytest.mark.parametrize(("site_name", "fault"), list(possible_faults()))
    def test_it_changes_something(self, site_name: str, fault: str) -> None:
        site = SITES[site_name]
        before, after = world(site), world(site, fault)
        mechanical = [e for e in after.effects if isinstance(e, MECHANICAL)]
        assert (
            mechanical
            or services_of(before) != services_of(after)
            or any(
                rules_of(before, name) != rules_of(after, name)
                for name in before.topology.node_names
            )
        )

    def test_a_typo_is_answered_with_those_that_apply(self) -> None:
        with pytest.raises(UsageError) as caught:
            find_fault("line-dwon", SITES["demo-clinic"])
        assert "line-down" in str(caught.value)
        assert "hgw-hung" not in str(caught.value)


def names_something_real(effect: Effect, site: Site, services: set[tuple[str, str]]) -> bool:
    topology = build(site)
    match effect:
        case LinkDown(node, name) | LinkUp(node, name) | Flap(node, name) | Address(node, name, _):
            return interface_exists(site, node, name)
        case Unplugged(node, name):
            return End(node, name) in {link.a for link in topology.links}
        case Extra(node, _, name):
            return interface_exists(site, node, name)
        case Off(node, name) | Variant(node, name, _):
            return (node, name) in services
        case NoRules(node):
            return rules_of(world(site), node) != ""
        case _:
            return getattr(effect, "node", "onu") in topology.node_names


def interface_exists(site: Site, node: str, name: str) -> bool:
    found = build(site).node(node)
    if name == SPARE:
        return found.spare
    return name in {each.name for each in found.interfaces}


class TestCredentials:
    @pytest.mark.parametrize(
        ("reference", "variable"),
        [
            ("demo-clinic/router", "ONSHI_SECRET_DEMO_CLINIC_ROUTER"),
            ("demo-clinic/router-admin", "ONSHI_SECRET_DEMO_CLINIC_ROUTER_ADMIN"),
            ("start-pack/router-initial", "ONSHI_SECRET_START_PACK_ROUTER_INITIAL"),
            ("demo-dental/receipt-1-user", "ONSHI_SECRET_DEMO_DENTAL_RECEIPT_1_USER"),
        ],
    )
    def test_the_variable_of_a_reference(self, reference: str, variable: str) -> None:
        assert credentials.variable(reference) == variable

    def test_all_references_get_different_passwords(self, site: Site) -> None:
        secrets = credentials.passwords(site, {})
        assert set(secrets) == set(credentials.references(site))
        assert len(set(secrets.values())) == len(secrets)
        assert all(value.isalnum() and len(value) == 16 for value in secrets.values())

    def test_each_up_has_other_ones(self, site: Site) -> None:
        first, second = (credentials.passwords(site, {}) for _ in range(2))
        assert not set(first.values()) & set(second.values())


TARGETS = {"hweb.oqs.onshikaku.org": "2001:db8::1"}


class TestProxy:
    @pytest.mark.parametrize(
        ("line", "status"),
        [
            (b"CONNECT hweb.oqs.onshikaku.org:443 HTTP/1.1", "200"),
            (b"CONNECT HWEB.oqs.onshikaku.org:443 HTTP/1.0", "200"),
            (b"CONNECT example.com:443 HTTP/1.1", "403"),
            (b"CONNECT hweb.oqs.onshikaku.org HTTP/1.1", "403"),
            (b"GET / HTTP/1.1", "405"),
            (b"CONNECT x", "400"),
            (b"", "400"),
        ],
    )
    def test_what_a_request_gets(self, line: bytes, status: str) -> None:
        assert decide(line + b"\r\n\r\n", TARGETS)[0].startswith(status)

    @given(st.binary(max_size=200))
    def test_any_bytes_get_an_answer(self, head: bytes) -> None:
        assert decide(head, TARGETS)[0][:3] in {"200", "400", "403", "405"}
