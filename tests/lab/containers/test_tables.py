"""The table of capabilities, the document that shows it, and compose's file say the same."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from onshi_lab import inventory
from onshi_lab.engines.boxes import VARIABLES
from onshi_lab.engines.capabilities import NEEDS
from onshi_lab.engines.containers import TMPFS, hides, run_options
from onshi_lab.topology import Kind, build
from onshi_lab.world import World

ROOT = Path(__file__).parents[3]
CLINIC = inventory.load_site(ROOT / "inventory", "demo-clinic")
TOPOLOGY = build(CLINIC)
COMPOSE = yaml.safe_load((ROOT / "lab" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
WIRE_ONLY = {"NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE"}


def rows(document: Path) -> set[tuple[str, ...]]:
    """The cells of every table row of a document."""
    lines = document.read_text(encoding="utf-8").splitlines()
    return {
        tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))
        for line in lines
        if line.startswith("|")
    }


def test_every_kind_of_node_has_its_needs() -> None:
    assert set(NEEDS) == set(Kind)


def test_the_document_lists_every_capability_with_its_reason_and_no_other() -> None:
    shown = rows(ROOT / "docs" / "lab-containers.md")
    kinds = {kind.value for kind in Kind}
    listed = {row for row in shown if row[0] in kinds}
    wanted = {
        (kind.value, name, reason)
        for kind, needs in NEEDS.items()
        for name, reason in (needs.capabilities or {"none": "it only answers ARP and ping"}).items()
    }
    assert listed == wanted


def test_no_node_has_a_power_over_the_machine() -> None:
    given = {name for needs in NEEDS.values() for name in needs.capabilities}
    allowed = {"NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE", "SETGID"}
    assert given <= allowed


def test_compose_starts_the_nodes_of_the_clinic_and_wire() -> None:
    assert set(SERVICES) == {"wire", *TOPOLOGY.node_names}
    assert set(SERVICES["wire"]["depends_on"]) == set(TOPOLOGY.node_names)


@pytest.mark.parametrize("node", TOPOLOGY.nodes, ids=lambda node: node.name)
def test_a_node_of_compose_is_started_as_the_engine_starts_it(node: object) -> None:
    assert hasattr(node, "kind")
    service, needs = SERVICES[node.name], NEEDS[node.kind]
    host = World("lab", Path("/"), CLINIC, TOPOLOGY).host_name(node.name)
    assert set(service.get("cap_add", [])) == set(needs.capabilities)
    assert service["cap_drop"] == ["ALL"]
    assert service["network_mode"] == "none"
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is not needs.writable
    assert service["hostname"] == host
    assert service["extra_hosts"] == [f"{host}:127.0.0.1"]
    assert tuple(service["tmpfs"]) == TMPFS
    assert service["environment"].items() >= VARIABLES.items()
    assert ("/proc/sys/net:/lab/sys/net" in service["volumes"]) is needs.sysctls
    assert service.get("dns") == ("10.51.1.1" if node.kind is Kind.LAPTOP else None)
    assert "pid" not in service
    assert "privileged" not in service


def test_a_node_of_compose_sees_no_other_nodes_volume() -> None:
    for node in TOPOLOGY.node_names:
        volumes = {one.split(":")[0] for one in SERVICES[node]["volumes"]}
        assert volumes <= {node, "work", "/proc/sys/net"}


def test_wire_has_three_capabilities_and_no_socket_of_the_engine() -> None:
    wire = SERVICES["wire"]
    assert set(wire["cap_add"]) == WIRE_ONLY
    assert wire["cap_drop"] == ["ALL"]
    assert wire["network_mode"] == "none"
    assert not any("docker.sock" in volume for volume in wire["volumes"])


def test_no_password_stands_in_composes_file() -> None:
    text = (ROOT / "lab" / "compose.yaml").read_text(encoding="utf-8")
    assert "ONSHI_SECRET" not in text
    assert "env_file" not in text


@pytest.mark.parametrize(
    "folder",
    [
        *(
            "/tmp",
            "/run",
            "/var",
            "/var/lib",
            "/usr/local/src",
            "/etc",
            "/opt",
            "/srv",
            "/srv/onshi",
        ),
        *("/run/onshi-lab", "/proc/self", "/sys", "/dev/shm", "/lib"),
    ],
)
def test_a_folder_that_would_hide_a_nodes_system_is_not_given_to_it(folder: str) -> None:
    assert hides(Path(folder))


@pytest.mark.parametrize(
    "folder",
    [
        "/",
        "/root",
        "/home/me/onshi",
        "/opt/mine",
        "/tmp/try",
        "/var/tmp/x",
        "/srv/clinic",
        "/mnt/usb",
    ],
)
def test_a_folder_of_ones_own_is(folder: str) -> None:
    assert not hides(Path(folder))


@pytest.mark.parametrize("name", ["a:b", "a,b", 'a"b', "診療所 1"])
def test_the_laptops_folder_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    laptop = next(node for node in TOPOLOGY.nodes if node.kind is Kind.LAPTOP)
    options = run_options(World("lab", Path("/"), CLINIC, TOPOLOGY), laptop)
    mounts = [value for key, value in pairwise(options) if key == "--mount"]
    rows = list(csv.reader(mounts))
    assert ["type=bind", f"source={tmp_path / name}", f"target={tmp_path / name}"] in rows
