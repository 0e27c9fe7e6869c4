"""What the checks of `verify` say of a change, by recorded evidence with single facts changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onshi_net.checks.catalogue import checks
from onshi_net.checks.model import Proves
from onshi_net.checks.proof import answers
from onshi_net.evidence.laptop import not_measured
from onshi_net.provision.core import Answer, Seen, worse

Recorded = Callable[..., Any]
TO_TERMINAL = "policy.receipt-to-terminal.terminal-1"
CROSSING = "laptop/policy/clinic_to_laptop/tried"
SILENT = {"outcome": "no-answer", "detail": "", "duration_s": 0.9, "found": None}
ERROR = {**SILENT, "outcome": "error", "detail": "no-rights"}
ARRIVED = {**SILENT, "outcome": "ok", "detail": "arrived"}


def said(recorded: Recorded, changes: dict[str, Any] | None = None) -> dict[str, Answer]:
    evidence, intent = recorded("demo-clinic-good", changes)
    return {one.check: one for one in answers(evidence.laptop, intent)}


def test_a_good_site_shows_every_check_of_a_change_good(recorded: Recorded) -> None:
    found = said(recorded)
    assert {one.seen for one in found.values()} == {Seen.GOOD}
    segments = {name.rpartition(".")[0] if name.count(".") > 1 else name for name in found}
    assert segments == {
        "policy.receipt-to-terminal",
        "policy.receipt-smb-only",
        "policy.terminal-to-receipt",
        "policy.router-from-clinic",
        "policy.inbound",
        "ip-vpn.name",
    }


def test_names_wait_for_the_line_and_policy_does_not(recorded: Recorded) -> None:
    for name, one in said(recorded).items():
        assert one.own is name.startswith("policy."), name
    assert {one.proves for one in checks()} == {None, Proves.ALONE, Proves.WITH_LINE}


@pytest.mark.parametrize(
    ("changes", "check", "words"),
    [
        ({f"{CROSSING}/5985": ARRIVED}, "policy.receipt-smb-only", "5985"),
        (
            {"laptop/policy/terminal_to_laptop/tried/445": ARRIVED},
            "policy.terminal-to-receipt",
            "445",
        ),
        (
            {"laptop/policy/router_from_clinic/tried/22": ARRIVED},
            "policy.router-from-clinic",
            "22",
        ),
        ({"laptop/inbound/to_terminal_network/tried/22": ARRIVED}, "policy.inbound", "22"),
        ({"laptop/services/proxy/name": SILENT}, "ip-vpn.name.proxy", ""),
        (
            {f"{CROSSING}/445": SILENT, "laptop/policy/smb_to_terminals/terminal-1": SILENT},
            TO_TERMINAL,
            "terminal-1",
        ),
    ],
)
def test_what_a_change_spoils_is_bad_and_in_the_checks_own_words(
    recorded: Recorded, changes: dict[str, Any], check: str, words: str
) -> None:
    found = said(recorded, changes)
    bad = {name for name, one in found.items() if one.seen is Seen.BAD}
    assert bad == {check}
    assert words in found[check].said


def silenced(recorded: Recorded, keep: tuple[str, ...] = ()) -> dict[str, Any]:
    """The changes by which each resolver is silent that is not kept."""
    evidence, _ = recorded("demo-clinic-good")
    return {
        f"laptop/resolvers/{one}": SILENT for one in evidence.laptop.resolvers if one not in keep
    }


@pytest.mark.parametrize("name", [None, SILENT], ids=["from the router's cache", "fails"])
def test_names_say_nothing_while_no_resolver_shows_the_line_alive(
    recorded: Recorded, name: dict[str, Any] | None
) -> None:
    failing = {} if name is None else {"laptop/services/proxy/name": name}
    found = said(recorded, silenced(recorded) | failing)
    unknown = {one for one, answer in found.items() if answer.seen is Seen.UNKNOWN}
    assert unknown == {one for one in found if one.startswith("ip-vpn.name.")}


def test_a_line_whose_resolvers_were_not_asked_was_not_seen_alive(recorded: Recorded) -> None:
    found = said(recorded, {"laptop/resolvers": {}})
    assert {one.seen for one in found.values() if not one.own} == {Seen.UNKNOWN}


def test_one_resolver_of_a_name_is_enough_and_another_names_is_not(recorded: Recorded) -> None:
    _, intent = recorded("demo-clinic-good")
    one = str(intent.closed_network_resolvers[-1])
    bad = {"laptop/services/proxy/name": SILENT}
    found = said(recorded, silenced(recorded, keep=(one,)) | bad)
    assert found["ip-vpn.name.proxy"].seen is Seen.BAD
    ngn = tuple(map(str, intent.ngn_resolvers))
    found = said(recorded, silenced(recorded, keep=ngn) | bad)
    assert found["ip-vpn.name.proxy"].seen is Seen.UNKNOWN


def test_a_change_that_empties_the_routers_cache_on_a_dead_line_is_not_worse(
    recorded: Recorded,
) -> None:
    evidence, intent = recorded("demo-clinic-good", silenced(recorded))
    cached = answers(evidence.laptop, intent)
    services = {f"laptop/services/{one.id}/name": SILENT for one in intent.services}
    evidence, intent = recorded("demo-clinic-good", silenced(recorded) | services)
    assert worse(cached, answers(evidence.laptop, intent)) == ()


@pytest.mark.parametrize("crossing", [None, ERROR])
def test_a_terminal_that_is_not_set_up_yet_says_nothing_of_the_router(
    recorded: Recorded, crossing: dict[str, Any] | None
) -> None:
    changes = {"laptop/policy/smb_to_terminals/terminal-1": SILENT}
    if crossing is not None:
        changes[f"{CROSSING}/445"] = crossing
    assert said(recorded, changes)[TO_TERMINAL].seen is Seen.UNKNOWN


@pytest.mark.parametrize("leg", ["terminal", "clinic"])
def test_a_leg_that_the_laptop_lacks_is_not_measured(recorded: Recorded, leg: str) -> None:
    found = said(recorded, {f"laptop/legs/{leg}": None, "laptop/policy": None})
    policy = {one.seen for name, one in found.items() if name.startswith("policy.receipt")}
    assert policy == {Seen.UNKNOWN}


def test_a_probe_that_does_not_start_is_not_measured(recorded: Recorded) -> None:
    _, intent = recorded("demo-clinic-good")
    found = answers(not_measured("probe-not-started"), intent)
    assert {one.seen for one in found} == {Seen.UNKNOWN}
    assert len(found) == len(said(recorded))
