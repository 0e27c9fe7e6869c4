"""The router's stored state is judged by the intent of the day, without a new measurement."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from ipaddress import IPv4Address, IPv4Interface, IPv6Address
from pathlib import Path
from typing import Any

import pytest

from onshi_net.checks import State
from onshi_net.checks.catalogue import cases
from onshi_net.checks.facts import told
from onshi_net.checks.model import Verdict
from onshi_net.errors import Unreachable
from onshi_net.evidence import load, store
from onshi_net.facts.told import Told
from onshi_net.facts.types import Evidence, Lines, Outcome, RouterState
from onshi_net.i18n import set_language
from onshi_net.intent import Allowance, DnsForward, RouterIntent, SiteIntent
from onshi_net.intent.types import OtherService
from onshi_net.model import Ipv6Mode, router_model
from onshi_net.platforms.base import platform

Recorded = Callable[..., tuple[Evidence, SiteIntent]]
RUN = "20261130T205901.123456Z"


def lines_of(router: RouterIntent) -> tuple[str, ...]:
    family = platform(router.model.platform)
    return (*family.secret_lines(router), *family.render(router))


def measured(
    recorded: Recorded,
    folder: Path,
    runs: tuple[str, ...] | None = None,
    keeps: tuple[str, ...] | None = None,
    **state: Any,
) -> tuple[Evidence, SiteIntent]:
    """A router as intended, or with these lines, as this version stores it."""
    evidence, intent = recorded("demo-clinic-good")
    lines = lines_of(intent.router) if runs is None else runs
    here, there = (Lines(outcome=Outcome.OK, found=some) for some in (lines, keeps or lines))
    router = evidence.router.model_copy(
        update={"judged": None, "running": here, "saved": there, **state}
    )
    store(evidence.model_copy(update={"router": router}), folder / "evidence.json")
    return load(folder / "evidence.json"), intent


def verdict(check: str, evidence: Evidence, intent: SiteIntent) -> Verdict:
    (case,) = [one for one in cases(intent, check) if one.id == check]
    return case.verdict(evidence, intent)


def config(evidence: Evidence, intent: SiteIntent, router: RouterIntent) -> Verdict:
    return verdict("router.config", evidence, replace(intent, router=router))


CHANGES: dict[str, Callable[[RouterIntent], RouterIntent]] = {
    "label": lambda one: replace(one, label="another"),
    "model": lambda one: replace(one, model=router_model("RTX1300")),
    "wan": lambda one: replace(one, wan=replace(one.wan, mode=Ipv6Mode.PD)),
    "terminal": lambda one: replace(
        one, terminal=replace(one.terminal, address=IPv4Interface("10.51.1.2/24"))
    ),
    "clinic": lambda one: replace(
        one, clinic=replace(one.clinic, address=IPv4Interface("192.168.9.254/24"))
    ),
    "dns": lambda one: replace(
        one, dns=(*one.dns, DnsForward("example.jp", (IPv6Address("2001:db8::53"),)))
    ),
    "policy": lambda one: replace(
        one,
        policy=replace(
            one.policy,
            allowed=(
                *one.policy.allowed,
                Allowance(one.clinic.address.network, one.terminal.address.network, 443),
            ),
        ),
    ),
    "management": lambda one: replace(
        one, management=replace(one.management, port=2222, username="another")
    ),
    "ntp_server": lambda one: replace(one, ntp_server="ntp.example.jp"),
}
NO_LINE = {"site", "host", "serial", "other_services"}
"""What of the intent no line of a configuration says: the last lets lines stand."""


def test_every_input_of_the_routers_intent_is_changed_here() -> None:
    assert {one.name for one in fields(RouterIntent)} == CHANGES.keys() | NO_LINE


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_input_is_judged_by_the_same_stored_state(
    recorded: Recorded, tmp_path: Path, name: str
) -> None:
    evidence, intent = measured(recorded, tmp_path)
    assert config(evidence, intent, intent.router).state is State.PASSED
    changed = CHANGES[name](intent.router)
    before = set(lines_of(intent.router))
    after = set(platform(changed.model.platform).render(changed))
    found = config(evidence, intent, changed)
    assert (found.state, found.message) == (State.FAILED, "router.config.differs")
    stays = ("administrator password", f"login user {changed.management.username} ")
    gone = [line for line in before - after if not line.startswith(stays)]
    assert found.values["count"] == len(gone) + len(after - before)
    other, _ = measured(recorded, tmp_path, lines_of(changed))
    assert config(other, intent, changed).state is State.PASSED
    assert config(other, intent, intent.router).state is State.FAILED


def test_a_service_that_nobody_intends_is_named_and_one_that_is_kept_is_told(
    recorded: Recorded, tmp_path: Path
) -> None:
    lines = lines_of(recorded("demo-clinic-good")[1].router)
    evidence, intent = measured(recorded, tmp_path, (*lines, "snmp host 10.51.1.9"))
    opened = verdict("router.services", evidence, intent)
    assert (opened.state, opened.message) == (State.FAILED, "router.services.open")
    assert config(evidence, intent, intent.router).state is State.FAILED
    kept = OtherService("snmp", (IPv4Address("10.51.1.9"),), "the vendor watches it")
    router = replace(intent.router, other_services=(kept,))
    stays = verdict("router.services", evidence, replace(intent, router=router))
    assert (stays.state, stays.message) == (State.PASSED, "router.services.kept")
    assert "the vendor watches it" in stays.detail
    assert config(evidence, intent, router).state is State.PASSED
    closed = verdict("router.services", *measured(recorded, tmp_path))
    assert (closed.state, closed.message) == (State.PASSED, "router.services.closed")


def test_an_intent_that_can_not_be_rendered_costs_one_check(
    recorded: Recorded, tmp_path: Path
) -> None:
    evidence, intent = measured(recorded, tmp_path)
    found = config(evidence, intent, replace(intent.router, label="two words"))
    assert (found.state, found.message) == (State.ERROR, "unmeasured.question")


def test_what_is_not_saved_is_judged_by_the_state(recorded: Recorded, tmp_path: Path) -> None:
    lines = lines_of(recorded("demo-clinic-good")[1].router)
    found = verdict("router.saved", *measured(recorded, tmp_path, lines, lines[:-1]))
    assert (found.state, found.values["lines"]) == (State.FAILED, f"+ {lines[-1]}")
    assert verdict("router.saved", *measured(recorded, tmp_path)).state is State.PASSED


@pytest.mark.parametrize("check", ["router.config", "router.saved"])
def test_a_configuration_that_could_not_be_read_is_no_verdict(
    recorded: Recorded, tmp_path: Path, check: str
) -> None:
    refused = Lines(outcome=Outcome.REFUSED, detail="no")
    field = {"router.config": "running", "router.saved": "saved"}[check]
    evidence, intent = measured(recorded, tmp_path, **{field: refused})
    assert verdict(check, evidence, intent).message == "unmeasured.question"
    evidence, intent = measured(recorded, tmp_path, **{field: None})
    assert verdict(check, evidence, intent).message == "unmeasured.not-asked"


def guarded(lines: tuple[str, ...], *, scheduled: bool = True) -> tuple[str, ...]:
    schedule = ("schedule at 90 +300 * restart",) if scheduled else ()
    return (*lines, f"description 90 onshi/d/{RUN}/1305/mika@pc-3", *schedule)


@pytest.mark.parametrize("check", ["router.config", "router.saved"])
def test_another_runs_guard_is_told_with_whose_it_is_and_until_when(
    recorded: Recorded, tmp_path: Path, check: str
) -> None:
    lines = lines_of(recorded("demo-clinic-good")[1].router)
    evidence, intent = measured(recorded, tmp_path, guarded(lines), lines, uptime_s=1005)
    found = verdict(check, evidence, intent)
    assert (found.state, found.message) == (State.ERROR, "unmeasured.guarded")
    until = "2026-11-25 05:10"  # five minutes after it was measured, in Japan, to the minute
    assert found.values == {"who": "mika@pc-3", "run": RUN, "until": until, "site": intent.site}
    assert "mika@pc-3" in found.detail
    assert f"onshi verify {intent.site}" in found.remedy
    untold = evidence.router.model_copy(update={"uptime_s": None})
    evidence = evidence.model_copy(update={"router": untold})
    assert verdict(check, evidence, intent).message == "unmeasured.guarded-untold"


def test_what_a_run_that_is_over_left_is_told_apart_from_what_still_fires(
    recorded: Recorded, tmp_path: Path
) -> None:
    lines = lines_of(recorded("demo-clinic-good")[1].router)

    def judged(running: tuple[str, ...], saved: tuple[str, ...]) -> tuple[State, str]:
        evidence, intent = measured(recorded, tmp_path, running, saved, uptime_s=1400)
        found = verdict("router.config", evidence, intent)
        return found.state, found.message

    mark, standing = guarded(lines, scheduled=False), guarded(lines)
    assert judged(mark, lines) == (State.PASSED, "router.config.mark-left")
    assert judged((*lines[:-1], mark[-1]), lines) == (State.FAILED, "router.config.differs")
    assert judged(standing, standing) == (State.FAILED, "router.config.guard-left")


def test_why_there_was_no_session_is_told_in_the_readers_language() -> None:
    error = Unreachable("transport.unreachable", host="router", port=22, reason="timed out")
    kept = Told(message=error.message, host=error.host, values=error.values)
    sentences = set()
    for language in ("en", "ja"):
        set_language(language)
        assert told(kept) == str(error)
        sentences.add(told(kept))
    assert len(sentences) == 2
    assert told(Told(said="in words")) == "in words"
    assert told(None) == ""


@pytest.mark.parametrize("message", ["transport.of-another-version", "nowhere.at-all"])
def test_a_sentence_of_another_version_is_named_by_its_id(message: str) -> None:
    assert told(Told(message=message, host="router")) == f"router: {message}"
    unfilled = Told(message="transport.unreachable", values={})
    assert told(unfilled) == "transport.unreachable"


def test_no_state_that_is_kept_holds_a_sentence(recorded: Recorded, tmp_path: Path) -> None:
    reason = Told(message="evidence.router-late", values={"seconds": 30})
    evidence, _ = measured(recorded, tmp_path, reason=reason)
    stored = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"))
    assert stored["router"]["reason"]["said"] == ""
    assert evidence.router.reason == reason
    assert isinstance(evidence.router, RouterState)
