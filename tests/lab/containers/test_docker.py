"""One clinic in Docker's containers: what they may, what the verbs do, and that nothing stays."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boxed
import pytest

from onshi_lab import engines, state
from onshi_lab.engines.capabilities import NEEDS
from onshi_lab.faults import CATALOGUE
from onshi_lab.topology import Node
from tests.lab.clinic import BIN, LABS, Clinic

# linux/capability.h
BITS = {"NET_BIND_SERVICE": 10, "NET_ADMIN": 12, "NET_RAW": 13, "SETGID": 6}
SITE = "demo-dental"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    boxed.require()
    raised = boxed.Boxed.raise_up(SITE, tmp_path_factory.mktemp("a:b,c"))
    yield raised
    raised.down()


def nodes(clinic: Clinic) -> tuple[Node, ...]:
    return state.world(clinic.name, state.load_ready(clinic.name)).topology.nodes


def docker(*words: str) -> str:
    done = boxed.run("docker", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def inspected(clinic: Clinic) -> list[dict[str, Any]]:
    """What Docker knows of each node, in the order of the nodes."""
    names = [f"{clinic.name}-{node.name}" for node in nodes(clinic)]
    known: list[dict[str, Any]] = json.loads(docker("inspect", *names))
    return known


def processes(clinic: Clinic, node: str) -> list[Path]:
    """Every process in a node's network, seen from the machine."""
    network = engines.by_name("docker").namespace(clinic.name, node).stat().st_ino
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if (path / "ns" / "net").stat().st_ino == network:
                found.append(path)
        except OSError:
            continue
    return found


def capabilities(process: Path) -> dict[str, int]:
    lines = (process / "status").read_text().splitlines()
    return {
        key: int(value, 16)
        for key, _, value in (line.partition(":\t") for line in lines)
        if key.startswith("Cap")
    }


def test_no_process_of_a_node_has_a_capability_that_is_not_listed(clinic: Clinic) -> None:
    for node in nodes(clinic):
        listed = sum(1 << BITS[name] for name in NEEDS[node.kind].capabilities)
        running = processes(clinic, node.name)
        assert running, node.name
        for process in running:
            held = capabilities(process)
            assert held["CapBnd"] == listed, (node.name, process)
            assert held["CapPrm"] & ~listed == 0
            assert held["CapEff"] & ~listed == 0


def test_every_daemon_is_in_its_containers_process_tree_and_file_system(clinic: Clinic) -> None:
    for node in nodes(clinic):
        for process in processes(clinic, node.name):
            numbers = next(
                line for line in (process / "status").read_text().splitlines() if "NSpid" in line
            )
            assert len(numbers.split()) == 3, (node.name, process)


def test_containers_have_no_network_of_the_engine_and_no_socket_of_it(clinic: Clinic) -> None:
    for one in inspected(clinic):
        assert list(one["NetworkSettings"]["Networks"]) == ["none"]
        assert not one["HostConfig"]["Privileged"]
        assert one["HostConfig"]["PidMode"] == ""
        assert not any(mount["Source"].endswith(".sock") for mount in one["Mounts"])


def test_a_node_sees_its_own_folder_of_the_machine_and_no_other(clinic: Clinic) -> None:
    for node, one in zip(nodes(clinic), inspected(clinic), strict=True):
        own = {str(LABS / clinic.name / "services" / node.name)}
        if NEEDS[node.kind].sysctls:
            own.add("/proc/sys/net")
        if node.name == "laptop":
            own.add(str(clinic.inventory.parent))
            own.add(str(LABS / clinic.name / "services/laptop/.node/resolv.conf"))
        assert {mount["Source"] for mount in one["Mounts"]} == own
    spied = boxed.run(*clinic.inside("internet", "ls", str(LABS / clinic.name / "pki")))
    assert spied.returncode != 0


def test_the_root_file_system_is_read_only_but_for_the_pcs(clinic: Clinic) -> None:
    for node, one in zip(nodes(clinic), inspected(clinic), strict=True):
        assert one["HostConfig"]["ReadonlyRootfs"] is not NEEDS[node.kind].writable
    assert boxed.run(*clinic.inside("laptop", "touch", "/etc/mark")).returncode != 0


def test_secrets_are_in_the_laptops_commands_and_in_no_container(clinic: Clinic) -> None:
    passwords = [secret for secret in clinic.secrets() if secret]
    assert len(passwords) > 3
    shown = json.dumps(inspected(clinic)).encode()
    assert not any(secret in shown for secret in passwords)


def test_a_command_has_the_askers_input_and_answers_its_code(clinic: Clinic) -> None:
    done = boxed.run(*clinic.inside("laptop", "sh", "-c", "cat; exit 7"), input="typed")
    assert (done.returncode, done.stdout) == (7, "typed")


def test_the_laptop_asks_the_routers_resolver(clinic: Clinic) -> None:
    words = clinic.lab("exec", "laptop", "--", "cat", "/etc/resolv.conf").split()
    assert words[words.index("nameserver") + 1] == "10.51.1.1"


def test_status_knows_every_daemon(clinic: Clinic) -> None:
    shown = json.loads(clinic.lab("status", "--json"))
    assert all(node["exists"] for node in shown["nodes"])
    running = [one["running"] for node in shown["nodes"] for one in node["services"]]
    assert len(running) > 10
    assert all(running)


def one_of_each(clinic: Clinic) -> list[str]:
    """Faults of this site that between them have every kind of effect that it can have."""
    site, seen, chosen = state.load_ready(clinic.name).load_site(), set(), []
    for fault in CATALOGUE:
        if fault.applies(site):
            kinds = {(type(each), getattr(each, "service", "")) for each in fault.effects(site)}
            if not kinds <= seen:
                seen |= kinds
                chosen.append(fault.name)
    return chosen


def test_faults_of_every_kind_can_be_set_and_cleared(clinic: Clinic) -> None:
    chosen = one_of_each(clinic)
    assert len(chosen) > 6
    for name in chosen:
        clinic.lab("fault", "set", name)
        clinic.lab("fault", "clear", name)


def test_an_exchanged_pc_is_another_one(clinic: Clinic) -> None:
    clinic.at_pc("receipt-1", "clinicadmin", "[IO.File]::WriteAllText('C:\\mark', 'x')")
    clinic.lab("exchange", "receipt-1")
    there = "[IO.File]::Exists('C:\\mark')"
    assert clinic.at_pc("receipt-1", "clinicadmin", there) == "False"


def test_a_cable_that_is_out_carries_nothing_until_it_is_in_again(clinic: Clinic) -> None:
    def carriers() -> list[bool]:
        told = json.loads(clinic.lab("exec", "laptop", "--", "ip", "-json", "link", "show"))
        return ["NO-CARRIER" not in one["flags"] for one in told if one["ifname"] != "lo"]

    (cable,) = (line for line in clinic.lab("cable", "list").splitlines() if "clinic0" in line)
    end = cable.split()[1]
    before = carriers()
    clinic.lab("cable", "out", end)
    assert carriers().count(False) == before.count(False) + 1
    clinic.lab("cable", "in", end)
    assert carriers() == before


def test_a_pc_without_power_answers_nobody(clinic: Clinic) -> None:
    def answers() -> bool:
        program = "import socket; socket.create_connection(('192.168.0.21', 5985), 2)"
        return boxed.run(*clinic.inside("laptop", "python", "-c", program)).returncode == 0

    assert answers()
    clinic.lab("power", "off", "receipt-1")
    assert not answers()
    clinic.lab("power", "on", "receipt-1")
    assert answers()


def test_an_exchanged_router_is_another_one(clinic: Clinic) -> None:
    said = [clinic.lab("exchange", "router") for _ in range(2)]
    assert said[0] != said[1], said


def test_a_reset_lab_is_as_new(clinic: Clinic) -> None:
    clinic.lab("fault", "set", "clinic-cable-out")
    clinic.lab("reset")
    shown = json.loads(clinic.lab("status", "--json"))
    assert shown["faults"] == []
    assert all(one["running"] for node in shown["nodes"] for one in node["services"])


def test_a_node_that_died_is_named_with_what_to_do(clinic: Clinic) -> None:
    docker("kill", f"{clinic.name}-internet")
    shown = boxed.run(*(str(BIN / "onshi-lab"), "--name", clinic.name, "status"))
    assert "internet" in shown.stdout + shown.stderr
    assert "Traceback" not in shown.stderr


def leftovers(name: str) -> list[str]:
    """What a lab could leave on the machine."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return [
        *docker("ps", "--all", "--quiet", "--filter", f"label=onshi-lab={name}").split(),
        *docker("volume", "ls", "--quiet", "--filter", f"name={name}").split(),
        *(line for line in mounts if f"/{name}/" in line),
        *map(str, LABS.glob(f"{name}*")),
        *map(str, Path("/run/netns").glob(f"{name}-*")),
    ]


def test_down_leaves_nothing_also_of_half_a_lab(tmp_path: Path) -> None:
    boxed.require()
    networks = docker("network", "ls", "--quiet")
    raised = boxed.Boxed.raise_up("demo-clinic", tmp_path)
    docker("rm", "--force", f"{raised.name}-router")
    raised.down()
    assert leftovers(raised.name) == []
    assert docker("network", "ls", "--quiet") == networks


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: run the tests with sudo")
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ONSHI_LAB_IMAGE": "onshi-lab-nowhere"}, "DOCKER=docker scripts/image"),
        ({"DOCKER_HOST": "unix:///nowhere.sock"}, "docker does not answer"),
        ({"PATH": "/nowhere"}, "the program docker is not there"),
    ],
    ids=["no image", "no daemon", "no program"],
)
def test_what_is_missing_is_said_in_one_sentence(changed: dict[str, str], sentence: str) -> None:
    if "PATH" not in changed:
        boxed.require()
    words = [str(BIN / "onshi-lab"), "--name", "missing", "up", "--engine", "docker"]
    done = boxed.run(*words, env={**os.environ, **changed})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(LABS.glob("missing*")) == []
