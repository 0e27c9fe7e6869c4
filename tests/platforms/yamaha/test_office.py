"""Whether somebody's working office stands on a router, from its configuration alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.model.catalogue import router_model_names
from onshi_net.platforms.yamaha.config import config_lines, keyed
from onshi_net.platforms.yamaha.device import carriers
from onshi_net.platforms.yamaha.office import Kind, uses
from onshi_net.platforms.yamaha.order import stages
from onshi_net.platforms.yamaha.render import router_config
from tests.lab.sites.compose import generate
from tests.lab.sites.write import write
from tests.platforms.yamaha.starts.generate import SITES, delivered, intent_of, start

# What makers' defaults hold (published configurations; RTX reference 12, 24, 33, 51)
DEFAULTS = """
ip lan1 address 192.168.100.1/24
telnetd host lan
dhcp service server
dhcp server rfc2131 compliant except remain-silent
dhcp scope 1 192.168.100.2-192.168.100.191/24
dns host lan1
dns private name setup.netvolante.jp
httpd host lan1
analog supplementary-service pseudo call-waiting
analog extension dial prefix sip prefix="9#"
alarm entire off
statistics traffic on
"""
OFFICE = """
ip route default gateway pp 1
ip route 172.31.0.0/16 gateway tunnel 1
ip lan1 address 192.168.1.1/24
ip lan2 nat descriptor 2
ip lan3 address dhcp
pp disable all
pp select 1
 pppoe use lan2
 pp auth myname isp@example.invalid isppass1
 ip pp nat descriptor 1000
 pp enable 1
pp select anonymous
 pp bind tunnel2
 pp enable anonymous
no tunnel enable all
tunnel select 1
 tunnel encapsulation ipsec
 ipsec tunnel 101
  ipsec sa policy 101 1 esp aes-cbc sha-hmac
 tunnel enable 1
nat descriptor type 1000 masquerade
nat descriptor masquerade static 1000 1 192.168.1.20 tcp 443
nat descriptor masquerade static 1000 2 192.168.1.20 udp 500
nat descriptor masquerade static 1000 3 192.168.1.20 esp
l2tp service on
rip use on
"""


def texts(text: str) -> list[str]:
    return [str(one) for one in uses(config_lines(text))]


@pytest.mark.parametrize("model", router_model_names())
@pytest.mark.parametrize("site", SITES)
def test_neither_a_delivered_router_nor_ours_on_the_way_or_there_is_an_office(
    model: str, site: str
) -> None:
    intent = intent_of(site, model)
    _, config = delivered(model, str(intent.terminal.address), intent.management.username)
    running, wanted = config.lines(), router_config(intent)
    for lines in (running, wanted, *stages(running, wanted, carriers(intent))):
        assert uses(lines) == ()


def test_no_site_that_we_configure_is_an_office(tmp_path: Path) -> None:
    for seed in range(1, 25):
        site = generate(seed)
        inventory = load_site(write(site, tmp_path / str(seed)), site.belief.name)
        assert uses(router_config(site_intent(inventory).router)) == (), site.line


def test_a_makers_defaults_are_no_office() -> None:
    assert texts(DEFAULTS) == []


def test_an_office_is_told_in_peoples_words() -> None:
    assert texts(OFFICE) == [
        "Internet by PPPoE at pp 1",
        "another connection at pp anonymous",
        "an Internet connection at lan3, by DHCP",
        "VPN at tunnel 1",
        "remote access from outside (l2tp)",
        "address translation (NAT) at lan2, pp 1",
        "port forwarding, 3 lines",
        "the way out to everywhere else, by pp 1",
        "ways to other networks: 172.31.0.0/16",
        "routing with other routers (rip)",
    ]


def test_three_networks_are_an_office_and_two_are_not() -> None:
    two = "ip lan1 address 10.51.1.1/24\nip vlan2 address 192.168.1.254/24\n"
    assert texts(two) == []
    assert texts(f"{two}ip lan3 address 172.16.1.1/24\n") == [
        "networks that it connects: 10.51.1.1/24, 192.168.1.254/24, 172.16.1.1/24"
    ]


def test_every_generated_start_with_a_peer_a_tunnel_or_nat_in_use_is_an_office() -> None:
    seen = {True: 0, False: 0}
    for seed in range(1, 61):
        lines = start(seed).config.lines()
        used = {kind.kind for kind in uses(lines)}
        text = [line for _, line in keyed(lines)]
        for kind, begins in (
            (Kind.PPPOE, ("pppoe use ",)),
            (Kind.TUNNEL, ("tunnel enable ",)),
            (Kind.DEFAULT_WAY, ("ip route default ",)),
        ):
            here = any(line.startswith(begins) for line in text)
            assert (kind in used) == here, (seed, kind)
            seen[here] += 1
        assert (Kind.NAT in used) == any(" nat descriptor " in line for line in text)
    assert min(seen.values()) > 20
