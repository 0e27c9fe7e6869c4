"""Notes name what stands at the site: every other name is a fault at its own line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onshi_net.errors import InputError
from onshi_net.inventory import load_site
from tests.conftest import EXAMPLES


def test_every_note_of_something_that_is_not_there_is_told_at_its_line(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "inventory")
    file = tmp_path / "inventory" / "sites" / "demo-clinic" / "site.yaml"
    text = file.read_text(encoding="utf-8")
    notes = (
        "as_built:\n  places:\n    terminal-9: here\n    onu: there\n"
        "  lamps:\n    ruter: green\n  cables:\n    hub: {metres: 3}\n"
    )
    file.write_text(notes + text, encoding="utf-8")
    with pytest.raises(InputError) as told:
        load_site(tmp_path / "inventory", "demo-clinic")
    assert [fault.place.line for fault in told.value.faults] == [3, 6, 8]
    assert "terminal-1" in str(told.value)
    assert "router" in str(told.value)
