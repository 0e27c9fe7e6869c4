"""The stages of a visit: all of them, in an order in which each can be done."""

from __future__ import annotations

import pytest
import typer
import typer.testing

from onshi_net.cli.app import build
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import load_site
from onshi_net.visit import After, Stage, What, stages
from tests.lab.clinic import ROOT

SITES = ("demo-clinic", "demo-dental", "demo-pharmacy")


def intent_of(site: str) -> SiteIntent:
    return site_intent(load_site(ROOT / "inventory", site))


def changed(found: tuple[Stage, ...], intent: SiteIntent) -> list[str]:
    """The hosts that are provisioned, in order."""
    every = [intent.router.host, *(one.access.host for one in intent.windows)]
    ours = [one for one in every if one not in {r.access.host for r in others(intent)}]
    hosts = [one.host for one in found if one.what is What.PROVISION]
    return [name for host in hosts for name in ([host] if host else ours)]


def others(intent: SiteIntent):
    return [one for one in intent.receipts if one.by_others]


@pytest.mark.parametrize("ports", [1, 2])
@pytest.mark.parametrize("site", SITES)
def test_every_device_of_ours_is_set_up_once_then_verified_and_closed(site: str, ports: int):
    intent = intent_of(site)
    found = stages(intent, ports=ports)
    every = [intent.router.host, *(one.access.host for one in intent.windows)]
    ours = [one for one in every if one not in {r.access.host for r in others(intent)}]
    assert changed(found, intent) == ours
    kinds = [one.what for one in found]
    assert kinds[:2] == [What.READY, What.SECRETS]
    assert kinds[-1] is What.PAPER
    last_change = max(n for n, one in enumerate(found) if one.what is What.PROVISION)
    accepting = [n for n, one in enumerate(found) if one.accepts]
    assert len(accepting) == 1
    assert last_change < accepting[0]
    closed = {one.host for one in found if one.what is What.RESTORE}
    assert closed in ({None}, set(ours) - {intent.router.host})


@pytest.mark.parametrize("after", [None, "line", "router"])
def test_what_a_visit_learned_goes_home_last_where_the_site_was_brought_in_a_pack(after):
    intent = intent_of("demo-clinic")
    here, travelling = (stages(intent, after, travelling=one) for one in (False, True))
    assert What.PACK not in {one.what for one in here}
    assert (*here, travelling[-1]) == travelling
    assert travelling[-1].what is What.PACK


@pytest.mark.parametrize("site", SITES)
def test_with_one_port_the_laptop_is_moved_there_and_back_and_both_are_measured(site: str):
    intent = intent_of(site)
    where = [one.stands for one in stages(intent, ports=1) if one.stands]
    assert all(len(one) == 1 for one in where)
    moves = [one for n, one in enumerate(where) if n == 0 or where[n - 1] != one]
    assert moves == [("terminal",), ("clinic",), ("terminal",)]
    measured = [one.stands for one in stages(intent, ports=1) if one.what is What.VERIFY]
    assert measured == [("clinic",), ("terminal",)]


@pytest.mark.parametrize("ports", [1, 2])
@pytest.mark.parametrize("after", [*After, "router", "terminal-1", "receipt-1"])
def test_after_a_repair_what_was_exchanged_comes_first_and_the_site_is_verified(
    after: str, ports: int
):
    intent = intent_of("demo-clinic")
    found = stages(intent, after, ports=ports)
    first = next(one for one in found if one.what is not What.SECRETS)
    expected = {"line": What.VERIFY, "onu": What.VERIFY, "certificate": What.RENEW}
    assert first.what is expected.get(after, What.PROVISION)
    if first.what is What.PROVISION:
        assert first.host == after
        assert ("--exchanged" in first.words) is (after == "router")
    assert sum(one.accepts for one in found) == 1
    assert What.READY not in {one.what for one in found}


@pytest.mark.parametrize("ports", [1, 2])
@pytest.mark.parametrize("after", [None, *After, "router", "terminal-1", "receipt-1"])
def test_every_stage_is_a_command_that_exists(after: str | None, ports: int):
    runner, app = typer.testing.CliRunner(), build()
    for stage in stages(intent_of("demo-clinic"), after, ports=ports):
        options = [word for word in stage.words if word.startswith("--")]
        words = [word for word in stage.words if not word.startswith("--")]
        if not words:
            continue  # a person does it
        told = runner.invoke(app, [*words[:2], "--help"])
        assert told.exit_code == 0, (stage, told.output)
        assert all(option in told.output for option in options), stage
