"""Routers with more ports: each on its kernel interface, and packets through every layout."""

from __future__ import annotations

import os
import re

import pytest
from bench import Bench, eventually

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root for network namespaces: run the tests as root"
)


def pings(bench: Bench, node: str, address: str) -> bool:
    return " 0% packet loss" in bench.run(node, f"ping -c1 -W1 {address}", check=False)


def reaches(bench: Bench, node: str, address: str) -> bool:
    """Whether it does before long: links come up one after another."""
    return bool(eventually(lambda: pings(bench, node, address), 20))


def is_down(bench: Bench, port: str) -> bool:
    return "state DOWN" in bench.run("router", f"ip link show {port}")


def configure(screen, *lines: str) -> None:
    for line in lines:
        answer = screen.run(line)
        assert answer == "", f"{line}: {answer}"


def test_an_rtx1300_has_its_new_layout_after_the_restart(bench: Bench) -> None:
    """Source: RTX reference 53.1: port 9 is lan2 and 10 lan3 until told and started anew."""
    bench.run("ngn", "ip -4 addr add 203.0.113.1/24 dev line")
    bench.run("ngn", "ip -4 route add default via 203.0.113.2")
    bench.boot(model="RTX1300", firmware="23.00.17")
    screen = bench.ssh().administrator()
    configure(
        screen,
        "lan flexible-port lan1=1-2 lan2=9 lan3=3-4 lan4=5-8,10",
        "ip lan2 address 203.0.113.2/24",
        "ip lan3 address 192.168.1.254/24",
    )
    assert reaches(bench, "terminal", "203.0.113.1")
    assert not pings(bench, "terminal", "192.168.1.21")
    assert screen.run("show status lan1").count("PORT") == 8
    screen.run("save")
    screen.type("restart\r")
    assert reaches(bench, "terminal", "192.168.1.21")
    assert reaches(bench, "clinic", "203.0.113.1")
    screen = bench.ssh().administrator()
    assert "LAN3: 3 4\n" in screen.run("show lan flexible-port")
    shown = screen.run("show status lan3")
    assert re.search(r"PORT3: .*1000BASE-T", shown)
    assert re.search(r"PORT4: .*Link Down", shown)
    assert "PORT" not in screen.run("show status lan2")
    screen.close()


def test_a_reset_takes_the_ports_that_are_the_interfaces_now(bench: Bench) -> None:
    """Source: RTX reference 53.1."""
    file = bench.folder / "typed.txt"
    file.write_text("lan flexible-port lan1=1-2,4-8 lan2=9 lan3=3,10\n")
    bench.boot("--config", str(file), "--link-seconds", "60", model="RTX1300", firmware="23.00.17")
    screen = bench.ssh().administrator()
    assert screen.run("interface reset lan3") == ""
    down = {port for port in ("lan1p1", "lan1p3", "lan3") if is_down(bench, port)}
    assert down == {"lan1p3", "lan3"}
    screen.close()


@pytest.mark.parametrize(("model", "firmware"), [("RTX1210", "14.01.42"), ("RTX1220", "15.04.07")])
def test_all_eight_ports_of_lan1_can_be_divided(bench: Bench, model: str, firmware: str) -> None:
    """Source: RTX reference 4.50, 38.2: port 8 is vlan8's unless it is mapped."""
    bench.plug("lan1p8", "clinic")
    bench.boot(model=model, firmware=firmware)
    screen = bench.ssh().administrator()
    configure(
        screen,
        "lan type lan1 port-based-option=divide-network",
        "ip vlan8 address 192.168.1.254/24",
        "ip lan3 address 172.16.9.1/24",
    )
    assert reaches(bench, "terminal", "192.168.1.21")
    configure(screen, "vlan port mapping lan1.8 vlan7")
    assert eventually(lambda: not pings(bench, "terminal", "192.168.1.21"), 20)
    assert re.search(r"PORT8: .*1000BASE-T", screen.run("show status vlan7"))
    screen.close()


@pytest.mark.parametrize("model", ["RTX1210", "RTX1300"])
def test_the_third_lan_is_a_port_of_its_own(bench: Bench, model: str) -> None:
    bench.plug("lan3", "clinic")
    bench.boot(model=model, firmware={"RTX1210": "14.01.42"}.get(model, "23.00.17"))
    screen = bench.ssh().administrator()
    configure(screen, "ip lan3 address 192.168.1.254/24")
    assert reaches(bench, "terminal", "192.168.1.21")
    screen.close()
