"""A router is exchanged: one command takes the new one in, configures it and verifies the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.clinic import TEST_S, Clinic, needs_root, was_too_busy

pytestmark = [needs_root, pytest.mark.timeout(TEST_S)]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    one = Clinic.raise_up("demo-clinic", tmp_path_factory.mktemp("exchange"))
    try:
        assert one.onshi("trust", "router", "--yes").returncode == 0
        assert one.onshi("provision", "--yes").returncode == 0
        yield one
    finally:
        one.down()


def exchanged(clinic: Clinic, *model: str) -> str:
    """Answers the serial number on the new router's label."""
    said = clinic.lab("exchange", "router", *model)
    found = re.search(r"serial number (\S+)", said)
    assert found is not None, said
    return found[1]


def hosts(clinic: Clinic) -> Path:
    return clinic.inventory / "sites" / "demo-clinic" / "hosts.yaml"


def test_an_exchanged_router_is_taken_in_and_the_site_is_good(clinic: Clinic) -> None:
    before = hosts(clinic).read_text(encoding="utf-8")
    serial = exchanged(clinic)
    refused = clinic.onshi("provision", "--yes")
    assert refused.returncode == 3
    assert "onshi provision demo-clinic --exchanged router" in " ".join(refused.stderr.split())

    words = ("provision", "--exchanged", "router", "--yes")
    unread = clinic.onshi(*words)
    assert (unread.returncode, hosts(clinic).read_text(encoding="utf-8")) == (2, before)
    wrong = clinic.onshi(*words, "--serial", "S5X999999")
    assert wrong.returncode == 3, wrong.stderr
    assert hosts(clinic).read_text(encoding="utf-8") == before
    # The key of a router that nobody wants is forgotten again.
    assert clinic.onshi("plan", "--only", "router").returncode == 3

    done = clinic.onshi(*words, "--serial", serial)
    assert done.returncode == 0 or was_too_busy(done.stdout), done.stdout + done.stderr
    assert hosts(clinic).read_text(encoding="utf-8") == before.replace("S5X000001", serial)
    assert clinic.onshi("plan").returncode == 0
    assert clinic.onshi("verify").returncode == 0


def test_another_model_is_taken_in_too(clinic: Clinic) -> None:
    serial = exchanged(clinic, "--model", "RTX1210")
    words = ("provision", "--exchanged", "router", "--yes", "--serial", serial)
    done = clinic.onshi(*words)
    assert done.returncode == 0 or was_too_busy(done.stdout), done.stdout + done.stderr
    text = hosts(clinic).read_text(encoding="utf-8")
    assert "groups: [rtx1210]" in text
    assert serial in text
    assert clinic.onshi("plan", "--only", "router").returncode == 0
