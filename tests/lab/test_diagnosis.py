"""The three sites on real packets: install day from delivered to proven, then one fault at a time.

What a fault must lead `verify` to stands in the lab's catalogue, which knows nothing of the
product. The sites are measured side by side, one fault after the other at each: most of the time of
a verification of a broken site is waiting for answers that don't come.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from onshi_lab.faults import CATALOGUE, FAULTS
from onshi_net.errors import (
    EXIT_CHECK_FAILED,
    EXIT_DEVICE,
    EXIT_GOOD,
    EXIT_PLAN_HAS_CHANGES,
)
from tests.conftest import SITES
from tests.lab.clinic import TEST_S, Clinic, needs_root, states

pytestmark = [needs_root, pytest.mark.timeout(TEST_S)]

CASES = {
    "demo-clinic": (
        "line-down",
        "mtu-black-hole-down",
        "ra-withdrawn",
        "hikari-denwa-added",
        "second-ra",
        "prefix-changed",
        "ngn-resolver-down",
        "lineauth-unregistered",
        "center-https-down",
        "client-cert-refused",
        "certificate-missing",
        "terminal-proxy",
        "terminal-wifi",
        "duplicate-router-address",
        "policy-closed",
        "policy-one-way",
        "terminal-clock-wrong",
        "time-source-changed",
        "terminal-resolver-changed",
        "link-user-disabled",
        "link-user-expires",
        "receipt-route-gone",
        "receipt-route-volatile",
        "receipt-other-route",
        "receipt-on-link",
        "receipt-cable-out",
    ),
    "demo-pharmacy": (
        "line-loss",
        "mtu-black-hole-up",
        "pd-withdrawn",
        "hgw-in-front",
        "prefix-changed",
        "wan-cable-out",
        "terminal-cable-out",
        "certificate-soon",
        "terminal-ipv6-off",
        "rogue-ra-lan",
        "rogue-dhcp-lan",
        "duplicate-address",
        "share-open-to-all",
        "share-gone",
        "server-service-stopped",
        "ntlm-in-denied",
    ),
    "demo-dental": (
        "line-down",
        "mtu-black-hole",
        "prefix-changed",
        "hgw-hung",
        "hgw-silent",
        "branch-port-dead",
        "center-resolver-down",
        "proxy-down",
        "ntp-down",
        "internet-leak",
        "clinic-cable-out",
        "receipt-clock-wrong",
        "ntlm-out-denied",
        "credentials-off",
        "workstation-service-stopped",
    ),
}
"""Site -> its faults. One that means something else at another site is set at both."""
PAIRS = [(site, fault) for site, faults in CASES.items() for fault in faults]
BEFORE, AFTER = "before any fault", "after the last fault"


@dataclass(frozen=True)
class Answer:
    """What one verification said."""

    exit_code: int
    checks: dict[str, str]
    causes: list[dict[str, Any]]
    undetermined: list[str]

    def of(self, state: str) -> set[str]:
        """The checks that ended so."""
        return {name for name, found in self.checks.items() if found == state}


Said = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Measured:
    """What the commands of install day said, in their order, and each verification after it."""

    day: Mapping[str, Said]
    answers: Mapping[str, Answer]


DAY = {
    "plan before the router is known": ("plan", "--only", "router"),
    "trust": ("trust", "router", "--yes"),
    "plan": ("plan",),
    "provision": ("provision", "--yes"),
    "plan again": ("plan",),
    "provision again": ("provision", "--yes"),
}
"""The commands with which a site goes from delivered to proven."""


def verified(clinic: Clinic) -> Answer:
    done = clinic.onshi("verify", "--json")
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    diagnosis = said["diagnosis"]
    return Answer(done.returncode, states(said), diagnosis["causes"], diagnosis["undetermined"])


def measured(site: str, faults: list[str], folder: Path) -> Measured:
    """Raises the site's lab, has its install day, and verifies it under each fault."""
    clinic = Clinic.raise_up(site, folder)
    try:
        day = {what: clinic.onshi(*command) for what, command in DAY.items()}
        answers = {BEFORE: verified(clinic)}
        for fault in faults:
            clinic.lab("fault", "set", fault)
            answers[fault] = verified(clinic)
            clinic.lab("fault", "clear", fault)
        answers[AFTER] = verified(clinic)
        return Measured(day, answers)
    finally:
        clinic.down()


@pytest.fixture(scope="module")
def answers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Measured]]]:
    """What each site says under those faults that this run of pytest has chosen."""
    here = [item for item in request.session.items if item.module is request.module]
    calls = [item.callspec.params for item in here if hasattr(item, "callspec")]
    faults: dict[str, list[str]] = {params["site"]: [] for params in calls}
    for params in calls:
        if "fault" in params:
            faults[params["site"]].append(params["fault"])
    with ThreadPoolExecutor(len(faults)) as pool:
        yield {
            site: pool.submit(measured, site, some, tmp_path_factory.mktemp(site))
            for site, some in faults.items()
        }


@pytest.mark.parametrize(("site", "fault"), PAIRS, ids=[f"{fault}-{site}" for site, fault in PAIRS])
def test_a_fault_leads_to_its_diagnosis(
    answers: dict[str, Future[Measured]], site: str, fault: str
) -> None:
    answer = answers[site].result().answers[fault]
    wanted = FAULTS[fault]
    blamed = [(one["segment"], one["party"], one["cause"]) for one in answer.causes]
    assert [one[:2] for one in blamed] == [(wanted.segment, wanted.party)], blamed
    assert answer.exit_code == EXIT_CHECK_FAILED
    (cause,) = answer.causes
    assert answer.of("failed") == set(cause["checks"])
    assert answer.of("skipped") == set(cause["follows"])
    assert answer.of("error") == set()
    assert answer.undetermined == []
    assert cause["cause"]
    assert cause["action"]


@pytest.mark.parametrize("site", SITES)
def test_install_day_goes_from_delivered_to_proven_and_saved(
    answers: dict[str, Future[Measured]], site: str
) -> None:
    day = answers[site].result().day
    codes = {what: said.returncode for what, said in day.items()}
    assert codes == {
        "plan before the router is known": EXIT_DEVICE,
        "trust": EXIT_GOOD,
        "plan": EXIT_PLAN_HAS_CHANGES,
        "provision": EXIT_GOOD,
        "plan again": EXIT_GOOD,
        "provision again": EXIT_GOOD,
    }, [said.stdout + said.stderr for said in day.values()]
    assert "onshi trust" in day["plan before the router is known"].stderr
    assert "unchanged" in day["provision again"].stdout


@pytest.mark.parametrize("site", SITES)
def test_a_site_is_green_before_the_faults_and_after_them(
    answers: dict[str, Future[Measured]], site: str
) -> None:
    found = answers[site].result().answers
    for when in (BEFORE, AFTER):
        assert found[when].of("failed") | found[when].of("error") == set(), when
        assert found[when].causes == []
        assert found[when].exit_code == EXIT_GOOD


def test_every_fault_of_the_catalogue_is_tried() -> None:
    assert {fault for _, fault in PAIRS} == {fault.name for fault in CATALOGUE}
