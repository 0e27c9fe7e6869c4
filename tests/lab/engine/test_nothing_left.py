"""Nothing stays behind: after down, after a killed up, after an up that failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import observe
import pytest

from onshi_lab import engine, inside, state
from onshi_lab.errors import ServiceError
from onshi_lab.kernel import namespaces

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root for network namespaces: run the tests with sudo"
)

UP = "import sys, pathlib; from onshi_lab import engine; "
UP += "order = engine.Order(pathlib.Path(sys.argv[2]), sys.argv[3], router_command=sys.argv[4:]); "
UP += "engine.up(sys.argv[1], order)"


@pytest.fixture
def name() -> str:
    return f"n{uuid.uuid4().hex[:8]}"


def remains(name: str) -> list[str]:
    """Whatever there is of a lab on this machine."""
    files = [
        path
        for path in (
            state.directory(name),
            state.ROOT / f"{name}.lock",
            Path("/etc/netns") / f"{name}-laptop",
        )
        if path.exists()
    ]
    return [*map(str, files), *namespaces.found(name), *map(str, namespaces.processes(name))]


def start_up(name: str, site: str) -> subprocess.Popen[bytes]:
    argv = (sys.executable, "-c", UP, name, str(observe.INVENTORY), site, *observe.ROUTER)
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def made(count: int) -> Callable[[str], bool]:
    return lambda name: len(namespaces.found(name)) >= count


def service_started(node: str, service: str) -> Callable[[str], bool]:
    return lambda name: (state.directory(name) / "services" / node / service / "pid").exists()


def detached(name: str) -> bool:
    return (state.directory(name) / "services" / "center" / "web" / "nginx.pid").exists()


MOMENTS = {
    "directory": lambda name: state.directory(name).exists(),
    "secrets": lambda name: (state.directory(name) / "secrets.json").exists(),
    "first namespace": made(1),
    "some namespaces": made(6),
    "all namespaces": made(11),
    "first daemon": service_started("center", "resolver"),
    "home gateway": service_started("branch", "pd-client"),
    "a daemon in the background": detached,
    "last daemon": service_started("receipt-1", "windows"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_up_killed_half_way_leaves_nothing_after_down(name: str, moment: str) -> None:
    process = start_up(name, "demo-dental")
    while not MOMENTS[moment](name):
        assert process.poll() is None, "up ended before the moment came"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert remains(name)
    assert engine.down(name)
    assert remains(name) == []


def test_an_up_after_a_killed_up_takes_the_rest_away_itself(name: str) -> None:
    process = start_up(name, "demo-pharmacy")
    while not made(5)(name):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    try:
        engine.up(name, observe.order("demo-clinic"))
        assert "branch" not in " ".join(namespaces.found(name))
        assert f"{name}-terminal-3" not in namespaces.found(name)
    finally:
        engine.down(name)
    assert remains(name) == []


def test_down_is_idempotent(name: str) -> None:
    assert not engine.down(name)
    assert not engine.down(name)
    assert remains(name) == []


def test_down_takes_a_users_processes_with_it(name: str) -> None:
    engine.up(name, observe.order("demo-clinic"))
    argv, environment = inside.exec_arguments(name, "laptop", ("sleep", "600"), dict(os.environ))
    process = subprocess.Popen(argv, env=environment)
    while process.pid not in namespaces.processes(name):
        assert process.poll() is None
    engine.down(name)
    assert process.wait() == -signal.SIGKILL
    assert remains(name) == []


def test_faults_leave_nothing_either(name: str) -> None:
    engine.up(name, observe.order("demo-pharmacy"))
    for fault in ("rogue-ra-lan", "rogue-dhcp-lan", "second-ra", "prefix-changed"):
        engine.set_fault(name, fault)
    engine.down(name)
    assert remains(name) == []


def test_an_up_whose_daemon_fails_shows_its_log_and_leaves_nothing(name: str) -> None:
    broken = (sys.executable, "-c", "raise SystemExit('the router is on fire')")
    with pytest.raises(ServiceError, match=r"(?s)console on router ended.*is on fire"):
        engine.up(name, observe.order("demo-clinic", broken))
    assert remains(name) == []


def test_daemons_write_nothing_outside_the_labs_directory(name: str) -> None:
    places = ("/var/lib/dhcpv6", "/var/lib/kea", "/var/lib/chrony", "/var/lib/nginx", "/run")

    def listing() -> set[str]:
        return {
            str(path)
            for place in places
            for path in Path(place).glob("*")
            if not path.name.startswith(("onshi-lab", "netns"))
        }

    before = listing()
    engine.up(name, observe.order("demo-dental"))
    during = listing()
    engine.down(name)
    assert during == before
    assert remains(name) == []
