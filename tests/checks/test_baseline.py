"""What changed since the accepted state: only what was measured on both days, told by its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from onshi_net.checks.baseline import (
    FILE,
    Baseline,
    Change,
    changes,
    load_baseline,
    store_baseline,
    traits,
)
from onshi_net.errors import InputError

OTHER = b'{"site": "copied", "accepted_at": "2026-11-26T00:00:00Z", "traits": {}}'
SITES = ("demo-clinic", "demo-pharmacy", "demo-dental")


@pytest.mark.parametrize("site", SITES)
def test_a_good_site_shows_the_traits_of_line_router_and_every_pc(recorded, site):
    evidence, intent = recorded(f"{site}-good")
    found = traits(evidence, intent)
    assert set(found["router"]) == {"model", "serial", "firmware", "wan", "mac"}
    assert {"prefix"} <= set(found["line"]) <= {"prefix", "advertiser"}
    for host in intent.terminals:
        assert set(found[host.name]) == {"mac", "computer-name", "windows", "certificate"}
    for host in intent.receipt_pcs:
        assert set(found[host.name]) == {"mac", "computer-name", "windows"}
    assert {one.id for one in intent.services} <= set(found)
    assert changes(found, found) == ()


def test_an_exchanged_router_is_told(recorded):
    before = traits(*recorded("demo-clinic-good"))
    now = traits(*recorded("demo-clinic-good", {"router/serial": "S5X000009"}))
    (change,) = changes(before, now)
    assert change == Change("router", "serial", before["router"]["serial"], "S5X000009")
    assert str(change).startswith("router: ")


@pytest.mark.parametrize("fault", ["line-down", "clinic-cable-out"])
def test_what_is_not_measured_now_is_no_change(recorded, fault):
    before = traits(*recorded("demo-clinic-good"))
    now = traits(*recorded(f"demo-clinic-{fault}"))
    assert {one.subject for one in changes(before, now)} <= {"router"}
    assert changes(before, {}) == ()


def test_the_accepted_state_survives_its_file(recorded, tmp_path: Path):
    found = traits(*recorded("demo-clinic-good"))
    accepted = Baseline(site="demo-clinic", accepted_at=datetime.now(UTC), traits=found)
    assert load_baseline(tmp_path, "demo-clinic") is None
    store_baseline(accepted, tmp_path)
    assert load_baseline(tmp_path, "demo-clinic") == accepted
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", OTHER])
def test_another_file_in_its_place_is_named(tmp_path: Path, content: bytes):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError) as refused:
        load_baseline(tmp_path, "demo-clinic")
    assert str(tmp_path / FILE) in str(refused.value)
    assert "--accept" in str(refused.value)
