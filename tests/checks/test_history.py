"""What earlier runs tell: the newest that can be read, and no further back than is said."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from onshi_net.checks import history


@pytest.mark.parametrize(("broken", "is_known"), [(0, True), (9, True), (10, False)])
def test_ten_runs_are_looked_at(
    broken: int, is_known: bool, recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence, intent = recorded("demo-clinic-good")
    good = tmp_path / "good.json"
    good.write_text(evidence.model_dump_json(), encoding="utf-8")
    files = [good, *(tmp_path / f"lost-{number}.json" for number in range(broken))]
    monkeypatch.setattr(history, "verifications", lambda _runs: SimpleNamespace(files=files))
    found = history.known_macs(tmp_path, intent, {})
    seen = history.seen_macs(evidence, intent.router.host)
    assert seen
    assert found == (seen if is_known else {})
