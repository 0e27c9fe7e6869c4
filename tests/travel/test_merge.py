"""Laws of the three-way merge, on any nested data."""

from __future__ import annotations

import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onshi_net.travel.merge import (
    ABSENT,
    Merge,
    Side,
    by_name,
    differences,
    equal,
    lines_of,
    with_lines,
)

KEYS = st.sampled_from(["a", "b", "name", "router", "端末"])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from(["", "x", "1"]),
    st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)),
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["r", "s", "t"])}, optional={"serial": LEAVES}),
    max_size=3,
)
DATA: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    KEYS,
    st.recursive(
        st.one_of(LEAVES, ENTRIES, st.lists(LEAVES, max_size=2)),
        lambda inner: st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


def of(base: Any, home: Any, visit: Any, **how: Any) -> tuple[Any, Merge]:
    merge = Merge(**how)
    return merge.merged("f:", base, home, visit), merge


@given(DATA)
def test_no_change_is_no_change(one: Any) -> None:
    found, merge = of(one, one, one)
    assert equal(found, one)
    assert (merge.conflicts, merge.taken) == ([], [])


@given(DATA, DATA)
def test_what_one_side_changed_is_that_sides(base: Any, new: Any) -> None:
    found, merge = of(base, base, new)
    assert equal(found, new)
    assert merge.conflicts == []
    assert bool(merge.taken) != equal(base, new)
    found, merge = of(base, new, base)
    assert equal(found, new)
    assert (merge.conflicts, merge.taken) == ([], [])


@given(DATA, DATA)
def test_what_both_changed_alike_is_that(base: Any, new: Any) -> None:
    found, merge = of(base, new, new)
    assert equal(found, new)
    assert (merge.conflicts, merge.taken) == ([], [])


@given(DATA, DATA, DATA)
def test_a_conflict_names_a_field_that_both_changed_differently(
    base: Any, home: Any, visit: Any
) -> None:
    _, merge = of(base, home, visit)
    for one in merge.conflicts:
        assert not equal(one.base, one.home)
        assert not equal(one.base, one.visit)
        assert not equal(one.home, one.visit)
    assert len({one.field for one in merge.conflicts}) == len(merge.conflicts)


@given(DATA, DATA, DATA)
def test_no_conflict_means_that_the_sides_may_change_places(
    base: Any, home: Any, visit: Any
) -> None:
    one, first = of(base, home, visit)
    other, second = of(base, visit, home)
    assert sorted(c.field for c in first.conflicts) == sorted(c.field for c in second.conflicts)
    if not first.conflicts:
        assert equal(unordered(one), unordered(other))


def unordered(value: Any) -> Any:
    """Lists of named entries as mappings: each side begins with its own order."""
    if isinstance(value, dict):
        return {key: unordered(one) for key, one in value.items()}
    named = by_name(value)
    return {key: unordered(one) for key, one in named.items()} if named is not None else value


@given(DATA, DATA, DATA)
def test_decided_either_way_nothing_is_open_and_a_second_time_changes_nothing(
    base: Any, home: Any, visit: Any
) -> None:
    _, open_ = of(base, home, visit)
    for side in Side:
        found, merge = of(base, home, visit, default=side)
        assert merge.conflicts == []
        again, second = of(visit, found, visit, default=None)  # the base moves on with a take-in
        assert equal(again, found)
        assert (second.conflicts, second.taken) == ([], [])
        named = {one.field: side for one in open_.conflicts}
        same, by_names = of(base, home, visit, decided=named)
        assert equal(same, found)
        assert by_names.used == set(named)


@given(DATA, DATA)
def test_differences_name_each_changed_field_once(before: Any, now: Any) -> None:
    found = list(differences("f:", before, now))
    assert bool(found) != equal(before, now)
    assert len({one.field for one in found}) == len(found)
    assert not [one for one in found if equal(one.before, one.now)]


def test_devices_are_told_apart_by_their_names() -> None:
    base = {"devices": [{"name": "router"}, {"name": "terminal-1", "serial": "A"}]}
    home = {"devices": [{"name": "router", "mac": "m"}, {"name": "terminal-1", "serial": "B"}]}
    visit = {"devices": [{"name": "terminal-1", "serial": "C"}, {"name": "router", "serial": "R"}]}
    found, merge = of(base, home, visit)
    assert found["devices"][0] == {"name": "router", "mac": "m", "serial": "R"}
    assert [one.field for one in merge.conflicts] == ["f:devices.terminal-1.serial"]
    assert [(one.home, one.visit) for one in merge.conflicts] == [("B", "C")]


def test_what_is_removed_here_and_changed_there_is_a_conflict() -> None:
    _, merge = of({"a": {"x": 1}}, {}, {"a": {"x": 2}})
    assert [(one.field, one.home) for one in merge.conflicts] == [("f:a", ABSENT)]


LINES = st.lists(
    st.one_of(
        st.sampled_from(["", "# said", "  # a"]),
        st.tuples(st.sampled_from(["h", "k,l", "@revoked h"]), st.sampled_from(["a 1", "b 2"])).map(
            " ".join
        ),
    ),
    max_size=6,
    unique=True,
).map(lambda some: "".join(f"{one}\n" for one in some))


@given(LINES, LINES)
def test_lines_that_are_written_are_those_that_are_read(home: str, other: str) -> None:
    lines = lines_of(other)
    new = with_lines(home, lines)
    assert {key: set(some) for key, some in lines_of(new).items()} == {
        key: set(some) for key, some in lines.items()
    }
    comments = [one for one in home.splitlines() if one.lstrip().startswith("#")]
    assert [one for one in new.splitlines() if one in comments] == comments
    assert with_lines(home, lines_of(home)) == home
