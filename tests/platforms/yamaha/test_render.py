"""The rendered configuration: what differs between sites and models, and the order of sending."""

from __future__ import annotations

import dataclasses

import pytest

from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.model import router_model
from onshi_net.model.catalogue import router_model_names
from onshi_net.platforms.yamaha.model import family_of
from onshi_net.platforms.yamaha.render import router_config
from tests.conftest import EXAMPLES, SITES


def lines(site: str) -> tuple[str, ...]:
    return router_config(site_intent(load_site(EXAMPLES, site)).router)


@pytest.mark.parametrize("site", SITES)
def test_the_management_path_survives_the_order_of_sending(site: str) -> None:
    config = lines(site)
    division = config.index("lan type lan1 port-based-option=divide-network")
    mapped = [config.index(line) for line in config if line.startswith("vlan port mapping")]
    assert max(mapped) < division, "the laptop's port would land in another VLAN"
    applied = [config.index(line) for line in config if "secure filter" in line]
    defined = [config.index(line) for line in config if line.split()[1] == "filter"]
    assert max(defined) < min(applied), "an applied list without its filters refuses everything"
    assert config[-1] == "sshd host vlan1"


def test_ra_and_pd_differ_in_prefix_and_client_only() -> None:
    ra, pd = set(lines("demo-clinic")), set(lines("demo-pharmacy"))
    assert "ipv6 prefix 1 ra-prefix@lan2::/64" in ra
    assert "ipv6 lan2 dhcp service client ir=on" in ra
    assert "ipv6 prefix 1 dhcp-prefix@lan2::/64" in pd
    assert "ipv6 lan2 dhcp service client" in pd


@pytest.mark.parametrize("site", SITES)
def test_every_forwarder_asks_any_type_with_edns(site: str) -> None:
    for line in lines(site):
        if line.startswith("dns server select"):
            words = line.split()
            assert words.count("edns=on") == 2
            assert words[-2] == "any"


@pytest.mark.parametrize("model", router_model_names())
def test_every_model_of_the_data_renders(model: str) -> None:
    intent = site_intent(load_site(EXAMPLES, "demo-clinic")).router
    data = router_model(model)
    moved = dataclasses.replace(
        intent,
        model=data,
        terminal=dataclasses.replace(intent.terminal, interface=data.terminal.interface),
        clinic=dataclasses.replace(
            intent.clinic, interface=data.clinic.interface, ports=data.clinic.ports
        ),
    )
    config = router_config(moved)
    if family_of(data).division == "flexible-port":
        assert "lan flexible-port lan1=1,2 lan2=9 lan3=3,4 lan4=5,6,7,8,10" in config
        assert not any("vlan" in line for line in config)
    else:
        assert "vlan port mapping lan1.3 vlan2" in config
