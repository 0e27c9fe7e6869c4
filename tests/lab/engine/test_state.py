"""What a lab remembers: a record that can't be read is none, whatever is in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_lab import asking, engine, state

CONTENTS = ["", "[]", "3", "null", "{}", '{"site": 1}', "[" * 3000, "\xff", '{"site": []', '"x"']


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(state, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_a_damaged_record_is_none(labs: Path, content: str) -> None:
    (labs / "x").mkdir()
    (labs / "x" / "state.json").write_bytes(content.encode("latin-1"))
    assert state.load("x") is None


def test_whoever_can_hold_a_lab_is_asked_where_its_record_is_damaged(
    labs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (labs / "x").mkdir()
    monkeypatch.setattr(engine.engines, "usable", lambda: iter(("one", "another")))
    assert engine._engines_of("x") == ("one", "another")


def test_a_link_in_the_place_of_a_nodes_socket_is_nobody(tmp_path: Path) -> None:
    (tmp_path / "socket").symlink_to("/run/somebody")
    with pytest.raises(OSError, match="is a link"):
        asking.pid_of(tmp_path / "socket")
