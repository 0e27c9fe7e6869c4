"""The containerlab topology: the rules of its published schema that this file touches.

The schema itself (`schemas/clab.schema.json` of containerlab) is not ours to carry; the three
demo sites were validated against it when this was written.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from onshi_lab import clab, inventory
from onshi_lab.topology import build

INVENTORY = Path(__file__).parents[3] / "inventory"
NAME = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9-._]*$")
NODE = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9-._|]*$")
ENDPOINT = re.compile(r"^\S+:\S+$")
NODE_KEYS = {"image", "kind", "exec", "entrypoint", "cmd", "network-mode", "cap-add", "privileged"}
NODE_KEYS |= {"sysctls"}


@pytest.fixture(params=inventory.names(INVENTORY))
def site(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def written(site: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        clab.text(inventory.load_site(INVENTORY, site), "onshi-lab")
    )
    return loaded


def test_the_top_has_name_prefix_and_topology(written: dict[str, Any], site: str) -> None:
    assert set(written) == {"name", "prefix", "topology"}
    assert NAME.match(written["name"])
    assert set(written["topology"]) == {"kinds", "nodes", "links"}


def test_nodes_have_known_keys_only(written: dict[str, Any]) -> None:
    nodes = written["topology"]["nodes"]
    assert all(NODE.match(name) for name in nodes)
    for node in (*nodes.values(), *written["topology"]["kinds"].values()):
        assert set(node) <= NODE_KEYS
        assert len(node.get("exec", ["one"])) >= 1
        assert len(set(node.get("cap-add", []))) == len(node.get("cap-add", []))


def test_links_are_the_labs_cables(written: dict[str, Any], site: str) -> None:
    links = [tuple(link["endpoints"]) for link in written["topology"]["links"]]
    assert all(ENDPOINT.match(end) for link in links for end in link)
    cables = build(inventory.load_site(INVENTORY, site)).links
    assert links == [
        tuple(f"{end.node}:{end.interface}" for end in (cable.a, cable.b)) for cable in cables
    ]


def test_no_node_has_the_machines_network_or_its_powers(written: dict[str, Any]) -> None:
    common = written["topology"]["kinds"]["linux"]
    assert (common["network-mode"], common["privileged"]) == ("none", False)
