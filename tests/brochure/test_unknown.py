"""An unanswered question is neither a yes nor a no: what it holds, and that it is said."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.brochure import Case, assess, ready, refusals
from onshi_net.brochure.data import Verdict
from onshi_net.model.site import Access, Branch, BranchKind
from onshi_net.model.survey import Found
from tests.brochure.conftest import made

ON = datetime.date(2026, 11, 25)
LATER = datetime.date(2026, 12, 1)
MODELS = {"hgw": "RX-600MI", "ogw": "OG410Xa"}
TURNS_ON_THE_PHONE = ["none", "hub", "hgw", "ogw"]
CONDITIONS = ["work_m", "above_2m", "exposed", "wall_piercing", "conduit"]


def rules_of(found):
    return [one.rule for one in found.findings]


def path(found, phone):
    return {
        "access.branch": found,
        "access.business_phone": phone,
        "access.branch_model": MODELS.get(found),
    }


@pytest.mark.parametrize("found", [found.value for found in Found])
def test_a_business_phone_that_nobody_asked_for_is_neither(case, found):
    answer = assess(case(path(found, None)), on=ON)
    if found in TURNS_ON_THE_PHONE:
        assert (answer.verdict, answer.pattern.sign) == (Verdict.NOT_YET, "?")
        assert "pattern.phone-open" in rules_of(answer)
        assert not [order for order in answer.orders if order.item.startswith("line")]
        assert ready(case(path(found, None)), on=ON).verdict is Verdict.NOT_YET
        assert refusals(case(path(found, None)), on=ON)
    else:
        assert answer.verdict is Verdict.NO


@pytest.mark.parametrize("found", TURNS_ON_THE_PHONE)
def test_the_site_files_own_path_leaves_the_phone_open_too(found):
    access = Access(branch=Branch(kind=BranchKind(found)))
    assert "pattern.phone-open" in rules_of(assess(Case("x", access=access), on=ON))


def test_a_site_file_without_a_branch_device_says_nothing_about_it(case):
    answer = assess(
        case({"access": {}}, access=Access(onu_model="GE-PON-ONU", business_phone=False)), on=ON
    )
    assert "pattern.open" in rules_of(answer)


@pytest.mark.parametrize("kind", ["hgw", "ogw"])
@pytest.mark.parametrize(
    ("model", "done_on", "rule", "verdict"),
    [
        (None, None, "device.model-open", Verdict.YES),
        (None, LATER, "device.model-open", Verdict.YES),
        (None, ON, "device.model-missing", Verdict.NOT_YET),
        ("WSR-3000AX4", None, "device.not-listed", Verdict.NOT_YET),
        ("WSR-3000AX4", ON, "device.not-listed", Verdict.NOT_YET),
    ],
)
def test_a_gateway_that_nobody_identified(case, kind, model, done_on, rule, verdict):
    one = case({"access.branch": kind, "access.branch_model": model, "done_on": done_on})
    assert rule in rules_of(assess(one, on=ON))
    assert assess(one, on=ON).verdict is verdict
    assert ready(one, on=ON).verdict is Verdict.NOT_YET


HELD = [
    *(({f"wiring.{name}": None}, {}, {}, "wiring.work-open") for name in CONDITIONS),
    ({"wiring.cable_m": None}, {}, {}, "wiring.open"),
    ({"wiring.same_building": None}, {}, {}, "wiring.open"),
    ({"terminals": None}, {}, {}, "terminals.open"),
    ({"receipt.count": None}, {}, {}, "receipt.count-open"),
    ({"receipt.work_by": None}, {}, {}, "receipt.by-open"),
    ({"done_on": None}, {}, {}, "survey.open"),
    ({"done_on": LATER}, {}, {}, "survey.later"),
    ({}, {"certificate_issued_on": None}, {}, "ready.certificate-open"),
    ({}, {}, {"design_approved_on": None}, "ready.design"),
]


@pytest.mark.parametrize(("survey", "prepared", "contract", "rule"), HELD)
def test_an_open_question_is_said_and_the_visit_is_not_ready(
    case, survey, prepared, contract, rule
):
    one = case(survey, prepared=prepared, contract=contract)
    assert rule in rules_of(assess(one, on=ON))
    assert rule in rules_of(ready(one, on=ON))
    assert ready(one, on=ON).verdict is Verdict.NOT_YET
    assert rule in [finding.rule for finding in refusals(one, on=ON)]
    assert not {"wiring.work-open", "survey.open"} & {*rules_of(assess(case(), on=ON))}


def test_where_nothing_is_laid_its_conditions_are_not_asked(case):
    answers = {"wiring": {"cable_m": 5, "same_building": True, "work_m": 0}}
    assert ready(case(answers), on=ON).ready


@pytest.mark.parametrize(("approved", "verdict"), [(ON, Verdict.YES), (LATER, Verdict.NO)])
def test_a_design_is_approved_by_the_day_of_the_work(case, approved, verdict):
    one = case(contract={"design_approved_on": approved})
    assert ready(one, on=ON).verdict is verdict
    assert ("ready.design-later" in rules_of(ready(one, on=ON))) is (verdict is Verdict.NO)


OLD = {"line.product": "フレッツ光ネクスト ファミリータイプ", "line.ordered_on": None}


@pytest.mark.parametrize(
    ("contracted", "ordered", "state", "verdict"),
    [
        (True, None, "not-needed", Verdict.YES),
        (False, False, "missing", Verdict.NO),
        (False, None, "unasked", Verdict.NOT_YET),
        (False, True, "done", Verdict.YES),
        (None, None, "open", Verdict.NOT_YET),
    ],
)
def test_the_v6_option_that_nobody_asked_for(case, contracted, ordered, state, verdict):
    answer = ready(
        case({**OLD, "line.v6_option": contracted}, prepared={"v6_ordered": ordered}), on=ON
    )
    (item,) = [item for item in answer.items if item.row.number == 2]
    assert item.state.value == state
    assert answer.verdict is verdict


NEEDED = ("account", "caf_number", "usage_application", "billing_application", "certificate")


ANSWERS = st.sampled_from([True, False, None, ON, LATER])


@given(answers=st.fixed_dictionaries(dict.fromkeys(NEEDED, ANSWERS)))
def test_a_preparation_is_done_missing_or_nobody_said(answers):
    answer = ready(made(prepared=answers), on=ON)
    rows = {1: NEEDED[:1], 3: NEEDED[1:2], 4: NEEDED[2:4], 5: NEEDED[4:]}
    states = {item.row.number: item.state.value for item in answer.items}
    for number, names in rows.items():
        given_ = [answers[name] for name in names]
        if any(one is False or one is LATER for one in given_):
            assert states[number] == "missing"
        else:
            assert states[number] == ("unasked" if None in given_ else "done")
    told = [states[number] for number in rows]
    assert answer.verdict is (
        Verdict.NO if "missing" in told else Verdict.NOT_YET if "unasked" in told else Verdict.YES
    )


@pytest.mark.parametrize(
    ("short", "state"), [(None, "open"), (True, "unasked"), (False, "not-needed")]
)
def test_power_taps_that_nobody_counted_are_open_and_stop_nothing(case, short, state):
    answer = ready(case({"power_taps_short": short}), on=ON)
    assert answer.items[-1].state.value == state
    assert answer.ready


def test_a_nursing_stations_wish_is_asked_for(case):
    assert "nursing.wish-open" in rules_of(assess(case({"visiting_nursing": None}), on=ON))
    assert "nursing.wish-open" not in rules_of(assess(case(), on=ON))


REFUSED = [
    {"access.branch": "utm"},
    {"access.branch": "none", "access.business_phone": True},
    {"access.branch": "ogw", "access.branch_model": "OG400Xa"},
    {"line.product": "Bフレッツ ファミリー"},
    {"line.product": "フレッツ光ライト"},
    {"wiring.cable_m": 101},
    {"wiring.same_building": False},
]


@pytest.mark.parametrize("answers", REFUSED)
def test_what_assess_refuses_ready_refuses(case, answers):
    refused = assess(case(answers), on=ON)
    assert refused.verdict is Verdict.NO
    answer = ready(case(answers), on=ON)
    assert answer.verdict is Verdict.NO
    assert {one.rule for one in refused.refusals} <= {*rules_of(answer)}


def test_a_site_of_which_nothing_is_known_is_not_refused():
    assert assess(Case("empty"), on=ON).verdict is Verdict.NOT_YET


def test_two_spellings_are_one_product_and_two_products_hold_the_visit(case):
    from onshi_net.model.site import Line

    same = Line(product="フレッツ 光ネクスト ファミリー・スーパーハイスピード隼", v6_option=True)
    other = Line(product="フレッツ光クロス ファミリータイプ", v6_option=True)
    assert ready(case({"line.v6_option": False}, line=same), on=ON).ready
    assert ready(case(line=other), on=ON).verdict is Verdict.NOT_YET
