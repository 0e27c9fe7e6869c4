"""What the contract leaves to others is printed, and nothing is done on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from onshi_net import checks
from onshi_net.checks.model import State
from onshi_net.cli.handed import DEVICE, handed
from onshi_net.facts.outcome import Outcome
from onshi_net.facts.types import Port, Reading
from onshi_net.i18n import set_language
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import Secrets, load_site
from onshi_net.model.survey import ReceiptWork
from onshi_net.model.windows import RoutePath
from onshi_net.provision import site as provisioning
from onshi_net.provision.site import Workshop
from tests.checks.conftest import recorded
from tests.conftest import EXAMPLES

__all__ = ["recorded"]
VALUES = ("10.51.1.0", "255.255.255.0", "192.168.1.254")


def of_others(
    intent: SiteIntent, work_by: ReceiptWork | None, path: RoutePath = RoutePath.PC
) -> SiteIntent:
    """The same site, its receipt PCs set up by somebody else, or its route on the clinic's."""
    changed = {one.access.host: one for one in intent.receipts}
    windows = tuple(
        replace(one, work_by=work_by, path=path) if one.access.host in changed else one  # type: ignore[call-arg]
        for one in intent.windows
    )
    return replace(intent, windows=windows)


@pytest.fixture
def intent() -> SiteIntent:
    set_language("en")
    return site_intent(load_site(EXAMPLES, "demo-clinic"))


@pytest.mark.parametrize("work_by", [ReceiptWork.VENDOR, ReceiptWork.CUSTOMER])
def test_all_that_others_enter_is_said_and_no_password(
    intent: SiteIntent, work_by: ReceiptWork
) -> None:
    (found,) = handed(of_others(intent, work_by))
    said = "\n".join(found.lines())
    needed = (*VALUES, "reception", "10.51.1.11\\onslink", "\\\\10.51.1.11\\REQ", "route -p add")
    assert [one for one in needed if one not in said] == []
    assert "onshi paper demo-clinic handover" in said


def test_the_route_on_the_clinics_device_is_handed_over_for_that_device(
    intent: SiteIntent,
) -> None:
    found = handed(of_others(intent, ReceiptWork.VENDOR, RoutePath.CLINIC_DEVICE))
    assert [one.device for one in found] == [DEVICE, "receipt-1"]
    assert "ip route 10.51.1.0/24 gateway 192.168.1.254" in "\n".join(found[0].lines())
    assert found[1].routes == ()
    ours = handed(of_others(intent, ReceiptWork.NTT, RoutePath.CLINIC_DEVICE))
    assert [one.device for one in ours] == [DEVICE]


@pytest.mark.parametrize("work_by", [ReceiptWork.NTT, None])
def test_what_is_ours_or_not_settled_is_not_handed_over(
    intent: SiteIntent, work_by: ReceiptWork | None
) -> None:
    assert handed(of_others(intent, work_by)) == ()


def test_nothing_is_opened_on_a_pc_of_others(
    intent: SiteIntent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even its password is asked for."""
    monkeypatch.setattr(provisioning, "open_pc", lambda *_a, **_k: pytest.fail("it was opened"))
    shop = Workshop(
        inventory=load_site(EXAMPLES, "demo-clinic"),
        intent=of_others(intent, ReceiptWork.VENDOR),
        secrets=Secrets([]),
        known_hosts=tmp_path / "known_hosts",
        runs=tmp_path,
        legs=(),
    )
    assert shop.names(None) == ["router", "terminal-1"]
    assert provisioning.plan_site(shop, "receipt-1") == ()
    assert (
        provisioning.apply_site(shop, guard_s=60, progress=lambda *_a, **_k: None, only="receipt-1")
        == ()
    )


def by_device(outcome: Outcome, found: Port | None) -> dict[str, Reading[Port]]:
    return {"terminal-1": Reading(outcome=outcome, found=found, duration_s=0.1)}


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        (by_device(Outcome.NO_ANSWER, None), State.FAILED),
        (by_device(Outcome.OK, Port()), State.PASSED),
        ({}, State.ERROR),
    ],
)
def test_a_missing_route_on_the_clinics_device_is_named_as_that(
    recorded, reading: dict[str, Reading[Port]], state: State
) -> None:
    evidence, intent = recorded("demo-clinic-good")
    evidence = evidence.model_copy(
        update={"laptop": evidence.laptop.model_copy(update={"by_device": reading})}
    )
    others = of_others(intent, ReceiptWork.VENDOR, RoutePath.CLINIC_DEVICE)
    found = {one.id: one for one in checks.judge(evidence, others)}
    asked = found["clinic-lan.device-route.terminal-1"]
    assert asked.state is state
    if state is State.FAILED:
        assert "onshi paper demo-clinic handover" in asked.remedy
    inside = [one.state for name, one in found.items() if name.startswith("receipt-pc.")]
    assert set(inside) == {State.NOT_APPLICABLE}
