"""Whatever becomes of the demo sites' files, by tree or by byte: valid, or faults with places."""

from __future__ import annotations

import copy
import datetime
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from onshi_net import brochure
from onshi_net.cli.run import run
from onshi_net.errors import InputError
from onshi_net.intake import load_case
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.inventory.document import MAX_FAULTS, parsed
from onshi_net.platforms.yamaha.render import router_config
from tests.conftest import EXAMPLES, KEPT

FILES = ("site.yaml", "hosts.yaml", "groups.yaml", "defaults.yaml")
SITE = "demo-pharmacy"
ON = datetime.date(2026, 11, 30)
Key = str | int


def file_of(inventory: Path, name: str) -> Path:
    shared = name in {"groups.yaml", "defaults.yaml"}
    return (inventory if shared else inventory / "sites" / SITE) / name


BODIES = {name: file_of(EXAMPLES, name).read_bytes() for name in FILES}
TREES = {name: yaml.safe_load(body) for name, body in BODIES.items()}


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy for all examples; each puts its file back."""
    folder = tmp_path_factory.mktemp("fuzz") / "inventory"
    return Path(shutil.copytree(EXAMPLES, folder, ignore=KEPT))


# -- what a file may become ----------------------------------------------------------------------

ODD = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 22, 65536, 2**40, 2**70, 1.5, float("nan"), float("inf"), "",
        " ", "x", "x" * 300, "10.51.1.1", "10.51.1.0/24", "::1", "0.0.0.0/0", "デモ", "ＡＢＣ",
        "a\nb", "a\x1b[2J", "'\"", "{{ x }}", "demo-clinic/router", "rtx830", "router", "terminal",
        "onu", "no", "2026-01-01", datetime.date(1, 1, 1), datetime.date(9999, 12, 31),
        datetime.datetime(2026, 1, 1, 9, tzinfo=datetime.UTC), [], {},
        [[]], {"": None}, {"a": {"b": {"c": 1}}},
        ["router", "router"], [1, None, "x"], {"groups": ["onu"]}, {"format": 3}, 10**30,
    ]
)  # fmt: skip


NAMES = st.sampled_from(["x", "password", "groups", "data", "名前"])
SIGNS = st.sampled_from(
    [b"\t", b"\n", b": ", b"- ", b"&a ", b"*a", b"!x ", b"{", b"}", b"[", b"'", b'"', b"#", b"%",
     b"? ", b"---\n", b"|\n", b">-\n", b"\r", b"\xef\xbb\xbf", b"<<: ", b"0x", b"1e9", b"~",
     b"\\U", b"\xe3\x81"]
)  # fmt: skip


def paths(data: Any, path: tuple[Key, ...] = ()) -> Iterator[tuple[Key, ...]]:
    if path:
        yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from paths(value, (*path, index))


@st.composite
def spoilt_trees(draw: Any) -> tuple[str, Any]:
    """A demo file with one to three of its values gone, changed, renamed, doubled or moved."""
    name = draw(st.sampled_from(FILES))
    data = copy.deepcopy(TREES[name])
    for _ in range(draw(st.integers(1, 3))):
        known = list(paths(data))
        if not known:
            break
        *above, last = draw(st.sampled_from(known))
        inner = data
        for part in above:
            inner = inner[part]
        act = draw(st.sampled_from(["drop", "put", "put", "wrap", "rename", "add", "move"]))
        if act == "drop":
            del inner[last]
        elif act == "put":
            inner[last] = copy.deepcopy(draw(ODD))
        elif act == "wrap":
            inner[last] = draw(st.sampled_from([[inner[last]], {"x": inner[last]}]))
        elif act == "rename" and isinstance(inner, dict):
            inner[draw(st.sampled_from(["x", "password", "groups", "data", "名前"]))] = inner.pop(
                last
            )
        elif act == "move" and isinstance(inner, dict):
            data[str(last)] = inner.pop(last)
        elif isinstance(inner, dict):
            inner[draw(st.text(max_size=5))] = copy.deepcopy(draw(ODD))
    return name, data


@st.composite
def spoilt_bytes(draw: Any) -> tuple[str, bytes]:
    """A demo file with some bytes gone, changed, doubled or put in."""
    name = draw(st.sampled_from(FILES))
    body = bytearray(BODIES[name])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        end = min(len(body), at + draw(st.integers(0, 12)))
        body[at:end] = draw(st.binary(max_size=4) | SIGNS)
    return name, bytes(body)


def holds(inventory: Path, name: str, body: bytes) -> None:
    """Everything that needs no device either answers, or tells faults that can be printed."""
    file = file_of(inventory, name)
    file.write_bytes(body)
    try:
        for read in (_as_site, _as_case):
            try:
                read(inventory)
            except InputError as error:
                faults = error.faults
            else:
                continue
            assert len(faults) <= 4 * MAX_FAULTS
            for fault in faults:
                lines = str(fault).split("\n")
                assert all(line.isprintable() and len(line) < 1000 for line in lines), lines
                assert fault.place.file is not None
                assert fault.remedy, fault
    finally:
        file.write_bytes(BODIES[name])


def _as_site(inventory: Path) -> None:
    site = load_site(inventory, SITE)
    router_config(site_intent(site).router)


def _as_case(inventory: Path) -> None:
    case = load_case(inventory, SITE)
    brochure.assess(case, on=ON)
    brochure.ready(case, on=ON)
    brochure.estimate(case, on=ON)
    brochure.maintenance([case], on=ON)


@given(spoilt_trees())
def test_a_file_whose_tree_was_changed(inventory: Path, spoilt: tuple[str, Any]) -> None:
    name, data = spoilt
    body = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    holds(inventory, name, body.encode("utf-8"))


@given(spoilt_bytes())
def test_a_file_whose_bytes_were_changed(inventory: Path, spoilt: tuple[str, bytes]) -> None:
    holds(inventory, *spoilt)


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#, \n\t0.~<=\\x日\x85\u2028\ufeff", max_size=60))
def test_any_text_of_yaml_s_own_signs(text: str) -> None:
    try:
        parsed(Path("x.yaml"), text, may_be_empty=True)
    except InputError as error:
        assert all(fault.place.line for fault in error.faults)


def test_the_command_says_so_too(
    inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("something was sent"))
    file = file_of(inventory, "groups.yaml")
    file.write_bytes(b"a: {groups: [a]}\n\x00")
    try:
        for words in (["render"], ["plan"], ["verify"], ["report"], ["estimate"], ["ready"]):
            assert run(["--lang", "en", "--inventory", str(inventory), *words, SITE]) == 2
            assert "Traceback" not in capsys.readouterr().err
    finally:
        file.write_bytes(BODIES["groups.yaml"])
