"""Which verification is the newest: by its own time, and never one whose time is yet to come."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from onshi_net.evidence.runs import AHEAD, new_run, verifications

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)


def run(folder: Path, name: str, taken_at: object) -> Path:
    file = folder / f"{name}-verify" / "evidence.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"taken_at": taken_at}), encoding="utf-8")
    return file


@given(minutes=st.lists(st.integers(-100_000, 100_000), max_size=6, unique=True))
def test_the_order_is_that_of_what_runs_say_and_none_is_newer_than_now(
    tmp_path_factory, minutes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    names = sorted(range(len(minutes)), key=lambda number: -minutes[number])  # the wrong way round
    made = {
        at: run(folder, f"2026010{name}T000000Z", (NOW + timedelta(minutes=at)).isoformat())
        for name, at in zip(names, minutes, strict=True)
    }
    found = verifications(folder, NOW)
    limit = AHEAD.total_seconds() / 60
    past = [made[at] for at in sorted(minutes) if at <= limit]
    ahead = [made[at] for at in sorted(minutes) if at > limit]
    assert list(found.ahead) == ahead
    assert list(found.files) == (past or ahead)


def test_what_says_no_time_counts_by_its_folder(tmp_path: Path) -> None:
    names = ["20261101T000000Z", "20261103T000000.123456Z", "nonsense"]
    files = [run(tmp_path, name, taken) for name, taken in zip(names, ["x", None, 3], strict=True)]
    between = run(tmp_path, "20260101T000000Z", "2026-11-02T00:00:00")
    (tmp_path / "20261104T000000Z-verify").mkdir()
    assert list(verifications(tmp_path, NOW).files) == [files[2], files[0], between, files[1]]


def test_runs_of_one_moment_have_a_folder_each(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as some:
        made = list(some.map(lambda _: new_run(tmp_path, "clinic"), range(40)))
    assert len(set(made)) == 40
    assert {one.stat().st_mode & 0o777 for one in (tmp_path / "clinic", *made)} == {0o700}
