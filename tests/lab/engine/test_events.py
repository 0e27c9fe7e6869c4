"""What happens to a site while its lab runs: cables, power, exchanged devices, two laptops.

Each is seen with packets or on the real console of the mock router; `reset` takes all of it back.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import observe
import paramiko
import pytest
from observe import Lab, eventually

from onshi_lab import engine, events, inside, state, status, watch
from onshi_lab.errors import LabError, UsageError
from onshi_lab.kernel import namespaces
from onshi_lab.topology import laptops
from onshi_lab.world import MOCK_ROUTER
from tests.lab.yamaha.bench import Screen, connect, in_namespace

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root for network namespaces: run the tests with sudo"
)

ONSHI_LAB = Path(sys.executable).with_name("onshi-lab")
ROUTER, TERMINAL, RECEIPT = "10.51.1.1", "10.51.1.11", "192.168.1.21"


def raised(site: str, **order: object) -> Iterator[Lab]:
    lab = Lab(f"v{uuid.uuid4().hex[:6]}", site)
    try:
        engine.up(lab.name, replace(observe.order(site, MOCK_ROUTER), **order))
        yield lab
    finally:
        engine.down(lab.name)


@pytest.fixture(scope="module")
def clinic() -> Iterator[Lab]:
    """A clinic for two technicians, whose router somebody has typed something into."""
    yield from raised("demo-clinic", laptops=2, router={"config": "description 1 typed\n"})


@pytest.fixture(scope="module")
def dental() -> Iterator[Lab]:
    """A clinic behind a home gateway; whose router is none here."""
    lab = Lab(f"v{uuid.uuid4().hex[:6]}", "demo-dental")
    try:
        observe.raised(lab.name, lab.site)
        yield lab
    finally:
        engine.down(lab.name)


@pytest.fixture(autouse=True)
def _as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in {"clinic", "dental"} & set(request.fixturenames):
        lab: Lab = request.getfixturevalue(name)
        for node in state.load_ready(lab.name).off:
            events.power(lab.name, node, "on")
        for end in state.load_ready(lab.name).out:
            events.cable(lab.name, ":".join(end), out=False)


def client(lab: Lab, laptop: str = "laptop") -> paramiko.SSHClient:
    """A session with the router once it answers."""
    password = (state.directory(lab.name) / "initial-password").read_text().strip()

    def opened() -> object:
        return in_namespace(lab.namespace(laptop), lambda: observe.connection(ROUTER, 22))

    return connect(ROUTER, 22, password, sock=observe.comes(opened))


def console(lab: Lab, laptop: str = "laptop") -> Screen:
    password = (state.directory(lab.name) / "initial-password").read_text().strip()
    return Screen(client(lab, laptop)).administrator(password)


def link(lab: Lab, node: str, interface: str, expected: str) -> bool:
    return eventually(lambda: lab.links(node)[interface], lambda now: now == expected) == expected


def answers(lab: Lab, address: str, port: int = 5985, node: str = "laptop") -> bool:
    return observe.tcp_opens(lab, node, address, port, timeout=2)


def there(lab: Lab, laptop: str = "laptop") -> bool:
    """Whether the receipt PC says in the clinic LAN that it has its address."""
    return bool(observe.arp_answers(lab, laptop, "clinic0", RECEIPT))


def shown(lab: Lab, node: str) -> str:
    lines = status.as_text(status.measure(lab.name)).splitlines()
    return next(line for line in lines if line.startswith(f"  {node} "))


class TestCables:
    def test_one_stays_out_whatever_both_devices_do_to_their_ports(self, clinic: Lab) -> None:
        assert observe.comes(lambda: answers(clinic, TERMINAL))
        events.cable(clinic.name, "terminal-1", out=True)
        screen = console(clinic)
        screen.run("lan type lan1 auto 1")
        screen.run("lan type lan1 auto")
        assert link(clinic, "router", "lan1p2", "up"), "the reset is over"
        for node in ("terminal-1", "router"):
            events.power(clinic.name, node, "off")
            events.power(clinic.name, node, "on")
        assert clinic.links("router")["lan1p1"] == "no cable"
        assert clinic.links("terminal-1")["eth0"] == "no cable"
        assert not answers(clinic, TERMINAL)
        events.cable(clinic.name, "router:lan1p1", out=False)
        assert observe.comes(lambda: answers(clinic, TERMINAL))

    def test_what_a_plain_interface_sends_does_not_arrive(self, clinic: Lab) -> None:
        there, here = "2001:a7ff:f014:ffff::1", "center"
        ping = ("ping", "-c1", "-W1", there)
        assert clinic.run(here, *ping).returncode == 0
        events.cable(clinic.name, "center:ngn", out=True)
        engine.set_fault(clinic.name, "internet-leak")
        engine.clear_faults(clinic.name)
        assert clinic.run(here, *ping).returncode == 1
        events.cable(clinic.name, "ngn:center", out=False)
        assert clinic.run(here, *ping).returncode == 0

    def test_a_fault_and_a_hand_may_hold_the_same_one(self, clinic: Lab) -> None:
        events.cable(clinic.name, "router:lan2", out=True)
        engine.set_fault(clinic.name, "wan-cable-out")
        engine.clear_faults(clinic.name)
        assert clinic.links("router")["lan2"] == "no cable"
        assert "cables out: onu:lan - router:lan2" in status.as_text(status.measure(clinic.name))
        events.cable(clinic.name, "onu:lan", out=False)
        assert clinic.links("router")["lan2"] == "up"

    @pytest.mark.parametrize(
        ("name", "possible"),
        [
            ("terminal-9", "center:ngn, "),
            ("laptop:eth0", "possible: laptop:line0, laptop:terminal0, laptop:clinic0"),
            ("laptop", "possible: laptop:line0, laptop:terminal0, laptop:clinic0"),
            ("router:lan1p4", "possible: router:lan2, "),
        ],
    )
    def test_an_unknown_one_names_those_there_are(
        self, clinic: Lab, name: str, possible: str
    ) -> None:
        with pytest.raises(UsageError, match=possible):
            events.cable(clinic.name, name, out=True)

    def test_they_are_listed(self, clinic: Lab) -> None:
        events.cable(clinic.name, "receipt-1", out=True)
        listed = dict(map(reversed, events.cable_list(clinic.name)))
        assert set(listed) == {"in", "out", "loose"}
        lines = status.cable_list(events.cable_list(clinic.name)).splitlines()
        assert "out    clinic-switch:r1 - receipt-1:eth0" in lines
        assert "loose  router:lan1p4 - clinic-switch:x-lan1p4" in lines


class TestPower:
    def test_a_router_that_is_off_forgets_what_it_did_not_save(self, clinic: Lab) -> None:
        screen = console(clinic)
        assert "description 1 typed" in screen.run("show config")
        screen.run("description 2 saved")
        screen.run("save")
        screen.run("description 3 lost")
        events.power(clinic.name, "router", "off")
        assert clinic.links("laptop")["clinic0"] == "up"
        assert clinic.links("terminal-1")["eth0"] == "no cable"
        engine.set_fault(clinic.name, "ntp-down")
        engine.clear_faults(clinic.name)
        assert "OFF" in shown(clinic, "router")
        assert clinic.run("router", "ip", "link", "show", "lan1").returncode == 1
        events.power(clinic.name, "router", "on")
        config = console(clinic).run("show config")
        assert "description 2 saved" in config
        assert "description 3 lost" not in config

    def test_a_pc_sleeps_and_wakes_and_is_switched_off_and_on(self, clinic: Lab) -> None:
        for action, now in (("sleep", "asleep"), ("off", "off"), ("on", "on"), ("wake", "on")):
            assert events.power(clinic.name, "receipt-1", action) == now
            assert (now.upper() in shown(clinic, "receipt-1")) == (now != "on")
            assert there(clinic) == (now == "on")
        events.power(clinic.name, "receipt-1", "off")
        with pytest.raises(LabError, match="receipt-1 is off; it can't wake"):
            events.power(clinic.name, "receipt-1", "wake")
        events.power(clinic.name, "receipt-1", "on")

    def test_a_switch_that_is_off_passes_nothing(self, clinic: Lab) -> None:
        events.power(clinic.name, "clinic-switch", "off")
        assert clinic.links("receipt-1")["eth0"] == "no cable"
        engine.set_fault(clinic.name, "duplicate-router-address")
        engine.clear_faults(clinic.name)
        assert clinic.links("receipt-1")["eth0"] == "no cable"
        events.power(clinic.name, "clinic-switch", "on")
        assert observe.comes(lambda: there(clinic))

    def test_a_fault_outlasts_the_power(self, clinic: Lab) -> None:
        engine.set_fault(clinic.name, "line-down")
        events.power(clinic.name, "onu", "off")
        events.power(clinic.name, "onu", "on")
        assert clinic.links("ngn")["line"] == "no cable"
        events.power(clinic.name, "onu", "off")
        engine.clear_faults(clinic.name)
        assert clinic.links("ngn")["line"] == "no cable"
        events.power(clinic.name, "onu", "on")
        assert link(clinic, "ngn", "line", "up")

    @pytest.mark.parametrize("node", ["ngn", "laptop", "nothing"])
    def test_what_has_no_plug_here_is_refused(self, clinic: Lab, node: str) -> None:
        with pytest.raises(UsageError, match="possible: onu, router, "):
            events.power(clinic.name, node, "off")

    def test_only_a_pc_sleeps(self, clinic: Lab) -> None:
        with pytest.raises(UsageError, match="onu can't sleep; possible: terminal-1, receipt-1"):
            events.power(clinic.name, "onu", "sleep")


class TestHomeGateway:
    def test_it_has_its_delegation_again_when_it_has_power_again(self, dental: Lab) -> None:
        assert observe.comes(lambda: observe.ping(dental)) == 1
        events.power(dental.name, "branch", "off")
        assert dental.links("laptop")["line0"] == "no cable"
        engine.set_fault(dental.name, "hgw-silent")
        engine.clear_faults(dental.name)
        assert "2001:db8" not in dental.run("branch", "ip", "address").stdout
        events.power(dental.name, "branch", "on")
        on_line(dental)
        assert observe.comes(lambda: observe.ping(dental)) == 1

    def test_it_comes_up_without_the_line_and_finds_it(self, dental: Lab) -> None:
        events.cable(dental.name, "branch:wan", out=True)
        events.power(dental.name, "branch", "off")
        events.power(dental.name, "branch", "on")
        on_line(dental)
        assert observe.ping(dental) == 0
        events.cable(dental.name, "onu:lan", out=False)
        assert observe.comes(lambda: observe.ping(dental)) == 1

    def test_another_one_has_another_address_and_the_delegation(self, dental: Lab) -> None:
        before = mac(dental, "branch", "wan")
        events.exchange(dental.name, "branch")
        assert mac(dental, "branch", "wan") != before
        on_line(dental)
        assert observe.comes(lambda: observe.ping(dental)) == 1


def on_line(lab: Lab) -> None:
    """What the laptop's line leg lost with its link."""
    prefix = observe.demo(lab.site).advertised_prefix.network_address
    lab.run("laptop", "ip", "-6", "route", "replace", "default", "via", "fe80::1", "dev", "line0")
    assert f"{prefix}99" in lab.run("laptop", "ip", "-6", "address").stdout


def mac(lab: Lab, node: str, interface: str) -> str:
    return lab.run(node, "cat", f"/sys/class/net/{interface}/address").stdout.strip()


class TestExchange:
    def test_another_router_is_as_delivered_and_stays_the_other_one(self, clinic: Lab) -> None:
        first = seen(clinic)
        console(clinic).run("save")
        label = events.exchange(clinic.name, "router")
        second = seen(clinic)
        assert all(one != other for one, other in zip(first[:2], second[:2], strict=True))
        assert second[1] in label
        assert "description" not in second[2]
        engine.reset(clinic.name)
        assert seen(clinic)[:2] == second[:2]

    def test_it_may_be_another_model(self, clinic: Lab) -> None:
        events.cable(clinic.name, "router:lan1p3", out=True)
        events.exchange(clinic.name, "router", "RTX1300")
        assert "RTX1300" in console(clinic).run("show environment")
        assert clinic.links("router")["lan1p8"] == "no cable"
        assert clinic.links("clinic-switch")["router"] == "no cable"
        events.exchange(clinic.name, "router", "RTX830")
        assert "lan3" not in clinic.links("router")
        assert "RTX830" in console(clinic).run("show environment")

    def test_a_switch_has_other_addresses(self, clinic: Lab) -> None:
        before = mac(clinic, "clinic-switch", "router")
        events.exchange(clinic.name, "clinic-switch")
        assert mac(clinic, "clinic-switch", "router") != before
        assert observe.comes(lambda: there(clinic))

    def test_only_a_router_has_models(self, clinic: Lab) -> None:
        with pytest.raises(UsageError, match="onu has no models"):
            events.exchange(clinic.name, "onu", "RTX1300")
        with pytest.raises(UsageError, match="no router model 'RTX1'"):
            events.exchange(clinic.name, "router", "RTX1")


def world_site(lab: Lab) -> object:
    return state.load_ready(lab.name).load_site()


def seen(lab: Lab) -> tuple[str, str, str]:
    """The router's host key, its serial number and its configuration."""
    session = client(lab)
    key = session.get_transport().get_remote_server_key().get_base64()
    password = (state.directory(lab.name) / "initial-password").read_text().strip()
    screen = Screen(session).administrator(password)
    return (
        key,
        screen.run("show environment").split("serial=")[1].split()[0],
        screen.run("show config"),
    )


class TestTwoLaptops:
    def test_both_reach_the_router_and_the_clinic_at_once(self, clinic: Lab) -> None:
        assert laptops(world_site(clinic)) == ("laptop", "laptop-2")
        one, two = console(clinic), console(clinic, "laptop-2")
        assert "10.51.1.200" in one.run("show status user")
        assert "10.51.1.201" in two.run("show status user")
        assert there(clinic, "laptop-2")

    def test_both_hear_the_line(self, clinic: Lab) -> None:
        for laptop in ("laptop", "laptop-2"):
            clinic.run(laptop, "ip", "address", "add", "fe80::99/64", "dev", "line0")
            assert observe.comes(lambda laptop=laptop: observe.advertisements(clinic, laptop))
            clinic.run(laptop, "ip", "address", "delete", "fe80::99/64", "dev", "line0")

    def test_the_second_has_the_secrets_and_a_home_of_its_own(self, clinic: Lab) -> None:
        def environment(laptop: str) -> dict[str, str]:
            argv = (str(ONSHI_LAB), "--name", clinic.name, "exec", laptop, "--", "env", "-0")
            text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
            return dict(each.split("=", 1) for each in text.split("\0") if each)

        one, two = environment("laptop"), environment("laptop-2")
        passwords = [{k: v for k, v in each.items() if "SECRET" in k} for each in (one, two)]
        assert passwords[0] == passwords[1] != {}
        assert one["HOME"] == os.environ["HOME"] != two["HOME"]
        assert Path(two["HOME"]).is_relative_to(state.directory(clinic.name))
        words = ("cat", "/etc/resolv.conf")
        argv, told = inside.exec_arguments(clinic.name, "laptop-2", words, dict(os.environ))
        done = subprocess.run(argv, env=told, capture_output=True, text=True, check=True)
        assert done.stdout == f"nameserver {ROUTER}\n"


class TestWatch:
    def test_it_counts_what_arrives_on_each_cable(self, clinic: Lab) -> None:
        events.cable(clinic.name, "terminal-1", out=True)
        looks = watch.moments(clinic.name)
        before = next(looks)
        session = client(clinic)
        clinic.run("laptop", "ping", "-q", "-c5", "-i0.01", ROUTER)
        now = next(looks)
        session.close()
        # How long that took is the machine's business.
        seen = {row.name: (row.state, row.rate > 0) for row in watch.rows(before, now)}
        assert seen["router:lan1p2 - hub:router"] == ("up", True)
        assert seen["router:lan1p1 - terminal-1:eth0"] == ("out", False)
        assert now.consoles >= 1
        events.power(clinic.name, "onu", "off")
        after = next(looks)
        # What crossed the cable before the power went counts in its rate.
        states = {row.name: row.state for row in watch.rows(now, after)}
        assert states["ngn:line - onu:line"] == "off"
        assert "off      onu" in watch.plain(now, after).splitlines()

    def test_on_a_terminal_it_goes_on_until_ctrl_c(self, clinic: Lab) -> None:
        terminal, theirs = os.openpty()
        argv = (str(ONSHI_LAB), "--name", clinic.name, "watch")
        environment = {**os.environ, "COLUMNS": "80", "LINES": "50", "TERM": "xterm"}
        with subprocess.Popen(argv, stdout=theirs, stderr=theirs, env=environment) as shown_there:
            os.close(theirs)
            text = b""
            while text.count(b"packets/s") < 2:
                text += os.read(terminal, 65536)
            shown_there.send_signal(signal.SIGINT)
            while chunk := read_terminal(terminal):
                text += chunk
        os.close(terminal)
        assert shown_there.returncode == 0
        coloured = re.sub(r"\x1b\[[0-9;?]*m", "", text.decode())
        assert "Traceback" not in coloured
        lines = re.split(r"\x1b\[[0-9;?]*[A-Za-z]|\r?\n", coloured)
        assert max(map(len, lines)) <= 80

    def test_without_one_it_looks_once(self, clinic: Lab) -> None:
        argv = (str(ONSHI_LAB), "--name", clinic.name, "watch")
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.count("clinic-switch:r1 - receipt-1:eth0") == 1
        assert done.stdout.endswith("faults: none\n")


def read_terminal(descriptor: int) -> bytes:
    """What comes from a terminal; nothing once nobody has it open."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_reset_takes_all_of_it_back(clinic: Lab) -> None:
    for node in ("router", "receipt-1", "onu", "clinic-gw"):
        events.power(clinic.name, node, "off")
    events.cable(clinic.name, "terminal-1", out=True)
    engine.reset(clinic.name)
    report = status.measure(clinic.name)
    assert (report.out, {each.power for each in report.nodes}) == ((), {"on"})
    assert all(one.running for each in report.nodes for one in each.services)
    assert observe.comes(lambda: answers(clinic, TERMINAL))
    assert observe.comes(lambda: there(clinic))


def test_a_lab_of_two_laptops_with_nodes_off_leaves_nothing() -> None:
    name = f"v{uuid.uuid4().hex[:6]}"
    engine.up(name, replace(observe.order("demo-clinic"), laptops=2))
    events.power(name, "router", "off")
    events.cable(name, "laptop-2:line0", out=True)
    assert f"{name}-laptop-2" in namespaces.found(name)
    engine.down(name)
    assert namespaces.found(name) == ()
    assert namespaces.processes(name) == ()
    assert not state.directory(name).exists()
