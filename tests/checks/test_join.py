"""A laptop with one port: the runs of a day are one verification; nothing else is taken over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.checks.catalogue import judge
from onshi_net.checks.join import WITHIN, judge_joined, legs_of
from onshi_net.checks.model import Ending, State, ending
from onshi_net.evidence import Evidence, store
from onshi_net.evidence.laptop import not_measured
from onshi_net.facts.types import Access, Outcome, Reading, RouterState
from onshi_net.facts.windows import Access as PcAccess
from onshi_net.facts.windows import TerminalEvidence, WindowsEvidence
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.provision.journal import Journal
from tests.checks.twins import EXAMPLES, twin

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SITE = "demo-clinic"


@pytest.fixture(scope="module")
def whole() -> Evidence:

    return twin(f"{SITE}-good")


INTENT = site_intent(load_site(EXAMPLES, SITE))


def at(evidence: Evidence, minutes: float, *legs: str) -> Evidence:
    """What a laptop with cables in these networks only would have measured."""
    found = evidence.laptop
    kept = {
        name: getattr(found.legs, name) if name in legs else None
        for name in ("terminal", "clinic", "line")
    }
    changes: dict[str, Any] = {"taken_at": NOW - timedelta(minutes=minutes)}
    laptop: dict[str, Any] = {"legs": found.legs.model_copy(update=kept)}
    if "terminal" not in legs:
        changes["router"] = RouterState(access=Access.UNREACHABLE)
        laptop |= {"services": {}, "resolvers": {}, "paths": {}}
        changes["windows"] = _without_terminals(evidence)
    return evidence.model_copy(update={**changes, "laptop": found.model_copy(update=laptop)})


def _without_terminals(evidence: Evidence) -> WindowsEvidence | None:
    """The PCs, the terminals out of reach: nobody is asked through the router."""
    pcs = evidence.windows
    if pcs is None:
        return None
    some = []
    for one in pcs.terminals:
        session = one.session.model_copy(update={"access": PcAccess.NO_LEG})
        some.append(TerminalEvidence(session=session))
    return pcs.model_copy(update={"terminals": tuple(some)})


def kept(runs: Path, *some: Evidence) -> Path:
    for number, one in enumerate(some):
        store(one, runs / SITE / f"2026120{number}T-verify" / "evidence.json")
    return runs


def states(runs: Path, evidence: Evidence) -> dict[str, tuple[State, bool]]:
    found = judge_joined(evidence, INTENT, runs)
    return {one.id: (one.state, one.measured_at is not None) for one in found.results}


def test_one_cable_then_the_other_is_a_good_site(whole: Evidence, tmp_path: Path) -> None:
    first, second = at(whole, 10, "terminal"), at(whole, 0, "clinic")
    alone = judge(second, INTENT)
    assert ending(alone) is Ending.OPEN
    assert State.FAILED not in {one.state for one in alone}
    found = judge_joined(second, INTENT, kept(tmp_path, first))
    assert ending(found.results) is Ending.GOOD
    own = {one.id for one in found.results if one.measured_at is None and one.state is State.PASSED}
    assert {"clinic-lan.router", "clinic-lan.present.receipt-1"} <= own
    assert all(one.measured_at == first.taken_at for one in found.results if one.measured_at)
    assert found.traits["router"]["serial"] == whole.router.serial


def test_what_an_earlier_run_found_wrong_stays_wrong(whole: Evidence, tmp_path: Path) -> None:
    bad = at(whole, 10, "terminal")
    bad = bad.model_copy(update={"router": bad.router.model_copy(update={"serial": "S5X999999"})})
    found = judge_joined(at(whole, 0, "clinic"), INTENT, kept(tmp_path, bad))
    assert ending(found.results) is Ending.FAILED
    (one,) = [one for one in found.results if one.state is State.FAILED]
    assert (one.id, one.to_json()["measured_at"]) == ("router.identity", bad.taken_at.isoformat())


@pytest.mark.parametrize("minutes", [WITHIN.total_seconds() / 60 + 1, -5])
def test_a_run_of_another_day_and_a_later_one_do_not_count(
    whole: Evidence, tmp_path: Path, minutes: float
) -> None:
    runs = kept(tmp_path, at(whole, minutes, "terminal"))
    assert not any(old for _, old in states(runs, at(whole, 0, "clinic")).values())


@pytest.mark.parametrize("suffix", ["", "-trust"])
def test_what_was_measured_before_a_change_does_not_count(
    whole: Evidence, tmp_path: Path, suffix: str
) -> None:
    first = at(whole.model_copy(), 0, "terminal")
    journal = Journal(tmp_path / SITE / f"20261201T000000Z{suffix}", str)
    journal.write("done")  # now, by this computer's clock
    journal.close()
    now = datetime.now(UTC)
    first = first.model_copy(update={"taken_at": now - timedelta(minutes=5)})
    second = at(whole, 0, "clinic").model_copy(update={"taken_at": now + timedelta(minutes=5)})
    found = states(kept(tmp_path, first), second)
    assert not any(old for _, old in found.values())


def test_what_a_run_could_ask_and_did_not_measure_is_not_taken_over(
    whole: Evidence, tmp_path: Path
) -> None:
    """A PC that was good this morning and does not answer now is not good."""
    runs = kept(tmp_path, at(whole, 10, "terminal", "clinic", "line"))
    blind = at(whole, 0, "terminal", "clinic", "line").model_copy(update={"windows": None})
    found = states(runs, blind)
    assert not any(old for _, old in found.values())
    assert found["terminal.os.terminal-1"] == (State.ERROR, False)
    without_line = states(runs, blind.model_copy(update={
        "laptop": blind.laptop.model_copy(update={
            "legs": blind.laptop.legs.model_copy(update={"line": None})})}))  # fmt: skip
    assert without_line["terminal.os.terminal-1"] == (State.ERROR, False)


LEGS = st.sets(st.sampled_from(["terminal", "clinic", "line"]))


@given(before=LEGS, now=LEGS)
def test_a_result_of_ones_own_is_never_replaced(
    whole: Evidence, tmp_path_factory, before: set[str], now: set[str]
) -> None:
    runs = kept(tmp_path_factory.mktemp("runs"), at(whole, 10, *before))
    evidence = at(whole, 0, *now)
    alone = {one.id: one for one in judge(evidence, INTENT)}
    for one in judge_joined(evidence, INTENT, runs).results:
        if alone[one.id].state in {State.PASSED, State.FAILED, State.SKIPPED}:
            assert one == alone[one.id]
        if one.measured_at is not None:
            assert before - now
            assert one.state in {State.PASSED, State.FAILED}
    assert legs_of(evidence) == now & legs_of(whole)


def test_a_laptop_that_measured_nothing_wants_no_cable(whole: Evidence, tmp_path: Path) -> None:
    runs = kept(tmp_path, at(whole, 10, "terminal", "clinic", "line"))
    blind = at(whole, 0).model_copy(update={"laptop": not_measured("probe-not-started")})
    assert not any(old for _, old in states(runs, blind).values())
    assert not any(old for _, old in states(runs, at(whole, 0)).values())


def test_a_line_that_was_dead_once_is_not_dead_because_its_cable_is_gone(
    whole: Evidence, tmp_path: Path
) -> None:
    dead = at(whole, 10, "terminal", "clinic", "line")
    silent = {"line_adverts": Reading(outcome=Outcome.NO_ANSWER)}
    dead = dead.model_copy(update={"laptop": dead.laptop.model_copy(update=silent)})
    found = states(kept(tmp_path, dead), at(whole, 0, "terminal", "clinic"))
    assert State.FAILED not in {state for state, _ in found.values()}


def test_the_newest_run_with_the_cable_decides(whole: Evidence, tmp_path: Path) -> None:
    newer = at(whole, 10, "terminal").model_copy(
        update={"router": RouterState(access=Access.ERROR)}
    )
    runs = kept(tmp_path, at(whole, 60, "terminal"), newer)
    found = states(runs, at(whole, 0, "clinic"))
    assert found["router.config"] == (State.ERROR, False)


def test_what_the_clinics_own_cable_asked_is_never_an_earlier_runs(
    whole: Evidence, tmp_path: Path
) -> None:
    runs = kept(tmp_path, at(whole, 10, "terminal", "clinic"))
    now = at(whole, 0, "clinic")
    late = Reading(outcome=Outcome.ERROR, detail="overran")
    owners = {**now.laptop.owners, "receipt-1": late}
    now = now.model_copy(update={"laptop": now.laptop.model_copy(update={"owners": owners})})
    assert states(runs, now)["clinic-lan.present.receipt-1"] == (State.ERROR, False)


@pytest.mark.parametrize("journal", ['{"event": "done", "format": 99}', '{"event":"a","at":1e30}'])
def test_a_journal_that_can_not_be_read_hides_no_result(
    whole: Evidence, tmp_path: Path, journal: str
) -> None:
    runs = kept(tmp_path, at(whole, 10, "terminal"))
    bad = runs / SITE / "X" / "journal.jsonl"
    bad.parent.mkdir()
    bad.write_text(journal)
    assert not any(old for _, old in states(runs, at(whole, 0, "clinic")).values())


def test_another_sites_evidence_and_a_change_that_came_later_do_not_count(
    whole: Evidence, tmp_path: Path
) -> None:
    other = at(whole, 10, "terminal").model_copy(update={"site": "demo-dental"})
    store(other, tmp_path / SITE / "x-verify" / "evidence.json")
    assert not any(old for _, old in states(tmp_path, at(whole, 0, "clinic")).values())
    runs = kept(tmp_path, at(whole, 20, "terminal"))
    journal = Journal(tmp_path / SITE / "later", str)
    journal.write("done")  # now: NOW may be later than the clock of this computer
    journal.close()
    long_ago = timedelta(days=400)
    first = at(whole, 20, "terminal").model_copy(update={"taken_at": NOW - long_ago})
    second = at(whole, 0, "clinic").model_copy(
        update={"taken_at": NOW - long_ago + timedelta(minutes=5)}
    )
    assert any(old for _, old in states(kept(runs, first), second).values())
