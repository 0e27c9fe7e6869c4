"""What opens a router is intended, or is closed, or is kept by a word of the inventory.

Held against the reference as `starts.doors` reads it, not against the product's own table.
"""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_lab.yamaha.delivered import with_typed
from onshi_net.intent import OtherService
from onshi_net.model.catalogue import router_model_names
from onshi_net.model.hosts import HOSTED
from onshi_net.platforms.yamaha.config import config_lines
from onshi_net.platforms.yamaha.difference import open_services, until_wanted
from onshi_net.platforms.yamaha.render import router_config
from onshi_net.platforms.yamaha.services import SERVICES
from tests.platforms.yamaha.starts.doors import standing
from tests.platforms.yamaha.starts.generate import (
    PLAIN,
    WHO,
    Start,
    delivered,
    intent_of,
)
from tests.platforms.yamaha.starts.generate import (
    SERVICES as LINES,
)
from tests.platforms.yamaha.starts.judge import KEPT, judge

TERMINAL, LAPTOP = IPv4Address("10.51.1.9"), IPv4Address("10.51.1.20")
NAMES = {
    **{name: one for one, names in KEPT.items() for name in names},
    "sshd": "ssh",
    "public keys": "ssh",
    "dns": "dns",
    "simple-service": "echo",
    "remote setup": "remote-setup",
    "forgotten password": "known-password",
}
"""What a service of the reference is called by people."""


def found(lines: list[str], model: str = "RTX830", *others: OtherService) -> Start:
    """A delivered router into which somebody typed these lines."""
    intent = replace(intent_of("demo-clinic", model), other_services=others)
    device, config = delivered(model, str(intent.terminal.address), intent.management.username)
    config = with_typed(config, "\n".join(lines), device, "test")
    return Start(0, device, config, intent, router_config(intent))


def named(one: Start) -> tuple[str, ...]:
    lines = config_lines("\n".join(one.config.lines()))
    return open_services(lines, one.wanted, one.device.model.name, one.intent.other_services)


typed = st.lists(
    st.tuples(
        st.sampled_from([line for line in LINES if "auth method" not in line]),
        st.sampled_from(WHO),
    ).map(lambda both: both[0].format(both[1])),
    max_size=12,
)


@given(typed, st.sampled_from(router_model_names()))
def test_whatever_stands_open_is_named_and_nothing_else(lines: list[str], model: str) -> None:
    one = found(lines, model)
    inside = {one.intent.terminal.interface}
    open_ = standing(one.config.lines(), model)
    due = {
        NAMES.get(name, name)
        for name, hosts in open_.items()
        if name not in ("sshd", "dns") or hosts != inside
    }
    assert set(named(one)) == due


@pytest.mark.parametrize("model", router_model_names())
def test_a_delivered_router_is_open_by_its_models_defaults(model: str) -> None:
    """Source: RTX reference 4.12, 15.1, 24.13, 33.1, 41.1, 56.3.13; Telnet is off as delivered."""
    always = {"ssh", "web", "time", "dns", "remote-setup", "ipsec"}
    forgets = {"known-password"} if model not in ("RTX840", "RTX1300") else set()
    assert set(named(found([], model))) == always | forgets


@pytest.mark.parametrize("model", router_model_names())
def test_nothing_is_named_of_a_router_as_intended(model: str) -> None:
    one = found([], model)
    assert open_services(one.wanted, one.wanted, model) == ()


def some_services(seed: int) -> list[str]:
    """Lines of services and their hosts, as somebody leaves them."""
    chance = random.Random(seed)
    lines = [line.format(chance.choice(WHO)) for line in chance.sample(LINES, 12)]
    return [line for line in lines if "auth method" not in line]


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_closes_them_and_its_undo_gives_the_same_bytes(seed: int) -> None:
    model = router_model_names()[seed]
    assert not judge(found(some_services(seed), model)).faults


KEEPS = [
    (OtherService("telnet", (TERMINAL,), "x"), "telnetd host any", "telnetd host 10.51.1.9"),
    (OtherService("web", (TERMINAL, LAPTOP), "x"), "httpd listen 8080", "httpd listen 8080"),
    (OtherService("time", (TERMINAL,), "x"), "", "sntpd service on"),
    (OtherService("sftp", (TERMINAL,), "x"), "", "sftpd host 10.51.1.9"),
    (OtherService("tftp", (LAPTOP,), "x"), "tftp host lan", "tftp host 10.51.1.20"),
    (
        OtherService("snmp", (TERMINAL,), "x"),
        "snmp host 10.51.1.9 clinic",
        "snmp host 10.51.1.9 clinic",
    ),
    (OtherService("cloud", (), "x"), "yno use on", "yno use on"),
    (OtherService("l2ms", (), "x"), "switch control use lan2 on", "switch control use lan2 on"),
    (OtherService("upnp", (), "x"), "upnp use on", "upnp use on"),
    (OtherService("heartbeat", (), "x"), "heartbeat receive on", "heartbeat receive on"),
    (OtherService("radius", (), "x"), "login radius use on", "login radius use on"),
]


@pytest.mark.parametrize(("kept", "before", "after"), KEEPS, ids=[one[0].service for one in KEEPS])
def test_what_the_inventory_keeps_is_open_to_whom_it_names(
    kept: OtherService, before: str, after: str
) -> None:
    one = found([before] if before else [], "RTX1210", kept)
    verdict = judge(one)  # ends with nothing open but what `kept` says
    assert not verdict.faults
    diff = until_wanted(config_lines("\n".join(one.config.lines())), one.wanted, others=(kept,))
    assert (f"- {before}" in diff) is (before not in ("", after))
    assert (f"+ {after}" in diff) is (before != after)


def test_monitoring_that_others_may_use_too_is_no_longer_theirs() -> None:
    kept = OtherService("snmp", (TERMINAL,), "x")
    one = found(["snmp host any", "snmpv2c host 10.51.1.9"], "RTX830", kept)
    assert "snmp" in named(one)
    diff = until_wanted(config_lines("\n".join(one.config.lines())), one.wanted, others=(kept,))
    assert "- snmp host any" in diff
    assert not [line for line in diff if "10.51.1.9" in line]


def test_all_that_can_be_kept_has_a_row() -> None:
    rows = {one.id: one for one in SERVICES}
    assert set(KEPT) == HOSTED | set(PLAIN)
    assert all(one.closed or one.opens for one in SERVICES if one.id != "dns")  # meant to be on
    for name in KEPT:
        offered = bool(rows[name].offered)
        assert offered is (name in HOSTED and name != "snmp")


def test_a_key_in_a_file_of_the_routers_opens_nothing() -> None:
    """Source: RTX reference 4.74, 4.75: `show config` does not show who has one."""
    for model in router_model_names():
        lines = router_config(intent_of("demo-clinic", model))
        assert ("sshd auth method password" in lines) is (model != "NVR510")


@pytest.mark.parametrize("service", ["web", "time"])
def test_a_port_that_moves_brings_nobody_to_a_service_that_was_open_to_others(service: str):
    other = OtherService(service, (LAPTOP,), "somebody's")
    lines = ["lan type lan1 port-based-option=divide-network", "ip vlan1 address 10.51.1.1/24"]
    one = found(lines, "RTX830", other)
    word = KEPT[service][0]
    one = replace(one, config=with_typed(one.config, f"{word} service on", one.device, "test"))
    assert not judge(one).faults
