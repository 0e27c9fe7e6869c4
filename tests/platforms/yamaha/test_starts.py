"""Any starting configuration is planned, applied, judged at every line, and undone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from onshi_lab.yamaha.delivered import with_typed
from onshi_lab.yamaha.kernel.machine import KernelMachine
from onshi_lab.yamaha.store import Config
from onshi_net.model.catalogue import router_model_names
from onshi_net.platforms.yamaha.config import config_lines
from onshi_net.platforms.yamaha.order import Command, Way, plan_lines, stages
from onshi_net.platforms.yamaha.render import router_config
from onshi_net.platforms.yamaha.rules import DUE, key_of, needs_restart, negation
from tests.budget import RUN, drawn
from tests.lab.clinic import needs_root
from tests.platforms.yamaha.starts import judge as judging
from tests.platforms.yamaha.starts.generate import Start, delivered, intent_of, start
from tests.platforms.yamaha.starts.judge import judge
from tests.platforms.yamaha.starts.packets import Kernel, ask
from tests.platforms.yamaha.starts.space import Match, space_of, static_match

SEEDS = range(1, 5001)

# ../shared/field/router_filter_numbers.txt: usual sample filters under our numbers
USUAL = """
ip filter 100000 reject * * udp,tcp 135 *
ip filter 100099 pass * * * * *
ip lan1 secure filter in 100000 100099
"""
USUAL6 = """
ipv6 filter 101000 pass * * icmp6 * *
ipv6 filter 101002 pass * * tcp * 50413
ipv6 lan2 secure filter in 101000 101002
"""
# router_other_lines.txt: lines of one command, lines that begin with `no`, a peer
OTHERS = """
ip lan2 intrusion detection in on
ip lan2 intrusion detection in fragment on reject=on
ip lan2 intrusion detection out on
dhcp scope 1 10.51.1.60-10.51.1.80/24
dhcp scope option 1 dns=10.51.1.1
dhcp scope option 1 router=10.51.1.254
pp disable all
no tunnel enable all
pp select 1
 pppoe use lan2
 pp auth myname isp@example.invalid isppass1
 pp enable 1
"""
WAY = Way(frozenset({"10.51.1.1"}), frozenset({"onshi"}))
IPV6_RUNS = "ipv6 lan2 dhcp service client ir=on\nipv6 lan1 address ra-prefix@lan2::1/64\n"


def typed(text: str, model: str = "RTX1210") -> Start:
    """A delivered router into which somebody typed a text."""
    intent = intent_of("demo-clinic", model)
    device, config = delivered(model, str(intent.terminal.address), intent.management.username)
    config = with_typed(config, text, device, "field")
    return Start(0, device, config, intent, router_config(intent))


def sent_to(one: Start) -> list[str]:
    """The lines that are planned for it."""
    running = config_lines("\n".join(one.config.lines()))
    way = judging.carriers(one.intent)
    return [
        line for command in judging.plan_lines(running, one.wanted, way) for line in command.lines
    ]


def in_place(running, wanted, _way: Way) -> tuple[Command, ...]:
    """A planner without an order: what is lacking, as the intent has it."""
    now = {key_of(line): line for line in running}
    return tuple(
        Command((line,), (now.get(key_of(line)) or negation(line),))
        for line in wanted
        if now.get(key_of(line)) != line
    )


@pytest.mark.parametrize("seed", drawn("starts", SEEDS))
def test_any_start(seed: int):
    verdict = judge(start(seed))
    assert not verdict.faults, f"seed {seed}: {verdict.faults[:5]}"
    assert verdict.moments > 2


@pytest.mark.parametrize("seed", [103924, 104952])
def test_a_gateway_that_stood_elsewhere_is_no_clinics(seed: int):
    """Nobody's shares went by an address that the router had on another interface."""
    assert not judge(start(seed)).faults


def test_shares_that_went_by_the_clinics_gateway_go_on(monkeypatch: pytest.MonkeyPatch):
    one = typed(
        "lan type lan1 port-based-option=divide-network\nvlan port mapping lan1.2 vlan1\n"
        "vlan port mapping lan1.3 vlan2\nvlan port mapping lan1.4 vlan2\n"
        "ip vlan2 address 192.168.1.254/24\n"
    )
    assert not judge(one).faults
    monkeypatch.setattr(judging, "plan_lines", in_place)
    lists_first = sorted(one.wanted, key=lambda line: " secure filter " not in line)
    one = replace(one, wanted=tuple(lists_first))
    assert any(fault.startswith("SMB cut") for fault in judge(one).faults)


@needs_root
@pytest.mark.parametrize("seed", drawn("starts with packets", SEEDS))
def test_the_mocks_kernel_passes_what_the_algebra_says(seed: int, tmp_path: Path):
    asked = ask(start(seed), tmp_path)
    assert not asked.disagreements, f"seed {seed}: {asked.disagreements[:5]}"
    assert 0 < asked.passed < asked.packets


@needs_root
def test_a_kernel_that_is_a_line_behind_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    configs: list[Config] = []

    async def apply(self: Kernel, config: Config) -> None:
        configs.append(config)
        await KernelMachine.apply(self, configs[-2:][0])

    monkeypatch.setattr(Kernel, "apply", apply)
    assert ask(typed(USUAL), tmp_path).disagreements


@pytest.mark.parametrize("model", router_model_names())
def test_first_install_of_a_delivered_router(model: str):
    assert not judge(typed("", model)).faults


@pytest.mark.parametrize(
    "text", [USUAL, USUAL6, IPV6_RUNS + USUAL6, OTHERS, USUAL + USUAL6 + OTHERS]
)
@pytest.mark.parametrize("model", ["RTX1210", "RTX1300"])
def test_what_people_had(model: str, text: str):
    assert not judge(typed(text, model)).faults


@pytest.mark.parametrize("text", ["", USUAL, IPV6_RUNS + USUAL6])
def test_a_plan_without_an_order_is_seen(monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setattr(judging, "plan_lines", in_place)
    one = typed(text)
    wanted = sorted(one.wanted, key=lambda line: " secure filter " in line)  # lists last
    assert judge(replace(one, wanted=tuple(wanted))).faults


def test_ports_that_move_only_with_a_restart_are_waited_for(monkeypatch: pytest.MonkeyPatch):
    """Source: RTX reference 53.1. Until then the clinic's ports lie in the terminals' interface."""
    one = typed("", "RTX1300")
    first, last = stages(config_lines("\n".join(one.config.lines())), one.wanted, WAY)
    assert last == one.wanted
    assert first[0] == DUE[0]
    assert not [line for line in first if line.startswith(("ipv6 lan1 ", "ip lan3 address"))]
    assert not judge(one).faults
    monkeypatch.setattr(judging, "stages", lambda _running, wanted, _way: (wanted,))
    assert any("lan1.3 > " in fault for fault in judge(one).faults)


def test_a_restart_that_is_still_due_is_asked_for_again():
    one = typed("", "RTX1300")
    first, _ = stages(config_lines("\n".join(one.config.lines())), one.wanted, WAY)
    assert plan_lines(first, first, WAY) == ()
    second, last = stages(first, one.wanted, WAY)
    assert last == one.wanted
    (again,) = plan_lines(first, second, WAY)
    assert again.lines == (DUE[1],)
    assert needs_restart(DUE[1])
    assert stages(second, one.wanted, WAY)[0][0] == DUE[0]
    assert stages(one.wanted, one.wanted, WAY) == (one.wanted,)


def test_no_forms_are_the_grammars():
    lines = sent_to(typed(OTHERS))
    assert not [line for line in lines if line.startswith("no no")]
    assert {line for line in lines if "intrusion" in line} == {
        "no ip lan2 intrusion detection in on",
        "no ip lan2 intrusion detection in fragment on reject=on",
        "no ip lan2 intrusion detection out on",
    }
    assert "no dhcp scope option 1 dns=10.51.1.1" in lines
    assert lines.index("no pp enable 1") < lines.index("no pppoe use")
    assert not [line for line in lines if "isppass1" in line]


def test_other_peoples_accounts_go_last():
    lines = sent_to(typed("login user vendor Vendors-own.1\nuser attribute vendor host=any\n"))
    assert lines[-2:] == ["no user attribute vendor", "no login user vendor"]


def test_accounts_that_the_inventory_names_stay():
    one = typed("login user vendor Vendors-own.1\nuser attribute vendor host=any\n")
    management = replace(one.intent.management, other_users=("vendor",))
    one = replace(one, intent=replace(one.intent, management=management))
    assert not [line for line in sent_to(one) if "vendor" in line]


def test_what_the_way_in_needs_stays():
    """Source: RTX reference 4.74; without the line an RTX840 takes no password."""
    one = typed("", "RTX840")
    assert "sshd auth method all" in one.config.lines()
    assert [line for line in sent_to(one) if "sshd auth" in line] == ["sshd auth method password"]


def test_headers_are_told_apart_as_filters_do():
    """Source: RTX reference 8.1.10."""
    web = static_match("ip filter 1 pass 10.0.0.0/8 * tcp * www")[1]
    ping = static_match("ip filter 2 pass * * icmp 8 *")[1]
    high = static_match("ip filter 3 reject * * * 1024-65535 *")[1]
    space = space_of("ip", [web, ping, high])
    assert not space.of(web) & space.of(ping)
    assert not space.of(high) & space.of(ping), "what has no ports fits no filter with ports"
    assert space.of(high) & space.of(web)
    answers = space.of(web, answers=True)
    assert answers != space.of(web)
    assert space.of(Match(None, None, None)) == space.whole == (1 << space.size) - 1


def test_the_sample_is_drawn_by_the_suites_seed():
    assert RUN.seed
    assert start(7) == start(7)
