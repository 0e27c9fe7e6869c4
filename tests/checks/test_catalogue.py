"""The catalogue is whole: every need exists, nothing waits for itself, every sentence is there."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from onshi_net.checks.catalogue import FILES, case_of, cases, check, checks, chosen
from onshi_net.checks.model import SEGMENTS, Party
from onshi_net.i18n import catalogue
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site

EXAMPLES = Path(__file__).parents[2] / "inventory"
SITES = ("demo-clinic", "demo-pharmacy", "demo-dental")
VERDICTS = {"passed", "failed", "Unmeasured", "NotApplicable", "Verdict"}


@pytest.fixture(scope="module", params=SITES)
def intent(request):
    return site_intent(load_site(EXAMPLES, request.param))


def test_ids_are_unique_and_name_their_segment():
    ids = [one.id for one in checks()]
    assert len(ids) == len(set(ids))
    assert {one.segment for one in checks()} <= set(SEGMENTS)
    assert len(ids) >= 35


def test_every_need_is_a_check():
    known = {one.id for one in checks()}
    for one in checks():
        for need in one.needs:
            kind = ".".join(need.split(".")[:2])
            assert kind in known, f"{one.id} needs {need}"
            assert need.removeprefix(kind) in {"", ".{subject}", ".{host}", ".{peer}"}


def test_what_a_subject_needs_at_a_site_is_a_check_of_the_site(intent):
    known = {case.id for case in cases(intent)}
    more = {
        need
        for one in checks()
        if one.more_needs is not None and one.id != "terminal.service"
        for subject in one.each(intent)
        for need in one.more_needs(intent, subject)
    }
    assert more == {"line.ngn-resolvers", "ip-vpn.resolvers"}
    assert more <= known


def test_a_terminals_sight_waits_for_the_terminal_itself_and_for_the_laptops(intent):
    known = {case.id: case for case in cases(intent)}
    for host in intent.terminals:
        needs = set(known[f"terminal.service.{host.name}@time"].needs)
        own = {f"terminal.{one}.{host.name}" for one in ("way", "proxy", "ipv6", "resolvers")}
        assert own | {"ip-vpn.name.time", "service.time.time"} <= needs <= set(known)


def test_nothing_waits_for_itself(intent):
    graph = {case.id: case.needs for case in cases(intent)}
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(graph)


def test_each_check_comes_after_what_it_needs(intent):
    seen = set()
    for case in cases(intent):
        assert set(case.needs) <= seen
        seen.add(case.id)


def test_every_check_is_a_test_function_with_its_title_as_docstring():
    sentences = catalogue("checks")
    for one in checks():
        assert one.judge.__name__.startswith("test_")
        assert one.judge.__doc__.splitlines()[0] == sentences[one.id]["en"]


def test_every_check_has_clause_remedy_and_cause():
    for one in checks():
        assert f"{one.id}.clause" in catalogue("checks")
        assert f"{one.id}.remedy" in catalogue("checks")
        assert f"{one.id}.cause" in catalogue("checks")
    for party in Party:
        assert f"party-{party}" in catalogue("diagnose")
    for segment in SEGMENTS:
        assert f"segment-{segment}" in catalogue("checks")


def test_every_sentence_that_a_verdict_may_say_exists():
    asked = set()
    for file in (*FILES, FILES[0].with_name("facts.py"), FILES[0].with_name("pcs.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in VERDICTS:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    asked.add(first.value)
    assert len(asked) > 80
    assert asked - set(catalogue("checks")) == set()


def test_only_keeps_what_is_asked_for_and_what_it_needs(intent):
    chosen_ids = [case.id for case in cases(intent, only="service.time")]
    assert chosen_ids[-1] == "service.time.time"
    assert "router.wan-link" in chosen_ids
    assert not any(one.startswith("policy.") for one in chosen_ids)
    everything = {case.id for case in cases(intent)}
    assert {case.id for case in cases(intent, only="policy")} < everything


def test_only_takes_a_host(intent):
    by_host = {case.id for case in cases(intent) if chosen(case, "terminal-1")}
    assert {"lan.present.terminal-1", "policy.receipt-to-terminal.terminal-1"} < by_host
    assert {one.split(".")[0] for one in by_host} == {"lan", "policy", "terminal"}
    receipt = {case.id for case in cases(intent) if chosen(case, "receipt-1")}
    assert "receipt-pc.share.receipt-1@terminal-1" in receipt
    assert all("receipt-1" in one for one in receipt)
    router = {case.id for case in cases(intent) if chosen(case, "router")}
    assert "router.config" in router
    assert "lan.present.terminal-1" not in router


def test_a_check_without_docstring_or_with_an_unknown_segment_is_refused():
    def undocumented():
        pass

    def documented():
        """Says something."""

    for judge, name in ((undocumented, "line.x"), (documented, "nowhere.x")):
        with pytest.raises(ValueError, match=name):
            check(name, party=Party.LINE)(judge)


def test_a_need_of_a_subject_that_the_site_lacks_is_passed_over(intent):
    tcp = next(case for case in cases(intent) if case.id == "service.tcp.proxy")
    assert "ip-vpn.large-answer.proxy" in case_of(tcp.check, "proxy").needs
    assert "ip-vpn.large-answer.proxy" not in tcp.needs
