"""The link drops and the router does not notice: the rollback timer runs on.

Whether a dropped SSH connection counts as logout is not documented (docs/sources.md): this is one
reading, test_dropped_logout.py the other.
"""

from __future__ import annotations

from pathlib import Path

from .drops import Case, check_link_back_at_once, check_link_back_late, dropped, whole_run_packets


def test_link_dropped_at_any_packet_ends_old_or_new(tmp_path: Path):
    check_link_back_at_once(False, tmp_path)


def test_link_back_when_no_guard_can_fire_any_more_ends_old_or_new(tmp_path: Path):
    # A `confirm` whose answer was lost leaves the new configuration running, unguarded and unsaved.
    check_link_back_late(False, tmp_path)


def test_cable_pulled_for_good_is_undone_by_the_rollback_timer(tmp_path: Path):
    first = whole_run_packets(tmp_path / "count")["provision.backup"]
    case = Case(first + 9, passing=True, back="never", logout=False)
    assert dropped(case, tmp_path / "cable") == "ChangeStuck"
