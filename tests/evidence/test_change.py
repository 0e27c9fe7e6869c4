"""The packets of a change: few, short, from one process; what can't be asked is an error."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from onshi_net.evidence.change import asking_of_change
from onshi_net.evidence.laptop import PROOF_LOOK_S, PROOF_NAME_S, PROOF_S, measure_change
from onshi_net.evidence.probing import Probe
from onshi_net.facts.types import Inbound
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import load_site
from tests.evidence.test_collecting import STANDING, Silent

EXAMPLES = Path(__file__).parents[2] / "inventory"
MAC = "02:00:00:00:00:99"
COSTS_S = 1.5


@pytest.fixture
def intent() -> SiteIntent:
    return site_intent(load_site(EXAMPLES, "demo-clinic"))


def asked(intent: SiteIntent, known: Inbound | None = None, legs: Any = STANDING) -> list[Any]:
    asker = Silent(*legs)
    asyncio.run(measure_change(Probe(asker), intent, known))
    return asker.asked


def test_a_change_waits_for_no_question_longer_than_it_may(intent: SiteIntent) -> None:
    ways = {ask: within_s for ask, within_s, _ in asked(intent, Inbound(router_mac=MAC))}
    assert set(ways) == {
        "interfaces", "owners", "dns", "syn", "crossing", "echo-crossing",
    }  # fmt: skip
    del ways["interfaces"]
    assert max(ways.values()) <= PROOF_NAME_S
    assert max(PROOF_NAME_S, PROOF_LOOK_S + PROOF_S) <= COSTS_S


def test_names_are_asked_of_the_router_and_past_its_cache_of_each_resolver(
    intent: SiteIntent,
) -> None:
    servers = {given["server"] for ask, _, given in asked(intent) if ask == "dns"}
    resolvers = (*intent.ngn_resolvers, *intent.closed_network_resolvers)
    assert servers == {str(intent.router.terminal.address.ip), *map(str, resolvers)}


def test_the_router_is_looked_for_on_the_line_once(intent: SiteIntent) -> None:
    first = {ask for ask, _, _ in asked(intent)}
    assert {"neighbors", "router-solicit"} <= first
    assert not {"neighbors", "router-solicit"} & {
        ask for ask, _, _ in asked(intent, Inbound(router_mac=MAC))
    }


def test_a_laptop_with_one_leg_asks_nothing_of_the_others(intent: SiteIntent) -> None:
    asks = [ask for ask, _, _ in asked(intent, legs=STANDING[:1])]
    assert set(asks) == {"interfaces", "owners", "dns", "syn"}


def test_a_probe_that_does_not_start_or_answers_nothing_is_not_measured(
    intent: SiteIntent,
) -> None:
    with asking_of_change(intent, ["/nowhere/probe"]) as ask:
        assert ask(60.0).probe.detail == "probe-not-started"
    hangs = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with asking_of_change(intent, hangs) as ask:
        assert ask(0.2).probe.detail == "overran"
    ends = [sys.executable, "-c", ""]
    with asking_of_change(intent, ends) as ask:
        assert ask(60.0).probe.unmeasured


COUNTS = """
import json, pathlib, sys
pathlib.Path(sys.argv[1]).open("a").write("started ")
for line in sys.stdin:
    answer = {"id": json.loads(line)["id"], "outcome": "ok", "detail": "", "duration_s": 0.0}
    print(json.dumps({**answer, "data": {"interfaces": []}}), flush=True)
"""


def test_one_process_answers_before_and_after_and_none_runs_where_nobody_asks(
    intent: SiteIntent, tmp_path: Path
) -> None:
    file = tmp_path / "started"
    command = [sys.executable, "-c", COUNTS, str(file)]
    with asking_of_change(intent, command) as ask:
        assert not file.exists()
        assert ask(60.0).probe.ok
        assert ask(60.0).probe.ok
    assert file.read_text() == "started "
