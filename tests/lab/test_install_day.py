"""Install day on real packets: each example site from delivered router to green verification."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import SITES
from tests.lab.clinic import Clinic, needs_root, states

pytestmark = needs_root


@pytest.fixture(scope="module", params=SITES)
def clinic(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clinic]:
    lab = Clinic.raise_up(request.param, tmp_path_factory.mktemp("clinic"))
    yield lab
    lab.down()


def test_the_router_goes_from_delivered_to_proven_and_saved(clinic: Clinic) -> None:
    stranger = clinic.onshi("plan", "--only", "router")
    assert stranger.returncode == 3
    assert "onshi trust" in stranger.stderr
    met = clinic.onshi("trust", "router", "--yes")
    assert met.returncode == 0, met.stderr
    first = clinic.onshi("plan")
    assert first.returncode == 10, first.stderr
    change = clinic.onshi("provision", "--yes")
    assert change.returncode == 0, change.stderr
    second = clinic.onshi("plan")
    assert second.returncode == 0, second.stdout + second.stderr
    again = clinic.onshi("provision", "--yes")
    assert again.returncode == 0, again.stderr
    assert "unchanged" in again.stdout
    green = clinic.onshi("verify")
    assert green.returncode == 0, green.stdout + green.stderr


def test_a_cut_line_is_named_and_what_needs_it_is_skipped(clinic: Clinic) -> None:
    if clinic.onshi("plan").returncode != 0:
        assert clinic.onshi("provision", "--yes").returncode == 0
    clinic.lab("exec", "onu", "--", "ip", "link", "set", "line", "down")
    try:
        done = clinic.onshi("verify")
        answer = clinic.verify()
    finally:
        clinic.lab("exec", "onu", "--", "ip", "link", "set", "line", "up")
    assert done.returncode == 1
    assert "line" in done.stdout.lower()
    by_segment = {check["segment"]: set() for check in answer["checks"]}
    for check in answer["checks"]:
        by_segment[check["segment"]].add(check["state"])
    assert "failed" in by_segment["line"]
    assert "failed" not in by_segment["ip-vpn"], states(answer)
    assert "skipped" in by_segment["ip-vpn"]
