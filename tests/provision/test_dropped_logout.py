"""The link drops and the router takes that as logout, which stops the rollback timer.

Whether a dropped SSH connection counts as logout is not documented (docs/sources.md): this is one
reading, test_dropped_standing.py the other.
"""

from __future__ import annotations

from pathlib import Path

from .drops import Case, dropped, every_packet, whole_run_packets


def test_link_dropped_at_any_packet_ends_old_or_new(tmp_path: Path):
    ended = every_packet(True, tmp_path)
    assert len(ended) > 30
    assert "changed" in ended
    assert "ChangeStuck" not in ended


def test_cable_pulled_for_good_is_undone_by_the_scheduled_restart(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("onshi_net.provision.settle.Reach.reopen.__defaults__", (3.0,))
    first, _ = whole_run_packets(tmp_path / "count")
    case = Case(first + 9, passing=True, stay_down=True, logout=True)
    assert dropped(case, tmp_path / "cable") == "ChangeStuck"
