"""A hostile value in any field of an inventory file: exit 2, the place, nothing sent."""

from __future__ import annotations

import copy
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from onshi_net.cli.run import run
from tests.budget import drawn

HOSTILE = {
    "newline": "west\nno ip vlan1 address",
    "semicolon": "west; restart",
    "single quote": "we'st",
    "double quote": 'we"st',
    "template": "{{ 7 * 7 }}",
    "full-width": "ＷＥＳＴ１２３",
    "control": "west\x07\x1b[2J",
    "long": "w" * 10_000,
}
GOOD_AT_WINDOWS = {"single quote", "full-width"}
"""Windows takes these in the name of an account."""
COMMANDS = (
    ["provision", "demo-clinic", "--yes"],
    ["render", "demo-clinic"],
    ["plan", "demo-clinic"],
    ["verify", "demo-clinic"],
)
FULL_INSTITUTION = {
    "postal_code": "5300001",
    "address": "大阪府大阪市北区梅田1-1",
    "contact": "大阪 太郎",
    "phone": "0662345678",
    "email": "clinic@example.jp",
}


def fields(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from fields(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from fields(value, (*path, index))
    else:
        yield path


def of_a_pc(data: Any, path: tuple[str | int, ...]) -> bool:
    """Whether it is the user of a PC, whose name is by the rule of Windows."""
    return path[-1] == "username" and data[path[0]]["groups"][0] in {"terminal", "receipt_pc"}


def load(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))


def dump(data: Any, file: Path) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    yaml.width = 1_000_000
    yaml.dump(data, file)


def replaced(data: Any, path: tuple[str | int, ...], value: str) -> Any:
    spoilt = copy.deepcopy(data)
    inner = spoilt
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return spoilt


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", ["site.yaml", "hosts.yaml"])
def test_a_hostile_value_in_any_field_is_refused_with_its_place(
    inventory: Path,
    name: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_network(*_: object, **__: object) -> None:
        pytest.fail("something was sent")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "create_connection", no_network)
    file = inventory / "sites" / "demo-clinic" / name
    data = load(file)
    if name == "site.yaml":
        data["institution"] |= FULL_INSTITUTION
    dump(data, file)
    assert run(["--inventory", str(inventory), "render", "demo-clinic"]) == 0
    paths = [one for one in fields(data) if not (kind in GOOD_AT_WINDOWS and of_a_pc(data, one))]
    assert len(paths) > 12
    for path in drawn("hostile", paths, f"{name} {kind}"):
        dump(replaced(data, path, HOSTILE[kind]), file)
        for command in COMMANDS if path in paths[:3] else COMMANDS[:1]:
            code = run(["--lang", "en", "--inventory", str(inventory), *command])
            told = capsys.readouterr().err
            assert code == 2, (path, told)
            assert name in told, (path, told)
            assert max(map(len, told.splitlines())) < 500, path
            assert not any(ord(c) < 32 and c != "\n" for c in told), path
