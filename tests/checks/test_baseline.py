"""What changed since the accepted state: only what was measured on both days, told by its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.checks.baseline import (
    FILE,
    Baseline,
    Change,
    compared,
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
    beside = compared(accepted(found), found)
    assert (beside.changes, beside.unmeasured) == ((), ())
    assert beside.same == sum(map(len, found.values()))
    assert beside.headline("that day").startswith("The same devices")
    assert beside.left_out() == ""


def test_an_exchanged_router_is_told(recorded):
    before = traits(*recorded("demo-clinic-good"))
    now = traits(*recorded("demo-clinic-good", {"router/serial": "S5X000009"}))
    beside = compared(accepted(before), now)
    (change,) = beside.changes
    assert beside.headline("that day").startswith("Changed")
    assert change == Change("router", "serial", before["router"]["serial"], "S5X000009")
    assert str(change).startswith("router: ")


@pytest.mark.parametrize("fault", ["line-down", "clinic-cable-out"])
def test_what_is_not_measured_now_is_no_change(recorded, fault):
    before = traits(*recorded("demo-clinic-good"))
    now = traits(*recorded(f"demo-clinic-{fault}"))
    beside = compared(accepted(before), now)
    assert {one.subject for one in beside.changes} <= {"router"}


TRAITS = st.dictionaries(
    st.sampled_from(["line", "router", "pc"]),
    st.dictionaries(st.sampled_from(["mac", "serial", "address"]), st.sampled_from("ab")),
)


@given(before=TRAITS, now=TRAITS)
def test_each_accepted_trait_is_another_the_same_or_not_measured(before, now):
    beside = compared(accepted(before), now)
    every = [(subject, name) for subject, names in before.items() for name in names]
    known = {(subject, name) for subject, names in now.items() for name in names}
    assert sorted(beside.unmeasured) == sorted(set(every) - known)
    assert len(beside.changes) + beside.same + len(beside.unmeasured) == len(every)
    assert all(one.before != one.now == now[one.subject][one.name] for one in beside.changes)
    said = beside.headline("that day")
    whole = not beside.changes and beside.unmeasured == () and beside.same > 0
    assert said.startswith("The same devices") == whole
    assert ("is not known" in said) == (not beside.changes and not beside.same)
    assert all(f"trait-{name}" not in beside.left_out() for _, name in beside.unmeasured)


def accepted(found):
    return Baseline(site="demo-clinic", accepted_at=datetime.now(UTC), traits=found)


def test_the_accepted_state_survives_its_file(recorded, tmp_path: Path):
    kept = accepted(traits(*recorded("demo-clinic-good")))
    assert load_baseline(tmp_path, "demo-clinic") is None
    store_baseline(kept, tmp_path)
    assert load_baseline(tmp_path, "demo-clinic") == kept
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", OTHER])
def test_another_file_in_its_place_is_named(tmp_path: Path, content: bytes):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError) as refused:
        load_baseline(tmp_path, "demo-clinic")
    assert str(tmp_path / FILE) in str(refused.value)
    assert "--accept" in str(refused.value)
