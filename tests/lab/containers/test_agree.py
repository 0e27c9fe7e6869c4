"""The same clinic over both engines: the same checks, in the same states."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boxed
import pytest

from tests.conftest import SITES
from tests.lab.clinic import Clinic, states

BROKEN = ("center-https-down", "clinic-cable-out", "rogue-dhcp-lan")


@pytest.fixture(scope="module", params=SITES)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Clinic, ...]]:
    """One site, raised in namespaces and in containers, and provisioned."""
    boxed.require()
    raised: list[Clinic] = []
    try:
        for kind in (Clinic, boxed.Boxed):
            raised.append(kind.raise_up(request.param, tmp_path_factory.mktemp("site")))
            done = raised[-1].onshi("provision", "--yes")
            assert done.returncode == 0, done.stderr
        yield tuple(raised)
    finally:
        for clinic in raised:
            clinic.down()


def test_a_good_site_is_good_in_both(both: tuple[Clinic, ...]) -> None:
    in_namespaces, in_containers = (states(clinic.verify()) for clinic in both)
    assert in_containers == in_namespaces
    assert set(in_containers.values()) <= {"passed", "not applicable"}


def test_a_broken_site_is_broken_alike(both: tuple[Clinic, ...]) -> None:
    for clinic in both:
        faults = json.loads(clinic.lab("fault", "list", "--json"))
        for fault in faults:
            if fault["name"] in BROKEN and fault["applies"]:
                clinic.lab("fault", "set", fault["name"])
    in_namespaces, in_containers = (states(clinic.verify()) for clinic in both)
    assert in_containers == in_namespaces
    assert "failed" in in_containers.values()
