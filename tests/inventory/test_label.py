"""A new label in `hosts.yaml`: the value is there, and nothing else has changed."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from onshi_net.errors import InputError
from onshi_net.inventory.document import read_document
from onshi_net.inventory.label import group_of_model, label_fields, with_label
from onshi_net.inventory.stock import read_shared
from tests.conftest import EXAMPLES, SITES

FILE = """# who goes first
router:  # the label is at its underside
  hostname: 10.51.1.1
  groups: [rtx830]
  data:
    serial: S5X000001  # read twice
    mac: "ac:44:f2:00:00:01"
    secret: S5X000001/router
onu: {groups: [onu], data: {model: S5X000001}}
"""
NEW = {"serial": "S5XABC123", "mac": "ac:44:f2:00:00:99", "groups": {"rtx830": "rtx1210"}}


def renewed(file: Path, host: str = "router", **label: Any) -> str:
    document = read_document(file)
    given = {"mac": None, "groups": {}, **label}
    return with_label(document, label_fields(document, host, **given)).new


def test_only_the_label_s_words_change(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(FILE, encoding="utf-8")
    expected = (
        FILE.replace("serial: S5X000001", "serial: S5XABC123")
        .replace("00:00:01", "00:00:99")
        .replace("[rtx830]", "[rtx1210]")
    )
    assert renewed(file, **NEW) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{serial: S5X000001, secret: S5X000001}", "{serial: S5XABC123, secret: S5X000001}"),
        ("{secret: S5X000001, serial: 'S5X000001'}", "{secret: S5X000001, serial: S5XABC123}"),
        ("{secret: a/b}", "{secret: a/b, serial: S5XABC123}"),
        ("{serial: S5X000001-2}", "{serial: S5XABC123}"),
    ],
)
def test_a_line_that_says_more_than_the_label(before: str, after: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text(f"router:\n  data: {before}\n", encoding="utf-8")
    new = renewed(file, serial="S5XABC123")
    assert new.replace("'", "") == f"router:\n  data: {after}\n"


def test_a_mac_is_only_renewed_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text("router:\n  data: {serial: A1}\n", encoding="utf-8")
    assert "mac" not in renewed(file, serial="B2", mac="ac:44:f2:00:00:99")


WORD = st.text("abcXYZ019", min_size=1, max_size=5)
VALUE = st.one_of(WORD, st.sampled_from(["名前", "a: b", "# no", "1.5", "yes", "", "x/y"]))


@given(
    st.dictionaries(WORD, VALUE, max_size=4),
    st.sampled_from([False, None, True]),
    st.integers(0, 3),
    WORD,
    WORD,
)
def test_whatever_the_layout_nothing_but_the_label_changes(
    tmp_path_factory: pytest.TempPathFactory,
    others: dict[str, str],
    flow: bool | None,
    at: int,
    old: str,
    new: str,
) -> None:
    own = [*others.items()]
    own.insert(at, ("serial", f"S{old}"))
    data = {"onu": {"data": {"serial": f"S{old}"}}, "router": {"groups": ["a"], "data": dict(own)}}
    yaml, stream = YAML(), StringIO()
    yaml.default_flow_style = flow
    yaml.dump(data, stream)
    file = tmp_path_factory.getbasetemp() / "label.yaml"
    file.write_text(stream.getvalue(), encoding="utf-8")
    try:
        read_document(file)
    except InputError:
        assume(False)
    file.write_text(renewed(file, serial=f"T{new}"), encoding="utf-8")
    data["router"]["data"]["serial"] = f"T{new}"  # type: ignore[call-overload, index]
    assert read_document(file).data == data


@pytest.mark.parametrize("site", SITES)
def test_the_examples_change_in_one_line(site: str) -> None:
    file = EXAMPLES / "sites" / site / "hosts.yaml"
    old = file.read_text(encoding="utf-8").splitlines()
    new = renewed(file, serial="S5XABC123").splitlines()
    assert len([1 for one, other in zip(old, new, strict=True) if one != other]) == 1


def test_the_group_of_a_model() -> None:
    shared = read_shared(EXAMPLES)
    assert group_of_model(shared, "RTX1300") == "rtx1300"
    assert group_of_model(shared, "RTX9999") is None
