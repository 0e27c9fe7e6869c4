"""What a terminal saw answers for a laptop that could not ask; one at fault proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from onshi_net.checks import State, judge
from onshi_net.checks.catalogue import cases
from onshi_net.diagnose import diagnose
from onshi_net.facts.types import Evidence, Laptop
from onshi_net.i18n import set_language
from onshi_net.intent import SiteIntent

T = "windows/terminals/0"
NO_RIGHTS = {"outcome": "error", "detail": "no-rights", "duration_s": 0.0, "found": None}
BLIND = Laptop.model_validate({"probe": NO_RIGHTS}).model_dump(mode="json")
SILENT = {"outcome": "no-answer", "detail": "", "duration_s": 3.5, "found": None}
WIFI = {
    "destination": "::/0", "next_hop": "fe80::43:1", "interface": 9, "metric": 0,
    "store": "ActiveStore",
}  # fmt: skip
OUT = {**WIFI, "next_hop": "fe80::1", "interface": 2}
SEEN = (
    "line.ngn-resolvers", "ip-vpn.resolvers", "ip-vpn.name.eligibility", "service.tcp.eligibility",
    "service.tls.eligibility", "service.http.certificates", "service.time.time",
    "ip-vpn.line-auth.line-auth",
)  # fmt: skip


def verdicts(evidence: Evidence, intent: SiteIntent, *some: str) -> dict[str, Any]:
    """What these checks say of the evidence, without regard to what they need."""
    return {one.id: one.verdict(evidence, intent) for one in cases(intent) if one.id in some}


def blind(recorded: Any, changes: dict[str, Any] | None = None) -> tuple[Evidence, SiteIntent]:
    """A good clinic whose laptop may not send packets; what its terminal saw, with changes."""
    given: tuple[Evidence, SiteIntent] = recorded(
        "demo-clinic-good", {"laptop": BLIND, **(changes or {})}
    )
    return given


@pytest.mark.parametrize(("language", "name"), [("en", "terminal-1"), ("ja", "端末1")])
def test_what_the_laptop_could_not_ask_the_terminal_answers_and_that_is_said(
    recorded: Any, language: str, name: str
) -> None:
    set_language(language)
    found = verdicts(*blind(recorded), *SEEN)
    assert {name: one.state for name, one in found.items()} == dict.fromkeys(SEEN, State.PASSED)
    assert all(one.seen_from == "terminal-1" for one in found.values())
    assert all(name in one.detail for one in found.values())


def test_what_nobody_asked_stays_unmeasured(recorded: Any) -> None:
    found = verdicts(*blind(recorded, {f"{T}/view": None}), *SEEN)
    assert {one.state for one in found.values()} == {State.ERROR}


def test_a_laptop_that_asked_speaks_for_itself(recorded: Any) -> None:
    lost = {"laptop/services/time/time": SILENT}
    found = verdicts(*recorded("demo-clinic-good", lost), "service.time.time")
    (one,) = found.values()
    assert (one.state, one.seen_from) == (State.FAILED, "")


def test_a_sound_terminal_that_gets_no_answer_is_believed(recorded: Any) -> None:
    lost = {f"{T}/view/services/time/time": SILENT, f"{T}/state/routes": [OUT]}
    evidence, intent = blind(recorded, lost)
    (one,) = verdicts(evidence, intent, "service.time.time").values()
    assert (one.state, one.seen_from) == (State.FAILED, "terminal-1")


OFF = {
    f"{T}/view/ways/adapters/0/ipv6": False,
    f"{T}/state/addresses": [{"interface": 2, "address": "10.51.1.11", "prefix_length": 24}],
}


@pytest.mark.parametrize(
    "fault",
    [
        {f"{T}/state/routes": [OUT, WIFI]},
        {f"{T}/state/routes": []},
        {**OFF, f"{T}/state/routes": [OUT]},
        {f"{T}/state/routes": [OUT], f"{T}/state/resolvers": []},
    ],
    ids=["a second way out", "no way out", "no IPv6", "other resolvers"],
)
def test_a_terminal_at_fault_proves_nothing_against_the_line(
    recorded: Any, fault: dict[str, Any]
) -> None:
    lost = {f"{T}/view/services/{one}/connect": SILENT for one in ("eligibility", "proxy")}
    resolvers = {f"{T}/view/resolvers": {}}
    evidence, intent = blind(recorded, {**lost, **resolvers, **fault})
    (one,) = verdicts(evidence, intent, "service.tcp.eligibility").values()
    assert one.state is State.ERROR
    segments = {one.segment for one in diagnose(judge(evidence, intent)).causes}
    assert segments <= {"terminal"}


STRANGE = [{"who": "PC\\taro", "enabled": True, "server": "192.0.2.9:3128"}]
LOST = {f"{T}/view/services/{one}/connect": SILENT for one in ("eligibility", "proxy")}
FAULTS = {
    "terminal.way": {f"{T}/state/routes": [OUT, WIFI]},
    "terminal.proxy": {f"{T}/view/ways/proxies": STRANGE},
    "terminal.ipv6": OFF,
    "terminal.service": {},
}


@pytest.mark.parametrize("check", FAULTS)
def test_a_good_line_and_a_terminal_that_loses_it_name_the_terminal(
    recorded: Any, check: str
) -> None:
    evidence, intent = recorded("demo-clinic-good", {**LOST, **FAULTS[check]})
    results = judge(evidence, intent)
    causes = diagnose(results).causes
    assert {one.segment for one in causes} == {"terminal"}
    assert check in {one.rpartition(".")[0] for cause in causes for one in cause.checks}
    good = {one.segment for one in results if one.state is State.PASSED}
    assert {"line", "ip-vpn", "service"} <= good


OPEN = {"outcome": "ok", "detail": "", "duration_s": 0.1, "found": {"port": 445}}


@pytest.mark.parametrize(
    ("reading", "state"), [(OPEN, State.PASSED), (SILENT, State.ERROR)], ids=["open", "silent"]
)
def test_a_receipt_pc_that_gets_to_the_share_proves_that_the_router_lets_it(
    recorded: Any, reading: dict[str, Any], state: State
) -> None:
    seen = {"windows/receipts/0/view": {"ports": {"terminal-1": reading}}}
    (one,) = verdicts(*blind(recorded, seen), "policy.receipt-to-terminal.terminal-1").values()
    assert one.state is state
    assert one.seen_from == ("receipt-1" if state is State.PASSED else "")
