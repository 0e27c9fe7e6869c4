"""The topology, the services and the faults as data; nothing here needs root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_lab import credentials
from onshi_lab.effects import (
    Address,
    Certificate,
    Effect,
    Extra,
    Flap,
    LinkDown,
    LinkUp,
    NoRules,
    Off,
    Variant,
)
from onshi_lab.errors import UsageError
from onshi_lab.faults import CATALOGUE, FAULTS, effects_of, find_fault
from onshi_lab.programs.proxy import decide
from onshi_lab.rules import rules_of
from onshi_lab.services import services_of
from onshi_lab.site import BranchKind, LineMode, Site, load_site, site_names
from onshi_lab.topology import NODE_NAME, SPARE, End, build
from onshi_lab.world import World

MECHANICAL = (LinkDown, LinkUp, Address, Certificate)
HUB = replace(load_site("demo-clinic"), name="hub", branch=BranchKind.HUB)
SITES = {**{name: load_site(name) for name in site_names()}, "hub": HUB}


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
        upstream = "onu" if site.branch is BranchKind.NONE else "branch"
        assert topology.far_end("router", "lan1p1") == first
        assert topology.far_end("router", "lan1p2") == End("laptop", "terminal0")
        assert topology.far_end("router", "lan1p3") == End("clinic-switch", "router")
        assert topology.far_end("router", "lan2") == End(upstream, "lan")
        assert topology.far_end("laptop", "line0") == End(upstream, "probe")
        assert topology.far_end("ngn", "line") == End("onu", "line")

    def test_hosts_have_the_promised_addresses(self, site: Site) -> None:
        topology = build(site)
        lan = str(site.clinic_lan.network_address).rpartition(".")[0]
        found = {
            node.name: [address for each in node.interfaces for address in each.addresses]
            for node in topology.nodes
        }
        assert found["terminal-1"] == ["10.51.1.11/24"]
        assert found["receipt-1"] == [f"{lan}.21/24"]
        assert found["laptop"] == ["10.51.1.200/24", f"{lan}.200/24"]
        assert found["clinic-gw"][0] == f"{lan}.1/24"
        assert found["router"] == []

    def test_receipt_pcs_know_the_clinics_gateway_only_until_they_are_provisioned(
        self, site: Site
    ) -> None:
        routes = {route.destination: route.via for route in build(site).node("receipt-1").routes}
        assert routes == {"0.0.0.0/0": str(site.clinic_lan[1])}

    def test_the_closed_network_has_no_route_to_the_internet(self, site: Site) -> None:
        assert "::/0" not in {route.destination for route in build(site).node("ngn").routes}

    def test_node_names_tell_labs_apart(self, site: Site) -> None:
        assert all(NODE_NAME.fullmatch(name) for name in build(site).node_names)

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
            f"--serial {facts.serial} --port lan1=lan1p1,lan1p2,lan1p3,lan1p4 --port lan2=lan2 "
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
    for site in SITES.values():
        for fault in CATALOGUE:
            if fault.applies(site):
                yield site.name, fault.name


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
        secrets = credentials.fresh(site)
        assert set(secrets) == set(credentials.references(site))
        assert len(set(secrets.values())) == len(secrets)
        assert all(value.isalnum() and len(value) == 16 for value in secrets.values())

    def test_each_up_has_other_ones(self, site: Site) -> None:
        assert not set(credentials.fresh(site).values()) & set(credentials.fresh(site).values())


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
