"""`--watch`: a round asks only where something is bad, and says what turned."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from onshi_net.checks.catalogue import judge
from onshi_net.checks.model import State
from onshi_net.checks.watch import again, bad, parts
from onshi_net.errors import Unreachable
from onshi_net.evidence import collect
from onshi_net.evidence.collecting import LAPTOP, ROUTER, Known
from onshi_net.inventory import Secrets
from tests.checks.twins import intent_of, twin

SITE = "demo-clinic"
INTENT = intent_of(SITE)
GOOD = twin(f"{SITE}-good")


def test_a_round_that_finds_the_cable_in_turns_what_waited_for_it():
    broken = twin(f"{SITE}-line-down")
    before = judge(broken, INTENT)
    asked = []

    def measure(known):
        asked.append(known)
        return GOOD

    found = again(broken, before, INTENT, measure)
    assert asked == [Known(broken, parts(before, INTENT))]
    assert found.bad == ()
    assert {one.now for one in found.turns} == {State.PASSED}
    assert {one.one.id for one in found.turns} == {one.id for one in bad(before)}


@pytest.mark.parametrize(
    ("recording", "wanted"),
    [("line-down", {ROUTER, LAPTOP}), ("clinic-cable-out", {ROUTER, LAPTOP, "receipt-1"})],
)
def test_only_what_is_bad_is_asked_again(recording, wanted):
    found = parts(judge(twin(f"{SITE}-{recording}"), INTENT), INTENT)
    assert {ROUTER, LAPTOP} <= found
    assert found <= {ROUTER, LAPTOP, "receipt-1", "terminal-1"}


def test_a_fault_of_one_pc_asks_that_pc_alone():
    windows = GOOD.windows
    state = windows.terminals[0].state.model_copy(update={"shares": ()})
    terminal = windows.terminals[0].model_copy(update={"state": state})
    broken = GOOD.model_copy(
        update={"windows": windows.model_copy(update={"terminals": (terminal,)})}
    )
    results = [one for one in judge(broken, INTENT) if one.segment == "terminal"]
    assert parts(results, INTENT) == {"terminal-1"}


def test_what_is_known_is_not_asked():
    opened = []

    def door(*_):
        opened.append(1)
        raise Unreachable("transport.unreachable", host="x", port=22, reason="-")

    def measured(anew):
        return collect(
            INTENT, Secrets([]), Path("k"), opener=door, pcs=door,
            probe=(sys.executable, "-c", ""), known=Known(GOOD, frozenset(anew)),
        )  # fmt: skip

    same = measured(())
    assert opened == []
    assert (same.router, same.laptop, same.windows) == (GOOD.router, GOOD.laptop, GOOD.windows)
    one = measured({"terminal-1"})
    assert len(opened) == 1
    assert (one.router, one.windows.receipts) == (GOOD.router, GOOD.windows.receipts)
    assert one.windows.terminals != GOOD.windows.terminals
