"""A clinic raised from the evidence of a run has what the run found: the diagnosis is the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onshi_lab import inventory
from onshi_lab.errors import UsageError
from onshi_lab.measured import load, typed
from tests.conftest import EXAMPLES
from tests.lab.clinic import TEST_S, Clinic, needs_root
from tests.lab.faults import judged

SITE = "demo-clinic"
FAULTS = (
    "link-user-disabled",
    "receipt-route-volatile",
    "share-open-to-all",
    "time-source-changed",
    "terminal-resolver-changed",
    "ntlm-in-denied",
    "receipt-clock-wrong",
    "receipt-other-route",
    "receipt-on-link",
    "credentials-off",
    "certificate-missing",
    "lineauth-unregistered",
)
"""Of PCs, of the line and of a certificate, each measured and then raised from that alone."""


def diagnosis(said: judged.Said) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(one["segment"], one["party"], tuple(one["checks"])) for one in said.causes}


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, judged.Said]]:
    """What each fault led to that this run has chosen, with the file that a desk would be sent."""
    here = [one for one in request.session.items if one.module is request.module]
    wanted = [one.callspec.params["fault"] for one in here if "fault" in one.fixturenames]
    folder = tmp_path_factory.mktemp("runs")
    clinic = Clinic.raise_up(SITE, folder)
    found = {}
    try:
        judged.installed(clinic)
        for fault in wanted:
            clinic.lab("fault", "set", fault)
            said = judged.verified(clinic)
            file = folder / f"{fault}.json"
            file.write_bytes(Path(said.evidence_file).read_bytes())
            found[fault] = file, said
            clinic.lab("fault", "clear", fault)
    finally:
        clinic.down()
    return found


@needs_root
@pytest.mark.timeout(TEST_S)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_stored_run_is_raised_with_the_same_diagnosis(
    runs: dict[str, tuple[Path, judged.Said]], fault: str, tmp_path: Path
) -> None:
    file, before = runs[fault]
    clinic = Clinic.raise_up(SITE, tmp_path, "--from-evidence", str(file))
    try:
        trusted = clinic.onshi("trust", "router", "--yes")
        assert trusted.returncode == 0, trusted.stderr
        now = judged.verified(clinic)
    finally:
        clinic.down()
    assert diagnosis(before) != set()
    assert diagnosis(now) == diagnosis(before)


def test_a_running_configuration_is_typed_without_its_masked_secrets() -> None:
    lines = ("ip vlan1 address 10.51.1.1/24", "login user onshi *", "pp select 1", " pp name x",
             "sshd host key generate *", "ip filter 1 reject * * * * *")  # fmt: skip
    assert list(typed(lines)) == [
        "no ip lan1 address", "ip vlan1 address 10.51.1.1/24", "pp select 1", "pp name x",
        "pp select none", "tunnel select none", "ip filter 1 reject * * * * *",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said", ["", "[]", "{}", '{"site": "x"}', '{"site": "x", "format": 99}', "[" * 99_999]
)
def test_what_is_no_evidence_is_refused_with_its_name(tmp_path: Path, said: str) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(said)
    with pytest.raises(UsageError, match=r"evidence\.json"):
        load(file)


def test_evidence_of_which_little_is_known_says_little(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps({"site": SITE, "format": 4, "router": {"access": "unreachable"}}))
    found = load(file)
    site = inventory.load_site(EXAMPLES, SITE)
    assert (found.router, found.faults(site)) == ({}, ())
    assert list(found.requests(site, site.terminals[0], {site.references.link: "x"})) == []
